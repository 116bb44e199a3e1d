/* form_bubbles.h - the bubbles part of the form's reader (form_reader.h); no one else includes it.
 */
#ifndef YJ_CORE_FORM_BUBBLES_H
#define YJ_CORE_FORM_BUBBLES_H

#include "form_reader.h"

/* A bubble's printed outline, mm. */
struct bubble_style {
    enum bubble_shape shape;
    double w, h;
};

/* Sets *ret to the key's value; YJ_EINPUT, told, where it is missing. */
int form_need(const struct form_reader *r, const struct field_source *source, const char *key,
              const char *hint, const struct yaml_node **ret);
/* The field's own `bubble` over the form's. */
int form_read_bubble(const struct form_reader *r, const struct field_source *source,
                     struct bubble_style *ret);
/* Room for n bubbles; YJ_EINPUT, told, where the form has too many. */
int form_reserve_bubbles(struct form_reader *r, const struct field_source *source, long n,
                         struct bubble **ret);
/* Sets what follows from field->bubbles: their number, and the area they cover. */
void form_take_bubbles(struct field *field, enum bubble_shape shape, int n_bubbles, int n_columns);

/* Where n options or boxes stand: an `at` for each, or the first one's and `step_key` from one to
 * the next, in lines of `per_line`, `line_step` apart. */
int form_read_places(const struct form_reader *r, const struct field_source *source,
                     const char *step_key, struct point *places, int n);
/* The key that leads from box to box: in a block `step` leads from field to field. */
const char *form_box_step_key(const struct field_source *source);
/* The field's boxes of w x h mm around places[n], and the area they cover. */
int form_place_boxes(struct form_reader *r, struct field *field, const struct point *places, int n,
                     double w, double h);

int form_read_grid(struct form_reader *r, const struct field_source *source, struct field *field);
/* form_writing.c: what is written, what is expected, and which field says the same. */
int form_read_writing(struct form_reader *r, const struct field_source *source,
                      struct field *field);
/* form_strip.c */
int form_read_strip(struct form_reader *r, const struct field_source *source, struct field *field);

#endif
