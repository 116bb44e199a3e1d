/* rng.h - seeded chance.
 *
 * A stream belongs to (seed, sheet, page, purpose), so that what one purpose draws never moves what
 * another does, and a page is the same whatever is drawn beside it, in whatever order. Generator:
 * xoshiro256**, seeded by splitmix64 (Blackman and Vigna 2018). */
#ifndef YJ_SIMULATE_RNG_H
#define YJ_SIMULATE_RNG_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t s[4];
};

static inline uint64_t rng_splitmix(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15ULL;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
    return z ^ z >> 31;
}

/* Four numbers that name the stream; each one that differs gives an unrelated one. */
static inline struct rng rng_stream(uint64_t seed, uint64_t sheet, uint64_t page, uint64_t purpose)
{
    const uint64_t names[] = {seed, sheet, page, purpose};
    struct rng r;
    uint64_t state = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        state ^= names[i] * 0xD1342543DE82EF95ULL + i;
        state = rng_splitmix(&state);
    }
    for (size_t i = 0; i < 4; i++)
        r.s[i] = rng_splitmix(&state);
    return r;
}

static inline uint64_t rng_next(struct rng *r)
{
    uint64_t *s = r->s, x = s[1] * 5, t = s[1] << 17;
    uint64_t result = (x << 7 | x >> 57) * 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return result;
}

/* 0 <= x < 1 */
static inline double rng_uniform(struct rng *r)
{
    return (double)(rng_next(r) >> 11) * 0x1p-53;
}

static inline double rng_range(struct rng *r, double low, double high)
{
    return low + (high - low) * rng_uniform(r);
}

static inline bool rng_chance(struct rng *r, double p)
{
    return rng_uniform(r) < p;
}

/* 0 .. n - 1; n > 0 */
static inline int rng_below(struct rng *r, int n)
{
    return (int)(rng_uniform(r) * n);
}

/* Box and Muller. */
static inline double rng_normal(struct rng *r)
{
    double u = 1 - rng_uniform(r), angle = 6.283185307179586 * rng_uniform(r);
    return sqrt(-2 * log(u)) * cos(angle);
}

/* Normal, drawn again until it lies within `limit` deviations. */
static inline double rng_normal_within(struct rng *r, double limit)
{
    double x;
    do
        x = rng_normal(r);
    while (fabs(x) > limit);
    return x;
}

/* Index drawn by weights, which need not add up to 1. */
static inline int rng_pick(struct rng *r, const double *weights, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += weights[i];
    double x = rng_uniform(r) * sum;
    for (int i = 0; i < n - 1; i++)
        if ((x -= weights[i]) < 0)
            return i;
    return n - 1;
}

#endif
