/* What each block is for: questions or a number, which way its options run, in which order people
 * read the blocks. Letters are not read, but compared: those of one option are alike. */
#include "draft_parts.h"

#include "diag.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PATCH 8                /* a bubble's inside as so many samples a side */
#define INSIDE 0.66            /* of its width and height */
#define MORE_ALIKE 2.0         /* variance between options over variance between fields */
#define BETTER_THAN_CHANCE 1.6 /* the same over the variance of all */
#define FAINTEST 0.07          /* of the line's darkness: letters vary by more */
#define BAND_GAP 6.0           /* mm between bands of questions */
#define NEARER 1.5             /* mm by which a row's own label is nearer than others' */
#define LABEL 9.0              /* mm beside a row where its number stands */

/* ---- which way the letters run ---- */

struct patches {
    double *of;  /* rows * columns * PATCH * PATCH: darkness */
    bool *shown; /* rows * columns: an empty bubble is there */
};

static void take_patch(const struct draft *d, const struct draft_block *b, int row, int column,
                       double *patch)
{
    const struct draft_cluster *c = &d->clusters[b->cluster];
    struct rect in = rect_around(draft_place(b, row, column), INSIDE * c->w, INSIDE * c->h);
    for (int i = 0; i < PATCH * PATCH; i++) {
        struct rect part = {in.x + i % PATCH * in.w / PATCH, in.y + i / PATCH * in.h / PATCH,
                            in.w / PATCH, in.h / PATCH};
        patch[i] = c->paper - draft_grey(d, part);
    }
}

static int take_patches(const struct draft *d, const struct draft_block *b, struct patches *p)
{
    size_t n = (size_t)(b->rows * b->columns);
    p->of = malloc(n * PATCH * PATCH * sizeof *p->of);
    p->shown = malloc(n * sizeof *p->shown);
    if (!p->of || !p->shown)
        return YJ_ENOMEM;
    const struct draft_cluster *c = &d->clusters[b->cluster];
    for (int i = 0; i < b->rows * b->columns; i++) {
        struct rect in =
            rect_around(draft_place(b, i / b->columns, i % b->columns), 0.6 * c->w, 0.6 * c->h);
        p->shown[i] = b->printed[i] && draft_ink_share(d, in) < 0.5;
        if (p->shown[i])
            take_patch(d, b, i / b->columns, i % b->columns, p->of + (size_t)i * PATCH * PATCH);
    }
    return 0;
}

static void patches_finish(struct patches *p)
{
    free(p->of);
    free(p->shown);
}

/* Mean squares between columns (by row false) or rows, summed over the samples. */
static double between(const struct draft_block *b, const struct patches *p, bool by_row,
                      const double *mean)
{
    int lines = by_row ? b->rows : b->columns, across = by_row ? b->columns : b->rows, used = 0;
    double sum = 0;
    for (int line = 0; line < lines; line++) {
        double own[PATCH * PATCH] = {0};
        int n = 0;
        for (int k = 0; k < across; k++) {
            int i = by_row ? line * b->columns + k : k * b->columns + line;
            for (int s = 0; p->shown[i] && s < PATCH * PATCH; s++)
                own[s] += p->of[(size_t)i * PATCH * PATCH + s];
            n += p->shown[i];
        }
        used += n > 0;
        for (int s = 0; n > 0 && s < PATCH * PATCH; s++)
            sum += n * pow(own[s] / n - mean[s], 2);
    }
    return used > 1 ? sum / (used - 1) : 0;
}

static double spread_of(const struct draft_block *b, const struct patches *p, double *mean)
{
    double sum = 0;
    int n = 0;
    memset(mean, 0, PATCH * PATCH * sizeof *mean);
    for (int i = 0; i < b->rows * b->columns; i++) {
        for (int s = 0; p->shown[i] && s < PATCH * PATCH; s++)
            mean[s] += p->of[(size_t)i * PATCH * PATCH + s];
        n += p->shown[i];
    }
    for (int s = 0; n > 0 && s < PATCH * PATCH; s++)
        mean[s] /= n;
    for (int i = 0; i < b->rows * b->columns; i++)
        for (int s = 0; p->shown[i] && s < PATCH * PATCH; s++)
            sum += pow(p->of[(size_t)i * PATCH * PATCH + s] - mean[s], 2);
    return n > 1 ? sum / (n - 1) : 0;
}

