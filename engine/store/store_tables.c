/* store_tables.c - the tables of an export: columns and rows as text, in an order that depends
 * neither on time nor on which worker was first.
 *
 * Rows come by scan path (bytes), page and form order; scores by candidate. Numbers are printed
 * with a fixed precision and a decimal point, whatever the locale. Points print exactly, or to six
 * decimals where they do not end: a spreadsheet would take "1/3" for a date. */
#include "store_internal.h"

#include "diag.h"
#include "i18n.h"
#include "points.h"
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX POINTS_TEXT_MAX

struct store_rows {
    struct store *store;
    bool owns_snapshot; /* ends with the rows */
    char **names;
    int n_columns, capacity;
    sqlite3_stmt *outer, *inner; /* inner: NULL, or a statement by the outer row's first column */
    const char *format;          /* of outer: a letter a cell */
    int first;                   /* column of outer that the first letter stands for */
    int (*next)(struct store_rows *rows, struct store_cell *cells, struct diag *d);
    char (*numbers)[NUMBER_MAX]; /* a cell each */

    bool damaged;           /* points that are none */
    bool has_page;          /* readings: outer stands on a page */
    int n_fixed;            /* scores, items: columns of outer's cells */
    int n_sections;         /* scores: columns after them */
    int n_items;            /* scores: columns after the sections */
    sqlite3_stmt *sections; /* scores: by the outer row's first column; NULL else */
};

/* ---- cells ---- */

static void print_real(double value, char text[NUMBER_MAX])
{
    /* sqlite3_snprintf knows no locale; + 0.0 makes -0 a 0. */
    sqlite3_snprintf(NUMBER_MAX, text, "%.6g", value + 0.0);
}

static void print_points(struct points points, char text[NUMBER_MAX])
{
    points_print(points, text);
    if (strchr(text, '/') == NULL)
        return;
    sqlite3_snprintf(NUMBER_MAX, text, "%.6f", points_double(points));
    size_t length = strlen(text);
    while (text[length - 1] == '0')
        text[--length] = '\0';
    if (text[length - 1] == '.')
        text[--length] = '\0';
    if (strcmp(text, "-0") == 0)
        strcpy(text, "0");
}

static struct store_cell empty_cell(bool numeric)
{
    return (struct store_cell){"", numeric};
}

static void fill_points(struct store_rows *rows, sqlite3_stmt *stmt, int column,
                        char number[NUMBER_MAX])
{
    struct points points;

    if (store_points(stmt, column, &points))
        print_points(points, number);
    else
        rows->damaged = true; /* told by store_rows_next */
}

/* Fills a cell a letter: t text, i integer, f real, p points (two columns: num, den). NULL is an
 * empty cell. Returns the number of cells. */
static int fill_cells(struct store_rows *rows, sqlite3_stmt *stmt, int column, const char *format,
                      struct store_cell *cells, int cell)
{
    int n = 0;

    for (; format[n] != '\0'; n++, column++, cell++) {
        char *number = rows->numbers[cell];

        cells[cell] = (struct store_cell){number, format[n] != 't'};
        number[0] = '\0';
        if (format[n] == 't')
            cells[cell].text = store_text(stmt, column);
        else if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
            column += format[n] == 'p';
        else if (format[n] == 'i')
            sqlite3_snprintf(NUMBER_MAX, number, "%lld", sqlite3_column_int64(stmt, column));
        else if (format[n] == 'f')
            print_real(sqlite3_column_double(stmt, column), number);
        else {
            fill_points(rows, stmt, column, number);
            column++;
        }
    }
    return n;
}

/* 1, 0 or < 0 of a step. */
static int step(struct store_rows *rows, sqlite3_stmt *stmt, struct diag *d)
{
    int answer = sqlite3_step(stmt);

    if (answer == SQLITE_ROW)
        return 1;
    return answer == SQLITE_DONE ? 0 : store_fault(rows->store, answer, d);
}

static int next_plain(struct store_rows *rows, struct store_cell *cells, struct diag *d)
{
    int rc = step(rows, rows->outer, d);

    if (rc == 1)
        fill_cells(rows, rows->outer, rows->first, rows->format, cells, 0);
    return rc;
}

/* Stands the inner statement on the rows of the outer row's id. */
static void start_inner(struct store_rows *rows)
{
    sqlite3_reset(rows->inner);
    sqlite3_bind_int64(rows->inner, 1, sqlite3_column_int64(rows->outer, 0));
}

