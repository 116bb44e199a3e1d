#include "analysis_fixture.h"

#include "arena.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS 4
#define ANSWERS (OPTIONS + 1) /* and blank */

struct fixture {
    struct analysis a; /* first: what is given out */
    struct exam exam;
    struct arena arena;
    struct analysis_fixture_options options;
    unsigned long long dice;
    double *ability;
};

static double roll(struct fixture *f)
{
    f->dice = f->dice * 6364136223846793005ull + 1442695040888963407ull;
    return (double)(f->dice >> 11) / 9007199254740992.0;
}

static double normal(struct fixture *f)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += roll(f);
    return sum;
}

static void *need(struct fixture *f, size_t n, size_t size)
{
    void *p = arena_alloc(&f->arena, (n + 1) * size);
    assert(p);
    return p;
}

/* ---- items ---- */

static double item_b(const struct fixture *f, int i)
{
    return -2 + 4.2 * ((i * 7) % f->options.items) / f->options.items;
}

static double item_slope(int i)
{
    return i % 13 == 6 ? -0.3 : i % 7 == 3 ? 0.25 : 0.7 + 0.12 * (i % 8);
}

static void make_items(struct fixture *f)
{
    static const char *const letters[] = {"A", "B", "C", "D"};
    static const char *const sections[] = {"一、單選題", "二、閱讀理解", "三、綜合題"};
    struct analysis_item *items = need(f, (size_t)f->options.items, sizeof *items);
    f->a.items = items;
    f->a.n_items = f->options.items;
    for (int i = 0; i < f->a.n_items; i++) {
        struct analysis_option *options = need(f, OPTIONS, sizeof *options);
        struct analysis_answer *answers = need(f, ANSWERS, sizeof *answers);
        items[i].item =
            arena_printf(&f->arena, f->options.long_names ? "section-q%d" : "q%d", i + 1);
        items[i].section = sections[i * 3 / f->options.items];
        items[i].key = letters[(i * 5 + 1) % OPTIONS];
        items[i].rule = "single";
        items[i].counts = true;
        items[i].max = 2;
        items[i].options = options;
        items[i].n_options = OPTIONS;
        items[i].answers = answers;
        items[i].n_answers = ANSWERS;
        for (int o = 0; o < ANSWERS; o++) {
            bool right = o < OPTIONS && o == (i * 5 + 1) % OPTIONS;
            answers[o] =
                (struct analysis_answer){.value = o < OPTIONS ? letters[o] : "",
                                         .status = o < OPTIONS ? READING_OK : READING_BLANK,
                                         .points = {right ? 2 : 0, 1},
                                         .counts = true,
                                         .right = right};
            if (o < OPTIONS)
                options[o] = (struct analysis_option){.option = letters[o], .right = right};
        }
    }
}

/* ---- candidates ---- */

static const char *make_name(struct fixture *f)
{
    static const char *const family[] = {"王", "李", "張", "劉", "陳",   "楊",
                                         "黃", "趙", "吳", "周", "歐陽", "司徒"};
    static const char *const given[] = {"小明", "雅婷", "志豪", "怡君", "建宏", "淑芬",
                                        "宗翰", "欣怡", "冠宇", "詩涵", "龑",   "子軒"};
    const char *a = family[(int)(roll(f) * 12)], *b = given[(int)(roll(f) * 12)];
    if (f->options.bad_bytes)
        return "<b>A&B\"\n\x01 \xff\xfe 王</b>";
    if (f->options.long_names)
        return arena_printf(&f->arena, "%s%s・阿不都熱合曼・買買提依明江・穆罕默德・艾力", a, b);
    return arena_printf(&f->arena, "%s%s", a, b);
}

static void place_candidate(struct fixture *f, struct analysis_candidate *c, int i)
{
    static const char *const schools[] = {"青松高級中學", "白石第一高中", "海濱實驗中學"};
    c->candidate = arena_printf(&f->arena, "%06d", 110001 + i);
    c->name = c->class_name = c->school = c->room = c->seat = "";
    if (f->options.schools == 0)
        return;
    int school = i * f->options.schools / f->options.candidates;
    int class_number = i % f->options.classes;
    c->name = make_name(f);
    c->school =
        f->options.long_names
            ? arena_printf(&f->arena, "新疆維吾爾自治區伊犁哈薩克自治州第%d實驗高級中學附屬國際部",
                           school + 1)
            : schools[school % 3];
    c->class_name = arena_printf(&f->arena, "三年%d班", class_number + 1);
    c->room = "第一考場";
}

