/* form_draft.h - proposes a form from the scan of anybody's blank answer sheet.
 *
 * Finds the paper, turns it upright, finds closed outlines and pairs of brackets of one size that
 * stand in rows and columns, says which of them are numbers and which are questions, numbers them
 * as people read, and finds what the sheet can be registered by. The result is the YAML of
 * docs/form.md, with a comment wherever a person should look: a draft, to be finished by hand.
 *
 * Takes decoded pixels; opens no file, reads no letter. docs/form-draft.md says what to expect. */
#ifndef YJ_IMPORT_FORM_DRAFT_H
#define YJ_IMPORT_FORM_DRAFT_H

#include "image.h"

struct diag;

struct draft_options {
    const char *name;      /* of the form to be */
    const char *scan;      /* what the picture is called, for comments and messages */
    const char *paper;     /* a size that docs/form.md names; NULL: guessed, or page_w x page_h */
    double page_w, page_h; /* mm; 0: guessed */
    double dpi;            /* px an inch; 0: what the picture states */
    int turn;              /* degrees clockwise that turn the picture upright; -1: guessed */
};

/* The draft as text, to be freed; *ret_doubts: how many of its comments ask for a look. YJ_EINPUT,
 * told: no bubbles were found. YJ_EDATA: OpenCV refuses the picture. YJ_ENOMEM. */
int form_draft(const struct image *scan, const struct draft_options *options, char **ret_yaml,
               int *ret_doubts, struct diag *d);

#endif
