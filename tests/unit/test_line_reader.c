/* test_line_reader.c - lines of handwriting: CTC against brute force, and writing drawn here. */
#include "ctc.h"
#include "diag.h"
#include "line_picture.h"
#include "line_reader.h"
#include "vision.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* ---- CTC ---- */

#define TINY_FRAMES 5
#define TINY_CLASSES 3
#define TINY_TEXTS 364 /* base 3 + 1: texts of at most TINY_FRAMES labels, coded */

static void draw_frames(unsigned seed, float *p)
{
    for (int t = 0; t < TINY_FRAMES; t++) {
        float sum = 0;
        for (int k = 0; k < TINY_CLASSES; k++) {
            seed = seed * 1103515245u + 12345u;
            p[t * TINY_CLASSES + k] = 0.02f + (float)(seed >> 16 & 255) / 255;
            sum += p[t * TINY_CLASSES + k];
        }
        for (int k = 0; k < TINY_CLASSES; k++)
            p[t * TINY_CLASSES + k] /= sum;
    }
}

/* A path's text: repeats merged, blanks left out. */
static int collapse(const int *path, uint8_t *labels)
{
    int n = 0;
    for (int t = 0; t < TINY_FRAMES; t++)
        if (path[t] != 0 && (t == 0 || path[t] != path[t - 1]))
            labels[n++] = (uint8_t)path[t];
    return n;
}

static int code_of(const uint8_t *labels, int n)
{
    int code = 0;
    for (int i = 0; i < n; i++)
        code = code * TINY_CLASSES + labels[i];
    return code;
}

/* What every text is worth, path by path. */
static void sum_paths(const float *p, double *worth)
{
    int path[TINY_FRAMES], n_paths = 243;
    memset(worth, 0, TINY_TEXTS * sizeof(*worth));
    for (int i = 0; i < n_paths; i++) {
        uint8_t labels[TINY_FRAMES];
        double product = 1;
        for (int t = 0, rest = i; t < TINY_FRAMES; t++, rest /= TINY_CLASSES) {
            path[t] = rest % TINY_CLASSES;
            product *= (double)p[t * TINY_CLASSES + path[t]];
        }
        int n = collapse(path, labels);
        worth[code_of(labels, n)] += product;
    }
}

/* Catches a path counted twice or left out: repeats, blanks between repeats, both ends. */
static void test_likelihood_is_the_sum_of_all_paths(void **state)
{
    for (unsigned seed = 1; seed <= 20; seed++) {
        float p[TINY_FRAMES * TINY_CLASSES];
        double worth[TINY_TEXTS], total = 0;
        draw_frames(seed, p);
        sum_paths(p, worth);
        const struct ctc_frames frames = {p, TINY_FRAMES, TINY_CLASSES};
        for (int code = 0; code < TINY_TEXTS; code++) {
            uint8_t labels[TINY_FRAMES + 1];
            int n = 0;
            bool blank = false;
            for (int rest = code; rest > 0; rest /= TINY_CLASSES, n++)
                blank |= rest % TINY_CLASSES == 0;
            if (blank || n > TINY_FRAMES)
                continue;
            for (int i = n - 1, rest = code; i >= 0; i--, rest /= TINY_CLASSES)
                labels[i] = (uint8_t)(rest % TINY_CLASSES);
            double log_p = ctc_log_likelihood(&frames, labels, n);
            if (worth[code] > 0)
                assert_true(fabs(log_p - log(worth[code])) < 1e-6);
            else
                assert_true(log_p == -INFINITY);
            total += exp(log_p);
        }
        assert_true(fabs(total - 1) < 1e-5);
    }
}

