#include "import_omrchecker.h"

#include "diag.h"
#include "i18n.h"
#include "textfile.h"
#include "yamlfile.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No template has more fields or wider ranges; beyond it something is mistyped. */
#define MAX_PARTS 5000
#define MAX_OPTIONS 1000 /* of a field */
#define MAX_BAD_ENTRIES                                                                            \
    100 /* blocks, labels that are told: each may stand for thousands of fields */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* src/constants/common.py of OMRChecker: FIELD_TYPES. */
static const struct field_type {
    const char *name, *options;
    bool vertical;
} field_types[] = {
    {"QTYPE_INT", "0123456789", true}, {"QTYPE_INT_FROM_1", "1234567890", true},
    {"QTYPE_MCQ4", "ABCD", false},     {"QTYPE_MCQ5", "ABCDE", false},
    {"QTYPE_MCQ4_RTL", "DCBA", false}, {"QTYPE_MCQ5_RTL", "EDCBA", false},
};

/* Preprocessors that only change how the picture looks: our reading needs none of them. */
static const char *const filters[] = {"Levels", "GaussianBlur", "MedianBlur", "Contrast"};

/* A block of fields while it is being read. */
struct block {
    const char *name;
    const struct yaml_node *map;
    int index;
    struct point origin; /* top-left corner of the first bubble's box */
    double bubbles_gap;
    const double *labels_gaps; /* from a field to the next, n - 1 of them */
    double labels_gap;         /* where labels_gaps is NULL */
    double bubble_w, bubble_h;
    bool vertical;
    const char *const *options;
    int n_options;
    const char *empty;
};

/* The value of the first of two names: OMRChecker renamed some keys in its second version. */
static const struct yaml_node *get_renamed(const struct yaml_node *map, const char *name,
                                           const char *later)
{
    const struct yaml_node *node = yaml_get(map, name);

    return node ? node : yaml_get(map, later);
}

static const struct yaml_node *key_of(const struct yaml_node *map, const char *name)
{
    for (int i = 0; i < map->n; i++)
        if (strcmp(map->keys[i]->text, name) == 0)
            return map->keys[i];
    return map;
}

/* Tells the keys that we do not know and so leave out. */
static void warn_unknown_keys(const struct yaml *yaml, const struct yaml_node *map,
                              const char *const *known, size_t n)
{
    for (int i = 0; map && map->kind == YAML_MAP && i < map->n; i++) {
        size_t k = 0;
        while (k < n && strcmp(map->keys[i]->text, known[k]) != 0)
            k++;
        if (k == n)
            yaml_warning(yaml, map->keys[i], NULL, _("'%s' is left out: it has no counterpart"),
                         map->keys[i]->text);
    }
}

/* ---- words and ranges ---- */

static int words_add(struct arena *memory, struct omr_words *w, int *capacity, const char *word)
{
    if (w->n == *capacity) {
        int grown = *capacity ? *capacity * 2 : 16;
        const char **words = arena_alloc(memory, (size_t)grown * sizeof(*words));
        if (!words)
            return YJ_ENOMEM;
        if (w->n)
            memcpy(words, w->words, (size_t)w->n * sizeof(*words));
        w->words = words;
        *capacity = grown;
    }
    w->words[w->n++] = word;
    return 0;
}

/* "roll1..10" (or three dots): where the number starts and ends. False where it is no range. */
static bool parse_range(const char *text, size_t *ret_prefix, long *ret_first, long *ret_last)
{
    const char *dots = strstr(text, "..");
    if (!dots)
        return false;
    const char *number = dots;
    while (number > text && number[-1] >= '0' && number[-1] <= '9')
        number--;
    const char *last = dots + strspn(dots, ".");
    size_t digits = strspn(last, "0123456789");
    if (number == dots || number == text || last - dots > 3 || digits == 0 || last[digits])
        return false;
    if (dots - number > 6 || digits > 6)
        return false;
    *ret_prefix = (size_t)(number - text);
    *ret_first = strtol(number, NULL, 10);
    *ret_last = strtol(last, NULL, 10);
    return true;
}

