/* What only a printer needs: `print` at the top for all pages, and within a page. */
#include "form_print.h"

#include "diag.h"
#include "i18n.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define N_ITEMS(array) (sizeof(array) / sizeof *(array))
#define MAX_TEXTS 1000  /* a page */
#define MAX_FRAMES 1000 /* a page */
#define MAX_FONT 100    /* bytes of a font's name */
#define MAX_TEXT 4000   /* bytes of a text */
#define DEFAULT_FONT "Noto Sans CJK TC"
#define DEFAULT_LINE 0.2                           /* mm */
static const double line_range[] = {0.05, 2};      /* mm */
static const double text_size_range[] = {0.5, 60}; /* mm */

/* ---- single values ---- */

static int read_colour(const struct form_reader *r, const struct yaml_node *node,
                       struct print_colour *colour)
{
    const char *hint = N_("write red, green and blue as in \"#d04040\", with the quotes: "
                          "what follows a bare '#' is a comment");
    unsigned red, green, blue;
    int end = 0;
    if (node->kind != YAML_SCALAR || yaml_is_null(node))
        return yaml_error(r->yaml, node, _(hint), _("'colour' is no colour"));
    bool read = strlen(node->text) == 7 && strspn(node->text + 1, "0123456789abcdefABCDEF") == 6 &&
                sscanf(node->text, "#%2x%2x%2x%n", &red, &green, &blue, &end) == 3 && end == 7;
    if (!read)
        return yaml_error(r->yaml, node, _(hint), _("'%s' is no colour"), node->text);
    *colour = (struct print_colour){red / 255.0, green / 255.0, blue / 255.0};
    return 0;
}

static int read_font(const struct form_reader *r, const struct yaml_node *node, char **ret_font)
{
    const char *font;
    int rc = yaml_text(r->yaml, node, "font", &font);
    if (rc < 0)
        return rc;
    if (!font[0] || strlen(font) > MAX_FONT || strpbrk(font, ",:\n"))
        return yaml_error(r->yaml, node, _("name one family, as in 'font: Noto Serif CJK TC'"),
                          _("'font' is the name of a family of fonts"));
    *ret_font = arena_strdup(r->memory, font);
    return *ret_font ? 0 : YJ_ENOMEM;
}

static int read_length(const struct form_reader *r, const struct yaml_node *node, const char *what,
                       const double range[2], double *ret)
{
    double length;
    int rc = yaml_number(r->yaml, node, what, &length);
    if (rc < 0)
        return rc;
    if (!(length >= range[0] && length <= range[1]))
        return yaml_error(r->yaml, node, _("lengths are in millimetres"),
                          _("'%s' is %g to %g mm, not %g"), what, range[0], range[1], length);
    *ret = length;
    return 0;
}

/* ---- texts ---- */

static int read_words(const struct form_reader *r, const struct yaml_node *node, char **ret_text)
{
    const char *text;
    int rc = yaml_text(r->yaml, node, "text", &text);
    if (rc < 0)
        return rc;
    if (!text[0] || strlen(text) > MAX_TEXT)
        return yaml_error(r->yaml, node, NULL, _("a text is 1 to %d bytes long"), MAX_TEXT);
    *ret_text = arena_strdup(r->memory, text);
    return *ret_text ? 0 : YJ_ENOMEM;
}

static int read_text_place(const struct form_reader *r, const struct yaml_node *map,
                           struct sheet_text *text)
{
    const struct form *form = r->form;
    const struct yaml_node *at = yaml_get(map, "at");
    if (!at)
        return yaml_missing(r->yaml, map, "at", _("where its first line stands, [x, y]"));
    int rc = form_read_point(r, at, "at", &text->at);
    if (rc < 0)
        return rc;
    struct point p = text->at;
    if (p.x < 0 || p.y < 0 || p.x > form->width || p.y > form->height)
        return yaml_error(r->yaml, at, NULL, _("a text at %g, %g is off the page of %g x %g mm"),
                          p.x, p.y, form->width, form->height);
    return 0;
}

