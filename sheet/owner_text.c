/* Whose sheet it is, in writing. */
#include "page_draw.h"

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

int owner_line_draw(struct page_draw *p)
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
    else if (p->c->rc == 0)
        diag_warning(p->c->d, p->form->path, 0, 0,
                     _("say where, as in 'texts: [{text: \"{name} {candidate}\", at: [x, y], "
                       "size: 4}]'"),
                     _("page %d has no room for the candidate's name and number"), p->page + 1);
    free(text);
    return 0;
}
