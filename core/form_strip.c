/* A score strip: cells labelled with points, through which a teacher draws a stroke. */
#include "form_bubbles.h"

#include "diag.h"
#include "i18n.h"
#include "points.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX_BYTES 16
#define SMALLEST_CELL 3.0 /* mm: a pen's overshoot of 1 mm must not reach a neighbour's middle */
#define SLACK_OVERLAP 0.2 /* mm */

struct label_list {
    char *labels[FORM_MAX_OPTIONS];
    struct points points[FORM_MAX_OPTIONS];
    int n;
};

static int add_label(const struct form_reader *r, const struct yaml_node *node,
                     struct label_list *list, const char *text)
{
    struct points points;
    if (strlen(text) > LABEL_MAX_BYTES || points_parse(text, &points) < 0 ||
        points_compare(points, POINTS_ZERO) < 0)
        return yaml_error(r->yaml, node, _("write points such as 12, 0 or 0.5"),
                          _("'%s' is no number of points that a cell can give"), text);
    for (int i = 0; i < list->n; i++)
        if (points_compare(list->points[i], points) == 0)
            return yaml_error(r->yaml, node, NULL, _("points '%s' stand twice"), text);
    if (list->n == FORM_MAX_OPTIONS)
        return yaml_error(r->yaml, node, NULL, _("more than %d cells"), FORM_MAX_OPTIONS);
    list->points[list->n] = points;
    list->labels[list->n] = arena_strdup(r->memory, text);
    return list->labels[list->n++] ? 0 : YJ_ENOMEM;
}

/* "12-0" and "0-12": whole points, downwards or upwards. */
static bool is_range(const char *text, int *ret_first, int *ret_last)
{
    size_t first = strspn(text, "0123456789");
    if (first == 0 || first > 3 || text[first] != '-')
        return false;
    size_t last = strspn(text + first + 1, "0123456789");
    if (last == 0 || last > 3 || text[first + 1 + last])
        return false;
    *ret_first = atoi(text);
    *ret_last = atoi(text + first + 1);
    return true;
}

static int add_labels(const struct form_reader *r, const struct yaml_node *node,
                      struct label_list *list)
{
    const char *text;
    int first, last;
    int rc = yaml_text(r->yaml, node, "points", &text);
    if (rc < 0)
        return rc;
    if (!is_range(text, &first, &last))
        return add_label(r, node, list, text);
    int step = first <= last ? 1 : -1;
    for (int i = first; rc == 0; i += step) {
        char label[16];
        snprintf(label, sizeof label, "%d", i);
        rc = add_label(r, node, list, label);
        if (i == last)
            break;
    }
    return rc;
}

static int read_labels(const struct form_reader *r, const struct yaml_node *node,
                       struct label_list *list)
{
    if (node->kind != YAML_LIST)
        return add_labels(r, node, list);
    int rc = node->n ? 0 : yaml_error(r->yaml, node, NULL, _("a strip of no cells"));
    for (int i = 0; i < node->n; i++) {
        int one = add_labels(r, node->items[i], list);
        if (one == YJ_ENOMEM || list->n == FORM_MAX_OPTIONS)
            return one;
        rc = one < 0 ? one : rc;
    }
    return rc;
}

/* What a teacher can give: one cell, and one of a part of a point beside it. */
static struct points highest_sum(const struct label_list *list, struct points *ret_largest)
{
    struct points whole = POINTS_ZERO, part = POINTS_ZERO;
    for (int i = 0; i < list->n; i++) {
        bool is_part = points_compare(list->points[i], (struct points){1, 1}) < 0;
        struct points *most = is_part ? &part : &whole;
        if (points_compare(list->points[i], *most) > 0)
            *most = list->points[i];
    }
    *ret_largest = points_compare(whole, part) > 0 ? whole : part;
    return points_add(whole, part);
}

/* A maximum that no stroke reaches, or that a single cell exceeds, is a typing mistake. */
static int read_maximum(const struct form_reader *r, const struct field_source *source,
                        const struct label_list *list, struct field *field)
{
    const struct yaml_node *node = field_source_get(source, "maximum");
    struct points largest, highest = highest_sum(list, &largest), maximum = largest;
    char text[POINTS_TEXT_MAX];
    const char *given;
    int rc = node ? yaml_text(r->yaml, node, "maximum", &given) : 0;
    if (rc < 0)
        return rc;
    if (node && points_parse(given, &maximum) < 0)
        return yaml_error(r->yaml, node, _("write points such as 12, 0 or 0.5"),
                          _("'%s' is no number of points"), given);
    points_print(points_compare(maximum, largest) < 0 ? largest : highest, text);
    if (points_compare(maximum, largest) < 0)
        return yaml_error(r->yaml, node, NULL, _("a cell gives %s points, more than the maximum"),
                          text);
    if (points_compare(maximum, highest) > 0)
        return yaml_error(r->yaml, node, NULL, _("the strip's cells give %s points at most"), text);
    if (points_compare(maximum, POINTS_ZERO) == 0)
        return yaml_error(r->yaml, node ? node : source->map, NULL,
                          _("a strip that can give no points"));
    points_print(maximum, text);
    field->maximum = arena_strdup(r->memory, text);
    return field->maximum ? 0 : YJ_ENOMEM;
}

static int check_cells(const struct form_reader *r, const struct field_source *source,
                       const struct point *places, int n, double w, double h)
{
    if (fmin(w, h) < SMALLEST_CELL)
        return yaml_error(r->yaml, field_source_get(source, "size"),
                          _("a stroke must be told from one through the cell beside it"),
                          _("cells of %g x %g mm are smaller than %g mm"), w, h, SMALLEST_CELL);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            if (fabs(places[i].x - places[k].x) < w - SLACK_OVERLAP &&
                fabs(places[i].y - places[k].y) < h - SLACK_OVERLAP)
                return yaml_error(r->yaml, source->map, _("look at 'at', the steps and 'size'"),
                                  _("cell %d of the strip lies over cell %d"), i + 1, k + 1);
    return 0;
}

int form_read_strip(struct form_reader *r, const struct field_source *source, struct field *field)
{
    const struct yaml_node *node;
    struct label_list list = {.n = 0};
    struct point places[FORM_MAX_OPTIONS];
    double w = 0, h = 0;
    int rc = form_need(r, source, "points", _("write 'points: [12-0, 0.5]'"), &node);
    if (rc == 0)
        rc = read_labels(r, node, &list);
    if (rc < 0)
        return rc;
    int got = read_maximum(r, source, &list, field);
    if (got == YJ_ENOMEM)
        return got;
    rc = got;
    if (form_need(r, source, "size", _("a cell's width and height, [w, h]"), &node) < 0 ||
        form_read_size(r, node, "size", &w, &h) < 0)
        rc = YJ_EINPUT;
    if (form_read_places(r, source, form_box_step_key(source), places, list.n) < 0)
        rc = YJ_EINPUT;
    if (rc == 0)
        rc = check_cells(r, source, places, list.n, w, h);
    if (rc < 0)
        return rc;
    field->options = arena_alloc(r->memory, (size_t)list.n * sizeof(*field->options));
    if (!field->options)
        return YJ_ENOMEM;
    memcpy(field->options, list.labels, (size_t)list.n * sizeof(*field->options));
    field->n_options = list.n;
    return form_place_boxes(r, field, places, list.n, w, h);
}
