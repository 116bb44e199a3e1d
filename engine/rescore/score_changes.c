#include "score_changes.h"

#include "diag.h"
#include "i18n.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Columns of TABLE_TOTALS, which are those of the scores that the contract fixes. */
enum { CANDIDATE = 0, NAME = 1, TOTAL = 4, MAX = 5, STATUS = 6 };

static int add_line(struct score_lines *lines, const struct store_cell *cells)
{
    if (lines->n == lines->capacity) {
        size_t larger = lines->capacity ? lines->capacity * 2 : 256;
        struct score_line *grown = realloc(lines->lines, larger * sizeof *grown);
        if (!grown)
            return YJ_ENOMEM;
        lines->lines = grown;
        lines->capacity = larger;
    }
    struct score_line *line = &lines->lines[lines->n++];
    *line = (struct score_line){strdup(cells[CANDIDATE].text), strdup(cells[NAME].text),
                                strdup(cells[TOTAL].text), strdup(cells[MAX].text),
                                strdup(cells[STATUS].text)};
    return line->candidate && line->name && line->total && line->max && line->status ? 0
                                                                                     : YJ_ENOMEM;
}

int score_lines_read(struct score_lines *ret, struct store *store, struct diag *d)
{
    struct store_rows *rows = NULL;
    struct store_cell *cells = NULL;

    *ret = (struct score_lines){0};
    int rc = store_rows_open(store, TABLE_TOTALS, &rows, d);
    if (rc < 0)
        return rc;
    cells = calloc((size_t)store_rows_columns(rows), sizeof *cells);
    rc = cells ? 1 : YJ_ENOMEM;
    while (rc > 0 && (rc = store_rows_next(rows, cells, d)) == 1) {
        int added = add_line(ret, cells);
        rc = added < 0 ? added : 1;
    }
    free(cells);
    store_rows_close(rows);
    return rc == YJ_ENOMEM ? diag_error(d, rc, NULL, 0, 0, NULL, _("out of memory")) : rc;
}

void score_lines_finish(struct score_lines *lines)
{
    for (size_t i = 0; i < lines->n; i++) {
        free(lines->lines[i].candidate);
        free(lines->lines[i].name);
        free(lines->lines[i].total);
        free(lines->lines[i].max);
        free(lines->lines[i].status);
    }
    free(lines->lines);
    *lines = (struct score_lines){0};
}

/* What a candidate has: the total, else why there is none. */
static const char *result_of(const struct score_line *line)
{
    return !line ? "" : line->total[0] ? line->total : line->status;
}

static bool same_result(const struct score_line *a, const struct score_line *b)
{
    return a && b && strcmp(a->total, b->total) == 0 && strcmp(a->status, b->status) == 0;
}

int score_changes_find(const struct score_lines *before, const struct score_lines *after,
                       bool only_scored, struct score_changes *ret)
{
    size_t i = 0, k = 0;

    *ret = (struct score_changes){.changes = calloc(before->n + after->n + 1, sizeof *ret->changes),
                                  .names = calloc(before->n + after->n + 1, sizeof *ret->names)};
    if (!ret->changes || !ret->names)
        return YJ_ENOMEM;
    while (i < before->n || k < after->n) {
        const struct score_line *b = i < before->n ? &before->lines[i] : NULL;
        const struct score_line *a = k < after->n ? &after->lines[k] : NULL;
        int order = !b ? 1 : !a ? -1 : strcmp(b->candidate, a->candidate);
        if (order < 0)
            a = NULL;
        if (order > 0)
            b = NULL;
        i += b != NULL;
        k += a != NULL;
        if (same_result(a, b) || (only_scored && !(b && b->total[0])))
            continue;
        const struct score_line *line = a ? a : b;
        ret->names[ret->n] = line->name;
        ret->changes[ret->n++] = (struct store_change){line->candidate, result_of(b), result_of(a)};
    }
    return 0;
}

void score_changes_finish(struct score_changes *changes)
{
    free(changes->changes);
    free(changes->names);
    *changes = (struct score_changes){0};
}
