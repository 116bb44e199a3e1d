#include "xlsx_count.h"

#include "diag.h"
#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CELL "<c r=\""
#define END "</worksheet>"

/* A tag may lie over the border of two pieces: the end of the last one is kept. */
struct window {
    char bytes[(1 << 16) + sizeof END];
    size_t kept;
};

/* Those that end after the first `seen` bytes: the others were counted with the piece before. */
static uint64_t count_in(const char *bytes, size_t n, size_t seen)
{
    uint64_t cells = 0;
    const char *at = bytes, *end = bytes + n;
    while ((at = memmem(at, (size_t)(end - at), CELL, sizeof CELL - 1)) != NULL) {
        at += sizeof CELL - 1;
        cells += at > bytes + seen;
    }
    return cells;
}

static int count_sheet(struct archive *zip, struct window *w, uint64_t *cells)
{
    bool whole = false;
    w->kept = 0;
    for (;;) {
        la_ssize_t n = archive_read_data(zip, w->bytes + w->kept, 1 << 16);
        if (n < 0)
            return YJ_EIO;
        if (n == 0)
            return whole ? 0 : YJ_EIO;
        size_t all = w->kept + (size_t)n;
        *cells += count_in(w->bytes, all, w->kept);
        whole = whole || memmem(w->bytes, all, END, sizeof END - 1);
        size_t keep = all < sizeof END - 2 ? all : sizeof END - 2;
        memmove(w->bytes, w->bytes + all - keep, keep);
        w->kept = keep;
    }
}

int xlsx_count_cells(const char *path, uint64_t *ret_cells)
{
    static const char sheets[] = "xl/worksheets/sheet";
    struct archive *zip = archive_read_new();
    struct archive_entry *entry;
    struct window *w = malloc(sizeof *w);
    int rc = zip && w ? 0 : YJ_ENOMEM, answer = ARCHIVE_EOF;
    uint64_t cells = 0;
    if (rc == 0 && (archive_read_support_format_zip(zip) != ARCHIVE_OK ||
                    archive_read_open_filename(zip, path, 1 << 16) != ARCHIVE_OK))
        rc = YJ_EIO;
    while (rc == 0 && (answer = archive_read_next_header(zip, &entry)) == ARCHIVE_OK)
        if (strncmp(archive_entry_pathname(entry), sheets, sizeof sheets - 1) == 0)
            rc = count_sheet(zip, w, &cells);
    if (rc == 0 && answer != ARCHIVE_EOF)
        rc = YJ_EIO;
    archive_read_free(zip);
    free(w);
    if (rc == 0)
        *ret_cells = cells;
    return rc;
}
