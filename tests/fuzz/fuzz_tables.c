/* versions.csv and points.csv, alone and held against a key. */
#include "diag.h"
#include "fuzz.h"
#include "given.h"
#include "versions.h"

#include <string.h>

static struct key *make_key(void)
{
    static const char form_text[] =
        "form: f\npage: A4\nregistration: {image: true}\n"
        "bubble: {shape: oval, size: [4, 3]}\nfields:\n"
        "- {fields: q1..8, kind: choice, options: ABCD, at: [20, 20], option_step: 8, step: 9}\n";
    static const char text[] = "item,key,points,rule\nq1..8,ABCDABCD,1,\nessay,,30,points\n";
    struct form *form = NULL;
    struct key *key = NULL;
    if (form_parse(form_text, strlen(form_text), "form.yaml", NULL, &form, NULL) < 0 ||
        key_parse(text, strlen(text), "key.csv", &key, NULL) < 0)
        __builtin_trap();
    const struct form *forms[] = {form};
    key->has_points = true;
    if (key_check(key, forms, 1, NULL) < 0)
        __builtin_trap();
    form_destroy(form);
    return key;
}

/* Every answer of every version is some answer of the master. */
static void translate(const struct versions *versions, const struct key *key)
{
    struct arena memory;
    arena_init(&memory);
    for (int v = 0; v < versions->n; v++)
        for (int i = 0; i < key->n_items; i++) {
            uint64_t set;
            const char *value = version_translate(&versions->list[v], key, i, "B", &memory);
            if (!value || (key->items[i].n_options > 0 &&
                           option_set_parse(value, key->items[i].options, key->items[i].n_options,
                                            true, &set) < 0))
                __builtin_trap();
        }
    arena_finish(&memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct key *key;
    struct versions *versions = NULL;
    struct given *given = NULL;
    struct diag d;

    if (!key)
        key = make_key();
    diag_init(&d);
    int rc = versions_parse((const char *)data, size, "versions.csv", &versions, &d);
    if (rc == 0)
        rc = versions_check(versions, key, &d);
    if ((rc == 0) != (d.errors == 0))
        __builtin_trap();
    if (rc == 0)
        translate(versions, key);
    versions_destroy(versions);
    diag_finish(&d);
    diag_init(&d);
    rc = given_parse((const char *)data, size, "points.csv", &given, &d);
    if (rc == 0)
        rc = given_check(given, key, NULL, &d);
    if ((rc == 0) != (d.errors == 0))
        __builtin_trap();
    given_destroy(given);
    diag_finish(&d);
    return 0;
}
