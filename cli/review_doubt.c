#include "review_doubt.h"

#include "i18n.h"
#include "yamlfile.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Thousandths (docs/schema.md): a cell with less ink that was hardly meant is plainly empty. */
#define SOME_INK 100
#define SOME_CHANCE 5

static bool has_evidence(const struct review_item *item, const char *part)
{
    return strstr(item->evidence, part) != NULL;
}

static const char *doubt_without_value(const struct review_item *item)
{
    if (item->field->kind == FIELD_BARCODE)
        return _("no code was found");
    if (item->field->kind == FIELD_STRIP)
        return _("no stroke was found that could be read for certain");
    if (has_evidence(item, "\"ink\":true"))
        return _("something is written there that was not read");
    return _("not read for certain");
}

void describe_doubt(const struct review_item *item, double min_confidence, char *text, size_t size)
{
    if (item->wait == WAIT_DIFFER)
        snprintf(text, size, "%s", _("two people entered different values"));
    else if (item->wait == WAIT_SECOND)
        snprintf(text, size, _("%s has entered a value; another person is to enter it too"),
                 item->entered_by);
    else if (item->reviewed)
        snprintf(text, size, "%s", _("in no doubt: a person has set it"));
    else if (item->status == READING_MULTIPLE)
        snprintf(text, size, _("more marks than the field allows: %d"), item->field->max_marks);
    else if (item->status == READING_UNREAD)
        snprintf(text, size, "%s", _("the page was refused"));
    else if (item->status != READING_UNCERTAIN)
        snprintf(text, size, "%s", _("in no doubt"));
    else if (item->value[0] == '\0')
        snprintf(text, size, "%s", doubt_without_value(item));
    else if (item->confidence < min_confidence)
        snprintf(text, size, _("%.4g %% sure, the exam asks for %.4g %%"), 100 * item->confidence,
                 100 * min_confidence);
    else
        snprintf(text, size, "%s",
                 _("what was seen leaves a doubt (max_silent_error, marks in exam.yaml)"));
}

/* ---- cells ---- */

static long number_at(const struct yaml_node *list, int i)
{
    return list && list->kind == YAML_LIST && i < list->n ? strtol(list->items[i]->text, NULL, 10)
                                                          : 0;
}

/* What the second reader saw in the cell, "" where it was not asked. */
static const char *look_at(const struct yaml_node *looks, int i)
{
    for (int k = 0; looks && looks->kind == YAML_LIST && k < looks->n; k++) {
        const struct yaml_node *look = looks->items[k];
        if (look->kind == YAML_LIST && look->n == 3 && number_at(look, 0) == i)
            return look->items[1]->text;
    }
    return "";
}

/* In a grid most columns have one sure mark: that is no news. */
static bool is_plain(const struct field *field, const struct yaml_node *chances, int i)
{
    int in_column = 0;

    if (field->kind != FIELD_GRID)
        return false;
    for (int k = 0; k < field->n_bubbles; k++)
        if (field->bubbles[k].column == field->bubbles[i].column)
            in_column += number_at(chances, k) >= SOME_CHANCE;
    return in_column == 1 && number_at(chances, i) > 1000 - SOME_CHANCE;
}

static void print_cell(FILE *out, const struct review_item *item, const struct yaml_node *seen,
                       int i)
{
    const struct field *field = item->field;
    long ink = number_at(yaml_get(seen, "ink"), i), colour = number_at(yaml_get(seen, "colour"), i);
    long meant = number_at(yaml_get(seen, "p"), i);
    const char *look = look_at(yaml_get(seen, "looks"), i);
    int option = field_has_bubbles(field) ? field->bubbles[i].option : i;

    ink = colour > ink ? colour : ink;
    if ((ink < SOME_INK && meant < SOME_CHANCE) || option >= field->n_options ||
        is_plain(field, yaml_get(seen, "p"), i))
        return;
    fprintf(out, "%s", ftell(out) > 0 ? "; " : "");
    if (field->kind == FIELD_GRID)
        fprintf(out, _("column %d: "), field->bubbles[i].column + 1);
    fprintf(out, _("%s ink %ld %%, meant %ld %%"), field->options[option], (ink + 5) / 10,
            (meant + 5) / 10);
    if (look[0])
        fprintf(out, " (%s)", look);
}

void describe_cells(const struct review_item *item, char *text, size_t size)
{
    const struct field *field = item->field;
    int n = field_has_bubbles(field)     ? field->n_bubbles
            : field->kind == FIELD_STRIP ? field->n_options
                                         : 0;
    struct yaml *seen = NULL;
    FILE *out;

    text[0] = '\0';
    if (n == 0 || !item->evidence[0] ||
        yaml_parse(item->evidence, strlen(item->evidence), "", &seen, NULL) < 0)
        return;
    out = fmemopen(text, size, "w");
    for (int i = 0; out && i < n; i++)
        print_cell(out, item, seen->root, i);
    if (out)
        fclose(out);
    text[size - 1] = '\0';
    yaml_destroy(seen);
}