static void answer_item(struct fixture *f, uint32_t *answers, int candidate, int i)
{
    const struct analysis_item *item = &f->a.items[i];
    double p = 1 / (1 + exp(-1.7 * item_slope(i) * (f->ability[candidate] - item_b(f, i))));
    int key = (i * 5 + 1) % OPTIONS;
    p = 0.15 + 0.85 * p;
    if (f->options.same || roll(f) < p)
        answers[i] = (uint32_t)key;
    else
        answers[i] = roll(f) < 0.06
                         ? OPTIONS
                         : (uint32_t)((key + 1 + (int)(roll(f) * roll(f) * 3)) % OPTIONS);
    (void)item;
}

static int section_of(const struct fixture *f, int item)
{
    return item * 3 / f->options.items;
}

static void score_candidate(struct fixture *f, struct analysis_candidate *c, int i)
{
    uint32_t *answers = need(f, (size_t)f->a.n_items, sizeof *answers);
    struct points *sections = need(f, 3, sizeof *sections);
    for (int s = 0; s < 3; s++)
        sections[s] = POINTS_ZERO;
    c->total = POINTS_ZERO;
    c->max = f->a.max;
    for (int k = 0; k < f->a.n_items; k++) {
        answer_item(f, answers, i, k);
        struct points p = f->a.items[k].answers[answers[k]].points;
        c->total = points_add(c->total, p);
        sections[section_of(f, k)] = points_add(sections[section_of(f, k)], p);
    }
    c->sections = sections;
    c->answers = answers;
    c->status = i % 41 == 17 ? SCORE_PENDING : i % 37 == 20 ? SCORE_ABSENT : SCORE_SCORED;
    c->score = c->status == SCORE_SCORED ? points_double(c->total) : NAN;
    c->ability = f->options.model && c->status == SCORE_SCORED ? f->ability[i] : NAN;
    c->ability_error = f->options.model ? 0.3 : NAN;
    c->exam_error = 2.5;
    c->scaled = (struct analysis_scaled){NAN, ""};
    c->percentile = c->z = c->t = NAN;
}

static void make_candidates(struct fixture *f)
{
    f->a.n_candidates = f->options.candidates;
    f->a.candidates = need(f, (size_t)f->a.n_candidates, sizeof *f->a.candidates);
    f->ability = need(f, (size_t)f->a.n_candidates, sizeof(double));
    f->a.max = (struct points){2 * f->a.n_items, 1};
    for (int i = 0; i < f->a.n_candidates; i++) {
        struct analysis_candidate *c = &f->a.candidates[i];
        place_candidate(f, c, i);
        f->ability[i] = normal(f) * 0.9 + 0.25 * (i % 9) / 8 + 0.2;
        score_candidate(f, c, i);
        f->a.n_scored += c->status == SCORE_SCORED;
        f->a.counts.scored += c->status == SCORE_SCORED;
        f->a.counts.absent += c->status == SCORE_ABSENT;
        f->a.counts.pending += c->status == SCORE_PENDING;
    }
    f->a.counts.roster = f->options.schools ? f->a.n_candidates : -1;
    f->a.counts.pages_in = f->a.counts.pages_scored = f->a.n_candidates;
}

/* ---- figures ---- */

static int compare_down(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a < b) - (a > b);
}

/* Scores of those for whom `class_name` and `school` hold (NULL: any), the highest first. */
static double *scores_of(struct fixture *f, const char *class_name, const char *school, int *ret_n)
{
    double *scores = need(f, (size_t)f->a.n_candidates, sizeof(double));
    *ret_n = 0;
    for (int i = 0; i < f->a.n_candidates; i++) {
        const struct analysis_candidate *c = &f->a.candidates[i];
        if (c->status == SCORE_SCORED && (!class_name || strcmp(c->class_name, class_name) == 0) &&
            (!school || strcmp(c->school, school) == 0))
            scores[(*ret_n)++] = c->score;
    }
    qsort(scores, (size_t)*ret_n, sizeof(double), compare_down);
    return scores;
}

static void moments(const double *x, int n, double *ret_mean, double *ret_sd)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++)
        sum += x[i];
    *ret_mean = n > 0 ? sum / n : NAN;
    for (int i = 0; i < n; i++)
        squares += (x[i] - *ret_mean) * (x[i] - *ret_mean);
    *ret_sd = n > 1 ? sqrt(squares / (n - 1)) : NAN;
}

