#include "import_omrchecker.h"

#include "diag.h"
#include "i18n.h"
#include "picture.h"
#include "yamlfile.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The paper's width where nothing states it, mm: A4. */
#define PAPER_WIDTH 210.0
/* No printed bubble is larger, mm. Where A4 would make it so the template is of a small sheet, or
 * of a picture from a screen: then a bubble is taken to be BUBBLE_USUAL. */
#define BUBBLE_LARGEST 7.0
#define BUBBLE_USUAL 5.0
/* OMRChecker crops the page to the centres of its markers. Our page keeps this much of a marker's
 * width around them, so that the markers stand on the page whole. */
#define MARKER_MARGIN 0.6
/* Our form's blocks hold no more fields. */
#define MAX_BLOCK 1000
/* Templates name the box that is summed over, inside the print; where its sides differ by no more
 * than this, or only by the page's stretching, the print is a circle around it. */
#define ROUND 1.25

struct writer {
    const struct omr_template *t;
    const struct omr_options *o;
    FILE *out;
    double sx, sy; /* mm a template px */
    double margin; /* mm around the marker centres */
    double marker; /* mm, the marker's width on paper */
};

/* ---- words of YAML ---- */

/* Tenths of a micrometre: a step is added up a hundred times. Integers keep the locale's comma out.
 */
static void write_mm(FILE *out, double mm)
{
    long long units = llround(mm * 10000);
    long long whole = llabs(units) / 10000, part = llabs(units) % 10000;
    char digits[8];

    fprintf(out, "%s%lld", units < 0 ? "-" : "", whole);
    if (part == 0)
        return;
    snprintf(digits, sizeof digits, "%04lld", part);
    for (size_t n = strlen(digits); n > 0 && digits[n - 1] == '0'; n--)
        digits[n - 1] = '\0';
    fprintf(out, ".%s", digits);
}

