/* form_marks.h - the marks part of the form's reader (form_reader.h); no one else includes it. */
#ifndef YJ_CORE_FORM_MARKS_H
#define YJ_CORE_FORM_MARKS_H

#include "form_reader.h"

/* `marks`: one map, or a list of maps. */
int form_read_marks(struct form_reader *r, const struct yaml_node *node, struct registration *reg);
/* `timing`: one row or column of equal marks, or a list of them. */
int form_read_timing(struct form_reader *r, const struct yaml_node *node, struct registration *reg);
/* `marker`: a picture at several places. */
int form_read_marker(struct form_reader *r, const struct yaml_node *map, struct registration *reg);
/* A picture's path, resolved, and its height / width; told where there is no such picture. */
int form_read_picture(struct form_reader *r, const struct yaml_node *node, const char *what,
                      char **ret_path, double *ret_aspect);

#endif