/* One-way analyses of variance: options are letters, so bubbles of one option are alike. */
static enum draft_letters compare_letters(const struct draft *d, const struct draft_block *b,
                                          const struct patches *p)
{
    const struct draft_cluster *c = &d->clusters[b->cluster];
    double least = PATCH * PATCH * pow(FAINTEST * (c->paper - c->line), 2);
    double mean[PATCH * PATCH], all = spread_of(b, p, mean);
    double columns = between(b, p, false, mean), rows = between(b, p, true, mean);
    if (b->rows < 2 || b->columns < 2 || all <= least)
        return LETTERS_UNKNOWN;
    if (columns > MORE_ALIKE * rows && columns > BETTER_THAN_CHANCE * all)
        return LETTERS_ACROSS;
    if (rows > MORE_ALIKE * columns && rows > BETTER_THAN_CHANCE * all)
        return LETTERS_DOWN;
    return LETTERS_UNKNOWN;
}

/* Of ten options the one with the least ink: a "1" is the slightest digit, an "I" the slightest
 * letter to J. -1: no letters. */
static int slightest_option(const struct draft_block *b, const struct patches *p, bool down)
{
    int best = -1;
    double least = INFINITY, most = 0;
    for (int option = 0; option < 10; option++) {
        double sum = 0;
        int n = 0;
        for (int k = 0; k < (down ? b->columns : b->rows); k++) {
            int i = down ? option * b->columns + k : k * b->columns + option;
            for (int s = 0; p->shown[i] && s < PATCH * PATCH; s++)
                sum += p->of[(size_t)i * PATCH * PATCH + s] / (PATCH * PATCH);
            n += p->shown[i];
        }
        if (n == 0)
            continue;
        most = fmax(most, sum / n);
        if (sum / n < least) {
            least = sum / n;
            best = option;
        }
    }
    return most > 1.15 * least + 2 ? best : -1;
}

/* ---- questions or a number ---- */

static const char *letters_to(struct draft *d, int n)
{
    if (n == 1)
        return "A";
    if (n <= 26)
        return arena_printf(&d->memory, "A-%c", 'A' + n - 1);
    return arena_printf(&d->memory, "1-%d", n);
}

static const char *digits_to(struct draft *d, struct draft_block *b, int n, int slightest)
{
    if (n == 10 && (slightest == 0 || slightest == 6))
        return "\"1234567890\"";
    if (n == 26)
        return "A-Z";
    b->unsure = b->unsure || n != 10;
    return n <= 10 ? arena_printf(&d->memory, "0-%d", n - 1) : arena_printf(&d->memory, "1-%d", n);
}

/* Boxes to write the number in stand above its columns. */
static bool boxes_above(const struct draft *d, const struct draft_block *b)
{
    for (int i = 0; i < d->n_blocks; i++) {
        const struct draft_block *t = &d->blocks[i];
        double gap = b->y[0] - t->y[t->rows - 1];
        int match = 0;
        if (!t->touching || t == b || gap <= 0 || gap > 16)
            continue;
        for (int k = 0; k < b->columns; k++)
            for (int m = 0; m < t->columns; m++)
                match += fabs(t->x[m] - b->x[k]) < 0.25 * d->clusters[t->cluster].w;
        if (match >= 0.7 * b->columns)
            return true;
    }
    return false;
}

static enum draft_meaning guess_meaning(const struct draft *d, struct draft_block *b)
{
    b->unsure = b->rows > 1 && b->columns > 1;
    if (b->rows == 26 || (b->rows == 10 && (b->columns >= 6 || boxes_above(d, b))))
        return DRAFT_GRID_DOWN;
    if (b->columns == 10 && b->rows > 1 && b->rows <= 12 && b->y[0] < 0.4 * d->height)
        return DRAFT_GRID_ACROSS;
    if (b->columns == 1 && b->rows > 1)
        return DRAFT_CHOICES_DOWN;
    return DRAFT_CHOICES_ACROSS;
}

static int find_meaning(struct draft *d, struct draft_block *b)
{
    struct patches p = {0};
    int rc = take_patches(d, b, &p), slightest = -1;
    if (rc == 0)
        b->letters = compare_letters(d, b, &p);
    if (rc == 0 && b->letters == LETTERS_DOWN && b->rows == 10)
        slightest = slightest_option(b, &p, true);
    if (rc == 0 && b->letters == LETTERS_ACROSS && b->columns == 10)
        slightest = slightest_option(b, &p, false);
    patches_finish(&p);
    if (rc < 0)
        return rc;
    bool digits = slightest >= 0 && slightest != 8;
    if (b->letters == LETTERS_DOWN)
        b->meaning = b->rows >= 10 ? DRAFT_GRID_DOWN : DRAFT_CHOICES_DOWN;
    else if (b->letters == LETTERS_ACROSS)
        b->meaning = digits && b->rows <= 14 ? DRAFT_GRID_ACROSS : DRAFT_CHOICES_ACROSS;
    else
        b->meaning = guess_meaning(d, b);
    bool down = b->meaning == DRAFT_GRID_DOWN || b->meaning == DRAFT_CHOICES_DOWN;
    int n = down ? b->rows : b->columns;
    if (b->meaning == DRAFT_GRID_DOWN || b->meaning == DRAFT_GRID_ACROSS)
        b->options = digits_to(d, b, n, slightest);
    else
        b->options = digits && n == 10 ? "0-9" : letters_to(d, n);
    return b->options ? 0 : YJ_ENOMEM;
}

