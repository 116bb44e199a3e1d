/* irt_patterns.c - equal answers are counted once. */
#include "irt_inside.h"

#include "diag.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char place[GROUP_ITEMS] = {1, 3, 9, 27};

static unsigned char state_of(signed char answer)
{
    return answer < 0 ? 2 : answer > 0;
}

int irt_pattern_answer(const struct irt_patterns *p, size_t pattern, size_t item)
{
    unsigned char code = p->codes[pattern * p->n_groups + item / GROUP_ITEMS];
    return code / place[item % GROUP_ITEMS] % 3;
}

static void encode(const struct irt_responses *r, const size_t *items, size_t n_items,
                   size_t n_groups, unsigned char *ret)
{
    memset(ret, 0, r->n_candidates * n_groups);
    for (size_t c = 0; c < r->n_candidates; c++) {
        const signed char *row = r->answers + c * r->n_items;
        for (size_t i = 0; i < n_items; i++)
            ret[c * n_groups + i / GROUP_ITEMS] +=
                (unsigned char)(state_of(row[items[i]]) * place[i % GROUP_ITEMS]);
    }
}

struct by_codes {
    const unsigned char *codes;
    size_t width;
};

static int compare_codes(const void *a, const void *b, void *context)
{
    const struct by_codes *by = context;
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    int order = memcmp(by->codes + left * by->width, by->codes + right * by->width, by->width);
    return order ? order : (left > right) - (left < right);
}

/* Sorts 0 to n - 1 by their rows of `width` bytes; ret[n]. */
static void sort_rows(const unsigned char *rows, size_t width, size_t n, size_t *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = i;
    qsort_r(ret, n, sizeof *ret, compare_codes, &(struct by_codes){rows, width});
}

int irt_patterns_make(const struct irt_responses *r, const size_t *items, size_t n_items,
                      struct irt_patterns *ret)
{
    size_t n = r->n_candidates, groups = (n_items + GROUP_ITEMS - 1) / GROUP_ITEMS;
    struct irt_patterns p = {.n_items = n_items, .n_groups = groups};
    unsigned char *codes = malloc(n * groups + 1);
    size_t *order = malloc((n + 1) * sizeof *order);

    p.codes = malloc(n * groups + 1);
    p.weights = calloc(n + 1, sizeof *p.weights);
    p.of = malloc((n + 1) * sizeof *p.of);
    if (!codes || !order || !p.codes || !p.weights || !p.of) {
        free(codes);
        free(order);
        irt_patterns_finish(&p);
        return YJ_ENOMEM;
    }
    encode(r, items, n_items, groups, codes);
    sort_rows(codes, groups, n, order);
    for (size_t i = 0; i < n; i++) {
        const unsigned char *row = codes + order[i] * groups;
        if (p.n == 0 || memcmp(row, p.codes + (p.n - 1) * groups, groups) != 0)
            memcpy(p.codes + p.n++ * groups, row, groups);
        p.weights[p.n - 1] += 1;
        p.of[order[i]] = p.n - 1;
    }
    free(codes);
    free(order);
    *ret = p;
    return 0;
}

/* A row to sort by: which items were seen, a bit each, then the number right. */
static void merge_key(const struct irt_patterns *p, size_t pattern, size_t width,
                      unsigned char *ret)
{
    uint32_t right = 0;
    memset(ret, 0, width);
    for (size_t i = 0; i < p->n_items; i++) {
        int state = irt_pattern_answer(p, pattern, i);
        if (state != 2)
            ret[i / 8] |= (unsigned char)(1u << (i % 8));
        right += state == 1;
    }
    memcpy(ret + width - sizeof right, &right, sizeof right);
}

int irt_patterns_merge(const struct irt_patterns *all, struct irt_patterns *ret)
{
    size_t width = (all->n_items + 7) / 8 + sizeof(uint32_t), groups = all->n_groups;
    struct irt_patterns p = {.n_items = all->n_items, .n_groups = groups};
    unsigned char *keys = malloc(all->n * width + 1);
    size_t *order = malloc((all->n + 1) * sizeof *order);

    p.codes = malloc(all->n * groups + 1);
    p.weights = calloc(all->n + 1, sizeof *p.weights);
    if (!keys || !order || !p.codes || !p.weights) {
        free(keys);
        free(order);
        irt_patterns_finish(&p);
        return YJ_ENOMEM;
    }
    for (size_t i = 0; i < all->n; i++)
        merge_key(all, i, width, keys + i * width);
    sort_rows(keys, width, all->n, order);
    for (size_t i = 0; i < all->n; i++) {
        if (i == 0 || memcmp(keys + order[i] * width, keys + order[i - 1] * width, width) != 0)
            memcpy(p.codes + p.n++ * groups, all->codes + order[i] * groups, groups);
        p.weights[p.n - 1] += all->weights[order[i]];
    }
    free(keys);
    free(order);
    *ret = p;
    return 0;
}

void irt_patterns_finish(struct irt_patterns *p)
{
    free(p->codes);
    free(p->weights);
    free(p->of);
    *p = (struct irt_patterns){0};
}
