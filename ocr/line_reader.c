#include "line_reader.h"

#include "diag.h"
#include "line_guesses.h"
#include "line_picture.h"
#include "line_pieces.h"
#include "number_model.h"
#include "vision.h"
#include "word_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN 4         /* px of the picture that a column of the net's output stands for */
#define MAX_PER_COLUMN 3 /* frames in it, of either net */
#define MAX_CLASSES 32   /* of either net, with the blank */
#define LEAST_P 1e-8f    /* no class is less likely: the net has not seen everything */
#define LEAN 0.25        /* px a row */
#define DOUBT 0.9        /* 0 to 1: a confidence below it is one */
#define BLANK_SURE 0.999 /* plain paper without ink holds no writing */

_Static_assert(LINE_MAX_WIDTH / COLUMN * MAX_PER_COLUMN <= CTC_MAX_FRAMES,
               "frames of the widest line");

enum { NET_NUMBER, NET_WORD, NETS };

static const struct model {
    const unsigned char *onnx;
    size_t size;
    int classes;    /* with the blank */
    int per_column; /* frames: of digits that touch each needs one, and a blank between like ones */
} models[NETS] = {
    [NET_NUMBER] = {number_model, sizeof(number_model), 13, 3},
    [NET_WORD] = {word_model, sizeof(word_model), 31, 2},
};

/* How a kind of line is read. The figures from `temperature` on make what the net says true; they
 * are fitted on sites that train nothing by tools/train/lines.py --fit (models/README.md). */
struct language {
    int net;
    const char *characters; /* class 1 and on; the net's further classes are ruled out */
    float temperature;      /* the net's outputs are divided by it */
    double slope, offset;   /* of the log odds of the whole text, */
    double again_slope, again_lead, again_offset; /* and where it was looked at again: the second
                                                     is of the lead over the next text */
    double list_slope;                            /* of the log likelihoods of a list's texts */
    double list_prior;                            /* what being in the list adds to them, */
    double list_character;                        /* and what each character does */
};

static const struct language languages[LINE_KINDS] = {
    [LINE_NUMBER] = {NET_NUMBER, "0123456789.-", 1.0f, 1.01, 0.15, 0.12, 0.13, 0.85, 0.74, 3.62,
                     0.45},
    [LINE_DIGITS] = {NET_NUMBER, "0123456789", 1.0f, 1.01, 0.15, 0.12, 0.13, 0.85, 0.74, 3.62,
                     0.45},
    [LINE_WORD] = {NET_WORD, "abcdefghijklmnopqrstuvwxyz'-. ", 1.2f, 1.03, 0.26, 0, 0, 0, 0.35,
                   4.72, 0},
};

struct line_reader {
    struct vision_net *nets[NETS];
    struct glyph_reader *glyphs;
    struct arena scratch; /* of a doubtful number */
    struct line_picture picture, leant;
    float in[LINE_ROWS * LINE_MAX_WIDTH];
    float out[MAX_PER_COLUMN * MAX_CLASSES * LINE_MAX_WIDTH / COLUMN];
};

int line_reader_create(struct line_reader **ret_reader)
{
    struct line_reader *reader = calloc(1, sizeof(*reader));
    if (!reader || glyph_reader_create(&reader->glyphs) < 0) {
        free(reader);
        return YJ_ENOMEM;
    }
    arena_init(&reader->scratch);
    *ret_reader = reader;
    return 0;
}

void line_reader_destroy(struct line_reader *reader)
{
    if (!reader)
        return;
    for (int k = 0; k < NETS; k++)
        vision_net_destroy(reader->nets[k]);
    glyph_reader_destroy(reader->glyphs);
    arena_finish(&reader->scratch);
    free(reader);
}

/* Classes that the kind has, the blank among them. */
static int classes_of(const struct language *language)
{
    return (int)strlen(language->characters) + 1;
}

/* ---- texts and classes ---- */

