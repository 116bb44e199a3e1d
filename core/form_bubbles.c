/* Places one field: its options, bubbles, boxes and area. */
#include "form_reader.h"

#include "diag.h"
#include "i18n.h"
#include <string.h>

/* Centres of a grid's options when the form does not say: this many bubble heights apart. */
#define GRID_OPTION_PITCH 1.5

#define N_ITEMS(array) (sizeof(array) / sizeof *(array))

/* One column of a grid, or a run of like ones. */
struct grid_column {
    char **options;
    int n_options;
    struct point at, option_step;
    double w, h;
};

/* Everything a field's own keys say about its bubbles. */
struct bubble_style {
    enum bubble_shape shape;
    double w, h;
};

/* Sets *ret to the key's value; YJ_EINPUT, told, where it is missing. */
static int need(const struct form_reader *r, const struct field_source *source, const char *key,
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

/* The field's own `bubble` over the form's. */
static int read_bubble(const struct form_reader *r, const struct field_source *source,
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

static int reserve_bubbles(struct form_reader *r, const struct field_source *source, long n,
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

static void take_union_of_bubbles(struct field *field)
{
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

struct choice_layout {
    struct point at, option_step, line_step;
    int per_line;
    struct point *places; /* of each option, where `at` lists them; NULL: by the steps */
};

/* `at: [[x, y], ...]`: options that stand at no even step. */
static int read_option_places(const struct form_reader *r, const struct field_source *source,
                              const struct yaml_node *node, int n_options,
                              struct point **ret_places)
{
    static const char *const idle[] = {"option_step", "per_line", "line_step"};
    for (size_t i = 0; i < N_ITEMS(idle); i++) {
        const struct yaml_node *step = field_source_get(source, idle[i]);
        if (step)
            return yaml_error(r->yaml, step, _("leave it out"),
                              _("'%s' where 'at' says the place of every option"), idle[i]);
    }
    if (node->n != n_options)
        return yaml_error(r->yaml, node, _("write one [x, y] an option, or the first one's alone"),
                          _("'at' has %d places for %d options"), node->n, n_options);
    struct point *places = arena_alloc(r->memory, (size_t)n_options * sizeof(*places));
    if (!places)
        return YJ_ENOMEM;
    for (int i = 0; i < n_options; i++) {
        int rc = form_read_point(r, node->items[i], "at", &places[i]);
        if (rc < 0)
            return rc;
    }
    *ret_places = places;
    return 0;
}

static struct point option_center(const struct choice_layout *layout, int i)
{
    if (layout->places)
        return layout->places[i];
    int along = i % layout->per_line, line = i / layout->per_line;
    return (struct point){layout->at.x + along * layout->option_step.x + line * layout->line_step.x,
                          layout->at.y + along * layout->option_step.y +
                              line * layout->line_step.y};
}

static int read_choice_layout(const struct form_reader *r, const struct field_source *source,
                              int n_options, struct choice_layout *ret)
{
    struct choice_layout layout = {.per_line = n_options};
    const struct yaml_node *node;
    int bad = 0;
    long per_line;
    if (need(r, source, "at", _("the centre of the first option, [x, y]"), &node) < 0) {
        bad = YJ_EINPUT;
    } else if (node->kind == YAML_LIST && node->n > 0 && node->items[0]->kind == YAML_LIST) {
        int rc = read_option_places(r, source, node, n_options, &layout.places);
        if (rc == 0)
            *ret = layout;
        return rc;
    } else if (form_read_point(r, node, "at", &layout.at) < 0) {
        bad = YJ_EINPUT;
    }
    node = field_source_get(source, "per_line");
    if (node) {
        if (yaml_integer(r->yaml, node, "per_line", 1, FORM_MAX_OPTIONS, &per_line) < 0)
            bad = YJ_EINPUT;
        else if (per_line < n_options)
            layout.per_line = (int)per_line;
    }
    node = field_source_get(source, "option_step");
    if (node ? form_read_step(r, node, "option_step", false, &layout.option_step) < 0
             : layout.per_line > 1 && need(r, source, "option_step",
                                           _("from an option to the next, [x, y]"), &node) < 0)
        bad = YJ_EINPUT;
    node = field_source_get(source, "line_step");
    if (node ? form_read_step(r, node, "line_step", true, &layout.line_step) < 0
             : layout.per_line < n_options &&
                   need(r, source, "line_step", _("from a line to the next, [x, y]"), &node) < 0)
        bad = YJ_EINPUT;
    *ret = layout;
    return bad;
}

static int read_choice(struct form_reader *r, const struct field_source *source,
                       struct field *field)
{
    const struct yaml_node *node;
    struct bubble_style style;
    struct choice_layout layout;
    int rc = need(r, source, "options", _("write 'options: ABCD'"), &node);
    if (rc == 0)
        rc = form_read_options(r, node, &field->options, &field->n_options);
    if (rc < 0)
        return rc;
    if (read_bubble(r, source, &style) < 0)
        rc = YJ_EINPUT;
    if (read_max_marks(r, source, field->n_options, &field->max_marks) < 0)
        rc = YJ_EINPUT;
    int placed = read_choice_layout(r, source, field->n_options, &layout);
    if (placed < 0)
        rc = placed;
    if (rc == 0)
        rc = reserve_bubbles(r, source, field->n_options, &field->bubbles);
    if (rc < 0)
        return rc;
    for (int i = 0; i < field->n_options; i++) {
        struct rect box = rect_around(option_center(&layout, i), style.w, style.h);
        field->bubbles[i] = (struct bubble){.box = box, .option = i};
    }
    field->shape = style.shape;
    field->n_bubbles = field->n_options;
    field->n_columns = 1;
    take_union_of_bubbles(field);
    return 0;
}

/* ---- grid ---- */

struct grid_columns {
    struct grid_column list[FORM_MAX_COLUMNS];
    int n;
};

static int read_count(const struct form_reader *r, const struct yaml_node *node, const char *what,
                      int already, long *ret_count)
{
    return yaml_integer(r->yaml, node, what, 1, FORM_MAX_COLUMNS - already, ret_count);
}

static void add_columns(struct grid_columns *columns, struct grid_column column, long count,
                        struct point step)
{
    for (long i = 0; i < count; i++) {
        columns->list[columns->n++] = column;
        column.at.x += step.x;
        column.at.y += step.y;
    }
}

/* One map of a list of columns; what it does not say is as `like` has it. */
static int read_column_run(struct form_reader *r, const struct yaml_node *map,
                           struct grid_column like, struct grid_columns *columns)
{
    static const char *const keys[] = {"options", "at", "option_step", "count", "step"};
    int rc = yaml_check_keys(r->yaml, map, keys, N_ITEMS(keys));
    if (map->kind != YAML_MAP)
        return rc;
    const struct yaml_node *node = yaml_get(map, "options");
    int got = 0;
    if (node)
        got = form_read_options(r, node, &like.options, &like.n_options);
    else if (!like.options)
        got = yaml_missing(r->yaml, map, "options", NULL);
    if (got == YJ_ENOMEM)
        return got;
    if (got < 0)
        rc = got;
    node = yaml_get(map, "at");
    if (!node ? yaml_missing(r->yaml, map, "at", _("the centre of the first bubble")) < 0
              : form_read_point(r, node, "at", &like.at) < 0)
        rc = YJ_EINPUT;
    node = yaml_get(map, "option_step");
    if (node && form_read_step(r, node, "option_step", true, &like.option_step) < 0)
        rc = YJ_EINPUT;
    long count = 1;
    node = yaml_get(map, "count");
    if (node && read_count(r, node, "count", columns->n, &count) < 0)
        rc = YJ_EINPUT;
    struct point step = {0, 0};
    node = yaml_get(map, "step");
    if (node ? form_read_step(r, node, "step", false, &step) < 0
             : count > 1 && yaml_missing(r->yaml, map, "step", _("from a column to the next")) < 0)
        rc = YJ_EINPUT;
    if (rc == 0)
        add_columns(columns, like, count, step);
    return rc;
}

static int read_column_list(struct form_reader *r, const struct yaml_node *list,
                            struct grid_column like, struct grid_columns *columns)
{
    int rc = list->n ? 0 : yaml_error(r->yaml, list, NULL, _("a grid of no columns"));
    for (int i = 0; i < list->n; i++) {
        if (columns->n >= FORM_MAX_COLUMNS)
            return yaml_error(r->yaml, list->items[i], NULL, _("more than %d columns"),
                              FORM_MAX_COLUMNS);
        int one = read_column_run(r, list->items[i], like, columns);
        if (one == YJ_ENOMEM)
            return one;
        if (one < 0)
            rc = one;
    }
    return rc;
}

/* `columns: 8`: like ones, `column_step` apart. */
static int read_like_columns(struct form_reader *r, const struct field_source *source,
                             struct grid_column like, struct grid_columns *columns)
{
    const struct yaml_node *node = field_source_get(source, "columns");
    long count = 0;
    int rc = 0;
    if (!like.options)
        rc = yaml_missing(r->yaml, source->map, "options", _("write 'options: 0-9'"));
    if (!node)
        rc = yaml_missing(r->yaml, source->map, "columns", _("how many characters it has"));
    else if (read_count(r, node, "columns", 0, &count) < 0)
        rc = YJ_EINPUT;
    if (need(r, source, "at", _("the centre of the first bubble, [x, y]"), &node) < 0 ||
        form_read_point(r, node, "at", &like.at) < 0)
        rc = YJ_EINPUT;
    struct point step = {0, 0};
    node = field_source_get(source, "column_step");
    if (node ? form_read_step(r, node, "column_step", false, &step) < 0
             : count > 1 && need(r, source, "column_step", _("from a column to the next, [x, y]"),
                                 &node) < 0)
        rc = YJ_EINPUT;
    if (rc == 0)
        add_columns(columns, like, count, step);
    return rc;
}

/* What all columns have in common: the field's own options and option_step. */
static int read_grid_common(struct form_reader *r, const struct field_source *source,
                            struct bubble_style style, struct grid_column *ret)
{
    *ret = (struct grid_column){.option_step = {0, style.h * GRID_OPTION_PITCH}};
    const struct yaml_node *node = field_source_get(source, "options");
    int rc = node ? form_read_options(r, node, &ret->options, &ret->n_options) : 0;
    if (rc == YJ_ENOMEM)
        return rc;
    node = field_source_get(source, "option_step");
    if (node && form_read_step(r, node, "option_step", true, &ret->option_step) < 0)
        rc = YJ_EINPUT;
    return rc;
}

static int option_index(const struct field *field, const char *option)
{
    for (int i = 0; i < field->n_options; i++)
        if (strcmp(field->options[i], option) == 0)
            return i;
    return -1;
}

/* The field's options are those of all columns, each once, in the order of the file. */
static int gather_options(struct form_reader *r, const struct field_source *source,
                          const struct grid_columns *columns, struct field *field)
{
    field->options = arena_alloc(r->memory, FORM_MAX_OPTIONS * sizeof(*field->options));
    if (!field->options)
        return YJ_ENOMEM;
    field->n_options = 0;
    for (int c = 0; c < columns->n; c++)
        for (int i = 0; i < columns->list[c].n_options; i++) {
            char *option = columns->list[c].options[i];
            if (option_index(field, option) >= 0)
                continue;
            if (field->n_options == FORM_MAX_OPTIONS)
                return yaml_error(r->yaml, source->map, NULL, _("more than %d options"),
                                  FORM_MAX_OPTIONS);
            field->options[field->n_options++] = option;
        }
    return 0;
}

static int place_grid(struct form_reader *r, const struct field_source *source,
                      const struct grid_columns *columns, struct bubble_style style,
                      struct field *field)
{
    int n = 0;
    for (int c = 0; c < columns->n; c++)
        n += columns->list[c].n_options;
    int rc = reserve_bubbles(r, source, n, &field->bubbles);
    if (rc < 0)
        return rc;
    struct bubble *b = field->bubbles;
    for (int c = 0; c < columns->n; c++) {
        const struct grid_column *column = &columns->list[c];
        for (int i = 0; i < column->n_options; i++) {
            struct point center = {column->at.x + i * column->option_step.x,
                                   column->at.y + i * column->option_step.y};
            *b++ = (struct bubble){.box = rect_around(center, style.w, style.h),
                                   .option = option_index(field, column->options[i]),
                                   .column = c};
        }
    }
    field->shape = style.shape;
    field->n_bubbles = n;
    field->n_columns = columns->n;
    field->max_marks = 1;
    take_union_of_bubbles(field);
    return 0;
}

static int read_grid(struct form_reader *r, const struct field_source *source, struct field *field)
{
    static const char *const policies[] = {"skip", "space", "doubt"};
    struct bubble_style style = {.h = 0};
    struct grid_column common;
    struct grid_columns *columns = arena_alloc(r->memory, sizeof *columns);
    if (!columns)
        return YJ_ENOMEM;
    int rc = read_bubble(r, source, &style);
    int blank = BLANK_SKIP;
    const struct yaml_node *node = field_source_get(source, "blank");
    if (node && yaml_name(r->yaml, node, "blank", policies, N_ITEMS(policies), &blank) < 0)
        rc = YJ_EINPUT;
    field->blank = (enum blank_policy)blank;
    int got = read_grid_common(r, source, style, &common);
    if (got < 0)
        return got;
    node = field_source_get(source, "columns");
    got = node && node->kind == YAML_LIST ? read_column_list(r, node, common, columns)
                                          : read_like_columns(r, source, common, columns);
    if (got < 0)
        return got;
    if (rc == 0)
        rc = gather_options(r, source, columns, field);
    return rc < 0 ? rc : place_grid(r, source, columns, style, field);
}

/* ---- boxes and areas ---- */

static int place_boxes(struct form_reader *r, struct field *field, long n, struct point at,
                       struct point step, double w, double h)
{
    field->boxes = arena_alloc(r->memory, (size_t)n * sizeof(*field->boxes));
    if (!field->boxes)
        return YJ_ENOMEM;
    for (long i = 0; i < n; i++) {
        struct point center = {at.x + i * step.x, at.y + i * step.y};
        field->boxes[i] = rect_around(center, w, h);
        field->area = i ? rect_union(field->area, field->boxes[i]) : field->boxes[i];
    }
    field->n_boxes = (int)n;
    return 0;
}

static int read_boxes(struct form_reader *r, const struct field_source *source, struct field *field)
{
    /* In a block `step` leads from field to field. */
    const char *step_key =
        source->block || field_source_get(source, "box_step") ? "box_step" : "step";
    struct point at = {0, 0}, step = {0, 0};
    double w = 0, h = 0;
    long n = 0;
    int rc = 0;
    const struct yaml_node *node;
    if (need(r, source, "boxes", _("how many characters it has"), &node) < 0 ||
        yaml_integer(r->yaml, node, "boxes", 1, FORM_MAX_BOXES, &n) < 0)
        rc = YJ_EINPUT;
    if (need(r, source, "at", _("the centre of the first box, [x, y]"), &node) < 0 ||
        form_read_point(r, node, "at", &at) < 0)
        rc = YJ_EINPUT;
    if (need(r, source, "size", _("a box's width and height, [w, h]"), &node) < 0 ||
        form_read_size(r, node, "size", &w, &h) < 0)
        rc = YJ_EINPUT;
    node = field_source_get(source, step_key);
    if (node ? form_read_step(r, node, step_key, false, &step) < 0
             : n > 1 && need(r, source, step_key, _("from a box to the next, [x, y]"), &node) < 0)
        rc = YJ_EINPUT;
    return rc < 0 ? rc : place_boxes(r, field, n, at, step, w, h);
}

static int read_area(struct form_reader *r, const struct field_source *source, struct field *field)
{
    const struct yaml_node *node;
    int rc = need(r, source, "area", _("where it stands, [x, y, w, h]"), &node);
    return rc < 0 ? rc : form_read_area(r, node, "area", &field->area);
}

static int read_text(struct form_reader *r, const struct field_source *source, struct field *field)
{
    const struct yaml_node *area = field_source_get(source, "area");
    if (area && field_source_get(source, "boxes"))
        return yaml_error(r->yaml, area, NULL, _("write 'area' or 'boxes', not both"));
    return area ? read_area(r, source, field) : read_boxes(r, source, field);
}

int form_read_design(struct form_reader *r, const struct field_source *source, struct field *field)
{
    static int (*const readers[])(struct form_reader *, const struct field_source *,
                                  struct field *) = {
        [FIELD_CHOICE] = read_choice, [FIELD_GRID] = read_grid, [FIELD_DIGITS] = read_boxes,
        [FIELD_LETTERS] = read_boxes, [FIELD_TEXT] = read_text, [FIELD_BARCODE] = read_area,
        [FIELD_REGION] = read_area,
    };
    return readers[field->kind](r, source, field);
}
