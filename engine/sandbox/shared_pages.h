/* shared_pages.h - memory of two processes that is not in pages of 4 KB.
 *
 * Pixels are gone over by rows and by columns, and a page of paper is a thousand pages of memory:
 * each row is in another one, and neither process has them all at hand. Linux gives shared memory
 * huge pages where the machine's owner has said so (transparent_hugepage/shmem_enabled), which
 * nobody does; it makes huge pages of those that are there when asked outright (MADV_COLLAPSE,
 * Linux 6.1), and maps them as such where both addresses and places are multiples of them. Where it
 * cannot, all is as it was but slower. Knows nothing of what is in the memory. */
#ifndef YJ_ENGINE_SANDBOX_SHARED_PAGES_H
#define YJ_ENGINE_SANDBOX_SHARED_PAGES_H

#include <stddef.h>

#define SHARED_PAGE_HUGE ((size_t)2 << 20)

/* `n` bytes of the memory file from `at`, to be read and written, at an address that is a multiple
 * of SHARED_PAGE_HUGE, as `at` must be. NULL: no memory. To be taken away by munmap(2). */
void *shared_pages_map(int memory, size_t at, size_t n);
/* What `n` bytes of such a mapping hold comes into huge pages, for all who map it. `n` is a
 * multiple of SHARED_PAGE_HUGE; what of it was not there is there now. Takes a quarter of a
 * millisecond a megabyte: for memory that is used again and again. */
void shared_pages_gather(void *bytes, size_t n);

#endif