static double share_from(const double *x, int n, double mark)
{
    int k = 0;
    for (int i = 0; i < n; i++)
        k += x[i] >= mark;
    return n > 0 ? (double)k / n : NAN;
}

static void rank_all(struct fixture *f, const double *x, int n)
{
    for (int i = 0; i < f->a.n_candidates; i++) {
        struct analysis_candidate *c = &f->a.candidates[i];
        int better = 0, equal = 0;
        if (c->status != SCORE_SCORED)
            continue;
        for (int k = 0; k < n && x[k] >= c->score; k++) {
            better += x[k] > c->score;
            equal += x[k] == c->score;
        }
        c->rank = better + 1;
        c->percentile = 100 * (n - better - equal / 2.0) / n;
        c->z = (c->score - f->a.mean) / f->a.sd;
        c->t = 50 + 10 * c->z;
    }
}

static void make_score_table(struct fixture *f, const double *x, int n)
{
    f->a.scores = need(f, (size_t)n, sizeof *f->a.scores);
    for (int i = 0; i < n; i++) {
        struct analysis_score *s = &f->a.scores[f->a.n_scores];
        if (i == 0 || x[i] != x[i - 1]) {
            *s = (struct analysis_score){.score = x[i],
                                         .text = arena_printf(&f->arena, "%.0f", x[i])};
            f->a.n_scores++;
        }
        s = &f->a.scores[f->a.n_scores - 1];
        s->count++;
        s->at_least = i + 1;
        s->share = (double)s->count / n;
        s->share_at_least = (double)s->at_least / n;
    }
}

static void make_test_figures(struct fixture *f)
{
    struct analysis *a = &f->a;
    int n;
    double *x = scores_of(f, NULL, NULL, &n), max = points_double(a->max);
    moments(x, n, &a->mean, &a->sd);
    a->min = n ? x[n - 1] : NAN;
    a->q1 = n ? x[n * 3 / 4] : NAN;
    a->median = n ? x[n / 2] : NAN;
    a->q3 = n ? x[n / 4] : NAN;
    a->maximum = n ? x[0] : NAN;
    a->pass_mark = max * 0.6;
    a->distinction_mark = max * 0.8;
    a->pass = share_from(x, n, a->pass_mark);
    a->distinction = share_from(x, n, a->distinction_mark);
    bool varies = n > 2 && a->sd > 0;
    a->skewness = varies ? -0.21 : NAN;
    a->kurtosis = varies ? -0.64 : NAN;
    a->alpha = a->kr20 = varies ? 0.861 : NAN;
    a->kr21 = varies ? 0.842 : NAN;
    a->omega = varies ? 0.868 : NAN;
    a->lambda6 = varies ? 0.879 : NAN;
    a->split_half = varies ? 0.855 : NAN;
    a->sem = varies ? a->sd * sqrt(1 - 0.861) : NAN;
    a->scale = "";
    a->scale_mean = a->scale_sd = NAN;
    make_score_table(f, x, n);
    rank_all(f, x, n);
}

static int fifth_of(const struct fixture *f, const struct analysis_candidate *c)
{
    int fifth = (int)(c->percentile / 20);
    (void)f;
    return fifth < 0 ? 0 : fifth > 4 ? 4 : fifth;
}

static void count_options(struct fixture *f, struct analysis_item *item, int k, int *sizes)
{
    struct analysis_option *options = (struct analysis_option *)item->options;
    double sum = 0, top = 0, bottom = 0;
    int n_top = 0, n_bottom = 0;
    for (int i = 0; i < f->a.n_candidates; i++) {
        const struct analysis_candidate *c = &f->a.candidates[i];
        if (c->status != SCORE_SCORED)
            continue;
        int fifth = fifth_of(f, c);
        const struct analysis_answer *answer = analysis_answer(&f->a, i, k);
        double p = points_double(answer->points);
        item->n++;
        sum += p;
        item->right += answer->right;
        item->omitted += answer->status == READING_BLANK;
        item->fifth[fifth] += p / item->max;
        n_top += fifth == 4;
        n_bottom += fifth == 0;
        top += fifth == 4 ? p : 0;
        bottom += fifth == 0 ? p : 0;
        if (c->answers[k] < OPTIONS) {
            options[c->answers[k]].count++;
            options[c->answers[k]].fifth[fifth]++;
        }
    }
    item->mean = item->n ? sum / item->n : NAN;
    item->difficulty = item->mean / item->max;
    item->d27 = n_top && n_bottom ? top / n_top / item->max - bottom / n_bottom / item->max : NAN;
    for (int s = 0; s < ANALYSIS_FIFTHS; s++) {
        item->fifth[s] = sizes[s] ? item->fifth[s] / sizes[s] : NAN;
        for (int o = 0; o < OPTIONS; o++)
            options[o].fifth[s] = sizes[s] ? options[o].fifth[s] / sizes[s] : NAN;
    }
    for (int o = 0; o < OPTIONS; o++)
        options[o].share = item->n ? (double)options[o].count / item->n : NAN;
}