/* ---- readings ---- */

static const char readings_outer[] =
    "SELECT page_id, scan, page, candidate FROM v_pages ORDER BY scan, scan_hash, page";
static const char readings_inner[] =
    "SELECT f.name, r.value, r.status, r.confidence, r.source FROM readings r "
    "JOIN fields f ON f.id = r.field_id WHERE r.page_id = ? ORDER BY r.field_id";

static int next_reading(struct store_rows *rows, struct store_cell *cells, struct diag *d)
{
    int rc = rows->has_page ? step(rows, rows->inner, d) : 0;

    while (rc == 0) {
        rc = step(rows, rows->outer, d);
        if (rc <= 0)
            return rc;
        rows->has_page = true;
        start_inner(rows);
        rc = step(rows, rows->inner, d);
    }
    if (rc < 0)
        return rc;
    int n = fill_cells(rows, rows->outer, 1, "tit", cells, 0);
    fill_cells(rows, rows->inner, 0, "tttft", cells, n);
    return 1;
}

/* ---- scores ---- */

static const char scores_outer[] =
    "SELECT sh.id, sh.candidate, r.name, r.class, r.school, "
    "CASE sc.status WHEN 'scored' THEN sc.total_num END, sc.total_den, sc.max_num, sc.max_den, "
    "sc.status FROM scores sc JOIN sheets sh ON sh.id = sc.sheet_id "
    "LEFT JOIN roster r ON r.candidate = sh.candidate ORDER BY sh.candidate, sh.id";
static const char scores_inner[] =
    "SELECT x.item, x.points_num, x.points_den, x.pending FROM item_scores x "
    "JOIN scores sc ON sc.sheet_id = x.sheet_id "
    "WHERE x.sheet_id = ? AND sc.status IN ('scored', 'pending') ORDER BY x.item";

static const char scores_sections[] =
    "SELECT x.section, x.points_num, x.points_den FROM section_scores x "
    "JOIN scores sc ON sc.sheet_id = x.sheet_id "
    "WHERE x.sheet_id = ? AND x.pending = 0 AND sc.status IN ('scored', 'pending')";

static void fill_points_cell(struct store_rows *rows, sqlite3_stmt *stmt, struct store_cell *cells,
                             int cell)
{
    fill_points(rows, stmt, 1, rows->numbers[cell]);
    cells[cell].text = rows->numbers[cell];
}

static int fill_sections(struct store_rows *rows, struct store_cell *cells, struct diag *d)
{
    int rc;

    sqlite3_reset(rows->sections);
    sqlite3_bind_int64(rows->sections, 1, sqlite3_column_int64(rows->outer, 0));
    while ((rc = step(rows, rows->sections, d)) == 1) {
        int section = store_index(rows->sections, 0, 1);

        if (section >= 0 && section < rows->n_sections)
            fill_points_cell(rows, rows->sections, cells, rows->n_fixed + section);
    }
    return rc;
}

static int next_score(struct store_rows *rows, struct store_cell *cells, struct diag *d)
{
    int rc = step(rows, rows->outer, d);

    if (rc <= 0)
        return rc;
    fill_cells(rows, rows->outer, 1, "ttttppt", cells, 0);
    for (int i = rows->n_fixed; i < rows->n_columns; i++)
        cells[i] = empty_cell(true);
    rc = fill_sections(rows, cells, d);
    if (rc < 0)
        return rc;
    start_inner(rows);
    while ((rc = step(rows, rows->inner, d)) == 1) {
        int item = store_index(rows->inner, 0, 1);

        if (item >= 0 && item < rows->n_items && !sqlite3_column_int(rows->inner, 3))
            fill_points_cell(rows, rows->inner, cells, rows->n_fixed + rows->n_sections + item);
    }
    return rc < 0 ? rc : 1;
}

/* ---- items ---- */

static const char items_outer[] = "SELECT position, item, n, max, mean, difficulty, d27, rpb, "
                                  "rpb_rest, alpha_without, omitted, multiple "
                                  "FROM items ORDER BY position";
static const char items_inner[] =
    "SELECT option, count, share, rpb FROM item_options WHERE item = ? ORDER BY position";

