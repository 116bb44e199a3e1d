/* Places one field: its options, bubbles, boxes and area. */
#include "form_bubbles.h"

#include "diag.h"
#include "i18n.h"
#include <ctype.h>
#include <string.h>

#define N_ITEMS(array) (sizeof(array) / sizeof *(array))

int form_need(const struct form_reader *r, const struct field_source *source, const char *key,
              const char *hint, const struct yaml_node **ret)
{
    *ret = field_source_get(source, key);
    return *ret ? 0 : yaml_missing(r->yaml, source->map, key, hint);
}

static int read_bubble_map(const struct form_reader *r, const struct yaml_node *map,
                           struct bubble_style *style, bool *sized)
{
    static const char *const keys[] = {"shape", "size"};
    static const char *const shapes[] = {"circle", "oval", "box", "bracket"};
    int rc = yaml_check_keys(r->yaml, map, keys, N_ITEMS(keys));
    const struct yaml_node *node = yaml_get(map, "shape");
    int shape = (int)style->shape;
    if (node && yaml_name(r->yaml, node, "shape", shapes, N_ITEMS(shapes), &shape) < 0)
        rc = YJ_EINPUT;
    style->shape = (enum bubble_shape)shape;
    node = yaml_get(map, "size");
    if (node) {
        *sized = true;
        if (form_read_size(r, node, "size", &style->w, &style->h) < 0)
            rc = YJ_EINPUT;
    }
    return rc;
}

int form_read_bubble(const struct form_reader *r, const struct field_source *source,
                     struct bubble_style *ret)
{
    struct bubble_style style = {.shape = BUBBLE_CIRCLE};
    bool sized = false;
    int rc = 0;
    const struct yaml_node *own = field_source_get(source, "bubble");
    if (!own && !r->bubble)
        return yaml_missing(r->yaml, source->map, "bubble",
                            _("write 'bubble: {shape: oval, size: [4, 3]}' here or at the top"));
    if (r->bubble && read_bubble_map(r, r->bubble, &style, &sized) < 0)
        rc = YJ_EINPUT;
    if (own && read_bubble_map(r, own, &style, &sized) < 0)
        rc = YJ_EINPUT;
    if (rc < 0)
        return rc;
    const struct yaml_node *said = own ? own : r->bubble;
    if (!sized)
        return yaml_missing(r->yaml, said, "size", _("write the printed outline's size in mm"));
    if (style.shape == BUBBLE_CIRCLE && style.w != style.h)
        return yaml_error(r->yaml, said, _("write 'shape: oval'"),
                          _("a circle of %g x %g mm is none"), style.w, style.h);
    *ret = style;
    return 0;
}

int form_reserve_bubbles(struct form_reader *r, const struct field_source *source, long n,
                         struct bubble **ret)
{
    if (n + r->n_bubbles > FORM_MAX_BUBBLES)
        return yaml_error(r->yaml, source->map, NULL, _("more than %d bubbles in the form"),
                          FORM_MAX_BUBBLES);
    struct bubble *bubbles = arena_alloc(r->memory, (size_t)n * sizeof(*bubbles));
    if (!bubbles)
        return YJ_ENOMEM;
    *ret = bubbles;
    return 0;
}

void form_take_bubbles(struct field *field, enum bubble_shape shape, int n_bubbles, int n_columns)
{
    field->shape = shape;
    field->n_bubbles = n_bubbles;
    field->n_columns = n_columns;
    field->area = field->bubbles[0].box;
    for (int i = 1; i < field->n_bubbles; i++)
        field->area = rect_union(field->area, field->bubbles[i].box);
}

/* ---- choice ---- */

static int read_max_marks(const struct form_reader *r, const struct field_source *source,
                          int n_options, int *ret_max)
{
    const struct yaml_node *node = field_source_get(source, "multiple");
    *ret_max = 1;
    if (!node)
        return 0;
    double number;
    long most;
    bool any;
    if (node->kind == YAML_SCALAR && yaml_parse_number(node->text, &number)) {
        int rc = yaml_integer(r->yaml, node, "multiple", 1, n_options, &most);
        if (rc == 0)
            *ret_max = (int)most;
        return rc;
    }
    int rc = yaml_bool(r->yaml, node, "multiple", &any);
    if (rc == 0 && any)
        *ret_max = n_options;
    return rc;
}