/* Catches a search that prefers the likeliest path to the likeliest text, or merges no prefixes. */
static void test_search_finds_the_likeliest_text(void **state)
{
    for (unsigned seed = 1; seed <= 200; seed++) {
        float p[TINY_FRAMES * TINY_CLASSES];
        double worth[TINY_TEXTS];
        uint8_t labels[CTC_MAX_FRAMES];
        draw_frames(seed, p);
        sum_paths(p, worth);
        int best = 0, n;
        for (int code = 1; code < TINY_TEXTS; code++)
            best = worth[code] > worth[best] ? code : best;
        n = ctc_best_text(&(struct ctc_frames){p, TINY_FRAMES, TINY_CLASSES}, labels);
        assert_true(worth[code_of(labels, n)] > 0.98 * worth[best]);
    }
}

/* The middles of each label's frames on the likeliest path to a text; 0: there is none. */
static double best_path(const float *p, const uint8_t *labels, int n, float *ret_middles)
{
    double best = 0;
    int paths = 1;
    for (int t = 0; t < TINY_FRAMES; t++)
        paths *= TINY_CLASSES;
    for (int code = 0; code < paths; code++) {
        int path[TINY_FRAMES], held[TINY_FRAMES] = {0}, at = -1;
        float sum[TINY_FRAMES] = {0};
        uint8_t read[TINY_FRAMES + 1];
        double worth = 1;
        for (int t = 0, rest = code; t < TINY_FRAMES; t++, rest /= TINY_CLASSES) {
            path[t] = rest % TINY_CLASSES;
            worth *= (double)p[t * TINY_CLASSES + path[t]];
            at += path[t] != 0 && (t == 0 || path[t] != path[t - 1]);
            if (path[t] != 0) {
                sum[at] += (float)t;
                held[at]++;
            }
        }
        if (worth <= best || collapse(path, read) != n || memcmp(read, labels, (size_t)n) != 0)
            continue;
        best = worth;
        for (int i = 0; i < n; i++)
            ret_middles[i] = sum[i] / (float)held[i];
    }
    return best;
}

/* Catches labels that are put where another path has them: two alike without a blank between, the
 * last frame in a label or after it, a text that does not fit, places that are no numbers. */
static void test_labels_stand_where_the_best_path_has_them(void **state)
{
    static const uint8_t texts[][5] = {{1},       {2, 1},          {1, 1},
                                       {2, 2, 1}, {1, 2, 1, 2, 1}, {1, 1, 1, 1}};
    static const int lengths[] = {1, 2, 2, 3, 5, 4};
    for (unsigned seed = 1; seed <= 50; seed++)
        for (int k = 0; k < 6; k++) {
            float p[TINY_FRAMES * TINY_CLASSES], wanted[TINY_FRAMES], got[TINY_FRAMES];
            draw_frames(seed, p);
            bool fits = best_path(p, texts[k], lengths[k], wanted) > 0;
            const struct ctc_frames frames = {p, TINY_FRAMES, TINY_CLASSES};
            assert_int_equal(ctc_align(&frames, texts[k], lengths[k], got), fits);
            for (int i = 0; i < lengths[k] && fits; i++)
                assert_true(fabsf(got[i] - wanted[i]) < 1e-6F);
        }
    uint8_t many[CTC_MAX_ALIGNED + 1];
    float got[CTC_MAX_ALIGNED + 1], p[TINY_FRAMES * TINY_CLASSES];
    draw_frames(1, p);
    memset(many, 1, sizeof many);
    const struct ctc_frames frames = {p, TINY_FRAMES, TINY_CLASSES};
    assert_false(ctc_align(&frames, many, CTC_MAX_ALIGNED + 1, got));
    assert_true(ctc_align(&frames, many, 0, got));
    for (int i = 0; i < TINY_CLASSES; i++)
        p[i] = NAN;
    assert_false(ctc_align(&frames, many, 1, got));
}