/* The column of an option's count, or -1. */
static int option_column(const struct store_rows *rows, const char *option)
{
    size_t length = strlen(option);

    for (int i = rows->n_fixed; i < rows->n_columns; i += 3)
        if (strncmp(rows->names[i], option, length) == 0 &&
            strcmp(rows->names[i] + length, "_count") == 0)
            return i;
    return -1;
}

static int next_item(struct store_rows *rows, struct store_cell *cells, struct diag *d)
{
    int rc = next_plain(rows, cells, d);

    if (rc <= 0)
        return rc;
    for (int i = rows->n_fixed; i < rows->n_columns; i++)
        cells[i] = empty_cell(true);
    start_inner(rows);
    while ((rc = step(rows, rows->inner, d)) == 1) {
        int column = option_column(rows, store_text(rows->inner, 0));

        if (column >= 0)
            fill_cells(rows, rows->inner, 1, "iff", cells, column);
    }
    return rc < 0 ? rc : 1;
}

/* ---- exceptions, distribution, audit ---- */

static const char exceptions_outer[] =
    "SELECT scan, page, candidate, kind, detail FROM ("
    "SELECT COALESCE(s.path, '') AS scan, s.hash AS hash, v.page AS page, e.derived AS derived, "
    "CASE e.derived WHEN 0 THEN e.id ELSE 0 END AS seq, "
    "CASE e.candidate WHEN '' THEN COALESCE(v.candidate, '') ELSE e.candidate END AS candidate, "
    "e.kind AS kind, e.detail AS detail "
    "FROM exceptions e LEFT JOIN scans s ON s.id = e.scan_id "
    "LEFT JOIN v_pages v ON v.page_id = e.page_id "
    "UNION ALL SELECT x.path, s.hash, NULL, 0, 0, '', 'scan_quality', x.detail "
    "FROM duplicates x JOIN scans s ON s.id = x.scan_id "
    "UNION ALL SELECT v.scan, v.scan_hash, v.page, 0, a.id, "
    "CASE a.run WHEN 0 THEN COALESCE(v.candidate, '') ELSE '' END, 'scan_quality', a.detail "
    "FROM alarms a JOIN v_pages v ON v.page_id = a.first_page) "
    "ORDER BY scan, hash, page, derived, seq, candidate, kind, detail";

static const char distribution_outer[] =
    "WITH d AS (SELECT total_num AS num, total_den AS den, COUNT(*) AS n FROM scores "
    "WHERE status = 'scored' GROUP BY total_num, total_den) "
    "SELECT num, den, n, SUM(n) OVER (ORDER BY num * 1.0 / den, num, den), "
    "n * 1.0 / (SELECT SUM(n) FROM d) FROM d ORDER BY num * 1.0 / den, num, den";

/* A line as "x 132.0": where along the scan it stands; one lighter than the paper as "x 132.0
 * light".
 */
static const char health_outer[] =
    "SELECT v.scan, v.page, v.verdict, h.dpi, p.skew, p.contrast, h.paper, h.rise, h.clipped,"
    " h.bitonal, h.side, h.corner, h.corner_mm, COALESCE((SELECT group_concat(line, '; ') FROM"
    " (SELECT printf('%s %.1f%s', CASE across WHEN 1 THEN 'y' ELSE 'x' END, at,"
    "  CASE light WHEN 1 THEN ' light' ELSE '' END) AS line FROM page_lines l"
    "  WHERE l.page_id = h.page_id ORDER BY l.position)), '') "
    "FROM page_health h JOIN pages p ON p.id = h.page_id JOIN v_pages v ON v.page_id = h.page_id "
    "ORDER BY v.scan, v.scan_hash, v.page";

static const char alarms_outer[] =
    "SELECT a.kind, v.scan, v.page, w.scan, w.page, a.pages, a.place, a.run, a.detail "
    "FROM alarms a JOIN v_pages v ON v.page_id = a.first_page "
    "JOIN v_pages w ON w.page_id = a.last_page ORDER BY a.id";

static const char standings_outer[] =
    "SELECT s.candidate, COALESCE(r.name, ''), COALESCE(r.class, ''), COALESCE(r.school, ''), "
    "s.rank, s.percentile, s.z, s.t, s.scaled, s.label, s.ability, s.ability_error, s.exam_error "
    "FROM standings s LEFT JOIN roster r ON r.candidate = s.candidate "
    "ORDER BY s.rank, s.candidate";

