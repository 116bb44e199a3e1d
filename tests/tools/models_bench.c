/* models_bench [CANDIDATES [ITEMS [JOBS]]]: what the models, DIF and pairs cost on a large batch.
 *
 * Candidates answer by a 2PL with four distractors; rooms of 30 to 60. Prints a Markdown table of
 * wall-clock seconds and what came of it. */
#include "copying.h"
#include "dif.h"
#include "irt.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static uint64_t seed = 1;

static double uniform(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    uint64_t x = seed ^ (seed >> 33);
    x *= 0xff51afd7ed558ccdu;
    x ^= x >> 29;
    return ((double)(x >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
    return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
}

struct times {
    double wall, cpu; /* seconds; CPU of all threads together */
};

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct times now(void)
{
    return (struct times){seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID)};
}

static void print_times(const char *what, struct times start)
{
    struct times end = now();
    printf("| %s | %.1f | %.1f | ", what, end.wall - start.wall, end.cpu - start.cpu);
}

static double peak_mb(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss * 1024 / 1e6;
}

struct batch {
    size_t n, items;
    int jobs;
    signed char *right;
    unsigned char *answers, *groups;
    int *rooms;
    bool *key;
};

static void make(struct batch *b)
{
    struct irt_item *truth = calloc(b->items, sizeof *truth);
    b->right = malloc(b->n * b->items);
    b->answers = malloc(b->n * b->items);
    b->groups = malloc(b->n);
    b->rooms = malloc(b->n * sizeof *b->rooms);
    b->key = calloc(b->items * OPTION_CODES, sizeof *b->key);
    if (!truth || !b->right || !b->answers || !b->groups || !b->rooms || !b->key)
        exit(1);
    int room = 0, left = 0;
    for (size_t i = 0; i < b->items; i++)
        truth[i] = (struct irt_item){.a = 0.5 + 1.5 * uniform(), .b = 1.2 * normal()};
    for (size_t c = 0; c < b->n; c++) {
        double ability = normal();
        if (left-- == 0) {
            room++;
            left = 29 + (int)(31 * uniform());
        }
        b->rooms[c] = room;
        b->groups[c] = uniform() < 0.5 ? DIF_FOCAL : DIF_REFERENCE;
        for (size_t i = 0; i < b->items; i++) {
            bool right = uniform() < irt_probability(&truth[i], ability);
            double other = uniform(); /* the second option draws half of the wrong answers */
            b->right[c * b->items + i] = right;
            b->answers[c * b->items + i] = (unsigned char)(right          ? 1
                                                           : other < 0.5  ? 2
                                                           : other < 0.75 ? 3
                                                           : other < 0.9  ? 4
                                                                          : 5);
        }
    }
    for (size_t i = 0; i < b->items; i++)
        b->key[i * OPTION_CODES + 1] = true;
    free(truth);
}

static void time_model(const struct batch *b, enum irt_model model)
{
    const struct irt_responses r = {b->n, b->items, b->right};
    struct irt_fit fit;
    struct times start = now();
    if (irt_fit_model(&r, &(struct irt_options){.model = model, .jobs = b->jobs}, &fit) < 0)
        exit(1);
    print_times(irt_model_name(model), start);
    printf("%d steps, %s, log-likelihood %.1f, reliability %.3f | %.0f |\n", fit.iterations,
           fit.converged ? "converged" : "not converged", fit.log_likelihood, fit.reliability,
           peak_mb());
    fflush(stdout);
    irt_fit_finish(&fit);
}

static void time_dif(const struct batch *b)
{
    const struct dif_responses r = {b->n, b->items, b->right, b->groups};
    struct dif_item *items = malloc(b->items * sizeof *items);
    struct times start = now();
    size_t a = 0;
    if (!items || dif_analyse(&r, &(struct dif_options){.purify = true}, items) < 0)
        exit(1);
    for (size_t i = 0; i < b->items; i++)
        a += items[i].ets == 'A';
    print_times("DIF, two groups", start);
    printf("%zu of %zu items class A | %.0f |\n", a, b->items, peak_mb());
    free(items);
}

static void time_pairs(const struct batch *b)
{
    const struct copying_answers in = {b->n, b->items, b->answers, b->key, b->rooms};
    struct copying_result r;
    struct times start = now();
    if (copying_find(&in, &(struct copying_options){.jobs = b->jobs}, &r) < 0)
        exit(1);
    print_times("pairs", start);
    printf("%lld pairs, %lld calculated, %zu found | %.0f |\n", (long long)r.n_tested,
           (long long)r.n_calculated, r.n_pairs, peak_mb());
    copying_finish(&r);
}

int main(int argc, char **argv)
{
    struct batch b = {.n = argc > 1 ? (size_t)atol(argv[1]) : 100000,
                      .items = argc > 2 ? (size_t)atol(argv[2]) : 100,
                      .jobs = argc > 3 ? atoi(argv[3]) : 2};
    make(&b);
    printf("%zu candidates, %zu items, %d jobs\n\n", b.n, b.items, b.jobs);
    printf("| what | seconds | CPU | came of it | peak MB |\n|---|--:|--:|---|--:|\n");
    time_model(&b, IRT_RASCH);
    time_model(&b, IRT_2PL);
    time_model(&b, IRT_3PL);
    time_dif(&b);
    time_pairs(&b);
    free(b.right);
    free(b.answers);
    free(b.groups);
    free(b.rooms);
    free(b.key);
    return 0;
}
