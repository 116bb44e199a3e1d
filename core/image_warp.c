/* Rows are done in the pieces that OpenCV (4.6, imgwarp.cpp) does them in, so that sums round
 * alike: places within a piece are steps from where it begins. */
#include "image_warp.h"

#include "wide.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define PIECE_PIXELS 1024 /* of a piece's rows together */
#define PIECE_ROWS 16
#define PART_BITS 5
#define PARTS (1 << PART_BITS) /* of a pixel */
#define WHITE 255

/* Places of a piece's row, in 32nds of a pixel. */
struct places {
    int x[PIECE_PIXELS], y[PIECE_PIXELS];
};

/* The map along a row: place i is ((x + i dx) / (w + i dw), (y + i dy) / (w + i dw)). */
struct ray {
    double x, y, w, dx, dy, dw;
};

/* The nearest whole number, halves to the even one: beside 1.5 * 2^52 there is room for no other.
 */
static inline int nearest(double x)
{
    int64_t bits;
    double t = x + 0x1.8p52;
    memcpy(&bits, &t, sizeof bits);
    return (int)bits;
}

WIDE static void find_places(const struct ray *r, int n, struct places *restrict p)
{
    const double x = r->x, y = r->y, w = r->w, dx = r->dx, dy = r->dy, dw = r->dw;
    for (int i = 0; i < n; i++) {
        double over = PARTS / (w + dw * i);
        p->x[i] = nearest((x + dx * i) * over);
        p->y[i] = nearest((y + dy * i) * over);
    }
}

static int nearest_within(double x)
{
    return nearest(x < INT_MIN ? INT_MIN : x > INT_MAX ? INT_MAX : x);
}

/* The same of a map that has its horizon there, or reaches far off. */
static void find_far_places(const struct ray *r, int n, struct places *p)
{
    for (int i = 0; i < n; i++) {
        double w = r->w + r->dw * i, over = w != 0 ? PARTS / w : 0;
        p->x[i] = nearest_within((r->x + r->dx * i) * over);
        p->y[i] = nearest_within((r->y + r->dy * i) * over);
    }
}

/* Without a horizon between them, what lies between two places of an image's size is no farther. */
static bool is_near(const struct ray *r, int n)
{
    double end = r->w + r->dw * n, x = r->x + r->dx * n, y = r->y + r->dy * n;
    const double far = IMAGE_MAX_SIDE * 16.0;
    return r->w * end > 0 && fabs(r->x) < far * fabs(r->w) && fabs(r->y) < far * fabs(r->w) &&
           fabs(x) < far * fabs(end) && fabs(y) < far * fabs(end);
}

/* Whether all four pixels about each place are on the image. */
WIDE static bool is_within(const struct image *img, const struct places *p, int n)
{
    int x0 = INT_MAX, y0 = INT_MAX, x1 = INT_MIN, y1 = INT_MIN;
    for (int i = 0; i < n; i++) {
        x0 = p->x[i] < x0 ? p->x[i] : x0;
        x1 = p->x[i] > x1 ? p->x[i] : x1;
        y0 = p->y[i] < y0 ? p->y[i] : y0;
        y1 = p->y[i] > y1 ? p->y[i] : y1;
    }
    return x0 >= 0 && y0 >= 0 && x1 / PARTS < img->width - 1 && y1 / PARTS < img->height - 1;
}

static inline int blend(int nw, int ne, int sw, int se, int x, int y)
{
    int north = nw * (PARTS - x) + ne * x, south = sw * (PARTS - x) + se * x;
    return (north * (PARTS - y) + south * y + PARTS * PARTS / 2) >> (2 * PART_BITS);
}

/* Pairs of pixels above and below are fetched one by one, and blended together. */
WIDE static void take_row(const struct image *img, const struct places *p, int n,
                          uint8_t *restrict to)
{
    uint16_t north[PIECE_PIXELS], south[PIECE_PIXELS];
    const ptrdiff_t stride = (ptrdiff_t)img->stride;
    int32_t at[PIECE_PIXELS]; /* no image has more pixels (IMAGE_MAX_PIXELS) */
    for (int i = 0; i < n; i++)
        at[i] = (p->y[i] >> PART_BITS) * (int32_t)stride + (p->x[i] >> PART_BITS);
    for (int i = 0; i < n; i++) {
        memcpy(&north[i], img->data + at[i], 2);
        memcpy(&south[i], img->data + at[i] + stride, 2);
    }
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "else the low byte is the right one");
    for (int i = 0; i < n; i++)
        to[i] = (uint8_t)blend(north[i] & 255, north[i] >> 8, south[i] & 255, south[i] >> 8,
                               p->x[i] & (PARTS - 1), p->y[i] & (PARTS - 1));
}

#if defined(__x86_64__)
#define AT_ONCE 8

/* Places from .. end - 1, one by one. */
static void take_each(const struct image *img, const struct places *p, int from, int end,
                      uint8_t *to)
{
    for (int i = from; i < end; i++) {
        const uint8_t *at = image_row(img, p->y[i] >> PART_BITS) + (p->x[i] >> PART_BITS);
        to[i] = (uint8_t)blend(at[0], at[1], at[img->stride], at[img->stride + 1],
                               p->x[i] & (PARTS - 1), p->y[i] & (PARTS - 1));
    }
}

/* AT_ONCE places whose pixels lie in one row and the one below it, no more than a vector's sixteen
 * bytes apart: fetched together and put in their order. False: they do not. */