/* Letters of U+00C0 to U+017F without their accents; '*': no letter. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo*ouuuuyps"
                            "aaaaaaaceeeeiiiidnooooo*ouuuuypy"
                            "aaaaaaccccccccddddeeeeeeeeeegggg"
                            "gggghhhhiiiiiiiiiiiijjkkklllllll"
                            "lllnnnnnnnnnoooooooorrrrrrssssss"
                            "ssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

/* The next character of UTF-8 as one of the nets might know it, '*' for any other. */
static char next_character(const char **at)
{
    const unsigned char *p = (const unsigned char *)*at;
    int length = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4, n = 1;
    unsigned code = p[0];
    while (n < length && (p[n] & 0xC0) == 0x80)
        n++;
    *at += n;
    if (n == 2 && p[0] >= 0xC0)
        code = (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
    if (n == 3 && p[0] == 0xE2 &&
        ((p[1] == 0x88 && p[2] == 0x92) || (p[1] == 0x80 && p[2] <= 0x95)))
        return p[1] == 0x80 && p[2] < 0x90 ? '*' : '-'; /* minus, dashes */
    if (n == 3 && p[0] == 0xE2 && p[1] == 0x80 && p[2] == 0x99)
        return '\''; /* the typographic one */
    if (n == 1 && code >= 'A' && code <= 'Z')
        return (char)(code - 'A' + 'a');
    if (n == 1)
        return code < 0x80 ? (char)code : '*';
    return n == 2 && code >= 0xC0 && code <= 0x17F ? latin[code - 0xC0] : '*';
}

/* Classes of a text; -1: more than max. */
static int classify(enum line_kind kind, const char *text, uint8_t *ret_labels, int max)
{
    int n = 0;
    while (*text) {
        char c = next_character(&text);
        c = kind == LINE_WORD || c != ',' ? c : '.';
        const char *found = strchr(languages[kind].characters, c);
        if (!found)
            continue;
        if (n == max)
            return -1;
        ret_labels[n++] = (uint8_t)(found - languages[kind].characters + 1);
    }
    return n;
}

bool line_can_spell(enum line_kind kind, const char *text)
{
    while (*text) {
        char c = next_character(&text);
        bool plain = c != '*' && !(c >= '0' && c <= '9');
        if (!plain && !strchr(languages[kind].characters, c))
            return false;
    }
    return true;
}

/* ---- from the crop to frames ---- */

/* The net's outputs for frame t, divided by the temperature, to probabilities. */
static void fill_frame(const struct language *language, const float *out, int columns, int t,
                       float *ret)
{
    const struct model *model = &models[language->net];
    int classes = classes_of(language), first = t % model->per_column * model->classes;
    float most = -INFINITY, sum = 0;
    for (int k = 0; k < classes; k++) {
        ret[k] = out[(first + k) * columns + t / model->per_column] / language->temperature;
        most = fmaxf(most, ret[k]);
    }
    for (int k = 0; k < classes; k++)
        sum += ret[k] = expf(ret[k] - most);
    for (int k = 0; k < classes; k++)
        ret[k] = fmaxf(ret[k] / sum, LEAST_P);
}

static int run_net(struct line_reader *reader, int which, const struct line_picture *picture,
                   int width)
{
    const struct model *model = &models[which];
    const int shape[4] = {1, 1, LINE_ROWS, width};
    size_t n = 0, wanted = (size_t)(model->per_column * model->classes * (width / COLUMN));
    int e = 0;
    if (!reader->nets[which])
        e = vision_net_create(model->onnx, model->size, &reader->nets[which]);
    for (int y = 0; y < LINE_ROWS; y++)
        memcpy(&reader->in[y * width], picture->v[y], (size_t)width * sizeof(float));
    if (e == 0)
        e = vision_net_run_sized(reader->nets[which], reader->in, shape, reader->out,
                                 sizeof(reader->out) / sizeof(float), &n);
    return e == 0 && n != wanted ? YJ_EDATA : e;
}

static int read_frames(struct line_reader *reader, enum line_kind kind,
                       const struct line_picture *picture, struct arena *arena,
                       struct ctc_frames *ret)
{
    int width = picture->width, padded = line_picture_padded(width);
    int per_column = models[languages[kind].net].per_column;
    int n = (width + COLUMN - 1) / COLUMN * per_column, classes = classes_of(&languages[kind]);
    float *p = arena_alloc(arena, (size_t)(n * classes) * sizeof(*p));
    int e = p ? run_net(reader, languages[kind].net, picture, padded) : YJ_ENOMEM;
    if (e < 0)
        return e;
    for (int t = 0; t < n; t++)
        fill_frame(&languages[kind], reader->out, padded / COLUMN, t, &p[t * classes]);
    *ret = (struct ctc_frames){p, n, classes};
    return 0;
}

/* ---- readings ---- */

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double log_odds(double log_p)
{
    log_p = fmin(fmax(log_p, -30), -1e-7);
    return log_p - log(-expm1(log_p));
}

static int spell(const struct line_guess *guess, struct arena *arena, struct line_reading *r)
{
    r->text = arena_alloc(arena, (size_t)guess->n + 1);
    if (!r->text)
        return YJ_ENOMEM;
    for (int i = 0; i < guess->n; i++)
        r->text[i] = languages[r->kind].characters[guess->labels[i] - 1];
    return 0;
}

/* Of a text that is read with such log odds. What reads as nothing is ink that a person should
 * see. */
static double confidence_of(const struct line_reading *r, const struct line_guess *guess,
                            double odds)
{
    return guess->n == 0 ? 0 : r->writing * sigmoid(odds);
}

/* ---- doubtful numbers ---- */

/* Looks at the digits of list[which] one by one. */
static int ask_glyphs(struct line_reader *reader, const struct ctc_frames *frames, int which,
                      struct line_guesses *guesses)
{
    float places[CTC_MAX_ALIGNED];
    uint8_t glyphs[CTC_MAX_ALIGNED][GLYPH_POINTS];
    struct glyph_belief beliefs[CTC_MAX_ALIGNED];
    const struct line_guess *guess = &guesses->list[which];
    if (!ctc_align(frames, guess->labels, guess->n, places)) {
        line_guesses_hear(guesses, which, NULL); /* longer than what is looked at */
        return 0;
    }
    for (int i = 0; i < guess->n; i++)
        places[i] = (places[i] + 0.5F) * COLUMN / (float)models[NET_NUMBER].per_column;
    int e = line_pieces_cut(&reader->picture, places, guess->n, &reader->scratch, glyphs);
    if (e == 0)
        e = glyph_read(reader->glyphs, GLYPH_DIGITS, (const uint8_t(*)[GLYPH_POINTS])glyphs, NULL,
                       guess->n, beliefs);
    if (e == 0)
        line_guesses_hear(guesses, which, beliefs);
    return e;
}

/* Reads the picture leant to either side, too, and the digits of each text it is read as. Other
 * guesses, and how sure the best is. */
static int look_again(struct line_reader *reader, struct line_reading *r,
                      struct line_guesses *guesses, const struct line_guess **ret_best)
{
    const struct language *language = &languages[r->kind];
    struct ctc_frames frames[LINE_LOOKS] = {r->frames};
    int e = 0;
    for (; r->looks < LINE_LOOKS; r->looks++) {
        line_picture_lean(&reader->picture, r->looks == 1 ? LEAN : -LEAN, &reader->leant);
        e = read_frames(reader, r->kind, &reader->leant, &reader->scratch, &frames[r->looks]);
        if (e < 0)
            return e;
        line_guesses_add(guesses, &frames[r->looks]);
    }
    for (int i = 0, n = guesses->n; i < n && e == 0; i++)
        e = ask_glyphs(reader, &frames[0], i, guesses);
    if (e < 0)
        return e;
    *ret_best = line_guesses_choose(guesses, frames, &r->log_p, &r->lead);
    r->confidence = confidence_of(r, *ret_best,
                                  language->again_slope * log_odds(r->log_p) +
                                      language->again_lead * r->lead + language->again_offset);
    return 0;
}

/* r has the upright picture's frames; of what else is looked at only the text and how sure it is
 * remain. */
static int read_text(struct line_reader *reader, struct arena *arena, struct line_reading *r)
{
    const struct language *language = &languages[r->kind];
    arena_reset(&reader->scratch);
    struct line_guesses *guesses = arena_room(&reader->scratch, sizeof *guesses);
    if (!guesses)
        return YJ_ENOMEM;
    const struct line_guess *best = &guesses->list[0];
    int e = 0;
    guesses->n = 0;
    line_guesses_add(guesses, &r->frames);
    double log_p = ctc_log_likelihood(&r->frames, best->labels, best->n);
    r->looks = 1;
    r->confidence = confidence_of(r, best, language->slope * log_odds(log_p) + language->offset);
    if (language->net == NET_NUMBER && r->confidence < DOUBT && r->writing > 0)
        e = look_again(reader, r, guesses, &best);
    return e == 0 ? spell(best, arena, r) : e;
}

int line_read(struct line_reader *reader, enum line_kind kind, const struct image *crop,
              struct arena *arena, struct line_reading *ret)
{
    struct line_reading r = {.kind = kind, .writing = 1};
    int e = line_picture_take(crop, &reader->picture);
    if (e < 0)
        return e;
    if (reader->picture.width == 0) {
        r.text = arena_strdup(arena, "");
        r.blank = r.confidence = reader->picture.paper ? BLANK_SURE : 0;
        e = r.text ? 0 : YJ_ENOMEM;
    } else {
        r.writing = reader->picture.writing;
        e = read_frames(reader, kind, &reader->picture, arena, &r.frames);
        e = e == 0 ? read_text(reader, arena, &r) : e;
    }
    if (e == 0)
        *ret = r;
    return e;
}

static double labels_log_likelihood(const struct line_reading *r, const uint8_t *labels, int n)
{
    if (r->frames.n == 0)
        return n == 0 && r->blank > 0 ? log(r->blank) : -INFINITY;
    return ctc_log_likelihood(&r->frames, labels, n);
}

double line_log_likelihood(const struct line_reading *reading, const char *text)
{
    uint8_t labels[CTC_MAX_FRAMES];
    int n = classify(reading->kind, text, labels, CTC_MAX_FRAMES);
    return n < 0 ? -INFINITY : labels_log_likelihood(reading, labels, n);
}

/* ---- lists ---- */

double line_list_likelihood(const struct line_reading *reading, const char *text)
{
    if (reading->frames.n > 0 && reading->writing <= 0)
        return 1;
    return exp(languages[reading->kind].list_slope * line_log_likelihood(reading, text));
}

static double log_add(double a, double b)
{
    double most = fmax(a, b);
    return most == -INFINITY ? most : most + log1p(exp(fmin(a, b) - most));
}

/* How much speaks for a text of the list, in logarithms: what it reads like, and that it is there.
 * Its letters add something each: a long text spells itself out worse, but is a rarer coincidence.
 */
static double weight_of(const struct line_reading *r, const char *text, double *ret_log_p)
{
    const struct language *language = &languages[r->kind];
    uint8_t labels[CTC_MAX_FRAMES];
    int n = classify(r->kind, text, labels, CTC_MAX_FRAMES);
    /* A text of which the net knows no character is none that it could find: "光" is not "". */
    *ret_log_p = n <= 0 ? -INFINITY : labels_log_likelihood(r, labels, n);
    return language->list_slope * *ret_log_p + language->list_prior + language->list_character * n;
}

void line_choose(const struct line_reading *reading, const char *const *list, int n,
                 struct line_choice *ret)
{
    double first = -INFINITY, second = -INFINITY, sum = -INFINITY, listed = -INFINITY, log_p;
    *ret = (struct line_choice){.best = -1, .second = -1, .none = 1};
    for (int i = 0; i < n; i++) {
        double weight = weight_of(reading, list[i], &log_p);
        if (weight == -INFINITY)
            continue;
        sum = log_add(sum, weight);
        listed = log_add(listed, log_p);
        bool best = weight > first;
        if (best || weight > second) {
            second = best ? first : weight;
            ret->second = best ? ret->best : i;
        }
        if (best) {
            first = weight;
            ret->best = i;
        }
    }
    if (ret->best < 0)
        return;
    /* All other texts together: what the list leaves of the whole. */
    double none = languages[reading->kind].list_slope * log(fmax(-expm1(fmin(listed, 0)), 1e-6));
    double all = log_add(sum, none);
    ret->confidence = reading->writing * exp(first - all);
    ret->second_confidence = reading->writing * exp(second - all);
    ret->none = reading->writing > 0 ? exp(none - all) : 1;
}
