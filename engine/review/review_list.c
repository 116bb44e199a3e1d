#include "review.h"

#include "answer_groups.h"
#include "diag.h"
#include "i18n.h"
#include "page_fields.h"
#include "page_words.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As crop.h cuts and ink.h looks: the margin around the area, and what the printed edge takes. */
#define MARGIN 2.0 /* mm */
#define INSET_SHARE 0.15
#define INSET_MAX 1.5 /* mm */

struct loader {
    struct review_list *list;
    const struct exam *exam;
    const struct review_filter *filter;
    const struct asked_fields *asked; /* NULL: whatever it is */
};

static int out_of_memory(struct diag *d)
{
    return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
}

const char *review_wait_name(enum review_wait wait)
{
    static const char *const names[] = {
        [WAIT_FIRST] = "first", [WAIT_SECOND] = "second", [WAIT_DIFFER] = "differ"};

    return names[wait];
}

/* ---- loading ---- */

static bool is_wanted(const struct loader *l, const struct stored_doubt *doubt)
{
    const struct review_filter *f = l->filter;
    const struct field *field = &l->exam->forms[doubt->form].form->fields[doubt->field];

    if (f->field && strcmp(f->field, field->name) != 0)
        return false;
    if (f->candidate && strcmp(f->candidate, doubt->candidate) != 0)
        return false;
    if (f->all || doubt->n_entries > 0 || field->kind == FIELD_REGION)
        return true;
    return doubt->status == READING_UNCERTAIN &&
           (!field_is_handwritten(field) || l->asked->asked[doubt->form][doubt->field] ||
            page_words_contradict(l->exam, field, doubt->candidate, doubt->value,
                                  doubt->confidence));
}

static int copy_crop(struct arena *memory, const struct crop *crop, struct crop *ret)
{
    uint8_t *bytes;

    if (!crop->deflated)
        return 0;
    bytes = arena_alloc(memory, crop->size + 1);
    if (!bytes)
        return YJ_ENOMEM;
    memcpy(bytes, crop->deflated, crop->size);
    *ret = *crop;
    ret->deflated = bytes;
    return 0;
}

static int add_item(struct review_list *list, const struct exam *exam,
                    const struct stored_doubt *doubt)
{
    if (list->n == list->capacity) {
        int larger = list->capacity ? 2 * list->capacity : 64;
        void *grown = realloc(list->items, (size_t)larger * sizeof *list->items);
        if (!grown)
            return YJ_ENOMEM;
        list->items = grown;
        list->capacity = larger;
    }
    const struct form *form = exam->forms[doubt->form].form;
    /* Pages of a scan share its path. */
    const char *before = list->n ? list->items[list->n - 1].scan : "";
    struct arena *memory = &list->memory;
    struct review_item item = {
        .id = doubt->id,
        .scan = strcmp(before, doubt->scan) == 0 ? before : arena_strdup(memory, doubt->scan),
        .page = doubt->page,
        .candidate = arena_strdup(memory, doubt->candidate),
        .form = form,
        .field = &form->fields[doubt->field],
        .value = arena_strdup(memory, doubt->value),
        .status = doubt->status,
        .confidence = doubt->confidence,
        .reviewed = doubt->reviewed,
        .wait = doubt->entries_differ  ? WAIT_DIFFER
                : doubt->n_entries > 0 ? WAIT_SECOND
                                       : WAIT_FIRST,
        .entered_by = arena_strdup(memory, doubt->entered_by),
        .evidence = arena_strdup(memory, doubt->evidence),
    };
    store_print_id(item.id, item.name);
    if (!item.scan || !item.candidate || !item.value || !item.entered_by || !item.evidence ||
        copy_crop(memory, &doubt->crop, &item.crop) < 0)
        return YJ_ENOMEM;
    list->items[list->n++] = item;
    return 0;
}

/* A reading of a form that left the exam is nobody's any more. */
static bool has_field(const struct exam *exam, const struct stored_doubt *doubt)
{
    return doubt->form >= 0 && doubt->form < exam->n_forms && doubt->field >= 0 &&
           doubt->field < exam->forms[doubt->form].form->n_fields;
}

static int load_doubt(void *context, const struct stored_doubt *doubt)
{
    struct loader *l = context;

    if (!has_field(l->exam, doubt) || (l->asked && !is_wanted(l, doubt)))
        return 0;
    return add_item(l->list, l->exam, doubt);
}

static int check_field(const struct exam *exam, const char *name, struct diag *d)
{
    for (int i = 0; i < exam->n_forms; i++)
        if (form_field_index(exam->forms[i].form, name) >= 0)
            return 0;
    return diag_error(d, YJ_EINPUT, NULL, 0, 0, NULL, _("no form has a field '%s'"), name);
}

int review_list_load(struct review_list *list, struct store *store, const struct exam *exam,
                     const struct review_filter *filter, struct diag *d)
{
    struct asked_fields asked = {0};
    struct loader l = {list, exam, filter, &asked};
    int rc;

    *list = (struct review_list){0};
    arena_init(&list->memory);
    rc = filter->field ? check_field(exam, filter->field, d) : 0;
    if (rc < 0)
        return rc;
    rc = asked_fields_init(exam, &asked);
    if (rc == 0)
        rc = store_each_doubt(store, filter->crops, load_doubt, &l, d);
    asked_fields_finish(&asked);
    return rc == YJ_ENOMEM ? out_of_memory(d) : rc;
}

