#include "ink_blobs.h"

#include "diag.h"
#include "image.h"
#include "wide.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Ink of one row, [from, to). */
struct ink_run {
    int from, to;
    size_t patch;
};

struct ink_patch {
    size_t parent; /* itself: the patch; else one that it turned out to be a part of */
    int area, left, top, right, bottom; /* right, bottom: past the end */
    int64_t sum_x, sum_y;
    uint64_t order; /* of the first square of two by two pixels that has some of it */
};

void ink_blobs_finish(struct ink_blobs_scratch *s)
{
    free(s->sums);
    free(s->mask);
    free(s->runs);
    free(s->patches);
    *s = (struct ink_blobs_scratch){0};
}

static bool reserve(void **p, size_t *capacity, size_t wanted, size_t size)
{
    if (wanted <= *capacity)
        return true;
    size_t more = wanted + wanted / 2;
    void *grown = realloc(*p, more * size);
    if (!grown)
        return false;
    *p = grown;
    *capacity = more;
    return true;
}

/* ---- which pixels are ink ---- */

struct window_rows {
    const struct image *img;
    int reach;         /* px to each side of the middle */
    unsigned *columns; /* [width] sums of the window's rows */
    unsigned
        *padded; /* [width + 2 reach + 1] sums of all columns before, the outer ones repeated */
};

static const uint8_t *row_within(const struct image *img, int y)
{
    return image_row(img, y < 0 ? 0 : y >= img->height ? img->height - 1 : y);
}

WIDE static void start_columns(struct window_rows *w)
{
    memset(w->columns, 0, (size_t)w->img->width * sizeof *w->columns);
    for (int y = -w->reach; y <= w->reach; y++) {
        const uint8_t *row = row_within(w->img, y);
        for (int x = 0; x < w->img->width; x++)
            w->columns[x] += row[x];
    }
}

/* From row y - 1 to row y. */
WIDE static void move_columns(struct window_rows *w, int y)
{
    const uint8_t *gone = row_within(w->img, y - 1 - w->reach);
    const uint8_t *come = row_within(w->img, y + w->reach);
    for (int x = 0; x < w->img->width; x++)
        w->columns[x] += (unsigned)come[x] - gone[x];
}

static void add_up(struct window_rows *w)
{
    unsigned sum = 0, *out = w->padded;
    const int width = w->img->width;
    *out++ = 0;
    for (int i = 0; i < w->reach; i++)
        *out++ = sum += w->columns[0];
    for (int x = 0; x < width; x++)
        *out++ = sum += w->columns[x];
    for (int i = 0; i < w->reach; i++)
        *out++ = sum += w->columns[width - 1];
}

/* 255 where there is ink, else 0. The mean is rounded to the nearest whole grey, as OpenCV does; no
 * mean lies half-way, since the window's sides are odd. */
WIDE static void mark_row(const struct window_rows *w, int y, int offset, uint8_t *mask)
{
    static const float round_here = 12582912; /* 3 * 2^22: a float of this size has no fraction */
    const int side = 2 * w->reach + 1;
    const float scale = (float)(1.0 / ((double)side * side)), below = (float)offset;
    const uint8_t *row = image_row(w->img, y);
    for (int x = 0; x < w->img->width; x++) {
        float mean = (float)(int)(w->padded[x + side] - w->padded[x]) * scale;
        float rounded = (mean + round_here) - round_here;
        mask[x] = (float)row[x] <= rounded - below ? 255 : 0;
    }
}

/* ---- runs and patches ---- */

static size_t root_of(struct ink_patch *patches, size_t i)
{
    while (patches[i].parent != i) {
        patches[i].parent = patches[patches[i].parent].parent;
        i = patches[i].parent;
    }
    return i;
}

static size_t join(struct ink_patch *patches, size_t a, size_t b)
{
    a = root_of(patches, a);
    b = root_of(patches, b);
    if (a < b)
        return patches[b].parent = a;
    return patches[a].parent = b;
}

/* The first pixel at or after x that is ink (or is not), `width` where there is none. */
static int next_in(const uint8_t *mask, int x, int width, uint8_t wanted)
{
    const uint64_t all = wanted ? 0 : UINT64_MAX; /* eight pixels of the other kind */
    uint64_t eight;
    while (x + 8 <= width) {
        memcpy(&eight, mask + x, 8);
        if (eight != all)
            break;
        x += 8;
    }
    while (x < width && mask[x] != wanted)
        x++;
    return x;
}

/* Into `runs`, which has room for all; returns how many. */
static int find_runs(const uint8_t *mask, int width, struct ink_run *runs)
{
    int n = 0;
    for (int x = next_in(mask, 0, width, 255); x < width; x = next_in(mask, x, width, 255)) {
        runs[n].from = x;
        x = next_in(mask, x, width, 0);
        runs[n++].to = x;
    }
    return n;
}

static void add_run(struct ink_patch *p, const struct ink_run *run, int y)
{
    const int n = run->to - run->from;
    uint64_t order = (uint64_t)(unsigned)(y / 2) << 32 | (unsigned)(run->from / 2);
    p->area += n;
    p->sum_y += (int64_t)n * y;
    p->sum_x += (int64_t)n * (run->from + run->to - 1) / 2;
    p->left = run->from < p->left ? run->from : p->left;
    p->right = run->to > p->right ? run->to : p->right;
    p->bottom = y + 1;
    p->order = order < p->order ? order : p->order;
}