static int parse_label(const struct yaml *yaml, const struct yaml_node *node, struct arena *memory,
                       struct omr_words *ret, int *capacity)
{
    const char *text;
    size_t prefix;
    long first, last;

    if (yaml_text(yaml, node, _("a field label"), &text) < 0)
        return YJ_EINPUT;
    if (*text == '\0')
        return yaml_error(yaml, node, NULL, _("a field label is empty"));
    if (!strchr(text, '.')) {
        const char *copy = arena_strdup(memory, text);
        return copy ? words_add(memory, ret, capacity, copy) : YJ_ENOMEM;
    }
    if (!parse_range(text, &prefix, &first, &last) || first >= last ||
        ret->n + last - first >= MAX_PARTS)
        return yaml_error(yaml, node, _("OMRChecker writes ranges as q1..20, and no other dots"),
                          _("'%s' is no range of fields"), text);
    for (long i = first; i <= last; i++) {
        const char *word = arena_printf(memory, "%.*s%ld", (int)prefix, text, i);
        int rc = word ? words_add(memory, ret, capacity, word) : YJ_ENOMEM;
        if (rc < 0)
            return rc;
    }
    return 0;
}

int omr_parse_labels(const struct yaml *yaml, const struct yaml_node *list, struct arena *memory,
                     struct omr_words *ret)
{
    struct omr_words words = {0};
    int capacity = 0, rc = 0;

    /* Evaluation files also write a single range without the brackets. */
    if (list->kind == YAML_SCALAR)
        rc = parse_label(yaml, list, memory, &words, &capacity);
    else if (list->kind != YAML_LIST || list->n == 0)
        return yaml_error(yaml, list, NULL, _("expected a list of field labels"));
    for (int i = 0; rc == 0 && list->kind == YAML_LIST && i < list->n; i++)
        rc = parse_label(yaml, list->items[i], memory, &words, &capacity);
    if (rc == 0)
        *ret = words;
    return rc;
}

/* ---- parts ---- */

int omr_find_part(const struct omr_template *t, const char *label)
{
    for (int i = 0; i < t->n_parts; i++)
        if (strcmp(t->parts[i].label, label) == 0)
            return i;
    return -1;
}

int omr_find_custom(const struct omr_template *t, const char *name)
{
    for (int i = 0; i < t->n_customs; i++)
        if (strcmp(t->customs[i].name, name) == 0)
            return i;
    return -1;
}

static int parts_add(struct omr_template *t, const struct omr_part *part)
{
    if (t->n_parts == t->parts_capacity) {
        int grown = t->parts_capacity ? t->parts_capacity * 2 : 64;
        struct omr_part *parts = arena_alloc(&t->memory, (size_t)grown * sizeof(*parts));
        if (!parts)
            return YJ_ENOMEM;
        if (t->n_parts)
            memcpy(parts, t->parts, (size_t)t->n_parts * sizeof(*parts));
        t->parts = parts;
        t->parts_capacity = grown;
    }
    t->parts[t->n_parts++] = *part;
    return 0;
}

/* ---- field blocks ---- */

static int split_options(struct omr_template *t, const char *letters, struct block *b)
{
    int n = (int)strlen(letters);
    const char **options = arena_alloc(&t->memory, (size_t)n * sizeof(*options));

    for (int i = 0; options && i < n; i++)
        if (!(options[i] = arena_printf(&t->memory, "%c", letters[i])))
            return YJ_ENOMEM;
    if (!options)
        return YJ_ENOMEM;
    b->options = options;
    b->n_options = n;
    return 0;
}

