/* The draft as YAML of docs/form.md: compact blocks, rounded millimetres, and a comment wherever a
 * person should look. */
#include "draft_parts.h"

#include "diag.h"
#include "form.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRAIN 0.05        /* mm, what places are rounded to */
#define GREATEST_OFF 0.04 /* mm that a rounded step may add up to over a block */
#define MOST_TOLD 5       /* fields named in one comment */
#define CHECK "# please check: "

struct writer {
    const struct draft *d;
    FILE *out;
    int doubts;
    bool filled_in; /* most blocks hold marks: no blank sheet */
    int common;     /* the cluster of most bubbles, whose outline the form states at its top */
};

/* ---- words ---- */

/* Thousandths of a millimetre; integers keep the locale's comma out. */
static void write_mm(FILE *out, double mm)
{
    long long units = llround(mm * 1000), whole = llabs(units) / 1000, part = llabs(units) % 1000;
    fprintf(out, "%s%lld", units < 0 ? "-" : "", whole);
    if (part == 0)
        return;
    int digits = 3;
    for (; part % 10 == 0; part /= 10)
        digits--;
    fprintf(out, ".%0*lld", digits, part);
}

static double to_grain(double mm)
{
    return GRAIN * round(mm / GRAIN);
}

static void write_pair(FILE *out, double x, double y)
{
    putc('[', out);
    write_mm(out, x);
    fputs(", ", out);
    write_mm(out, y);
    putc(']', out);
}

static void write_place(FILE *out, struct point p)
{
    write_pair(out, to_grain(p.x), to_grain(p.y));
}

/* The roundest step that is not far off after n of them. */
static double round_step(double step, int n)
{
    static const double grains[] = {0.5, 0.1, 0.05, 0.01, 0.005, 0.001};
    double rounded = step;
    for (size_t i = 0; i < sizeof grains / sizeof *grains; i++) {
        rounded = grains[i] * round(step / grains[i]);
        if (fabs(rounded - step) * n <= GREATEST_OFF)
            break;
    }
    return rounded;
}

static void write_string(FILE *out, const char *text)
{
    putc('"', out);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else if (*c < 0x20 || *c == 0x7f)
            fprintf(out, "\\x%02x", *c);
        else
            putc(*c, out);
    }
    putc('"', out);
}

/* One line, whatever the text holds. */
static void write_line(FILE *out, const char *before, const char *text)
{
    fputs(before, out);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        putc(*c < 0x20 || *c == 0x7f ? ' ' : *c, out);
    putc('\n', out);
}

static void doubt(struct writer *w, const char *indent, const char *text)
{
    fprintf(w->out, "%s" CHECK "%s\n", indent, text);
    w->doubts++;
}

/* ---- steps ---- */

/* How many places from at[0] on have one rhythm of equal steps. */
static int even_run(const double *at, int n)
{
    int run = n < 2 ? n : 2;
    while (run < n && fabs(at[run] - 2 * at[run - 1] + at[run - 2]) <= 2 * DRAFT_EVEN)
        run++;
    return run;
}

/* ---- outlines ---- */

static void write_bubble(FILE *out, const struct draft_cluster *c)
{
    static const char *const names[] = {[BUBBLE_CIRCLE] = "circle",
                                        [BUBBLE_OVAL] = "oval",
                                        [BUBBLE_BOX] = "box",
                                        [BUBBLE_BRACKET] = "bracket"};
    bool square = c->shape == BUBBLE_CIRCLE || fabs(c->w - c->h) < 0.12;
    fprintf(out, "bubble: {shape: %s, size: ", names[c->shape]);
    if (square)
        write_mm(out, to_grain((c->w + c->h) / 2));
    else
        write_pair(out, to_grain(c->w), to_grain(c->h));
    fputs("}\n", out);
}

static void write_own_bubble(struct writer *w, const struct draft_block *b)
{
    if (b->cluster == w->common)
        return;
    fputs("    ", w->out);
    write_bubble(w->out, &w->d->clusters[b->cluster]);
}

/* ---- a block seen as fields of options ---- */

struct view {
    const struct draft_block *b;
    bool down; /* options run down, fields across */
    int first_field, n_fields, n_options;
    const double *field, *option; /* places */
};

static struct view view_block(const struct draft_block *b)
{
    bool down = b->meaning == DRAFT_CHOICES_DOWN || b->meaning == DRAFT_GRID_DOWN;
    return down ? (struct view){b, true, 0, b->columns, b->rows, b->x, b->y}
                : (struct view){b, false, 0, b->rows, b->columns, b->y, b->x};
}