static void make_item_figures(struct fixture *f)
{
    int sizes[ANALYSIS_FIFTHS] = {0};
    for (int i = 0; i < f->a.n_candidates; i++)
        if (f->a.candidates[i].status == SCORE_SCORED)
            sizes[fifth_of(f, &f->a.candidates[i])]++;
    for (int k = 0; k < f->a.n_items; k++) {
        struct analysis_item *item = &f->a.items[k];
        count_options(f, item, k, sizes);
        bool varies = f->a.sd > 0;
        item->sd = varies ? 0.9 : NAN;
        item->rpb = varies ? item->d27 * 0.8 : NAN;
        item->rpb_rest = varies ? item->d27 * 0.7 : NAN;
        item->alpha_without = varies ? 0.861 + (item->d27 < 0.1 ? 0.003 : -0.002) : NAN;
        item->a = item->b = item->a_error = item->b_error = item->infit = item->outfit = NAN;
        item->c = item->c_error = NAN;
        if (f->options.model) {
            item->a = item_slope(k);
            item->b = item_b(f, k);
            item->a_error = 0.11;
            item->b_error = 0.14;
            item->c = 0;
            item->infit = 0.85 + 0.04 * (k % 9);
            item->outfit = 0.8 + 0.07 * (k % 9);
        }
    }
}

static void make_sections(struct fixture *f)
{
    f->a.sections = need(f, 3, sizeof *f->a.sections);
    f->a.n_sections = f->a.n_items >= 3 ? 3 : 0;
    for (int s = 0; s < f->a.n_sections; s++) {
        struct analysis_section *section = &f->a.sections[s];
        int n = 0;
        double *x = need(f, (size_t)f->a.n_candidates, sizeof(double));
        for (int k = 0; k < f->a.n_items; k++)
            if (section_of(f, k) == s) {
                section->section = f->a.items[k].section;
                section->n_items++;
            }
        section->max = 2 * section->n_items;
        for (int i = 0; i < f->a.n_candidates; i++)
            if (f->a.candidates[i].status == SCORE_SCORED)
                x[n++] = points_double(f->a.candidates[i].sections[s]);
        moments(x, n, &section->mean, &section->sd);
        section->alpha = f->a.sd > 0 ? 0.7 + 0.03 * s : NAN;
    }
}

static void add_group(struct fixture *f, const char *kind, const char *name, const char *school,
                      const char *of_class, const char *of_school)
{
    struct analysis_group *g = &f->a.groups[f->a.n_groups++];
    int n;
    double *x = scores_of(f, of_class, of_school, &n);
    *g = (struct analysis_group){.kind = kind, .name = name, .school = school, .n = n};
    moments(x, n, &g->mean, &g->sd);
    g->max = n ? x[0] : NAN;
    g->min = n ? x[n - 1] : NAN;
    g->median = n ? x[n / 2] : NAN;
    g->above_mean = share_from(x, n, f->a.mean);
    g->pass = share_from(x, n, f->a.pass_mark);
    g->distinction = share_from(x, n, f->a.distinction_mark);
    double half = n > 1 ? 2 * g->sd / sqrt(n) : NAN, gap = g->mean - f->a.mean;
    g->difference = (struct estimate){gap, gap - half, gap + half};
}

static bool seen(const struct analysis *a, const char *kind, const char *name, const char *school)
{
    for (int i = 0; i < a->n_groups; i++)
        if (strcmp(a->groups[i].kind, kind) == 0 && strcmp(a->groups[i].name, name) == 0 &&
            strcmp(a->groups[i].school, school) == 0)
            return true;
    return false;
}