/* Catches numbers that underflow over many frames, and texts longer than the frames. */
static void test_long_lines_do_not_underflow(void **state)
{
    static float p[CTC_MAX_FRAMES * 30];
    uint8_t labels[CTC_MAX_FRAMES];
    for (int i = 0; i < CTC_MAX_FRAMES * 30; i++)
        p[i] = 1 / 30.0f;
    for (int i = 0; i < CTC_MAX_FRAMES; i++)
        labels[i] = (uint8_t)(1 + i % 2);
    const struct ctc_frames frames = {p, CTC_MAX_FRAMES, 30};
    assert_true(fabs(ctc_log_likelihood(&frames, labels, CTC_MAX_FRAMES) +
                     CTC_MAX_FRAMES * log(30)) < 1e-2);
    assert_true(isfinite(ctc_log_likelihood(&frames, labels, 40)));
    assert_true(ctc_log_likelihood(&(struct ctc_frames){p, 3, 30}, labels, 4) == -INFINITY);
    assert_true(ctc_log_likelihood(&(struct ctc_frames){p, 0, 30}, labels, 0) == 0);
    assert_true(ctc_best_text(&frames, labels) >= 0);
}

/* ---- writing drawn here ---- */

/* Strokes on a box 10 wide, 20 high: x, y in turn, -1 lifts the pen, -2 ends. */
struct glyph {
    char c;
    int width;
    signed char points[64];
};

static const struct glyph glyphs[] = {
    {'0', 10, {5, 0, 2, 2, 0, 7, 0, 13, 2, 18, 5, 20, 8, 18, 10, 13, 10, 7, 8, 2, 5, 0, -2}},
    {'1', 3, {0, 4, 3, 0, 3, 20, -2}},
    {'2', 10, {0, 4, 2, 1, 5, 0, 8, 1, 10, 5, 8, 9, 0, 20, 10, 20, -2}},
    {'3', 9, {0, 2, 4, 0, 8, 1, 9, 5, 7, 8, 3, 9, 7, 10, 9, 15, 7, 19, 3, 20, 0, 18, -2}},
    {'4', 10, {3, 0, 0, 12, 10, 12, -1, 7, 6, 7, 20, -2}},
    {'7', 9, {0, 0, 9, 0, 3, 20, -2}},
    {'-', 6, {0, 11, 6, 11, -2}},
    {'L', 8, {0, 0, 0, 20, 8, 20, -2}},
    {'E', 8, {8, 0, 0, 0, 0, 20, 8, 20, -1, 0, 10, 7, 10, -2}},
    {'N', 10, {0, 20, 0, 0, 10, 20, 10, 0, -2}},
    {'H', 10, {0, 0, 0, 20, -1, 10, 0, 10, 20, -1, 0, 10, 10, 10, -2}},
    {'I', 1, {0, 0, 0, 20, -2}},
    {'T', 10, {0, 0, 10, 0, -1, 5, 0, 5, 20, -2}},
    {'A', 10, {0, 20, 5, 0, 10, 20, -1, 2, 13, 8, 13, -2}},
    {'M', 12, {0, 20, 0, 0, 6, 14, 12, 0, 12, 20, -2}},
    {'O', 12, {6, 0, 2, 2, 0, 7, 0, 13, 2, 18, 6, 20, 10, 18, 12, 13, 12, 7, 10, 2, 6, 0, -2}},
};

static void make_paper(struct image *img, int width, int height, int grey)
{
    image_init(img);
    assert_int_equal(image_resize(img, width, height), 0);
    memset(img->data, grey, img->stride * (size_t)height);
}

/* A pen's line from a to b, grey at its edges. */
static void draw_segment(struct image *img, const double a[2], const double b[2], double thick,
                         int dark)
{
    double dx = b[0] - a[0], dy = b[1] - a[1], length = fmax(dx * dx + dy * dy, 1e-9);
    for (int y = 0; y < img->height; y++)
        for (int x = 0; x < img->width; x++) {
            double t = ((x - a[0]) * dx + (y - a[1]) * dy) / length;
            t = fmin(fmax(t, 0), 1);
            double off = hypot(x - a[0] - t * dx, y - a[1] - t * dy);
            double ink = fmin(fmax(thick / 2 - off + 0.5, 0), 1);
            uint8_t *p = &image_row(img, y)[x];
            int grey = (int)(*p - ink * (*p - dark));
            *p = (uint8_t)(grey < *p ? grey : *p);
        }
}

