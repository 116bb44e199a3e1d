#include "glyph_reader.h"

#include "diag.h"
#include "digits_model.h"
#include "letters_model.h"
#include "models/glyphs.h"
#include "second_digits_model.h"
#include "second_letters_model.h"
#include "small_net.h"
#include "third_digits_model.h"
#include "third_letters_model.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CLASSES (GLYPH_MAX + 1)

struct glyph_reader {
    struct small_net *nets[GLYPH_ALPHABETS];
    struct small_net *asked[GLYPH_ALPHABETS][GLYPH_ASKED];
    long second_looks;
    uint8_t look[2][GLYPH_POINTS]; /* glyph and view */
};

static const struct alphabet {
    char first;
    int count;
    const unsigned char *onnx;
    const size_t *onnx_size;
    float sure;
    struct glyph_calibration calibration;
    struct glyph_pool pool;
    struct {
        const unsigned char *onnx;
        const size_t *onnx_size;
    } asked[GLYPH_ASKED]; /* in doubt */
} alphabets[GLYPH_ALPHABETS] = {
    [GLYPH_DIGITS] = {'0',
                      10,
                      digits_model,
                      &digits_model_size,
                      GLYPH_SURE,
                      DIGITS_CALIBRATION,
                      DIGITS_POOL,
                      {{second_digits_model, &second_digits_model_size},
                       {third_digits_model, &third_digits_model_size}}},
    [GLYPH_LETTERS] = {'A',
                       26,
                       letters_model,
                       &letters_model_size,
                       GLYPH_SURE_LETTER,
                       LETTERS_CALIBRATION,
                       LETTERS_POOL,
                       {{second_letters_model, &second_letters_model_size},
                        {third_letters_model, &third_letters_model_size}}},
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
        small_net_destroy(reader->nets[a]);
        for (int i = 0; i < GLYPH_ASKED; i++)
            small_net_destroy(reader->asked[a][i]);
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
    return most >= alphabet->sure;
}

/* When it is first asked. YJ_ENOMEM; YJ_EDATA: no net of ours, or one with other classes. */
static int load(struct small_net **net, const unsigned char *onnx, size_t size, const int shape[3],
                int classes)
{
    int e = *net ? 0 : small_net_create(onnx, size, shape, net);
    return e == 0 && small_net_outputs(*net) != classes ? YJ_EDATA : e;
}

/* One glyph by all nets; `logits` are the first one's. */
static int look_again(struct glyph_reader *reader, enum glyph_alphabet which, const float *logits,
                      const uint8_t *glyph, const uint8_t *view, struct glyph_belief *ret)
{
    static const int shape[3] = {2, GLYPH_SIDE, GLYPH_SIDE};
    const struct alphabet *alphabet = &alphabets[which];
    float out[CLASSES], all[CLASSES];
    int n = alphabet->count + 1;
    for (int k = 0; k < n; k++)
        all[k] = (float)(alphabet->pool.first * logits[k]);
    memcpy(reader->look[0], glyph, GLYPH_POINTS);
    memcpy(reader->look[1], view, GLYPH_POINTS);
    for (int i = 0; i < GLYPH_ASKED; i++) {
        struct small_net **net = &reader->asked[which][i];
        int e = load(net, alphabet->asked[i].onnx, *alphabet->asked[i].onnx_size, shape, n);
        if (e < 0)
            return e;
        small_net_run(*net, reader->look[0], out);
        for (int k = 0; k < n; k++)
            all[k] += (float)(alphabet->pool.asked[i] * out[k]);
    }
    reader->second_looks++;
    believe(all, n, 1, alphabet->pool.floor, ret);
    return 0;
}

int glyph_read(struct glyph_reader *reader, enum glyph_alphabet which,
               const uint8_t (*glyphs)[GLYPH_POINTS], const uint8_t (*views)[GLYPH_POINTS], int n,
               struct glyph_belief *ret)
{
    const struct alphabet *alphabet = &alphabets[which];
    const struct glyph_calibration *calibration = &alphabet->calibration;
    static const int shape[3] = {1, GLYPH_SIDE, GLYPH_SIDE};
    float logits[CLASSES];
    int e = n > 0 ? load(&reader->nets[which], alphabet->onnx, *alphabet->onnx_size, shape,
                         alphabet->count + 1)
                  : 0;
    if (!views)
        views = glyphs;
    for (int i = 0; i < n && e == 0; i++) {
        small_net_run(reader->nets[which], glyphs[i], logits);
        believe(logits, alphabet->count + 1, calibration->temperature, calibration->floor, &ret[i]);
        if (!is_sure(alphabet, &ret[i]))
            e = look_again(reader, which, logits, glyphs[i], views[i], &ret[i]);
    }
    return e;
}

long glyph_reader_second_looks(const struct glyph_reader *reader)
{
    return reader->second_looks;
}
