/* Blocks: outlines of one size that stand in rows and columns.
 *
 * Neighbours are linked where no gap is much wider than the next, so that columns of questions fall
 * apart; what hangs together is laid on a lattice; places without an outline are looked at in the
 * picture; blocks under each other that only a gap parts are one. */
#include "draft_parts.h"

#include "diag.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALONG 0.3     /* neighbours in a row or column: off it by at most this share of the side */
#define WIDER 1.3     /* a gap so many times the gap before it parts blocks */
#define COLUMN 5      /* bubble heights to the next row of a block, at most */
#define FARTHEST 30.0 /* mm between two bubbles that have no other neighbour */
#define REGULAR 0.35  /* mm rms that places may be off their lattice */
#define FULL 0.34     /* share of a block's places that must be seen */
#define STACK_GAP 2.3 /* rows that two parts of one block may be apart */
#define MAX_SIDE 64   /* rows or columns */
#define MAX_BLOCKS 800
#define PRIMARY 8 /* bubbles that make a block of its own right */
#define SMALL 2.4 /* mm, a side that letters of text may have */
#define WALL 0.45 /* mm between boxes that share their walls */

struct linking {
    int *member; /* shapes of the cluster */
    int n;
    int *next[2], *previous[2]; /* nearest to the right and left; under and above; -1 */
    double *after[2];           /* distance to next */
    int *root;
};

/* ---- links ---- */

static double coordinate(const struct draft *d, int shape, int axis)
{
    return axis == 0 ? d->shapes[shape].at.x : d->shapes[shape].at.y;
}

static void find_next(const struct draft *d, struct linking *l, const struct draft_cluster *c,
                      int axis)
{
    double side = axis == 0 ? c->w : c->h, other = axis == 0 ? c->h : c->w;
    double slack = fmin(ALONG * other, 1.2);
    for (int i = 0; i < l->n; i++) {
        l->next[axis][i] = l->previous[axis][i] = -1;
        l->after[axis][i] = INFINITY;
    }
    for (int i = 0; i < l->n; i++) {
        for (int k = 0; k < l->n; k++) {
            double along = coordinate(d, l->member[k], axis) - coordinate(d, l->member[i], axis);
            double off = coordinate(d, l->member[k], !axis) - coordinate(d, l->member[i], !axis);
            if (along < 0.7 * side || fabs(off) > slack || along >= l->after[axis][i])
                continue;
            l->after[axis][i] = along;
            l->next[axis][i] = k;
        }
    }
    for (int i = 0; i < l->n; i++)
        if (l->next[axis][i] >= 0)
            l->previous[axis][l->next[axis][i]] = i;
}

static int root_of(struct linking *l, int i)
{
    while (l->root[i] != i)
        i = l->root[i] = l->root[l->root[i]];
    return i;
}

/* The smaller of a shape's gaps along an axis. */
static double own_gap(const struct linking *l, int i, int axis)
{
    int before = l->previous[axis][i];
    return fmin(before >= 0 ? l->after[axis][before] : INFINITY, l->after[axis][i]);
}

/* The same of the shapes right above and below: a row with filled bubbles has wider gaps than its
 * block. */
static double gap_of_column(const struct linking *l, int i, double reach)
{
    int above = l->previous[1][i], below = l->next[1][i];
    double gap = INFINITY;
    if (above >= 0 && l->after[1][above] < reach)
        gap = own_gap(l, above, 0);
    if (below >= 0 && l->after[1][i] < reach)
        gap = fmin(gap, own_gap(l, below, 0));
    return gap;
}

static void link_axis(struct linking *l, int axis, double reach)
{
    for (int i = 0; i < l->n; i++) {
        int k = l->next[axis][i], before = l->previous[axis][i];
        if (k < 0 || l->previous[axis][k] != i)
            continue;
        double gap = l->after[axis][i];
        double near = fmin(before >= 0 ? l->after[axis][before] : INFINITY, l->after[axis][k]);
        if (axis == 0)
            near = fmin(near, fmin(gap_of_column(l, i, reach), gap_of_column(l, k, reach)));
        if (gap > FARTHEST || gap > WIDER * near)
            continue;
        l->root[root_of(l, i)] = root_of(l, k);
    }
}

