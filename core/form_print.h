/* form_print.h - the print part of the form's reader (form_reader.h); no one else includes it. */
#ifndef YJ_CORE_FORM_PRINT_H
#define YJ_CORE_FORM_PRINT_H

#include "form_reader.h"

/* Gives every page its print: the defaults, what `print` at the top says, then what its own says.
 * Pages must have been read. */
int form_read_prints(struct form_reader *r, const struct yaml_node *root);

#endif
