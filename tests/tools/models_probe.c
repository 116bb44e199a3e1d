/* models_probe: what the item response models, DIF and pairs say of a small table; for tests.
 *
 *   models_probe rasch|2pl|3pl   lines "1001-1,12": answers (right, wrong, - not presented), count
 *   models_probe dif             lines "10011,0": answers, group (0 reference, 1 focal)
 *   models_probe pairs           lines "ABDC-A,3": answers (A right, - blank), room
 *
 * Reads standard input, prints "name value" lines. */
#include "copying.h"
#include "dif.h"
#include "irt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 100000
#define LINE 512

struct table {
    size_t n, items;
    char *answers; /* [candidate * items + item] as they stand */
    int *second;   /* the number after the comma */
};

static void read_table(struct table *t, int repeat)
{
    char line[LINE];
    t->second = malloc(MOST * sizeof *t->second);
    while (t->second && fgets(line, sizeof line, stdin)) {
        char *comma = strchr(line, ',');
        size_t items = comma ? (size_t)(comma - line) : 0;
        if (items == 0 || (t->items && items != t->items))
            exit(2);
        t->items = items;
        if (!t->answers)
            t->answers = malloc(MOST * items);
        int second = atoi(comma + 1);
        for (int k = 0; t->answers && k < (repeat ? second : 1) && t->n < MOST; k++) {
            memcpy(t->answers + t->n * items, line, items);
            t->second[t->n++] = second;
        }
    }
    if (!t->answers || !t->second)
        exit(1);
}

static signed char *to_marks(const struct table *t)
{
    signed char *marks = malloc(t->n * t->items);
    for (size_t i = 0; marks && i < t->n * t->items; i++)
        marks[i] = t->answers[i] == '-' ? -1 : t->answers[i] == '1';
    if (!marks)
        exit(1);
    return marks;
}

static void print_irt(const struct table *t, enum irt_model model)
{
    signed char *marks = to_marks(t);
    const struct irt_responses r = {t->n, t->items, marks};
    struct irt_fit f;
    if (irt_fit_model(&r, &(struct irt_options){.model = model, .tolerance = 1e-8}, &f) < 0)
        exit(1);
    printf("loglik %.12g\nsd %.12g\nconverged %d\n", f.log_likelihood, f.ability_sd, f.converged);
    for (size_t i = 0; i < f.n_items; i++)
        printf("a%zu %.12g\nb%zu %.12g\nc%zu %.12g\nse_a%zu %.12g\nse_b%zu %.12g\n", i + 1,
               f.items[i].a, i + 1, f.items[i].b, i + 1, f.items[i].c, i + 1, f.items[i].a_error,
               i + 1, f.items[i].b_error);
    printf("eap1 %.12g\npsd1 %.12g\n", f.persons[0].ability, f.persons[0].error);
    irt_fit_finish(&f);
    free(marks);
}

static void print_dif(const struct table *t)
{
    signed char *marks = to_marks(t);
    unsigned char *groups = malloc(t->n);
    struct dif_item *items = malloc(t->items * sizeof *items);
    if (!groups || !items)
        exit(1);
    for (size_t c = 0; c < t->n; c++)
        groups[c] = (unsigned char)t->second[c];
    const struct dif_responses r = {t->n, t->items, marks, groups};
    if (dif_analyse(&r, &(struct dif_options){.purify = false}, items) < 0)
        exit(1);
    for (size_t i = 0; i < t->items; i++)
        printf("alpha%zu %.15g\nchi%zu %.15g\np%zu %.15g\nse%zu %.15g\nuniform%zu %.15g\n"
               "both%zu %.15g\n",
               i + 1, items[i].alpha, i + 1, items[i].chi2, i + 1, items[i].p, i + 1,
               items[i].delta_error / 2.35, i + 1, items[i].lr_uniform, i + 1, items[i].lr);
    free(groups);
    free(items);
    free(marks);
}

static void print_pairs(const struct table *t)
{
    unsigned char *codes = malloc(t->n * t->items);
    bool *right = calloc(t->items * OPTION_CODES, sizeof *right);
    struct copying_result r;
    if (!codes || !right)
        exit(1);
    for (size_t i = 0; i < t->n * t->items; i++)
        codes[i] = t->answers[i] == '-' ? OPTION_BLANK : (unsigned char)(t->answers[i] - 'A' + 1);
    for (size_t i = 0; i < t->items; i++)
        right[i * OPTION_CODES + 1] = true;
    const struct copying_answers in = {t->n, t->items, codes, right, t->second};
    if (copying_find(&in, &(struct copying_options){.level = 1e12}, &r) < 0)
        exit(1);
    for (size_t i = 0; i < r.n_pairs; i++) {
        const struct copying_pair *p = &r.pairs[i];
        printf("gbt_%zu_%zu %.12g\nomega_%zu_%zu %.12g\n", p->a < p->b ? p->a : p->b,
               p->a < p->b ? p->b : p->a, p->gbt, p->a, p->b, p->omega);
    }
    copying_finish(&r);
    free(codes);
    free(right);
}

int main(int argc, char **argv)
{
    static const char *const models[] = {"rasch", "2pl", "3pl"};
    const char *what = argc == 2 ? argv[1] : "";
    struct table t = {0};
    int model = -1;
    for (int k = 0; k < 3; k++)
        if (strcmp(what, models[k]) == 0)
            model = k;
    if (model < 0 && strcmp(what, "dif") != 0 && strcmp(what, "pairs") != 0) {
        fprintf(stderr, "usage: models_probe rasch|2pl|3pl|dif|pairs < table\n");
        return 2;
    }
    read_table(&t, model >= 0);
    if (model >= 0)
        print_irt(&t, (enum irt_model)model);
    else if (strcmp(what, "dif") == 0)
        print_dif(&t);
    else
        print_pairs(&t);
    free(t.answers);
    free(t.second);
    return 0;
}
