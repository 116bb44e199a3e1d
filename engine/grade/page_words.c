#include "page_words.h"

#include "crop.h"
#include "diag.h"
#include "hanzi.h"
#include "key.h"
#include "line_reader.h"
#include "page_writing.h"
#include <math.h>
#include <string.h>

#define LINE_DPI 200.0
#define MAX_NAMES 400    /* of a roster, that a name is sought among without a candidate */
#define OWN_NAME 0.98    /* of sheets whose number is known, those that bear its owner's name */
#define CONTRADICTS 0.9  /* confidence of another's name that a person is told of */
#define HALF_SPELLED 0.5 /* of what the net of words cannot spell: "CO2" or "CO"? */

struct word_list {
    const char **texts;
    int n;
    bool chinese; /* most of them have a character that no alphabet has */
};

/* ---- what may be written ---- */

/* UTF-8 of U+2E80 and above begins with 0xE2 0xBA or more. */
static bool has_hanzi(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c > 0xE2 || (*c == 0xE2 && c[1] >= 0xBA))
            return true;
    return false;
}

static void add_text(struct word_list *list, const char *text)
{
    for (int i = 0; i < list->n; i++)
        if (strcmp(list->texts[i], text) == 0)
            return;
    list->texts[list->n++] = text;
}

static int make_room(struct word_list *list, int n, struct arena *arena)
{
    *list = (struct word_list){.texts = arena_alloc(arena, (size_t)(n + 1) * sizeof *list->texts)};
    return list->texts ? 0 : YJ_ENOMEM;
}

static const struct roster_entry *candidate_of(const struct page_view *view,
                                               const struct form *form,
                                               const struct reading *readings, int n)
{
    for (int i = 0; view->exam->roster && i < n; i++)
        if (readings[i].field == form->candidate && readings[i].status == READING_OK)
            return roster_find(view->exam->roster, readings[i].value);
    return NULL;
}

/* Who may have written a name: the candidate's room and class, else a small roster as a whole. */
static int list_names(const struct page_view *view, const struct roster_entry *own,
                      struct word_list *list)
{
    const struct roster *roster = view->exam->roster;
    int most = roster ? roster->n_entries : 0;
    int r = make_room(list, MAX_NAMES + 1, view->arena);
    if (r < 0 || (!own && most > MAX_NAMES))
        return r;
    for (int i = 0; i < most; i++) {
        const struct roster_entry *e = &roster->entries[i];
        bool near = !own || (strcmp(e->school, own->school) == 0 &&
                             strcmp(e->class_name, own->class_name) == 0 &&
                             strcmp(e->room, own->room) == 0);
        if (near && e->name[0] && list->n < MAX_NAMES)
            add_text(list, e->name);
    }
    if (own && own->name[0])
        add_text(list, own->name);
    return 0;
}

static const struct key_item *item_of(const struct key *key, const char *name)
{
    for (int i = 0; key && i < key->n_items; i++)
        if (strcmp(key->items[i].item, name) == 0)
            return &key->items[i];
    return NULL;
}

/* The form's list, and what the key accepts. */
static int list_answers(const struct page_view *view, const struct field *field,
                        struct word_list *list)
{
    const struct key_item *item = item_of(view->exam->key, field->name);
    int n_keys = item ? item->n_accepted : 0;
    int r = make_room(list, field->n_expected + n_keys, view->arena);
    for (int i = 0; r == 0 && i < field->n_expected; i++)
        list->texts[list->n++] = field->expected[i]; /* none twice: form_writing.c */
    for (int i = 0; r == 0 && i < n_keys; i++)
        add_text(list, item->accepted[i]);
    return r;
}

static void choose_script(struct word_list *list)
{
    int chinese = 0;
    for (int i = 0; i < list->n; i++)
        chinese += has_hanzi(list->texts[i]);
    list->chinese = 2 * chinese > list->n;
}

/* ---- which of it is ---- */

struct word {
    const char *text; /* "": nothing could be made out */
    double confidence;
};

static int read_chinese(const struct page_view *view, const struct word_list *list,
                        struct word *ret)
{
    struct hanzi_choice choice;
    int r =
        hanzi_read_names(view->hanzi, view->scratch, list->texts, list->n, view->arena, &choice);
    if (r == 0 && choice.best >= 0)
        *ret = (struct word){list->texts[choice.best], choice.posterior};
    return r;
}

