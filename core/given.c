#include "given.h"

#include "csvfile.h"
#include "diag.h"
#include "i18n.h"
#include "textfile.h"
#include <stdlib.h>
#include <string.h>

#define MAX_TOLD 20 /* mistakes of one kind of look that are told one by one */

enum given_column { COLUMN_CANDIDATE, COLUMN_ITEM, COLUMN_POINTS, COLUMN_BY, COLUMNS };

static const char *const column_names[COLUMNS] = {"candidate", "item", "points", "by"};

struct given_reader {
    const struct csv *csv;
    struct given *given;
    int column_of[COLUMNS]; /* -1: the file has no such column */
    struct diag *d;
    bool bad;
};

static int place(const struct given_reader *r, const struct csv_row *row, enum given_column column)
{
    int i = r->column_of[column];

    return i < 0 ? 1 : row->columns[i];
}

#define TELL(r, row, column, hint, ...)                                                            \
    ((r)->bad = true, diag_error((r)->d, YJ_EINPUT, (r)->given->path, (row)->line,                 \
                                 place((r), (row), (column)), (hint), __VA_ARGS__))

static const char *cell(const struct given_reader *r, const struct csv_row *row,
                        enum given_column column)
{
    int i = r->column_of[column];
    if (i < 0)
        return "";
    char *text = row->cells[i] + strspn(row->cells[i], " \t");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t", text[length - 1]))
        text[--length] = '\0';
    return text;
}

static int read_header(struct given_reader *r)
{
    const struct csv_row *header = &r->csv->rows[0];

    for (int c = 0; c < COLUMNS; c++)
        r->column_of[c] = csv_column(r->csv, column_names[c]);
    for (int c = 0; c < COLUMN_BY; c++)
        if (r->column_of[c] < 0)
            TELL(r, header, COLUMN_CANDIDATE, _("the first row is candidate,item,points,by"),
                 _("column '%s' is missing"), column_names[c]);
    return r->bad ? YJ_EINPUT : 0;
}

static int read_row(struct given_reader *r, const struct csv_row *row)
{
    const char *candidate = cell(r, row, COLUMN_CANDIDATE), *item = cell(r, row, COLUMN_ITEM);
    const char *text = cell(r, row, COLUMN_POINTS);
    struct given_row *out = &r->given->rows[r->given->n_rows];
    struct points points;

    if (!candidate[0])
        return TELL(r, row, COLUMN_CANDIDATE, _("write the candidate's number"),
                    _("row without a candidate"));
    if (!item[0])
        return TELL(r, row, COLUMN_ITEM, _("write the item of the key"), _("row without an item"));
    if (!text[0]) /* not marked yet: the item waits */
        return 0;
    if (points_parse(text, &points) < 0 || GIVEN_PARTS % points.den != 0)
        return TELL(r, row, COLUMN_POINTS, _("write 7, 7.5, 1/3 or 0"),
                    _("'%s' is no number of points"), text);
    r->given->n_rows++;
    *out = (struct given_row){.candidate = strdup(candidate),
                              .item = strdup(item),
                              .text = strdup(text),
                              .by = strdup(cell(r, row, COLUMN_BY)),
                              .points = points,
                              .line = row->line,
                              .candidate_column = place(r, row, COLUMN_CANDIDATE),
                              .item_column = place(r, row, COLUMN_ITEM),
                              .points_column = place(r, row, COLUMN_POINTS)};
    return out->candidate && out->item && out->text && out->by ? 0 : YJ_ENOMEM;
}

static int compare_names(const struct given_row *a, const char *candidate, const char *item)
{
    int order = strcmp(a->candidate, candidate);

    return order ? order : strcmp(a->item, item);
}

static int compare_rows(const void *a, const void *b)
{
    const struct given_row *left = a, *right = b;
    int order = compare_names(left, right->candidate, right->item);

    return order ? order : left->line - right->line;
}

static int check_repeats(struct given_reader *r)
{
    struct given *given = r->given;

    for (int i = 1; i < given->n_rows; i++) {
        const struct given_row *before = &given->rows[i - 1], *row = &given->rows[i];
        if (compare_names(before, row->candidate, row->item) != 0 ||
            points_compare(before->points, row->points) == 0)
            continue;
        r->bad = true;
        diag_error(r->d, YJ_EINPUT, given->path, row->line, row->points_column,
                   _("keep the row that is right"),
                   _("candidate '%s' has '%s' for item '%s', but '%s' in line %d"), row->candidate,
                   row->text, row->item, before->text, before->line);
    }
    return r->bad ? YJ_EINPUT : 0;
}

