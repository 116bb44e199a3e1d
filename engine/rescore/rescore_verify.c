/* rescore_verify.c - what is stored, held against a rescore in memory.
 *
 * Compared is what people get: the rows of the export. Scores print exactly or to six decimals,
 * statistics to six digits; beyond that a difference is no difference. */
#include "rescore_internal.h"

#include "analysis_rows.h"

#include "diag.h"
#include "i18n.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TOLD 20 /* differences told one by one */

/* Columns of TABLE_SCORES and TABLE_ITEMS that the contract fixes. */
enum {
    SCORES_CANDIDATE = 0,
    SCORES_NAME = 1,
    SCORES_CLASS = 2,
    SCORES_SCHOOL = 3,
    SCORES_TOTAL = 4,
    SCORES_MAX = 5,
    SCORES_STATUS = 6,
    SCORES_FIXED = 7
};
enum { ITEMS_FIXED = 11 };
enum { EXCEPTIONS_KIND = 3 };
enum { STANDINGS_CANDIDATE = 0, STANDINGS_RANK = 4, STANDINGS_LABEL = 9 };
enum { FIGURES_NAME = 0, FIGURES_VALUE = 1 };

struct verifier {
    struct rescoring r;
    struct analysis analysis;
    struct store *store;
    struct store_rows *rows;
    struct store_cell *cells; /* of the row last read */
    int n_cells;
    int n_differences;
    int n_scores;
    struct diag *d;
};

#define DIFFERENCE(v, ...)                                                                         \
    ((v)->n_differences++ < MAX_TOLD                                                               \
         ? (void)diag_error((v)->d, YJ_EDATA, NULL, 0, 0, NULL, __VA_ARGS__)                       \
         : (void)0)

static int open_table(struct verifier *v, enum store_table table)
{
    int rc = store_rows_open(v->store, table, &v->rows, v->d);

    if (rc < 0)
        return rc;
    v->n_cells = store_rows_columns(v->rows);
    v->cells = calloc((size_t)v->n_cells + 1, sizeof *v->cells);
    return v->cells ? 0 : YJ_ENOMEM;
}

static void close_table(struct verifier *v)
{
    free(v->cells);
    store_rows_close(v->rows);
    v->cells = NULL;
    v->rows = NULL;
}

static int next_row(struct verifier *v)
{
    return store_rows_next(v->rows, v->cells, v->d);
}

/* A number as printed: an empty cell is NaN. */
static double cell_number(const struct verifier *v, int column)
{
    const char *text = v->cells[column].text;

    return text[0] ? strtod(text, NULL) : NAN;
}

static bool same_points(double stored, struct points points)
{
    return fabs(stored - points_double(points)) <= 1e-6;
}

static bool same_figure(double stored, double computed)
{
    if (isnan(stored) || isnan(computed))
        return isnan(stored) && isnan(computed);
    if (computed == floor(computed) && fabs(computed) < 1e6) /* printed whole: counts, ranks */
        return stored == computed;
    return fabs(stored - computed) <= 1e-5 * fmax(fabs(computed), 1e-4);
}

/* ---- scores ---- */

static void compare_item_points(struct verifier *v, const struct score_row *row, int item)
{
    int column = v->n_cells - row->n_items + item;
    const char *text = v->cells[column].text;
    const struct item_points *points = &row->items[item];
    bool shown = (row->status == SCORE_SCORED || row->status == SCORE_PENDING) && !points->pending;
    char expected[POINTS_TEXT_MAX] = "";

    if (shown ? text[0] && same_points(cell_number(v, column), points->points) : !text[0])
        return;
    if (shown)
        points_print(points->points, expected);
    DIFFERENCE(v, _("candidate '%s', item '%s': '%s' is stored, the readings give '%s'"),
               row->candidate, v->r.exam->key->items[item].item, text, expected);
}

/* A total under another's name is another's total. */
static void compare_names(struct verifier *v, const struct score_row *row)
{
    const struct roster *roster = v->r.exam->roster;
    const struct roster_entry *entry = roster ? roster_find(roster, row->candidate) : NULL;
    const struct {
        const char *column, *text;
        int cell;
    } names[] = {{"name", entry ? entry->name : "", SCORES_NAME},
                 {"class", entry ? entry->class_name : "", SCORES_CLASS},
                 {"school", entry ? entry->school : "", SCORES_SCHOOL}};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(v->cells[names[i].cell].text, names[i].text) != 0)
            DIFFERENCE(v, _("candidate '%s': %s '%s' is stored, the roster has '%s'"),
                       row->candidate, names[i].column, v->cells[names[i].cell].text,
                       names[i].text);
}