/* ---- the order in which people read ---- */

static bool is_choices(const struct draft_block *b)
{
    return !b->touching && (b->meaning == DRAFT_CHOICES_ACROSS || b->meaning == DRAFT_CHOICES_DOWN);
}

static int count_fields(const struct draft_block *b)
{
    return b->meaning == DRAFT_CHOICES_DOWN ? b->columns : b->rows;
}

struct reader {
    struct draft *d;
    int next;
};

static double start_of(const struct draft *d, const struct draft_block *b, int axis)
{
    struct rect area = draft_block_area(d, b);
    return axis == 0 ? area.x : area.y;
}

static double end_of(const struct draft *d, const struct draft_block *b, int axis)
{
    struct rect area = draft_block_area(d, b);
    return axis == 0 ? area.x + area.w : area.y + area.h;
}

static void sort_along(const struct draft *d, struct draft_block **list, int n, int axis)
{
    for (int i = 1; i < n; i++) {
        struct draft_block *b = list[i];
        int k = i;
        for (; k > 0 && start_of(d, list[k - 1], axis) > start_of(d, b, axis) + 0.01; k--)
            list[k] = list[k - 1];
        list[k] = b;
    }
}

/* Cuts a list of blocks where nothing stands across: bands from top to bottom, within a band
 * columns from left to right, and so on. */
static void read_blocks(struct reader *r, struct draft_block **list, int n)
{
    for (int axis = 1; n > 1 && axis >= 0; axis--) {
        sort_along(r->d, list, n, axis);
        double end = end_of(r->d, list[0], axis);
        for (int i = 1; i < n; i++) {
            if (start_of(r->d, list[i], axis) > end + (axis ? BAND_GAP : 0)) {
                read_blocks(r, list, i);
                read_blocks(r, list + i, n - i);
                return;
            }
            end = fmax(end, end_of(r->d, list[i], axis));
        }
    }
    sort_along(r->d, list, n, 1);
    for (int i = 0; i < n; i++)
        list[i]->order = r->next++;
}

static int compare_order(const void *a, const void *b)
{
    const struct draft_block *x = a, *y = b;
    return (x->order > y->order) - (x->order < y->order);
}

static int put_in_order(struct draft *d)
{
    struct draft_block **list = malloc(((size_t)d->n_blocks + 1) * sizeof *list);
    struct reader r = {d, 0};
    if (!list)
        return YJ_ENOMEM;
    for (int questions = 0; questions < 2; questions++) {
        int n = 0;
        for (int i = 0; i < d->n_blocks; i++)
            if (is_choices(&d->blocks[i]) == questions)
                list[n++] = &d->blocks[i];
        read_blocks(&r, list, n);
    }
    free(list);
    qsort(d->blocks, (size_t)d->n_blocks, sizeof *d->blocks, compare_order);
    return 0;
}

/* ---- names ---- */

static int number_questions(struct draft *d)
{
    int single = 0, many = 0, next = 1, others = 0;
    for (int i = 0; i < d->n_blocks; i++) {
        const struct draft_block *b = &d->blocks[i];
        if (is_choices(b))
            *(count_fields(b) == 1 ? &single : &many) += count_fields(b);
    }
    for (int i = 0; i < d->n_blocks; i++) {
        struct draft_block *b = &d->blocks[i];
        bool lone = count_fields(b) == 1 && (single < many || b->columns * b->rows == 1);
        if (!is_choices(b))
            continue;
        if (lone) {
            b->name = arena_printf(&d->memory, "choice%d", ++others);
            if (!b->name)
                return YJ_ENOMEM;
            continue;
        }
        b->first = next;
        next += count_fields(b);
    }
    return 0;
}

