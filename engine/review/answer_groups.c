#include "answer_groups.h"

#include "crop.h"
#include "diag.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What an answer's ink is brought to, px. */
#define WIDTH 64
#define HEIGHT 24
#define SIZE (WIDTH * HEIGHT)
/* A coarse picture, of blocks of 4 x 4, that tells most pairs apart at a sixteenth of the cost. */
#define BLOCK 4
#define COARSE (SIZE / BLOCK / BLOCK)

#define PAPER_SHARE 0.75 /* this share of the pixels is darker than what counts as the paper */
#define DARKER_BY 32     /* grey levels below the paper: pencil, not the paper's grain */
#define MIN_INK 12       /* px: less is dust */
/* One answer is not written twice as wide or as high as another for its box: ratios beyond this are
 * other answers, whatever stretching makes of them. */
#define MAX_RATIO 1.6

/* Dark in this share of a field's pictures, of which there are so many: print, not handwriting. */
#define PRINT_SHARE 0.8
#define PRINT_PICTURES 8

/* An answer's ink, zero mean and length 1. */
struct picture {
    float fine[SIZE];
    float coarse[COARSE]; /* fine, onto the space of pictures that are even within a block */
    float rest;           /* length of what coarse leaves out */
    int width, height;    /* px of the ink in the crop */
    bool blank;           /* no ink: nothing to compare */
};

/* ---- from a crop to a picture ---- */

/* What is printed inside the boxes of a field, of crops of this size. */
struct print {
    int width, height;
    int n;         /* crops counted */
    int *counts;   /* [height * width]: in how many of them it is ink; NULL: none */
    bool *printed; /* [height * width]; NULL: not known */
};

struct ink {
    const struct print *print; /* NULL: none */
    const struct image *img;
    int limit;          /* darker than this is ink */
    int x0, y0, x1, y1; /* box of the ink, ends beyond it; x0 = x1: none */
    const struct rect *boxes;
    int n_boxes;
};

static int clamp(double value, int max)
{
    return value < 0 ? 0 : value > max ? max : (int)value;
}

/* Calls for the pixels whose middles are in a box. */
static void box_limits(const struct ink *ink, int box, int *x0, int *y0, int *x1, int *y1)
{
    const struct rect *r = &ink->boxes[box];

    *x0 = clamp(ceil(r->x - 0.5), ink->img->width);
    *y0 = clamp(ceil(r->y - 0.5), ink->img->height);
    *x1 = clamp(ceil(r->x + r->w - 0.5), ink->img->width);
    *y1 = clamp(ceil(r->y + r->h - 0.5), ink->img->height);
}

static int paper_level(const struct ink *ink)
{
    size_t histogram[256] = {0}, n = 0, seen = 0;
    int x0, y0, x1, y1, level = 0;

    for (int b = 0; b < ink->n_boxes; b++) {
        box_limits(ink, b, &x0, &y0, &x1, &y1);
        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++, n++)
                histogram[image_row(ink->img, y)[x]]++;
    }
    while (level < 255 && (double)(seen += histogram[level]) < PAPER_SHARE * (double)n)
        level++;
    return level;
}

/* A dark pixel with no dark one beside it is dust. */
static bool is_ink(const struct ink *ink, int x, int y)
{
    const struct image *img = ink->img;
    int near = 0;

    if (image_row(img, y)[x] >= ink->limit)
        return false;
    if (ink->print && ink->print->printed[y * img->width + x])
        return false;
    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++)
            if (x + dx >= 0 && x + dx < img->width && y + dy >= 0 && y + dy < img->height)
                near += image_row(img, y + dy)[x + dx] < ink->limit;
    return near > 2;
}

/* Finds the box of the ink; false where there is too little of it. */
static bool find_ink(struct ink *ink)
{
    int x0, y0, x1, y1, n = 0;

    ink->limit = paper_level(ink) - DARKER_BY;
    ink->x0 = ink->img->width;
    ink->y0 = ink->img->height;
    for (int b = 0; b < ink->n_boxes; b++) {
        box_limits(ink, b, &x0, &y0, &x1, &y1);
        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++) {
                if (!is_ink(ink, x, y))
                    continue;
                n++;
                ink->x0 = x < ink->x0 ? x : ink->x0;
                ink->y0 = y < ink->y0 ? y : ink->y0;
                ink->x1 = x + 1 > ink->x1 ? x + 1 : ink->x1;
                ink->y1 = y + 1 > ink->y1 ? y + 1 : ink->y1;
            }
    }
    return n >= MIN_INK;
}