static const char audit_outer[] =
    "SELECT seq, time, user, action, detail, hash FROM audit ORDER BY seq";

/* ---- reliability ---- */

static int next_batch(struct store_rows *rows, struct store_cell *cells, struct diag *d)
{
    int rc = step(rows, rows->outer, d);

    if (rc <= 0)
        return rc;
    const struct mark_counts counts = store_mark_counts(rows->outer);
    const struct reliability r = reliability_compute(&counts);
    const double computed[] = {r.review_share, r.review.low, r.review.high, counts.silent_expected,
                               (double)r.silent_most};
    int n = fill_cells(rows, rows->outer, 0, "tii", cells, 0);
    for (size_t i = 0; i < sizeof(computed) / sizeof(computed[0]); i++, n++) {
        print_real(computed[i], rows->numbers[n]);
        cells[n] = (struct store_cell){rows->numbers[n], true};
    }
    return 1;
}

static int prepare(struct store_rows *rows, const char *sql, sqlite3_stmt **ret_stmt,
                   struct diag *d)
{
    int rc = sql != NULL ? sqlite3_prepare_v2(rows->store->db, sql, -1, ret_stmt, NULL) : SQLITE_OK;

    return rc == SQLITE_OK ? 0 : store_fault(rows->store, rc, d);
}

/* ---- columns ---- */

static bool has_column(const struct store_rows *rows, const char *name)
{
    for (int i = 0; i < rows->n_columns; i++)
        if (strcmp(rows->names[i], name) == 0)
            return true;
    return false;
}

/* `kind` is put before a name that is already taken ("item total"), as often as it takes, so that
 * each column has a name of its own. */
static int add_column(struct store_rows *rows, const char *kind, const char *name,
                      const char *suffix, struct diag *d)
{
    char *text = sqlite3_mprintf("%s%s", name, suffix);

    while (text != NULL && has_column(rows, text)) {
        char *longer = sqlite3_mprintf("%s %s", kind, text);

        sqlite3_free(text);
        text = longer;
    }
    if (text != NULL && rows->n_columns == rows->capacity) {
        int capacity = rows->capacity == 0 ? 32 : 2 * rows->capacity;
        char **grown = realloc(rows->names, (size_t)capacity * sizeof(*grown));

        if (grown != NULL) {
            rows->names = grown;
            rows->capacity = capacity;
        }
    }
    if (text == NULL || rows->n_columns == rows->capacity) {
        sqlite3_free(text);
        return store_fault(rows->store, SQLITE_NOMEM, d);
    }
    rows->names[rows->n_columns++] = text;
    return 0;
}

/* `list`: names with commas between. */
static int add_fixed_columns(struct store_rows *rows, const char *list, struct diag *d)
{
    char name[32];
    int rc = 0;

    while (*list != '\0' && rc == 0) {
        size_t length = strcspn(list, ",");

        sqlite3_snprintf((int)sizeof(name), name, "%.*s", (int)length, list);
        rc = add_column(rows, "", name, "", d);
        list += length + (list[length] == ',');
    }
    rows->n_fixed = rows->n_columns;
    return rc;
}