__attribute__((target("avx2"))) static bool take_eight(const struct image *img, const int *x,
                                                       const int *y, uint8_t *to)
{
    const __m256i xs = _mm256_loadu_si256((const __m256i *)x);
    const __m256i ys = _mm256_loadu_si256((const __m256i *)y);
    const int first = x[0] < x[AT_ONCE - 1] ? x[0] : x[AT_ONCE - 1], column = first >> PART_BITS;
    const int line = y[0] >> PART_BITS;
    const __m256i at =
        _mm256_sub_epi32(_mm256_srai_epi32(xs, PART_BITS), _mm256_set1_epi32(column));
    const __m256i off = _mm256_sub_epi32(_mm256_srai_epi32(ys, PART_BITS), _mm256_set1_epi32(line));
    const __m256i far = _mm256_or_si256(_mm256_andnot_si256(_mm256_set1_epi32(15), at), off);
    const __m256i last = _mm256_cmpeq_epi32(at, _mm256_set1_epi32(15));
    if (!_mm256_testz_si256(_mm256_or_si256(far, last), _mm256_set1_epi32(-1)) ||
        column + 16 > img->width)
        return false;
    const __m256i parts = _mm256_set1_epi32(PARTS - 1), whole = _mm256_set1_epi32(PARTS);
    const __m256i fx = _mm256_and_si256(xs, parts), fy = _mm256_and_si256(ys, parts);
    /* Bytes at and at + 1, and what part of each, 16 bits a place. */
    const __m256i pairs =
        _mm256_add_epi32(_mm256_or_si256(at, _mm256_slli_epi32(at, 8)), _mm256_set1_epi32(0x100));
    const __m256i east = _mm256_or_si256(_mm256_sub_epi32(whole, fx), _mm256_slli_epi32(fx, 8));
    const __m256i south = _mm256_or_si256(_mm256_sub_epi32(whole, fy), _mm256_slli_epi32(fy, 16));
    const __m128i order =
        _mm_packus_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
    const __m128i weights =
        _mm_packus_epi32(_mm256_castsi256_si128(east), _mm256_extracti128_si256(east, 1));
    const uint8_t *from = img->data + (ptrdiff_t)line * (ptrdiff_t)img->stride + column;
    const __m128i above = _mm_loadu_si128((const __m128i *)from);
    const __m128i below = _mm_loadu_si128((const __m128i *)(from + img->stride));
    const __m128i n = _mm_maddubs_epi16(_mm_shuffle_epi8(above, order), weights);
    const __m128i s = _mm_maddubs_epi16(_mm_shuffle_epi8(below, order), weights);
    const __m256i both = _mm256_set_m128i(_mm_unpackhi_epi16(n, s), _mm_unpacklo_epi16(n, s));
    const __m256i sums = _mm256_srli_epi32(
        _mm256_add_epi32(_mm256_madd_epi16(both, south), _mm256_set1_epi32(PARTS * PARTS / 2)),
        2 * PART_BITS);
    const __m128i words =
        _mm_packus_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    _mm_storel_epi64((__m128i *)to, _mm_packus_epi16(words, words));
    return true;
}

/* The same as take_row() where a row of places hardly leaves a row of pixels, in less than half its
 * time. */
static void take_level_row(const struct image *img, const struct places *p, int n, uint8_t *to)
{
    if (n < AT_ONCE) {
        take_each(img, p, 0, n, to);
        return;
    }
    for (int i = 0; i < n; i += AT_ONCE) {
        int from = i < n - AT_ONCE ? i : n - AT_ONCE; /* the last ones may be taken twice */
        if (!take_eight(img, p->x + from, p->y + from, to + from))
            take_each(img, p, from, from + AT_ONCE, to);
    }
}

static bool is_level(const struct places *p, int n)
{
    return abs(p->y[n - 1] - p->y[0]) <= PARTS * n / 32 && __builtin_cpu_supports("avx2");
}
#else
#define take_level_row take_row
#define is_level(places, n) false
#endif

static int pixel(const struct image *img, int x, int y)
{
    bool inside = x >= 0 && y >= 0 && x < img->width && y < img->height;
    return inside ? image_row(img, y)[x] : WHITE;
}

static int floor_part(int x)
{
    return x >= 0 ? x / PARTS : -1 - (-1 - x) / PARTS;
}

/* The same where some are off the image. */
static void take_row_within(const struct image *img, const struct places *p, int n, uint8_t *to)
{
    for (int i = 0; i < n; i++) {
        int x = floor_part(p->x[i]), y = floor_part(p->y[i]);
        to[i] =
            (uint8_t)blend(pixel(img, x, y), pixel(img, x + 1, y), pixel(img, x, y + 1),
                           pixel(img, x + 1, y + 1), p->x[i] & (PARTS - 1), p->y[i] & (PARTS - 1));
    }
}

void image_warp(const struct image *img, const struct homography *map, struct image *out)
{
    int rows = out->height < PIECE_ROWS ? out->height : PIECE_ROWS;
    int piece = PIECE_PIXELS / rows;
    struct places places;
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x += piece) {
            int n = out->width - x < piece ? out->width - x : piece;
            uint8_t *to = image_row(out, y) + x;
            const double *m = map->m;
            const struct ray ray = {m[0] * x + m[1] * y + m[2],
                                    m[3] * x + m[4] * y + m[5],
                                    m[6] * x + m[7] * y + m[8],
                                    m[0],
                                    m[3],
                                    m[6]};
            if (is_near(&ray, n))
                find_places(&ray, n, &places);
            else
                find_far_places(&ray, n, &places);
            if (!is_within(img, &places, n))
                take_row_within(img, &places, n, to);
            else if (is_level(&places, n))
                take_level_row(img, &places, n, to);
            else
                take_row(img, &places, n, to);
        }
}