/* `at: [[x, y], [x, y], ...]`: each option has a place of its own. */
static int read_own_places(const struct form_reader *r, const struct field_source *source,
                           const struct yaml_node *at, const char *step_key, struct point *places,
                           int n_options)
{
    const char *const idle[] = {step_key, "per_line", "line_step"};
    int rc = 0;
    if (at->n != n_options)
        return yaml_error(r->yaml, at, _("write one [x, y] for each option"),
                          _("%d places for %d options"), at->n, n_options);
    for (int i = 0; i < n_options; i++)
        if (form_read_point(r, at->items[i], "at", &places[i]) < 0)
            rc = YJ_EINPUT;
    for (size_t i = 0; i < N_ITEMS(idle); i++) {
        const struct yaml_node *node = field_source_get(source, idle[i]);
        if (node)
            rc = yaml_error(r->yaml, node, NULL, _("'%s' beside an 'at' for each option"), idle[i]);
    }
    return rc;
}

/* Options `step_key` apart, in lines `line_step` apart. */
static int read_even_places(const struct form_reader *r, const struct field_source *source,
                            const char *step_key, struct point at, struct point *places,
                            int n_options)
{
    struct point step = {0, 0}, line_step = {0, 0};
    long per_line = n_options;
    int rc = 0;
    const struct yaml_node *node = field_source_get(source, "per_line");
    if (node && yaml_integer(r->yaml, node, "per_line", 1, FORM_MAX_OPTIONS, &per_line) < 0)
        rc = YJ_EINPUT;
    bool several = n_options > 1 && per_line > 1, lines = per_line < n_options;
    node = field_source_get(source, step_key);
    if (node ? form_read_step(r, node, step_key, false, &step) < 0
             : several && form_need(r, source, step_key, _("from an option to the next, [x, y]"),
                                    &node) < 0)
        rc = YJ_EINPUT;
    node = field_source_get(source, "line_step");
    if (node ? form_read_step(r, node, "line_step", true, &line_step) < 0
             : lines && form_need(r, source, "line_step", _("from a line to the next, [x, y]"),
                                  &node) < 0)
        rc = YJ_EINPUT;
    for (int i = 0; i < n_options; i++) {
        int along = i % (int)per_line, line = i / (int)per_line;
        places[i] = (struct point){at.x + along * step.x + line * line_step.x,
                                   at.y + along * step.y + line * line_step.y};
    }
    return rc;
}

int form_read_places(const struct form_reader *r, const struct field_source *source,
                     const char *step_key, struct point *places, int n_options)
{
    const struct yaml_node *at;
    struct point first = {0, 0};
    int rc = form_need(r, source, "at", _("the centre of the first option, [x, y]"), &at);
    if (rc == 0 && at->kind == YAML_LIST && at->n > 0 && at->items[0]->kind == YAML_LIST)
        return read_own_places(r, source, at, step_key, places, n_options);
    if (rc == 0)
        rc = form_read_point(r, at, "at", &first);
    return read_even_places(r, source, step_key, first, places, n_options) < 0 ? YJ_EINPUT : rc;
}

static int read_choice(struct form_reader *r, const struct field_source *source,
                       struct field *field)
{
    const struct yaml_node *node;
    struct bubble_style style;
    struct point places[FORM_MAX_OPTIONS];
    int rc = form_need(r, source, "options", _("write 'options: ABCD'"), &node);
    if (rc == 0)
        rc = form_read_options(r, node, &field->options, &field->n_options);
    if (rc < 0)
        return rc;
    if (form_read_bubble(r, source, &style) < 0)
        rc = YJ_EINPUT;
    if (read_max_marks(r, source, field->n_options, &field->max_marks) < 0)
        rc = YJ_EINPUT;
    if (form_read_places(r, source, "option_step", places, field->n_options) < 0)
        rc = YJ_EINPUT;
    if (rc == 0)
        rc = form_reserve_bubbles(r, source, field->n_options, &field->bubbles);
    if (rc < 0)
        return rc;
    for (int i = 0; i < field->n_options; i++)
        field->bubbles[i] =
            (struct bubble){.box = rect_around(places[i], style.w, style.h), .option = i};
    form_take_bubbles(field, style.shape, field->n_options, 1);
    return 0;
}

/* ---- boxes and areas ---- */

int form_place_boxes(struct form_reader *r, struct field *field, const struct point *places, int n,
                     double w, double h)
{
    field->boxes = arena_alloc(r->memory, (size_t)n * sizeof(*field->boxes));
    if (!field->boxes)
        return YJ_ENOMEM;
    for (int i = 0; i < n; i++) {
        field->boxes[i] = rect_around(places[i], w, h);
        field->area = i ? rect_union(field->area, field->boxes[i]) : field->boxes[i];
    }
    field->n_boxes = n;
    return 0;
}

