/* Reads a page's content stream (ISO 32000-1, 7.8 and 8) for one question: does the page only show
 * one picture, and where? Text in render mode 3 is the invisible layer of text recognition and
 * shows nothing. Anything that paints, or is not understood, makes the page one to be drawn. */
#include "ingest_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAVED_MAX = 32, NUMBERS_MAX = 6 };

struct box {
    double x0, y0, x1, y1;
};

struct graphics {
    double matrix[6];
    struct box clip;
    bool odd_clip; /* no rectangle */
    bool unseen;   /* text render mode 3 */
    bool black;
    int n_states; /* of the content's graphics states, those in force */
};

struct interpreter {
    const uint8_t *at, *end;
    struct pdf_content *content;
    struct graphics now, saved[SAVED_MAX];
    int depth;

    double numbers[NUMBERS_MAX]; /* operands, the last ones */
    int n_numbers;
    char first_name[PDF_NAME_MAX], last_name[PDF_NAME_MAX];

    struct box rectangle;  /* of the path under construction */
    int rectangles, lines; /* parts of that path */
    bool clips;
};

/* ---- tokens ---- */

static bool is_space(int c)
{
    return c == 0 || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}

static bool is_delimiter(int c)
{
    return c != 0 && strchr("()<>[]{}/%", c);
}

static void skip_string(struct interpreter *in)
{
    int depth = 0;
    while (in->at < in->end) {
        uint8_t c = *in->at++;
        if (c == '\\' && in->at < in->end)
            in->at++;
        else if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0)
            return;
    }
}