/* Every pixel of ink gives its share to the cells that it covers. */
static void spread(float *to, double x0, double x1, double y0, double y1)
{
    for (int y = (int)y0; y < HEIGHT && y < y1; y++)
        for (int x = (int)x0; x < WIDTH && x < x1; x++)
            to[y * WIDTH + x] +=
                (float)((fmin(x + 1, x1) - fmax(x, x0)) * (fmin(y + 1, y1) - fmax(y, y0)));
}

static void scale_ink(const struct ink *ink, float *to)
{
    double sx = (double)WIDTH / (ink->x1 - ink->x0), sy = (double)HEIGHT / (ink->y1 - ink->y0);
    int x0, y0, x1, y1;

    memset(to, 0, SIZE * sizeof *to);
    for (int b = 0; b < ink->n_boxes; b++) {
        box_limits(ink, b, &x0, &y0, &x1, &y1);
        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++)
                if (is_ink(ink, x, y))
                    spread(to, (x - ink->x0) * sx, (x + 1 - ink->x0) * sx, (y - ink->y0) * sy,
                           (y + 1 - ink->y0) * sy);
    }
}

/* [1 2 1] / 4 along rows and columns, `times` over: strokes that nearly meet count as near. */
static void blur(float *picture, int times)
{
    float line[WIDTH > HEIGHT ? WIDTH : HEIGHT];

    for (; times > 0; times--) {
        for (int y = 0; y < HEIGHT; y++) {
            float *row = picture + y * WIDTH;
            memcpy(line, row, WIDTH * sizeof *line);
            for (int x = 0; x < WIDTH; x++)
                row[x] =
                    ((x > 0 ? line[x - 1] : 0) + 2 * line[x] + (x + 1 < WIDTH ? line[x + 1] : 0)) /
                    4;
        }
        for (int x = 0; x < WIDTH; x++) {
            for (int y = 0; y < HEIGHT; y++)
                line[y] = picture[y * WIDTH + x];
            for (int y = 0; y < HEIGHT; y++)
                picture[y * WIDTH + x] =
                    ((y > 0 ? line[y - 1] : 0) + 2 * line[y] + (y + 1 < HEIGHT ? line[y + 1] : 0)) /
                    4;
        }
    }
}

/* False where the picture is even: ink that fills its box. */
static bool normalise(float *picture)
{
    double sum = 0, squares = 0;

    for (int i = 0; i < SIZE; i++)
        sum += picture[i];
    for (int i = 0; i < SIZE; i++) {
        picture[i] -= (float)(sum / SIZE);
        squares += (double)picture[i] * picture[i];
    }
    if (squares < 1e-6)
        return false;
    for (int i = 0; i < SIZE; i++)
        picture[i] /= (float)sqrt(squares);
    return true;
}

static void make_coarse(struct picture *p)
{
    double squares = 0;

    memset(p->coarse, 0, sizeof p->coarse);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            p->coarse[y / BLOCK * (WIDTH / BLOCK) + x / BLOCK] += p->fine[y * WIDTH + x] / BLOCK;
    for (int i = 0; i < COARSE; i++)
        squares += (double)p->coarse[i] * p->coarse[i];
    p->rest = (float)sqrt(fmax(0, 1 - squares));
}

/* ---- print ---- */

/* Counts where this crop shows ink. The first crop says how large those of the field are. */
static int count_print(struct print *print, const struct answer_record *record,
                       struct image *scratch)
{
    int x0, y0, x1, y1, rc;

    if (!record->crop.deflated)
        return 0;
    rc = crop_inflate(&record->crop, scratch);
    if (rc < 0)
        return rc == YJ_EDATA ? 0 : rc;
    if (!print->counts) {
        print->width = scratch->width;
        print->height = scratch->height;
        print->counts = calloc((size_t)print->width * (size_t)print->height, sizeof(int));
        if (!print->counts)
            return YJ_ENOMEM;
    }
    if (scratch->width != print->width || scratch->height != print->height)
        return 0;
    struct ink ink = {.img = scratch, .boxes = record->boxes, .n_boxes = record->n_boxes};
    ink.limit = paper_level(&ink) - DARKER_BY;
    print->n++;
    for (int b = 0; b < ink.n_boxes; b++) {
        box_limits(&ink, b, &x0, &y0, &x1, &y1);
        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++)
                print->counts[y * print->width + x] += is_ink(&ink, x, y);
    }
    return 0;
}