/* Part of a view: fields from `from` on. */
static struct view part_of(const struct view *v, int from, int n)
{
    struct view part = *v;
    part.first_field += from;
    part.field += from;
    part.n_fields = n;
    return part;
}

static bool has(const struct view *v, int field, int option)
{
    int f = v->first_field + field;
    return v->down ? draft_printed(v->b, option, f) : draft_printed(v->b, f, option);
}

/* Options of a field up to the last that is printed. */
static int count_options(const struct view *v, int field)
{
    int n = v->n_options;
    while (n > 1 && !has(v, field, n - 1))
        n--;
    return n;
}

static bool has_holes(const struct view *v, int field)
{
    for (int i = 0; i < count_options(v, field); i++)
        if (!has(v, field, i))
            return true;
    return false;
}

static struct point place_of(const struct view *v, double field, double option)
{
    return v->down ? (struct point){field, option} : (struct point){option, field};
}

/* A step along the fields or along the options. */
static void write_step(FILE *out, const struct view *v, bool along_fields, double step)
{
    struct point p = along_fields ? place_of(v, step, 0) : place_of(v, 0, step);
    write_pair(out, p.x, p.y);
}

/* The places of a field's first n options one by one. */
static void write_places(FILE *out, const struct view *v, int n, double at)
{
    fputs("at: [", out);
    for (int i = 0; i < n; i++) {
        fputs(i ? ", " : "", out);
        write_place(out, place_of(v, at, v->option[i]));
    }
    putc(']', out);
}

static void write_letters(FILE *out, int n)
{
    if (n == 1)
        putc('A', out);
    else if (n <= 26)
        fprintf(out, "A-%c", 'A' + n - 1);
    else
        fprintf(out, "1-%d", n);
}

/* ---- choices ---- */

/* "q7", or "q7..19" */
static void write_range(FILE *out, int from, int n)
{
    fprintf(out, "q%d", from);
    if (n > 1)
        fprintf(out, "..%d", from + n - 1);
}

/* Fields of a block with fewer options than the longest. Where options have places of their own,
 * each such field states them. */
static void write_exceptions(struct writer *w, const struct view *v, int number, bool even,
                             bool *begun)
{
    for (int i = 0, run; i < v->n_fields; i += run) {
        int n = count_options(v, i);
        run = 1;
        while (even && i + run < v->n_fields && count_options(v, i + run) == n)
            run++;
        if (n == v->n_options)
            continue;
        if (!*begun)
            fputs("    except:\n", w->out);
        *begun = true;
        fputs("      ", w->out);
        write_range(w->out, number + i, run);
        fputs(": {options: ", w->out);
        write_letters(w->out, n);
        if (!even) {
            fputs(", ", w->out);
            write_places(w->out, v, n, v->field[i]);
        }
        fputs("}\n", w->out);
    }
}

/* Options between others that were not seen are taken to be there. */
static void write_holes(struct writer *w, const struct view *v, int number)
{
    int n = 0;
    for (int i = 0; i < v->n_fields; i++)
        n += has_holes(v, i);
    if (n == 0)
        return;
    fputs("    " CHECK "an option was not found in ", w->out);
    for (int i = 0, told = 0; i < v->n_fields && told < MOST_TOLD; i++) {
        if (!has_holes(v, i))
            continue;
        fputs(told++ ? ", " : "", w->out);
        write_range(w->out, number + i, 1);
    }
    if (n > MOST_TOLD)
        fprintf(w->out, " and %d more", n - MOST_TOLD);
    putc('\n', w->out);
    w->doubts++;
}

static void write_block_steps(struct writer *w, const struct view *v,
                              const struct draft_rhythm *fields)
{
    if (v->n_fields < 2)
        return;
    fputs("    step: ", w->out);
    write_step(w->out, v, true, round_step(fields->step, v->n_fields));
    putc('\n', w->out);
    if (fields->group == 0)
        return;
    fprintf(w->out, "    group: {size: %d, gap: ", fields->group);
    write_mm(w->out, round_step(fields->gap, v->n_fields / fields->group));
    fputs("}\n", w->out);
}