static int read_bubble_values(struct omr_template *t, const struct yaml_node *list, struct block *b)
{
    if (list->kind != YAML_LIST || list->n == 0)
        return yaml_error(t->yaml, list, NULL, _("'bubbleValues' is a list of one value or more"));
    if (list->n > MAX_OPTIONS)
        return yaml_error(t->yaml, list, NULL, _("more than %d options"), MAX_OPTIONS);
    const char **options = arena_alloc(&t->memory, (size_t)list->n * sizeof(*options));
    if (!options)
        return YJ_ENOMEM;
    for (int i = 0; i < list->n; i++) {
        if (yaml_text(t->yaml, list->items[i], _("a bubble value"), &options[i]) < 0)
            return YJ_EINPUT;
        if (options[i][0] == '\0')
            return yaml_error(t->yaml, list->items[i], NULL, _("a bubble value is empty"));
        for (int k = 0; k < i; k++)
            if (strcmp(options[k], options[i]) == 0)
                return yaml_error(t->yaml, list->items[i], NULL,
                                  _("bubble value '%s' stands twice"), options[i]);
    }
    b->options = options;
    b->n_options = list->n;
    return 0;
}

static int read_direction(struct omr_template *t, const struct yaml_node *map, struct block *b)
{
    static const char *const names[] = {"horizontal", "vertical"};
    const struct yaml_node *node = yaml_get(map, "direction");
    int direction = 1;

    if (node && yaml_name(t->yaml, node, _("direction"), names, COUNT(names), &direction) < 0)
        return YJ_EINPUT;
    b->vertical = direction == 1;
    return 0;
}

/* A type that the template itself states (OMRChecker's second version). */
static const struct yaml_node *find_custom_type(const struct omr_template *t, const char *name)
{
    return yaml_get(yaml_get(t->yaml->root, "customBubbleFieldTypes"), name);
}

static int read_field_type(struct omr_template *t, struct block *b)
{
    const struct yaml_node *node = get_renamed(b->map, "fieldType", "bubbleFieldType");
    const struct yaml_node *map = b->map;

    if (node) {
        for (size_t i = 0; i < COUNT(field_types); i++) {
            if (node->kind == YAML_SCALAR && strcmp(node->text, field_types[i].name) == 0) {
                b->vertical = field_types[i].vertical;
                return split_options(t, field_types[i].options, b);
            }
        }
        map = node->kind == YAML_SCALAR ? find_custom_type(t, node->text) : NULL;
        if (!map)
            return yaml_error(t->yaml, node,
                              _("state bubbleValues and direction in the block instead"),
                              _("unknown field type '%s'"), node->text);
    }
    const struct yaml_node *values = yaml_get(map, "bubbleValues");
    if (!values)
        return yaml_missing(t->yaml, map, "bubbleValues", _("or a fieldType such as QTYPE_MCQ4"));
    int rc = read_bubble_values(t, values, b);
    return rc < 0 ? rc : read_direction(t, map, b);
}

static int read_labels_gap(struct omr_template *t, int n_labels, struct block *b)
{
    const struct yaml_node *node = yaml_get(b->map, "labelsGap");

    if (!node)
        return n_labels == 1 ? 0 : yaml_missing(t->yaml, b->map, "labelsGap", NULL);
    if (node->kind != YAML_LIST)
        return yaml_number(t->yaml, node, "labelsGap", &b->labels_gap);
    double *gaps = arena_alloc(&t->memory, (size_t)n_labels * sizeof(*gaps));
    if (!gaps)
        return YJ_ENOMEM;
    b->labels_gaps = gaps;
    return yaml_numbers(t->yaml, node, "labelsGap", _("a gap between each two fields"), gaps,
                        n_labels - 1);
}

static int read_size(const struct yaml *yaml, const struct yaml_node *node, const char *what,
                     double *ret_w, double *ret_h)
{
    double size[2];

    if (yaml_numbers(yaml, node, what, "[w, h]", size, 2) < 0)
        return YJ_EINPUT;
    if (!(size[0] > 0 && size[1] > 0 && size[0] <= 1e6 && size[1] <= 1e6))
        return yaml_error(yaml, node, NULL, _("'%s' must be two lengths above 0"), what);
    *ret_w = size[0];
    *ret_h = size[1];
    return 0;
}

