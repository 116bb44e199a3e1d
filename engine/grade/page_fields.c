/* page_fields.c - from a registered page to its readings. */
#include "page_fields.h"
#include "barcode.h"
#include "crop.h"
#include "diag.h"
#include "i18n.h"
#include "marks.h"
#include "page_clock.h"
#include "page_ways.h"
#include "page_words.h"
#include "page_writing.h"
#include "print.h"
#include "strip.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CODES 8     /* codes looked at in one field */
#define CODE_MARGIN 3.0 /* mm: a code's quiet zone, and some print shift */
/* Below it the "print" may be the paper's grain, which Tesseract reads at up to 0.4. */
#define NOISE_CONFIDENCE 0.5

int asked_fields_init(const struct exam *exam, struct asked_fields *ret)
{
    struct asked_fields all = {.n_forms = exam->n_forms};
    all.asked = calloc((size_t)exam->n_forms + 1, sizeof *all.asked);
    if (!all.asked)
        return YJ_ENOMEM;
    for (int f = 0; f < exam->n_forms; f++) {
        const struct form *form = exam->forms[f].form;
        bool *asked = all.asked[f] = calloc((size_t)form->n_fields + 1, sizeof *asked);
        if (!asked) {
            asked_fields_finish(&all);
            return YJ_ENOMEM;
        }
        for (int i = 0; exam->key && i < exam->key->n_items; i++) {
            int field = form_field_index(form, exam->key->items[i].item);
            if (field >= 0)
                asked[field] = true;
        }
        const int named[] = {form->candidate, form->absent, form->version};
        for (size_t i = 0; i < sizeof named / sizeof *named; i++)
            if (named[i] >= 0)
                asked[named[i]] = true;
    }
    *ret = all;
    return 0;
}

void asked_fields_finish(struct asked_fields *asked)
{
    for (int f = 0; asked->asked && f < asked->n_forms; f++)
        free(asked->asked[f]);
    free(asked->asked);
    *asked = (struct asked_fields){0};
}

int page_record_add_exception(struct page_record *record, struct arena *arena,
                              enum exception_kind kind, const char *detail)
{
    int n = record->n_exceptions;
    if ((n & (n - 1)) == 0) { /* room for a power of two of them: full */
        size_t room = n ? 2 * (size_t)n : 1;
        struct exception *more = arena_alloc(arena, room * sizeof *more);
        if (!more)
            return YJ_ENOMEM;
        if (n)
            memcpy(more, record->exceptions, (size_t)n * sizeof *more);
        record->exceptions = more;
    }
    char *kept = arena_strdup(arena, detail);
    if (!kept)
        return YJ_ENOMEM;
    record->exceptions[record->n_exceptions++] = (struct exception){.kind = kind, .detail = kept};
    return 0;
}

/* Whether another field before this one asks for the same data. */
static bool is_told(const struct exam *exam, int form, int field, const char *languages)
{
    for (int f = 0; f <= form; f++) {
        const struct form *other = exam->forms[f].form;
        int n = f == form ? field : other->n_fields;
        for (int i = 0; i < n; i++)
            if (other->fields[i].print_language &&
                strcmp(other->fields[i].print_language, languages) == 0)
                return true;
    }
    return false;
}

static int check_print(const struct form *form, const struct field *field, struct diag *d)
{
    char package[PRINT_PACKAGE_MAX], hint[PRINT_PACKAGE_MAX + 64];
    bool has;
    int r = print_has_data(field->print_language, &has, package);
    if (r < 0 || has)
        return r;
    snprintf(hint, sizeof hint, _("install the Debian package '%s'"), package);
    return diag_error(d, YJ_EINPUT, form->path, field->line, field->column, hint,
                      _("field '%s': Tesseract has no data for 'print: %s'"), field->name,
                      field->print_language);
}

int page_fields_check(const struct exam *exam, struct diag *d)
{
    int bad = 0;
    for (int f = 0; f < exam->n_forms; f++) {
        const struct form *form = exam->forms[f].form;
        for (int i = 0; i < form->n_fields; i++) {
            const char *languages = form->fields[i].print_language;
            if (!languages || is_told(exam, f, i, languages))
                continue;
            int r = check_print(form, &form->fields[i], d);
            if (r == YJ_ENOMEM)
                return r;
            bad = r < 0 ? r : bad;
        }
    }
    return bad;
}

static const struct form *form_of(const struct exam *exam, const struct page_record *record)
{
    return exam->forms[record->form].form;
}

/* ---- each kind of field ---- */

