#include "canvas.h"

#include "diag.h"
#include "i18n.h"
#include <math.h>
#include <string.h>

#define LINE_HEIGHT 1.4 /* em, from a line of text to the next */
/* Of an em, above the baseline: the middle of capitals and digits, of Chinese characters. Of Noto
 * Sans CJK (capitals 0.733 high, squares from -0.12 to 0.88), near those of any other face. */
#define MIDDLE_OF_CAPITALS 0.3665
#define MIDDLE_OF_SQUARES 0.38

#ifdef __SANITIZE_ADDRESS__
/* Fontconfig's patterns, which pango keeps, hold offsets where the leak sanitizer wants pointers.
 * Weak: a program may say more. */
const char *__lsan_default_suppressions(void) __attribute__((weak));
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig.so\n";
}
const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}
#endif

/* ---- from beginning to end ---- */

/* Places and shapes that no resolution changes. Pango keeps the fonts for the next canvas. */
static PangoContext *create_context(cairo_t *cr)
{
    PangoContext *context = pango_cairo_create_context(cr);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(context, options);
    pango_context_set_round_glyph_positions(context, FALSE);
    cairo_font_options_destroy(options);
    return context;
}

static bool has_font(PangoContext *context)
{
    PangoFontFamily **families = NULL;
    int n = 0;
    pango_font_map_list_families(pango_context_get_font_map(context), &families, &n);
    g_free(families);
    return n > 0;
}

int canvas_no_font(const char *name, struct diag *d)
{
    return diag_error(d, YJ_EIO, name, 0, 0, _("install fonts, and see that they can be read"),
                      _("no font can be had"));
}

int canvas_init(struct canvas *c, cairo_surface_t *surface, double per_mm, const char *name,
                struct diag *d)
{
    *c = (struct canvas){.name = name, .d = d};
    c->cr = cairo_create(surface);
    cairo_scale(c->cr, per_mm, per_mm);
    c->context = create_context(c->cr);
    c->layout = pango_layout_new(c->context);
    /* Without one Pango has nothing to draw with, and dies of it or leaves all words out. */
    if (canvas_status(c) == 0 && !has_font(c->context))
        c->rc = canvas_no_font(name, d);
    return c->rc;
}

void canvas_finish(struct canvas *c)
{
    if (c->layout)
        g_object_unref(c->layout);
    if (c->context)
        g_object_unref(c->context);
    if (c->cr)
        cairo_destroy(c->cr);
    g_free(c->font);
    *c = (struct canvas){0};
}

int canvas_status(struct canvas *c)
{
    cairo_status_t status = cairo_status(c->cr);
    if (c->rc == 0 && status != CAIRO_STATUS_SUCCESS)
        c->rc = status == CAIRO_STATUS_WRITE_ERROR
                    ? YJ_EIO /* told by whoever writes */
                    : diag_error(c->d, YJ_ENOMEM, c->name, 0, 0, NULL, _("cannot draw: %s"),
                                 cairo_status_to_string(status));
    return c->rc;
}

/* ---- shapes ---- */

void canvas_colour(struct canvas *c, struct print_colour colour)
{
    cairo_set_source_rgb(c->cr, colour.red, colour.green, colour.blue);
}

static void ellipse_path(struct canvas *c, struct rect r)
{
    cairo_save(c->cr);
    cairo_translate(c->cr, r.x + r.w / 2, r.y + r.h / 2);
    if (r.w > 0 && r.h > 0) /* a scale of nought is an error that cairo keeps */
        cairo_scale(c->cr, r.w / 2, r.h / 2);
    else
        cairo_scale(c->cr, 1e-3, 1e-3);
    cairo_new_sub_path(c->cr);
    cairo_arc(c->cr, 0, 0, 1, 0, 2 * M_PI);
    cairo_close_path(c->cr);
    cairo_restore(c->cr);
}

void canvas_fill_rect(struct canvas *c, struct rect r)
{
    cairo_rectangle(c->cr, r.x, r.y, r.w, r.h);
    cairo_fill(c->cr);
}

void canvas_fill_ellipse(struct canvas *c, struct rect r)
{
    ellipse_path(c, r);
    cairo_fill(c->cr);
}

/* Lines are drawn as what lies between two outlines: a stroke is moved to whole pixels by what
 * draws PDFs at low resolution, and then no longer stands where the form says. */
