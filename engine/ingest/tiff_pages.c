/* Where the pages of a TIFF are: the chain of directories is walked once, here and not by libtiff,
 * so that page 1000 is reached by its offset and not through 999 directories, and so that a chain
 * that breaks off is seen (TIFF 6.0, section 2; BigTIFF for files beyond 4 GB). */
#include "ingest_internal.h"

#include <stdlib.h>

enum { TAG_SUBFILE_TYPE = 254, REDUCED_IMAGE = 1, MASK = 4 };

struct chain {
    const struct scan_file *file;
    bool big_endian, big;
    bool failed; /* a read beyond the end */
};

static uint64_t get(struct chain *c, uint64_t at, int bytes)
{
    uint8_t b[8] = {0};
    uint64_t value = 0;
    if (scan_file_read(c->file, at, b, (size_t)bytes) != (size_t)bytes)
        c->failed = true;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | b[c->big_endian ? i : bytes - 1 - i];
    return value;
}

/* One directory: what it shows, and where the next is. False: it does not lie within the file. */
static bool read_directory(struct chain *c, uint64_t at, bool *ret_is_page, uint64_t *ret_next)
{
    const int count_size = c->big ? 8 : 2, entry_size = c->big ? 20 : 12;
    uint64_t count = get(c, at, count_size);
    if (c->failed || count == 0 || count > 4096)
        return false;
    bool is_page = true;
    uint64_t entry = at + (uint64_t)count_size;
    for (uint64_t i = 0; i < count && !c->failed; i++, entry += (uint64_t)entry_size) {
        unsigned tag = (unsigned)get(c, entry, 2);
        if (tag > TAG_SUBFILE_TYPE) /* tags ascend */
            break;
        if (tag == TAG_SUBFILE_TYPE)
            is_page = !(get(c, entry + (c->big ? 12 : 8), 4) & (REDUCED_IMAGE | MASK));
    }
    *ret_next = get(c, at + (uint64_t)count_size + count * (uint64_t)entry_size, c->big ? 8 : 4);
    *ret_is_page = is_page;
    return !c->failed;
}

static bool add_page(struct tiff_pages *pages, uint64_t offset)
{
    if ((pages->count & (pages->count - 1)) == 0) { /* room for the next power of two */
        size_t room = pages->count ? 2 * (size_t)pages->count : 1;
        uint64_t *offsets = realloc(pages->offsets, room * sizeof *offsets);
        if (!offsets)
            return false;
        pages->offsets = offsets;
    }
    pages->offsets[pages->count++] = offset;
    return true;
}

static bool is_known(const struct tiff_pages *pages, uint64_t offset)
{
    for (int i = 0; i < pages->count; i++)
        if (pages->offsets[i] == offset)
            return true;
    return false;
}

/* A chain that leads back to one of its pages is broken there. A loop of thumbnails alone ends by
 * the count of steps. */
static int walk(struct chain *c, uint64_t at, struct tiff_pages *pages)
{
    for (int steps = 0; at != 0; steps++) {
        bool is_page;
        uint64_t next;
        pages->too_many = steps == SCAN_MAX_PAGES;
        if (pages->too_many || is_known(pages, at) || !read_directory(c, at, &is_page, &next)) {
            pages->broken = true;
            return 0;
        }
        if (is_page && !add_page(pages, at))
            return YJ_ENOMEM;
        at = next;
    }
    return 0;
}

int tiff_pages_find(const struct scan_file *file, struct tiff_pages *ret_pages, char *reason)
{
    struct tiff_pages pages = {0};
    struct chain c = {.file = file};
    uint8_t order = 0;
    scan_file_read(file, 0, &order, 1);
    c.big_endian = order == 'M';
    c.big = get(&c, 2, 2) == 43;
    uint64_t first = c.big ? get(&c, 8, 8) : get(&c, 4, 4);
    int r = c.failed ? 0 : walk(&c, first, &pages);
    if (r == 0 && pages.count == 0)
        r = scan_refuse(reason, pages.broken || c.failed
                                    ? _("the TIFF's list of pages is damaged or incomplete")
                                    : _("the TIFF holds no page"));
    if (r < 0) {
        tiff_pages_finish(&pages);
        return r;
    }
    *ret_pages = pages;
    return 0;
}

bool tiff_pages_is_single(const struct tiff_pages *pages)
{
    return pages->count == 1 && !pages->broken;
}

void tiff_pages_finish(struct tiff_pages *pages)
{
    free(pages->offsets);
    *pages = (struct tiff_pages){0};
}
