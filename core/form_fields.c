/* Unfolds the list of fields: one map is a field, or a block of fields that are copies of the
 * first, each moved to its place, save those that `except` reads anew. */
#include "form_reader.h"

#include "diag.h"
#include "i18n.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define N_ITEMS(array) (sizeof(array) / sizeof *(array))
#define MAX_KEYS 24
#define MAX_BAD_ENTRIES                                                                            \
    200 /* of the list of fields that are told: each may stand for a thousand                      \
         */

static const char *const kinds[] = {"choice", "grid",    "digits", "letters",
                                    "text",   "barcode", "region", "strip"};

/* Keys of a kind, beyond name, kind and page. */
static const char *const kind_keys[][8] = {
    [FIELD_CHOICE] = {"options", "at", "option_step", "multiple", "per_line", "line_step",
                      "bubble"},
    [FIELD_GRID] = {"options", "at", "option_step", "columns", "column_step", "bubble", "blank",
                    "same_as"},
    [FIELD_DIGITS] = {"boxes", "at", "size", "box_step", "area", "signs", "maximum", "same_as"},
    [FIELD_LETTERS] = {"boxes", "at", "size", "box_step", "options", "same_as"},
    [FIELD_TEXT] = {"boxes", "at", "size", "box_step", "area", "print", "expect", "same_as"},
    [FIELD_BARCODE] = {"area", "same_as"},
    [FIELD_REGION] = {"area"},
    [FIELD_STRIP] = {"points", "maximum", "at", "size", "box_step", "per_line", "line_step"},
};
static const char *const block_keys[] = {"step", "group", "per_column", "column_step", "except"};

const struct yaml_node *field_source_get(const struct field_source *source, const char *key)
{
    for (int i = source->n_overrides - 1; i >= 0; i--) {
        const struct yaml_node *node = yaml_get(source->overrides[i], key);
        if (node)
            return node;
    }
    return yaml_get(source->map, key);
}

static bool has_boxes(enum field_kind kind)
{
    return kind == FIELD_DIGITS || kind == FIELD_LETTERS || kind == FIELD_TEXT ||
           kind == FIELD_STRIP;
}

static bool is_block_key(const char *key)
{
    for (size_t i = 0; i < N_ITEMS(block_keys); i++)
        if (strcmp(key, block_keys[i]) == 0)
            return true;
    return false;
}

static size_t gather_keys(enum field_kind kind, bool block, const char **keys)
{
    size_t n = 0;
    for (size_t i = 0; i < N_ITEMS(kind_keys[kind]) && kind_keys[kind][i]; i++)
        keys[n++] = kind_keys[kind][i];
    if (!block && has_boxes(kind))
        keys[n++] = "step";
    for (size_t i = 0; block && i < N_ITEMS(block_keys); i++)
        /* A grid's column_step leads from character to character. */
        if (kind != FIELD_GRID ||
            (strcmp(block_keys[i], "per_column") != 0 && strcmp(block_keys[i], "column_step") != 0))
            keys[n++] = block_keys[i];
    return n;
}

/* A key that would be right in a block is told as such, not as a typo. */
static int check_field_keys(const struct form_reader *r, const struct yaml_node *map,
                            enum field_kind kind, bool block)
{
    const char *keys[MAX_KEYS];
    size_t n = gather_keys(kind, block, keys);
    keys[n++] = block ? "fields" : "field";
    keys[n++] = "kind";
    keys[n++] = "page";
    int rc = 0;
    for (int i = 0; i < map->n && !block; i++) {
        bool known = false;
        for (size_t k = 0; k < n; k++)
            known |= strcmp(keys[k], map->keys[i]->text) == 0;
        if (known || !is_block_key(map->keys[i]->text))
            continue;
        rc = yaml_error(r->yaml, map->keys[i], _("write 'fields' instead of 'field'"),
                        _("'%s' is for a block of fields"), map->keys[i]->text);
        keys[n++] = map->keys[i]->text; /* told: not once more below */
        if (n == MAX_KEYS)
            break;
    }
    if (block && kind == FIELD_GRID && yaml_get(map, "per_column")) {
        rc = yaml_error(r->yaml, yaml_get(map, "per_column"),
                        _("write a block for each column of grids"),
                        _("'per_column' is not for grids: their 'column_step' leads from "
                          "character to character"));
        keys[n++] = "per_column";
    }
    return yaml_check_keys(r->yaml, map, keys, n) < 0 ? YJ_EINPUT : rc;
}

