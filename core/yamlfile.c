/* Builds the tree from libfyaml's events: depth, nodes and aliases are bounded while reading, so
 * that a file made to break a parser costs no more than its bytes. */
#include "yamlfile.h"

#include "arena.h"
#include "diag.h"
#include "i18n.h"
#include "textfile.h"
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ANCHORS 1000

struct open_node {
    struct yaml_node *node;
    struct yaml_node *key; /* map: read, still without its value */
    int capacity;          /* of node's arrays */
};

struct anchor {
    const char *name;
    struct yaml_node *node;
};

struct builder {
    struct yaml *yaml;
    struct open_node open[YAML_MAX_DEPTH];
    int depth;
    struct yaml_node *root;
    struct anchor anchors[MAX_ANCHORS];
    int n_anchors, n_nodes;
    int line, column; /* of the last token that had a place */
};

static struct yaml_node *add_node(struct builder *b, enum yaml_kind kind, struct fy_event *event)
{
    struct yaml_node *node = arena_alloc(b->yaml->memory, sizeof *node);
    if (!node)
        return NULL;
    const struct fy_mark *mark = fy_event_start_mark(event);
    if (mark) {
        b->line = mark->line + 1;
        b->column = mark->column + 1;
    }
    *node = (struct yaml_node){.kind = kind, .line = b->line, .column = b->column, .text = ""};
    return node;
}

/* An array in the arena that has room for one more; the old one stays behind in the arena. */
static struct yaml_node **grown(struct builder *b, struct yaml_node **old, int n, int capacity)
{
    struct yaml_node **larger = arena_alloc(b->yaml->memory, (size_t)capacity * sizeof(*larger));
    if (larger && n)
        memcpy(larger, old, (size_t)n * sizeof(*larger));
    return larger;
}

static int make_room(struct builder *b, struct open_node *open)
{
    struct yaml_node *node = open->node;
    if (node->n < open->capacity)
        return 0;
    int capacity = open->capacity ? open->capacity * 2 : 8;
    struct yaml_node **items = grown(b, node->items, node->n, capacity);
    struct yaml_node **keys =
        node->kind == YAML_MAP ? grown(b, node->keys, node->n, capacity) : NULL;
    if (!items || (node->kind == YAML_MAP && !keys))
        return YJ_ENOMEM;
    node->items = items;
    node->keys = keys;
    open->capacity = capacity;
    return 0;
}

/* Hangs a node where the parser stands: the root, an item, a key or a key's value. */
static int attach(struct builder *b, struct yaml_node *node)
{
    if (b->depth == 0) {
        b->root = node;
        return 0;
    }
    struct open_node *open = &b->open[b->depth - 1];
    if (open->node->kind == YAML_MAP && !open->key) {
        if (node->kind != YAML_SCALAR)
            return yaml_error(b->yaml, node, _("quote a key that begins with a bracket"),
                              _("a list or mapping cannot be a key"));
        open->key = node;
        return 0;
    }
    int rc = make_room(b, open);
    if (rc < 0)
        return rc;
    if (open->node->kind == YAML_MAP)
        open->node->keys[open->node->n] = open->key;
    open->key = NULL;
    open->node->items[open->node->n++] = node;
    return 0;
}

static int keep_anchor(struct builder *b, struct fy_token *token, struct yaml_node *node)
{
    if (!token)
        return 0;
    if (b->n_anchors == MAX_ANCHORS)
        return yaml_error(b->yaml, node, NULL, _("more than %d anchors"), MAX_ANCHORS);
    size_t length;
    const char *name = fy_token_get_text(token, &length);
    struct anchor *anchor = &b->anchors[b->n_anchors];
    anchor->name = name ? arena_strndup(b->yaml->memory, name, length) : NULL;
    if (!anchor->name)
        return YJ_ENOMEM;
    anchor->node = node;
    b->n_anchors++;
    return 0;
}

/* Values that a node holds with itself, an alias as many as what it names; not counted on beyond
 * `most`. */
static int count_values(const struct yaml_node *node, int most)
{
    int n = 1;
    for (int i = 0; i < node->n && n <= most; i++)
        n += (node->kind == YAML_MAP) + count_values(node->items[i], most - n);
    return n;
}

static int tell_too_many(const struct builder *b)
{
    return diag_error(b->yaml->d, YJ_EINPUT, b->yaml->name, b->line, b->column, NULL,
                      _("more than %d values"), YAML_MAX_NODES);
}

