#include "print_finder.h"

#include "diag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIND_SCALE 3.6    /* px a mm of the image searched, where the scan has as many */
#define VOTE_BIN 1.6      /* mm */
#define VOTES_A_LATTICE 3 /* places kept of each lattice and half turn */
#define MAX_PLACES (MAX_LATTICES * 2 * VOTES_A_LATTICE)
#define GROWN_PLACES 24  /* of them are grown, those with the most votes first */
#define SEED_RADIUS 26.0 /* mm: the match begins with this much of the page ... */
#define RING 1.35        /* ... and each round takes in this many times more */
#define ROUNDS 12
#define SEED_CENTRES 48
#define CATCH 1.7          /* mm that a spot may be from its place while the match grows */
#define CATCH_LAST 0.8     /* mm: at the end */
#define NEAR_SHARE 0.9     /* of half the way to the next piece: no farther */
#define BENT 0.22          /* mm: what is farther off an affine map is seen in perspective */
#define FLAT_MIN 4.0       /* mm: pieces nearer to one line say nothing across it */
#define PIECES_MIN 12      /* spots that make a place ... */
#define SHARE_MIN 0.18     /* ... and of the pieces */
#define SHARE_ENOUGH 0.6   /* look no further */
#define SAME_PLACE 1.0     /* mm */
#define VOTES_MAX 4000000L /* a lattice: more spots are not asked */

/* One way of looking for spots: scales of a scanner or of a photo, clear or pale print. */
static const struct search_pass {
    double least, most; /* of the scale at which the page fills the image */
    int offset;         /* grey levels */
} passes[] = {{0.84, 1.16, 18}, {0.84, 1.16, 8}, {0.30, 0.90, 14}};

struct place {
    struct homography h; /* mm -> px of the image searched */
    int votes, matches;
};

struct finder {
    const struct print_pattern *pattern;
    const struct image *img;
    struct print_spots spots;
    struct point *from, *to; /* n_pieces each: mm, px */
    double *weight;
    struct place places[MAX_PLACES];
    int n_places;
};

/* ---- votes ---- */

static struct homography linear_at(const struct homography *linear, struct point mm,
                                   struct point px)
{
    struct homography h = *linear;
    h.m[2] = px.x - h.m[0] * mm.x - h.m[1] * mm.y;
    h.m[5] = px.y - h.m[3] * mm.x - h.m[4] * mm.y;
    return h;
}

struct ballot {
    int *count;
    int nx, ny;
    double bin;         /* px */
    struct point first; /* px of the first bin's corner */
};

/* Where the pattern's middle may be: in the image, or a third of it outside. */
static int ballot_init(struct ballot *b, const struct image *img, double bin)
{
    b->bin = bin;
    b->first = (struct point){-img->width / 3.0, -img->height / 3.0};
    b->nx = (int)(img->width * 5.0 / 3 / bin) + 2;
    b->ny = (int)(img->height * 5.0 / 3 / bin) + 2;
    b->count = calloc((size_t)b->nx * (size_t)b->ny, sizeof(*b->count));
    return b->count ? 0 : YJ_ENOMEM;
}

static void vote(const struct finder *f, const struct homography *linear, struct ballot *b)
{
    const struct print_pattern *p = f->pattern;
    int stride = (int)((long)p->n_pieces * f->spots.n_spots / VOTES_MAX) + 1;
    for (int k = 0; k < f->spots.n_spots; k += stride) {
        const struct spot *s = &f->spots.spots[k];
        bool like[PATTERN_CLASSES];
        for (int c = 0; c < p->n_sizes; c++)
            like[c] = print_spot_is_like(s, p->sizes[c], linear);
        for (int i = 0; i < p->n_pieces; i++) {
            double dx = p->pieces[i].at.x - p->middle.x, dy = p->pieces[i].at.y - p->middle.y;
            double x = s->at.x - linear->m[0] * dx - linear->m[1] * dy - b->first.x;
            double y = s->at.y - linear->m[3] * dx - linear->m[4] * dy - b->first.y;
            if (like[p->pieces[i].size] && x >= 0 && y >= 0 && x < b->nx * b->bin &&
                y < b->ny * b->bin)
                b->count[(int)(y / b->bin) * b->nx + (int)(x / b->bin)]++;
        }
    }
}

/* Votes of a bin and its right and lower neighbours; their centre of gravity. */
static int votes_of(const struct ballot *b, int x, int y, struct point *ret_px)
{
    int sum = 0;
    double sx = 0, sy = 0;
    for (int v = 0; v < 2; v++)
        for (int u = 0; u < 2; u++) {
            int n = b->count[(y + v) * b->nx + x + u];
            sum += n;
            sx += n * (x + u + 0.5);
            sy += n * (y + v + 0.5);
        }
    if (sum > 0)
        *ret_px = (struct point){b->first.x + sx / sum * b->bin, b->first.y + sy / sum * b->bin};
    return sum;
}

