#include "form_draft.h"

#include "diag.h"
#include "draft_parts.h"
#include "i18n.h"
#include <stdarg.h>
#include <stdlib.h>

void draft_note(struct draft *d, const char *fmt, ...)
{
    char text[256];
    va_list args;
    if (d->n_notes == DRAFT_MAX_NOTES)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    const char *note = arena_strdup(&d->memory, text);
    if (note)
        d->notes[d->n_notes++] = note;
}

static int find_blocks(struct draft *d)
{
    int rc = draft_shapes_find(d);
    if (rc == 0)
        rc = draft_lattice_find(d);
    if (rc < 0)
        return rc;
    draft_bits_find(d);
    return draft_lattice_settle(d);
}

static int count_bubbles(const struct draft *d)
{
    int n = 0;
    for (int i = 0; i < d->n_blocks; i++)
        for (int k = 0; k < d->blocks[i].rows * d->blocks[i].columns; k++)
            n += !d->blocks[i].touching && d->blocks[i].printed[k];
    return n;
}

static int find_all(struct draft *d)
{
    int rc = draft_page_find(d);
    if (rc == 0)
        rc = find_blocks(d);
    if (rc == 0 && d->o->turn < 0 && draft_upside_down(d)) {
        rc = draft_page_flip(d);
        if (rc == 0)
            rc = find_blocks(d);
    }
    if (rc < 0 || count_bubbles(d) == 0)
        return rc;
    if (d->turned != 0 && d->o->turn < 0)
        draft_note(d,
                   "the picture was turned by %d degrees to be upright; if that is wrong, give "
                   "--turn",
                   d->turned);
    rc = draft_meaning_find(d);
    if (rc == 0)
        rc = draft_marks_find(d);
    return rc < 0 ? rc : draft_frames_find(d);
}

int form_draft(const struct image *scan, const struct draft_options *options, char **ret_yaml,
               int *ret_doubts, struct diag *diag)
{
    struct draft *d = calloc(1, sizeof *d);
    if (!d)
        return YJ_ENOMEM;
    arena_init(&d->memory);
    image_init(&d->straight);
    image_init(&d->ink);
    d->o = options;
    d->scan = scan;
    int rc = find_all(d);
    if (rc == 0 && count_bubbles(d) == 0)
        rc = diag_error(diag, YJ_EINPUT, options->scan, 0, 0,
                        _("a draft needs eight bubbles or more, of one size, in rows and columns: "
                          "scan a blank sheet flat, at 150 dpi or finer"),
                        _("no bubbles were found"));
    if (rc == 0)
        rc = draft_yaml_text(d, ret_yaml, ret_doubts);
    image_finish(&d->straight);
    image_finish(&d->ink);
    arena_finish(&d->memory);
    free(d);
    return rc;
}