/* The longest number is the candidate's. */
static int name_numbers(struct draft *d)
{
    struct draft_block *candidate = NULL;
    double best = 0;
    int others = 1, words = 0;
    for (int i = 0; i < d->n_blocks; i++) {
        struct draft_block *b = &d->blocks[i];
        bool word = strchr(b->options ? b->options : "", 'Z');
        double n = b->meaning == DRAFT_GRID_DOWN ? b->columns : b->rows;
        if (b->n_filled > 0) /* an example, perhaps */
            n /= 2;
        if (b->touching || is_choices(b) || word || n <= best)
            continue;
        best = n;
        candidate = b;
    }
    for (int i = 0; i < d->n_blocks; i++) {
        struct draft_block *b = &d->blocks[i];
        if (b->touching || is_choices(b))
            continue;
        if (b == candidate)
            b->name = "number";
        else if (strchr(b->options, 'Z'))
            b->name = arena_printf(&d->memory, "name%d", ++words);
        else
            b->name = arena_printf(&d->memory, "number%d", ++others);
        if (!b->name)
            return YJ_ENOMEM;
    }
    return 0;
}

/* ---- columns of questions ---- */

static bool same_rows(const struct draft_block *a, const struct draft_block *b)
{
    for (int i = 0; i < b->rows; i++)
        if (fabs(a->y[i] - b->y[i]) > 0.4)
            return false;
    return true;
}

static bool same_steps(const struct draft_block *a, const struct draft_block *b)
{
    for (int i = 1; i < a->columns; i++)
        if (fabs(a->x[i] - a->x[0] - b->x[i] + b->x[0]) > 0.3)
            return false;
    return true;
}

/* Blocks beside each other that differ by nothing but their place are one entry of the form. */
static void join_columns(struct draft *d)
{
    for (int i = 0; i < d->n_blocks; i++) {
        struct draft_block *a = &d->blocks[i];
        struct draft_rhythm rhythm;
        if (!is_choices(a) || a->meaning != DRAFT_CHOICES_ACROSS || a->first == 0 || a->dropped ||
            a->rows < 2 || !draft_find_rhythm(a->y, a->rows, &rhythm))
            continue;
        const struct draft_block *last = a;
        for (int k = i + 1; k < d->n_blocks; k++) {
            struct draft_block *b = &d->blocks[k];
            double step = b->x[0] - last->x[0];
            if (b->meaning != DRAFT_CHOICES_ACROSS || b->cluster != a->cluster || b->first == 0 ||
                b->columns != a->columns || b->rows > a->rows || last->rows < a->rows ||
                b->touching || !same_rows(a, b) || !same_steps(a, b) || step <= 0 ||
                (a->joined > 0 && fabs(step - a->join_step) > 0.25))
                break;
            a->join_step = (b->x[0] - a->x[0]) / ++a->joined;
            b->dropped = true;
            last = b;
        }
    }
}

/* ---- upside down ---- */

/* mm beside a row before its label begins; LABEL: none is near. What goes on between the rows is a
 * table's line. */
static double to_label(const struct draft *d, double edge, int side, struct point row, double h)
{
    const double step = 0.4;
    for (double off = 0.5; off < LABEL; off += step) {
        double x = side < 0 ? edge - off - step : edge + off;
        struct rect strip = {x, row.x - h / 2, step, h}, between = {x, row.y - 0.3, step, 0.6};
        if (draft_ink_share(d, strip) > 0.03 && draft_ink_share(d, between) < 0.1)
            return off;
    }
    return LABEL;
}

bool draft_upside_down(const struct draft *d)
{
    int left = 0, right = 0;
    for (int i = 0; i < d->n_blocks; i++) {
        const struct draft_block *b = &d->blocks[i];
        const struct draft_cluster *c = &d->clusters[b->cluster];
        if (b->touching || b->rows < 3 || b->columns < 2)
            continue;
        for (int row = 0; row < b->rows; row++) {
            double next = row + 1 < b->rows ? b->y[row + 1] : 2 * b->y[row] - b->y[row - 1];
            struct point y = {b->y[row], (b->y[row] + next) / 2}; /* its own and below */
            double before = to_label(d, b->x[0] - c->w / 2, -1, y, 0.7 * c->h);
            double after = to_label(d, b->x[b->columns - 1] + c->w / 2, 1, y, 0.7 * c->h);
            left += before < after - NEARER;
            right += after < before - NEARER;
        }
    }
    return right > 1.5 * left + 3;
}

int draft_meaning_find(struct draft *d)
{
    for (int i = 0; i < d->n_blocks; i++) {
        int rc = d->blocks[i].touching ? 0 : find_meaning(d, &d->blocks[i]);
        if (rc < 0)
            return rc;
    }
    int rc = put_in_order(d);
    if (rc == 0)
        rc = number_questions(d);
    if (rc == 0)
        rc = name_numbers(d);
    join_columns(d);
    return rc;
}