static int add_alias(struct builder *b, struct fy_event *event)
{
    size_t length = 0;
    const char *name = fy_token_get_text(event->alias.anchor, &length);
    struct yaml_node *here = add_node(b, YAML_SCALAR, event);
    if (!name || !here)
        return YJ_ENOMEM;
    /* Later anchors hide earlier ones of the same name. */
    for (int i = b->n_anchors - 1; i >= 0; i--) {
        struct yaml_node *target = b->anchors[i].node;
        if (strlen(b->anchors[i].name) != length || memcmp(b->anchors[i].name, name, length) != 0)
            continue;
        for (int k = 0; k < b->depth; k++)
            if (b->open[k].node == target)
                return yaml_error(b->yaml, here, NULL, _("'*%.*s' stands inside itself"),
                                  (int)length, name);
        /* A few bytes that stand for thousands of values are read as so many. */
        b->n_nodes += count_values(target, YAML_MAX_NODES - b->n_nodes) - 1;
        return b->n_nodes > YAML_MAX_NODES ? tell_too_many(b) : attach(b, target);
    }
    return yaml_error(b->yaml, here, NULL, _("nothing before is called '&%.*s'"), (int)length,
                      name);
}

/* Beside tabs and line ends. */
static bool has_control(const char *text)
{
    for (; *text; text++)
        if (text_control_length(text) && *text != '\t' && *text != '\n' && *text != '\r')
            return true;
    return false;
}

static int add_scalar(struct builder *b, struct fy_event *event)
{
    struct yaml_node *node = add_node(b, YAML_SCALAR, event);
    if (!node)
        return YJ_ENOMEM;
    if (event->scalar.value) {
        size_t length = 0;
        const char *text = fy_token_get_text(event->scalar.value, &length);
        node->quoted = fy_token_scalar_style(event->scalar.value) != FYSS_PLAIN;
        node->text = text ? arena_strndup(b->yaml->memory, text, length) : NULL;
        if (!node->text)
            return YJ_ENOMEM;
        if (strlen(node->text) != length)
            return yaml_error(b->yaml, node, NULL, _("a zero character in the text"));
        if (has_control(node->text)) /* an escape in quotes: the file's own were told before */
            return yaml_error(b->yaml, node, NULL, _("a control character in the text"));
    }
    int rc = keep_anchor(b, event->scalar.anchor, node);
    return rc < 0 ? rc : attach(b, node);
}

static int open_collection(struct builder *b, struct fy_event *event, enum yaml_kind kind)
{
    struct yaml_node *node = add_node(b, kind, event);
    if (!node)
        return YJ_ENOMEM;
    node->flow = fy_event_get_node_style(event) == FYNS_FLOW;
    if (b->depth == YAML_MAX_DEPTH)
        return yaml_error(b->yaml, node, NULL, _("more than %d lists inside each other"),
                          YAML_MAX_DEPTH);
    int rc = keep_anchor(
        b, kind == YAML_MAP ? event->mapping_start.anchor : event->sequence_start.anchor, node);
    if (rc == 0)
        rc = attach(b, node);
    if (rc == 0)
        b->open[b->depth++] = (struct open_node){.node = node};
    return rc;
}

static int compare_keys(const void *a, const void *b)
{
    const struct yaml_node *x = *(struct yaml_node *const *)a, *y = *(struct yaml_node *const *)b;
    int order = strcmp(x->text, y->text);
    if (order)
        return order;
    return x->line != y->line ? (x->line > y->line) - (x->line < y->line)
                              : (x->column > y->column) - (x->column < y->column);
}

/* Tells a key that stands twice and goes on: what else is wrong is told too. */
static int check_duplicates(struct builder *b, const struct yaml_node *map)
{
    if (map->n < 2)
        return 0;
    struct yaml_node **sorted = malloc((size_t)map->n * sizeof(*sorted));
    if (!sorted)
        return YJ_ENOMEM;
    memcpy(sorted, map->keys, (size_t)map->n * sizeof(*sorted));
    qsort(sorted, (size_t)map->n, sizeof(*sorted), compare_keys);
    for (int i = 1; i < map->n; i++)
        if (strcmp(sorted[i]->text, sorted[i - 1]->text) == 0)
            yaml_error(b->yaml, sorted[i], NULL, _("'%s' stands twice, first on line %d"),
                       sorted[i]->text, sorted[i - 1]->line);
    free(sorted);
    return 0;
}

static int take_event(struct builder *b, struct fy_event *event)
{
    switch (event->type) {
    case FYET_SCALAR:
    case FYET_ALIAS:
    case FYET_MAPPING_START:
    case FYET_SEQUENCE_START:
        if (++b->n_nodes > YAML_MAX_NODES)
            return tell_too_many(b);
        break;
    default:
        break;
    }
    switch (event->type) {
    case FYET_DOCUMENT_START:
        if (b->root)
            return diag_error(b->yaml->d, YJ_EINPUT, b->yaml->name, b->line + 1, 1,
                              _("write one document a file"), _("a second document begins"));
        return 0;
    case FYET_SCALAR:
        return add_scalar(b, event);
    case FYET_ALIAS:
        return add_alias(b, event);
    case FYET_MAPPING_START:
        return open_collection(b, event, YAML_MAP);
    case FYET_SEQUENCE_START:
        return open_collection(b, event, YAML_LIST);
    case FYET_MAPPING_END:
        return check_duplicates(b, b->open[--b->depth].node);
    case FYET_SEQUENCE_END:
        b->depth--;
        return 0;
    default:
        return 0;
    }
}