/* Writes text with its top left at (x, y), `size` px high; returns where it ends. */
static double write_text(struct image *img, const char *text, double x, double y, double size)
{
    double unit = size / 20;
    for (; *text; text++) {
        const struct glyph *g = glyphs;
        while (g->c != *text)
            g++;
        const signed char *p = g->points;
        for (bool down = false; *p != -2;) {
            if (*p == -1) {
                down = false;
                p++;
                continue;
            }
            double to[2] = {x + p[0] * unit, y + p[1] * unit};
            if (down) {
                double from[2] = {x + p[-2] * unit, y + p[-1] * unit};
                draw_segment(img, from, to, size * 0.09, 40);
            }
            down = true;
            p += 2;
        }
        x += (g->width + 5) * unit;
    }
    return x;
}

struct desk {
    struct line_reader *reader;
    struct arena arena;
    struct image img;
};

static int set_up(void **state)
{
    struct desk *d = calloc(1, sizeof(*d));
    vision_init();
    arena_init(&d->arena);
    image_init(&d->img);
    *state = d;
    return line_reader_create(&d->reader);
}

static int tear_down(void **state)
{
    struct desk *d = *state;
    line_reader_destroy(d->reader);
    arena_finish(&d->arena);
    image_finish(&d->img);
    free(d);
    return 0;
}

static void start_page(struct desk *d, int width, int height, int grey)
{
    image_finish(&d->img);
    make_paper(&d->img, width, height, grey);
    arena_reset(&d->arena);
}

static struct line_reading read_page(struct desk *d, enum line_kind kind)
{
    struct line_reading r;
    assert_int_equal(line_read(d->reader, kind, &d->img, &d->arena, &r), 0);
    assert_non_null(r.text);
    assert_true(r.confidence >= 0 && r.confidence <= 1);
    return r;
}

/* Catches classes out of order, frames out of order, a picture turned or scaled wrongly, at any
 * resolution and on grey paper. */
static void test_clean_numbers_are_read(void **state)
{
    static const char *const numbers[] = {"1740", "204", "7", "43210", "-37", "11", "1000", "2024"};
    struct desk *d = *state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        for (int size = 24; size <= 96; size *= 2) {
            start_page(d, size * 7, size * 2, size == 48 ? 170 : 250);
            write_text(&d->img, numbers[i], size, size / 2.0, size);
            struct line_reading r = read_page(d, LINE_NUMBER);
            assert_string_equal(r.text, numbers[i]);
            assert_true(r.confidence > 0.5);
        }
}

/* Catches a picture that leans the wrong way round, about the wrong row, or loses ink. */
static void test_a_leant_picture_leans(void **state)
{
    static struct line_picture upright, leant;
    upright = (struct line_picture){.width = 40, .writing = true};
    for (int y = 0; y < LINE_ROWS; y++)
        upright.v[y][20] = 1;
    line_picture_lean(&upright, 0.25, &leant);
    assert_int_equal(leant.width, 40);
    for (int y = 0; y < LINE_ROWS; y++) {
        double sum = 0, at = 0;
        for (int x = 0; x < leant.width; x++) {
            sum += (double)leant.v[y][x];
            at += (double)leant.v[y][x] * x;
        }
        assert_true(fabs(sum - 1) < 1e-6);
        assert_true(fabs(at - (20 + 0.25 * (y - 16))) < 1e-4);
    }
}

/* Catches a plain number that costs three times its price, a doubtful one that is looked at but
 * once, and texts to be found in a list that are paid for, too. */