/* Where the first field's options stand: a place and a step, or a place each. */
static bool write_options_at(struct writer *w, const struct view *v, double first_field)
{
    struct draft_rhythm options;
    bool even = v->n_options == 1 ||
                (draft_find_rhythm(v->option, v->n_options, &options) && options.group == 0);
    fputs("    ", w->out);
    if (!even) {
        write_places(w->out, v, v->n_options, first_field);
        putc('\n', w->out);
        return false;
    }
    fputs("at: ", w->out);
    write_place(w->out, place_of(v, first_field, v->n_options > 1 ? options.first : v->option[0]));
    fputs("\n", w->out);
    if (v->n_options == 1)
        return true;
    fputs("    option_step: ", w->out);
    write_step(w->out, v, false, round_step(options.step, v->n_options));
    putc('\n', w->out);
    return true;
}

static int joined_fields(const struct draft_block *b)
{
    int n = b->rows;
    const struct draft_block *next = b + 1;
    for (int i = 0; i < b->joined; i++, next++)
        n += next->rows;
    return n;
}

static void write_block_doubts(struct writer *w, const struct draft_block *b)
{
    char text[200];
    if (b->unsure)
        doubt(w, "    ",
              b->meaning == DRAFT_GRID_DOWN || b->meaning == DRAFT_GRID_ACROSS
                  ? "is it a number? Its bubbles do not tell letters from digits"
                  : "do its options run so? Its bubbles hold no letters that would tell");
    if (b->n_filled > 0 && !w->filled_in) {
        snprintf(text, sizeof text, "filled in here: %d; delete it if it is an example",
                 b->n_filled);
        doubt(w, "    ", text);
    }
    if (b->spread > 0.2) {
        snprintf(text, sizeof text, "its print lies %.1f mm off equal steps: is the paper flat?",
                 b->spread);
        doubt(w, "    ", text);
    }
}

/* The first field must have all options, since its places are the block's. */
static void write_choices(struct writer *w, const struct view *v, int number, int total)
{
    const struct draft_block *b = v->b;
    struct draft_rhythm fields = {.first = v->field[0]};
    bool begun = false;
    if (v->n_fields > 1)
        draft_find_rhythm(v->field, v->n_fields, &fields);
    fprintf(w->out, total > 1 ? "  - fields: " : "  - field: ");
    write_range(w->out, number, total);
    fputs("\n    kind: choice\n    options: ", w->out);
    bool usual = strncmp(b->options, "A", 1) == 0 || v->n_options != 10;
    if (usual)
        write_letters(w->out, v->n_options);
    else
        fputs(b->options, w->out);
    putc('\n', w->out);
    bool even = write_options_at(w, v, fields.first);
    write_block_steps(w, v, &fields);
    if (b->joined > 0) {
        fprintf(w->out, "    per_column: %d\n    column_step: ", b->rows);
        write_pair(w->out, round_step(b->join_step, b->joined), 0);
        putc('\n', w->out);
    }
    write_own_bubble(w, b);
    write_exceptions(w, v, number, even, &begun);
    write_holes(w, v, number);
    const struct draft_block *next = b + 1;
    for (int i = 0, n = b->rows; i < b->joined; n += next->rows, i++, next++) {
        struct view beside = view_block(next);
        write_exceptions(w, &beside, number + n, even, &begun);
        write_holes(w, &beside, number + n);
    }
    write_block_doubts(w, b);
}

/* Fields from a row without all options up: options that no field has are left out of the view. */
static struct view without_missing(const struct view *v)
{
    struct view less = *v;
    int n = 1;
    for (int i = 0; i < v->n_fields; i++)
        n = count_options(v, i) > n ? count_options(v, i) : n;
    less.n_options = n;
    return less;
}

static void write_questions(struct writer *w, const struct draft_block *b)
{
    struct view all = view_block(b);
    struct draft_rhythm r;
    int number = b->first;
    if (b->joined > 0 || all.n_fields == 1 || draft_find_rhythm(all.field, all.n_fields, &r)) {
        write_choices(w, &all, number, b->joined ? joined_fields(b) : all.n_fields);
        return;
    }
    for (int from = 0; from < all.n_fields;) {
        int run = even_run(all.field + from, all.n_fields - from);
        struct view part = part_of(&all, from, run);
        part = without_missing(&part);
        write_choices(w, &part, number + from, run);
        from += run;
    }
}

/* A field apart from the questions. */
static void write_lone_choice(struct writer *w, const struct draft_block *b)
{
    struct view v = view_block(b);
    fprintf(w->out, "  - field: %s\n    kind: choice\n    options: %s\n", b->name, b->options);
    write_options_at(w, &v, v.field[0]);
    write_own_bubble(w, b);
    doubt(w, "    ",
          v.n_options == 1 ? "what is it for? An absent mark, or print that looks like a bubble"
                           : "what is it for? A version, a class, an example");
    write_block_doubts(w, b);
}

