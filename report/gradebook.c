#include "gradebook.h"

#include "cell_writer.h"
#include "diag.h"
#include "formula_watch.h"
#include "i18n.h"
#include "pending_file.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The columns of TABLE_TOTALS. */
enum { CANDIDATE, NAME, CLASS, SCHOOL, TOTAL, MAX, STATUS, TOTALS_COLUMNS };

struct grade_line {
    char *candidate, *name, *class_name, *total, *status;
};

struct gradebook_writer {
    enum gradebook gradebook;
    FILE *out;
    struct cell_writer cell;
    struct formula_watch watch;
    const char *title;
    char max[64]; /* the largest maximum */
    struct grade_line *lines;
    int n_lines, capacity;
    int pending, absent, voided, unnamed, twice;
};

/* ---- all lines first: the maximum stands above them ---- */

static void line_finish(struct grade_line *line)
{
    free(line->candidate);
    free(line->name);
    free(line->class_name);
    free(line->total);
    free(line->status);
}

static int keep_line(struct gradebook_writer *w, const struct store_cell *cells)
{
    if (w->n_lines == w->capacity) {
        int larger = w->capacity ? 2 * w->capacity : 256;
        void *grown = realloc(w->lines, (size_t)larger * sizeof *w->lines);
        if (!grown)
            return YJ_ENOMEM;
        w->lines = grown;
        w->capacity = larger;
    }
    struct grade_line *line = &w->lines[w->n_lines++];
    *line = (struct grade_line){strdup(cells[CANDIDATE].text), strdup(cells[NAME].text),
                                strdup(cells[CLASS].text), strdup(cells[TOTAL].text),
                                strdup(cells[STATUS].text)};
    bool whole = line->candidate && line->name && line->class_name && line->total && line->status;
    return whole ? 0 : YJ_ENOMEM;
}

static int read_lines(struct gradebook_writer *w, struct store *store, struct diag *d)
{
    struct store_rows *rows = NULL;
    int rc = store_rows_open(store, TABLE_TOTALS, &rows, d), answer = 0;
    if (rc < 0)
        return rc;
    int n = store_rows_columns(rows);
    struct store_cell *cells = calloc((size_t)n + TOTALS_COLUMNS, sizeof *cells);
    double max = 0;
    strcpy(w->max, "0");
    while (rc == 0 && cells && (answer = store_rows_next(rows, cells, d)) == 1) {
        rc = keep_line(w, cells);
        if (cells[MAX].text[0] && strtod(cells[MAX].text, NULL) > max) {
            max = strtod(cells[MAX].text, NULL);
            snprintf(w->max, sizeof w->max, "%s", cells[MAX].text);
        }
    }
    store_rows_close(rows);
    if (!cells || rc < 0)
        answer = diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    free(cells);
    return answer;
}

/* ---- writing ---- */

static int write_cells(struct gradebook_writer *w, const char *const *texts, int n)
{
    int rc = 0;
    for (int i = 0; i < n && rc == 0; i++) {
        formula_watch_look(&w->watch, texts[i]);
        rc = cell_write_csv(&w->cell, i, texts[i]);
    }
    putc('\n', w->out);
    return rc;
}

static int write_header(struct gradebook_writer *w)
{
    if (w->gradebook == GRADEBOOK_MOODLE)
        return write_cells(w, (const char *[]){"ID number", "Full name", w->title}, 3);
    int rc = write_cells(
        w, (const char *[]){"Student", "ID", "SIS User ID", "SIS Login ID", "Section", w->title},
        6);
    return rc < 0 ? rc
                  : write_cells(w, (const char *[]){"Points Possible", "", "", "", "", w->max}, 6);
}

static int write_line(struct gradebook_writer *w, const struct grade_line *line, const char *grade)
{
    if (w->gradebook == GRADEBOOK_MOODLE)
        return write_cells(w, (const char *[]){line->candidate, line->name, grade}, 3);
    /* Canvas takes a row without a name for nobody's. */
    const char *name = line->name[0] ? line->name : line->candidate;
    return write_cells(
        w, (const char *[]){name, "", line->candidate, line->candidate, line->class_name, grade},
        6);
}