static void linking_finish(struct linking *l)
{
    free(l->member);
    free(l->root);
    for (int axis = 0; axis < 2; axis++) {
        free(l->next[axis]);
        free(l->previous[axis]);
        free(l->after[axis]);
    }
}

static int linking_init(struct linking *l, const struct draft *d, int cluster)
{
    size_t n = (size_t)d->clusters[cluster].n + 1;
    *l = (struct linking){.member = malloc(n * sizeof(int)), .root = malloc(n * sizeof(int))};
    bool ok = l->member && l->root;
    for (int axis = 0; axis < 2; axis++) {
        l->next[axis] = malloc(n * sizeof(int));
        l->previous[axis] = malloc(n * sizeof(int));
        l->after[axis] = malloc(n * sizeof(double));
        ok = ok && l->next[axis] && l->previous[axis] && l->after[axis];
    }
    for (int i = 0; ok && i < d->n_shapes; i++)
        if (d->shapes[i].cluster == cluster)
            l->member[l->n++] = i;
    for (int i = 0; ok && i < l->n; i++)
        l->root[i] = i;
    return ok ? 0 : YJ_ENOMEM;
}

/* ---- from a linked group to a lattice ---- */

struct group {
    int shape[MAX_SIDE * MAX_SIDE];
    int n;
    double lean[2]; /* how x grows down a column, y along a row (photos) */
    double at[2][MAX_SIDE];
    int n_at[2];
};

/* Mean drift across the links of an axis that lie within the group. */
static double measure_lean(const struct draft *d, const struct linking *l, int root, int axis)
{
    double off = 0, along = 0;
    for (int i = 0; i < l->n; i++) {
        int k = l->next[axis][i];
        if (k < 0 || l->root[i] != root || l->root[k] != root)
            continue;
        off += coordinate(d, l->member[k], !axis) - coordinate(d, l->member[i], !axis);
        along += l->after[axis][i];
    }
    return along > 0 ? off / along : 0;
}

static double straightened(const struct draft *d, const struct group *g, int shape, int axis)
{
    const struct draft_shape *origin = &d->shapes[g->shape[0]], *s = &d->shapes[shape];
    double dx = s->at.x - origin->at.x, dy = s->at.y - origin->at.y;
    return axis == 0 ? s->at.x - g->lean[1] * dy : s->at.y - g->lean[0] * dx;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Places along an axis: values that follow each other closely are one. False: too many. */
static bool find_places(const struct draft *d, struct group *g, int axis, double side)
{
    double values[MAX_SIDE * MAX_SIDE];
    int n = 0, from = 0;
    for (int i = 0; i < g->n; i++)
        values[i] = straightened(d, g, g->shape[i], axis);
    qsort(values, (size_t)g->n, sizeof *values, compare_doubles);
    for (int i = 1; i <= g->n; i++) {
        if (i < g->n && values[i] - values[i - 1] < 0.4 * side)
            continue;
        if (n == MAX_SIDE)
            return false;
        g->at[axis][n++] = draft_median(values + from, i - from);
        from = i;
    }
    g->n_at[axis] = n;
    return true;
}

static int index_of(const double *at, int n, double value)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (fabs(at[i] - value) < fabs(at[best] - value))
            best = i;
    return best;
}

