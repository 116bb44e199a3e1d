#include "print_pattern.h"

#include "diag.h"

#include <math.h>
#include <stdlib.h>

#define BRACKET_TIP 0.25 /* of a bracket's width: how far its arms reach */
#define LIKE_SIZE 0.25   /* mm: pieces of one class */
#define LIKE_STEP 0.15   /* mm: the same step */
#define MAX_KINDS 512    /* different steps counted */

static void add_piece(struct print_pattern *p, struct rect box)
{
    if (box.w > PATTERN_MAX_SIDE || box.h > PATTERN_MAX_SIDE)
        return;
    p->pieces[p->n_pieces++] =
        (struct piece){.at = rect_center(box), .w = box.w, .h = box.h, .near = PATTERN_MAX_SIDE};
}

static void add_bubble(struct print_pattern *p, enum bubble_shape shape, struct rect box)
{
    if (shape != BUBBLE_BRACKET) {
        add_piece(p, box);
        return;
    }
    double tip = BRACKET_TIP * box.w;
    add_piece(p, (struct rect){box.x, box.y, tip, box.h});
    add_piece(p, (struct rect){box.x + box.w - tip, box.y, tip, box.h});
}

static int count_pieces(const struct form *form, int page)
{
    int n = 0;
    for (int i = 0; i < form->n_fields; i++)
        if (form->fields[i].page == page)
            n += 2 * form->fields[i].n_bubbles + form->fields[i].n_boxes;
    for (int i = 0; i < form->pages[page].n_registrations; i++)
        n += form->pages[page].registrations[i].n_marks;
    return n;
}

static void collect_pieces(const struct form *form, int page, struct print_pattern *p)
{
    for (int i = 0; i < form->n_fields; i++) {
        const struct field *f = &form->fields[i];
        for (int k = 0; f->page == page && k < f->n_bubbles; k++)
            add_bubble(p, f->shape, f->bubbles[k].box);
        for (int k = 0; f->page == page && k < f->n_boxes; k++)
            add_piece(p, f->boxes[k]);
    }
    for (int i = 0; i < form->pages[page].n_registrations; i++) {
        const struct registration *r = &form->pages[page].registrations[i];
        for (int k = 0; k < r->n_marks && r->kind != REGISTER_MARKER; k++)
            add_piece(p, r->marks[k].box);
    }
}

static void collect_sizes(struct print_pattern *p)
{
    for (int i = 0; i < p->n_pieces; i++) {
        struct piece *q = &p->pieces[i];
        int k = 0;
        while (k < p->n_sizes &&
               (fabs(p->sizes[k].x - q->w) > LIKE_SIZE || fabs(p->sizes[k].y - q->h) > LIKE_SIZE))
            k++;
        if (k == p->n_sizes && k < PATTERN_CLASSES)
            p->sizes[p->n_sizes++] = (struct point){q->w, q->h};
        q->size = k < PATTERN_CLASSES ? k : PATTERN_CLASSES - 1;
        p->middle.x += q->at.x / p->n_pieces;
        p->middle.y += q->at.y / p->n_pieces;
    }
}

static void count_step(struct piece_step *kinds, int *n, struct point by)
{
    if (by.y < -1e-6 || (fabs(by.y) <= 1e-6 && by.x < 0))
        by = (struct point){-by.x, -by.y};
    for (int i = 0; i < *n; i++)
        if (hypot(kinds[i].by.x - by.x, kinds[i].by.y - by.y) < LIKE_STEP) {
            kinds[i].count++;
            return;
        }
    if (*n < MAX_KINDS)
        kinds[(*n)++] = (struct piece_step){by, 1};
}

static int commonest_first(const void *a, const void *b)
{
    const struct piece_step *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    double lx = hypot(x->by.x, x->by.y), ly = hypot(y->by.x, y->by.y);
    return (lx > ly) - (lx < ly);
}

double print_pattern_reach(double w, double h)
{
    return fmax(PATTERN_REACH * fmax(w, h), PATTERN_REACH_MM);
}

static int collect_steps(struct print_pattern *p)
{
    struct piece_step *kinds = malloc(MAX_KINDS * sizeof(*kinds));
    int n = 0;
    if (!kinds)
        return YJ_ENOMEM;
    for (int i = 0; i < p->n_pieces; i++)
        for (int k = 0; k < p->n_pieces; k++) {
            struct piece *a = &p->pieces[i];
            const struct piece *b = &p->pieces[k];
            struct point by = {b->at.x - a->at.x, b->at.y - a->at.y};
            double length = hypot(by.x, by.y), reach = print_pattern_reach(a->w, a->h);
            bool like = fabs(a->w - b->w) < LIKE_SIZE && fabs(a->h - b->h) < LIKE_SIZE;
            if (k == i || !like)
                continue;
            a->near = fmin(a->near, length / 2);
            if (k > i && length <= reach)
                count_step(kinds, &n, by);
        }
    qsort(kinds, (size_t)n, sizeof(*kinds), commonest_first);
    for (int i = 0; i < n && i < PATTERN_STEPS && kinds[i].count > 1; i++)
        p->steps[p->n_steps++] = kinds[i];
    free(kinds);
    return 0;
}

int print_pattern_create(const struct form *form, int page, struct print_pattern **ret_pattern)
{
    struct print_pattern *p = calloc(1, sizeof(*p));
    if (!p)
        return YJ_ENOMEM;
    p->pieces = calloc((size_t)count_pieces(form, page) + 1, sizeof(*p->pieces));
    if (!p->pieces) {
        print_pattern_destroy(p);
        return YJ_ENOMEM;
    }
    collect_pieces(form, page, p);
    collect_sizes(p);
    if (collect_steps(p) < 0) {
        print_pattern_destroy(p);
        return YJ_ENOMEM;
    }
    *ret_pattern = p;
    return 0;
}

void print_pattern_destroy(struct print_pattern *p)
{
    if (!p)
        return;
    free(p->pieces);
    free(p);
}