/* Takes the places with the most votes, each with what is around it taken off the ballot. */
static void count_votes(struct finder *f, const struct homography *linear, struct ballot *b)
{
    for (int k = 0; k < VOTES_A_LATTICE && f->n_places < MAX_PLACES; k++) {
        int most = 0, at_x = 0, at_y = 0;
        struct point px = {0, 0};
        for (int y = 0; y + 1 < b->ny; y++)
            for (int x = 0; x + 1 < b->nx; x++) {
                const int *c = &b->count[y * b->nx + x];
                int sum = c[0] + c[1] + c[b->nx] + c[b->nx + 1];
                if (sum > most) {
                    most = sum;
                    at_x = x;
                    at_y = y;
                }
            }
        if (most < PIECES_MIN / 2)
            return;
        votes_of(b, at_x, at_y, &px);
        f->places[f->n_places++] =
            (struct place){linear_at(linear, f->pattern->middle, px), most, 0};
        for (int y = at_y - 1; y <= at_y + 2; y++)
            for (int x = at_x - 1; x <= at_x + 2; x++)
                if (x >= 0 && y >= 0 && x < b->nx && y < b->ny)
                    b->count[y * b->nx + x] = 0;
    }
}

static int find_places(struct finder *f, const struct homography *lattices, int n)
{
    for (int i = 0; i < 2 * n; i++) {
        struct homography linear = lattices[i / 2];
        struct ballot b;
        for (int k = 0; k < 6 && i % 2; k++)
            linear.m[k] = -linear.m[k];
        double scale = sqrt(linear.m[0] * linear.m[4] - linear.m[1] * linear.m[3]);
        if (ballot_init(&b, f->img, VOTE_BIN * scale) < 0)
            return YJ_ENOMEM;
        vote(f, &linear, &b);
        count_votes(f, &linear, &b);
        free(b.count);
    }
    return 0;
}

/* ---- growing ---- */

/* Pairs of pieces within `radius` mm of `centre` and their spots; how many. `catch` in mm. */
static int match_within(struct finder *f, const struct homography *h, struct point centre,
                        double radius, double catch)
{
    const struct print_pattern *p = f->pattern;
    int n = 0;
    for (int i = 0; i < p->n_pieces; i++) {
        const struct piece *q = &p->pieces[i];
        if (hypot(q->at.x - centre.x, q->at.y - centre.y) > radius)
            continue;
        double reach = fmin(catch, NEAR_SHARE * q->near) * homography_scale(h, q->at);
        struct point at = homography_apply(h, q->at);
        int s = print_spots_nearest(&f->spots, at, reach, p->sizes[q->size], h);
        if (s < 0)
            continue;
        struct point seen = f->spots.spots[s].at;
        double off = hypot(seen.x - at.x, seen.y - at.y) / (reach > 0 ? reach : 1);
        f->from[n] = q->at;
        f->to[n] = seen;
        f->weight[n++] = 1.0 - 0.7 * off;
    }
    return n;
}

/* The simplest transform that the pairs need: a similarity on one line, else an affine map, and a
 * perspective where that leaves too much. */
static int fit_pairs(const struct finder *f, int n, bool bends, struct homography *h)
{
    struct homography fit;
    size_t m = (size_t)n;
    if (n < 4)
        return -1;
    bool flat = n < 8 || points_breadth(f->from, m) < FLAT_MIN;
    int e = flat ? homography_fit_similarity(f->from, f->to, f->weight, m, &fit)
                 : homography_fit_affine(f->from, f->to, f->weight, m, &fit);
    if (e < 0)
        return -1;
    double off = homography_residual(&fit, f->from, f->to, m) / homography_scale(&fit, f->from[0]);
    struct homography bent;
    if (!flat && bends && n >= 24 && off > BENT &&
        homography_fit(f->from, f->to, f->weight, m, &bent) == 0)
        fit = bent;
    *h = fit;
    return 0;
}

/* The piece around which the most others have a spot near their place. */
static struct point densest_part(struct finder *f, const struct homography *h)
{
    int n = match_within(f, h, f->pattern->middle, HUGE_VAL, CATCH), most = -1;
    struct point best = f->pattern->middle;
    for (int k = 0; k < SEED_CENTRES && n > 0; k++) {
        struct point c = f->from[(long)k * n / SEED_CENTRES];
        double near = 0;
        for (int i = 0; i < n; i++)
            if (hypot(f->from[i].x - c.x, f->from[i].y - c.y) < SEED_RADIUS)
                near += f->weight[i];
        if ((int)(100 * near) > most) {
            most = (int)(100 * near);
            best = c;
        }
    }
    return best;
}