/* Gives each run of a row the patch of those above that it touches, or a new one. 0, YJ_ENOMEM,
 * YJ_EDATA. */
static int label_runs(struct ink_blobs_scratch *s, const struct ink_run *above, int n_above,
                      struct ink_run *runs, int n, int y)
{
    if (s->n_patches > INK_BLOBS_PATCHES_MAX)
        return YJ_EDATA;
    if (!reserve((void **)&s->patches, &s->patches_capacity, s->n_patches + (size_t)n,
                 sizeof *s->patches))
        return YJ_ENOMEM;
    for (int i = 0, k = 0; i < n; i++) {
        size_t patch = SIZE_MAX;
        while (k < n_above && above[k].to < runs[i].from)
            k++;
        for (int j = k; j < n_above && above[j].from <= runs[i].to; j++)
            patch = patch == SIZE_MAX ? above[j].patch : join(s->patches, patch, above[j].patch);
        if (patch == SIZE_MAX) {
            patch = s->n_patches++;
            s->patches[patch] = (struct ink_patch){
                .parent = patch, .left = runs[i].from, .top = y, .order = UINT64_MAX};
        }
        runs[i].patch = patch;
        add_run(&s->patches[patch], &runs[i], y);
    }
    return 0;
}

/* ---- the patches, largest first ---- */

static void add_part(struct ink_patch *p, const struct ink_patch *part)
{
    p->area += part->area;
    p->sum_x += part->sum_x;
    p->sum_y += part->sum_y;
    p->left = part->left < p->left ? part->left : p->left;
    p->top = part->top < p->top ? part->top : p->top;
    p->right = part->right > p->right ? part->right : p->right;
    p->bottom = part->bottom > p->bottom ? part->bottom : p->bottom;
    p->order = part->order < p->order ? part->order : p->order;
}

/* Leaves the whole patches of at least min_area in front; returns how many. A part's parent comes
 * before it. */
static size_t gather(struct ink_blobs_scratch *s, int min_area)
{
    size_t n = 0;
    for (size_t i = s->n_patches; i-- > 0;)
        if (s->patches[i].parent != i)
            add_part(&s->patches[s->patches[i].parent], &s->patches[i]);
    for (size_t i = 0; i < s->n_patches; i++)
        if (s->patches[i].parent == i && s->patches[i].area >= min_area)
            s->patches[n++] = s->patches[i];
    return n;
}

static bool comes_before(const struct ink_patch *a, const struct ink_patch *b)
{
    return a->area != b->area ? a->area > b->area : a->order < b->order;
}

static void sift(struct ink_patch *heap, size_t i, size_t n)
{
    struct ink_patch moved = heap[i];
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && comes_before(&heap[child], &heap[child + 1]))
            child++;
        if (!comes_before(&moved, &heap[child]))
            break;
        heap[i] = heap[child];
    }
    heap[i] = moved;
}

/* Heapsort: qsort asks the heap for memory. */
static void sort(struct ink_patch *patches, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(patches, i, n);
    while (n > 1) {
        struct ink_patch last = patches[0];
        patches[0] = patches[--n];
        patches[n] = last;
        sift(patches, 0, n);
    }
}

static struct blob blob_of(const struct ink_patch *p)
{
    return (struct blob){p->left,
                         p->top,
                         p->right - p->left,
                         p->bottom - p->top,
                         p->area,
                         {(double)p->sum_x / p->area, (double)p->sum_y / p->area}};
}

/* ---- all of it ---- */

static int find_patches(const struct image *img, int reach, int offset, struct ink_blobs_scratch *s,
                        struct image *ink)
{
    const size_t width = (size_t)img->width, most = width / 2 + 1;
    if (!reserve((void **)&s->sums, &s->sums_capacity, 2 * width + 2 * (size_t)reach + 1,
                 sizeof *s->sums) ||
        !reserve((void **)&s->mask, &s->mask_capacity, width, 1) ||
        !reserve((void **)&s->runs, &s->runs_capacity, 2 * most, sizeof *s->runs))
        return YJ_ENOMEM;
    struct window_rows w = {img, reach, s->sums, s->sums + width};
    struct ink_run *above = s->runs, *runs = s->runs + most;
    int n_above = 0;
    s->n_patches = 0;
    start_columns(&w);
    for (int y = 0; y < img->height; y++) {
        uint8_t *mask = ink ? image_row(ink, y) : s->mask;
        if (y > 0)
            move_columns(&w, y);
        add_up(&w);
        mark_row(&w, y, offset, mask);
        int n = find_runs(mask, img->width, runs);
        int e = label_runs(s, above, n_above, runs, n, y);
        if (e < 0)
            return e;
        struct ink_run *turn = above;
        above = runs;
        runs = turn;
        n_above = n;
    }
    return 0;
}

int ink_blobs_find(const struct image *img, int window, int offset, int min_area,
                   struct ink_blobs_scratch *scratch, struct blob *blobs, size_t max, size_t *ret_n,
                   struct image *ink)
{
    int rc = ink ? image_resize(ink, img->width, img->height) : 0;
    if (rc == 0)
        rc = find_patches(img, window / 2, offset, scratch, ink);
    if (rc < 0)
        return rc;
    size_t n = gather(scratch, min_area);
    sort(scratch->patches, n);
    *ret_n = n < max ? n : max;
    for (size_t i = 0; i < *ret_n; i++)
        blobs[i] = blob_of(&scratch->patches[i]);
    return 0;
}
