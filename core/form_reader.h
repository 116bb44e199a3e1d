/* form_reader.h - what the parts of the form's reader share; no one else includes it.
 *
 * form_load.c reads the top, form_pages.c pages and registrations, form_print.c what is only
 * printed, form_fields.c unfolds fields and blocks, form_bubbles.c places one field, form_check.c
 * holds the whole against itself. Every function returns 0, YJ_EINPUT (told: the caller goes on, to
 * tell the rest too) or YJ_ENOMEM (the caller stops). Everything a form owns lives in its arena. */
#ifndef YJ_CORE_FORM_READER_H
#define YJ_CORE_FORM_READER_H

#include "arena.h"
#include "form.h"
#include "yamlfile.h"

/* Far beyond any sheet: a form that asks for more is mistaken, not large. */
#define FORM_MAX_SIDE 2000.0    /* mm */
#define FORM_MAX_PAGES 64       /* pages a form */
#define FORM_MAX_FIELDS 10000   /* fields a form */
#define FORM_MAX_BLOCK 1000     /* fields a block */
#define FORM_MAX_OPTIONS 64     /* options a field: a set of them is one word of 64 bits */
#define FORM_MAX_COLUMNS 100    /* characters a grid */
#define FORM_MAX_BOXES 200      /* boxes a field */
#define FORM_MAX_LANGUAGES 64   /* bytes of a printed text's languages */
#define FORM_MAX_BUBBLES 100000 /* bubbles a form */
#define FORM_MAX_BITS 64        /* squares of an identity */

struct form_reader {
    const struct yaml *yaml;
    struct form *form;
    struct arena *memory;           /* the form's */
    const char *base_dir;           /* NULL: pictures are not looked for */
    const struct yaml_node *bubble; /* the form's own `bubble`, or NULL */
    int fields_capacity, n_bubbles;
};

/* What one field is read from: its map in the file, and the `except` entries that speak of it, of
 * which the last one wins. */
#define FORM_MAX_OVERRIDES 8
struct field_source {
    const struct yaml_node *map;
    const struct yaml_node *overrides[FORM_MAX_OVERRIDES];
    int n_overrides;
    bool block; /* `step` leads from field to field, not from box to box */
};
/* The value of a key, or NULL. */
const struct yaml_node *field_source_get(const struct field_source *source, const char *key);

/* form_values.c: lengths in mm. `what` is the key's name in messages. */
int form_read_point(const struct form_reader *r, const struct yaml_node *node, const char *what,
                    struct point *ret);
/* A number n is [n, 0], or [0, n] where `down`. */
int form_read_step(const struct form_reader *r, const struct yaml_node *node, const char *what,
                   bool down, struct point *ret);
/* A number n is n x n; w and h are above nought. */
int form_read_size(const struct form_reader *r, const struct yaml_node *node, const char *what,
                   double *ret_w, double *ret_h);
int form_read_area(const struct form_reader *r, const struct yaml_node *node, const char *what,
                   struct rect *ret);
/* Options: "0-9", "A-E", "1-12", "ABCD" or a list. At most FORM_MAX_OPTIONS, none twice. */
int form_read_options(struct form_reader *r, const struct yaml_node *node, char ***ret_options,
                      int *ret_n);
/* What a field, an option or a form may be called. */
int form_check_name(const struct form_reader *r, const struct yaml_node *node);
/* Names: "q1", "q1..40", "q01..q40", or a list of these. */
int form_read_names(struct form_reader *r, const struct yaml_node *node, char ***ret_names,
                    int *ret_n);
int form_expand_name(struct form_reader *r, const struct yaml_node *node, char ***ret_names,
                     int *ret_n);
struct rect rect_union(struct rect a, struct rect b);

/* form_bubbles.c: reads options, bubbles, boxes and area of one field of `kind`; fields of a block
 * are copies of what it places, moved. */
int form_read_design(struct form_reader *r, const struct field_source *source, struct field *field);

/* form_fields.c: the list under `fields`. */
int form_read_fields(struct form_reader *r, const struct yaml_node *list);

/* form_pages.c: `pages`, or `registration` and `identity` at the top. */
int form_read_pages(struct form_reader *r, const struct yaml_node *root);

/* form_check.c: what is wrong with the whole; told. */
int form_check(struct form_reader *r, const struct yaml_node *root);

#endif