/* A column a row of the query; *ret_n how many. */
static int add_queried_columns(struct store_rows *rows, const char *kind, const char *sql,
                               int *ret_n, struct diag *d)
{
    sqlite3_stmt *stmt;
    int answer, n = 0, rc = store_statement(rows->store, sql, &stmt, d);

    if (rc < 0)
        return rc;
    while (rc == 0 && (answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = add_column(rows, kind, store_text(stmt, 0), "", d);
        n++;
    }
    if (rc == 0 && answer != SQLITE_DONE)
        rc = store_fault(rows->store, answer, d);
    sqlite3_reset(stmt);
    *ret_n = n;
    return rc;
}

static int add_score_columns(struct store_rows *rows, struct diag *d)
{
    int rc = add_queried_columns(rows, "section", "SELECT section FROM sections ORDER BY position",
                                 &rows->n_sections, d);

    if (rc == 0)
        rc = add_queried_columns(rows, "item", "SELECT item FROM items ORDER BY position",
                                 &rows->n_items, d);
    return rc < 0 ? rc : prepare(rows, scores_sections, &rows->sections, d);
}

/* Three columns an option, in the order in which the items first offer them. */
static int add_option_columns(struct store_rows *rows, struct diag *d)
{
    static const char *const suffixes[] = {"_count", "_share", "_rpb"};
    sqlite3_stmt *stmt;
    int answer = SQLITE_DONE;
    int rc = store_statement(rows->store,
                             "SELECT option FROM item_options GROUP BY option "
                             "ORDER BY MIN(item * 1000000 + position)",
                             &stmt, d);

    if (rc < 0)
        return rc;
    while (rc == 0 && (answer = sqlite3_step(stmt)) == SQLITE_ROW)
        for (int i = 0; i < 3 && rc == 0; i++)
            rc = add_column(rows, "option", store_text(stmt, 0), suffixes[i], d);
    if (rc == 0 && answer != SQLITE_DONE)
        rc = store_fault(rows->store, answer, d);
    sqlite3_reset(stmt);
    return rc;
}

/* ---- open, next, close ---- */

static const struct table {
    const char *columns, *outer, *inner, *format;
    int first;
    int (*add_columns)(struct store_rows *rows, struct diag *d);
    int (*next)(struct store_rows *rows, struct store_cell *cells, struct diag *d);
} tables[] = {
    [TABLE_SCORES] = {"candidate,name,class,school,total,max,status", scores_outer, scores_inner,
                      NULL, 0, add_score_columns, next_score},
    [TABLE_TOTALS] = {"candidate,name,class,school,total,max,status", scores_outer, NULL, "ttttppt",
                      1, NULL, next_plain},
    [TABLE_READINGS] = {"scan,page,candidate,field,value,status,confidence,source", readings_outer,
                        readings_inner, NULL, 0, NULL, next_reading},
    [TABLE_ITEMS] = {"item,n,max,mean,difficulty,d27,rpb,rpb_rest,alpha_without,omitted,multiple",
                     items_outer, items_inner, "tifffffffii", 1, add_option_columns, next_item},
    [TABLE_EXCEPTIONS] = {"scan,page,candidate,kind,detail", exceptions_outer, NULL, "tittt", 0,
                          NULL, next_plain},
    [TABLE_AUDIT] = {"seq,time,user,action,detail,hash", audit_outer, NULL, "ittttt", 0, NULL,
                     next_plain},
    [TABLE_RELIABILITY] = {"batch,fields,review,review_share,review_low,review_high,"
                           "silent_expected,silent_most",
                           store_marks_by_batch, NULL, NULL, 0, NULL, next_batch},
    [TABLE_HEALTH] = {"scan,page,verdict,dpi,skew,contrast,paper,rise,clipped,bitonal,side,"
                      "corner,corner_mm,lines",
                      health_outer, NULL, "titffffffittft", 0, NULL, next_plain},
    [TABLE_ALARMS] = {"kind,scan,page,last_scan,last_page,pages,place,run,detail", alarms_outer,
                      NULL, "ttitiifit", 0, NULL, next_plain},
    [TABLE_CHANGES] = {"seq,time,user,action,candidate,before,after",
                       "SELECT c.seq, a.time, a.user, a.action, c.candidate, c.before, c.after "
                       "FROM score_changes c JOIN audit a ON a.seq = c.seq "
                       "ORDER BY c.seq, c.position",
                       NULL, "itttttt", 0, NULL, next_plain},
    [TABLE_STATISTICS] = {"figure,value,note",
                          "SELECT name, value, note FROM test_figures ORDER BY position", NULL,
                          "tft", 0, NULL, next_plain},
    [TABLE_STANDINGS] = {"candidate,name,class,school,rank,percentile,z,t,scaled,label,ability,"
                         "ability_error,exam_error",
                         standings_outer, NULL, "ttttifffftfff", 0, NULL, next_plain},
    [TABLE_MODELS] = {"item,a,b,c,a_error,b_error,c_error,infit,outfit",
                      "SELECT m.item, a, b, c, a_error, b_error, c_error, infit, outfit "
                      "FROM item_models m JOIN items i ON i.item = m.item ORDER BY i.position",
                      NULL, "tffffffff", 0, NULL, next_plain},
    [TABLE_FIFTHS] = {"item,option,fifth_1,fifth_2,fifth_3,fifth_4,fifth_5",
                      "SELECT item, option, fifth_1, fifth_2, fifth_3, fifth_4, fifth_5 "
                      "FROM item_fifths ORDER BY position, place",
                      NULL, "ttfffff", 0, NULL, next_plain},
    [TABLE_GROUPS] = {"kind,school,name,n,absent,pending,mean,sd,min,median,max,above_mean,pass,"
                      "distinction,difference,difference_low,difference_high",
                      "SELECT kind, school, name, n, absent, pending, mean, sd, min, median, max, "
                      "above_mean, pass, distinction, difference, difference_low, difference_high "
                      "FROM group_figures ORDER BY position",
                      NULL, "tttiiifffffffffff", 0, NULL, next_plain},
    [TABLE_DIF] = {"item,kind,reference,focal,alpha_mh,delta,chi2,p,p_logistic,ets",
                   "SELECT item, kind, reference, focal, alpha_mh, delta, chi2, p, p_logistic, ets "
                   "FROM item_dif ORDER BY position",
                   NULL, "ttttffffft", 0, NULL, next_plain},
    [TABLE_PAIRS] = {"candidate,other,room,same_right,same_wrong,differ,omega,gbt,k_index,"
                     "harpp_hogan,p,p_family",
                     "SELECT candidate, other, room, same_right, same_wrong, differ, omega, gbt, "
                     "k_index, harpp_hogan, p, p_family FROM pairs ORDER BY position",
                     NULL, "tttiiiffffff", 0, NULL, next_plain},
    [TABLE_FINDINGS] = {"kind,grave,subject,figure,detail",
                        "SELECT kind, grave, subject, figure, detail FROM findings "
                        "ORDER BY position",
                        NULL, "titft", 0, NULL, next_plain},
    [TABLE_DISTRIBUTION] = {"score,count,cumulative,share", distribution_outer, NULL, "piif", 0,
                            NULL, next_plain},
};

static int open_rows(struct store_rows *rows, const struct table *table, struct diag *d)
{
    int rc = 0;

    /* Columns and rows are of one moment, whatever a writer commits meanwhile. */
    if (sqlite3_get_autocommit(rows->store->db)) {
        rc = store_run(rows->store, d, "BEGIN", "");
        rows->owns_snapshot = rc == 0;
    }
    if (rc == 0)
        rc = add_fixed_columns(rows, table->columns, d);
    if (rc == 0 && table->add_columns != NULL)
        rc = table->add_columns(rows, d);
    if (rc == 0)
        rc = prepare(rows, table->outer, &rows->outer, d);
    if (rc == 0)
        rc = prepare(rows, table->inner, &rows->inner, d);
    if (rc < 0)
        return rc;
    rows->numbers = calloc((size_t)rows->n_columns, sizeof(*rows->numbers));
    return rows->numbers != NULL ? 0 : store_fault(rows->store, SQLITE_NOMEM, d);
}

int store_rows_open(struct store *store, enum store_table table, struct store_rows **ret_rows,
                    struct diag *d)
{
    struct store_rows *rows = calloc(1, sizeof(*rows));
    int rc;

    if (rows == NULL)
        return store_fault(store, SQLITE_NOMEM, d);
    rows->store = store;
    rows->format = tables[table].format;
    rows->first = tables[table].first;
    rows->next = tables[table].next;
    rc = open_rows(rows, &tables[table], d);
    if (rc < 0) {
        store_rows_close(rows);
        return rc;
    }
    *ret_rows = rows;
    return 0;
}

int store_rows_columns(const struct store_rows *rows)
{
    return rows->n_columns;
}

const char *store_rows_column_name(const struct store_rows *rows, int column)
{
    return rows->names[column];
}

int store_rows_next(struct store_rows *rows, struct store_cell *cells, struct diag *d)
{
    int rc = rows->next(rows, cells, d);

    return rc == 1 && rows->damaged ? store_fault(rows->store, SQLITE_CORRUPT, d) : rc;
}

void store_rows_close(struct store_rows *rows)
{
    if (rows == NULL)
        return;
    sqlite3_finalize(rows->outer);
    sqlite3_finalize(rows->inner);
    sqlite3_finalize(rows->sections);
    if (rows->owns_snapshot)
        (void)store_run(rows->store, NULL, "ROLLBACK", "");
    for (int i = 0; i < rows->n_columns; i++)
        sqlite3_free(rows->names[i]);
    free(rows->names);
    free(rows->numbers);
    free(rows);
}
