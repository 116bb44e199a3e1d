/* Fields: what both readers say of a field's bubbles becomes its value, status and evidence. */
#include "marks.h"

#include "agreement.h"
#include "bubble_ink.h"
#include "calibration.h"
#include "diag.h"
#include "ink_reader.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANK_DOUBTED                                                                              \
    0.90 /* that a blank field in which something stands out is blank all the same */
#define RUBBED                                                                                     \
    0.2 /* probability, by its look, of one that was rubbed out: it may be an answer ... */
#define HALF_TAKEN 0.16 /* ... where so much is left, of the page's usual mark, and no other is */
#define PRINT_DOUBTED 0.90 /* that a field is right of which the print is not there */

/* A choice's bubbles, or those of one column of a grid. */
struct group_reading {
    int marked[64]; /* indexes of the bubbles marked, option order */
    int n_marked;
    double confidence; /* what the readers say: not calibrated */
};

/* What it takes to be read without a person. */
struct wishes {
    double least_sureness, min_confidence;
};

static bool is_sure(const struct wishes *w, double confidence)
{
    double sureness = calibration_sureness(confidence);
    return sureness >= w->least_sureness && calibration_confidence(sureness) >= w->min_confidence;
}

/* Whether something was rubbed out, but so much is left of it that it may be an answer. */
static bool is_half_taken(const struct band *band, const struct bubble_ink *b,
                          const struct seen_bubble *s, int n)
{
    for (int i = 0; i < n; i++)
        if (band->usual > 0 && b[i].ink > HALF_TAKEN * band->usual &&
            (!s[i].told || s[i].looks[LOOK_ERASED] > RUBBED))
            return true;
    return false;
}

static void read_group(const struct band *band, const struct bubble_ink *b,
                       const struct seen_bubble *s, int n, struct group_reading *ret)
{
    bool marked[64] = {false};
    *ret = (struct group_reading){.confidence = 1};
    for (int i = 0; i < n && i < 64; i++) {
        marked[i] = s[i].p > 0.5;
        ret->confidence *= marked[i] ? s[i].p : 1 - s[i].p;
        if (marked[i])
            ret->marked[ret->n_marked++] = i;
    }
    if (ink_print_is_missing(b, marked, n))
        ret->confidence = fmin(ret->confidence, PRINT_DOUBTED);
    if (ret->n_marked == 0 && band->sinks)
        ret->confidence = fmin(ret->confidence, BLANK_DOUBTED);
    if (ret->n_marked == 0 && is_half_taken(band, b, s, n))
        ret->confidence = fmin(ret->confidence, BLANK_DOUBTED);
    int smear = ret->n_marked == 0 ? ink_find_smear(band, b, n) : -1;
    if (smear >= 0 && !s[smear].told) /* else the second reader has said what it is */
        ret->confidence = fmin(ret->confidence, BLANK_DOUBTED);
}

static const char *option_name(const struct bubble_ink *b, int i)
{
    return b[i].field->options[b[i].bubble->option];
}

/* ---- values ---- */

struct text {
    char bytes[512];
    size_t length;
};

static void text_add(struct text *t, const char *more)
{
    size_t n = strlen(more);
    if (t->length + n < sizeof(t->bytes)) {
        memcpy(t->bytes + t->length, more, n);
        t->length += n;
        t->bytes[t->length] = '\0';
    }
}

static void read_choice(const struct field *f, const struct band *band, const struct bubble_ink *b,
                        const struct seen_bubble *s, const struct wishes *wishes,
                        struct text *value, struct reading *r, double *ret_sureness)
{
    struct group_reading g;
    read_group(band, b, s, f->n_bubbles, &g);
    for (int i = 0; i < g.n_marked; i++)
        text_add(value, option_name(b, g.marked[i]));
    *ret_sureness = calibration_sureness(g.confidence);
    r->confidence = calibration_confidence(*ret_sureness);
    if (!is_sure(wishes, g.confidence))
        r->status = READING_UNCERTAIN;
    else if (g.n_marked > f->max_marks)
        r->status = READING_MULTIPLE;
    else
        r->status = g.n_marked ? READING_OK : READING_BLANK;
}

static void add_column(const struct bubble_ink *b, const struct group_reading *g, bool sure,
                       struct text *value)
{
    if (!sure) {
        text_add(value, "?");
        return;
    }
    if (g->n_marked > 1)
        text_add(value, "[");
    for (int i = 0; i < g->n_marked; i++) {
        text_add(value, i ? "|" : "");
        text_add(value, option_name(b, g->marked[i]));
    }
    if (g->n_marked > 1)
        text_add(value, "]");
}