/* ---- where a block's fields stand ---- */

struct block_layout {
    struct point step, column_step;
    int per_column, group; /* group 0: none */
    double gap;
};

static int read_group(const struct form_reader *r, const struct yaml_node *map,
                      struct block_layout *layout)
{
    static const char *const keys[] = {"size", "gap"};
    const struct yaml_node *size = yaml_get(map, "size"), *gap = yaml_get(map, "gap");
    long n = 0;
    int rc = yaml_check_keys(r->yaml, map, keys, N_ITEMS(keys));
    if (map->kind != YAML_MAP)
        return rc;
    if (!size ? yaml_missing(r->yaml, map, "size", _("how many fields stand together")) < 0
              : yaml_integer(r->yaml, size, "size", 1, FORM_MAX_BLOCK, &n) < 0)
        rc = YJ_EINPUT;
    if (!gap ? yaml_missing(r->yaml, map, "gap", _("how much more stands between groups, mm")) < 0
             : yaml_number(r->yaml, gap, "gap", &layout->gap) < 0)
        rc = YJ_EINPUT;
    layout->group = (int)n;
    return rc;
}

static int read_columns_of_block(const struct form_reader *r, const struct yaml_node *map, int n,
                                 struct block_layout *layout)
{
    const struct yaml_node *per = yaml_get(map, "per_column"), *step = yaml_get(map, "column_step");
    long per_column = n;
    int rc = 0;
    if (per && yaml_integer(r->yaml, per, "per_column", 1, FORM_MAX_BLOCK, &per_column) < 0)
        rc = YJ_EINPUT;
    if (step ? form_read_step(r, step, "column_step", false, &layout->column_step) < 0
             : per_column < n &&
                   yaml_missing(r->yaml, map, "column_step", _("from a column to the next")) < 0)
        rc = YJ_EINPUT;
    if (step && !per)
        rc = yaml_missing(r->yaml, map, "per_column", _("how many fields a column has"));
    layout->per_column = (int)per_column;
    return rc;
}

static int read_block_layout(const struct form_reader *r, const struct yaml_node *map,
                             enum field_kind kind, int n, struct block_layout *layout)
{
    *layout = (struct block_layout){.per_column = n};
    int rc = kind == FIELD_GRID ? 0 : read_columns_of_block(r, map, n, layout);
    const struct yaml_node *node = yaml_get(map, "step");
    if (node ? form_read_step(r, node, "step", true, &layout->step) < 0
             : n > 1 && layout->per_column > 1 &&
                   yaml_missing(r->yaml, map, "step", _("from a field to the next, [x, y]")) < 0)
        rc = YJ_EINPUT;
    node = yaml_get(map, "group");
    if (node && read_group(r, node, layout) < 0)
        rc = YJ_EINPUT;
    return rc;
}

/* How far field i of the block stands from the first. */
static struct point block_offset(const struct block_layout *layout, int i)
{
    int column = i / layout->per_column, row = i % layout->per_column;
    struct point at = {column * layout->column_step.x + row * layout->step.x,
                       column * layout->column_step.y + row * layout->step.y};
    double length = hypot(layout->step.x, layout->step.y);
    if (layout->group && length > 0) {
        double more = row / layout->group * layout->gap / length;
        at.x += more * layout->step.x;
        at.y += more * layout->step.y;
    }
    return at;
}

/* ---- exceptions of a block ---- */

struct exception_entry {
    const struct yaml_node *key, *map;
    char **names;
    int n_names;
    bool failed;
};

static bool entry_names(const struct exception_entry *entry, const char *name)
{
    for (int i = 0; i < entry->n_names; i++)
        if (strcmp(entry->names[i], name) == 0)
            return true;
    return false;
}