static void grow_place(struct finder *f, struct place *place)
{
    struct homography h = place->h;
    struct point centre = densest_part(f, &h);
    double radius = SEED_RADIUS;
    for (int round = 0; round < ROUNDS; round++, radius *= RING) {
        int n = match_within(f, &h, centre, radius, CATCH);
        fit_pairs(f, n, radius > 2.5 * SEED_RADIUS, &h);
    }
    for (int round = 0; round < 3; round++) {
        int n = match_within(f, &h, centre, HUGE_VAL, round == 0 ? CATCH : CATCH_LAST * 1.4);
        fit_pairs(f, n, true, &h);
    }
    place->matches = match_within(f, &h, centre, HUGE_VAL, CATCH_LAST);
    place->h = h;
}

static int by_votes(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return (y->votes > x->votes) - (y->votes < x->votes);
}

static int by_matches(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return (y->matches > x->matches) - (y->matches < x->matches);
}

/* ---- proposals ---- */

static bool same_place(const struct finder *f, const struct homography *a,
                       const struct homography *b)
{
    struct point m = f->pattern->middle;
    struct point corners[3] = {m, {m.x - 60, m.y - 80}, {m.x + 60, m.y + 80}};
    for (int i = 0; i < 3; i++) {
        struct point p = homography_apply(a, corners[i]), q = homography_apply(b, corners[i]);
        if (hypot(p.x - q.x, p.y - q.y) > SAME_PLACE * homography_scale(a, m))
            return false;
    }
    return true;
}

static void add_proposals(const struct finder *f, int level, struct proposal *out, int *n)
{
    int least = (int)fmax(PIECES_MIN, SHARE_MIN * f->pattern->n_pieces);
    for (int i = 0; i < f->n_places && *n < MAX_PROPOSALS; i++) {
        struct homography h = pyramid_up(&f->places[i].h, level);
        bool known = f->places[i].matches < least;
        for (int k = 0; k < i && !known; k++)
            known = same_place(f, &f->places[k].h, &f->places[i].h);
        if (!known)
            out[(*n)++] = (struct proposal){
                .mm_to_px = h, .marks = f->places[i].matches, .cost = -f->places[i].matches};
    }
}

static int search(struct finder *f, const struct search_pass *pass, double scale)
{
    struct homography lattices[MAX_LATTICES];
    int n = 0;
    f->n_places = 0;
    int e = print_spots_find(f->pattern, f->img, pass->least * scale, pass->most * scale,
                             pass->offset, &f->spots);
    if (e == 0)
        e = print_lattice_find(f->pattern, &f->spots, pass->least * scale, pass->most * scale,
                               lattices, &n);
    if (e == 0)
        e = find_places(f, lattices, n);
    if (e < 0)
        return e;
    qsort(f->places, (size_t)f->n_places, sizeof(*f->places), by_votes);
    f->n_places = f->n_places < GROWN_PLACES ? f->n_places : GROWN_PLACES;
    for (int i = 0; i < f->n_places; i++)
        grow_place(f, &f->places[i]);
    qsort(f->places, (size_t)f->n_places, sizeof(*f->places), by_matches);
    return 0;
}

static int finder_init(struct finder *f, const struct print_pattern *pattern)
{
    size_t n = (size_t)pattern->n_pieces + 1;
    *f = (struct finder){.pattern = pattern};
    f->from = malloc(n * sizeof(*f->from));
    f->to = malloc(n * sizeof(*f->to));
    f->weight = malloc(n * sizeof(*f->weight));
    return f->from && f->to && f->weight ? 0 : YJ_ENOMEM;
}

static void finder_finish(struct finder *f)
{
    free(f->from);
    free(f->to);
    free(f->weight);
    print_spots_finish(&f->spots);
}

int propose_from_print(const struct proposal_source *source, const struct pyramid *pyramid,
                       struct proposal *out, int *ret_n)
{
    const struct image *scan = pyramid->levels[0];
    double pl = fmax(source->page_width, source->page_height);
    double ps = fmin(source->page_width, source->page_height);
    double il = fmax(scan->width, scan->height), is = fmin(scan->width, scan->height);
    double full = fmax(il / pl, is / ps);
    struct finder f;
    int most = 0, e = finder_init(&f, source->pattern);
    *ret_n = 0;
    for (size_t i = 0; e == 0 && i < sizeof(passes) / sizeof(*passes); i++) {
        int k = 0;
        double middle = full * (passes[i].least + passes[i].most) / 2;
        while (k + 1 < pyramid->n_levels && middle / (2 << k) >= FIND_SCALE)
            k++;
        f.img = pyramid->levels[k];
        print_spots_finish(&f.spots);
        e = search(&f, &passes[i], full / (1 << k));
        if (e < 0 || f.n_places == 0 || f.places[0].matches <= most)
            continue;
        most = f.places[0].matches;
        *ret_n = 0;
        add_proposals(&f, k, out, ret_n);
        if (most >= SHARE_ENOUGH * f.pattern->n_pieces)
            break;
    }
    finder_finish(&f);
    return e;
}
