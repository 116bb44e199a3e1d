/* A key, alone and held against a form. */
#include "diag.h"
#include "fuzz.h"
#include "key.h"

#include <string.h>

static struct form *make_form(void)
{
    static const char text[] =
        "form: f\npage: A4\nregistration: {image: true}\n"
        "bubble: {shape: oval, size: [4, 3]}\nfields:\n"
        "- {fields: q1..8, kind: choice, options: ABCD, at: [20, 20], option_step: 8, step: 9}\n"
        "- {field: m, kind: choice, multiple: true, options: 1-12, at: [20, 120], option_step: 8}\n"
        "- {field: n, kind: grid, options: 0-9, columns: 3, at: [120, 50], column_step: 8}\n";
    struct form *form = NULL;
    if (form_parse(text, strlen(text), "form.yaml", NULL, &form, NULL) < 0)
        __builtin_trap();
    return form;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct key *key = NULL;
    struct diag d;
    diag_init(&d);
    int rc = key_parse((const char *)data, size, "key.csv", &key, &d);
    if (rc == 0) {
        struct form *form = make_form();
        const struct form *forms[] = {form};
        rc = key_check(key, forms, 1, &d);
        form_destroy(form);
    }
    if ((rc == 0) != (d.errors == 0))
        __builtin_trap();
    key_destroy(key);
    diag_finish(&d);
    return 0;
}