/* The product of a number's columns, and which is the least sure. */
static double join_columns(const struct field *f, const struct band *band,
                           const struct bubble_ink *b, const struct seen_bubble *s, int *ret_worst)
{
    double product = 1, least = 2;
    for (int i = 0, n, column = 0; i < f->n_bubbles; i += n, column++) {
        struct group_reading g;
        n = bubble_group_length(b + i, f->n_bubbles - i);
        read_group(band, b + i, s + i, n, &g);
        product *= g.confidence;
        *ret_worst = g.confidence < least ? column : *ret_worst;
        least = fmin(least, g.confidence);
    }
    return product;
}

/* A column that is not sure reads '?', and so does the worst one where each might pass alone but
 * the number cannot; one with several marks reads [0|5]. */
static void read_grid(const struct field *f, const struct band *band, const struct bubble_ink *b,
                      const struct seen_bubble *s, const struct wishes *wishes, struct text *value,
                      struct reading *r, double *ret_sureness)
{
    int doubtful = 0, several = 0, blank = 0, gaps = 0, pending_spaces = 0, columns = 0, worst = 0;
    double whole = join_columns(f, band, b, s, &worst);
    bool whole_is_sure = is_sure(wishes, whole);
    *ret_sureness = calibration_sureness(whole);
    for (int i = 0; i < f->n_bubbles; columns++) {
        int n = bubble_group_length(b + i, f->n_bubbles - i);
        struct group_reading g;
        read_group(band, b + i, s + i, n, &g);
        bool sure = whole_is_sure || (columns != worst && is_sure(wishes, g.confidence));
        doubtful += !sure;
        several += sure && g.n_marked > 1;
        if (sure && g.n_marked == 0) {
            blank++;
            pending_spaces++;
            if (f->blank == BLANK_DOUBT)
                text_add(value, "?");
        } else {
            /* A hole inside a number is no shorter number: "1_5" is not 15. */
            gaps += f->blank == BLANK_SKIP && value->length > 0 ? pending_spaces : 0;
            for (; f->blank != BLANK_DOUBT && value->length > 0 && pending_spaces > 0;
                 pending_spaces--)
                text_add(value, f->blank == BLANK_SPACE ? " " : "?");
            pending_spaces = 0;
            add_column(b + i, &g, sure, value);
        }
        i += n;
    }
    r->confidence = calibration_confidence(*ret_sureness);
    if (blank == columns) {
        value->length = 0;
        value->bytes[0] = '\0';
        r->status = READING_BLANK;
    } else if (doubtful > 0 || gaps > 0 || (blank > 0 && f->blank == BLANK_DOUBT)) {
        r->status = READING_UNCERTAIN;
        r->confidence = fmin(r->confidence, 0.5);
    } else {
        r->status = several ? READING_MULTIPLE : READING_OK;
    }
}

/* ---- evidence ---- */

struct evidence {
    char *text;
    size_t size, at;
};

static void evidence_add(struct evidence *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(e->text + e->at, e->size - e->at, format, args);
    va_end(args);
    e->at = n > 0 && e->at + (size_t)n < e->size ? e->at + (size_t)n : e->size - 1;
}

/* A share in thousandths: most of what is written, and not worth a format each time. */
static void add_share(struct evidence *e, const char *before, double share)
{
    char digits[24];
    long left = lround(1000 * share), n = 0;
    bool below = left < 0;
    for (left = below ? -left : left; n == 0 || left > 0; left /= 10)
        digits[n++] = (char)('0' + left % 10);
    size_t length = strlen(before);
    if (e->at + length + (size_t)n + 2 >= e->size)
        return;
    memcpy(e->text + e->at, before, length);
    e->at += length;
    if (below)
        e->text[e->at++] = '-';
    while (n > 0)
        e->text[e->at++] = digits[--n];
    e->text[e->at] = '\0';
}

static void add_looks(struct evidence *e, const struct seen_bubble *s, int n)
{
    const char *before = ",\"looks\":[";
    for (int i = 0; i < n; i++) {
        if (!s[i].asked)
            continue;
        int top = 0;
        for (int k = 1; k < LOOKS; k++)
            top = s[i].looks[k] > s[i].looks[top] ? k : top;
        evidence_add(e, "%s[%d,\"%s\",%ld]", before, i, look_name((enum look)top),
                     lround(1000 * s[i].looks[top]));
        before = ",";
    }
    if (before[1] == '\0')
        evidence_add(e, "]");
}