static void fill_between(struct canvas *c)
{
    cairo_set_fill_rule(c->cr, CAIRO_FILL_RULE_EVEN_ODD);
    cairo_fill(c->cr);
    cairo_set_fill_rule(c->cr, CAIRO_FILL_RULE_WINDING);
}

static struct rect grown(struct rect r, double by)
{
    return (struct rect){r.x - by, r.y - by, fmax(0, r.w + 2 * by), fmax(0, r.h + 2 * by)};
}

void canvas_line_rect(struct canvas *c, struct rect r, double width)
{
    struct rect outer = grown(r, width / 2), inner = grown(r, -width / 2);
    cairo_rectangle(c->cr, outer.x, outer.y, outer.w, outer.h);
    cairo_rectangle(c->cr, inner.x, inner.y, inner.w, inner.h);
    fill_between(c);
}

void canvas_line_ellipse(struct canvas *c, struct rect r, double width)
{
    ellipse_path(c, grown(r, width / 2));
    ellipse_path(c, grown(r, -width / 2));
    fill_between(c);
}

void canvas_line_bracket(struct canvas *c, struct rect r, double width, double tip)
{
    struct rect outer = grown(r, width / 2), inner = grown(r, -width / 2);
    for (int side = 0; side < 2; side++) {
        double back = side ? outer.x + outer.w : outer.x,
               front = side ? inner.x + inner.w : inner.x;
        double end = side ? r.x + r.w - tip : r.x + tip;
        cairo_move_to(c->cr, end, outer.y);
        cairo_line_to(c->cr, back, outer.y);
        cairo_line_to(c->cr, back, outer.y + outer.h);
        cairo_line_to(c->cr, end, outer.y + outer.h);
        cairo_line_to(c->cr, end, inner.y + inner.h);
        cairo_line_to(c->cr, front, inner.y + inner.h);
        cairo_line_to(c->cr, front, inner.y);
        cairo_line_to(c->cr, end, inner.y);
        cairo_close_path(c->cr);
    }
    cairo_fill(c->cr);
}

/* ---- fonts ---- */

/* Chinese characters have one shape in Taipei and another in Beijing; one font holds both and goes
 * by the language. */
static const char *language_of(const char *font)
{
    static const struct {
        const char *ending, *language;
    } languages[] = {{" TC", "zh-tw"}, {" TW", "zh-tw"}, {" HK", "zh-hk"}, {" SC", "zh-cn"},
                     {" CN", "zh-cn"}, {" JP", "ja"},    {" KR", "ko"}};
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
        if (strlen(font) > 3 && strcmp(font + strlen(font) - 3, languages[i].ending) == 0)
            return languages[i].language;
    return "zh-tw";
}

