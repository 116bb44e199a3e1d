/* A slip a candidate, cut along dashed lines: all slips of a document are of one height, so that a
 * stack of pages can be cut at once. */
#include "report.h"

#include "class_list.h"
#include "diag.h"
#include "i18n.h"
#include "pdf_document.h"
#include "report_parts.h"
#include <math.h>
#include <string.h>

#define MARGIN 7.0            /* mm inside a slip, above and below */
#define JOINER "\xe2\x81\xa0" /* no line ends here */
#define LEAST 1.7             /* mm: the smallest letters of the list of items */

struct slip {
    struct pdf_document *doc;
    int candidate;
    double y, height; /* mm */
    GString *words;   /* put together here */
};

/* Enough for the items of a weak candidate, in letters that can be read. */
static int slips_a_page(const struct analysis *a)
{
    return a->n_items <= 45 ? 6 : a->n_items <= 70 ? 5 : a->n_items <= 110 ? 4 : 3;
}

/* ---- words ---- */

static bool is_lost(const struct analysis_item *item, const struct analysis_answer *answer)
{
    return answer->counts && !answer->pending && points_double(answer->points) < item->max - 1e-9;
}

/* "part-2" stays on one line. */
static void add_unbroken(GString *words, const char *text)
{
    for (; *text; text++) {
        g_string_append_c(words, *text);
        if (*text == '-' || *text == '/')
            g_string_append(words, JOINER);
    }
}

static void add_item(GString *words, const struct analysis_item *item,
                     const struct analysis_answer *answer)
{
    char points[NUMBER_TEXT_MAX], max[NUMBER_TEXT_MAX];
    if (words->len > 0)
        g_string_append(words, "   ");
    if (*item->key) {
        add_unbroken(words, item->item);
        g_string_append_printf(words, "\xc2\xa0%s" JOINER "\xe2\x86\x92" JOINER "%s",
                               *answer->value ? answer->value : NO_NUMBER, item->key);
        return;
    }
    points_print_short(points, answer->points);
    number_print_short(max, item->max);
    g_string_append_printf(words, "%s\xc2\xa0%s/%s", item->item, points, max);
}

/* Returns how many items lost points. */
static int list_lost(const struct slip *slip)
{
    const struct analysis *a = slip->doc->a;
    const bool *chosen = a->candidates[slip->candidate].chosen;
    int n = 0;
    g_string_truncate(slip->words, 0);
    for (int i = 0; i < a->n_items; i++) {
        const struct analysis_answer *answer = analysis_answer(a, slip->candidate, i);
        if ((chosen && !chosen[i]) || !is_lost(&a->items[i], answer))
            continue;
        add_item(slip->words, &a->items[i], answer);
        n++;
    }
    return n;
}

static void list_sections(const struct slip *slip)
{
    const struct analysis *a = slip->doc->a;
    const struct analysis_candidate *c = &a->candidates[slip->candidate];
    char points[NUMBER_TEXT_MAX], max[NUMBER_TEXT_MAX];
    g_string_truncate(slip->words, 0);
    for (int i = 0; i < a->n_sections; i++) {
        points_print_short(points, c->sections[i]);
        number_print_short(max, a->sections[i].max);
        g_string_append_printf(slip->words, "%s%s\xc2\xa0%s/%s", i > 0 ? "   " : "",
                               section_name(a->sections[i].section), points, max);
    }
}

static const char *why_no_score(enum score_status status)
{
    switch (status) {
    case SCORE_PENDING:
        return _("pending: a person still decides about this sheet; there is no score yet");
    case SCORE_ABSENT:
        return _("absent: no answer sheet, or one marked absent");
    case SCORE_VOID:
        return _("void: this sheet does not count");
    case SCORE_SCORED:
        break;
    }
    return "";
}

static void describe_rank(const struct slip *slip, char *text, size_t size)
{
    const struct analysis *a = slip->doc->a;
    const struct analysis_candidate *c = &a->candidates[slip->candidate];
    char scaled[NUMBER_TEXT_MAX];
    scaled_print(scaled, &c->scaled);
    if (isfinite(c->scaled.value))
        snprintf(text, size, _("rank %d of %d   scaled %s"), c->rank, a->n_scored, scaled);
    else
        snprintf(text, size, _("rank %d of %d"), c->rank, a->n_scored);
}

/* ---- drawing ---- */

static void draw_who(const struct slip *slip, double y)
{
    const struct analysis_candidate *c = &slip->doc->a->candidates[slip->candidate];
    const char *who = *c->name ? c->name : *c->candidate ? c->candidate : _("unknown candidate");
    drawing_text(
        &slip->doc->drawing, (struct point){PAGE_LEFT, y}, who,
        (struct letters){
            .size = 4.6, .tone = TONE_INK, .align = ALIGN_LEFT, .bold = true, .width = 112});
    g_string_printf(slip->words, *c->name ? "%s   %s   %s" : "%.0s%s   %s", c->candidate,
                    c->class_name, c->school);
    drawing_text(
        &slip->doc->drawing, (struct point){PAGE_LEFT, y + 5.6}, slip->words->str,
        (struct letters){.size = 2.9, .tone = TONE_SOFT, .align = ALIGN_LEFT, .width = 112});
}