/* ---- numbers ---- */

static void write_column_options(FILE *out, const struct draft_block *b, int n, int all)
{
    if (n == all)
        fputs(b->options, out);
    else if (strchr(b->options, 'A'))
        write_letters(out, n);
    else
        fprintf(out, "0-%d", n - 1);
}

/* Columns of one length and at equal steps from `from` on. */
static int column_run(const struct view *v, int from)
{
    int run = 1;
    while (from + run < v->n_fields && count_options(v, from + run) == count_options(v, from) &&
           (run < 2 || fabs(v->field[from + run] - 2 * v->field[from + run - 1] +
                            v->field[from + run - 2]) < 2 * DRAFT_EVEN))
        run++;
    return run;
}

/* Columns that differ: a list of runs. */
static void write_column_list(struct writer *w, const struct view *v, double first_option)
{
    fputs("    columns:\n", w->out);
    for (int from = 0; from < v->n_fields;) {
        int run = column_run(v, from), n = count_options(v, from);
        struct draft_rhythm r = draft_fit_rhythm(v->field + from, run, 0);
        fprintf(w->out, "      - {count: %d, options: ", run);
        write_column_options(w->out, v->b, n, v->n_options);
        fputs(", at: ", w->out);
        write_place(w->out, place_of(v, run > 1 ? r.first : v->field[from], first_option));
        if (run > 1) {
            fputs(", step: ", w->out);
            write_step(w->out, v, true, round_step(r.step, run));
        }
        fputs("}\n", w->out);
        from += run;
    }
}

static void write_number(struct writer *w, const struct draft_block *b)
{
    struct view v = view_block(b);
    struct draft_rhythm options = draft_fit_rhythm(v.option, v.n_options, 0);
    struct draft_rhythm columns = draft_fit_rhythm(v.field, v.n_fields, 0);
    bool uniform = v.n_fields == 1 || draft_off_rhythm(v.field, v.n_fields, &columns) <= DRAFT_EVEN;
    for (int i = 0; i < v.n_fields; i++)
        uniform = uniform && count_options(&v, i) == v.n_options;
    fprintf(w->out, "  - field: %s\n    kind: grid\n    options: %s\n", b->name, b->options);
    if (uniform) {
        fprintf(w->out, "    columns: %d\n    at: ", v.n_fields);
        write_place(w->out,
                    place_of(&v, v.n_fields > 1 ? columns.first : v.field[0], options.first));
        if (v.n_fields > 1) {
            fputs("\n    column_step: ", w->out);
            write_step(w->out, &v, true, round_step(columns.step, v.n_fields));
        }
        putc('\n', w->out);
    } else {
        write_column_list(w, &v, options.first);
    }
    fputs("    option_step: ", w->out);
    write_step(w->out, &v, false, round_step(options.step, v.n_options));
    putc('\n', w->out);
    write_own_bubble(w, b);
    if (strcmp(b->name, "number") == 0)
        fputs("    blank: doubt\n", w->out);
    if (draft_off_rhythm(v.option, v.n_options, &options) > 0.3)
        doubt(w, "    ", "its options stand at no equal steps");
    write_block_doubts(w, b);
}

/* ---- the page ---- */

static bool alike(const struct draft_mark *a, const struct draft_mark *b)
{
    return a->shape == b->shape && fabs(a->box.w - b->box.w) < 0.12 * a->box.w + 0.15 &&
           fabs(a->box.h - b->box.h) < 0.12 * a->box.h + 0.15;
}

/* The first mark of the map that mark i stands in. */
static int head_of(const struct draft *d, int i)
{
    for (int k = 0; k < i; k++)
        if (head_of(d, k) == k && alike(&d->marks[k], &d->marks[i]))
            return k;
    return i;
}