static void test_only_doubtful_numbers_are_looked_at_again(void **state)
{
    struct desk *d = *state;
    start_page(d, 420, 120, 250);
    write_text(&d->img, "1740", 60, 30, 60);
    struct line_reading plain = read_page(d, LINE_DIGITS);
    assert_int_equal(plain.looks, 1);
    assert_string_equal(plain.text, "1740");
    start_page(d, 420, 120, 250);
    write_text(&d->img, "4207", 60, 30, 60);
    write_text(&d->img, "1740", 60, 45, 70); /* over it */
    struct line_reading doubtful = read_page(d, LINE_DIGITS);
    assert_int_equal(doubtful.looks, 3);
    assert_true(doubtful.confidence < 0.9);
    assert_int_equal(read_page(d, LINE_WORD).looks, 1);
}

/* Catches a doubtful number that is longer than is looked at digit by digit and becomes sure by
 * that: nothing spoke for its digits, and nothing against them. */
static void test_doubtful_and_too_long_stays_doubtful(void **state)
{
    struct desk *d = *state;
    int doubtful = 0;
    for (int pitch = 9; pitch <= 15; pitch += 3)
        for (int lean = 0; lean <= 8; lean += 4) {
            start_page(d, 60 + 30 * pitch, 100, 250);
            for (int i = 0; i < 30; i++) {
                double x = 30 + pitch * i, off = lean * (i % 3 - 1) / 2.0;
                draw_segment(&d->img, (double[]){x - off, 25}, (double[]){x + off, 75}, 4, 40);
            }
            struct line_reading r = read_page(d, LINE_DIGITS);
            if (r.looks == 1 || strlen(r.text) <= CTC_MAX_ALIGNED)
                continue;
            assert_true(r.confidence < 0.5);
            doubtful++;
        }
    assert_true(doubtful > 0);
}

/* Catches a sign or point in what can have none, and digits lost with them. */
static void test_digits_have_no_sign(void **state)
{
    struct desk *d = *state;
    start_page(d, 300, 80, 250);
    write_text(&d->img, "2024", 60, 20, 40);
    assert_string_equal(read_page(d, LINE_DIGITS).text, "2024");
    start_page(d, 300, 80, 250);
    write_text(&d->img, "-40", 60, 20, 40);
    assert_null(strchr(read_page(d, LINE_DIGITS).text, '-'));
}

/* Catches a word net with another alphabet, and case that is not folded. */
static void test_clean_capitals_are_read(void **state)
{
    static const char *const names[] = {"HAMILTON", "LENA", "MALONE", "THEO"};
    static const char *const list[] = {"Hamilton", "Lena", "Malone", "Theo", "Harrison", "Leda"};
    struct desk *d = *state;
    for (int i = 0; i < 4; i++) {
        struct line_choice choice;
        start_page(d, 420, 80, 240);
        write_text(&d->img, names[i], 30, 20, 36);
        struct line_reading r = read_page(d, LINE_WORD);
        line_choose(&r, list, 6, &choice);
        assert_int_equal(choice.best, i);
        assert_true(choice.confidence > 0.8);
        assert_true(choice.second_confidence < choice.confidence);
        assert_true(choice.confidence + choice.second_confidence + choice.none < 1 + 1e-9);
    }
}

/* Catches a list that is trusted where the name is not on it. */
static void test_a_name_that_is_not_listed_is_none(void **state)
{
    static const char *const list[] = {"Wigglesworth", "Quincy", "Burke", "Szabo"};
    struct desk *d = *state;
    struct line_choice choice;
    start_page(d, 420, 80, 240);
    write_text(&d->img, "HAMILTON", 30, 20, 36);
    struct line_reading r = read_page(d, LINE_WORD);
    line_choose(&r, list, 4, &choice);
    assert_true(choice.none > 0.9);
    assert_true(choice.confidence < 0.1);
    line_choose(&r, list, 0, &choice);
    assert_int_equal(choice.best, -1);
    assert_true(choice.none > 0.99);
}