static void add_meant(struct evidence *e, const struct seen_bubble *s, int n)
{
    const char *before = ",\"meant\":[";
    for (int i = 0; i < n; i++) {
        if (!s[i].compared)
            continue;
        evidence_add(e, "%s[%d,%ld]", before, i, lround(10 * (double)s[i].hand));
        before = ",";
    }
    if (before[1] == '\0')
        evidence_add(e, "]");
}

/* {"low":30,"high":95,"ink":[612,3,...],"p":[1000,0,...],"looks":[[1,"tick",987]],
 * "meant":[[1,57]],"sureness":5.27} in thousandths, bubbles in form order; looks: those that the
 * second reader was asked about; meant: the third, log odds in tenths; sureness: decades, before
 * calibration. */
static const char *write_evidence(const struct band *band, const struct bubble_ink *b,
                                  const struct seen_bubble *s, int n, double sureness,
                                  struct arena *arena)
{
    struct evidence e = {.size = 128 + (size_t)n * 48};
    e.text = arena_alloc(arena, e.size);
    if (!e.text)
        return NULL;
    evidence_add(&e, "{\"low\":%ld,\"high\":%ld,\"ink\":[", lround(1000 * band->low),
                 lround(1000 * band->high));
    for (int i = 0; i < n; i++)
        add_share(&e, i ? "," : "", b[i].ink);
    evidence_add(&e, "],\"p\":[");
    for (int i = 0; i < n; i++)
        add_share(&e, i ? "," : "", s[i].p);
    evidence_add(&e, "]");
    add_looks(&e, s, n);
    add_meant(&e, s, n);
    evidence_add(&e, ",\"sureness\":%.2f}", sureness);
    return e.text;
}

static int read_field(const struct form *form, const struct field *f, const struct band *band,
                      const struct bubble_ink *b, const struct seen_bubble *seen,
                      const struct wishes *wishes, struct arena *arena, struct reading *r)
{
    struct text value = {.length = 0};
    double sureness = 0;
    struct band own = *band;
    /* Who is absent is marked by another hand. */
    own.sinks = band->sinks && f->kind == FIELD_CHOICE && f - form->fields != form->absent;
    *r = (struct reading){.field = (int)(f - form->fields)};
    if (f->kind == FIELD_GRID)
        read_grid(f, &own, b, seen, wishes, &value, r, &sureness);
    else
        read_choice(f, &own, b, seen, wishes, &value, r, &sureness);
    r->value = arena_strdup(arena, value.bytes);
    r->evidence = write_evidence(band, b, seen, f->n_bubbles, sureness, arena);
    return r->value && r->evidence ? 0 : YJ_ENOMEM;
}

double omr_best_promise(void)
{
    return calibration_best_promise();
}

int omr_read_page(const struct form *form, int page, const struct image *img,
                  const struct page_map *map, const struct omr_settings *settings,
                  struct look_reader *looks, struct arena *arena, struct reading *readings,
                  int *ret_n)
{
    struct bubble_ink *bubbles = NULL;
    int n = 0, count = 0;
    int e = bubble_ink_measure(form, page, img, map, arena, &bubbles, &n);
    if (e < 0)
        return e;
    double *scratch = arena_alloc(arena, (size_t)(n + 1) * sizeof(*scratch));
    struct seen_bubble *seen = arena_alloc(arena, (size_t)(n + 1) * sizeof(*seen));
    bool *marked = arena_alloc(arena, (size_t)(n + 1) * sizeof(*marked));
    if (!scratch || !seen || !marked)
        return YJ_ENOMEM;
    struct band band = ink_find_band(bubbles, n, settings->culture.faintest, scratch);
    const struct wishes wishes = {.least_sureness =
                                      calibration_least_sureness(settings->max_silent_error),
                                  .min_confidence = settings->min_confidence};
    e = agreement_judge(img, map, bubbles, n, &band, &settings->culture, looks, arena, seen);
    for (int i = 0; i < n && e == 0; i++)
        marked[i] = seen[i].p > 0.5;
    band.sinks =
        e == 0 && settings->culture.faintest <= 0 && ink_marks_sink(&band, bubbles, marked, n);
    for (int i = 0; i < n && e == 0; i += bubbles[i].field->n_bubbles) {
        e = read_field(form, bubbles[i].field, &band, &bubbles[i], &seen[i], &wishes, arena,
                       &readings[count]);
        count += e == 0;
    }
    if (e == 0)
        *ret_n = count;
    return e;
}
