#include "form.h"

#include "arena.h"
#include <stdlib.h>
#include <string.h>

void form_destroy(struct form *form)
{
    if (!form)
        return;
    if (form->memory)
        arena_finish(form->memory);
    free(form->memory);
    free(form);
}

int form_field_index(const struct form *form, const char *name)
{
    for (int i = 0; i < form->n_fields; i++)
        if (strcmp(form->fields[i].name, name) == 0)
            return i;
    return -1;
}

const char *field_kind_name(enum field_kind kind)
{
    static const char *const names[] = {
        [FIELD_CHOICE] = "choice",   [FIELD_GRID] = "grid",   [FIELD_DIGITS] = "digits",
        [FIELD_LETTERS] = "letters", [FIELD_TEXT] = "text",   [FIELD_BARCODE] = "barcode",
        [FIELD_REGION] = "region",   [FIELD_STRIP] = "strip",
    };
    return names[kind];
}