/* Pages lie a pixel this way or that: print is a pixel wider than where most crops show it. */
static int find_print(struct print *print)
{
    if (print->n < PRINT_PICTURES)
        return 0;
    print->printed = calloc((size_t)print->width * (size_t)print->height, sizeof(bool));
    if (!print->printed)
        return YJ_ENOMEM;
    for (int y = 1; y + 1 < print->height; y++)
        for (int x = 1; x + 1 < print->width; x++)
            if (print->counts[y * print->width + x] >= PRINT_SHARE * print->n)
                for (int dy = -1; dy <= 1; dy++)
                    memset(print->printed + (y + dy) * print->width + x - 1, true, 3);
    return 0;
}

static void print_finish(struct print *print)
{
    free(print->counts);
    free(print->printed);
    *print = (struct print){0};
}

/* `print` NULL: not known. */
static int make_picture(const struct answer_record *record, const struct print *print,
                        struct image *scratch, struct picture *ret)
{
    ret->blank = true;
    if (!record->crop.deflated || record->n_boxes == 0)
        return 0;
    int rc = crop_inflate(&record->crop, scratch);
    if (rc < 0)
        return rc == YJ_EDATA ? 0 : rc; /* verify tells of broken ones */
    struct ink ink = {.img = scratch, .boxes = record->boxes, .n_boxes = record->n_boxes};
    if (print && print->printed && print->width == scratch->width &&
        print->height == scratch->height)
        ink.print = print;
    if (!find_ink(&ink))
        return 0;
    ret->width = ink.x1 - ink.x0;
    ret->height = ink.y1 - ink.y0;
    scale_ink(&ink, ret->fine);
    blur(ret->fine, 3);
    if (!normalise(ret->fine))
        return 0;
    make_coarse(ret);
    ret->blank = false;
    return 0;
}

/* ---- two pictures ---- */

static double dot(const float *a, const float *b, int n)
{
    float sums[8] = {0}; /* side by side, for the vector unit */

    for (int i = 0; i < n; i += 8)
        for (int k = 0; k < 8; k++)
            sums[k] += a[i + k] * b[i + k];
    return (double)(sums[0] + sums[4]) + (double)(sums[1] + sums[5]) + (double)(sums[2] + sums[6]) +
           (double)(sums[3] + sums[7]);
}

static bool sizes_alike(int a, int b)
{
    /* A few pixels of a thin stroke say nothing about its proportions. */
    return fmax(a, b) <= MAX_RATIO * fmin(a, b) + 4;
}

static double likeness(const struct picture *a, const struct picture *b)
{
    if (a->blank || b->blank || !sizes_alike(a->width, b->width) ||
        !sizes_alike(a->height, b->height))
        return 0;
    return dot(a->fine, b->fine, SIZE);
}

static bool are_alike(const struct picture *a, const struct picture *b)
{
    if (a->blank || b->blank || !sizes_alike(a->width, b->width) ||
        !sizes_alike(a->height, b->height))
        return false;
    /* By Cauchy and Schwarz the correlation is at most this. */
    if (dot(a->coarse, b->coarse, COARSE) + (double)(a->rest * b->rest) < ANSWER_LIKENESS - 1e-4)
        return false;
    return dot(a->fine, b->fine, SIZE) >= ANSWER_LIKENESS;
}

int answer_likeness(const struct answer_record *a, const struct answer_record *b,
                    double *ret_likeness)
{
    struct picture *pictures = calloc(2, sizeof *pictures);
    struct image scratch;
    int rc = pictures ? 0 : YJ_ENOMEM;

    image_init(&scratch);
    if (rc == 0)
        rc = make_picture(a, NULL, &scratch, &pictures[0]);
    if (rc == 0)
        rc = make_picture(b, NULL, &scratch, &pictures[1]);
    if (rc == 0)
        *ret_likeness = likeness(&pictures[0], &pictures[1]);
    image_finish(&scratch);
    free(pictures);
    return rc;
}