static int read_empty_value(struct omr_template *t, const struct yaml_node *map, const char **ret)
{
    const struct yaml_node *node = yaml_get(map, "emptyValue");

    if (!node)
        return 0;
    if (yaml_text(t->yaml, node, "emptyValue", ret) < 0)
        return YJ_EINPUT;
    if (**ret && strcmp(*ret, " ") != 0 && (map == t->yaml->root || strcmp(*ret, t->empty) != 0))
        yaml_warning(t->yaml, node, _("an unmarked field is empty in all our tables"),
                     _("emptyValue '%s' is not carried over"), *ret);
    return 0;
}

static int read_block_geometry(struct omr_template *t, struct block *b)
{
    const struct yaml_node *origin = yaml_get(b->map, "origin");
    const struct yaml_node *gap = yaml_get(b->map, "bubblesGap");
    const struct yaml_node *size = yaml_get(b->map, "bubbleDimensions");
    double at[2];
    int rc = 0;

    if (!origin)
        rc = yaml_missing(t->yaml, b->map, "origin", NULL);
    else if (yaml_numbers(t->yaml, origin, "origin", "[x, y]", at, 2) < 0)
        rc = YJ_EINPUT;
    else
        b->origin = (struct point){at[0], at[1]};
    if (!gap && b->n_options > 1)
        rc = yaml_missing(t->yaml, b->map, "bubblesGap", NULL);
    else if (gap && yaml_number(t->yaml, gap, "bubblesGap", &b->bubbles_gap) < 0)
        rc = YJ_EINPUT;
    if (size && read_size(t->yaml, size, "bubbleDimensions", &b->bubble_w, &b->bubble_h) < 0)
        rc = YJ_EINPUT;
    return rc;
}

/* Whether the part's bubbles are on the page; OMRChecker refuses such a block too. */
static bool part_fits(const struct omr_template *t, const struct omr_part *p)
{
    struct point last = {p->at.x + p->step.x * (p->n_options - 1),
                         p->at.y + p->step.y * (p->n_options - 1)};
    double left = fmin(p->at.x, last.x) - p->bubble_w / 2;
    double top = fmin(p->at.y, last.y) - p->bubble_h / 2;
    double right = fmax(p->at.x, last.x) + p->bubble_w / 2;
    double bottom = fmax(p->at.y, last.y) + p->bubble_h / 2;

    return left >= 0 && top >= 0 && right <= t->width && bottom <= t->height;
}

static int add_block_parts(struct omr_template *t, const struct block *b,
                           const struct yaml_node *labels, const struct omr_words *names)
{
    struct point at = {b->origin.x + b->bubble_w / 2, b->origin.y + b->bubble_h / 2};

    for (int i = 0; i < names->n; i++) {
        struct omr_part part = {.label = names->words[i],
                                .node = labels,
                                .options = b->options,
                                .n_options = b->n_options,
                                .at = at,
                                .bubble_w = b->bubble_w,
                                .bubble_h = b->bubble_h,
                                .empty = b->empty,
                                .block = b->index,
                                .custom = -1};
        *(b->vertical ? &part.step.y : &part.step.x) = b->bubbles_gap;
        if (omr_find_part(t, part.label) >= 0)
            return yaml_error(t->yaml, labels, NULL, _("field '%s' stands twice"), part.label);
        if (!part_fits(t, &part))
            return yaml_error(t->yaml, key_of(t->yaml->root, "fieldBlocks"),
                              _("correct its origin, bubblesGap or labelsGap"),
                              _("block '%s' runs off the page at field '%s'"), b->name, part.label);
        if (t->n_parts >= MAX_PARTS)
            return yaml_error(t->yaml, labels, NULL, _("more than %d fields"), MAX_PARTS);
        int rc = parts_add(t, &part);
        if (rc < 0)
            return rc;
        double gap = b->labels_gaps && i + 1 < names->n ? b->labels_gaps[i] : b->labels_gap;
        *(b->vertical ? &at.x : &at.y) += gap;
    }
    return 0;
}