int review_list_load_one(struct review_list *list, struct store *store, const struct exam *exam,
                         const char *name, const char *file, int line, struct diag *d)
{
    struct loader l = {.list = list, .exam = exam};
    int64_t id;
    int rc;

    *list = (struct review_list){0};
    arena_init(&list->memory);
    if (store_parse_id(name, &id) < 0)
        return diag_error(d, YJ_EINPUT, file, line, 0, _("'yuejuan review list EXAM' lists them"),
                          _("'%s' is no id of a reading, as 'p12f5'"), name);
    rc = store_visit_reading(store, id, load_doubt, &l, d);
    if (rc == YJ_ENOMEM)
        return out_of_memory(d);
    if (rc == 0 || (rc == 1 && list->n == 0))
        return diag_error(d, YJ_EINPUT, file, line, 0, _("'yuejuan review list EXAM' lists them"),
                          _("there is no reading '%s'"), name);
    return rc < 0 ? rc : 0;
}

void review_list_finish(struct review_list *list)
{
    free(list->items);
    free(list->groups);
    arena_finish(&list->memory);
    *list = (struct review_list){0};
}

/* ---- groups ---- */

/* The inside of a box in pixels of the crop, clear of its printed edge. */
static struct rect inside(const struct review_item *item, struct rect box)
{
    struct rect area = item->field->area;
    double inset = fmin(fmin(box.w, box.h) * INSET_SHARE, INSET_MAX);
    double sx = item->crop.width / (area.w + 2 * MARGIN);
    double sy = item->crop.height / (area.h + 2 * MARGIN);

    return (struct rect){(box.x + inset - area.x + MARGIN) * sx,
                         (box.y + inset - area.y + MARGIN) * sy, (box.w - 2 * inset) * sx,
                         (box.h - 2 * inset) * sy};
}

static int make_boxes(struct arena *memory, const struct review_item *item,
                      struct answer_record *record)
{
    const struct field *field = item->field;
    const struct rect *boxes = field->n_boxes ? field->boxes : &field->area;
    int n = field->n_boxes ? field->n_boxes : 1;
    struct rect *out = arena_alloc(memory, (size_t)n * sizeof *out);

    if (!out)
        return YJ_ENOMEM;
    for (int i = 0; i < n; i++)
        out[i] = inside(item, boxes[i]);
    record->boxes = out;
    record->n_boxes = n;
    return 0;
}

/* A number for each field: its first item. */
static int number_field(const struct review_list *list, int item, const int *numbers)
{
    for (int i = item - 1; i >= 0; i--)
        if (list->items[i].field == list->items[item].field)
            return numbers[i];
    return item;
}

static int make_records(struct review_list *list, struct answer_record *records, int *numbers)
{
    for (int i = 0; i < list->n; i++) {
        const struct review_item *item = &list->items[i];
        numbers[i] = number_field(list, i, numbers);
        records[i] = (struct answer_record){.field = numbers[i],
                                            .alone = !field_is_handwritten(item->field),
                                            .fold = item->field->kind == FIELD_TEXT,
                                            .proposal = item->value,
                                            .crop = item->crop};
        if (!records[i].alone && make_boxes(&list->memory, item, &records[i]) < 0)
            return YJ_ENOMEM;
    }
    return 0;
}

/* FNV-1a, 64 bits: Fowler, Noll and Vo. No secret is kept by it: it tells a changed group. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    do {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    } while (*text++);
    return hash;
}

static int name_groups(struct review_list *list)
{
    uint64_t *hashes = malloc(((size_t)list->n_groups + 1) * sizeof *hashes);

    if (!hashes)
        return YJ_ENOMEM;
    for (int g = 0; g < list->n_groups; g++)
        hashes[g] = UINT64_C(14695981039346656037);
    for (int i = 0; i < list->n; i++) {
        uint64_t *hash = &hashes[list->items[i].group];
        *hash = hash_text(hash_text(*hash, list->items[i].name), list->items[i].value);
    }
    for (int g = 0; g < list->n_groups; g++)
        snprintf(list->groups[g].name, REVIEW_GROUP_MAX, "g%012llx",
                 (unsigned long long)(hashes[g] >> 16));
    free(hashes);
    return 0;
}

static void count_groups(struct review_list *list)
{
    for (int i = 0; i < list->n; i++) {
        const struct review_item *item = &list->items[i];
        struct review_group *group = &list->groups[item->group];
        if (group->count++ == 0)
            *group = (struct review_group){.first = i, .count = 1, .least = item->confidence};
        group->least = fmin(group->least, item->confidence);
        group->mean += item->confidence;
    }
    for (int g = 0; g < list->n_groups; g++)
        list->groups[g].mean /= list->groups[g].count;
}

int review_list_group(struct review_list *list, struct diag *d)
{
    size_t n = (size_t)list->n + 1;
    struct answer_record *records = calloc(n, sizeof *records);
    int *numbers = calloc(n, sizeof *numbers);
    int rc = records && numbers ? make_records(list, records, numbers) : YJ_ENOMEM;

    if (rc == 0)
        rc = answer_groups_find(records, list->n, numbers, &list->n_groups);
    for (int i = 0; i < list->n && rc == 0; i++)
        list->items[i].group = numbers[i];
    if (rc == 0) {
        list->groups = calloc((size_t)list->n_groups + 1, sizeof *list->groups);
        rc = list->groups ? 0 : YJ_ENOMEM;
    }
    if (rc == 0) {
        count_groups(list);
        rc = name_groups(list);
    }
    free(records);
    free(numbers);
    return rc < 0 ? out_of_memory(d) : 0;
}

int review_list_find_group(const struct review_list *list, const char *name, int *ret_group,
                           struct diag *d)
{
    for (int g = 0; g < list->n_groups; g++)
        if (strcmp(list->groups[g].name, name) == 0) {
            *ret_group = g;
            return 0;
        }
    return diag_error(d, YJ_EINPUT, NULL, 0, 0,
                      _("a group that changed has another name: "
                        "'yuejuan review list EXAM --group' lists them"),
                      _("there is no group '%s' among what waits"), name);
}