static int find_codes(const struct page_view *view, struct rect area, struct barcode *codes,
                      int *ret_n)
{
    /* Coarse reads most and costs least; a dense code needs finer. */
    static const double dpi[] = {200, 300, 400};
    struct rect wide = {area.x - CODE_MARGIN, area.y - CODE_MARGIN, area.w + 2 * CODE_MARGIN,
                        area.h + 2 * CODE_MARGIN};
    int n = 0;
    for (size_t i = 0; i < sizeof dpi / sizeof *dpi && n == 0; i++) {
        int r = crop_extract(view->img, view->map, wide, dpi[i], view->scratch);
        if (r == YJ_EDATA)
            break;
        if (r == 0)
            r = barcode_read(view->scratch, view->arena, codes, MAX_CODES, &n);
        if (r < 0)
            return r;
    }
    *ret_n = n;
    return 0;
}

static int read_barcode(const struct page_view *view, const struct field *field,
                        struct reading *reading)
{
    struct barcode codes[MAX_CODES];
    int n = 0;
    int r = find_codes(view, field->area, codes, &n);
    if (r < 0)
        return r;
    reading->status = READING_UNCERTAIN;
    if (n == 0)
        return 0;
    reading->value = codes[0].text;
    reading->confidence = barcode_confidence(&codes[0]);
    for (int i = 1; i < n; i++)
        if (strcmp(codes[i].text, codes[0].text) != 0)
            reading->confidence = 0;
    reading->evidence =
        arena_printf(view->arena, "{\"symbology\":\"%s\",\"lines\":%d,\"codes\":%d}",
                     codes[0].symbology, codes[0].passes, n);
    if (reading->confidence >= view->exam->min_confidence)
        reading->status = READING_OK;
    return reading->evidence ? 0 : YJ_ENOMEM;
}

/* Print that is there and cannot be made out waits for a person too. */
static int read_print(const struct page_view *view, const struct field *field,
                      struct reading *reading)
{
    struct print_text print = {.text = ""};
    int r =
        print_read(view->print, field, view->img, view->map, view->scratch, view->arena, &print);
    if (r == 0 && print.confidence < NOISE_CONFIDENCE) {
        r = page_writing_ink(view, field, reading);
        if (r < 0 || reading->status == READING_BLANK)
            return r;
    }
    if (r == YJ_EDATA) /* a field too large or too thin for a picture */
        return 0;
    if (r < 0)
        return r;
    reading->value = print.text;
    reading->confidence = print.confidence;
    if (reading->confidence >= view->exam->min_confidence)
        reading->status = READING_OK;
    reading->evidence = arena_printf(view->arena, "{\"print\":\"%s\",\"words\":%d}",
                                     field->print_language, print.words);
    return reading->evidence ? 0 : YJ_ENOMEM;
}

static int read_region(const struct page_view *view, const struct field *field,
                       struct reading *reading)
{
    reading->status = READING_OK;
    reading->confidence = 1;
    return 0;
}

static int read_strip(const struct page_view *view, const struct field *field,
                      struct reading *reading)
{
    return strip_read(field, view->img, view->chroma, view->map, view->exam->min_confidence,
                      view->arena, reading);
}

typedef int (*field_reader)(const struct page_view *, const struct field *, struct reading *);

/* What is no handwriting. NULL: bubbles, which omr reads a page at a time. */
static field_reader const readers[] = {
    [FIELD_CHOICE] = NULL,          [FIELD_GRID] = NULL,          [FIELD_TEXT] = read_print,
    [FIELD_BARCODE] = read_barcode, [FIELD_REGION] = read_region, [FIELD_STRIP] = read_strip,
};

/* ---- what a person gets to see ---- */

static bool is_stranger(const struct exam *exam, const struct form *form,
                        const struct reading *reading)
{
    return reading->field == form->candidate && exam->roster &&
           !roster_find(exam->roster, reading->value);
}

static bool wants_crop(const struct exam *exam, const struct form *form,
                       const struct reading *reading)
{
    const struct field *field = &form->fields[reading->field];
    if (exam->keep_all_crops || reading->status == READING_UNCERTAIN ||
        reading->status == READING_MULTIPLE)
        return true;
    if (field_is_handwritten(field) || field->kind == FIELD_REGION)
        return true;
    return is_stranger(exam, form, reading);
}

static int add_crop(const struct page_view *view, const struct form *form, struct reading *reading)
{
    if (!wants_crop(view->exam, form, reading))
        return 0;
    int r = crop_deflate(view->img, view->map, form->fields[reading->field].area, view->scratch,
                         view->arena, &reading->crop);
    return r == YJ_EDATA ? 0 : r; /* a field too thin for a picture has none */
}

/* A block of handwriting that nobody scores is kept for people, not put before them. */
static bool wants_review(const struct page_view *view, const struct page_record *record,
                         const struct field *field, const struct reading *reading)
{
    if (reading->status == READING_MULTIPLE)
        return true;
    return reading->status == READING_UNCERTAIN &&
           (!field_is_handwritten(field) || view->asked->asked[record->form][reading->field]);
}