/* Blocks read by other means than bubbles (OMRChecker's second version). */
static bool is_other_detection(const struct omr_template *t, const struct yaml_node *map)
{
    const struct yaml_node *node = yaml_get(map, "fieldDetectionType");

    if (!node || strcmp(node->text, "BUBBLES_THRESHOLD") == 0)
        return false;
    yaml_warning(t->yaml, node, _("add a field of kind 'barcode', 'digits' or 'text' by hand"),
                 _("a block of type '%s' is left out: only bubbles are imported"), node->text);
    return true;
}

static int read_block(struct omr_template *t, const char *name, const struct yaml_node *map,
                      int index)
{
    static const char *const known[] = {"origin",          "bubblesGap",        "labelsGap",
                                        "fieldLabels",     "fieldType",         "bubbleValues",
                                        "direction",       "bubbleDimensions",  "emptyValue",
                                        "bubbleFieldType", "fieldDetectionType"};
    struct block b = {.name = name,
                      .map = map,
                      .index = index,
                      .bubble_w = t->bubble_w,
                      .bubble_h = t->bubble_h,
                      .empty = t->empty};
    struct omr_words names = {0};

    if (map->kind != YAML_MAP)
        return yaml_error(t->yaml, map, NULL, _("block '%s' must be an object in braces"), name);
    if (is_other_detection(t, map))
        return 0;
    warn_unknown_keys(t->yaml, map, known, COUNT(known));
    const struct yaml_node *labels = yaml_get(map, "fieldLabels");
    if (!labels)
        return yaml_missing(t->yaml, map, "fieldLabels", NULL);
    int rc = omr_parse_labels(t->yaml, labels, &t->memory, &names);
    if (rc < 0 || (rc = read_field_type(t, &b)) < 0 || (rc = read_block_geometry(t, &b)) < 0 ||
        (rc = read_labels_gap(t, names.n, &b)) < 0 || (rc = read_empty_value(t, map, &b.empty)) < 0)
        return rc;
    return add_block_parts(t, &b, labels, &names);
}

static int read_blocks(struct omr_template *t)
{
    const struct yaml_node *blocks = yaml_get(t->yaml->root, "fieldBlocks");
    int rc = 0, bad = 0;

    if (!blocks)
        return yaml_missing(t->yaml, t->yaml->root, "fieldBlocks",
                            _("is this an OMRChecker template?"));
    if (blocks->kind != YAML_MAP || blocks->n == 0)
        return yaml_error(t->yaml, blocks, NULL, _("'fieldBlocks' holds no block"));
    for (int i = 0; i < blocks->n && rc != YJ_ENOMEM && bad < MAX_BAD_ENTRIES; i++) {
        int block_rc = read_block(t, blocks->keys[i]->text, blocks->items[i], i);
        rc = block_rc < 0 ? block_rc : rc;
        bad += block_rc < 0;
    }
    return rc;
}

/* ---- custom labels ---- */

static int read_custom(struct omr_template *t, int index, const struct yaml_node *key,
                       const struct yaml_node *list)
{
    struct omr_custom *c = &t->customs[index];
    struct omr_words names = {0};
    int rc = omr_parse_labels(t->yaml, list, &t->memory, &names);

    if (rc < 0)
        return rc;
    *c = (struct omr_custom){.name = key->text, .node = key};
    c->parts = arena_alloc(&t->memory, (size_t)names.n * sizeof(*c->parts));
    if (!c->parts)
        return YJ_ENOMEM;
    for (int i = 0; i < names.n; i++) {
        int part = omr_find_part(t, names.words[i]);
        if (part < 0)
            return yaml_error(t->yaml, list, _("a custom label joins fields of the field blocks"),
                              _("custom label '%s' joins '%s', which no block has"), c->name,
                              names.words[i]);
        if (t->parts[part].custom >= 0)
            return yaml_error(t->yaml, list, NULL, _("field '%s' is joined twice"), names.words[i]);
        t->parts[part].custom = index;
        c->parts[c->n_parts++] = part;
    }
    return 0;
}

