/* A grid: a number or word by bubbles, a column a character. */
#include "form_bubbles.h"

#include "diag.h"
#include "i18n.h"
#include <string.h>

#define N_ITEMS(array) (sizeof(array) / sizeof *(array))
/* Centres of a grid's options when the form does not say: this many bubble heights apart. */
#define GRID_OPTION_PITCH 1.5

/* One column of a grid, or a run of like ones. */
struct grid_column {
    char **options;
    int n_options;
    struct point at, option_step;
    bool continues; /* the column before: more of its options, printed beside or below */
};

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

/* How many columns a map of the list stands for, and how far they are apart. */
static int read_run_length(const struct form_reader *r, const struct yaml_node *map, int already,
                           long *ret_count, struct point *ret_step)
{
    const struct yaml_node *count = yaml_get(map, "count"), *step = yaml_get(map, "step");
    int rc = 0;
    *ret_count = 1;
    *ret_step = (struct point){0, 0};
    if (count && read_count(r, count, "count", already, ret_count) < 0)
        rc = YJ_EINPUT;
    if (step ? form_read_step(r, step, "step", false, ret_step) < 0
             : *ret_count > 1 &&
                   yaml_missing(r->yaml, map, "step", _("from a column to the next")) < 0)
        rc = YJ_EINPUT;
    return rc;
}

static bool shares_option(const struct grid_column *a, const struct grid_column *b)
{
    for (int i = 0; i < a->n_options; i++)
        for (int k = 0; k < b->n_options; k++)
            if (strcmp(a->options[i], b->options[k]) == 0)
                return true;
    return false;
}

/* A column printed in two rows is one character all the same. */
static int read_continues(const struct form_reader *r, const struct yaml_node *map,
                          const struct grid_columns *columns, long count,
                          struct grid_column *column)
{
    const struct yaml_node *node = yaml_get(map, "continues");
    column->continues = false;
    if (!node)
        return 0;
    if (yaml_bool(r->yaml, node, "continues", &column->continues) < 0)
        return YJ_EINPUT;
    if (!column->continues)
        return 0;
    if (columns->n == 0 || count > 1)
        return yaml_error(r->yaml, node, _("it adds options to one column, the one before it"),
                          _("nothing that this column could continue"));
    for (int c = columns->n - 1; c >= 0; c--) {
        if (shares_option(column, &columns->list[c]))
            return yaml_error(r->yaml, node, _("a column has each option once"),
                              _("an option of this column is in the one it continues"));
        if (!columns->list[c].continues)
            break;
    }
    return 0;
}

/* One map of a list of columns; what it does not say is as `like` has it. */
static int read_column_run(struct form_reader *r, const struct yaml_node *map,
                           struct grid_column like, struct grid_columns *columns)
{
    static const char *const keys[] = {"options", "at",   "option_step",
                                       "count",   "step", "continues"};
    int rc = yaml_check_keys(r->yaml, map, keys, N_ITEMS(keys));
    if (map->kind != YAML_MAP)
        return rc;
    const struct yaml_node *options = yaml_get(map, "options"), *at = yaml_get(map, "at"),
                           *option_step = yaml_get(map, "option_step");
    int got = 0;
    if (options)
        got = form_read_options(r, options, &like.options, &like.n_options);
    else if (!like.options)
        got = yaml_missing(r->yaml, map, "options", _("write 'options: 0-9'"));
    if (got == YJ_ENOMEM)
        return got;
    rc = got < 0 ? got : rc;
    if (!at ? yaml_missing(r->yaml, map, "at", _("the centre of the first bubble")) < 0
            : form_read_point(r, at, "at", &like.at) < 0)
        rc = YJ_EINPUT;
    if (option_step && form_read_step(r, option_step, "option_step", true, &like.option_step) < 0)
        rc = YJ_EINPUT;
    long count;
    struct point step;
    if (read_run_length(r, map, columns->n, &count, &step) < 0)
        rc = YJ_EINPUT;
    if (rc == 0)
        rc = read_continues(r, map, columns, count, &like);
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
    if (form_need(r, source, "at", _("the centre of the first bubble, [x, y]"), &node) < 0 ||
        form_read_point(r, node, "at", &like.at) < 0)
        rc = YJ_EINPUT;
    struct point step = {0, 0};
    node = field_source_get(source, "column_step");
    if (node ? form_read_step(r, node, "column_step", false, &step) < 0
             : count > 1 && form_need(r, source, "column_step",
                                      _("from a column to the next, [x, y]"), &node) < 0)
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
    int rc = form_reserve_bubbles(r, source, n, &field->bubbles);
    if (rc < 0)
        return rc;
    struct bubble *b = field->bubbles;
    int at = -1;
    for (int c = 0; c < columns->n; c++) {
        const struct grid_column *column = &columns->list[c];
        at += !column->continues;
        for (int i = 0; i < column->n_options; i++) {
            struct point center = {column->at.x + i * column->option_step.x,
                                   column->at.y + i * column->option_step.y};
            *b++ = (struct bubble){.box = rect_around(center, style.w, style.h),
                                   .option = option_index(field, column->options[i]),
                                   .column = at};
        }
    }
    field->max_marks = 1;
    form_take_bubbles(field, style.shape, n, at + 1);
    return 0;
}

int form_read_grid(struct form_reader *r, const struct field_source *source, struct field *field)
{
    static const char *const policies[] = {"skip", "space", "doubt"};
    struct bubble_style style = {.h = 0};
    struct grid_column common;
    struct grid_columns *columns = arena_alloc(r->memory, sizeof *columns);
    if (!columns)
        return YJ_ENOMEM;
    int rc = form_read_bubble(r, source, &style);
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