/* How it is set: what may be left out. */
static int read_text_style(const struct form_reader *r, const struct yaml_node *map,
                           struct sheet_text *text)
{
    static const char *const aligns[] = {"left", "centre", "right"};
    const double width_range[] = {1, r->form->width};
    const struct yaml_node *width = yaml_get(map, "width"), *align = yaml_get(map, "align"),
                           *bold = yaml_get(map, "bold");
    int rc = 0, at = ALIGN_LEFT;
    if (width && read_length(r, width, "width", width_range, &text->width) < 0)
        rc = YJ_EINPUT;
    if (align && yaml_name(r->yaml, align, "align", aligns, N_ITEMS(aligns), &at) < 0)
        rc = YJ_EINPUT;
    if (bold && yaml_bool(r->yaml, bold, "bold", &text->bold) < 0)
        rc = YJ_EINPUT;
    text->align = (enum text_align)at;
    return rc;
}

static int read_text(const struct form_reader *r, const struct yaml_node *map,
                     struct sheet_text *text)
{
    static const char *const keys[] = {"text", "at", "size", "width", "align", "bold"};
    int bad = yaml_check_keys(r->yaml, map, keys, N_ITEMS(keys));
    if (map->kind != YAML_MAP)
        return bad;
    const struct yaml_node *words = yaml_get(map, "text"), *size = yaml_get(map, "size");
    int rc = words ? read_words(r, words, &text->text)
                   : yaml_missing(r->yaml, map, "text", _("what is printed"));
    if (rc == YJ_ENOMEM)
        return rc;
    bad = rc < 0 ? rc : bad;
    if (!size ? yaml_missing(r->yaml, map, "size", _("the height of a Chinese character, mm")) < 0
              : read_length(r, size, "size", text_size_range, &text->size) < 0)
        bad = YJ_EINPUT;
    if (read_text_place(r, map, text) < 0 || read_text_style(r, map, text) < 0)
        bad = YJ_EINPUT;
    return bad;
}

/* Adds to what the top said. */
static int read_texts(const struct form_reader *r, const struct yaml_node *list,
                      struct form_print *print)
{
    int before = print->n_texts, bad = 0;
    if (list->kind != YAML_LIST || list->n > MAX_TEXTS - before)
        return yaml_error(r->yaml, list, _("write '- {text: ..., at: [x, y], size: 4}'"),
                          _("'texts' is a list of at most %d texts"), MAX_TEXTS);
    struct sheet_text *texts =
        arena_alloc(r->memory, (size_t)(before + list->n + 1) * sizeof(*texts));
    if (!texts)
        return YJ_ENOMEM;
    if (before)
        memcpy(texts, print->texts, (size_t)before * sizeof(*texts));
    for (int i = 0; i < list->n; i++) {
        int rc = read_text(r, list->items[i], &texts[before + i]);
        if (rc == YJ_ENOMEM)
            return rc;
        bad = rc < 0 ? rc : bad;
    }
    print->texts = texts;
    print->n_texts = before + list->n;
    return bad;
}

/* ---- frames ---- */

static int read_frame(const struct form_reader *r, const struct yaml_node *node, struct rect *ret)
{
    const struct form *form = r->form;
    int rc = form_read_area(r, node, "frames", ret);
    if (rc < 0)
        return rc;
    if (ret->x < 0 || ret->y < 0 || ret->x + ret->w > form->width || ret->y + ret->h > form->height)
        return yaml_error(r->yaml, node, NULL, _("a frame is off the page of %g x %g mm"),
                          form->width, form->height);
    return 0;
}

