#include "purge.h"

#include "diag.h"
#include "i18n.h"
#include "review.h"
#include "textfile.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int out_of_memory(struct diag *d)
{
    return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Ids of what waits, ascending; the caller's to free. */
static int find_waiting(struct store *store, const struct exam *exam, int64_t **ret_ids,
                        size_t *ret_n, struct diag *d)
{
    const struct review_filter filter = {0};
    struct review_list list = {0};
    int64_t *ids = NULL;
    int rc = review_list_load(&list, store, exam, &filter, d);

    if (rc == 0) {
        ids = malloc(((size_t)list.n + 1) * sizeof *ids);
        rc = ids ? 0 : out_of_memory(d);
    }
    for (int i = 0; rc == 0 && i < list.n; i++)
        ids[i] = list.items[i].id;
    if (rc == 0) {
        qsort(ids, (size_t)list.n, sizeof *ids, compare_ids);
        *ret_ids = ids;
        *ret_n = (size_t)list.n;
    }
    review_list_finish(&list);
    return rc;
}

/* ---- scans that lie about ---- */

/* The file that holds a scan: of "archive.zip/member" the archive. False: it is no longer there. */
static bool find_file(char *path)
{
    struct stat st;

    for (;;) {
        if (stat(path, &st) == 0)
            return S_ISREG(st.st_mode);
        char *slash = strrchr(path, '/');
        if (!slash || slash == path)
            return false;
        *slash = '\0';
    }
}

static int note_file(void *context, const char *scan)
{
    struct purge_result *result = context;
    char *path = strdup(scan);
    int rc = path ? 0 : YJ_ENOMEM;

    if (rc == 0 && find_file(path) && result->files++ == 0) {
        free(result->where);
        result->where = path_folder(path);
        rc = result->where ? 0 : YJ_ENOMEM;
    }
    free(path);
    return rc;
}

/* ---- all of it ---- */

static int purge(struct store *store, const struct purge_options *options,
                 const struct store_purge *what, struct purge_result *result, struct diag *d)
{
    if (!options->really)
        return store_count_purge(store, what, &result->counts, d);
    int rc = store_purge(store, what, &result->counts, d);

    /* Also where nothing was left to delete: a run before may have been kept from this. */
    return rc == 0 ? store_shrink(store, d) : rc;
}

int purge_images(struct store *store, const struct exam *exam, const struct purge_options *options,
                 struct purge_result *ret, struct diag *d)
{
    struct purge_result result = {.where = strdup("")};
    int64_t *waiting = NULL;
    size_t n_waiting = 0;
    int rc = result.where ? 0 : out_of_memory(d);

    if (rc == 0 && !options->even_pending)
        rc = find_waiting(store, exam, &waiting, &n_waiting, d);
    if (rc == 0) {
        struct store_purge what = {options->before, waiting, n_waiting};
        rc = purge(store, options, &what, &result, d);
    }
    if (rc == 0)
        rc = store_each_scan_before(store, options->before, note_file, &result, d);
    free(waiting);
    if (rc < 0) {
        free(result.where);
        return rc;
    }
    *ret = result;
    return 0;
}