/* The parser notices a bracket that is never closed only where it can go no further. */
static int tell_syntax(const struct builder *b, struct fy_diag *collected)
{
    char hint[160];
    const char *opened = NULL;
    for (int i = 0; i < b->depth && !opened; i++)
        if (b->open[i].node->flow) {
            snprintf(hint, sizeof hint, _("is the bracket opened at line %d, column %d closed?"),
                     b->open[i].node->line, b->open[i].node->column);
            opened = hint;
        }
    void *iterator = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(collected, &iterator);
    if (!error)
        return diag_error(b->yaml->d, YJ_EINPUT, b->yaml->name, b->line, b->column, opened,
                          _("the YAML cannot be read"));
    return diag_error(b->yaml->d, YJ_EINPUT, b->yaml->name, error->line, error->column, opened,
                      "%s", error->msg);
}

static int read_events(struct builder *b, struct fy_parser *parser, struct fy_diag *collected)
{
    int rc = 0;
    struct fy_event *event;
    while (rc == 0 && (event = fy_parser_parse(parser))) {
        rc = take_event(b, event);
        fy_parser_event_free(parser, event);
    }
    if (rc == 0 && (fy_parser_get_stream_error(parser) || fy_diag_got_error(collected)))
        rc = tell_syntax(b, collected);
    if (rc == 0 && (!b->root || yaml_is_null(b->root)))
        rc = diag_error(b->yaml->d, YJ_EINPUT, b->yaml->name, 0, 0, NULL, _("'%s' is empty"),
                        b->yaml->name);
    return rc;
}

/* The parser's own words beside its collected errors; what matters is told through the diagnostic.
 */
static void drop_output(struct fy_diag *collected, void *user, const char *text, size_t length)
{
    (void)collected;
    (void)user;
    (void)text;
    (void)length;
}

static int build_tree(struct yaml *yaml, const char *text, size_t size)
{
    int rc = YJ_ENOMEM;
    struct fy_parser *parser = NULL;
    struct builder *b = calloc(1, sizeof *b);
    struct fy_diag_cfg quiet;
    fy_diag_cfg_default(&quiet);
    quiet.fp = NULL;
    quiet.output_fn = drop_output;
    struct fy_diag *collected = fy_diag_create(&quiet);
    if (!b || !collected)
        goto finish;
    *b = (struct builder){.yaml = yaml, .line = 1, .column = 1};
    fy_diag_set_collect_errors(collected, true);
    const struct fy_parse_cfg config = {
        .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE | FYPCF_DISABLE_MMAP_OPT,
        .diag = collected,
    };
    parser = fy_parser_create(&config);
    if (!parser || fy_parser_set_string(parser, text, size) != 0)
        goto finish;
    rc = read_events(b, parser, collected);
    yaml->root = b->root;
finish:
    fy_parser_destroy(parser);
    fy_diag_destroy(collected);
    free(b);
    return rc;
}

int yaml_parse(const char *text, size_t size, const char *name, struct yaml **ret_yaml,
               struct diag *d)
{
    if (size > YAML_MAX_SIZE)
        return diag_error(d, YJ_EINPUT, name, 0, 0, NULL, _("'%s' is larger than %u MB"), name,
                          YAML_MAX_SIZE >> 20);
    int rc = text_check(text, size, name, d);
    if (rc < 0)
        return rc;
    struct diag own; /* duplicate keys are told without stopping: their number says it failed */
    diag_init(&own);
    size_t before = d ? d->errors : 0;
    struct yaml *yaml = calloc(1, sizeof *yaml);
    rc = YJ_ENOMEM;
    if (!yaml)
        goto finish;
    yaml->d = d ? d : &own;
    yaml->name = strdup(name);
    yaml->memory = calloc(1, sizeof *yaml->memory);
    if (!yaml->name || !yaml->memory)
        goto finish;
    arena_init(yaml->memory);
    size_t mark = text_mark_size(text, size);
    rc = build_tree(yaml, text + mark, size - mark);
    if (rc == 0 && yaml->d->errors > before)
        rc = YJ_EINPUT;
    if (rc == 0) {
        yaml->d = d;
        *ret_yaml = yaml;
        yaml = NULL;
    }
finish:
    yaml_destroy(yaml);
    diag_finish(&own);
    return rc;
}

int yaml_load(const char *path, struct yaml **ret_yaml, struct diag *d)
{
    char *text;
    size_t size;
    int rc = text_load(path, &text, &size, d);
    if (rc < 0)
        return rc;
    rc = yaml_parse(text, size, path, ret_yaml, d);
    free(text);
    return rc;
}

void yaml_destroy(struct yaml *yaml)
{
    if (!yaml)
        return;
    if (yaml->memory)
        arena_finish(yaml->memory);
    free(yaml->memory);
    free(yaml->name);
    free(yaml);
}
