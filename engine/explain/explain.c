#include "explain.h"

#include "arena.h"
#include "diag.h"
#include "i18n.h"
#include <stdlib.h>
#include <string.h>

struct explainer {
    const struct exam *exam;
    struct test_plan plan;
    struct item_explanation *items;
    struct test_item *answers;
    struct section_score *sections;
    bool *chosen;
    struct arena memory;               /* of one score */
    const struct paper_version *paper; /* NULL: the master's */
    int (*visit)(void *context, const struct explanation *explanation);
    void *context;
    struct diag *d;
};

static int out_of_memory(struct diag *d)
{
    return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
}

static const char *join_key(struct arena *memory, const struct key_item *item)
{
    const char *text = "";

    for (int i = 0; i < item->n_accepted && text; i++)
        text = i == 0 ? item->accepted[0] : arena_printf(memory, "%s|%s", text, item->accepted[i]);
    return text;
}

/* ---- why ---- */

static const char *why_waiting(const struct item_explanation *e)
{
    if (!e->response.value)
        return e->item->by_hand ? _("nobody has given points yet") : _("no page of it was read");
    if (e->response.status == READING_UNCERTAIN && e->item->by_hand)
        return _("people gave different points");
    if (e->response.status == READING_UNCERTAIN)
        return _("the reading is not certain: a person must look");
    if (e->response.status == READING_UNREAD)
        return _("it could not be read: a person must look");
    return _("what was read is no number of points that the item can give");
}

/* Options marked rightly and wrongly, where the item has several. */
static const char *why_tallied(struct arena *memory, const struct item_explanation *e)
{
    uint64_t marked = 0, key = 0;
    const struct key_item *item = e->item;

    if (item->n_accepted != 1 ||
        score_option_set(e->value, item->options, item->n_options, &marked) < 0 ||
        score_option_set(item->accepted[0], item->options, item->n_options, &key) < 0)
        return _("wrong");
    return arena_printf(memory, _("%d right and %d wrong marked, %d right left out"),
                        __builtin_popcountll(marked & key), __builtin_popcountll(marked & ~key),
                        __builtin_popcountll(key & ~marked));
}

static const char *why(struct arena *memory, const struct item_explanation *e)
{
    const struct key_item *item = e->item;

    if (item_rule_drops(item->rule) || item->rule == RULE_VOID_FULL)
        return _("void");
    if (e->score.pending)
        return why_waiting(e);
    if (e->response.status == READING_BLANK || e->value[0] == '\0')
        return e->response.status == READING_MULTIPLE ? _("more marks than allowed") : _("blank");
    if (item->rule == RULE_VOID_ANSWERED)
        return _("answered");
    if (item->rule == RULE_POINTS)
        return item->by_hand ? _("as people gave") : _("as read");
    if (e->response.status == READING_MULTIPLE)
        return _("more marks than allowed");
    if (e->score.right)
        return _("right");
    return item->multiple ? why_tallied(memory, e) : _("wrong");
}

/* ---- one item ---- */

static const struct stored_answer *find_answer(const struct stored_score *score, const char *field)
{
    for (int i = 0; i < score->n_answers; i++)
        if (score->answers[i].form >= 0 && strcmp(score->answers[i].field, field) == 0)
            return &score->answers[i];
    return NULL;
}

static bool same_points(struct points a, struct points b)
{
    return points_compare(a, b) == 0;
}

/* What people gave: points.csv, or 'review set' of a region; where they differ it waits. */
static void find_given(struct explainer *x, const struct stored_score *score,
                       struct item_explanation *e)
{
    const struct given_row *given = given_find(x->exam->given, score->candidate, e->item->item);
    const struct stored_answer *set = find_answer(score, e->item->item);
    struct points points;

    if (given) {
        e->response = (struct response){given->text, READING_OK};
        e->by = given->by[0] ? given->by : x->exam->given->path;
    }
    if (!set || !set->value[0])
        return;
    e->answer = set;
    e->response = (struct response){set->value, set->status};
    if (given &&
        (points_parse(set->value, &points) < 0 || points_compare(points, given->points) != 0))
        e->response.status = READING_UNCERTAIN;
}

/* The answer, from the field that is printed for the item, or what people gave. */
static int find_response(struct explainer *x, const struct stored_score *score, int index,
                         struct item_explanation *e)
{
    const struct key *key = x->exam->key;
    const char *field = e->item->item;

