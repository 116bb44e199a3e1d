/* training_rows EXAM DIR PICTURES [EVIDENCE [HANDS]]: what the readers see of simulated sheets, to
 * train them.
 *
 * DIR is what `yuejuan simulate` wrote. One record a picture for the second reader
 * (tools/train/look.py): every bubble that marks.csv lists, every empty one that holds some ink,
 * and one in EMPTY_SHARE of the others. To EVIDENCE one record of each bubble that both readers saw
 * (tools/train/agreement.py), to HANDS one for the third (tools/train/hand.py) of each that holds
 * something where others do, or where nothing is marked. */
#include "agreement.h"
#include "bubble_ink.h"
#include "csvfile.h"
#include "diag.h"
#include "exam.h"
#include "hand_look.h"
#include "ingest.h"
#include "look.h"
#include "registration.h"
#include "vision.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EMPTY_SHARE 8
#define SOME_INK 0.015

struct record {
    uint8_t look, meant, clear, pad;
    int16_t ink; /* thousandths */
    uint16_t group;
    struct look_picture picture;
};

struct evidence_record {
    float meant, witnesses[WITNESSES];
};

/* HAND_LEAST of the page's usual ink, or this probability of a mark: it holds something. */
#define HAND_LEAST 0.06
#define HAND_OPEN 1e-3
#define HAND_PALE 0.75 /* less of the usual ink, and alone */

struct hand_record {
    uint8_t meant, look, clear,
        one; /* clear: a careful person would decide alone; one is allowed */
    uint8_t marks, lone, of_number, pad;
    float p, ink; /* what has been said; ink over the page's usual mark's */
    struct hand_picture picture;
};

struct listed {
    char *scan, *field;
    int page, column, option, look, meant;
};

struct tool {
    struct exam *exam;
    struct registrar *registrar;
    struct registration_scratch *scratch;
    struct decoder *decoder;
    struct image img;
    struct arena arena;
    struct listed *marks, *doubts;
    size_t n_marks, n_doubts;
    struct look_reader *reader;
    FILE *pictures_out, *evidence_out, *hands_out;
    long pages, refused, pictures;
};

static _Noreturn void stop(struct diag *d)
{
    diag_print(d, stderr);
    exit(2);
}

/* ---- marks.csv, sorted by scan, field, column and option ---- */

static int compare_listed(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    int c = strcmp(x->scan, y->scan);
    c = c ? c : strcmp(x->field, y->field);
    c = c ? c : x->column - y->column;
    return c ? c : x->option - y->option;
}

static int look_index(const char *name)
{
    for (int k = 0; k < LOOKS; k++)
        if (strcmp(look_name((enum look)k), name) == 0)
            return k;
    fprintf(stderr, "no look is called '%s'\n", name);
    exit(2);
}

static const struct field *field_named(const struct exam *exam, const char *name)
{
    int i = form_field_index(exam->forms[0].form, name);
    return i < 0 ? NULL : &exam->forms[0].form->fields[i];
}

static int option_index(const struct field *f, const char *option)
{
    for (int i = 0; f && i < f->n_options; i++)
        if (strcmp(f->options[i], option) == 0)
            return i;
    return -1;
}

static const char *cell(const struct csv *csv, int row, const char *name)
{
    int column = csv_column(csv, name);
    if (column < 0) {
        fprintf(stderr, "'%s' has no column '%s'\n", csv->path, name);
        exit(2);
    }
    return csv->rows[row].cells[column];
}

static void load_marks(struct tool *t, const char *dir, struct diag *d)
{
    char path[4096];
    struct csv *csv = NULL;
    snprintf(path, sizeof path, "%s/marks.csv", dir);
    if (csv_load(path, &csv, d) < 0)
        stop(d);
    t->marks = calloc((size_t)csv->n_rows + 1, sizeof *t->marks);
    for (int i = 1; i < csv->n_rows; i++) {
        const struct field *f = field_named(t->exam, cell(csv, i, "field"));
        t->marks[t->n_marks++] = (struct listed){.scan = strdup(cell(csv, i, "scan")),
                                                 .field = strdup(cell(csv, i, "field")),
                                                 .column = atoi(cell(csv, i, "column")),
                                                 .option = option_index(f, cell(csv, i, "option")),
                                                 .look = look_index(cell(csv, i, "look")),
                                                 .meant = atoi(cell(csv, i, "meant"))};
    }
    csv_destroy(csv);
    qsort(t->marks, t->n_marks, sizeof *t->marks, compare_listed);
}