static const struct reading *find_reading(const struct reading *readings, int n, int field)
{
    for (int i = 0; i < n; i++)
        if (readings[i].field == field)
            return &readings[i];
    return NULL;
}

static bool is_anothers_name(const struct page_view *view, const struct page_record *record,
                             const struct reading *reading)
{
    const struct form *form = form_of(view->exam, record);
    const struct reading *number =
        find_reading(record->readings, record->n_readings, form->candidate);
    return number && number->status == READING_OK &&
           page_words_contradict(view->exam, &form->fields[reading->field], number->value,
                                 reading->value, reading->confidence);
}

static int add_doubt(const struct page_view *view, struct page_record *record,
                     const struct field *field, const struct reading *reading)
{
    if (!wants_review(view, record, field, reading) && !is_anothers_name(view, record, reading))
        return 0;
    bool multiple = reading->status == READING_MULTIPLE;
    char *detail =
        reading->value[0]
            ? arena_printf(view->arena, _("field '%s': '%s', %.0f %% sure"), field->name,
                           reading->value, 100 * reading->confidence)
            : arena_printf(view->arena, _("field '%s': not read for certain"), field->name);
    if (!detail)
        return YJ_ENOMEM;
    int r = page_record_add_exception(
        record, view->arena, multiple ? EXCEPTION_MULTIPLE_MARKS : EXCEPTION_UNCERTAIN_READING,
        detail);
    if (r == 0)
        record->exceptions[record->n_exceptions - 1].field = reading->field + 1;
    return r;
}

/* ---- the page ---- */

static int count_fields(const struct form *form, int page)
{
    int n = 0;
    for (int i = 0; i < form->n_fields; i++)
        n += form->fields[i].page == page;
    return n;
}

/* The field's reading, from omr's where it has bubbles. */
static int read_field(const struct page_view *view, const struct form *form, int index,
                      const struct reading *by_bubbles, int n_by_bubbles, struct reading *reading,
                      struct writing *writing)
{
    const struct field *field = &form->fields[index];
    *reading =
        (struct reading){.field = index, .value = "", .status = READING_UNCERTAIN, .evidence = ""};
    if (field_is_handwritten(field))
        return page_writing_read(view, field, reading, writing);
    if (readers[field->kind])
        return readers[field->kind](view, field, reading);
    const struct reading *found = find_reading(by_bubbles, n_by_bubbles, index);
    if (found)
        *reading = *found;
    return 0;
}

int page_fields_read(const struct page_view *view, struct page_record *record)
{
    const struct form *form = form_of(view->exam, record);
    struct omr_settings settings = {.min_confidence = view->exam->min_confidence,
                                    .max_silent_error = view->exam->max_silent_error,
                                    .culture = view->exam->marks};
    int n_bubbles = 0;
    int r = omr_read_page(form, record->form_page, view->img, view->map, &settings, view->looks,
                          view->arena, view->bubble_scratch, &n_bubbles);
    if (r < 0)
        return r;
    int n = count_fields(form, record->form_page);
    record->readings = arena_alloc(view->arena, (size_t)n * sizeof *record->readings);
    struct writing *writings = arena_alloc(view->arena, (size_t)n * sizeof *writings);
    if (!record->readings || !writings)
        return YJ_ENOMEM;
    for (int i = 0; i < form->n_fields; i++) {
        if (form->fields[i].page != record->form_page)
            continue;
        int at = record->n_readings++;
        r = read_field(view, form, i, view->bubble_scratch, n_bubbles, &record->readings[at],
                       &writings[at]);
        if (r == 0 && page_clock_is_up(view->clock))
            r = YJ_ETIME;
        if (r < 0)
            return r;
    }
    page_ways_settle(view, form, record->readings, writings, n);
    r = page_words_read(view, form, record->readings, n);
    for (int i = 0; i < n && r == 0; i++) {
        struct reading *reading = &record->readings[i];
        r = add_crop(view, form, reading);
        if (r == 0)
            r = add_doubt(view, record, &form->fields[reading->field], reading);
    }
    return r;
}

int page_fields_unread(const struct exam *exam, struct arena *arena, struct page_record *record)
{
    if (record->form < 0 || record->form_page < 0)
        return 0;
    const struct form *form = form_of(exam, record);
    int n = count_fields(form, record->form_page);
    record->readings = arena_alloc(arena, (size_t)n * sizeof *record->readings);
    if (!record->readings)
        return YJ_ENOMEM;
    for (int i = 0; i < form->n_fields; i++)
        if (form->fields[i].page == record->form_page)
            record->readings[record->n_readings++] =
                (struct reading){.field = i, .value = "", .status = READING_UNREAD, .evidence = ""};
    return 0;
}
