/* ink_grid.h - sums, extremes and ranks of a bubble's grid of bytes, a row at a time.
 *
 * Internal to omr. A row of 16 bytes is one vector of GCC and clang, for which machines without
 * such take a few steps more. Whole numbers only: every machine gets the same. */
#ifndef YJ_OMR_INK_GRID_H
#define YJ_OMR_INK_GRID_H

#include "bubble_ink.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef uint8_t ink_row __attribute__((vector_size(INK_GRID)));
typedef uint16_t ink_pairs __attribute__((vector_size(INK_GRID))); /* a row's bytes, two by two */

static inline ink_row ink_row_at(const uint8_t *grid, int y)
{
    ink_row r;
    memcpy(&r, grid + y * INK_GRID, sizeof r);
    return r;
}

static inline void ink_row_put(uint8_t *grid, int y, ink_row r)
{
    memcpy(grid + y * INK_GRID, &r, sizeof r);
}

#ifdef __SSE2__ /* one instruction each, which the compiler does not find */
static inline ink_row ink_row_max(ink_row a, ink_row b)
{
    return (ink_row)_mm_max_epu8((__m128i)a, (__m128i)b);
}

static inline ink_row ink_row_min(ink_row a, ink_row b)
{
    return (ink_row)_mm_min_epu8((__m128i)a, (__m128i)b);
}

/* a - b, 0 where that is less. */
static inline ink_row ink_row_less(ink_row a, ink_row b)
{
    return (ink_row)_mm_subs_epu8((__m128i)a, (__m128i)b);
}

/* Parts of the sum of a row's bytes, in some of the numbers; those of 16 rows fit. */
static inline ink_pairs ink_row_pairs(ink_row r)
{
    return (ink_pairs)_mm_sad_epu8((__m128i)r, _mm_setzero_si128());
}

static inline int ink_pairs_sum(ink_pairs p)
{
    return p[0] + p[4];
}
#else
static inline ink_row ink_row_max(ink_row a, ink_row b)
{
    ink_row more = (ink_row)(a > b);
    return (a & more) | (b & ~more);
}

static inline ink_row ink_row_min(ink_row a, ink_row b)
{
    ink_row more = (ink_row)(a > b);
    return (b & more) | (a & ~more);
}

/* a - b, 0 where that is less. */
static inline ink_row ink_row_less(ink_row a, ink_row b)
{
    return (a - b) & (ink_row)(a > b);
}

/* Sums of a row's even and odd bytes; 16 rows fit. */
static inline ink_pairs ink_row_pairs(ink_row r)
{
    ink_pairs p = (ink_pairs)r;
    return (p & 0xff) + (p >> 8);
}

static inline int ink_pairs_sum(ink_pairs p)
{
    int sum = 0;
    for (int i = 0; i < INK_GRID / 2; i++)
        sum += p[i];
    return sum;
}
#endif

/* A row moved by a point, with a nought for what comes in. */
static inline ink_row ink_row_right(ink_row r)
{
    return __builtin_shufflevector(r, (ink_row){0}, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
                                   13, 14);
}

static inline ink_row ink_row_left(ink_row r)
{
    return __builtin_shufflevector(r, (ink_row){0}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
                                   15, 16);
}

static inline int ink_grid_sum(const uint8_t *grid)
{
    ink_pairs sums = {0};
    for (int y = 0; y < INK_GRID; y++)
        sums += ink_row_pairs(ink_row_at(grid, y));
    return ink_pairs_sum(sums);
}

/* Of the points that a mask has. */
static inline int ink_grid_sum_of(const uint8_t *grid, const uint8_t *mask)
{
    ink_pairs sums = {0};
    for (int y = 0; y < INK_GRID; y++)
        sums += ink_row_pairs(ink_row_at(grid, y) & ink_row_at(mask, y));
    return ink_pairs_sum(sums);
}