/* Adds to what the top said. */
static int read_frames(const struct form_reader *r, const struct yaml_node *list,
                       struct form_print *print)
{
    int before = print->n_frames, bad = 0;
    if (list->kind != YAML_LIST || list->n > MAX_FRAMES - before)
        return yaml_error(r->yaml, list, _("write '[[x, y, w, h], ...]'"),
                          _("'frames' is a list of at most %d areas"), MAX_FRAMES);
    struct rect *frames = arena_alloc(r->memory, (size_t)(before + list->n + 1) * sizeof(*frames));
    if (!frames)
        return YJ_ENOMEM;
    if (before)
        memcpy(frames, print->frames, (size_t)before * sizeof(*frames));
    for (int i = 0; i < list->n; i++)
        if (read_frame(r, list->items[i], &frames[before + i]) < 0)
            bad = YJ_EINPUT;
    print->frames = frames;
    print->n_frames = before + list->n;
    return bad;
}

/* ---- a print ---- */

static int read_switches(const struct form_reader *r, const struct yaml_node *map,
                         struct form_print *print)
{
    const struct {
        const char *key;
        bool *on;
    } switches[] = {{"letters", &print->letters},
                    {"captions", &print->captions},
                    {"number_boxes", &print->number_boxes}};
    int rc = 0;
    for (size_t i = 0; i < N_ITEMS(switches); i++) {
        const struct yaml_node *node = yaml_get(map, switches[i].key);
        if (node && yaml_bool(r->yaml, node, switches[i].key, switches[i].on) < 0)
            rc = YJ_EINPUT;
    }
    return rc;
}

/* What one `print` says over what stands in `print` already. */
static int read_print(const struct form_reader *r, const struct yaml_node *map,
                      struct form_print *print)
{
    static const char *const keys[] = {"colour",   "font",         "line",  "letters",
                                       "captions", "number_boxes", "texts", "frames"};
    int bad = yaml_check_keys(r->yaml, map, keys, N_ITEMS(keys));
    if (map->kind != YAML_MAP)
        return bad;
    const struct yaml_node *colour = yaml_get(map, "colour"), *font = yaml_get(map, "font"),
                           *line = yaml_get(map, "line"), *texts = yaml_get(map, "texts"),
                           *frames = yaml_get(map, "frames");
    if (colour && read_colour(r, colour, &print->colour) < 0)
        bad = YJ_EINPUT;
    if (line && read_length(r, line, "line", line_range, &print->line) < 0)
        bad = YJ_EINPUT;
    if (read_switches(r, map, print) < 0)
        bad = YJ_EINPUT;
    int results[] = {font ? read_font(r, font, &print->font) : 0,
                     texts ? read_texts(r, texts, print) : 0,
                     frames ? read_frames(r, frames, print) : 0};
    for (size_t i = 0; i < N_ITEMS(results); i++) {
        if (results[i] == YJ_ENOMEM)
            return YJ_ENOMEM;
        bad = results[i] < 0 ? results[i] : bad;
    }
    return bad;
}

int form_read_prints(struct form_reader *r, const struct yaml_node *root)
{
    const struct yaml_node *top = yaml_get(root, "print"), *list = yaml_get(root, "pages");
    struct form_print shared = {.line = DEFAULT_LINE, .letters = true, .captions = true};
    shared.font = arena_strdup(r->memory, DEFAULT_FONT);
    if (!shared.font)
        return YJ_ENOMEM;
    int bad = top ? read_print(r, top, &shared) : 0;
    if (bad == YJ_ENOMEM)
        return bad;
    for (int i = 0; r->form->pages && i < r->form->n_pages; i++) {
        const struct yaml_node *own = list ? yaml_get(list->items[i], "print") : NULL;
        struct form_print *print = arena_alloc(r->memory, sizeof *print);
        if (!print)
            return YJ_ENOMEM;
        *print = shared;
        int rc = own ? read_print(r, own, print) : 0;
        if (rc == YJ_ENOMEM)
            return rc;
        bad = rc < 0 ? rc : bad;
        r->form->pages[i].print = print;
    }
    return bad;
}