const char *form_box_step_key(const struct field_source *source)
{
    return source->block || field_source_get(source, "box_step") ? "box_step" : "step";
}

static int read_boxes(struct form_reader *r, const struct field_source *source, struct field *field)
{
    const char *step_key = form_box_step_key(source);
    struct point places[FORM_MAX_BOXES];
    struct point at = {0, 0}, step = {0, 0};
    double w = 0, h = 0;
    long n = 0;
    int rc = 0;
    const struct yaml_node *node;
    if (form_need(r, source, "boxes", _("how many characters it has"), &node) < 0 ||
        yaml_integer(r->yaml, node, "boxes", 1, FORM_MAX_BOXES, &n) < 0)
        rc = YJ_EINPUT;
    if (form_need(r, source, "at", _("the centre of the first box, [x, y]"), &node) < 0 ||
        form_read_point(r, node, "at", &at) < 0)
        rc = YJ_EINPUT;
    if (form_need(r, source, "size", _("a box's width and height, [w, h]"), &node) < 0 ||
        form_read_size(r, node, "size", &w, &h) < 0)
        rc = YJ_EINPUT;
    node = field_source_get(source, step_key);
    if (node ? form_read_step(r, node, step_key, false, &step) < 0
             : n > 1 &&
                   form_need(r, source, step_key, _("from a box to the next, [x, y]"), &node) < 0)
        rc = YJ_EINPUT;
    if (rc < 0)
        return rc;
    for (long i = 0; i < n; i++)
        places[i] = (struct point){at.x + i * step.x, at.y + i * step.y};
    return form_place_boxes(r, field, places, (int)n, w, h);
}

static int read_area(struct form_reader *r, const struct field_source *source, struct field *field)
{
    const struct yaml_node *node;
    int rc = form_need(r, source, "area", _("where it stands, [x, y, w, h]"), &node);
    return rc < 0 ? rc : form_read_area(r, node, "area", &field->area);
}

/* Names of Tesseract's data, "eng" or "eng+chi_tra", which are file names: nothing that leads out
 * of its folder. */
static bool is_language_list(const char *text)
{
    bool begins = true;
    for (const char *c = text; *c; c++) {
        bool letter = isascii((unsigned char)*c) && isalnum((unsigned char)*c);
        if (!letter && (begins || !strchr("+_/", *c)))
            return false;
        begins = *c == '+' || *c == '/';
    }
    return !begins;
}

static int read_print_language(struct form_reader *r, const struct field_source *source,
                               struct field *field)
{
    const struct yaml_node *node = field_source_get(source, "print");
    const char *text;
    if (!node)
        return 0;
    int rc = yaml_text(r->yaml, node, "print", &text);
    if (rc == 0 && (strlen(text) > FORM_MAX_LANGUAGES || !is_language_list(text)))
        rc = yaml_error(r->yaml, node, _("write 'print: eng' or 'print: eng+chi_tra'"),
                        _("'%s' is no list of Tesseract's languages"), text);
    if (rc < 0)
        return rc;
    field->print_language = arena_strdup(r->memory, text);
    return field->print_language ? 0 : YJ_ENOMEM;
}

static int read_boxes_or_area(struct form_reader *r, const struct field_source *source,
                              struct field *field)
{
    const struct yaml_node *area = field_source_get(source, "area");
    if (area && field_source_get(source, "boxes"))
        return yaml_error(r->yaml, area, NULL, _("write 'area' or 'boxes', not both"));
    return area ? read_area(r, source, field) : read_boxes(r, source, field);
}

static int read_text(struct form_reader *r, const struct field_source *source, struct field *field)
{
    int rc = read_print_language(r, source, field);
    int placed = read_boxes_or_area(r, source, field);
    return placed < 0 ? placed : rc;
}

int form_read_design(struct form_reader *r, const struct field_source *source, struct field *field)
{
    static int (*const readers[])(struct form_reader *, const struct field_source *,
                                  struct field *) = {
        [FIELD_CHOICE] = read_choice,
        [FIELD_GRID] = form_read_grid,
        [FIELD_DIGITS] = read_boxes_or_area,
        [FIELD_LETTERS] = read_boxes,
        [FIELD_TEXT] = read_text,
        [FIELD_BARCODE] = read_area,
        [FIELD_REGION] = read_area,
        [FIELD_STRIP] = form_read_strip,
    };
    int placed = readers[field->kind](r, source, field);
    if (placed == YJ_ENOMEM)
        return placed;
    int rc = form_read_writing(r, source, field);
    return placed < 0 ? placed : rc;
}