static int read_customs(struct omr_template *t)
{
    const struct yaml_node *map = yaml_get(t->yaml->root, "customLabels");
    int rc = 0, bad = 0;

    if (!map || map->n == 0)
        return 0;
    if (map->kind != YAML_MAP)
        return yaml_error(t->yaml, map, NULL, _("'customLabels' must be an object in braces"));
    t->customs = arena_alloc(&t->memory, (size_t)map->n * sizeof(*t->customs));
    if (!t->customs)
        return YJ_ENOMEM;
    t->n_customs = map->n;
    for (int i = 0; i < map->n; i++)
        t->customs[i] = (struct omr_custom){.name = map->keys[i]->text, .node = map->keys[i]};
    for (int i = 0; i < map->n && rc != YJ_ENOMEM && bad < MAX_BAD_ENTRIES; i++) {
        int custom_rc = read_custom(t, i, map->keys[i], map->items[i]);
        rc = custom_rc < 0 ? custom_rc : rc;
        bad += custom_rc < 0;
    }
    for (int i = 0; rc == 0 && i < t->n_customs; i++) {
        int part = omr_find_part(t, t->customs[i].name);
        if (part >= 0 && t->parts[part].custom < 0)
            rc = yaml_error(t->yaml, t->customs[i].node, NULL,
                            _("custom label '%s' has the name of another field"),
                            t->customs[i].name);
    }
    return rc;
}

/* ---- preprocessors ---- */

/* Resolves a picture's name from the template's folder and sees to it that it can be opened. */
static int find_picture(struct omr_template *t, const struct yaml_node *node, const char **ret)
{
    const char *name, *slash = strrchr(t->path, '/');
    char *path;

    if (yaml_text(t->yaml, node, _("the picture's name"), &name) < 0)
        return YJ_EINPUT;
    if (name[0] == '/' || !slash)
        path = arena_strdup(&t->memory, name);
    else
        path = arena_printf(&t->memory, "%.*s/%s", (int)(slash - t->path), t->path, name);
    if (!path)
        return YJ_ENOMEM;
    if (access(path, R_OK) != 0)
        return yaml_error(t->yaml, node, _("put the picture where the template says"),
                          _("cannot open the picture '%s': %s"), path, strerror(errno));
    *ret = path;
    return 0;
}

/* OMRChecker tries its marker in sizes from 35 to 100 % of what the template states, or as the
 * template says; the middle of that range is the likeliest size. */
static int read_rescale_range(struct omr_template *t, const struct yaml_node *options)
{
    const struct yaml_node *node = yaml_get(options, "marker_rescale_range");
    double range[2] = {35, 100};

    if (!node)
        node = yaml_get(yaml_get(options, "tuningOptions"), "markerRescaleRange");
    if (node && read_size(t->yaml, node, "marker_rescale_range", &range[0], &range[1]) < 0)
        return YJ_EINPUT;
    t->marker_scale = sqrt(range[0] * range[1]) / 100;
    if (!(t->marker_scale >= 0.1 && t->marker_scale <= 10))
        return yaml_error(t->yaml, node, NULL, _("marker_rescale_range is in percent: [35, 100]"));
    return 0;
}