static void compare_section(struct verifier *v, const struct score_row *row, int section)
{
    const char *text = v->cells[SCORES_FIXED + section].text;
    const struct section_points *points = &row->sections[section];
    bool shown = (row->status == SCORE_SCORED || row->status == SCORE_PENDING) && !points->pending;
    char expected[POINTS_TEXT_MAX] = "";

    if (shown ? text[0] && same_points(cell_number(v, SCORES_FIXED + section), points->points)
              : !text[0])
        return;
    if (shown)
        points_print(points->points, expected);
    DIFFERENCE(v, _("candidate '%s': section '%s' has '%s' stored, the readings give '%s'"),
               row->candidate, v->r.plan.sections[section].name, text, expected);
}

static void compare_score(struct verifier *v, const struct score_row *row)
{
    const char *status = score_status_name(row->status), *total = v->cells[SCORES_TOTAL].text;
    char expected[POINTS_TEXT_MAX] = "";

    if (strcmp(v->cells[SCORES_STATUS].text, status) != 0)
        DIFFERENCE(v, _("candidate '%s': status '%s' is stored, the readings give '%s'"),
                   row->candidate, v->cells[SCORES_STATUS].text, status);
    if (row->status == SCORE_SCORED)
        points_print(row->total, expected);
    if (row->status == SCORE_SCORED ? !same_points(cell_number(v, SCORES_TOTAL), row->total)
                                    : total[0] != '\0')
        DIFFERENCE(v, _("candidate '%s': total '%s' is stored, the readings give '%s'"),
                   row->candidate, total, expected);
    if (!same_points(cell_number(v, SCORES_MAX), row->max))
        DIFFERENCE(v, _("candidate '%s': the stored maximum '%s' is not the key's"), row->candidate,
                   v->cells[SCORES_MAX].text);
    compare_names(v, row);
    for (int s = 0; s < row->n_sections; s++)
        compare_section(v, row, s);
    for (int i = 0; i < row->n_items; i++)
        compare_item_points(v, row, i);
}

/* Both sides come by candidate: what stands on one side only is missing or too many. */
static int compare_scores(struct verifier *v)
{
    int k = 0, n = v->r.sheets.n_rows, rc = next_row(v);

    while (rc > 0 || (rc == 0 && k < n)) {
        const char *stored = rc > 0 ? v->cells[SCORES_CANDIDATE].text : NULL;
        int order = !stored ? 1 : k == n ? -1 : strcmp(stored, v->r.sheets.rows[k].candidate);
        if (order > 0) {
            DIFFERENCE(v, _("candidate '%s' has a sheet or a place in the roster, but no score"),
                       v->r.sheets.rows[k++].candidate);
            continue;
        }
        if (order < 0) {
            DIFFERENCE(v,
                       _("candidate '%s' has a score, but neither a sheet nor a place in the "
                         "roster"),
                       stored);
        } else {
            struct score_row row;
            rescoring_get_score(&v->r, k++, &row);
            compare_score(v, &row);
            v->n_scores++;
        }
        rc = next_row(v);
    }
    return rc;
}

/* A section whose name another column has taken is called "section NAME". */
static bool is_section_name(const char *column, const char *section)
{
    static const char kind[] = "section ";

    while (strcmp(column, section) != 0 && strncmp(column, kind, sizeof kind - 1) == 0)
        column += sizeof kind - 1;
    return strcmp(column, section) == 0;
}

static bool has_columns_of_key(const struct verifier *v)
{
    int n_sections = v->r.plan.n_sections > 0 ? v->r.plan.n_sections - 1 : 0;

    if (v->n_cells != SCORES_FIXED + n_sections + v->r.n_items)
        return false;
    for (int s = 0; s < n_sections; s++)
        if (!is_section_name(store_rows_column_name(v->rows, SCORES_FIXED + s),
                             v->r.plan.sections[s].name))
            return false;
    return true;
}

static int verify_scores(struct verifier *v)
{
    int rc = open_table(v, TABLE_SCORES);

    if (rc == 0 && !has_columns_of_key(v))
        DIFFERENCE(v, _("the stored scores are of another key; run regrade"));
    else if (rc == 0 && v->r.n_items > 0)
        rc = compare_scores(v);
    close_table(v);
    return rc;
}