/* All marks that are like marks[first], as one map. */
static void write_mark_map(struct writer *w, int first)
{
    static const char *const names[] = {
        [MARK_SQUARE] = "square", [MARK_DISC] = "disc", [MARK_RING] = "ring", [MARK_ELL] = "ell"};
    const struct draft *d = w->d;
    const struct draft_mark *m = &d->marks[first];
    double size_w = 0, size_h = 0, stroke = 0;
    int n = 0;
    for (int i = first; i < d->n_marks; i++) {
        if (head_of(d, i) != first)
            continue;
        n++;
        size_w += d->marks[i].box.w;
        size_h += d->marks[i].box.h;
        stroke += d->marks[i].stroke;
    }
    fprintf(w->out, "{shape: %s, size: ", names[m->shape]);
    if (m->shape != MARK_SQUARE || fabs(size_w - size_h) < 0.12 * n)
        write_mm(w->out, to_grain((size_w + size_h) / 2 / n));
    else
        write_pair(w->out, to_grain(size_w / n), to_grain(size_h / n));
    if (m->shape == MARK_RING || m->shape == MARK_ELL) {
        fputs(", stroke: ", w->out);
        write_mm(w->out, to_grain(stroke / n));
    }
    fputs(", at: [", w->out);
    for (int i = first, k = 0; i < d->n_marks; i++) {
        if (head_of(d, i) != first)
            continue;
        fputs(k++ ? ", " : "", w->out);
        write_place(w->out, rect_center(d->marks[i].box));
    }
    fputs("]}", w->out);
}

static void write_marks(struct writer *w)
{
    int kinds = 0;
    for (int i = 0; i < w->d->n_marks; i++)
        kinds += head_of(w->d, i) == i;
    fputs("  - marks:", w->out);
    for (int i = 0; i < w->d->n_marks; i++) {
        if (head_of(w->d, i) != i)
            continue;
        fputs(kinds > 1 ? "\n      - " : " ", w->out);
        write_mark_map(w, i);
    }
    putc('\n', w->out);
}

static void write_tracks(struct writer *w)
{
    fputs("  - timing:\n", w->out);
    for (int i = 0; i < w->d->n_tracks; i++) {
        const struct draft_track *t = &w->d->tracks[i];
        fputs("      - {size: ", w->out);
        write_pair(w->out, to_grain(t->w), to_grain(t->h));
        fputs(", at: ", w->out);
        write_place(w->out, t->at);
        fputs(", step: ", w->out);
        bool down = fabs(t->step.y) > fabs(t->step.x);
        double step = round_step(down ? t->step.y : t->step.x, t->count);
        write_pair(w->out, down ? 0 : step, down ? step : 0);
        fprintf(w->out, ", count: %d}\n", t->count);
    }
}

static void write_registration(struct writer *w)
{
    const struct draft *d = w->d;
    fputs("registration:\n", w->out);
    if (d->n_marks > 0)
        write_marks(w);
    if (d->n_marks == 3)
        doubt(w, "  ", "three marks were found; is there a fourth?");
    if (d->n_tracks > 0)
        write_tracks(w);
    if (d->n_marks == 0 && d->n_tracks == 0) {
        fputs("  - print: true\n", w->out);
        doubt(w, "  ", "no marks were found: sheets are found by their print");
    }
    if (d->photo)
        fputs("  - outline: true\n", w->out);
}

static void write_bits(struct writer *w, const char *what, const struct draft_bits *b, bool valued)
{
    fprintf(w->out, "  %s: {bits: {at: ", what);
    write_place(w->out, b->at);
    fputs(", step: ", w->out);
    write_pair(w->out, round_step(b->step, b->count), 0);
    fputs(", size: ", w->out);
    write_mm(w->out, to_grain(b->size));
    fprintf(w->out, ", count: %d}", b->count);
    if (valued)
        fprintf(w->out, ", value: %llu", b->value);
    fputs("}\n", w->out);
}

/* Of two rows the lower is taken for the page's: it is the same on every sheet. */
static void write_identity(struct writer *w)
{
    const struct draft *d = w->d;
    if (d->n_bits == 0)
        return;
    fputs("identity:\n", w->out);
    write_bits(w, "page", &d->bits[d->n_bits - 1], true);
    if (d->n_bits > 1)
        write_bits(w, "sheet", &d->bits[0], false);
    doubt(w, "  ",
          d->n_bits > 1 ? "black and white squares: which row numbers pages, which sheets?"
                        : "black and white squares: the page's number? If it differs from sheet to "
                          "sheet, delete this");
}

static void write_page(struct writer *w)
{
    const struct draft *d = w->d;
    fputs("page: ", w->out);
    if (d->paper)
        fprintf(w->out, "{size: %s%s}\n", d->paper, d->landscape ? ", landscape: true" : "");
    else {
        fputs("{size: ", w->out);
        write_pair(w->out, d->width, d->height);
        fputs("}\n", w->out);
    }
}