/* OMRChecker's second version states sizes in a picture of a stated size instead of a ratio. */
static int read_marker_ratio(struct omr_template *t, const struct yaml_node *options)
{
    const struct yaml_node *ratio = yaml_get(options, "sheetToMarkerWidthRatio");
    const struct yaml_node *marker = yaml_get(options, "markerDimensions");
    const struct yaml_node *shape = yaml_get(options, "processingImageShape");
    double w, h, sheet_h, sheet_w;

    t->sheet_to_marker = 17;
    if (ratio) {
        if (yaml_number(t->yaml, ratio, "sheetToMarkerWidthRatio", &t->sheet_to_marker) < 0)
            return YJ_EINPUT;
        if (!(t->sheet_to_marker >= 2 && t->sheet_to_marker <= 200))
            return yaml_error(t->yaml, ratio, NULL,
                              _("sheetToMarkerWidthRatio must be between 2 and 200"));
    } else if (marker && shape) {
        if (read_size(t->yaml, marker, "markerDimensions", &w, &h) < 0 ||
            read_size(t->yaml, shape, "processingImageShape", &sheet_h, &sheet_w) < 0)
            return YJ_EINPUT;
        t->sheet_to_marker = fmin(200, fmax(2, sheet_w / w));
    } else {
        yaml_warning(t->yaml, options, _("correct 'size' in the form"),
                     _("the marker's size is not stated: a 17th of the page's width is assumed"));
    }
    return read_rescale_range(t, options);
}

static int read_crop_on_markers(struct omr_template *t, const struct yaml_node *options)
{
    static const char *const known[] = {"relativePath",
                                        "referenceImage",
                                        "sheetToMarkerWidthRatio",
                                        "markerDimensions",
                                        "tuningOptions",
                                        "processingImageShape",
                                        "type",
                                        "apply_erode_subtract",
                                        "marker_rescale_range",
                                        "marker_rescale_steps",
                                        "max_matching_variation",
                                        "min_matching_threshold"};
    const struct yaml_node *picture = get_renamed(options, "relativePath", "referenceImage");
    const struct yaml_node *type = yaml_get(options, "type");

    if (type && strcmp(type->text, "FOUR_MARKERS") != 0)
        return yaml_error(t->yaml, type, _("describe the marks under 'registration' by hand"),
                          _("CropOnMarkers of type '%s' cannot be imported"), type->text);
    warn_unknown_keys(t->yaml, options, known, COUNT(known));
    if (!picture)
        return yaml_missing(t->yaml, options, "relativePath", _("the picture of the marker"));
    int rc = find_picture(t, picture, &t->marker);
    return rc < 0 ? rc : read_marker_ratio(t, options);
}

static int read_alignment(struct omr_template *t, const struct yaml_node *options)
{
    const struct yaml_node *picture = yaml_get(options, "reference");

    if (!picture)
        return yaml_missing(t->yaml, options, "reference", _("the picture of the blank sheet"));
    return find_picture(t, picture, &t->reference);
}

static int note_filter(struct omr_template *t, const char *name)
{
    if (strstr(t->filters, name)) /* each once, however often it runs */
        return 0;
    const char *longer =
        arena_printf(&t->memory, "%s%s%s", t->filters, *t->filters ? ", " : "", name);

    if (!longer)
        return YJ_ENOMEM;
    t->filters = longer;
    return 0;
}

static int read_preprocessor(struct omr_template *t, const struct yaml_node *map)
{
    const struct yaml_node *name = yaml_get(map, "name"), *options = yaml_get(map, "options");

    if (map->kind != YAML_MAP || !name)
        return yaml_missing(t->yaml, map, "name", _("the preprocessor's name"));
    options = options ? options : map;
    if (strcmp(name->text, "CropPage") == 0) {
        t->crop_page = true;
        return 0;
    }
    if (strcmp(name->text, "CropOnMarkers") == 0)
        return read_crop_on_markers(t, options);
    if (strcmp(name->text, "FeatureBasedAlignment") == 0)
        return read_alignment(t, options);
    for (size_t i = 0; i < COUNT(filters); i++)
        if (strcmp(name->text, filters[i]) == 0)
            return note_filter(t, filters[i]);
    yaml_warning(t->yaml, name, _("see that the form still fits: yuejuan form check --scan"),
                 _("preprocessor '%s' is left out: it has no counterpart"), name->text);
    return 0;
}

static int read_preprocessors(struct omr_template *t)
{
    const struct yaml_node *list = yaml_get(t->yaml->root, "preProcessors");
    int rc = 0;

    if (list && list->kind != YAML_LIST)
        return yaml_error(t->yaml, list, NULL, _("'preProcessors' must be a list in brackets"));
    for (int i = 0; list && i < list->n && rc != YJ_ENOMEM; i++) {
        int one = read_preprocessor(t, list->items[i]);
        rc = one < 0 ? one : rc;
    }
    return rc;
}