static void draw_score(const struct slip *slip, double y)
{
    const struct analysis_candidate *c = &slip->doc->a->candidates[slip->candidate];
    const double end = PAGE_LEFT + CONTENT_WIDTH;
    char text[256], total[NUMBER_TEXT_MAX], max[NUMBER_TEXT_MAX];
    points_print_short(total, c->total);
    points_print_short(max, c->max);
    snprintf(text, sizeof text, " / %s", max);
    const struct letters small = {.size = 3.2, .tone = TONE_SOFT, .align = ALIGN_RIGHT};
    double w = drawing_text_width(&slip->doc->drawing, text, small);
    drawing_text(&slip->doc->drawing, (struct point){end, y}, text, small);
    drawing_text(
        &slip->doc->drawing, (struct point){end - w, y}, total,
        (struct letters){.size = 6.4, .tone = TONE_INK, .align = ALIGN_RIGHT, .bold = true});
    describe_rank(slip, text, sizeof text);
    drawing_text(
        &slip->doc->drawing, (struct point){end, y + 5.6}, text,
        (struct letters){.size = 2.9, .tone = TONE_SOFT, .align = ALIGN_RIGHT, .width = 64});
}

/* Words between y and `foot`, set smaller where they are many. */
static void draw_fitted(const struct slip *slip, const char *text, double y, double foot)
{
    struct letters letters = {
        .size = 3.2, .tone = TONE_INK, .align = ALIGN_LEFT, .width = CONTENT_WIDTH, .wrap = true};
    while (letters.size > LEAST &&
           y + drawing_text_height(&slip->doc->drawing, text, letters) > foot)
        letters.size -= 0.1;
    letters.lines = (int)fmax(1, floor((foot - y) / (letters.size * LINE_PITCH)));
    drawing_text(&slip->doc->drawing, (struct point){PAGE_LEFT, y + letters.size}, text, letters);
}

static void draw_answers(const struct slip *slip, double y, double foot)
{
    const struct letters label = {
        .size = 2.6, .tone = TONE_SOFT, .align = ALIGN_LEFT, .width = CONTENT_WIDTH};
    if (slip->doc->a->n_sections > 1) {
        list_sections(slip);
        drawing_text(
            &slip->doc->drawing, (struct point){PAGE_LEFT, y + 2.8}, slip->words->str,
            (struct letters){
                .size = 2.8, .tone = TONE_INK, .align = ALIGN_LEFT, .width = CONTENT_WIDTH});
        y += 5.4;
    }
    if (list_lost(slip) == 0) {
        drawing_text(&slip->doc->drawing, (struct point){PAGE_LEFT, y + 2.8},
                     _("no item lost points"), label);
        return;
    }
    drawing_text(&slip->doc->drawing, (struct point){PAGE_LEFT, y + 2.8},
                 _("items that lost points: answer \xe2\x86\x92 key"), label);
    draw_fitted(slip, slip->words->str, y + 4.2, foot);
}

static void draw_slip(const struct slip *slip)
{
    const struct analysis *a = slip->doc->a;
    const struct analysis_candidate *c = &a->candidates[slip->candidate];
    const double top = slip->y + MARGIN, foot = slip->y + slip->height - 4.5;
    g_string_printf(slip->words, *a->exam->date ? "%s   %s" : "%s%s", report_title(a),
                    a->exam->date);
    drawing_text(&slip->doc->drawing, (struct point){PAGE_LEFT, top}, slip->words->str,
                 (struct letters){
                     .size = 2.4, .tone = TONE_SOFT, .align = ALIGN_LEFT, .width = CONTENT_WIDTH});
    draw_who(slip, top + 6.6);
    drawing_line(&slip->doc->drawing, (struct point){PAGE_LEFT, top + 14.6},
                 (struct point){PAGE_LEFT + CONTENT_WIDTH, top + 14.6},
                 (struct pen){TONE_FAINT, 0.25, DASH_NONE});
    if (c->status != SCORE_SCORED) {
        drawing_text(
            &slip->doc->drawing, (struct point){PAGE_LEFT, top + 20}, why_no_score(c->status),
            (struct letters){
                .size = 3.3, .tone = TONE_WARN, .align = ALIGN_LEFT, .width = CONTENT_WIDTH});
        return;
    }
    draw_score(slip, top + 6.6);
    draw_answers(slip, top + 16, foot);
}

static void draw_cuts(struct pdf_document *doc, int n, double height)
{
    for (int i = 1; i < n; i++)
        drawing_line(&doc->drawing, (struct point){4, i * height},
                     (struct point){PAGE_WIDTH - 4, i * height},
                     (struct pen){TONE_SOFT, 0.2, DASH_LONG});
}

static void draw_slips_of(struct pdf_document *doc, const struct class_list *list,
                          const struct class_range *range, GString *words)
{
    const int most = slips_a_page(doc->a);
    const double height = PAGE_HEIGHT / most;
    for (int i = 0, place = 0; i < range->n; i++) {
        const struct analysis_candidate *c = &doc->a->candidates[list->order[range->first + i]];
        if (!*c->candidate && !*c->name)
            continue; /* nobody to hand it to */
        if (place % most == 0) {
            pdf_page_break(doc);
            draw_cuts(doc, most, height);
        }
        struct slip slip = {doc, list->order[range->first + i], place++ % most * height, height,
                            words};
        draw_slip(&slip);
        doc->y = PAGE_FOOT; /* the page is in use */
    }
}

static int draw_slips(struct pdf_document *doc, void *context)
{
    const struct class_list *list = context;
    GString *words = g_string_new("");
    if (list->n_classes == 0)
        pdf_paragraph(doc, _("There are no candidates."), TONE_INK, LETTERS_BODY);
    for (int i = 0; i < list->n_classes && canvas_status(doc->drawing.canvas) == 0; i++)
        draw_slips_of(doc, list, &list->classes[i], words);
    g_string_free(words, TRUE);
    return canvas_status(doc->drawing.canvas);
}

int report_write_slips(const struct analysis *a, const char *path, struct diag *d)
{
    struct class_list list;
    if (class_list_init(&list, a) < 0)
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    int rc = pdf_document_write(a, path, draw_slips, &list, false, d);
    class_list_finish(&list);
    return rc;
}