static bool is_filled_in(const struct draft *d)
{
    int large = 0, marked = 0;
    for (int i = 0; i < d->n_blocks; i++) {
        const struct draft_block *b = &d->blocks[i];
        if (b->touching || b->rows * b->columns < 8)
            continue;
        large++;
        marked += b->n_filled > 0;
    }
    return marked > 0.6 * large;
}

static void write_head(struct writer *w)
{
    const struct draft *d = w->d;
    fputs("# A draft, made from a picture: lines that say 'please check' are for you.\n", w->out);
    write_line(w->out, "# Look at it with: yuejuan form check FORM --scan ",
               d->o->scan ? d->o->scan : "SCAN");
    for (int i = 0; i < d->n_notes; i++) {
        write_line(w->out, CHECK, d->notes[i]);
        w->doubts++;
    }
    if (w->filled_in)
        doubt(w, "", "the sheet is filled in; a draft from a blank one is surer");
    fputs("form: ", w->out);
    write_string(w->out, d->o->name ? d->o->name : "draft");
    putc('\n', w->out);
    write_page(w);
    for (int i = 0; i < d->n_blocks; i++)
        if (d->blocks[i].name && strcmp(d->blocks[i].name, "number") == 0)
            fputs("candidate: number\n", w->out);
    write_registration(w);
    write_identity(w);
    write_bubble(w->out, &d->clusters[w->common]);
}

/* ---- what people write in ---- */

static void write_boxes(struct writer *w)
{
    int n = 0;
    for (int i = 0; i < w->d->n_boxes; i++) {
        const struct draft_boxes *b = &w->d->boxes[i];
        if (b->labelled) {
            fprintf(w->out, "  # %d cells with print in them near ", b->count);
            write_place(w->out, b->at);
            fputs(": a score strip? It would be a field of kind 'strip'\n", w->out);
            continue;
        }
        fprintf(w->out, "  - field: boxes%d\n    kind: digits\n    boxes: %d\n    at: ", ++n,
                b->count);
        write_place(w->out, b->at);
        fputs("\n    step: ", w->out);
        write_pair(w->out, round_step(b->step, b->count), 0);
        fputs("\n    size: ", w->out);
        write_pair(w->out, to_grain(b->w), to_grain(b->h));
        fputs("\n", w->out);
        doubt(w, "    ", "boxes to write in: digits, letters, or nothing to read?");
    }
}

static void write_regions(struct writer *w)
{
    for (int i = 0; i < w->d->n_regions; i++) {
        struct rect r = w->d->regions[i];
        fprintf(w->out, "  - field: area%d\n    kind: region\n    area: [", i + 1);
        double of[] = {r.x, r.y, r.w, r.h};
        for (int k = 0; k < 4; k++) {
            fputs(k ? ", " : "", w->out);
            write_mm(w->out, 0.1 * round(of[k] / 0.1));
        }
        fputs("]\n", w->out);
    }
}

static int most_common(const struct draft *d)
{
    int best = 0, most = -1;
    for (int c = 0; c < d->n_clusters; c++) {
        int n = 0;
        for (int i = 0; i < d->n_blocks; i++)
            n += d->blocks[i].cluster == c && !d->blocks[i].touching
                     ? d->blocks[i].rows * d->blocks[i].columns
                     : 0;
        if (n > most) {
            most = n;
            best = c;
        }
    }
    return best;
}

int draft_yaml_text(const struct draft *d, char **ret_yaml, int *ret_doubts)
{
    char *text = NULL;
    size_t size;
    struct writer w = {d, open_memstream(&text, &size), 0, is_filled_in(d), most_common(d)};
    if (!w.out)
        return YJ_ENOMEM;
    write_head(&w);
    fputs("fields:\n", w.out);
    for (int i = 0; i < d->n_blocks; i++) {
        const struct draft_block *b = &d->blocks[i];
        if (b->touching || b->dropped)
            continue;
        if (b->first > 0)
            write_questions(&w, b);
        else if (b->meaning == DRAFT_GRID_DOWN || b->meaning == DRAFT_GRID_ACROSS)
            write_number(&w, b);
        else
            write_lone_choice(&w, b);
    }
    write_boxes(&w);
    write_regions(&w);
    bool failed = ferror(w.out) != 0;
    if (fclose(w.out) != 0 || failed) {
        free(text);
        return YJ_ENOMEM;
    }
    *ret_yaml = text;
    *ret_doubts = w.doubts;
    return 0;
}