/* Fields of truth.csv that are not clear, sorted by scan and field. */
static void load_doubts(struct tool *t, const char *dir, struct diag *d)
{
    char path[4096];
    struct csv *csv = NULL;
    snprintf(path, sizeof path, "%s/truth.csv", dir);
    if (csv_load(path, &csv, d) < 0)
        stop(d);
    t->doubts = calloc((size_t)csv->n_rows + 1, sizeof *t->doubts);
    for (int i = 1; i < csv->n_rows; i++)
        if (strcmp(cell(csv, i, "status"), "clear") != 0)
            t->doubts[t->n_doubts++] = (struct listed){.scan = strdup(cell(csv, i, "scan")),
                                                       .field = strdup(cell(csv, i, "field"))};
    csv_destroy(csv);
    qsort(t->doubts, t->n_doubts, sizeof *t->doubts, compare_listed);
}

/* ---- a page ---- */

static bool is_wanted(const struct bubble_ink *b, const struct listed *mark, uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return mark || b->ink > SOME_INK || (*state >> 33) % EMPTY_SHARE == 0;
}

static const struct listed *find_mark(const struct tool *t, const char *scan,
                                      const struct bubble_ink *b)
{
    struct listed key = {.scan = (char *)scan,
                         .field = b->field->name,
                         .column = b->bubble->column,
                         .option = b->bubble->option};
    return bsearch(&key, t->marks, t->n_marks, sizeof *t->marks, compare_listed);
}

static bool is_clear(const struct tool *t, const char *scan, const struct bubble_ink *b)
{
    struct listed key = {.scan = (char *)scan, .field = b->field->name};
    return !bsearch(&key, t->doubts, t->n_doubts, sizeof *t->doubts, compare_listed);
}

static bool holds_something(const struct band *band, const struct bubble_ink *b,
                            const struct seen_bubble *s)
{
    return s->p > HAND_OPEN || b->ink > HAND_LEAST * band->usual;
}

/* Those of a group of which the third reader is to learn. */
static int choose_hands(const struct band *band, const struct bubble_ink *b,
                        const struct seen_bubble *s, int n, int *ret_which, int *ret_marks)
{
    int chosen = 0, marks = 0;
    bool pale = false;
    for (int i = 0; i < n; i++) {
        marks += s[i].p > 0.5;
        pale = pale || (s[i].p > 0.5 && b[i].ink < HAND_PALE * band->usual);
        if (holds_something(band, &b[i], &s[i]))
            ret_which[chosen++] = i;
    }
    *ret_marks = marks;
    return chosen > 1 || marks == 0 || pale ? chosen : 0;
}

static void write_hands(struct tool *t, const struct page_map *map, const char *scan,
                        const struct band *band, const struct bubble_ink *b,
                        const struct seen_bubble *seen, int n)
{
    int *which = calloc((size_t)n + 1, sizeof *which), chosen = 0;
    double evenness;
    struct hand_record *records = calloc((size_t)n + 1, sizeof *records);
    struct hand_picture *pictures = calloc((size_t)n + 1, sizeof *pictures);
    if (!which || !records || !pictures)
        exit(1);
    for (int i = 0, length; i < n; i += length) {
        length = bubble_group_length(&b[i], n - i);
        int marks, own = choose_hands(band, &b[i], &seen[i], length, &which[chosen], &marks);
        for (int k = chosen; k < chosen + own; k++) {
            int at = which[k] += i;
            const struct listed *mark = find_mark(t, scan, &b[at]);
            records[k] = (struct hand_record){.meant = mark && mark->meant,
                                              .look = mark ? (uint8_t)mark->look : LOOK_EMPTY,
                                              .clear = is_clear(t, scan, &b[at]),
                                              .one = b[at].field->kind == FIELD_GRID ||
                                                     b[at].field->max_marks == 1,
                                              .marks = (uint8_t)marks,
                                              .lone = own == 1,
                                              .of_number = b[at].field->kind == FIELD_GRID,
                                              .p = (float)seen[at].p,
                                              .ink = (float)(b[at].ink / fmax(band->usual, 1e-3))};
        }
        chosen += own;
    }
    if (hand_take_pictures(&t->img, map, band, b, seen, n, which, chosen, &t->arena, pictures,
                           &evenness) < 0)
        exit(1);
    for (int k = 0; k < chosen; k++) {
        records[k].picture = pictures[k];
        fwrite(&records[k], sizeof records[k], 1, t->hands_out);
    }
    free(which);
    free(records);
    free(pictures);
}

static void write_evidence(struct tool *t, const struct page_map *map, const char *scan,
                           const struct bubble_ink *b, int n)
{
    double *scratch = calloc((size_t)n + 1, sizeof *scratch);
    struct seen_bubble *seen = calloc((size_t)n + 1, sizeof *seen);
    if (!scratch || !seen)
        exit(1);
    struct band band = ink_find_band(b, n, 0, scratch);
    if (agreement_judge(&t->img, map, b, n, &band, &t->exam->marks, t->reader, &t->arena, seen) < 0)
        exit(1);
    for (int i = 0; i < n; i++) {
        if (!seen[i].asked)
            continue;
        const struct listed *mark = find_mark(t, scan, &b[i]);
        struct evidence_record record = {.meant = mark && mark->meant ? 1 : 0};
        memcpy(record.witnesses, seen[i].evidence, sizeof record.witnesses);
        fwrite(&record, sizeof record, 1, t->evidence_out);
    }
    if (t->hands_out)
        write_hands(t, map, scan, &band, b, seen, n);
    free(scratch);
    free(seen);
}

