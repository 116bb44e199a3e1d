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

int form_read_grid(struct form_reader *r, const struct field_source *source, struct field *field);

#endif