static void count_ungraded(struct gradebook_writer *w, const struct grade_line *line)
{
    if (strcmp(line->status, score_status_name(SCORE_PENDING)) == 0)
        w->pending++;
    else if (strcmp(line->status, score_status_name(SCORE_ABSENT)) == 0)
        w->absent++;
    else
        w->voided++;
}

static int write_lines(struct gradebook_writer *w)
{
    int rc = write_header(w);
    for (int i = 0, n; i < w->n_lines && rc == 0; i += n) {
        const struct grade_line *line = &w->lines[i];
        for (n = 1; i + n < w->n_lines; n++) /* by candidate: the same stand together */
            if (strcmp(w->lines[i + n].candidate, line->candidate) != 0)
                break;
        if (!line->candidate[0]) {
            w->unnamed += n;
            continue;
        }
        bool scored =
            n == 1 && strcmp(line->status, score_status_name(SCORE_SCORED)) == 0 && line->total[0];
        if (n > 1)
            w->twice++;
        else if (!scored)
            count_ungraded(w, line);
        rc = write_line(w, line, scored ? line->total : "");
    }
    return rc;
}

static void tell_ungraded(const struct gradebook_writer *w, struct diag *d)
{
    if (w->pending + w->absent + w->voided > 0)
        diag_warning(d, NULL, 0, 0, w->pending ? _("'yuejuan review list' says what waits") : NULL,
                     _("candidates without a grade: %d (pending %d, absent %d, void %d)"),
                     w->pending + w->absent + w->voided, w->pending, w->absent, w->voided);
    if (w->twice > 0)
        diag_warning(d, NULL, 0, 0, _("'export --what exceptions' names them"),
                     _("candidates with several sheets, left without a grade: %d"), w->twice);
    if (w->unnamed > 0)
        diag_warning(d, NULL, 0, 0, _("'export --what exceptions' names them"),
                     _("sheets without a candidate, left out: %d"), w->unnamed);
}

static int title_of(struct store *store, char **ret_title, struct diag *d)
{
    struct exam *exam = NULL;
    struct diag of_exam; /* what it warns of does not matter here */
    diag_init(&of_exam);
    int rc = store_get_exam(store, &exam, &of_exam);
    if (rc < 0)
        diag_error(d, rc, NULL, 0, 0, _("run grade first"), "%s",
                   of_exam.count ? of_exam.entries[0].what : _("the database holds no exam yet"));
    diag_finish(&of_exam);
    if (rc < 0)
        return rc;
    if (!exam->key)
        rc = diag_error(d, YJ_EINPUT, NULL, 0, 0, NULL, _("there is no key: nothing is scored"));
    *ret_title = rc == 0 ? strdup(exam->title[0] ? exam->title : "exam") : NULL;
    exam_destroy(exam);
    return rc == 0 && !*ret_title ? diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"))
                                  : rc;
}

int gradebook_write(struct store *store, enum gradebook gradebook, FILE *out, const char *name,
                    struct diag *d)
{
    char *title = NULL;
    int rc = title_of(store, &title, d);
    if (rc < 0)
        return rc;
    struct gradebook_writer w = {
        .gradebook = gradebook, .out = out, .cell = {.out = out}, .title = title};
    rc = read_lines(&w, store, d);
    if (rc == 0) {
        errno = 0;
        rc = write_lines(&w);
        if (rc < 0)
            diag_error(d, rc, NULL, 0, 0, NULL, _("out of memory"));
        else if (fflush(out) != 0 || ferror(out))
            rc = file_write_error(name, errno, d);
    }
    if (rc == 0) {
        tell_ungraded(&w, d);
        formula_watch_tell(&w.watch, d);
    }
    for (int i = 0; i < w.n_lines; i++)
        line_finish(&w.lines[i]);
    free(w.lines);
    cell_writer_finish(&w.cell);
    formula_watch_finish(&w.watch);
    free(title);
    return rc;
}