static void write_pictures(struct tool *t, const struct page_map *map, const char *scan,
                           const struct form *form, int page)
{
    struct bubble_ink *b = NULL;
    int n = 0, wanted = 0;
    uint64_t state = (uint64_t)t->pages;
    if (bubble_ink_measure(form, page, &t->img, map, &t->arena, &b, &n) < 0)
        exit(1);
    int *which = calloc((size_t)n + 1, sizeof *which);
    struct record *records = calloc((size_t)n + 1, sizeof *records);
    struct look_picture *pictures = calloc((size_t)n + 1, sizeof *pictures);
    if (!which || !records || !pictures)
        exit(1);
    for (int i = 0; i < n; i++) {
        const struct listed *mark = find_mark(t, scan, &b[i]);
        if (!is_wanted(&b[i], mark, &state))
            continue;
        records[wanted] = (struct record){.look = mark ? (uint8_t)mark->look : LOOK_EMPTY,
                                          .meant = mark ? (uint8_t)mark->meant : 0,
                                          .clear = 1,
                                          .ink = (int16_t)lround(1000 * b[i].ink),
                                          .group = (uint16_t)b[i].group};
        which[wanted++] = i;
    }
    if (look_take_pictures(&t->img, map, b, n, which, wanted, &t->arena, pictures) < 0)
        exit(1);
    for (int k = 0; k < wanted; k++) {
        records[k].picture = pictures[k];
        fwrite(&records[k], sizeof records[k], 1, t->pictures_out);
    }
    t->pictures += wanted;
    if (t->evidence_out)
        write_evidence(t, map, scan, b, n);
    free(which);
    free(records);
    free(pictures);
    arena_reset(&t->arena);
}

static void take_page(struct tool *t, const struct scan *scan, int number)
{
    char reason[SCAN_REASON_MAX];
    struct registration_result r;
    const char *slash = strrchr(scan_path(scan), '/');
    t->pages++;
    if (scan_decode_page(scan, number, t->decoder, &t->img, reason) < 0 ||
        registrar_find(t->registrar, scan_path(scan), &t->img, NULL, t->scratch, &r) < 0)
        exit(1);
    if (r.verdict != PAGE_READ) {
        t->refused++;
        return;
    }
    write_pictures(t, &r.map, slash ? slash + 1 : scan_path(scan), t->exam->forms[r.form].form,
                   r.form_page);
}

int main(int argc, char **argv)
{
    static struct tool t;
    struct scan_source *source = NULL;
    struct scan *scan;
    struct diag d;
    char scans[4096];
    const char *paths[] = {scans};
    diag_init(&d);
    vision_init();
    if (argc < 4 || argc > 6) {
        fputs("usage: training_rows EXAM DIR PICTURES [EVIDENCE [HANDS]]\n", stderr);
        return 2;
    }
    snprintf(scans, sizeof scans, "%s/scans", argv[2]);
    if (exam_load(argv[1], &t.exam, &d) < 0 || registrar_create(t.exam, &t.registrar, &d) < 0 ||
        registration_scratch_create(&t.scratch) < 0 || look_reader_create(&t.reader) < 0 ||
        decoder_create(&t.decoder) < 0 || scan_source_open(paths, 1, &source, &d) < 0)
        stop(&d);
    load_marks(&t, argv[2], &d);
    load_doubts(&t, argv[2], &d);
    t.pictures_out = fopen(argv[3], "wb");
    t.evidence_out = argc > 4 ? fopen(argv[4], "wb") : NULL;
    t.hands_out = argc > 5 ? fopen(argv[5], "wb") : NULL;
    if (!t.pictures_out || (argc > 4 && !t.evidence_out) || (argc > 5 && !t.hands_out)) {
        perror("training_rows");
        return 1;
    }
    while (scan_source_next(source, &scan) == 1) {
        for (int i = 1; i <= scan_page_count(scan); i++)
            take_page(&t, scan, i);
        scan_unref(scan);
    }
    scan_source_close(source);
    fprintf(stderr, "%ld pages, %ld refused, %ld pictures\n", t.pages, t.refused, t.pictures);
    bool failed = fclose(t.pictures_out) != 0;
    if (t.evidence_out)
        failed = fclose(t.evidence_out) != 0 || failed;
    if (t.hands_out)
        failed = fclose(t.hands_out) != 0 || failed;
    return failed;
}