static int read_latin(const struct page_view *view, const struct word_list *list, struct word *ret)
{
    struct line_reading line;
    struct line_choice choice;
    int r = line_read(view->lines, LINE_WORD, view->scratch, view->arena, &line);
    if (r < 0)
        return r;
    if (list->n == 0) { /* free text: a proposal for people */
        *ret = (struct word){line.text, line.confidence};
        return 0;
    }
    line_choose(&line, list->texts, list->n, &choice);
    bool found = choice.best >= 0 && choice.confidence > choice.none;
    const char *text = found ? list->texts[choice.best] : line.text;
    double confidence = found ? choice.confidence : line.confidence * choice.none;
    if (!line_can_spell(LINE_WORD, text))
        confidence = fmin(confidence, HALF_SPELLED);
    *ret = (struct word){text, confidence};
    return 0;
}

/* Of a name that is the candidate's own: their number already said that it would be. */
static double expected_confidence(double confidence)
{
    double yes = OWN_NAME * confidence, no = (1 - OWN_NAME) * (1 - confidence);
    return yes / (yes + no);
}

static int read_word(const struct page_view *view, const struct field *field,
                     const struct roster_entry *own, struct reading *reading)
{
    struct word_list list;
    struct word word = {.text = ""};
    int r = field->expects_name ? list_names(view, own, &list) : list_answers(view, field, &list);
    if (r < 0 || (list.n == 0 && field->expects_name))
        return r;
    choose_script(&list);
    r = crop_extract(view->img, view->map, page_writing_inside(field->area), LINE_DPI,
                     view->scratch);
    if (r < 0)
        return r == YJ_EDATA ? 0 : r;
    r = list.chinese ? read_chinese(view, &list, &word) : read_latin(view, &list, &word);
    if (r < 0)
        return r;
    if (field->expects_name && own && strcmp(word.text, own->name) == 0)
        word.confidence = expected_confidence(word.confidence);
    /* Somebody else's name on a candidate's sheet is for a person, however well it is written. */
    bool own_name = !own || strcmp(word.text, own->name) == 0;
    bool taken = field->expects_name ? own_name : view->exam->accept_text && list.n > 0;
    reading->value = word.text;
    reading->confidence = word.confidence;
    reading->status =
        taken && word.text[0] && word.confidence >= exam_least_confidence(view->exam, field)
            ? READING_OK
            : READING_UNCERTAIN;
    reading->evidence = list.chinese ? "{\"list\":\"hanzi\"}" : "{\"list\":\"latin\"}";
    return 0;
}

static bool says_the_same(const struct form *form, const struct reading *a, const struct reading *b)
{
    const char *same = form->fields[a->field].same_as;
    return same && strcmp(same, form->fields[b->field].name) == 0;
}

/* Words are read after numbers were settled: where they differ from a field that says the same both
 * are a person's. */
static void doubt_quarrels(const struct form *form, struct reading *word, struct reading *readings,
                           int n)
{
    for (int i = 0; i < n && word->status == READING_OK; i++) {
        struct reading *other = &readings[i];
        if (other->status != READING_OK || strcmp(other->value, word->value) == 0 ||
            !(says_the_same(form, word, other) || says_the_same(form, other, word)))
            continue;
        word->status = other->status = READING_UNCERTAIN;
        word->confidence = fmin(word->confidence, 0.5);
        other->confidence = fmin(other->confidence, 0.5);
    }
}

int page_words_read(const struct page_view *view, const struct form *form, struct reading *readings,
                    int n)
{
    const struct roster_entry *own = candidate_of(view, form, readings, n);
    for (int i = 0; i < n; i++) {
        const struct field *field = &form->fields[readings[i].field];
        bool asked =
            field->expects_name || field->n_expected > 0 || item_of(view->exam->key, field->name);
        if (field->kind != FIELD_TEXT || field->print_language || field->n_boxes || !asked ||
            readings[i].status == READING_BLANK)
            continue;
        int r = read_word(view, field, own, &readings[i]);
        if (r < 0)
            return r;
        doubt_quarrels(form, &readings[i], readings, n);
    }
    return 0;
}

bool page_words_contradict(const struct exam *exam, const struct field *field,
                           const char *candidate, const char *name, double confidence)
{
    const struct roster_entry *own = exam->roster ? roster_find(exam->roster, candidate) : NULL;
    return field->expects_name && own && name[0] && confidence >= CONTRADICTS &&
           strcmp(name, own->name) != 0;
}