static int check_exception(struct form_reader *r, struct exception_entry *entry,
                           enum field_kind kind, char *const *names, int n)
{
    const char *keys[MAX_KEYS];
    size_t n_keys = gather_keys(kind, false, keys);
    if (has_boxes(kind)) /* here too `step` would be read as the block's */
        n_keys--;
    int rc = yaml_check_keys(r->yaml, entry->map, keys, n_keys);
    for (int i = 0; i < entry->n_names; i++) {
        bool found = false;
        for (int k = 0; k < n && !found; k++)
            found = strcmp(entry->names[i], names[k]) == 0;
        if (!found) {
            rc = yaml_error(r->yaml, entry->key, NULL, _("'%s' is no field of this block"),
                            entry->names[i]);
            break;
        }
    }
    return rc;
}

static int read_exceptions(struct form_reader *r, const struct yaml_node *map, enum field_kind kind,
                           char *const *names, int n, struct exception_entry **ret_entries,
                           int *ret_n)
{
    if (map->kind != YAML_MAP)
        return yaml_error(r->yaml, map, _("write 'except: {q7: {options: ABCDE}}'"),
                          _("'except' is a mapping of names to what differs"));
    struct exception_entry *entries = arena_alloc(r->memory, (size_t)map->n * sizeof(*entries));
    if (!entries)
        return YJ_ENOMEM;
    int bad = 0, named = 0;
    for (int i = 0; i < map->n; i++) {
        struct exception_entry *entry = &entries[i];
        *entry = (struct exception_entry){.key = map->keys[i], .map = map->items[i]};
        int rc = form_expand_name(r, entry->key, &entry->names, &entry->n_names);
        if (rc == 0)
            rc = check_exception(r, entry, kind, names, n);
        if (rc == YJ_ENOMEM)
            return rc;
        entry->failed = rc < 0;
        bad = rc < 0 ? rc : bad;
        named += entry->n_names;
        if (named > FORM_MAX_OVERRIDES * n) /* of some field, then: each is looked for in all */
            return yaml_error(
                r->yaml, entry->key, NULL, _("more than %d entries of 'except' speak of '%s'"),
                FORM_MAX_OVERRIDES, entry->names ? entry->names[0] : entry->key->text);
    }
    *ret_entries = entries;
    *ret_n = map->n;
    return bad;
}

/* ---- fields into the form ---- */

static int add_field(struct form_reader *r, const struct yaml_node *where,
                     const struct field *field)
{
    struct form *form = r->form;
    if (form->n_fields == FORM_MAX_FIELDS)
        return yaml_error(r->yaml, where, NULL, _("more than %d fields"), FORM_MAX_FIELDS);
    if (form->n_fields == r->fields_capacity) {
        int larger = r->fields_capacity ? r->fields_capacity * 2 : 64;
        struct field *fields = arena_alloc(r->memory, (size_t)larger * sizeof(*fields));
        if (!fields)
            return YJ_ENOMEM;
        if (form->n_fields)
            memcpy(fields, form->fields, (size_t)form->n_fields * sizeof(*fields));
        form->fields = fields;
        r->fields_capacity = larger;
    }
    form->fields[form->n_fields++] = *field;
    r->n_bubbles += field->n_bubbles;
    return 0;
}

static void move_rect(struct rect *rect, struct point by)
{
    rect->x += by.x;
    rect->y += by.y;
}

/* Gives `field`, a copy of another, bubbles and boxes of its own, moved. */
static int move_field(struct form_reader *r, const struct yaml_node *where, struct field *field,
                      struct point by)
{
    if (field->n_bubbles + r->n_bubbles > FORM_MAX_BUBBLES)
        return yaml_error(r->yaml, where, NULL, _("more than %d bubbles in the form"),
                          FORM_MAX_BUBBLES);
    struct bubble *bubbles = arena_alloc(r->memory, (size_t)field->n_bubbles * sizeof(*bubbles));
    struct rect *boxes = arena_alloc(r->memory, (size_t)field->n_boxes * sizeof(*boxes));
    if (!bubbles || !boxes)
        return YJ_ENOMEM;
    for (int i = 0; i < field->n_bubbles; i++) {
        bubbles[i] = field->bubbles[i];
        move_rect(&bubbles[i].box, by);
    }
    for (int i = 0; i < field->n_boxes; i++) {
        boxes[i] = field->boxes[i];
        move_rect(&boxes[i], by);
    }
    field->bubbles = field->n_bubbles ? bubbles : NULL;
    field->boxes = field->n_boxes ? boxes : NULL;
    if (field->area.w > 0)
        move_rect(&field->area, by);
    return 0;
}

