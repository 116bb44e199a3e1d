/* A form's YAML. What is taken must be taken again under the same name. */
#include "diag.h"
#include "form.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct form *form = NULL;
    struct diag d;
    diag_init(&d);
    int rc = form_parse((const char *)data, size, "form.yaml", NULL, &form, &d);
    if ((rc == 0) != (d.errors == 0) || (rc == 0 && form->n_fields == 0))
        __builtin_trap(); /* a refusal without a word, or a form without a field */
    for (int i = 0; rc == 0 && i < form->n_fields; i++)
        if (form_field_index(form, form->fields[i].name) != i)
            __builtin_trap();
    form_destroy(form);
    diag_finish(&d);
    return 0;
}