static int hex_digit(int c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* With its slash, #xx resolved, as qpdf names keys. One too long is cut: it will not be found. */
static void read_name(struct interpreter *in)
{
    char *name = in->last_name;
    size_t n = 0;
    name[n++] = '/';
    for (in->at++; in->at < in->end && !is_space(*in->at) && !is_delimiter(*in->at);) {
        int c = *in->at++;
        if (c == '#' && in->end - in->at >= 2 && hex_digit(in->at[0]) >= 0 &&
            hex_digit(in->at[1]) >= 0) {
            c = hex_digit(in->at[0]) << 4 | hex_digit(in->at[1]);
            in->at += 2;
        }
        if (n < PDF_NAME_MAX - 1)
            name[n++] = (char)c;
    }
    name[n] = '\0';
    if (!in->first_name[0])
        memcpy(in->first_name, name, n + 1);
}

static void push_number(struct interpreter *in, double value)
{
    if (in->n_numbers == NUMBERS_MAX) {
        memmove(in->numbers, in->numbers + 1, (NUMBERS_MAX - 1) * sizeof *in->numbers);
        in->n_numbers--;
    }
    in->numbers[in->n_numbers++] = value;
}

/* Digits, sign and point only: strtod's locale and exponents are not PDF's. */
static bool parse_number(const char *word, double *ret)
{
    double value = 0, scale = 0, sign = 1;
    const char *p = word;
    if (*p == '+' || *p == '-')
        sign = *p++ == '-' ? -1 : 1;
    if (!*p)
        return false;
    for (; *p; p++) {
        if (*p == '.' && scale == 0)
            scale = 1;
        else if (*p >= '0' && *p <= '9') {
            value = value * 10 + (*p - '0');
            scale *= 10;
        } else
            return false;
    }
    *ret = sign * value / (scale > 0 ? scale : 1);
    return true;
}

/* ---- operators ---- */

static void must_be_drawn(struct interpreter *in)
{
    in->content->other = true;
}

/* a then b, as PDF multiplies its row vectors. */
static void multiply(const double a[6], const double b[6], double ret[6])
{
    ret[0] = a[0] * b[0] + a[1] * b[2];
    ret[1] = a[0] * b[1] + a[1] * b[3];
    ret[2] = a[2] * b[0] + a[3] * b[2];
    ret[3] = a[2] * b[1] + a[3] * b[3];
    ret[4] = a[4] * b[0] + a[5] * b[2] + b[4];
    ret[5] = a[4] * b[1] + a[5] * b[3] + b[5];
}

/* The upright box around a rectangle seen through a matrix. */
static struct box map_box(const double m[6], double x, double y, double w, double h)
{
    struct box box = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (int i = 0; i < 4; i++) {
        double px = x + (i & 1 ? w : 0), py = y + (i & 2 ? h : 0);
        double qx = m[0] * px + m[2] * py + m[4], qy = m[1] * px + m[3] * py + m[5];
        box.x0 = fmin(box.x0, qx);
        box.y0 = fmin(box.y0, qy);
        box.x1 = fmax(box.x1, qx);
        box.y1 = fmax(box.y1, qy);
    }
    return box;
}

static void op_nothing(struct interpreter *in) {}

static void op_save(struct interpreter *in)
{
    if (in->depth == SAVED_MAX)
        must_be_drawn(in);
    else
        in->saved[in->depth++] = in->now;
}

static void op_restore(struct interpreter *in)
{
    if (in->depth == 0)
        must_be_drawn(in);
    else
        in->now = in->saved[--in->depth];
}

static void op_matrix(struct interpreter *in)
{
    double product[6];
    if (in->n_numbers != 6) {
        must_be_drawn(in);
        return;
    }
    multiply(in->numbers, in->now.matrix, product);
    memcpy(in->now.matrix, product, sizeof product);
}

static void op_state(struct interpreter *in)
{
    if (in->now.n_states == PDF_STATES_MAX) {
        must_be_drawn(in);
        return;
    }
    memcpy(in->content->states[in->now.n_states++], in->last_name, PDF_NAME_MAX);
}

/* A picture that a clip cuts by more than its rim is not the one that the page shows. */
static bool is_clipped(const struct graphics *g)
{
    struct box b = map_box(g->matrix, 0, 0, 1, 1);
    double width = fmin(b.x1, g->clip.x1) - fmax(b.x0, g->clip.x0);
    double height = fmin(b.y1, g->clip.y1) - fmax(b.y0, g->clip.y0);
    return g->odd_clip || width < 0.98 * (b.x1 - b.x0) || height < 0.98 * (b.y1 - b.y0);
}

static void op_do(struct interpreter *in)
{
    struct pdf_content *content = in->content;
    content->pictures++;
    memcpy(content->name, in->last_name, PDF_NAME_MAX);
    memcpy(content->matrix, in->now.matrix, sizeof content->matrix);
    content->black = in->now.black;
    content->n_states = in->now.n_states;
    if (is_clipped(&in->now))
        must_be_drawn(in);
}

static void op_text_mode(struct interpreter *in)
{
    in->now.unseen = in->n_numbers > 0 && in->numbers[in->n_numbers - 1] == 3;
}

static void op_show_text(struct interpreter *in)
{
    if (!in->now.unseen)
        must_be_drawn(in);
}

/* g, rg, k: black where all are 0, but for k's last. Colour spaces of any other kind: not black. */
static void op_fill_colour(struct interpreter *in)
{
    const double *v = in->numbers;
    in->now.black = in->n_numbers == 1   ? v[0] == 0
                    : in->n_numbers == 3 ? v[0] == 0 && v[1] == 0 && v[2] == 0
                    : in->n_numbers == 4 ? v[3] == 1
                                         : false;
}

static void op_fill_other(struct interpreter *in)
{
    in->now.black = false;
}

static void op_rectangle(struct interpreter *in)
{
    const double *v = in->numbers;
    if (in->n_numbers < 4) {
        must_be_drawn(in);
        return;
    }
    in->rectangles++;
    in->rectangle = map_box(in->now.matrix, v[0], v[1], v[2], v[3]);
}

static void op_line(struct interpreter *in)
{
    in->lines++;
}
static void op_clip(struct interpreter *in)
{
    in->clips = true;
}

static void op_end_path(struct interpreter *in)
{
    struct box *clip = &in->now.clip;
    if (in->clips && in->rectangles == 1 && in->lines == 0) {
        clip->x0 = fmax(clip->x0, in->rectangle.x0);
        clip->y0 = fmax(clip->y0, in->rectangle.y0);
        clip->x1 = fmin(clip->x1, in->rectangle.x1);
        clip->y1 = fmin(clip->y1, in->rectangle.y1);
    } else if (in->clips) {
        in->now.odd_clip = true;
    }
    in->rectangles = in->lines = 0;
    in->clips = false;
}

/* Optional content: whether it shows is decided elsewhere. */
static void op_begin_marked(struct interpreter *in)
{
    if (strcmp(in->first_name, "/OC") == 0)
        must_be_drawn(in);
}

struct operation {
    const char *name;
    void (*run)(struct interpreter *in);
};

/* What is not listed paints or is unknown. */
static const struct operation operations[] = {
    {"\"", op_show_text},     {"'", op_show_text},   {"BDC", op_begin_marked},
    {"BMC", op_begin_marked}, {"BT", op_nothing},    {"BX", op_nothing},
    {"CS", op_nothing},       {"DP", op_nothing},    {"Do", op_do},
    {"EMC", op_nothing},      {"ET", op_nothing},    {"EX", op_nothing},
    {"G", op_nothing},        {"J", op_nothing},     {"K", op_nothing},
    {"M", op_nothing},        {"MP", op_nothing},    {"Q", op_restore},
    {"RG", op_nothing},       {"SC", op_nothing},    {"SCN", op_nothing},
    {"T*", op_nothing},       {"TD", op_nothing},    {"TJ", op_show_text},
    {"TL", op_nothing},       {"Tc", op_nothing},    {"Td", op_nothing},
    {"Tf", op_nothing},       {"Tj", op_show_text},  {"Tm", op_nothing},
    {"Tr", op_text_mode},     {"Ts", op_nothing},    {"Tw", op_nothing},
    {"Tz", op_nothing},       {"W", op_clip},        {"W*", op_clip},
    {"c", op_line},           {"cm", op_matrix},     {"cs", op_fill_other},
    {"d", op_nothing},        {"g", op_fill_colour}, {"gs", op_state},
    {"h", op_nothing},        {"i", op_nothing},     {"j", op_nothing},
    {"k", op_fill_colour},    {"l", op_line},        {"m", op_nothing},
    {"n", op_end_path},       {"q", op_save},        {"re", op_rectangle},
    {"rg", op_fill_colour},   {"ri", op_nothing},    {"sc", op_fill_other},
    {"scn", op_fill_other},   {"v", op_line},        {"w", op_nothing},
    {"y", op_line},
};

static int compare_operation(const void *key, const void *operation)
{
    return strcmp(key, ((const struct operation *)operation)->name);
}

static void run_operator(struct interpreter *in, const char *word)
{
    const struct operation *found =
        bsearch(word, operations, sizeof operations / sizeof *operations, sizeof *operations,
                compare_operation);
    if (found)
        found->run(in);
    else
        must_be_drawn(in);
    in->n_numbers = 0;
    in->first_name[0] = in->last_name[0] = '\0';
}

static void read_word(struct interpreter *in)
{
    char word[32];
    size_t n = 0;
    double value;
    for (; in->at < in->end && !is_space(*in->at) && !is_delimiter(*in->at); in->at++)
        if (n < sizeof word - 1)
            word[n++] = (char)*in->at;
    word[n] = '\0';
    if (parse_number(word, &value))
        push_number(in, value);
    else if (strcmp(word, "true") != 0 && strcmp(word, "false") != 0 && strcmp(word, "null") != 0)
        run_operator(in, word);
}

static void read_token(struct interpreter *in)
{
    uint8_t c = *in->at;
    if (is_space(c))
        in->at++;
    else if (c == '%')
        while (in->at < in->end && *in->at != '\n' && *in->at != '\r')
            in->at++;
    else if (c == '(')
        skip_string(in);
    else if (c == '<' && in->end - in->at >= 2 && in->at[1] == '<')
        in->at += 2; /* a dictionary's keys and values pass as operands */
    else if (c == '<')
        while (in->at < in->end && *in->at++ != '>')
            ;
    else if (c == '/')
        read_name(in);
    else if (is_delimiter(c))
        in->at++;
    else
        read_word(in);
}

void pdf_content_read(const uint8_t *bytes, size_t n, struct pdf_content *ret)
{
    *ret = (struct pdf_content){0};
    if (n == 0) /* then there may be no bytes to point at */
        return;
    struct interpreter in = {.at = bytes, .end = bytes + n, .content = ret};
    in.now = (struct graphics){.matrix = {1, 0, 0, 1, 0, 0},
                               .clip = {-INFINITY, -INFINITY, INFINITY, INFINITY},
                               .black = true};
    while (in.at < in.end && !ret->other)
        read_token(&in);
}
