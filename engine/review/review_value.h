/* review_value.h - whether what a person types can be the value of a field.
 *
 * The form alone decides; whether the answer is right is not asked. Pure. */
#ifndef YJ_ENGINE_REVIEW_VALUE_H
#define YJ_ENGINE_REVIEW_VALUE_H

#include "form.h"
#include "records.h"

/* *ret_value is the value as readings have it ("08.0" points are "8", letters are capitals), the
 * caller's to free, and *ret_status ok or, where `text` is empty, blank. `multiple`: the candidate
 * marked more than the field allows, which only a choice can show: the status is then multiple.
 * YJ_EINPUT: it cannot be, and *ret_reason says why, a sentence the caller frees; YJ_ENOMEM. */
int review_value_check(const struct field *field, const char *text, bool multiple, char **ret_value,
                       enum reading_status *ret_status, char **ret_reason);

#endif