/* ---- the template ---- */

static int read_page(struct omr_template *t)
{
    const struct yaml_node *root = t->yaml->root;
    const struct yaml_node *page = get_renamed(root, "pageDimensions", "templateDimensions");
    const struct yaml_node *bubble = yaml_get(root, "bubbleDimensions");

    if (!page)
        return yaml_missing(t->yaml, root, "pageDimensions", _("is this an OMRChecker template?"));
    if (!bubble)
        return yaml_missing(t->yaml, root, "bubbleDimensions",
                            _("is this an OMRChecker template?"));
    if (read_size(t->yaml, page, "pageDimensions", &t->width, &t->height) < 0 ||
        read_size(t->yaml, bubble, "bubbleDimensions", &t->bubble_w, &t->bubble_h) < 0)
        return YJ_EINPUT;
    return read_empty_value(t, root, &t->empty);
}

static int template_read(struct omr_template *t)
{
    static const char *const known[] = {"pageDimensions",   "templateDimensions",
                                        "bubbleDimensions", "preProcessors",
                                        "fieldBlocks",      "customLabels",
                                        "emptyValue",       "customBubbleFieldTypes",
                                        "outputColumns",    "$schema"};
    const struct yaml_node *root = t->yaml->root;

    if (root->kind != YAML_MAP)
        return yaml_error(t->yaml, root, NULL,
                          _("this is no OMRChecker template: no object in braces"));
    int rc = read_page(t);
    if (rc < 0)
        return rc;
    warn_unknown_keys(t->yaml, root, known, COUNT(known));
    rc = read_blocks(t);
    if (rc == 0)
        rc = read_customs(t);
    /* All mistakes are told at once, those of the preprocessors too. */
    int more = rc == YJ_ENOMEM ? rc : read_preprocessors(t);
    rc = more < 0 ? more : rc;
    if (rc == 0 && t->n_parts == 0)
        rc = yaml_error(t->yaml, root, NULL, _("the template has no bubbles"));
    return rc;
}

int omr_template_load(const char *path, struct diag *d, struct omr_template **ret)
{
    struct omr_template *t = calloc(1, sizeof(*t));

    if (!t)
        return YJ_ENOMEM;
    arena_init(&t->memory);
    t->path = path;
    t->d = d;
    t->empty = "";
    t->filters = "";
    int rc = yaml_load(path, &t->yaml, d);
    if (rc == 0)
        rc = template_read(t);
    if (rc < 0)
        omr_template_destroy(t);
    else
        *ret = t;
    return rc;
}

void omr_template_destroy(struct omr_template *t)
{
    if (!t)
        return;
    yaml_destroy(t->yaml);
    arena_finish(&t->memory);
    free(t);
}

/* ---- the whole ---- */

int omr_import(const char *template_path, const struct omr_options *options, struct omr_import *ret,
               struct diag *d)
{
    struct omr_template *t = NULL;
    struct omr_import import = {0};
    int rc = omr_template_load(template_path, d, &t);

    if (rc == 0 && options->candidate && omr_find_custom(t, options->candidate) < 0 &&
        omr_find_part(t, options->candidate) < 0)
        rc = diag_error(d, YJ_EINPUT, template_path, 0, 0, NULL,
                        _("the template has no field '%s' to name the candidate"),
                        options->candidate);
    if (rc == 0 && options->key_path)
        rc = omr_key_text(t, options->key_path, &import.key);
    if (rc == 0)
        rc = omr_form_text(t, options, &import.form);
    if (rc == 0)
        *ret = import;
    else
        omr_import_finish(&import);
    omr_template_destroy(t);
    return rc;
}

void omr_import_finish(struct omr_import *import)
{
    free(import->form);
    free(import->key);
    *import = (struct omr_import){0};
}