    if (e->item->by_hand) {
        find_given(x, score, e);
        return 0;
    }
    if (x->paper) {
        field = key->items[x->paper->printed[index]].item;
        if (x->paper->printed[index] != index || x->paper->option_of[index])
            e->printed = field;
    }
    e->answer = find_answer(score, field);
    if (!e->answer)
        return 0;
    e->response = (struct response){e->answer->value, e->answer->status};
    if (x->paper)
        e->response.value = version_translate(x->paper, key, index, e->answer->value, &x->memory);
    return e->response.value ? 0 : YJ_ENOMEM;
}

static int explain_item(struct explainer *x, const struct stored_score *score, int index)
{
    const struct key_item *item = &x->exam->key->items[index];
    struct item_explanation *e = &x->items[index];
    char rule[RULE_WORDS_MAX];

    *e = (struct item_explanation){.item = item, .printed = "", .value = "", .by = ""};
    e->response = (struct response){NULL, READING_UNREAD};
    if (find_response(x, score, index, e) < 0)
        return YJ_ENOMEM;
    e->value = e->response.value ? e->response.value : "";
    e->score = score_item(item, &e->response);
    if (score->status == SCORE_ABSENT) /* void items are for those who sat */
        e->score = (struct item_score){.points = POINTS_ZERO, .counts = e->score.counts};
    explain_rule(item, rule);
    e->rule = arena_strdup(&x->memory, rule);
    e->key = join_key(&x->memory, item);
    e->why = score->status == SCORE_ABSENT ? _("absent") : why(&x->memory, e);
    if (index < score->n_items)
        e->differs = score->items[index].pending != e->score.pending ||
                     !same_points(score->items[index].points, e->score.points);
    x->answers[index] = test_item_of(item, &e->response, &e->score);
    return e->rule && e->key && e->why ? 0 : YJ_ENOMEM;
}

/* The version that a certain reading names. */
static void find_paper(struct explainer *x, const struct stored_score *score)
{
    x->paper = NULL;
    for (int i = 0; i < score->n_answers && x->exam->versions; i++) {
        const struct stored_answer *answer = &score->answers[i];
        if (answer->form < 0 || answer->form >= x->exam->n_forms || answer->status != READING_OK)
            continue;
        const struct form *form = x->exam->forms[answer->form].form;
        int found =
            form->version >= 0 && strcmp(form->fields[form->version].name, answer->field) == 0
                ? versions_find(x->exam->versions, answer->value)
                : -1;
        if (found >= 0)
            x->paper = &x->exam->versions->list[found];
    }
}

static int explain_score(void *context, const struct stored_score *score)
{
    struct explainer *x = context;
    int n_items = x->exam->key ? x->exam->key->n_items : 0;
    struct explanation e = {.score = score,
                            .version = "",
                            .items = x->items,
                            .n_items = n_items,
                            .plan = &x->plan,
                            .sections = x->sections,
                            .total = {.points = POINTS_ZERO}};

    arena_reset(&x->memory);
    find_paper(x, score);
    if (x->paper)
        e.version = x->paper->name;
    for (int i = 0; i < n_items; i++) {
        int rc = explain_item(x, score, i);
        if (rc < 0)
            return out_of_memory(x->d);
        e.differs |= x->items[i].differs;
    }
    if (n_items > 0)
        test_score_compute(&x->plan, x->answers, x->sections, x->chosen, &e.total);
    if (score->status == SCORE_ABSENT)
        e.total = (struct test_total){.points = POINTS_ZERO};
    for (int i = 0; i < n_items; i++)
        x->items[i].chosen = x->chosen[i];
    e.differs |= score->n_items != n_items ||
                 (score->status == SCORE_SCORED && !same_points(score->total, e.total.points));
    return x->visit(x->context, &e);
}

int explain_candidate(struct store *store, const struct exam *exam, const char *candidate,
                      int (*visit)(void *context, const struct explanation *explanation),
                      void *context, struct diag *d)
{
    size_t n = (size_t)(exam->key ? exam->key->n_items : 0) + 2;
    struct explainer x = {.exam = exam, .visit = visit, .context = context, .d = d};
    int rc = test_plan_init(&x.plan, exam->key, exam->scheme);

    arena_init(&x.memory);
    x.items = calloc(n, sizeof *x.items);
    x.answers = calloc(n, sizeof *x.answers);
    x.sections = calloc(n, sizeof *x.sections);
    x.chosen = calloc(n, sizeof *x.chosen);
    if (rc < 0 || !x.items || !x.answers || !x.sections || !x.chosen)
        rc = out_of_memory(d);
    if (rc == 0)
        rc = store_visit_scores(store, candidate, explain_score, &x, d);
    free(x.items);
    free(x.answers);
    free(x.sections);
    free(x.chosen);
    test_plan_finish(&x.plan);
    arena_finish(&x.memory);
    return rc;
}