/* The sum of how far each point is from the other's. */
static inline int ink_grid_difference(const uint8_t *a, const uint8_t *b)
{
    ink_pairs sums = {0};
    for (int y = 0; y < INK_GRID; y++) {
        ink_row r = ink_row_at(a, y), s = ink_row_at(b, y);
        sums += ink_row_pairs(ink_row_less(r, s) | ink_row_less(s, r));
    }
    return ink_pairs_sum(sums);
}

static inline int ink_grid_sum_beyond(const uint8_t *grid, int level)
{
    ink_pairs sums = {0};
    const ink_row l = (ink_row){0} + (uint8_t)level;
    for (int y = 0; y < INK_GRID; y++)
        sums += ink_row_pairs(ink_row_less(ink_row_at(grid, y), l));
    return ink_pairs_sum(sums);
}

static inline int ink_grid_count_from(const uint8_t *grid, int level)
{
    ink_row counts = {0};
    const ink_row l = (ink_row){0} + (uint8_t)level;
    for (int y = 0; y < INK_GRID; y++) {
        ink_row r = ink_row_at(grid, y);
        counts -= (ink_row)(ink_row_max(r, l) == r);
    }
    return ink_pairs_sum(ink_row_pairs(counts));
}

static inline int ink_row_most(ink_row r)
{
    r = ink_row_max(
        r, __builtin_shufflevector(r, r, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    r = ink_row_max(r,
                    __builtin_shufflevector(r, r, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3));
    int m = 0;
    for (int i = 0; i < 4; i++)
        m = r[i] > m ? r[i] : m;
    return m;
}

static inline int ink_grid_most(const uint8_t *grid)
{
    ink_row most = ink_row_at(grid, 0);
    for (int y = 1; y < INK_GRID; y++)
        most = ink_row_max(most, ink_row_at(grid, y));
    return ink_row_most(most);
}

static inline int ink_top_bit(int value)
{
    int bit = 128;
    while (bit > value)
        bit >>= 1;
    return bit;
}

/* The sum of the n greatest of all INK_POINTS: found by the n-th, bit by bit. */
static inline int ink_grid_sum_of_most(const uint8_t *grid, int n)
{
    if (ink_grid_count_from(grid, 1) <= n)
        return ink_grid_sum(grid);
    int nth = 0;
    for (int bit = ink_top_bit(ink_grid_most(grid)); bit > 0; bit >>= 1)
        if (ink_grid_count_from(grid, nth | bit) >= n)
            nth |= bit;
    return n * nth + ink_grid_sum_beyond(grid, nth);
}

/* The sum of the n least. */
static inline int ink_grid_sum_of_least(const uint8_t *grid, int n)
{
    if (INK_POINTS - ink_grid_count_from(grid, 1) >= n)
        return 0;
    int nth = 0;
    for (int bit = 128; bit > 0; bit >>= 1)
        if (INK_POINTS - ink_grid_count_from(grid, nth | bit) < n)
            nth |= bit;
    uint8_t below[INK_POINTS];
    for (int y = 0; y < INK_GRID; y++)
        ink_row_put(below, y, ink_row_less((ink_row){0} + (uint8_t)nth, ink_row_at(grid, y)));
    return n * nth - ink_grid_sum(below);
}

static inline void ink_grid_less(const uint8_t *restrict a, const uint8_t *restrict b,
                                 uint8_t *restrict ret)
{
    for (int y = 0; y < INK_GRID; y++)
        ink_row_put(ret, y, ink_row_less(ink_row_at(a, y), ink_row_at(b, y)));
}

/* The greatest of each point and its eight neighbours; nothing is beyond the grid. */
static inline void ink_grid_spread(const uint8_t *restrict grid, uint8_t *restrict ret)
{
    ink_row above = {0}, own = {0}, below;
    for (int y = 0; y <= INK_GRID; y++, above = own, own = below) {
        below = y < INK_GRID ? ink_row_at(grid, y) : (ink_row){0};
        below = ink_row_max(ink_row_max(ink_row_left(below), ink_row_right(below)), below);
        if (y > 0)
            ink_row_put(ret, y - 1, ink_row_max(ink_row_max(above, own), below));
    }
}

#endif
