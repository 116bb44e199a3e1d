/* models_bench [CANDIDATES [ITEMS [JOBS]]]: what the models, DIF and pairs cost on a large batch.
 *
 * Candidates answer by a 2PL with four distractors; rooms of 30 to 60. Prints a Markdown table of
 * wall-clock seconds and what came of it. */
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

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
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
};

static void make(struct batch *b)
{
    struct irt_item *truth = calloc(b->items, sizeof *truth);
    b->right = malloc(b->n * b->items);
    if (!truth || !b->right)
        exit(1);
    for (size_t i = 0; i < b->items; i++)
        truth[i] = (struct irt_item){.a = 0.5 + 1.5 * uniform(), .b = 1.2 * normal()};
    for (size_t c = 0; c < b->n; c++) {
        double ability = normal();
        for (size_t i = 0; i < b->items; i++)
            b->right[c * b->items + i] = uniform() < irt_probability(&truth[i], ability);
    }
    free(truth);
}

static void time_model(const struct batch *b, enum irt_model model)
{
    const struct irt_responses r = {b->n, b->items, b->right};
    struct irt_fit fit;
    double start = now();
    if (irt_fit_model(&r, &(struct irt_options){.model = model, .jobs = b->jobs}, &fit) < 0)
        exit(1);
    printf("| %s | %.1f | %d steps, %s, log-likelihood %.1f, reliability %.3f | %.0f |\n",
           irt_model_name(model), now() - start, fit.iterations,
           fit.converged ? "converged" : "not converged", fit.log_likelihood, fit.reliability,
           peak_mb());
    fflush(stdout);
    irt_fit_finish(&fit);
}

int main(int argc, char **argv)
{
    struct batch b = {.n = argc > 1 ? (size_t)atol(argv[1]) : 100000,
                      .items = argc > 2 ? (size_t)atol(argv[2]) : 100,
                      .jobs = argc > 3 ? atoi(argv[3]) : 2};
    make(&b);
    printf("%zu candidates, %zu items, %d jobs\n\n", b.n, b.items, b.jobs);
    printf("| what | seconds | came of it | peak MB |\n|---|---:|---|---:|\n");
    time_model(&b, IRT_RASCH);
    time_model(&b, IRT_2PL);
    time_model(&b, IRT_3PL);
    free(b.right);
    return 0;
}
