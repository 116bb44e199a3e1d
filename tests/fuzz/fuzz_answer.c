/* A key.csv and, after a line "%%", one answer: as a person types it into review, and as it is
 * scored. No answer gives more than the full one. */
#include "diag.h"
#include "fuzz.h"
#include "key.h"
#include "points.h"
#include "review_value.h"
#include "score.h"

#include <stdlib.h>
#include <string.h>

static const char form_text[] =
    "form: f\npage: A4\nregistration: {image: true}\n"
    "bubble: {shape: oval, size: [4, 3]}\nfields:\n"
    "- {fields: q1..4, kind: choice, options: ABCD, at: [20, 20], option_step: 8, step: 9}\n"
    "- {field: m, kind: choice, multiple: true, options: 1-12, at: [20, 120], option_step: 8}\n"
    "- {field: n, kind: grid, options: 0-9, columns: 3, at: [120, 50], column_step: 8}\n"
    "- {field: d, kind: digits, boxes: 4, at: [20, 150], step: [8, 0], size: [7, 9], "
    "signs: \".-\"}\n"
    "- {field: l, kind: letters, boxes: 3, at: [20, 170], step: [8, 0], size: [7, 9]}\n"
    "- {field: t, kind: text, area: [20, 190, 60, 10]}\n"
    "- {field: w, kind: region, area: [20, 210, 60, 30]}\n";

static const struct form *form(void)
{
    static struct form *made;
    struct diag d;
    diag_init(&d);
    if (!made && form_parse(form_text, strlen(form_text), "form.yaml", NULL, &made, &d) < 0) {
        diag_print(&d, stderr);
        abort();
    }
    diag_finish(&d);
    return made;
}

static void check_points(const char *text)
{
    struct points points, again;
    char printed[POINTS_TEXT_MAX];
    if (points_parse(text, &points) < 0)
        return;
    points_print(points, printed);
    if (points_parse(printed, &again) < 0 || points_compare(points, again) != 0)
        __builtin_trap();
}

static void check_value(const struct field *field, const char *text, bool multiple)
{
    char *value = NULL, *again = NULL, *reason = NULL;
    enum reading_status status;
    int rc = review_value_check(field, text, multiple, &value, &status, &reason);
    if (rc < 0 ? !reason : !value)
        __builtin_trap();
    if (rc == 0 && (review_value_check(field, value, multiple, &again, &status, &reason) < 0 ||
                    strcmp(again, value) != 0))
        __builtin_trap();
    free(value);
    free(again);
    free(reason);
}

static void score(const struct key *key, const char *text)
{
    for (int i = 0; i < key->n_items; i++)
        for (int status = READING_OK; status <= READING_UNREAD; status++) {
            struct response response = {text, (enum reading_status)status};
            struct item_score got = score_item(&key->items[i], &response);
            if (points_compare(got.points, score_item_max(&key->items[i])) > 0)
                __builtin_trap();
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char mark[] = "\n%%\n";
    const uint8_t *found = size ? memmem(data, size, mark, sizeof mark - 1) : NULL;
    size_t first = found ? (size_t)(found - data) : size;
    size_t from = found ? first + sizeof mark - 1 : size;
    const struct form *forms[] = {form()};
    char *text = calloc(1, size - from + 1);
    struct key *key = NULL;
    struct diag d;
    if (!text)
        abort();
    if (size > from)
        memcpy(text, data + from, size - from);
    diag_init(&d);
    check_points(text);
    for (int i = 0; i < forms[0]->n_fields; i++)
        for (int multiple = 0; multiple < 2; multiple++)
            check_value(&forms[0]->fields[i], text, multiple);
    if (key_parse((const char *)data, first, "key.csv", &key, &d) == 0 &&
        key_check(key, forms, 1, &d) == 0)
        score(key, text);
    key_destroy(key);
    diag_finish(&d);
    free(text);
    return 0;
}
