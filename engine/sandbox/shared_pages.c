#include "shared_pages.h"

#include <assert.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

void *shared_pages_map(int memory, size_t at, size_t n)
{
    assert(at % SHARED_PAGE_HUGE == 0);
    /* Addresses enough for the right one to be among them; the others are given back. */
    size_t room = n + SHARED_PAGE_HUGE;
    uint8_t *all = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED)
        return NULL;
    size_t before = (SHARED_PAGE_HUGE - (uintptr_t)all % SHARED_PAGE_HUGE) % SHARED_PAGE_HUGE;
    uint8_t *bytes = all + before;
    void *mapped =
        mmap(bytes, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory, (off_t)at);
    if (mapped == MAP_FAILED) {
        munmap(all, room);
        return NULL;
    }
    size_t page = (size_t)sysconf(_SC_PAGESIZE), end = (n + page - 1) / page * page;
    if (before > 0)
        munmap(all, before);
    munmap(bytes + end, room - before - end);
    madvise(bytes, n, MADV_HUGEPAGE);
    return bytes;
}

void shared_pages_gather(void *bytes, size_t n)
{
    assert(n % SHARED_PAGE_HUGE == 0);
    madvise(bytes, n, MADV_COLLAPSE);
}