/* ---- items ---- */

static int find_column(const struct verifier *v, const char *name)
{
    for (int c = ITEMS_FIXED; c < v->n_cells; c++)
        if (strcmp(store_rows_column_name(v->rows, c), name) == 0)
            return c;
    return -1;
}

static void compare_option(struct verifier *v, const struct item_row *item,
                           const struct option_row *option)
{
    char name[256];

    snprintf(name, sizeof name, "%s_count", option->option);
    int column = find_column(v, name);
    if (column < 0) { /* the name was taken by another column */
        snprintf(name, sizeof name, "option %s_count", option->option);
        column = find_column(v, name);
    }
    if (column < 0 || column + 2 >= v->n_cells ||
        !same_figure(cell_number(v, column), option->count) ||
        !same_figure(cell_number(v, column + 1), option->share) ||
        !same_figure(cell_number(v, column + 2), option->point_biserial))
        DIFFERENCE(v,
                   _("item '%s': the stored figures of option '%s' are not those of the readings"),
                   item->item, option->option);
}

static void compare_item(struct verifier *v, const struct item_row *item)
{
    const double figures[] = {item->n,       item->max,     item->mean,     item->difficulty,
                              item->d27,     item->rpb,     item->rpb_rest, item->alpha_without,
                              item->omitted, item->multiple};

    if (strcmp(v->cells[0].text, item->item) != 0) {
        DIFFERENCE(v, _("item '%s' is stored where the key has '%s'; run regrade"),
                   v->cells[0].text, item->item);
        return;
    }
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        if (!same_figure(cell_number(v, (int)i + 1), figures[i]))
            DIFFERENCE(v, _("item '%s': the stored %s '%s' is not that of the readings, %.6g"),
                       item->item, store_rows_column_name(v->rows, (int)i + 1),
                       v->cells[i + 1].text, figures[i]);
    for (int o = 0; o < item->n_options; o++)
        compare_option(v, item, &item->options[o]);
}

static int verify_items(struct verifier *v)
{
    int rc = open_table(v, TABLE_ITEMS), n = 0;

    if (rc == 0)
        while ((rc = next_row(v)) > 0 && n < v->r.n_items) {
            struct option_row options[ANALYSIS_OPTIONS_MAX];
            struct item_row item;
            analysis_item_row(&v->analysis, n++, options, &item);
            compare_item(v, &item);
        }
    if (rc == 0 && n < v->r.n_items)
        DIFFERENCE(v, _("%d items of the key have no statistics; run regrade"), v->r.n_items - n);
    if (rc > 0)
        DIFFERENCE(v, _("more items are stored than the key has; run regrade"));
    close_table(v);
    return rc < 0 ? rc : 0;
}

/* ---- standings and the figures of the test ---- */

static int compare_names_of(const void *name, const void *candidate)
{
    return strcmp(name, ((const struct analysis_candidate *)candidate)->candidate);
}

/* What is handed out: the rank and what is scaled. The model's figures are not fitted again. */
static void compare_standing(struct verifier *v, const struct analysis_candidate *c)
{
    const double figures[] = {c->rank, c->percentile, c->z, c->t, c->scaled.value};

    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        int column = STANDINGS_RANK + (int)i;
        if (!same_figure(cell_number(v, column), figures[i]))
            DIFFERENCE(v, _("candidate '%s': %s '%s' is stored, the readings give %.6g"),
                       c->candidate, store_rows_column_name(v->rows, column), v->cells[column].text,
                       figures[i]);
    }
    if (strcmp(v->cells[STANDINGS_LABEL].text, c->scaled.label) != 0)
        DIFFERENCE(v, _("candidate '%s': %s '%s' is stored, the readings give '%s'"), c->candidate,
                   store_rows_column_name(v->rows, STANDINGS_LABEL), v->cells[STANDINGS_LABEL].text,
                   c->scaled.label);
}

static int verify_standings(struct verifier *v)
{
    const struct analysis *a = &v->analysis;
    int rc = open_table(v, TABLE_STANDINGS), n = 0;

    if (rc == 0)
        while ((rc = next_row(v)) > 0) {
            const char *name = v->cells[STANDINGS_CANDIDATE].text;
            const struct analysis_candidate *c =
                bsearch(name, a->candidates, (size_t)a->n_candidates, sizeof *a->candidates,
                        compare_names_of);
            if (!c || c->status != SCORE_SCORED) {
                DIFFERENCE(v, _("candidate '%s' has a rank, but no score"), name);
                continue;
            }
            compare_standing(v, c);
            n++;
        }
    if (rc == 0 && n != a->n_scored)
        DIFFERENCE(v, _("%d candidates have a rank, and %d a score; run regrade"), n, a->n_scored);
    close_table(v);
    return rc;
}

