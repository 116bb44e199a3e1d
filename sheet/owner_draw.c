/* What one sheet has of its own: its serial, its candidate's code, number and name. */
#include "page_draw.h"

#include "barcode_draw.h"
#include "diag.h"
#include "i18n.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 3.4   /* mm */
#define LINE_MARGIN 0.8 /* mm of white around it */
#define LINE_STEP 0.5   /* mm from a place tried to the next */
#define LINE_SIDE 8.0   /* mm to the page's sides at least */

static const struct print_colour black = {0, 0, 0};

/* ---- what the form's texts say of the owner ---- */

static const char *value_of(const struct sheet_owner *owner, const char *name, size_t length,
                            char serial[24])
{
    const struct {
        const char *name, *value;
    } values[] = {{"candidate", owner->candidate},
                  {"name", owner->name},
                  {"class", owner->class_name},
                  {"school", owner->school},
                  {"room", owner->room},
                  {"seat", owner->seat},
                  {"serial", serial}};
    snprintf(serial, 24, "%" PRIu64, owner->serial);
    if (owner->serial == 0)
        serial[0] = '\0';
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strlen(values[i].name) == length && memcmp(values[i].name, name, length) == 0)
            return values[i].value ? values[i].value : "";
    return NULL;
}

char *owner_text_expand(const struct sheet_owner *owner, const char *text)
{
    char *out = NULL, serial[24];
    size_t size = 0;
    FILE *file = open_memstream(&out, &size);
    if (!file)
        return NULL;
    while (*text) {
        const char *end = *text == '{' ? strchr(text, '}') : NULL;
        const char *value =
            end ? value_of(owner, text + 1, (size_t)(end - text - 1), serial) : NULL;
        if (value) {
            fputs(value, file);
            text = end + 1;
        } else {
            fputc(*text++, file);
        }
    }
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed) {
        free(out);
        return NULL;
    }
    return out;
}

bool text_is_own(const char *text)
{
    static const struct sheet_owner nobody = {.candidate = NULL};
    char serial[24];
    for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
        const char *end = strchr(open, '}');
        if (end && value_of(&nobody, open + 1, (size_t)(end - open - 1), serial))
            return true;
    }
    return false;
}

static int draw_own_text(struct page_draw *p, const struct sheet_text *t)
{
    const struct text_style style = sheet_text_style(p, t);
    char *text = owner_text_expand(p->owner, t->text);
    if (!text)
        return YJ_ENOMEM;
    struct rect ink = canvas_measure(p->c, &style, text, t->at);
    canvas_text(p->c, &style, text, t->at);
    p->candidate_written |= p->owner->candidate && strstr(t->text, "{candidate}");
    free(text);
    return occupancy_add(&p->taken, ink);
}

/* ---- identity ---- */

static void draw_serial(struct page_draw *p, const struct page_identity *id)
{
    int n = id->n_sheet_bits;
    uint64_t serial = p->owner->serial;
    if (p->c->rc == 0 && n > 0 && n < 64 && serial >> n)
        p->c->rc = diag_error(
            p->c->d, YJ_EINPUT, p->form->path, 0, 0, _("give the identity's 'sheet' more squares"),
            _("sheet number %" PRIu64 " does not fit into %d squares"), serial, n);
    for (int i = 0; i < n; i++)
        if (serial >> (n - 1 - i) & 1)
            canvas_fill_rect(p->c, id->sheet_bits[i]);
}

/* "*" stands for the sheet's serial. */
static int draw_code(struct page_draw *p, const struct page_identity *id)
{
    const char *pattern = id->barcode_text, *star = strchr(pattern, '*');
    char *text;
    if (asprintf(&text, "%.*s%" PRIu64 "%s", (int)(star - pattern), pattern, p->owner->serial,
                 star + 1) < 0)
        return YJ_ENOMEM;
    canvas_barcode(p->c, id->barcode, text, _("the identity's barcode"), NULL, NULL);
    free(text);
    return 0;
}

/* ---- the candidate's field ---- */

/* The code, or, on a sheet of nobody, the frame to stick a label into. */
static void draw_candidate_code(struct page_draw *p, const struct field *f)
{
    const struct text_style figures = {.font = p->print->font};
    bool written = false;
    if (p->owner->candidate) {
        canvas_barcode(p->c, f->area, p->owner->candidate, f->name, &figures, &written);
        p->candidate_written |= written;
        return;
    }
    canvas_colour(p->c, p->print->colour);
    canvas_line_rect(p->c, f->area, p->print->line);
    canvas_colour(p->c, black);
}

static void draw_candidate(struct page_draw *p)
{
    const struct field *f = &p->form->fields[p->form->candidate];
    if (f->page != p->page)
        return;
    if (is_candidate_field(p, f, FIELD_BARCODE))
        draw_candidate_code(p, f);
    else if (is_candidate_field(p, f, FIELD_GRID))
        number_fill(p, f);
}

/* ---- a line of our own ---- */

static bool shows_name(const struct form_print *print)
{
    for (int i = 0; i < print->n_texts; i++)
        if (strstr(print->texts[i].text, "{name}"))
            return true;
    return false;
}

/* The highest white place, in the middle before the sides. */
static bool find_place(const struct page_draw *p, struct rect ink, struct point *ret_at)
{
    double width = p->form->width, far = width / 2 - LINE_SIDE - ink.w / 2;
    for (double y = LINE_STEP; y < p->form->height; y += LINE_STEP)
        for (double x = 0; x <= far; x += LINE_STEP)
            for (int side = -1; side <= 1; side += 2) {
                struct point at = {width / 2 + side * x, y};
                struct rect there = {ink.x + at.x, ink.y + at.y, ink.w, ink.h};
                if (!occupancy_is_free(&p->taken, there, LINE_MARGIN))
                    continue;
                *ret_at = at;
                return true;
            }
    return false;
}

static int draw_line(struct page_draw *p)
{
    const struct sheet_owner *owner = p->owner;
    const struct text_style style = {
        .font = p->print->font, .size = LINE_SIZE, .align = ALIGN_CENTRE};
    bool name = owner->name && owner->name[0] && !shows_name(p->print);
    bool number = owner->candidate && !p->candidate_written;
    struct point at;
    char *text;
    if (!name && !number)
        return 0;
    if (asprintf(&text, "%s%s%s", number ? owner->candidate : "", name && number ? "   " : "",
                 name ? owner->name : "") < 0)
        return YJ_ENOMEM;
    struct rect ink = canvas_measure(p->c, &style, text, (struct point){0, 0});
    if (p->c->rc == 0 && find_place(p, ink, &at))
        canvas_text(p->c, &style, text, at);
    else if (p->c->rc == 0 && p->warn)
        diag_warning(p->c->d, p->form->path, 0, 0,
                     _("say where, as in 'texts: [{text: \"{name} {candidate}\", at: [x, y], "
                       "size: 4}]'"),
                     _("page %d has no room for the candidate's name and number"), p->page + 1);
    free(text);
    return 0;
}

int owner_draw(struct page_draw *p)
{
    const struct page_identity *id = &p->form->pages[p->page].identity;
    int rc = 0;
    canvas_colour(p->c, black);
    draw_serial(p, id);
    if (id->barcode.w > 0 && strchr(id->barcode_text, '*'))
        rc = draw_code(p, id);
    if (p->form->candidate >= 0)
        draw_candidate(p);
    for (int i = 0; i < p->print->n_texts && rc == 0; i++)
        if (text_is_own(p->print->texts[i].text))
            rc = draw_own_text(p, &p->print->texts[i]);
    return rc < 0 ? rc : draw_line(p);
}
