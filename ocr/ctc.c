#include "ctc.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define MAX_CLASSES 64
#define UNLIKELY 1e-5f /* a class less likely extends no prefix */

/* ---- likelihood of a given text ---- */

/* One frame further. State 2 i + 1 stands in label i, state 2 i in the blank before it. Returns
 * the sum, by which the states are divided: products over hundreds of frames do not underflow. */
static double step(const float *p, const uint8_t *labels, int n_states, const double *from,
                   double *to)
{
    double sum = 0;
    for (int s = 0; s < n_states; s++) {
        double a = from[s] + (s > 0 ? from[s - 1] : 0);
        bool label = s % 2 == 1;
        /* The blank between two labels may be missing where they differ. */
        if (label && s > 1 && labels[s / 2] != labels[s / 2 - 1])
            a += from[s - 2];
        to[s] = a * p[label ? labels[s / 2] : 0];
        sum += to[s];
    }
    for (int s = 0; s < n_states && sum > 0; s++)
        to[s] /= sum;
    return sum;
}

double ctc_log_likelihood(const struct ctc_frames *frames, const uint8_t *labels, int n)
{
    double states[2][2 * CTC_MAX_FRAMES + 1];
    int n_states = 2 * n + 1;
    double log_p = 0;
    assert(frames->n <= CTC_MAX_FRAMES);
    if (n > frames->n)
        return -INFINITY;
    if (frames->n == 0)
        return 0;
    memset(states[0], 0, (size_t)n_states * sizeof(states[0][0]));
    /* Before the first frame: as if in a blank ahead of the blank, so that the first frame may
     * say a blank or the first label. */
    states[0][0] = 1;
    for (int t = 0; t < frames->n; t++) {
        double sum = step(&frames->p[t * frames->classes], labels, n_states, states[t % 2],
                          states[1 - t % 2]);
        if (!(sum > 0))
            return -INFINITY;
        log_p += log(sum);
    }
    const double *last = states[frames->n % 2];
    double end = last[n_states - 1] + (n > 0 ? last[n_states - 2] : 0);
    return end > 0 ? log_p + log(end) : -INFINITY;
}

/* ---- where the labels of a text stand ---- */

/* One frame further, as step(), by the best way alone; back[s]: how many states it came up. */
static void step_best(const float *p, const uint8_t *labels, int n_states, const double *from,
                      double *to, uint8_t *back)
{
    for (int s = 0; s < n_states; s++) {
        bool label = s % 2 == 1;
        int most = label && s > 1 && labels[s / 2] != labels[s / 2 - 1] ? 2 : s > 0;
        back[s] = 0;
        for (int up = 1; up <= most; up++)
            back[s] = from[s - up] > from[s - back[s]] ? (uint8_t)up : back[s];
        to[s] = from[s - back[s]] + log((double)p[label ? labels[s / 2] : 0]);
    }
}

bool ctc_align(const struct ctc_frames *frames, const uint8_t *labels, int n, float *ret_frames)
{
    static const double never = -1e30;
    double states[2][2 * CTC_MAX_ALIGNED + 1] = {{0}};
    uint8_t back[CTC_MAX_FRAMES][2 * CTC_MAX_ALIGNED + 1];
    int n_states = 2 * n + 1, held[CTC_MAX_ALIGNED] = {0};
    assert(frames->n <= CTC_MAX_FRAMES);
    if (n > CTC_MAX_ALIGNED || n > frames->n)
        return false;
    for (int s = 0; s < n_states; s++)
        states[0][s] = s == 0 ? 0 : never;
    for (int t = 0; t < frames->n; t++)
        step_best(&frames->p[t * frames->classes], labels, n_states, states[t % 2],
                  states[1 - t % 2], back[t]);
    const double *last = states[frames->n % 2];
    int s = n > 0 && last[n_states - 2] > last[n_states - 1] ? n_states - 2 : n_states - 1;
    if (!(last[s] > never)) /* not a number, neither */
        return false;
    for (int i = 0; i < n; i++)
        ret_frames[i] = 0;
    for (int t = frames->n - 1; t >= 0; s -= back[t--][s])
        if (s % 2 == 1) {
            ret_frames[s / 2] += (float)t;
            held[s / 2]++;
        }
    for (int i = 0; i < n; i++)
        ret_frames[i] /= (float)held[i];
    return true;
}

/* ---- the likeliest text ---- */

/* Prefixes are nodes of a tree; node 0 is the empty one. */
struct node {
    int16_t parent, first_child, next_sibling;
    int16_t place; /* in the beam; -1: not there */
    uint8_t label;
};