/* Reads the exceptions of one field over the block's design. A wrong entry is told once, though it
 * may speak of many fields. */
static int apply_exceptions(struct form_reader *r, const struct yaml_node *map,
                            struct exception_entry *entries, int n_entries, struct field *field,
                            bool *ret_placed)
{
    struct field_source source = {.map = map, .block = true};
    bool failed = false;
    for (int i = 0; i < n_entries; i++) {
        if (!entry_names(&entries[i], field->name))
            continue;
        if (source.n_overrides == FORM_MAX_OVERRIDES)
            return yaml_error(r->yaml, entries[i].key, NULL,
                              _("more than %d entries of 'except' speak of '%s'"),
                              FORM_MAX_OVERRIDES, field->name);
        failed |= entries[i].failed;
        source.overrides[source.n_overrides++] = entries[i].map;
    }
    if (source.n_overrides == 0 || failed)
        return 0;
    struct field fresh = {.name = field->name,
                          .kind = field->kind,
                          .page = field->page,
                          .line = field->line,
                          .column = field->column,
                          .n_columns = 1};
    int rc = form_read_design(r, &source, &fresh);
    if (rc < 0) {
        for (int i = 0; i < n_entries; i++)
            entries[i].failed |= entry_names(&entries[i], field->name);
        return rc;
    }
    *field = fresh;
    for (int i = 0; i < source.n_overrides; i++)
        *ret_placed |= yaml_get(source.overrides[i], "at") || yaml_get(source.overrides[i], "area");
    return 0;
}

static int unfold_block(struct form_reader *r, const struct yaml_node *map,
                        const struct field *first, char *const *names, int n)
{
    struct block_layout layout;
    struct exception_entry *entries = NULL;
    int n_entries = 0;
    bool sound = first->area.w > 0;
    int rc = read_block_layout(r, map, first->kind, n, &layout);
    const struct yaml_node *except = yaml_get(map, "except");
    int got = except ? read_exceptions(r, except, first->kind, names, n, &entries, &n_entries) : 0;
    if (got == YJ_ENOMEM)
        return got;
    bool laid_out = rc == 0;
    rc = got < 0 ? got : rc;
    for (int i = 0; i < n; i++) {
        struct field field = *first;
        bool placed = false;
        field.name = names[i];
        got = sound ? apply_exceptions(r, map, entries, n_entries, &field, &placed) : 0;
        if (got == 0 && laid_out)
            got = move_field(r, map, &field,
                             placed ? (struct point){0, 0} : block_offset(&layout, i));
        else if (!laid_out)
            field.area = (struct rect){0}; /* where it stands is unknown: not checked further */
        if (got == YJ_ENOMEM)
            return got;
        rc = got < 0 ? got : rc;
        got = add_field(r, map, &field);
        if (got < 0)
            return got;
    }
    return rc;
}

static int read_page_number(const struct form_reader *r, const struct yaml_node *map, int *ret_page)
{
    const struct yaml_node *node = yaml_get(map, "page");
    long page = 1;
    *ret_page = 0;
    if (!node)
        return 0;
    int rc = yaml_integer(r->yaml, node, "page", 1, FORM_MAX_PAGES, &page);
    if (rc == 0 && page > r->form->n_pages)
        rc = yaml_error(r->yaml, node, _("list the pages under 'pages'"),
                        _("page %ld of a form of %d"), page, r->form->n_pages);
    if (rc == 0)
        *ret_page = (int)page - 1;
    return rc;
}