static void make_groups(struct fixture *f)
{
    f->a.groups = need(f, 2 * (size_t)f->a.n_candidates + 2, sizeof *f->a.groups);
    if (f->options.schools == 0)
        return;
    for (int i = 0; i < f->a.n_candidates; i++) {
        const struct analysis_candidate *c = &f->a.candidates[i];
        if (!seen(&f->a, "class", c->class_name, c->school))
            add_group(f, "class", c->class_name, c->school, c->class_name, c->school);
    }
    for (int i = 0; i < f->a.n_candidates; i++) {
        const struct analysis_candidate *c = &f->a.candidates[i];
        if (!seen(&f->a, "school", c->school, ""))
            add_group(f, "school", c->school, "", NULL, c->school);
    }
}

/* ---- the model, pairs, findings ---- */

static void make_model(struct fixture *f)
{
    struct analysis_information *curve = need(f, 81, sizeof *curve);
    f->a.model = f->options.model ? "2pl" : "";
    f->a.why_no_model = f->options.model ? "" : "too few candidates: 200 are needed";
    f->a.model_reliability = 0.87;
    f->a.model_iterations = 34;
    f->a.model_converged = true;
    f->a.log_likelihood = -6123;
    if (!f->options.model)
        return;
    for (int i = 0; i < 81; i++) {
        double sum = 0, expected = 0;
        curve[i].ability = -4 + 0.1 * i;
        for (int k = 0; k < f->a.n_items; k++) {
            double slope = item_slope(k);
            double p = 1 / (1 + exp(-slope * (curve[i].ability - item_b(f, k))));
            sum += slope * slope * p * (1 - p);
            expected += 2 * p;
        }
        curve[i].information = sum;
        curve[i].error = 1 / sqrt(sum);
        curve[i].expected = expected;
    }
    f->a.curve = curve;
    f->a.n_curve = 81;
}

static void add_finding(struct fixture *f, enum finding_kind kind, bool grave, const char *subject,
                        const char *detail)
{
    f->a.findings[f->a.n_findings++] = (struct analysis_finding){kind, grave, subject, 0.1, detail};
}

static void make_findings(struct fixture *f)
{
    f->a.findings = need(f, 8, sizeof *f->a.findings);
    if (f->a.n_candidates < 50)
        return;
    add_finding(f, FINDING_MISKEYED, true, f->a.items[6].item,
                "選項 C 與其餘試題總分的相關為 0.31，高於答案 D 的 −0.12：請核對答案");
    add_finding(f, FINDING_PAIR, true, "110023/110024",
                "同一考場兩份答案卡有 11 題錯得一樣，偶然發生的機率小於百萬分之一");
    add_finding(f, FINDING_GROUP_OFF, false, "三年2班 青松高級中學", "");
    add_finding(f, FINDING_HURTS_ALPHA, false, f->a.items[3].item, "");
    if (f->options.bad_bytes)
        add_finding(f, FINDING_ZERO_SCORE, false, "<script>alert(1)</script>",
                    "a \"quoted\" & <i>");
    f->a.pairs = need(f, 1, sizeof *f->a.pairs);
    f->a.pairs[0] =
        (struct analysis_pair){22, 23, "第一考場", 24, 11, 5, 6.1, 1e-8, 1e-7, 4.2, 1e-8, 3e-6};
    f->a.n_pairs = 1;
    f->a.dif = need(f, 1, sizeof *f->a.dif);
    f->a.dif[0] = (struct analysis_dif){3,     "school", "青松高級中學", "白石第一高中", 2.1,
                                        -1.74, 9.8,      0.0017,         0.0009,         'C'};
    f->a.n_dif = 1;
}

struct analysis *analysis_fixture_create(const struct analysis_fixture_options *options)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert(f);
    f->options = *options;
    f->dice = options->seed * 7919ull + 1;
    arena_init(&f->arena);
    f->exam.title = (char *)(options->bad_bytes ? "<title>&\"\xff" : "高三第二次模擬考試");
    f->exam.subject = (char *)(options->long_names ? "普通高級中學自然科學學科能力綜合測驗（物理、"
                                                     "化學、生物、地球科學）"
                                                   : "自然科");
    f->exam.date = (char *)"2026-11-30";
    f->a.exam = &f->exam;
    make_items(f);
    make_candidates(f);
    make_test_figures(f);
    make_item_figures(f);
    make_sections(f);
    make_groups(f);
    make_model(f);
    make_findings(f);
    return &f->a;
}

void analysis_fixture_destroy(struct analysis *a)
{
    struct fixture *f = (struct fixture *)a;
    if (!f)
        return;
    arena_finish(&f->arena);
    free(f);
}