#define MAX_NODES (CTC_MAX_FRAMES * CTC_BEAM + 1)

/* A prefix and how likely it is, ending in a blank or in its last label. */
struct prefix {
    int node; /* -1: not made yet: `label` after `parent` */
    int parent;
    uint8_t label;
    double blank, said;
};

struct search {
    struct node nodes[MAX_NODES];
    int n_nodes;
    struct prefix beam[CTC_BEAM];
    int n_beam;
    struct prefix next[CTC_BEAM + CTC_BEAM * MAX_CLASSES];
    int n_next;
};

static double mass(const struct prefix *p)
{
    return p->blank + p->said;
}

static int find_child(const struct search *s, int parent, uint8_t label)
{
    int child = s->nodes[parent].first_child;
    while (child >= 0 && s->nodes[child].label != label)
        child = s->nodes[child].next_sibling;
    return child;
}

static int make_child(struct search *s, int parent, uint8_t label)
{
    int child = find_child(s, parent, label);
    if (child >= 0)
        return child;
    assert(s->n_nodes < MAX_NODES);
    child = s->n_nodes++;
    s->nodes[child] = (struct node){(int16_t)parent, -1, s->nodes[parent].first_child, -1, label};
    s->nodes[parent].first_child = (int16_t)child;
    return child;
}

/* The same prefixes after one more frame stand first, in the beam's order. */
static void stay(struct search *s, const float *p)
{
    s->n_next = s->n_beam;
    for (int i = 0; i < s->n_beam; i++) {
        const struct prefix *b = &s->beam[i];
        s->next[i] = *b;
        s->next[i].blank = mass(b) * p[0];
        s->next[i].said = b->node > 0 ? b->said * p[b->label] : 0;
    }
}

/* A label after prefix i: where that prefix is in the beam it gains, else it is a new one. */
static void extend(struct search *s, int i, uint8_t label, double p)
{
    const struct prefix *b = &s->beam[i];
    /* A repeat without a blank between is the same label still. */
    double gain = (b->node > 0 && label == b->label ? b->blank : mass(b)) * p;
    int child = find_child(s, b->node, label);
    if (child >= 0 && s->nodes[child].place >= 0)
        s->next[s->nodes[child].place].said += gain;
    else if (gain > 0)
        s->next[s->n_next++] = (struct prefix){child, b->node, label, 0, gain};
}

/* The likeliest of the next become the beam, divided by the sum. */
static void select_beam(struct search *s)
{
    double sum = 0;
    for (int i = 0; i < s->n_beam; i++)
        s->nodes[s->beam[i].node].place = -1;
    s->n_beam = 0;
    while (s->n_beam < CTC_BEAM && s->n_next > 0) {
        int best = 0;
        for (int i = 1; i < s->n_next; i++)
            if (mass(&s->next[i]) > mass(&s->next[best]))
                best = i;
        struct prefix *b = &s->beam[s->n_beam];
        *b = s->next[best];
        s->next[best] = s->next[--s->n_next];
        if (!(mass(b) > 0))
            continue;
        if (b->node < 0)
            b->node = make_child(s, b->parent, b->label);
        s->nodes[b->node].place = (int16_t)s->n_beam++;
        sum += mass(b);
    }
    for (int i = 0; i < s->n_beam; i++) {
        s->beam[i].blank /= sum;
        s->beam[i].said /= sum;
    }
}

int ctc_best_text(const struct ctc_frames *frames, uint8_t *ret_labels)
{
    struct search s; /* not cleared: it is large, and what was not made is not looked at */
    int n = 0;
    assert(frames->n <= CTC_MAX_FRAMES && frames->classes <= MAX_CLASSES);
    s.n_nodes = s.n_beam = 1;
    s.n_next = 0;
    s.nodes[0] = (struct node){-1, -1, -1, 0, 0};
    s.beam[0] = (struct prefix){.node = 0, .parent = -1, .blank = 1};
    for (int t = 0; t < frames->n && s.n_beam > 0; t++) {
        const float *p = &frames->p[t * frames->classes];
        stay(&s, p);
        for (int i = 0; i < s.n_beam; i++)
            for (int k = 1; k < frames->classes; k++)
                if (p[k] >= UNLIKELY)
                    extend(&s, i, (uint8_t)k, p[k]);
        select_beam(&s);
    }
    if (s.n_beam == 0)
        return 0;
    for (int node = s.beam[0].node; node > 0; node = s.nodes[node].parent)
        n++;
    for (int node = s.beam[0].node, i = n; node > 0; node = s.nodes[node].parent)
        ret_labels[--i] = s.nodes[node].label;
    return n;
}