/* Without a kind a key may be any kind's. */
static int check_keys_of_no_kind(const struct form_reader *r, const struct yaml_node *map)
{
    const char *keys[N_ITEMS(kinds) * N_ITEMS(kind_keys[0]) + N_ITEMS(block_keys) + 4] = {
        "field", "fields", "kind", "page"};
    size_t n = 4;
    for (size_t i = 0; i < N_ITEMS(block_keys); i++)
        keys[n++] = block_keys[i];
    for (size_t kind = 0; kind < N_ITEMS(kinds); kind++)
        for (size_t i = 0; i < N_ITEMS(kind_keys[kind]) && kind_keys[kind][i]; i++)
            keys[n++] = kind_keys[kind][i];
    return yaml_check_keys(r->yaml, map, keys, n);
}

/* The kind, whose keys then are known; without it nothing of the field can be read. */
static int read_kind(const struct form_reader *r, const struct yaml_node *map,
                     enum field_kind *ret_kind)
{
    const struct yaml_node *node = yaml_get(map, "kind");
    int kind;
    if (!node) {
        check_keys_of_no_kind(r, map);
        return yaml_missing(r->yaml, map, "kind", _("write 'kind: choice'"));
    }
    int rc = yaml_name(r->yaml, node, "kind", kinds, N_ITEMS(kinds), &kind);
    if (rc == 0)
        *ret_kind = (enum field_kind)kind;
    return rc;
}

static int read_field_names(struct form_reader *r, const struct yaml_node *map, char ***ret_names,
                            int *ret_n, bool *ret_block)
{
    const struct yaml_node *one = yaml_get(map, "field"), *many = yaml_get(map, "fields");
    if (map->kind != YAML_MAP)
        return yaml_error(r->yaml, map, _("begin it with '- field: name'"), _("this is no field"));
    if (one && many)
        return yaml_error(r->yaml, many, NULL, _("write 'field' or 'fields', not both"));
    if (!one && !many)
        return yaml_missing(r->yaml, map, "field", _("write its name, 'field: number'"));
    *ret_block = many != NULL;
    if (many)
        return form_read_names(r, many, ret_names, ret_n);
    int rc = form_expand_name(r, one, ret_names, ret_n);
    if (rc == 0 && *ret_n > 1)
        rc = yaml_error(r->yaml, one, _("write 'fields' instead of 'field'"),
                        _("'%s' names several fields"), one->text);
    return rc;
}

/* One field; or a block of unknown kind, of which the names at least are known. */
static int add_named(struct form_reader *r, const struct yaml_node *map, struct field *field,
                     char *const *names, int n)
{
    int rc = 0;
    for (int i = 0; i < n && rc == 0; i++) {
        field->name = names[i];
        rc = add_field(r, map, field);
    }
    return rc;
}

static int read_one(struct form_reader *r, const struct yaml_node *map)
{
    struct field field = {.line = map->line, .column = map->column, .n_columns = 1};
    char **names;
    int n;
    struct field_source source = {.map = map};
    int rc = read_field_names(r, map, &names, &n, &source.block);
    if (rc < 0)
        return rc;
    field.name = names[0];
    int bad = read_kind(r, map, &field.kind);
    bool known = bad == 0;
    if (known) {
        bad = check_field_keys(r, map, field.kind, source.block);
        if (read_page_number(r, map, &field.page) < 0)
            bad = YJ_EINPUT;
        rc = form_read_design(r, &source, &field);
    }
    if (rc == YJ_ENOMEM)
        return rc;
    if (rc < 0) /* where it stands is unknown: not checked further */
        field.area = (struct rect){0};
    bad = rc < 0 ? rc : bad;
    if (known && source.block)
        rc = unfold_block(r, map, &field, names, n);
    else
        rc = add_named(r, map, &field, names, n);
    return rc < 0 ? rc : bad;
}

int form_read_fields(struct form_reader *r, const struct yaml_node *list)
{
    if (list->kind != YAML_LIST || list->n == 0)
        return yaml_error(r->yaml, list, _("begin each with '- field: name'"),
                          _("'fields' is a list of fields"));
    int bad = 0, n_bad = 0;
    for (int i = 0; i < list->n && n_bad < MAX_BAD_ENTRIES; i++) {
        int rc = read_one(r, list->items[i]);
        if (rc == YJ_ENOMEM || (rc < 0 && r->form->n_fields == FORM_MAX_FIELDS))
            return rc;
        bad = rc < 0 ? rc : bad;
        n_bad += rc < 0;
    }
    return bad;
}