static PangoFontDescription *describe(const struct text_style *style)
{
    PangoFontDescription *face = pango_font_description_new();
    pango_font_description_set_family(face, style->font);
    pango_font_description_set_absolute_size(face, style->size * PANGO_SCALE);
    pango_font_description_set_weight(face, style->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    return face;
}

/* Another font in its stead would set every line anew. */
static int require_font(struct canvas *c, const struct text_style *style)
{
    if (c->font && strcmp(c->font, style->font) == 0)
        return 0;
    pango_context_set_language(c->context, pango_language_from_string(language_of(style->font)));
    PangoFontDescription *wanted = describe(style);
    PangoFont *font = pango_context_load_font(c->context, wanted);
    PangoFontDescription *got = font ? pango_font_describe(font) : NULL;
    const char *family = got ? pango_font_description_get_family(got) : NULL;
    bool found = family && g_ascii_strcasecmp(family, style->font) == 0;
    if (!found)
        c->rc = diag_error(c->d, YJ_EINPUT, c->name, 0, 0,
                           _("install it (Noto is Debian's fonts-noto-cjk), or name another under "
                             "'print: {font: ...}'"),
                           _("no font '%s' on this machine"), style->font);
    if (got)
        pango_font_description_free(got);
    if (font)
        g_object_unref(font);
    pango_font_description_free(wanted);
    g_free(c->font);
    c->font = g_strdup(style->font);
    return c->rc;
}

/* The first character that no font of the machine has, or 0. */
static gunichar find_missing(PangoLayout *layout)
{
    gunichar missing = 0;
    PangoLayoutIter *iter = pango_layout_get_iter(layout);
    do {
        PangoLayoutRun *run = pango_layout_iter_get_run_readonly(iter);
        for (int i = 0; run && !missing && i < run->glyphs->num_glyphs; i++)
            if (run->glyphs->glyphs[i].glyph & PANGO_GLYPH_UNKNOWN_FLAG)
                missing = run->glyphs->glyphs[i].glyph & ~PANGO_GLYPH_UNKNOWN_FLAG;
    } while (!missing && pango_layout_iter_next_run(iter));
    pango_layout_iter_free(iter);
    return missing;
}

static int require_glyphs(struct canvas *c, const struct text_style *style)
{
    if (pango_layout_get_unknown_glyphs_count(c->layout) == 0)
        return 0;
    char letter[8] = "";
    gunichar missing = find_missing(c->layout);
    letter[g_unichar_to_utf8(missing, letter)] = 0;
    c->rc = diag_error(c->d, YJ_EINPUT, c->name, 0, 0, _("Debian's fonts-noto-cjk has most"),
                       _("no font on this machine has '%s' (U+%04X), neither '%s' nor another"),
                       letter, (unsigned)missing, style->font);
    return c->rc;
}

/* ---- texts ---- */

static int set_layout(struct canvas *c, const struct text_style *style, const char *text)
{
    static const PangoAlignment aligns[] = {PANGO_ALIGN_LEFT, PANGO_ALIGN_CENTER,
                                            PANGO_ALIGN_RIGHT};
    if (c->rc < 0 || require_font(c, style) < 0)
        return c->rc;
    PangoFontDescription *face = describe(style);
    PangoAttrList *lines = pango_attr_list_new();
    pango_attr_list_insert(
        lines, pango_attr_line_height_new_absolute((int)(LINE_HEIGHT * style->size * PANGO_SCALE)));
    pango_layout_set_font_description(c->layout, face);
    pango_layout_set_attributes(c->layout, lines);
    pango_layout_set_width(c->layout, style->width > 0 ? (int)(style->width * PANGO_SCALE) : -1);
    pango_layout_set_wrap(c->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(c->layout, aligns[style->align]);
    pango_layout_set_text(c->layout, text, -1);
    pango_attr_list_unref(lines);
    pango_font_description_free(face);
    return require_glyphs(c, style);
}

/* Where the layout's top-left corner is, so that its first line stands at `at`. */
static struct point origin(struct canvas *c, const struct text_style *style, struct point at)
{
    int width = pango_layout_get_width(c->layout), height;
    if (width < 0)
        pango_layout_get_size(c->layout, &width, &height);
    double share = style->align == ALIGN_CENTRE ? 0.5 : style->align == ALIGN_RIGHT ? 1 : 0;
    return (struct point){at.x - share * width / PANGO_SCALE,
                          at.y - (double)pango_layout_get_baseline(c->layout) / PANGO_SCALE};
}

struct rect canvas_measure(struct canvas *c, const struct text_style *style, const char *text,
                           struct point at)
{
    PangoRectangle ink;
    if (set_layout(c, style, text) < 0)
        return (struct rect){0, 0, 0, 0};
    pango_layout_get_extents(c->layout, &ink, NULL);
    struct point o = origin(c, style, at);
    return (struct rect){o.x + (double)ink.x / PANGO_SCALE, o.y + (double)ink.y / PANGO_SCALE,
                         (double)ink.width / PANGO_SCALE, (double)ink.height / PANGO_SCALE};
}

void canvas_text(struct canvas *c, const struct text_style *style, const char *text,
                 struct point at)
{
    if (set_layout(c, style, text) < 0)
        return;
    struct point o = origin(c, style, at);
    cairo_move_to(c->cr, o.x, o.y);
    pango_cairo_layout_path(c->cr, c->layout);
    cairo_fill(c->cr);
}

double canvas_advance(struct canvas *c, const struct text_style *style, const char *text)
{
    int width, height;
    if (set_layout(c, style, text) < 0)
        return 0;
    pango_layout_get_size(c->layout, &width, &height);
    return (double)width / PANGO_SCALE;
}

void canvas_label(struct canvas *c, const struct text_style *style, const char *text,
                  struct point middle)
{
    struct text_style one_line = *style;
    bool square = g_utf8_get_char(text) >= 0x2E80;
    one_line.width = 0;
    one_line.align = ALIGN_CENTRE;
    middle.y += style->size * (square ? MIDDLE_OF_SQUARES : MIDDLE_OF_CAPITALS);
    canvas_text(c, &one_line, text, middle);
}