/* Catches case, accents and unknown characters that change what a text is worth. */
static void test_texts_are_folded(void **state)
{
    struct desk *d = *state;
    start_page(d, 300, 80, 240);
    write_text(&d->img, "LENA", 30, 20, 36);
    struct line_reading r = read_page(d, LINE_WORD);
    double plain = line_log_likelihood(&r, "lena");
    assert_true(isfinite(plain));
    assert_true(plain == line_log_likelihood(&r, "LENA"));
    assert_true(plain == line_log_likelihood(&r, "L\xc3\xa9n\xc3\x84"));
    assert_true(plain == line_log_likelihood(&r, "\xe9\x99\xb3Lena\xff"));
    assert_true(plain > line_log_likelihood(&r, "lema"));
    assert_true(line_log_likelihood(&r, "") < plain);
}

/* Catches a printed rule or frame that is read as strokes, and a stroke lost where it crosses one.
 */
static void test_rules_along_the_border_are_left_out(void **state)
{
    struct desk *d = *state;
    for (int frame = 0; frame < 3; frame++) {
        start_page(d, 360, 90, 245);
        write_text(&d->img, "1740", 120, 24, 44);
        if (frame == 0) /* a rule under it, a little aslope, which the digits touch */
            draw_segment(&d->img, (double[]){0, 72}, (double[]){360, 68}, 2, 90);
        if (frame >= 1) { /* a box around it */
            draw_segment(&d->img, (double[]){0, 3}, (double[]){360, 3}, 3, 60);
            draw_segment(&d->img, (double[]){0, 86}, (double[]){360, 86}, 3, 60);
        }
        if (frame == 2) {
            draw_segment(&d->img, (double[]){4, 0}, (double[]){4, 90}, 3, 60);
            draw_segment(&d->img, (double[]){355, 0}, (double[]){355, 90}, 3, 60);
        }
        struct line_reading r = read_page(d, LINE_NUMBER);
        assert_string_equal(r.text, "1740");
    }
}

/* Catches an empty field with something in it, and "empty" said of what cannot be seen. */
static void test_nothing_written_is_empty(void **state)
{
    struct desk *d = *state;
    struct line_choice choice;
    const char *const list[] = {"Hamilton"};
    start_page(d, 400, 80, 238);
    struct line_reading r = read_page(d, LINE_WORD);
    assert_string_equal(r.text, "");
    assert_true(r.confidence > 0.99);
    assert_true(line_log_likelihood(&r, "") > line_log_likelihood(&r, "a"));
    line_choose(&r, list, 1, &choice);
    assert_int_equal(choice.best, -1);
    start_page(d, 400, 80, 0); /* all black */
    r = read_page(d, LINE_WORD);
    assert_true(r.confidence < 0.2);
    start_page(d, 1, 1, 255); /* too small to say */
    r = read_page(d, LINE_NUMBER);
    assert_true(r.confidence < 0.2);
}

static void fill_noise(struct image *img, bool bitonal)
{
    unsigned seed = 7;
    for (int y = 0; y < img->height; y++)
        for (int x = 0; x < img->width; x++) {
            seed = seed * 1664525u + 1013904223u;
            image_row(img, y)[x] = bitonal ? (seed >> 24 & 1 ? 255 : 0) : (uint8_t)(seed >> 24);
        }
}

/* Catches a crash, an endless search and certainty on what is no line. */
static void test_hostile_crops_are_survived(void **state)
{
    static const int sizes[][2] = {{1, 1},   {1, 400},  {400, 1},    {2, 2},     {7, 7},
                                   {3, 900}, {300, 60}, {10000, 40}, {10000, 1}, {900, 3000}};
    struct desk *d = *state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int what = 0; what < 4; what++) {
            clock_t start = clock();
            start_page(d, sizes[i][0], sizes[i][1], 255);
            if (what == 1)
                image_row(&d->img, d->img.height / 2)[d->img.width / 2] = 0;
            if (what >= 2)
                fill_noise(&d->img, what == 3);
            for (int kind = 0; kind < LINE_KINDS; kind++) {
                struct line_reading r = read_page(d, (enum line_kind)kind);
                if (what >= 2)
                    assert_true(r.confidence < 0.5);
            }
            assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 10);
        }
}