/* ---- proposals ---- */

/* One ASCII letter, digit or sign, whatever its width and case; its bytes in *ret_size. 0: the byte
 * is none of them and stands for itself; ' ' for any space. */
static char folded_character(const char *text, int *ret_size)
{
    const unsigned char *s = (const unsigned char *)text;
    int c = s[0] < 0x80 ? s[0] : 0;

    *ret_size = 1;
    if (s[0] == 0xE3 && s[1] == 0x80 && s[2] == 0x80) /* U+3000 */
        c = ' ';
    else if (s[0] == 0xC2 && s[1] == 0xA0) /* U+00A0 */
        c = ' ';
    else if (s[0] == 0xEF && s[1] == 0xBC && s[2] >= 0x81 && s[2] <= 0xBF) /* U+FF01 to U+FF3F */
        c = '!' + s[2] - 0x81;
    else if (s[0] == 0xEF && s[1] == 0xBD && s[2] >= 0x80 && s[2] <= 0x9E) /* U+FF40 to U+FF5E */
        c = '`' + s[2] - 0x80;
    if (c && s[0] >= 0x80)
        *ret_size = s[0] == 0xC2 ? 2 : 3;
    if (c == '\t' || c == '\n' || c == '\r')
        c = ' ';
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Never longer than the text. */
static void fold(const char *text, char *to)
{
    char *start = to;

    while (*text) {
        int size;
        char c = folded_character(text, &size);
        if (c == ' ' && (to == start || to[-1] == ' '))
            ; /* before the first, or one of several */
        else
            *to++ = c ? c : *text;
        text += size;
    }
    if (to > start && to[-1] == ' ')
        to--;
    *to = '\0';
}

struct proposal {
    int field, index;
    char *text;
};

static int compare_proposals(const void *a, const void *b)
{
    const struct proposal *p = a, *q = b;
    int order = (p->field > q->field) - (p->field < q->field);

    if (order == 0)
        order = strcmp(p->text, q->text);
    return order ? order : p->index - q->index;
}

static int collect_proposals(const struct answer_record *records, int n, struct proposal *list,
                             int *ret_n)
{
    *ret_n = 0;
    for (int i = 0; i < n; i++) {
        const struct answer_record *r = &records[i];
        if (r->alone || !r->proposal[0])
            continue;
        char *text = strdup(r->proposal);
        if (!text)
            return YJ_ENOMEM;
        if (r->fold)
            fold(r->proposal, text);
        list[(*ret_n)++] = (struct proposal){r->field, i, text};
    }
    return 0;
}

/* leader[i]: the first record of the group of i. */
static int lead_by_proposal(const struct answer_record *records, int n, int *leader)
{
    struct proposal *list = malloc(((size_t)n + 1) * sizeof *list);
    int n_list = 0, rc = list ? collect_proposals(records, n, list, &n_list) : YJ_ENOMEM;

    if (rc == 0 && n_list > 0)
        qsort(list, (size_t)n_list, sizeof *list, compare_proposals);
    for (int i = 1; i < n_list && rc == 0; i++)
        if (list[i].field == list[i - 1].field && strcmp(list[i].text, list[i - 1].text) == 0)
            leader[list[i].index] = leader[list[i - 1].index];
    for (int i = 0; i < n_list; i++)
        free(list[i].text);
    free(list);
    return rc;
}

/* ---- pictures ---- */

/* Groups of one field as chains of its records: first of each group, and the next of each record.
 */
struct chains {
    struct picture *pictures; /* [n]: of the records of the field */
    int *records;             /* [n] */
    int *first, n_groups;
    int *next; /* [n]: -1 the last */
    int *last; /* [n_groups] */
    int *size; /* [n_groups] */
};

static bool is_like_all(const struct chains *c, int group, int picture)
{
    if (c->size[group] == ANSWER_GROUP_MAX)
        return false;
    for (int i = c->first[group]; i >= 0; i = c->next[i])
        if (!are_alike(&c->pictures[i], &c->pictures[picture]))
            return false;
    return true;
}

static void chain_pictures(struct chains *c, int n, int *leader)
{
    for (int i = 0; i < n; i++) {
        int group = 0;
        while (group < c->n_groups && (c->pictures[i].blank || !is_like_all(c, group, i)))
            group++;
        c->next[i] = -1;
        if (group == c->n_groups) {
            c->size[group] = 0;
            c->first[c->n_groups++] = i;
        } else {
            c->next[c->last[group]] = i;
            leader[c->records[i]] = leader[c->records[c->first[group]]];
        }
        c->last[group] = i;
        c->size[group]++;
    }
}

static bool wants_picture(const struct answer_record *r)
{
    return !r->alone && !r->proposal[0];
}

static int find_field_print(const struct answer_record *records, int n, int from,
                            struct image *scratch, struct print *print)
{
    int rc = 0;

    for (int i = from; i < n && rc == 0; i++)
        if (records[i].field == records[from].field && wants_picture(&records[i]))
            rc = count_print(print, &records[i], scratch);
    return rc == 0 ? find_print(print) : rc;
}

/* The records of the field of record `from` that have no proposal. */
static int lead_field(const struct answer_record *records, int n, int from, bool *done,
                      struct chains *c, struct image *scratch, int *leader)
{
    struct print print = {0};
    int k = 0, rc = find_field_print(records, n, from, scratch, &print);

    c->n_groups = 0;
    for (int i = from; i < n && rc == 0; i++) {
        if (records[i].field != records[from].field || !wants_picture(&records[i]))
            continue;
        rc = make_picture(&records[i], &print, scratch, &c->pictures[k]);
        c->records[k++] = i;
        done[i] = true;
    }
    if (rc == 0)
        chain_pictures(c, k, leader);
    print_finish(&print);
    return rc;
}

static int most_of_a_field(const struct answer_record *records, int n)
{
    int max_field = 0, most = 0;
    int *counts;

    for (int i = 0; i < n; i++)
        max_field = records[i].field > max_field ? records[i].field : max_field;
    counts = calloc((size_t)max_field + 1, sizeof *counts);
    if (!counts)
        return YJ_ENOMEM;
    for (int i = 0; i < n; i++)
        if (wants_picture(&records[i]) && ++counts[records[i].field] > most)
            most = counts[records[i].field];
    free(counts);
    return most;
}

static int lead_by_picture(const struct answer_record *records, int n, int *leader)
{
    int most = most_of_a_field(records, n), rc = most < 0 ? most : 0;
    size_t room = (size_t)(most > 0 ? most : 0) + 1;
    struct chains c = {.pictures = malloc(room * sizeof *c.pictures),
                       .records = malloc(room * sizeof *c.records),
                       .first = malloc(room * sizeof *c.first),
                       .next = malloc(room * sizeof *c.next),
                       .last = malloc(room * sizeof *c.last),
                       .size = malloc(room * sizeof *c.size)};
    bool *done = calloc((size_t)n + 1, sizeof *done);
    struct image scratch;

    image_init(&scratch);
    if (!c.pictures || !c.records || !c.first || !c.next || !c.last || !c.size || !done)
        rc = YJ_ENOMEM;
    for (int i = 0; i < n && rc == 0; i++)
        if (wants_picture(&records[i]) && !done[i])
            rc = lead_field(records, n, i, done, &c, &scratch, leader);
    image_finish(&scratch);
    free(done);
    free(c.pictures);
    free(c.records);
    free(c.first);
    free(c.next);
    free(c.last);
    free(c.size);
    return rc;
}

int answer_groups_find(const struct answer_record *records, int n, int *ret_group,
                       int *ret_n_groups)
{
    int *leader = malloc(((size_t)n + 1) * sizeof *leader);
    int rc = leader ? 0 : YJ_ENOMEM, n_groups = 0;

    for (int i = 0; i < n && rc == 0; i++)
        leader[i] = i;
    if (rc == 0)
        rc = lead_by_proposal(records, n, leader);
    if (rc == 0)
        rc = lead_by_picture(records, n, leader);
    for (int i = 0; i < n && rc == 0; i++)
        ret_group[i] = leader[i] == i ? n_groups++ : ret_group[leader[i]];
    if (rc == 0)
        *ret_n_groups = n_groups;
    free(leader);
    return rc;
}