static int read_rows(struct given_reader *r)
{
    int rc = read_header(r);

    if (rc < 0)
        return rc;
    r->given->rows = calloc((size_t)r->csv->n_rows, sizeof *r->given->rows);
    if (!r->given->rows)
        return YJ_ENOMEM;
    for (int i = 1; i < r->csv->n_rows; i++) {
        rc = read_row(r, &r->csv->rows[i]);
        if (rc == YJ_ENOMEM)
            return rc;
    }
    if (r->bad)
        return YJ_EINPUT;
    qsort(r->given->rows, (size_t)r->given->n_rows, sizeof *r->given->rows, compare_rows);
    return check_repeats(r);
}

int given_parse(const char *text, size_t size, const char *name, struct given **ret_given,
                struct diag *d)
{
    struct csv *csv = NULL;
    int rc = csv_parse(text, size, name, &csv, d);

    if (rc < 0)
        return rc;
    struct given_reader r = {.csv = csv, .given = calloc(1, sizeof *r.given), .d = d};
    if (r.given) {
        r.given->path = strdup(name);
        r.given->text = strndup(text, size);
        r.given->size = size;
    }
    rc = r.given && r.given->path && r.given->text ? read_rows(&r) : YJ_ENOMEM;
    csv_destroy(csv);
    if (rc < 0) {
        given_destroy(r.given);
        return rc;
    }
    *ret_given = r.given;
    return 0;
}

int given_load(const char *path, struct given **ret_given, struct diag *d)
{
    char *text;
    size_t size;
    int rc = text_load(path, &text, &size, d);

    if (rc < 0)
        return rc;
    rc = given_parse(text, size, path, ret_given, d);
    free(text);
    return rc;
}

void given_destroy(struct given *given)
{
    if (!given)
        return;
    for (int i = 0; i < given->n_rows; i++) {
        free(given->rows[i].candidate);
        free(given->rows[i].item);
        free(given->rows[i].text);
        free(given->rows[i].by);
    }
    free(given->rows);
    free(given->path);
    free(given->text);
    free(given);
}

/* ---- held against key and roster ---- */

static const struct key_item *find_item(const struct key *key, const char *name)
{
    for (int i = 0; i < key->n_items; i++)
        if (strcmp(key->items[i].item, name) == 0)
            return &key->items[i];
    return NULL;
}

static int check_row(const struct given *given, const struct given_row *row, const struct key *key,
                     const struct roster *roster, struct diag *d)
{
    const struct key_item *item = find_item(key, row->item);
    char most[POINTS_TEXT_MAX];

    if (!item || !item->by_hand)
        return diag_error(d, YJ_EINPUT, given->path, row->line, row->item_column,
                          item ? _("what is read from a sheet is corrected with 'review set'")
                               : _("items are those of key.csv, with rule 'points'"),
                          item ? _("item '%s' is read from the sheet: it takes no points by hand")
                               : _("item '%s' is not in the key"),
                          row->item);
    if (roster && !roster_find(roster, row->candidate))
        return diag_error(d, YJ_EINPUT, given->path, row->line, row->candidate_column,
                          _("did a spreadsheet drop the noughts before it?"),
                          _("candidate '%s' is not in the roster"), row->candidate);
    if (points_compare(row->points, POINTS_ZERO) >= 0 &&
        points_compare(row->points, item->points) <= 0)
        return 0;
    points_print(item->points, most);
    return diag_error(d, YJ_EINPUT, given->path, row->line, row->points_column, NULL,
                      _("'%s' is not between 0 and the %s points of item '%s'"), row->text, most,
                      row->item);
}

int given_check(const struct given *given, const struct key *key, const struct roster *roster,
                struct diag *d)
{
    int n = 0;

    for (int i = 0; i < given->n_rows; i++) {
        if (check_row(given, &given->rows[i], key, roster, n < MAX_TOLD ? d : NULL) < 0)
            n++;
    }
    if (n > MAX_TOLD)
        diag_error(d, YJ_EINPUT, given->path, 0, 0, NULL, _("%d more rows like these"),
                   n - MAX_TOLD);
    return n > 0 ? YJ_EINPUT : 0;
}

/* The first row that is not before (candidate, item). */
static int lower_bound(const struct given *given, const char *candidate, const char *item)
{
    int low = 0, high = given->n_rows;

    while (low < high) {
        int middle = low + (high - low) / 2;
        if (compare_names(&given->rows[middle], candidate, item) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct given_row *given_find(const struct given *given, const char *candidate,
                                   const char *item)
{
    int at = given ? lower_bound(given, candidate, item) : 0;

    return given && at < given->n_rows && compare_names(&given->rows[at], candidate, item) == 0
               ? &given->rows[at]
               : NULL;
}

bool given_has(const struct given *given, const char *candidate)
{
    int at = given ? lower_bound(given, candidate, "") : 0;

    return given && at < given->n_rows && strcmp(given->rows[at].candidate, candidate) == 0;
}
