/* What a form says of handwriting beside where it stands: which characters, what is expected, and
 * which other field says the same. */
#include "form_bubbles.h"

#include "diag.h"
#include "i18n.h"
#include "points.h"
#include <stdlib.h>
#include <string.h>

#define MAX_EXPECTED 10000

/* `signs: "."`, `"-"` or `".-"`. */
static int read_signs(const struct form_reader *r, const struct field_source *source,
                      struct field *field)
{
    const struct yaml_node *node = field_source_get(source, "signs");
    const char *signs = "";
    int rc = node ? yaml_text(r->yaml, node, "signs", &signs) : 0;
    if (rc == 0 && strspn(signs, ".-") != strlen(signs))
        rc = yaml_error(r->yaml, node, _("write 'signs: \".\"', 'signs: \"-\"' or both"),
                        _("'%s': only a point and a minus can stand among digits"), signs);
    if (rc < 0)
        return rc;
    field->point = strchr(signs, '.') != NULL;
    field->minus = strchr(signs, '-') != NULL;
    return 0;
}

static int read_maximum(const struct form_reader *r, const struct field_source *source,
                        struct field *field)
{
    const struct yaml_node *node = field_source_get(source, "maximum");
    const char *text;
    struct points points;
    if (!node)
        return 0;
    int rc = yaml_text(r->yaml, node, "maximum", &text);
    if (rc == 0 && points_parse(text, &points) < 0)
        rc = yaml_error(r->yaml, node, _("write points such as 12 or 7.5"),
                        _("'%s' is no number of points"), text);
    if (rc < 0)
        return rc;
    field->maximum = arena_strdup(r->memory, text);
    return field->maximum ? 0 : YJ_ENOMEM;
}

/* Letters that may be written: capitals, one each. */
static int read_letters(struct form_reader *r, const struct field_source *source,
                        struct field *field)
{
    const struct yaml_node *node = field_source_get(source, "options");
    int rc = node ? form_read_options(r, node, &field->options, &field->n_options) : 0;
    for (int i = 0; rc == 0 && i < field->n_options; i++) {
        const char *o = field->options[i];
        if (o[0] < 'A' || o[0] > 'Z' || o[1])
            rc = yaml_error(r->yaml, node, _("write 'options: A-E' or 'options: ABCD'"),
                            _("'%s' is no capital letter"), o);
    }
    return rc;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Texts that stand twice would share their likelihood: neither could be sure. */
static int check_expected(struct form_reader *r, const struct yaml_node *list,
                          const struct field *field)
{
    size_t n = (size_t)field->n_expected;
    char **sorted = arena_alloc(r->memory, n * sizeof *sorted);
    if (!sorted)
        return YJ_ENOMEM;
    memcpy(sorted, field->expected, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_text);
    for (size_t i = 1; i < n; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            return yaml_error(r->yaml, list, NULL, _("'%s' stands twice in 'expect'"), sorted[i]);
    return 0;
}

static int read_expected_list(struct form_reader *r, const struct yaml_node *list,
                              struct field *field)
{
    if (list->n == 0 || list->n > MAX_EXPECTED)
        return yaml_error(r->yaml, list, NULL, _("'expect' lists 1 to %d texts"), MAX_EXPECTED);
    field->expected = arena_alloc(r->memory, (size_t)list->n * sizeof *field->expected);
    if (!field->expected)
        return YJ_ENOMEM;
    for (int i = 0; i < list->n; i++) {
        const char *text;
        int rc = yaml_text(r->yaml, list->items[i], "expect", &text);
        if (rc < 0)
            return rc;
        if (!*text)
            return yaml_error(r->yaml, list->items[i], NULL, _("an empty text in 'expect'"));
        field->expected[i] = arena_strdup(r->memory, text);
        if (!field->expected[i])
            return YJ_ENOMEM;
    }
    field->n_expected = list->n;
    return check_expected(r, list, field);
}

/* `expect: name`, the name of somebody on the roster, or a list of texts. */
static int read_expected(struct form_reader *r, const struct field_source *source,
                         struct field *field)
{
    const struct yaml_node *node = field_source_get(source, "expect");
    if (!node)
        return 0;
    if (field->print_language)
        return yaml_error(r->yaml, node, NULL, _("'expect' is for handwriting, not for print"));
    if (field->n_boxes)
        return yaml_error(r->yaml, node, _("write 'area: [x, y, w, h]' instead of boxes"),
                          _("a text in boxes is kept for people: 'expect' is for an area"));
    if (node->kind == YAML_LIST)
        return read_expected_list(r, node, field);
    if (node->kind != YAML_SCALAR || strcmp(node->text, "name") != 0)
        return yaml_error(r->yaml, node, _("write 'expect: name' or a list of texts"),
                          _("'expect' names no list"));
    field->expects_name = true;
    return 0;
}

static int read_same_as(const struct form_reader *r, const struct field_source *source,
                        struct field *field)
{
    const struct yaml_node *node = field_source_get(source, "same_as");
    const char *name;
    if (!node)
        return 0;
    if (source->block && source->n_overrides == 0)
        return yaml_error(r->yaml, node, _("write it field by field under 'except'"),
                          _("all fields of a block cannot say the same as one"));
    int rc = yaml_text(r->yaml, node, "same_as", &name);
    if (rc < 0)
        return rc;
    field->same_as = arena_strdup(r->memory, name);
    return field->same_as ? 0 : YJ_ENOMEM;
}

int form_read_writing(struct form_reader *r, const struct field_source *source, struct field *field)
{
    int rc = read_same_as(r, source, field);
    if (rc == 0 && field->kind == FIELD_DIGITS)
        rc = read_signs(r, source, field);
    if (rc == 0 && field->kind == FIELD_DIGITS)
        rc = read_maximum(r, source, field);
    if (rc == 0 && field->kind == FIELD_LETTERS)
        rc = read_letters(r, source, field);
    if (rc == 0 && field->kind == FIELD_TEXT)
        rc = read_expected(r, source, field);
    return rc;
}