static int make_block(struct draft *d, const struct group *g, int cluster, struct draft_block *b)
{
    *b = (struct draft_block){.cluster = cluster, .rows = g->n_at[1], .columns = g->n_at[0]};
    b->x = arena_alloc(&d->memory, (size_t)b->columns * sizeof *b->x);
    b->y = arena_alloc(&d->memory, (size_t)b->rows * sizeof *b->y);
    b->printed = arena_alloc(&d->memory, (size_t)(b->rows * b->columns) * sizeof *b->printed);
    if (!b->x || !b->y || !b->printed)
        return YJ_ENOMEM;
    memcpy(b->x, g->at[0], (size_t)b->columns * sizeof *b->x);
    memcpy(b->y, g->at[1], (size_t)b->rows * sizeof *b->y);
    double sum = 0;
    for (int i = 0; i < g->n; i++) {
        double x = straightened(d, g, g->shape[i], 0), y = straightened(d, g, g->shape[i], 1);
        int column = index_of(g->at[0], g->n_at[0], x), row = index_of(g->at[1], g->n_at[1], y);
        sum += pow(x - b->x[column], 2) + pow(y - b->y[row], 2);
        b->n_found += !b->printed[row * b->columns + column];
        b->printed[row * b->columns + column] = true;
    }
    /* A lean is shared out, so that the middle of the block is where it is. */
    for (int i = 0; i < b->columns; i++)
        b->x[i] += g->lean[1] * ((b->y[0] + b->y[b->rows - 1]) / 2 - d->shapes[g->shape[0]].at.y);
    for (int i = 0; i < b->rows; i++)
        b->y[i] +=
            g->lean[0] * ((b->x[0] + b->x[b->columns - 1]) / 2 - d->shapes[g->shape[0]].at.x);
    b->spread = sqrt(sum / g->n);
    return 0;
}

static double least_step(const double *at, int n)
{
    double least = INFINITY;
    for (int i = 1; i < n; i++)
        least = fmin(least, at[i] - at[i - 1]);
    return least;
}

static int add_group(struct draft *d, struct linking *l, int root, int cluster, struct group *g)
{
    const struct draft_cluster *c = &d->clusters[cluster];
    struct draft_block b;
    g->n = 0;
    for (int i = 0; i < l->n && g->n < MAX_SIDE * MAX_SIDE; i++)
        if (l->root[i] == root)
            g->shape[g->n++] = l->member[i];
    for (int axis = 0; axis < 2; axis++)
        g->lean[axis] = measure_lean(d, l, root, axis);
    if (!find_places(d, g, 0, c->w) || !find_places(d, g, 1, c->h))
        return 0;
    int rc = make_block(d, g, cluster, &b);
    if (rc < 0)
        return rc;
    b.touching = least_step(b.x, b.columns) < c->w + WALL || least_step(b.y, b.rows) < c->h + WALL;
    if (b.n_found < FULL * b.rows * b.columns || b.spread > REGULAR || d->n_blocks == MAX_BLOCKS)
        return 0;
    d->blocks[d->n_blocks++] = b;
    return 0;
}

static int add_cluster(struct draft *d, int cluster, struct group *g)
{
    struct linking l;
    int rc = linking_init(&l, d, cluster);
    for (int axis = 0; rc == 0 && axis < 2; axis++)
        find_next(d, &l, &d->clusters[cluster], axis);
    for (int axis = 0; rc == 0 && axis < 2; axis++)
        link_axis(&l, axis, COLUMN * d->clusters[cluster].h);
    for (int i = 0; rc == 0 && i < l.n; i++)
        l.root[i] = root_of(&l, i);
    for (int i = 0; rc == 0 && i < l.n; i++)
        if (l.root[i] == i)
            rc = add_group(d, &l, i, cluster, g);
    linking_finish(&l);
    return rc;
}

/* ---- blocks among each other ---- */

struct rect draft_block_area(const struct draft *d, const struct draft_block *b)
{
    const struct draft_cluster *c = &d->clusters[b->cluster];
    return (struct rect){b->x[0] - c->w / 2, b->y[0] - c->h / 2,
                         b->x[b->columns - 1] - b->x[0] + c->w, b->y[b->rows - 1] - b->y[0] + c->h};
}