/* Catches a sideways number that is read with confidence. */
static void test_sideways_writing_is_doubted(void **state)
{
    struct desk *d = *state;
    struct image turned;
    start_page(d, 360, 90, 245);
    write_text(&d->img, "2043", 60, 24, 44);
    image_init(&turned);
    assert_int_equal(image_rotate(&d->img, 90, &turned), 0);
    image_finish(&d->img);
    d->img = turned;
    struct line_reading r = read_page(d, LINE_NUMBER);
    assert_true(r.confidence < 0.5);
}

/* Catches a picture that depends on the resolution, is not centred or runs into the paper. */
static void test_picture_is_the_same_at_any_size(void **state)
{
    static struct line_picture small, large;
    struct desk *d = *state;
    start_page(d, 200, 60, 250);
    write_text(&d->img, "204", 40, 18, 24);
    assert_int_equal(line_picture_take(&d->img, &small), 0);
    start_page(d, 800, 240, 190);
    write_text(&d->img, "204", 160, 72, 96);
    assert_int_equal(line_picture_take(&d->img, &large), 0);
    assert_in_range(small.width, large.width - 2, large.width + 2);
    assert_in_range(line_picture_padded(small.width), small.width, 128);
    assert_true(small.paper && small.ink > 0.03 && small.ink < 0.25);
    double mass = 0, middle = 0;
    for (int y = 0; y < LINE_ROWS; y++)
        for (int x = 0; x < large.width; x++) {
            mass += (double)large.v[y][x];
            middle += (double)large.v[y][x] * (y + 0.5);
        }
    assert_true(fabs(middle / mass - LINE_ROWS / 2.0) < 0.5);
    for (int y = 0; y < LINE_ROWS; y++)
        assert_true(large.v[y][1] < 0.1f && large.v[y][large.width - 2] < 0.1f);
}

/* Catches "光" or "1949" taken for the empty text, which the net can see, and "CO2" for "CO". */
static void test_what_cannot_be_spelled_is_not_found(void **state)
{
    static const char *const list[] = {"光", "1949", "?"};
    float p[2 * 31];
    struct line_reading reading = {.kind = LINE_WORD, .frames = {p, 2, 31}, .writing = 1};
    struct line_choice choice;
    for (int k = 0; k < 2 * 31; k++)
        p[k] = k % 31 == 0 ? 0.97f : 0.001f;
    line_choose(&reading, list, 3, &choice);
    assert_int_equal(choice.best, -1);
    assert_true(line_can_spell(LINE_WORD, "Müller-O'Brien, B."));
    assert_false(line_can_spell(LINE_WORD, "CO2"));
    assert_false(line_can_spell(LINE_WORD, "光 a"));
    assert_true(line_can_spell(LINE_NUMBER, "-3.5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_cannot_be_spelled_is_not_found),
        cmocka_unit_test(test_likelihood_is_the_sum_of_all_paths),
        cmocka_unit_test(test_search_finds_the_likeliest_text),
        cmocka_unit_test(test_labels_stand_where_the_best_path_has_them),
        cmocka_unit_test(test_long_lines_do_not_underflow),
        cmocka_unit_test_setup_teardown(test_picture_is_the_same_at_any_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clean_numbers_are_read, set_up, tear_down),
        cmocka_unit_test(test_a_leant_picture_leans),
        cmocka_unit_test_setup_teardown(test_only_doubtful_numbers_are_looked_at_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_doubtful_and_too_long_stays_doubtful, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_digits_have_no_sign, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clean_capitals_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_name_that_is_not_listed_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_texts_are_folded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rules_along_the_border_are_left_out, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_written_is_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_crops_are_survived, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sideways_writing_is_doubted, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
