#include "scan_finder.h"

#include "diag.h"
#include "i18n.h"
#include "inbox.h"
#include "ingest.h"
#include "records.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct scan_finder {
    struct decoder *decoder;
    char *container; /* the file that `source` walks over */
    struct scan_source *source;
    struct scan *scan; /* the last one found */
};

int scan_finder_create(struct scan_finder **ret_finder, struct diag *d)
{
    struct scan_finder *finder = calloc(1, sizeof *finder);
    int rc = finder ? decoder_create(&finder->decoder) : YJ_ENOMEM;
    if (rc < 0) {
        free(finder);
        return diag_error(d, rc, NULL, 0, 0, NULL, _("out of memory"));
    }
    *ret_finder = finder;
    return 0;
}

static void close_container(struct scan_finder *f)
{
    scan_unref(f->scan);
    scan_source_close(f->source);
    free(f->container);
    f->scan = NULL;
    f->source = NULL;
    f->container = NULL;
}

void scan_finder_destroy(struct scan_finder *finder)
{
    if (!finder)
        return;
    close_container(finder);
    decoder_destroy(finder->decoder);
    free(finder);
}

/* The file on disk that `path` is or is a member of; NULL: there is none, or no memory. */
static char *container_of(const char *path)
{
    struct stat st;
    char *file = strdup(path);
    for (char *slash = file; file && slash;) {
        if (stat(file, &st) == 0 && S_ISREG(st.st_mode))
            return file;
        slash = strrchr(file, '/');
        if (slash)
            *slash = '\0';
    }
    free(file);
    return NULL;
}

/* The next scan of that path; 0: there is none up to the end. */
static int walk_to(struct scan_finder *f, const char *path)
{
    int rc;
    for (;;) {
        scan_unref(f->scan);
        f->scan = NULL;
        rc = scan_source_next(f->source, &f->scan);
        if (rc <= 0 || strcmp(scan_path(f->scan), path) == 0)
            return rc;
    }
}

/* Members come in the archive's order: what was passed is found from the beginning. */
static int find_scan(struct scan_finder *f, const char *path, struct diag *d)
{
    if (f->scan && strcmp(scan_path(f->scan), path) == 0)
        return 1;
    char *container = container_of(path);
    if (!container)
        return 0;
    int rc = 0;
    if (f->container && strcmp(f->container, container) == 0)
        rc = walk_to(f, path);
    if (rc == 0) {
        close_container(f);
        f->container = container;
        container = NULL;
        const char *paths[] = {f->container};
        rc = scan_source_open(paths, 1, &f->source, d);
        if (rc == 0)
            rc = walk_to(f, path);
    }
    free(container);
    return rc;
}

static bool same_hash(const struct scan *scan, const char *hash)
{
    char text[2 * SCAN_HASH_SIZE + 1];
    const uint8_t *bytes = scan_hash(scan);
    for (int i = 0; i < SCAN_HASH_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return strcmp(text, hash) == 0;
}

/* `watch` moves what it graded from INBOX/x to INBOX/done/x, and nobody says what the inbox was:
 * each folder of the path is tried. 1: found, with these bytes. */
static int find_moved(struct scan_finder *f, const char *path, const char *hash, struct diag *d)
{
    int rc = 0;
    for (size_t at = strlen(path); rc == 0 && at-- > 0;) {
        char *moved = NULL;
        if (at > 0 && path[at - 1] != '/')
            continue;
        if (asprintf(&moved, "%.*s" INBOX_DONE "/%s", (int)at, path, path + at) < 0)
            return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
        rc = find_scan(f, moved, d);
        free(moved);
        if (rc > 0 && !same_hash(f->scan, hash))
            rc = 0;
    }
    return rc;
}

int scan_finder_decode(struct scan_finder *f, const char *path, const char *hash, int number,
                       struct image *page, struct diag *d)
{
    char reason[SCAN_REASON_MAX] = "";
    int rc = find_scan(f, path, d);
    if (rc == 0 || (rc > 0 && !same_hash(f->scan, hash))) {
        int moved = find_moved(f, path, hash, d);
        if (moved == 0 && rc > 0) /* to say that it was changed */
            moved = find_scan(f, path, d);
        rc = moved;
    }
    if (rc < 0)
        return rc;
    if (rc == 0)
        return diag_error(d, YJ_EDATA, path, 0, 0,
                          _("put it back, and run this in the folder in which grade ran"),
                          _("the scan is gone"));
    if (!same_hash(f->scan, hash))
        return diag_error(d, YJ_EDATA, path, 0, 0, _("put back the file that was read"),
                          _("the file is another than the one that was read"));
    if (scan_problem(f->scan) || number > scan_page_count(f->scan))
        return diag_error(d, YJ_EDATA, path, 0, 0, NULL, "%s",
                          scan_problem(f->scan) ? scan_problem(f->scan) : _("it has fewer pages"));
    rc = scan_decode_page(f->scan, number, f->decoder, page, reason);
    return rc == YJ_EDATA ? diag_error(d, rc, path, 0, 0, NULL, "%s", reason) : rc;
}