static bool areas_meet(struct rect a, struct rect b)
{
    return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

static int count_printed(const struct draft_block *b)
{
    int n = 0;
    for (int i = 0; i < b->rows * b->columns; i++)
        n += b->printed[i];
    return n;
}

/* Of two blocks at one place one is a part of the other's print: letters in bubbles are fewer than
 * the bubbles, circles in the cells of a table are as many as the cells. */
static void drop_nested(struct draft *d)
{
    for (int i = 0; i < d->n_blocks; i++) {
        struct draft_block *a = &d->blocks[i];
        for (int k = 0; k < d->n_blocks && !a->dropped; k++) {
            struct draft_block *b = &d->blocks[k];
            const struct draft_cluster *inner = &d->clusters[a->cluster];
            const struct draft_cluster *outer = &d->clusters[b->cluster];
            bool smaller = inner->w * inner->h < outer->w * outer->h;
            if (i == k || b->dropped || !smaller || b->touching ||
                !areas_meet(draft_block_area(d, a), draft_block_area(d, b)))
                continue;
            if (a->n_found >= 0.7 * b->n_found && !a->touching)
                b->dropped = true;
            else
                a->dropped = true;
        }
    }
}

/* Looks at each place without an outline, and counts what is filled. */
static void look_again(const struct draft *d, struct draft_block *b)
{
    const struct draft_cluster *c = &d->clusters[b->cluster];
    b->n_filled = 0;
    for (int row = 0; row < b->rows; row++) {
        for (int column = 0; column < b->columns; column++) {
            struct point at = draft_place(b, row, column);
            bool *printed = &b->printed[row * b->columns + column];
            if (!*printed)
                *printed = draft_outline_seen(d, c, at) >= 0.75;
            if (*printed)
                b->n_filled += draft_ink_share(d, rect_around(at, 0.6 * c->w, 0.6 * c->h)) > 0.7;
        }
    }
}

static bool even(const double *at, int n, double *ret_step)
{
    double least = least_step(at, n), most = 0;
    for (int i = 1; i < n; i++)
        most = fmax(most, at[i] - at[i - 1]);
    *ret_step = (at[n - 1] - at[0]) / (n - 1);
    return most - least < 0.08 * least;
}

/* The columns of b are columns of a: ret[i] is the column of a. */
static bool match_columns(const struct draft *d, const struct draft_block *a,
                          const struct draft_block *b, int *ret)
{
    double slack = fmin(0.6, 0.2 * d->clusters[a->cluster].w);
    for (int i = 0; i < b->columns; i++) {
        ret[i] = -1;
        for (int k = 0; k < a->columns; k++)
            if (fabs(a->x[k] - b->x[i]) < slack)
                ret[i] = k;
        if (ret[i] < 0)
            return false;
    }
    return true;
}

/* The step of a block's rows, between its groups left out. */
static double row_step(const struct draft_block *b)
{
    return b->rows > 1 ? least_step(b->y, b->rows) : 0;
}

static bool follows(const struct draft_block *a, const struct draft_block *b)
{
    double step = a->rows > 1 ? row_step(a) : row_step(b), own, y[2 * MAX_SIDE];
    double gap = b->y[0] - a->y[a->rows - 1];
    struct draft_rhythm rhythm;
    if (step == 0 || a->columns < 2 || a->rows + b->rows > MAX_SIDE || gap < 0.9 * step ||
        gap > STACK_GAP * step)
        return false;
    memcpy(y, a->y, (size_t)a->rows * sizeof *y);
    memcpy(y + a->rows, b->y, (size_t)b->rows * sizeof *y);
    if (!draft_find_rhythm(y, a->rows + b->rows, &rhythm))
        return false;
    return b->rows == 1 || (even(b->y, b->rows, &own) && fabs(own - step) < 0.06 * step);
}

static int append_rows(struct draft *d, struct draft_block *a, const struct draft_block *b,
                       const int *column)
{
    int rows = a->rows + b->rows;
    double *y = arena_alloc(&d->memory, (size_t)rows * sizeof *y);
    bool *printed = arena_alloc(&d->memory, (size_t)(rows * a->columns) * sizeof *printed);
    if (!y || !printed)
        return YJ_ENOMEM;
    memcpy(y, a->y, (size_t)a->rows * sizeof *y);
    memcpy(y + a->rows, b->y, (size_t)b->rows * sizeof *y);
    memcpy(printed, a->printed, (size_t)(a->rows * a->columns) * sizeof *printed);
    for (int row = 0; row < b->rows; row++)
        for (int i = 0; i < b->columns; i++)
            printed[(a->rows + row) * a->columns + column[i]] = b->printed[row * b->columns + i];
    a->y = y;
    a->printed = printed;
    a->rows = rows;
    a->n_found += b->n_found;
    a->n_filled += b->n_filled;
    return 0;
}

/* The block whose rows go on where a's end; NULL: none. */
static struct draft_block *next_below(struct draft *d, const struct draft_block *a, int *column)
{
    struct draft_block *best = NULL;
    int map[MAX_SIDE];
    for (int k = 0; k < d->n_blocks; k++) {
        struct draft_block *b = &d->blocks[k];
        if (b == a || b->dropped || b->touching || b->cluster != a->cluster ||
            (best && b->y[0] > best->y[0]) || !follows(a, b) || b->columns > a->columns ||
            !match_columns(d, a, b, map))
            continue;
        best = b;
        memcpy(column, map, sizeof map);
    }
    return best;
}

static int join_stacks(struct draft *d)
{
    int column[MAX_SIDE];
    for (int i = 0; i < d->n_blocks; i++) {
        struct draft_block *a = &d->blocks[i], *b;
        while (!a->dropped && !a->touching && (b = next_below(d, a, column))) {
            int rc = append_rows(d, a, b, column);
            if (rc < 0)
                return rc;
            b->dropped = true;
        }
    }
    return 0;
}

/* Few outlines are believed where a large block has the same size. */
static void drop_small(struct draft *d)
{
    bool primary[256] = {false};
    for (int i = 0; i < d->n_blocks; i++) {
        const struct draft_block *b = &d->blocks[i];
        if (!b->dropped && !b->touching && b->rows > 1 && count_printed(b) >= PRIMARY)
            primary[b->cluster] = true;
    }
    for (int i = 0; i < d->n_blocks; i++)
        if (!d->blocks[i].touching && !primary[d->blocks[i].cluster])
            d->blocks[i].dropped = true;
}

/* Print so close to a side of a place that it is the next letter of a word. */
static bool has_print(const struct draft *d, const struct draft_cluster *c, struct point at,
                      int side, double reach)
{
    double from = 0.25 + 1 / d->scale; /* clear of its own line, a pixel more */
    struct rect beside = {at.x + side * c->w / 2 + (side < 0 ? -reach : from), at.y - c->h / 2,
                          reach - from, c->h};
    return beside.w > 0.15 && draft_ink_share(d, beside) > 0.02;
}

/* Both sides of a place, no farther than its block's next column is away. */
static bool in_word(const struct draft *d, const struct draft_block *b, struct point at)
{
    const struct draft_cluster *c = &d->clusters[b->cluster];
    double reach = fmin(0.8, least_step(b->x, b->columns) - c->w - 0.3);
    return has_print(d, c, at, -1, reach) || has_print(d, c, at, 1, reach);
}

/* Small outlines at a row's ends are letters where print goes on close by. */
static bool goes_on(const struct draft *d, const struct draft_block *b, int row)
{
    const struct draft_cluster *c = &d->clusters[b->cluster];
    return fmin(c->w, c->h) < SMALL &&
           (has_print(d, c, draft_place(b, row, 0), -1, 0.8) ||
            has_print(d, c, draft_place(b, row, b->columns - 1), 1, 0.8));
}

static bool is_print(const struct draft *d, const struct draft_block *b)
{
    int words = 0, filled = 0, going_on = 0, n = count_printed(b);
    const struct draft_cluster *c = &d->clusters[b->cluster];
    for (int row = 0; row < b->rows; row++) {
        going_on += goes_on(d, b, row);
        for (int column = 0; column < b->columns; column++) {
            struct point at = draft_place(b, row, column);
            if (!draft_printed(b, row, column))
                continue;
            words += in_word(d, b, at);
            filled += draft_ink_share(d, rect_around(at, 0.6 * c->w, 0.6 * c->h)) > 0.7;
        }
    }
    return words >= 0.6 * n || going_on >= 0.6 * b->rows || filled >= 0.9 * n;
}

/* Letters at the same places of every line, timing marks and lone marks are no bubbles. */
static void drop_print(struct draft *d)
{
    for (int i = 0; i < d->n_blocks; i++)
        if (!d->blocks[i].touching && is_print(d, &d->blocks[i]))
            d->blocks[i].dropped = true;
}

static bool places_meet(const struct draft *d, const struct draft_block *a,
                        const struct draft_block *b)
{
    const struct draft_cluster *c = &d->clusters[a->cluster], *e = &d->clusters[b->cluster];
    double w = (c->w + e->w) / 2 - 0.1, h = (c->h + e->h) / 2 - 0.1;
    for (int i = 0; i < a->rows * a->columns; i++)
        for (int k = 0; k < b->rows * b->columns; k++) {
            struct point p = draft_place(a, i / a->columns, i % a->columns);
            struct point q = draft_place(b, k / b->columns, k % b->columns);
            if (fabs(p.x - q.x) < w && fabs(p.y - q.y) < h)
                return true;
        }
    return false;
}

/* Two bubbles cannot stand at one place: the block with fewer outlines goes. */
static void drop_overlapping(struct draft *d)
{
    for (int i = 0; i < d->n_blocks; i++)
        for (int k = 0; k < d->n_blocks; k++) {
            struct draft_block *a = &d->blocks[i], *b = &d->blocks[k];
            if (i != k && !a->dropped && !b->dropped && !a->touching && !b->touching &&
                a->n_found <= b->n_found &&
                areas_meet(draft_block_area(d, a), draft_block_area(d, b)) && places_meet(d, a, b))
                a->dropped = true;
        }
}

/* ---- lattices that fell apart ---- */

static int merge_places(const double *a, int n_a, const double *b, int n_b, double slack,
                        double *ret)
{
    int n = n_a;
    memcpy(ret, a, (size_t)n_a * sizeof *ret);
    for (int i = 0; i < n_b; i++) {
        int k = 0;
        while (k < n_a && fabs(a[k] - b[i]) > slack)
            k++;
        if (k == n_a)
            ret[n++] = b[i];
    }
    qsort(ret, (size_t)n, sizeof *ret, compare_doubles);
    return n;
}

static void copy_printed(const struct draft_block *from, struct draft_block *to)
{
    for (int i = 0; i < from->rows * from->columns; i++) {
        struct point at = draft_place(from, i / from->columns, i % from->columns);
        int row = index_of(to->y, to->rows, at.y), column = index_of(to->x, to->columns, at.x);
        to->printed[row * to->columns + column] |= from->printed[i];
    }
}

/* Lays block a out anew on the places x and y. */
static int relay(struct draft *d, struct draft_block *a, const double *x, int columns,
                 const double *y, int rows)
{
    struct draft_block b = *a;
    b.columns = columns;
    b.rows = rows;
    b.x = arena_alloc(&d->memory, (size_t)columns * sizeof *b.x);
    b.y = arena_alloc(&d->memory, (size_t)rows * sizeof *b.y);
    b.printed = arena_alloc(&d->memory, (size_t)(rows * columns) * sizeof *b.printed);
    if (!b.x || !b.y || !b.printed)
        return YJ_ENOMEM;
    memcpy(b.x, x, (size_t)columns * sizeof *x);
    memcpy(b.y, y, (size_t)rows * sizeof *y);
    copy_printed(a, &b);
    *a = b;
    return 0;
}

/* Whether places of two blocks together are still no closer than those of one. */
static bool steps_hold(const double *a, int n_a, const double *b, int n_b, const double *both,
                       int n_both)
{
    return least_step(both, n_both) > 0.75 * fmin(least_step(a, n_a), least_step(b, n_b));
}

/* Filled bubbles are no outlines, and a lattice without them falls apart: blocks at one place that
 * share their places are one. 1: merged. */
static int merge_pair(struct draft *d, struct draft_block *a, struct draft_block *b)
{
    const struct draft_cluster *c = &d->clusters[a->cluster];
    double x[2 * MAX_SIDE], y[2 * MAX_SIDE], slack_x = fmin(0.35 * c->w, 1),
                                             slack_y = fmin(0.35 * c->h, 1);
    int columns = merge_places(a->x, a->columns, b->x, b->columns, slack_x, x);
    int rows = merge_places(a->y, a->rows, b->y, b->rows, slack_y, y);
    if (columns > MAX_SIDE || rows > MAX_SIDE || columns == a->columns + b->columns ||
        rows == a->rows + b->rows || !steps_hold(a->x, a->columns, b->x, b->columns, x, columns) ||
        !steps_hold(a->y, a->rows, b->y, b->rows, y, rows))
        return 0;
    int rc = relay(d, a, x, columns, y, rows);
    if (rc < 0)
        return rc;
    copy_printed(b, a);
    a->n_found += b->n_found;
    a->spread = fmax(a->spread, b->spread);
    b->dropped = true;
    return 1;
}

static int merge_blocks(struct draft *d)
{
    bool again = true;
    while (again) {
        again = false;
        for (int i = 0; i < d->n_blocks; i++)
            for (int k = 0; k < d->n_blocks; k++) {
                struct draft_block *a = &d->blocks[i], *b = &d->blocks[k];
                if (i == k || a->dropped || b->dropped || a->touching || b->touching ||
                    a->cluster != b->cluster || a->n_found < b->n_found ||
                    !areas_meet(draft_block_area(d, a), draft_block_area(d, b)))
                    continue;
                int rc = merge_pair(d, a, b);
                if (rc < 0)
                    return rc;
                again = again || rc > 0;
            }
    }
    return 0;
}

/* The place before (or after) the block's along an axis; false: its end has no step of its own. */
static bool place_beyond(const double *at, int n, bool after, double *ret)
{
    if (n < 2)
        return false;
    double step = after ? at[n - 1] - at[n - 2] : at[1] - at[0];
    if (step > 1.2 * least_step(at, n))
        return false;
    *ret = after ? at[n - 1] + step : at[0] - step;
    return true;
}

/* Adds a line of places where outlines are seen that were not found; 1: added. */
static int add_line(struct draft *d, struct draft_block *b, int axis, double at)
{
    const struct draft_cluster *c = &d->clusters[b->cluster];
    double x[MAX_SIDE + 1], y[MAX_SIDE + 1];
    int across = axis == 0 ? b->rows : b->columns, n = axis == 0 ? b->columns : b->rows, seen = 0;
    if (n >= MAX_SIDE)
        return 0;
    for (int i = 0; i < across; i++) {
        struct point p = axis == 0 ? (struct point){at, b->y[i]} : (struct point){b->x[i], at};
        struct rect inside = rect_around(p, 0.6 * c->w, 0.6 * c->h);
        seen += draft_outline_seen(d, c, p) >= 0.85 && draft_ink_share(d, inside) < 0.7;
    }
    if (seen < 2 || seen < 0.5 * across)
        return 0;
    int columns = merge_places(b->x, b->columns, &at, axis == 0, 0.1, x);
    int rows = merge_places(b->y, b->rows, &at, axis == 1, 0.1, y);
    int rc = relay(d, b, x, columns, y, rows);
    return rc < 0 ? rc : 1;
}

static int grow_side(struct draft *d, struct draft_block *b, int axis, bool after)
{
    double at;
    int n = axis == 0 ? b->columns : b->rows;
    return place_beyond(axis == 0 ? b->x : b->y, n, after, &at) ? add_line(d, b, axis, at) : 0;
}

/* Lines half-way between others, where a bubble has room. */
static int grow_between(struct draft *d, struct draft_block *b, int axis)
{
    const struct draft_cluster *c = &d->clusters[b->cluster];
    double side = axis == 0 ? c->w : c->h;
    for (int i = 1; i < (axis == 0 ? b->columns : b->rows); i++) {
        const double *at = axis == 0 ? b->x : b->y;
        if (at[i] - at[i - 1] < 2 * (side + WALL))
            continue;
        int rc = add_line(d, b, axis, (at[i] + at[i - 1]) / 2);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int grow_blocks(struct draft *d)
{
    for (int i = 0; i < d->n_blocks; i++)
        for (int side = 0; side < 6; side++) {
            struct draft_block *b = &d->blocks[i];
            int rc = 1;
            while (rc == 1 && !b->touching) {
                rc = side < 2 ? grow_between(d, b, side) : grow_side(d, b, side / 2 - 1, side % 2);
                if (rc < 0)
                    return rc;
            }
        }
    return 0;
}

static int compare_blocks(const void *a, const void *b)
{
    const struct draft_block *x = a, *y = b;
    if (x->y[0] != y->y[0])
        return x->y[0] < y->y[0] ? -1 : 1;
    return (x->x[0] > y->x[0]) - (x->x[0] < y->x[0]);
}

/* Whether places lie so near the page's end that their outlines cross it. */
static bool off_page(double at, double side, double page)
{
    return at < side / 2 || at > page - side / 2;
}

/* What stands off the page (paper that is larger than it was taken for) is left out. */
static void drop_off_page(struct draft *d)
{
    for (int i = 0; i < d->n_blocks; i++) {
        struct draft_block *b = &d->blocks[i];
        const struct draft_cluster *c = &d->clusters[b->cluster];
        while (b->rows > 1 && off_page(b->y[b->rows - 1], c->h, d->height))
            b->rows--;
        for (int k = 0; k < b->columns && !b->dropped; k++)
            b->dropped = off_page(b->x[k], c->w, d->width);
        b->dropped = b->dropped || off_page(b->y[0], c->h, d->height) ||
                     off_page(b->y[b->rows - 1], c->h, d->height);
    }
}

static void remove_dropped(struct draft *d)
{
    int n = 0;
    for (int i = 0; i < d->n_blocks; i++)
        if (!d->blocks[i].dropped)
            d->blocks[n++] = d->blocks[i];
    d->n_blocks = n;
}

int draft_lattice_find(struct draft *d)
{
    struct group *g = malloc(sizeof *g);
    int rc = g ? 0 : YJ_ENOMEM;
    if (!d->blocks)
        d->blocks = arena_alloc(&d->memory, MAX_BLOCKS * sizeof *d->blocks);
    if (!d->blocks)
        rc = YJ_ENOMEM;
    d->n_blocks = 0;
    for (int i = 0; rc == 0 && i < d->n_clusters; i++)
        rc = add_cluster(d, i, g);
    free(g);
    return rc;
}

int draft_lattice_settle(struct draft *d)
{
    drop_print(d);
    remove_dropped(d);
    drop_small(d);
    remove_dropped(d);
    drop_nested(d);
    remove_dropped(d);
    int rc = merge_blocks(d);
    remove_dropped(d);
    if (rc == 0)
        rc = grow_blocks(d);
    if (rc < 0)
        return rc;
    qsort(d->blocks, (size_t)d->n_blocks, sizeof *d->blocks, compare_blocks);
    for (int i = 0; i < d->n_blocks; i++)
        look_again(d, &d->blocks[i]);
    rc = join_stacks(d);
    remove_dropped(d);
    drop_off_page(d);
    remove_dropped(d);
    drop_overlapping(d);
    remove_dropped(d);
    return rc;
}
