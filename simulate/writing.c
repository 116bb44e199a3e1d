#include "writing.h"

#include "script.h"

#include <stdio.h>
#include <string.h>

#define ROOM 4.0          /* mm around a box that a stroke may reach */
#define CROSSES_OUT 0.004 /* of the boxes */
#define LEAVES_EMPTY 0.03 /* of the fields that nobody's number is */

static bool is_box_field(const struct field *f)
{
    return (f->kind == FIELD_DIGITS || f->kind == FIELD_LETTERS) && f->n_boxes > 0;
}

bool writing_is_asked(const struct form *form)
{
    for (int i = 0; i < form->n_fields; i++)
        if (is_box_field(&form->fields[i]))
            return true;
    return false;
}

static bool names_candidate(const struct form *form, const struct field *f)
{
    if (form->candidate < 0)
        return false;
    const char *name = form->fields[form->candidate].name;
    return strcmp(f->name, name) == 0 || (f->same_as && strcmp(f->same_as, name) == 0);
}

static const struct key_item *find_item(const struct key *key, const char *name)
{
    for (int i = 0; key && i < key->n_items; i++)
        if (strcmp(key->items[i].item, name) == 0 && key->items[i].n_accepted > 0)
            return &key->items[i];
    return NULL;
}

static void draw_any(const struct field *f, char *text, struct rng *rng)
{
    int n = f->kind == FIELD_LETTERS ? f->n_boxes : 1 + rng_below(rng, f->n_boxes);
    n = n < WRITTEN_MAX ? n : WRITTEN_MAX - 1;
    for (int i = 0; i < n; i++) {
        char digit = (char)('0' + (i == 0 && n > 1 ? 1 + rng_below(rng, 9) : rng_below(rng, 10)));
        char letter = f->n_options ? f->options[rng_below(rng, f->n_options)][0]
                                   : (char)('A' + rng_below(rng, 26));
        text[i] = f->kind == FIELD_LETTERS ? letter : digit;
    }
    text[n] = '\0';
    if (f->maximum && n > 1) /* points: what fits in one box is never too many of them */
        text[1] = '\0';
}

static void choose_text(const struct sitter *sitter, const struct pupil *pupil,
                        const struct field *f, char *text, struct rng *rng)
{
    const struct key_item *item = find_item(sitter->key, f->name);
    bool knows = rng_chance(rng, pupil->ability), empty = rng_chance(rng, LEAVES_EMPTY);
    text[0] = '\0';
    if (names_candidate(sitter->form, f))
        snprintf(text, WRITTEN_MAX, "%s", sitter->candidate);
    else if (pupil->absent || empty)
        return;
    else if (item && knows)
        snprintf(text, WRITTEN_MAX, "%s", item->accepted[0]);
    else
        draw_any(f, text, rng);
    if ((int)strlen(text) > f->n_boxes) /* a number that the form cannot hold */
        text[0] = '\0';
}

static int write_field(struct surface *surface, const struct field *f, const struct script *script,
                       const struct hand *hand, struct trace *scratch, struct rng *rng,
                       struct written *ret)
{
    for (int i = 0; ret->text[i]; i++) {
        struct rect box = f->boxes[i];
        struct rect reach = {box.x - ROOM, box.y - ROOM, box.w + 2 * ROOM, box.h + 2 * ROOM};
        int r = trace_begin(scratch, surface, reach);
        if (r < 0)
            return r;
        script_write(scratch, script, hand, ret->text[i], box, rng);
        if (rng_chance(rng, CROSSES_OUT)) {
            script_cross_out(scratch, hand, box, rng);
            ret->ambiguous = true;
        }
        trace_apply(scratch, &hand->tool, surface);
    }
    return 0;
}

int writing_draw(struct surface *surface, const struct sitter *sitter, int page,
                 const struct pupil *pupil, struct trace *scratch, struct rng *rng,
                 struct written *ret)
{
    struct script script;
    struct hand hand = pupil->hand;
    script_draw_habits(&script, pupil->manner == MANNER_FULL ? 0.3 : 0.8, rng);
    for (int i = 0; i < sitter->form->n_fields; i++) {
        const struct field *f = &sitter->form->fields[i];
        if (f->page != page || !is_box_field(f))
            continue;
        ret[i] = (struct written){.ambiguous = false};
        choose_text(sitter, pupil, f, ret[i].text, rng);
        int r = write_field(surface, f, &script, &hand, scratch, rng, &ret[i]);
        if (r < 0)
            return r;
    }
    return 0;
}
