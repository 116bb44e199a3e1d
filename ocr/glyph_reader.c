#include "glyph_reader.h"

#include "diag.h"
#include "digits_model.h"
#include "letters_model.h"
#include "models/glyphs.h"
#include "second_digits_model.h"
#include "second_letters_model.h"
#include "vision.h"
#include <math.h>
#include <stdlib.h>

#define CLASSES (GLYPH_MAX + 1)
#define BATCH 8 /* OpenCV makes its buffers anew for each size: this one alone */

struct glyph_reader {
    struct vision_net *nets[GLYPH_ALPHABETS];
    struct vision_net *seconds[GLYPH_ALPHABETS];
    long second_looks;
    float in[BATCH][GLYPH_POINTS];
    float out[BATCH][CLASSES];
    float look[2][GLYPH_POINTS]; /* glyph and view */
};

static const struct alphabet {
    char first;
    int count;
    const unsigned char *onnx;
    const size_t *onnx_size;
    struct glyph_calibration calibration;
    const unsigned char *second;
    const size_t *second_size;
    struct glyph_pool pool;
} alphabets[GLYPH_ALPHABETS] = {
    [GLYPH_DIGITS] = {'0', 10, digits_model, &digits_model_size, DIGITS_CALIBRATION,
                      second_digits_model, &second_digits_model_size, DIGITS_POOL},
    [GLYPH_LETTERS] = {'A', 26, letters_model, &letters_model_size, LETTERS_CALIBRATION,
                       second_letters_model, &second_letters_model_size, LETTERS_POOL},
};

int glyph_reader_create(struct glyph_reader **ret_reader)
{
    struct glyph_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return YJ_ENOMEM;
    *ret_reader = reader;
    return 0;
}

void glyph_reader_destroy(struct glyph_reader *reader)
{
    if (!reader)
        return;
    for (int a = 0; a < GLYPH_ALPHABETS; a++) {
        vision_net_destroy(reader->nets[a]);
        vision_net_destroy(reader->seconds[a]);
    }
    free(reader);
}

int glyph_count(enum glyph_alphabet alphabet)
{
    return alphabets[alphabet].count;
}

char glyph_character(enum glyph_alphabet alphabet, int index)
{
    return (char)(alphabets[alphabet].first + index);
}

int glyph_index(enum glyph_alphabet alphabet, char character)
{
    int index = character - alphabets[alphabet].first;
    return index >= 0 && index < alphabets[alphabet].count ? index : -1;
}

/* Softmax of n logits over a temperature, mixed with a little of everything. */
static void believe(const float *logits, int n, double temperature, double floor,
                    struct glyph_belief *ret)
{
    double p[CLASSES], most = logits[0], sum = 0;
    for (int k = 1; k < n; k++)
        most = fmax(most, logits[k]);
    for (int k = 0; k < n; k++)
        sum += p[k] = exp((logits[k] - most) / temperature);
    for (int k = 0; k < n; k++)
        p[k] = (1 - floor) * p[k] / sum + floor / n;
    for (int k = 0; k < n - 1; k++)
        ret->of[k] = (float)p[k];
    ret->junk = (float)p[n - 1];
}

static bool is_sure(const struct alphabet *alphabet, const struct glyph_belief *belief)
{
    float most = belief->junk;
    for (int k = 0; k < alphabet->count; k++)
        most = fmaxf(most, belief->of[k]);
    return most >= GLYPH_SURE;
}

/* One glyph by both nets; `logits` are the first one's. */
static int look_again(struct glyph_reader *reader, enum glyph_alphabet which, const float *logits,
                      const uint8_t *glyph, const uint8_t *view, struct glyph_belief *ret)
{
    static const int shape[4] = {1, 2, GLYPH_SIDE, GLYPH_SIDE};
    const struct alphabet *alphabet = &alphabets[which];
    struct vision_net **net = &reader->seconds[which];
    float out[CLASSES], both[CLASSES];
    int n = alphabet->count + 1;
    int e = *net ? 0 : vision_net_create(alphabet->second, *alphabet->second_size, net);
    for (int i = 0; i < GLYPH_POINTS; i++) {
        reader->look[0][i] = glyph[i] / 255.0f;
        reader->look[1][i] = view[i] / 255.0f;
    }
    if (e == 0)
        e = vision_net_run(*net, &reader->look[0][0], shape, out, (size_t)n);
    if (e < 0)
        return e;
    reader->second_looks++;
    for (int k = 0; k < n; k++)
        both[k] = (float)(alphabet->pool.first * logits[k] + alphabet->pool.second * out[k]);
    believe(both, n, 1, alphabet->pool.floor, ret);
    return 0;
}

static int read_batch(struct glyph_reader *reader, enum glyph_alphabet which,
                      const uint8_t (*glyphs)[GLYPH_POINTS], const uint8_t (*views)[GLYPH_POINTS],
                      int n, struct glyph_belief *ret)
{
    const struct alphabet *alphabet = &alphabets[which];
    const struct glyph_calibration *calibration = &alphabet->calibration;
    for (int k = 0; k < BATCH; k++)
        for (int i = 0; i < GLYPH_POINTS; i++)
            reader->in[k][i] = k < n ? glyphs[k][i] / 255.0f : 0;
    const int shape[4] = {BATCH, 1, GLYPH_SIDE, GLYPH_SIDE};
    size_t outputs = (size_t)alphabet->count + 1;
    float *out = &reader->out[0][0];
    int e = vision_net_run(reader->nets[which], &reader->in[0][0], shape, out, outputs);
    for (int k = 0; k < n && e == 0; k++) {
        const float *logits = out + (size_t)k * outputs;
        believe(logits, alphabet->count + 1, calibration->temperature, calibration->floor, &ret[k]);
        if (!is_sure(alphabet, &ret[k]))
            e = look_again(reader, which, logits, glyphs[k], views[k], &ret[k]);
    }
    return e;
}

int glyph_read(struct glyph_reader *reader, enum glyph_alphabet which,
               const uint8_t (*glyphs)[GLYPH_POINTS], const uint8_t (*views)[GLYPH_POINTS], int n,
               struct glyph_belief *ret)
{
    const struct alphabet *alphabet = &alphabets[which];
    int e = 0;
    if (!views)
        views = glyphs;
    if (n > 0 && !reader->nets[which])
        e = vision_net_create(alphabet->onnx, *alphabet->onnx_size, &reader->nets[which]);
    for (int i = 0; i < n && e == 0; i += BATCH)
        e = read_batch(reader, which, glyphs + i, views + i, n - i < BATCH ? n - i : BATCH,
                       ret + i);
    return e;
}

long glyph_reader_second_looks(const struct glyph_reader *reader)
{
    return reader->second_looks;
}