static void write_pair(FILE *out, double x, double y)
{
    putc('[', out);
    write_mm(out, x);
    fputs(", ", out);
    write_mm(out, y);
    putc(']', out);
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

/* One line of a comment, whatever the text holds. */
static void write_comment(FILE *out, const char *before, const char *text, const char *after)
{
    fprintf(out, "# %s", before);
    for (const char *c = text; *c; c++)
        putc((unsigned char)*c < 0x20 ? ' ' : *c, out);
    fprintf(out, "%s\n", after);
}

static void write_options(FILE *out, const struct omr_part *p)
{
    putc('[', out);
    for (int i = 0; i < p->n_options; i++) {
        fputs(i ? ", " : "", out);
        write_string(out, p->options[i]);
    }
    putc(']', out);
}

/* ---- geometry ---- */

static struct point place(const struct writer *w, struct point px)
{
    return (struct point){w->margin + px.x * w->sx, w->margin + px.y * w->sy};
}

static void write_place(const struct writer *w, struct point px)
{
    struct point mm = place(w, px);

    write_pair(w->out, mm.x, mm.y);
}

static void write_step(const struct writer *w, struct point px)
{
    write_pair(w->out, px.x * w->sx, px.y * w->sy);
}

static void write_bubble(const struct writer *w, const struct omr_part *p)
{
    double width = p->bubble_w * w->sx, height = p->bubble_h * w->sy;

    bool square = fabs(p->bubble_w - p->bubble_h) < 0.5;

    fputs("bubble: {shape: ", w->out);
    if (square || fmax(width, height) <= ROUND * fmin(width, height)) {
        fputs("circle, size: ", w->out);
        write_mm(w->out, fmax(width, height));
    } else {
        fputs("oval, size: ", w->out);
        write_pair(w->out, width, height);
    }
    fputs("}\n", w->out);
}

/* Height to width of what OMRChecker stretched to pageDimensions, as far as it is known: the scans'
 * as the user states it, else the reference picture's, else pageDimensions are not stretched. */
static double page_aspect(const struct writer *w)
{
    int width, height;

    if (w->o->image_w > 0)
        return (double)w->o->image_h / w->o->image_w;
    if (w->t->reference && picture_size(w->t->reference, &width, &height) == 0)
        return (double)height / width;
    return w->t->height / w->t->width;
}

/* The width of the page with its margins, mm, where nothing states it. */
static double guess_width(const struct omr_template *t, double margins)
{
    double bubble = PAPER_WIDTH * fmin(t->bubble_w, t->bubble_h) / (t->width * (1 + margins));

    return bubble > BUBBLE_LARGEST ? PAPER_WIDTH * BUBBLE_USUAL / bubble : PAPER_WIDTH;
}

static void choose_scale(struct writer *w)
{
    const struct omr_template *t = w->t;
    const struct omr_options *o = w->o;
    double margins = t->marker ? 2 * MARKER_MARGIN / t->sheet_to_marker : 0;

    if (o->dpi > 0) {
        w->sx = w->sy = 25.4 / o->dpi;
    } else if (o->page_w > 0) {
        w->sx = o->page_w / t->width;
        w->sy = o->page_h / t->height;
    } else {
        w->sx = guess_width(t, margins) / (t->width * (1 + margins));
        w->sy = w->sx * t->width * page_aspect(w) / t->height;
    }
    if (t->marker) {
        double stated = t->width * w->sx / t->sheet_to_marker;
        w->marker = stated * t->marker_scale;
        w->margin = MARKER_MARGIN * stated;
    }
}

/* ---- paths ---- */

/* How `path` is called from the folder `dir`: relative where both share a folder above the root. */
static char *path_from(const char *dir, const char *path)
{
    char *from = realpath(dir && *dir ? dir : ".", NULL), *to = realpath(path, NULL), *out = NULL;
    size_t size, same = 0;
    FILE *f = from && to ? open_memstream(&out, &size) : NULL;

    if (f) {
        for (size_t i = 0; from[i] && from[i] == to[i]; i++)
            if (from[i] == '/')
                same = i;
        size_t end = strlen(from);
        /* The folder itself may be what they share. */
        if (strncmp(from, to, end) == 0 && to[end] == '/')
            same = end;
        for (const char *c = from + same; same < end && *c; c++)
            if (*c == '/' && c[1])
                fputs("../", f);
        fputs(to + same + 1, f);
        if (fclose(f) != 0) {
            free(out);
            out = NULL;
        }
    }
    free(from);
    free(to);
    return out;
}

/* Name of the form: the template's own, or its folder's where it is called as all of them are. */
static int write_name(const struct writer *w)
{
    char *whole = realpath(w->t->path, NULL);
    if (!whole)
        return YJ_ENOMEM;
    char *slash = strrchr(whole, '/'), *name = slash + 1;
    char *dot = strrchr(name, '.');
    if (dot)
        *dot = '\0';
    if (strcmp(name, "template") == 0 && slash > whole) {
        *slash = '\0';
        name = strrchr(whole, '/') + 1;
    }
    fputs("form: ", w->out);
    write_string(w->out, *name ? name : "omrchecker");
    putc('\n', w->out);
    free(whole);
    return 0;
}

/* ---- registration ---- */

static int write_picture(const struct writer *w, const char *kind, const char *picture)
{
    char *path = path_from(w->o->out_dir, picture);

    if (!path)
        return YJ_ENOMEM;
    fprintf(w->out, "  - %s: {image: ", kind);
    write_string(w->out, path);
    free(path);
    return 0;
}

static int write_marker(const struct writer *w)
{
    const struct point corners[] = {
        {0, 0}, {w->t->width, 0}, {w->t->width, w->t->height}, {0, w->t->height}};
    int rc = write_picture(w, "marker", w->t->marker);

    if (rc < 0)
        return rc;
    fputs(", size: ", w->out);
    write_mm(w->out, w->marker);
    fputs(",\n              at: [", w->out);
    for (int i = 0; i < 4; i++) {
        fputs(i ? ", " : "", w->out);
        write_place(w, corners[i]);
    }
    fputs("]}\n", w->out);
    return 0;
}

/* The last crop decides: a page cropped to its markers is known by its markers, whatever was
 * cropped before. The picture's edges come last, for scans that are cropped already. */
static int write_registration(const struct writer *w)
{
    int rc = 0;

    fputs("registration:\n", w->out);
    if (w->t->marker)
        return write_marker(w);
    if (w->t->reference) {
        rc = write_picture(w, "reference", w->t->reference);
        if (rc < 0)
            return rc;
        fputs("}\n", w->out);
    }
    if (w->t->crop_page)
        fputs("  - outline: true\n", w->out);
    fputs("  - image: true\n", w->out);
    return 0;
}

/* ---- choices ---- */

static bool close_to(double a, double b)
{
    return fabs(a - b) < 1e-6;
}

/* How many parts from `first` make one block of our form: alike, in even steps. */
static int run_length(const struct omr_template *t, int first)
{
    const struct omr_part *p = t->parts + first;
    int n = 1;

    while (first + n < t->n_parts && n < MAX_BLOCK) {
        const struct omr_part *q = p + n;
        if (q->block != p->block || q->custom >= 0)
            break;
        if (n > 1 && (!close_to(q->at.x - q[-1].at.x, p[1].at.x - p[0].at.x) ||
                      !close_to(q->at.y - q[-1].at.y, p[1].at.y - p[0].at.y)))
            break;
        n++;
    }
    return n;
}

/* The number a label ends in, written as a range would write it, or -1. */
static long label_number(const char *label, size_t *ret_prefix)
{
    size_t end = strlen(label), prefix = end;

    while (prefix > 0 && label[prefix - 1] >= '0' && label[prefix - 1] <= '9')
        prefix--;
    if (prefix == 0 || prefix == end || end - prefix > 6)
        return -1;
    if (label[prefix] == '0' && end - prefix > 1)
        return -1;
    *ret_prefix = prefix;
    return strtol(label + prefix, NULL, 10);
}

static bool is_range(const struct omr_part *p, int n)
{
    size_t prefix, other;
    long first = label_number(p[0].label, &prefix);

    for (int i = 0; i < n; i++)
        if (first < 0 || label_number(p[i].label, &other) != first + i || other != prefix ||
            strncmp(p[i].label, p[0].label, prefix) != 0)
            return false;
    return true;
}

static void write_names(const struct writer *w, const struct omr_part *p, int n)
{
    size_t prefix = 0;

    if (n == 1) {
        fputs("  - field: ", w->out);
        write_string(w->out, p[0].label);
    } else if (is_range(p, n)) {
        long last = label_number(p[n - 1].label, &prefix);
        char *range = NULL;
        if (asprintf(&range, "%s..%ld", p[0].label, last) >= 0) {
            fputs("  - fields: ", w->out);
            write_string(w->out, range);
        }
        free(range);
    } else {
        fputs("  - fields:", w->out);
        for (int i = 0; i < n; i++) {
            fputs("\n      - ", w->out);
            write_string(w->out, p[i].label);
        }
    }
    putc('\n', w->out);
}

static void write_multiple(const struct writer *w, const struct omr_part *p, int n)
{
    int multiple = 0;

    for (int i = 0; i < n; i++)
        multiple += p[i].multiple;
    if (multiple == n) {
        fputs("    multiple: true\n", w->out);
    } else if (multiple > 0) {
        fputs("    except:\n", w->out);
        for (int i = 0; i < n; i++) {
            if (!p[i].multiple)
                continue;
            fputs("      ", w->out);
            write_string(w->out, p[i].label);
            fputs(": {multiple: true}\n", w->out);
        }
    }
}

/* Parts p[0 .. n) under their own labels. */
static void write_choice(const struct writer *w, const struct omr_part *p, int n)
{
    write_names(w, p, n);
    fputs("    kind: choice\n    options: ", w->out);
    write_options(w->out, p);
    fputs("\n    at: ", w->out);
    write_place(w, p->at);
    if (p->n_options > 1) {
        fputs("\n    option_step: ", w->out);
        write_step(w, p->step);
    }
    if (n > 1) {
        fputs("\n    step: ", w->out);
        write_step(w, (struct point){p[1].at.x - p[0].at.x, p[1].at.y - p[0].at.y});
    }
    fputs("\n    ", w->out);
    write_bubble(w, p);
    write_multiple(w, p, n);
}

/* ---- custom labels ---- */

static bool same_column(const struct omr_part *a, const struct omr_part *b)
{
    return a->options == b->options && a->block == b->block;
}

/* How many of the custom label's parts from `first` are columns alike, in even steps. */
static int column_run(const struct omr_template *t, const struct omr_custom *c, int first)
{
    const struct omr_part *a = &t->parts[c->parts[first]];
    struct point step = {0, 0};
    int n = 1;

    for (; first + n < c->n_parts; n++) {
        const struct omr_part *p = &t->parts[c->parts[first + n - 1]];
        const struct omr_part *q = &t->parts[c->parts[first + n]];
        struct point now = {q->at.x - p->at.x, q->at.y - p->at.y};
        if (!same_column(a, q) || (n > 1 && (!close_to(now.x, step.x) || !close_to(now.y, step.y))))
            break;
        step = now;
    }
    return n;
}

/* Capitals one by one, in rising order. */
static bool is_alphabet(const struct omr_part *p)
{
    for (int i = 0; i < p->n_options; i++)
        if (!isupper((unsigned char)p->options[i][0]) || p->options[i][1] != '\0' ||
            (i > 0 && p->options[i][0] <= p->options[i - 1][0]))
            return false;
    return p->n_options > 0;
}

/* One letter of a number, printed in two columns: the second goes on in the alphabet where the
 * first ends. OMRChecker joins what both say, and one of them says nothing. */
static bool continues(const struct omr_template *t, const struct omr_custom *c, int first)
{
    if (first == 0)
        return false;
    const struct omr_part *p = &t->parts[c->parts[first - 1]], *q = &t->parts[c->parts[first]];
    return p->block != q->block && is_alphabet(p) && is_alphabet(q) &&
           p->options[p->n_options - 1][0] < q->options[0][0];
}

static void write_column(const struct writer *w, const struct omr_custom *c, int first, int n)
{
    const struct omr_part *p = &w->t->parts[c->parts[first]];

    fputs("      - {", w->out);
    if (n > 1)
        fprintf(w->out, "count: %d, ", n);
    fputs("options: ", w->out);
    write_options(w->out, p);
    fputs(", at: ", w->out);
    write_place(w, p->at);
    if (p->n_options > 1) {
        fputs(", option_step: ", w->out);
        write_step(w, p->step);
    }
    if (n > 1) {
        const struct omr_part *q = &w->t->parts[c->parts[first + 1]];
        fputs(", step: ", w->out);
        write_step(w, (struct point){q->at.x - p->at.x, q->at.y - p->at.y});
    } else if (continues(w->t, c, first)) {
        fputs(", continues: true", w->out);
    }
    fputs("}\n", w->out);
}

static void write_grid(const struct writer *w, const struct omr_custom *c)
{
    const struct omr_part *p = &w->t->parts[c->parts[0]];
    bool spaces = false;

    fputs("  - field: ", w->out);
    write_string(w->out, c->name);
    fputs("\n    kind: grid\n    columns:\n", w->out);
    for (int i = 0, n; i < c->n_parts; i += n) {
        n = column_run(w->t, c, i);
        write_column(w, c, i, n);
    }
    for (int i = 0; i < c->n_parts; i++) {
        const struct omr_part *q = &w->t->parts[c->parts[i]];
        spaces = spaces || strcmp(q->empty, " ") == 0;
        if (!close_to(q->bubble_w, p->bubble_w) || !close_to(q->bubble_h, p->bubble_h))
            yaml_warning(w->t->yaml, c->node, _("columns of one grid share one size"),
                         _("'%s' of custom label '%s' has bubbles of another size"), q->label,
                         c->name);
    }
    fputs("    ", w->out);
    write_bubble(w, p);
    if (spaces)
        fputs("    blank: space\n", w->out);
}

static void write_custom(const struct writer *w, const struct omr_custom *c)
{
    if (c->n_parts > 1) {
        write_grid(w, c);
        return;
    }
    struct omr_part renamed = w->t->parts[c->parts[0]];
    renamed.label = c->name;
    write_choice(w, &renamed, 1);
}

/* In the template's order; a custom label stands where its first part does. */
static int write_fields(const struct writer *w)
{
    const struct omr_template *t = w->t;
    bool *written = calloc((size_t)t->n_customs + 1, sizeof(*written));

    if (!written)
        return YJ_ENOMEM;
    fputs("fields:\n", w->out);
    for (int i = 0; i < t->n_parts;) {
        int custom = t->parts[i].custom;
        int n = custom < 0 ? run_length(t, i) : 1;
        if (custom < 0) {
            write_choice(w, t->parts + i, n);
        } else if (!written[custom]) {
            write_custom(w, &t->customs[custom]);
            written[custom] = true;
        }
        i += n;
    }
    free(written);
    return 0;
}

/* ---- the form ---- */

static int write_form(const struct writer *w)
{
    const struct omr_template *t = w->t;
    const char *slash = strrchr(t->path, '/');

    write_comment(w->out, "imported from OMRChecker's ", slash ? slash + 1 : t->path,
                  "; its bubble boxes may be smaller than what is printed");
    if (*t->filters)
        write_comment(w->out, "its filters are not needed here: ", t->filters, "");
    int rc = write_name(w);
    if (rc < 0)
        return rc;
    fputs("page: {size: ", w->out);
    write_pair(w->out, t->width * w->sx + 2 * w->margin, t->height * w->sy + 2 * w->margin);
    fputs("}\n", w->out);
    if (w->o->candidate) {
        fputs("candidate: ", w->out);
        write_string(w->out, w->o->candidate);
        putc('\n', w->out);
    }
    rc = write_registration(w);
    return rc < 0 ? rc : write_fields(w);
}

int omr_form_text(const struct omr_template *t, const struct omr_options *o, char **ret_text)
{
    struct writer w = {.t = t, .o = o};
    char *text = NULL;
    size_t size;

    w.out = open_memstream(&text, &size);
    if (!w.out)
        return YJ_ENOMEM;
    choose_scale(&w);
    int rc = write_form(&w);
    if (fclose(w.out) != 0)
        rc = rc < 0 ? rc : YJ_ENOMEM;
    if (rc < 0)
        free(text);
    else
        *ret_text = text;
    return rc;
}