/* Those that all others are read against. */
static int verify_figures(struct verifier *v)
{
    const struct analysis *a = &v->analysis;
    const struct {
        const char *name;
        double value;
    } wanted[] = {{"n", a->n_scored},
                  {"max", points_double(a->max)},
                  {"mean", a->mean},
                  {"sd", a->sd},
                  {"median", a->median},
                  {"alpha", a->alpha},
                  {"pass_mark", a->pass_mark},
                  {"pass", a->pass},
                  {"distinction", a->distinction},
                  {"scale_mean", a->scale_mean}};
    const size_t n_wanted = sizeof wanted / sizeof wanted[0];
    int rc = open_table(v, TABLE_STATISTICS);
    size_t n = 0;

    if (rc == 0)
        while ((rc = next_row(v)) > 0)
            for (size_t i = 0; i < n_wanted; i++) {
                if (strcmp(v->cells[FIGURES_NAME].text, wanted[i].name) != 0)
                    continue;
                n++;
                if (!same_figure(cell_number(v, FIGURES_VALUE), wanted[i].value))
                    DIFFERENCE(v, _("the stored %s '%s' is not that of the readings, %.6g"),
                               wanted[i].name, v->cells[FIGURES_VALUE].text, wanted[i].value);
            }
    if (rc == 0 && n != n_wanted && v->r.n_items > 0)
        DIFFERENCE(v, _("figures of the test are missing; run regrade"));
    close_table(v);
    return rc;
}

/* ---- exceptions ---- */

static int verify_exceptions(struct verifier *v)
{
    static const enum exception_kind derived[] = {
        EXCEPTION_UNKNOWN_CANDIDATE, EXCEPTION_DUPLICATE_CANDIDATE, EXCEPTION_MISSING_PAGE,
        EXCEPTION_BLANK_SHEET,       EXCEPTION_ABSENT_MARK,         EXCEPTION_UNKNOWN_VERSION};
    int stored[EXCEPTION_KINDS] = {0}, computed[EXCEPTION_KINDS] = {0};
    int rc = open_table(v, TABLE_EXCEPTIONS);

    if (rc == 0)
        while ((rc = next_row(v)) > 0)
            for (int k = 0; k < EXCEPTION_KINDS; k++)
                stored[k] += strcmp(v->cells[EXCEPTIONS_KIND].text,
                                    exception_kind_name((enum exception_kind)k)) == 0;
    for (int i = 0; i < v->r.sheets.n_exceptions; i++)
        computed[v->r.sheets.exceptions[i].kind]++;
    for (size_t i = 0; i < sizeof derived / sizeof derived[0] && rc == 0; i++)
        if (stored[derived[i]] != computed[derived[i]])
            DIFFERENCE(v, _("%d exceptions '%s' are stored, the readings give %d"),
                       stored[derived[i]], exception_kind_name(derived[i]), computed[derived[i]]);
    close_table(v);
    return rc;
}

int rescore_verify(struct store *store, const struct exam *exam, int *ret_n_scores, struct diag *d)
{
    struct verifier v = {.store = store, .d = d};
    int rc = rescoring_compute_anew(&v.r, store, exam, d);

    if (rc == 0)
        rc = analysis_of_rescoring(&v.r, false, NULL, NULL, &v.analysis, d);
    if (rc == 0)
        rc = verify_scores(&v);
    if (rc == 0)
        rc = verify_items(&v);
    if (rc == 0)
        rc = verify_standings(&v);
    if (rc == 0)
        rc = verify_figures(&v);
    if (rc == 0)
        rc = verify_exceptions(&v);
    analysis_finish(&v.analysis);
    rescoring_finish(&v.r);
    if (v.n_differences > MAX_TOLD)
        diag_error(d, YJ_EDATA, NULL, 0, 0, NULL, _("%d more differences"),
                   v.n_differences - MAX_TOLD);
    if (rc < 0)
        return rc;
    if (v.n_differences > 0)
        return YJ_EDATA;
    *ret_n_scores = v.n_scores;
    return 0;
}
