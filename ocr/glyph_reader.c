#include "glyph_reader.h"

#include "diag.h"
#include "digits_model.h"
#include "letters_model.h"
#include "models/glyphs.h"
#include "small_net.h"
#include <math.h>
#include <stdlib.h>

struct glyph_reader {
    struct small_net *nets[GLYPH_ALPHABETS];
};

static const struct alphabet {
    char first;
    int count;
    const unsigned char *onnx;
    const size_t *onnx_size;
    struct glyph_calibration calibration;
} alphabets[GLYPH_ALPHABETS] = {
    [GLYPH_DIGITS] = {'0', 10, digits_model, &digits_model_size, DIGITS_CALIBRATION},
    [GLYPH_LETTERS] = {'A', 26, letters_model, &letters_model_size, LETTERS_CALIBRATION},
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
    for (int a = 0; a < GLYPH_ALPHABETS; a++)
        small_net_destroy(reader->nets[a]);
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

/* Softmax at the calibrated temperature, mixed with a little of everything. */
static void believe(const struct alphabet *alphabet, const float *logits, struct glyph_belief *ret)
{
    double p[GLYPH_MAX + 1], most = logits[0], sum = 0;
    int n = alphabet->count + 1;
    for (int k = 1; k < n; k++)
        most = fmax(most, logits[k]);
    for (int k = 0; k < n; k++)
        sum += p[k] = exp((logits[k] - most) / alphabet->calibration.temperature);
    double floor = alphabet->calibration.floor;
    for (int k = 0; k < n; k++)
        p[k] = (1 - floor) * p[k] / sum + floor / n;
    for (int k = 0; k < alphabet->count; k++)
        ret->of[k] = (float)p[k];
    ret->junk = (float)p[alphabet->count];
}

static int load(struct glyph_reader *reader, enum glyph_alphabet which)
{
    static const int shape[3] = {1, GLYPH_SIDE, GLYPH_SIDE};
    const struct alphabet *alphabet = &alphabets[which];
    struct small_net **net = &reader->nets[which];
    int e = *net ? 0 : small_net_create(alphabet->onnx, *alphabet->onnx_size, shape, net);
    return e == 0 && small_net_outputs(*net) != alphabet->count + 1 ? YJ_EDATA : e;
}

int glyph_read(struct glyph_reader *reader, enum glyph_alphabet which,
               const uint8_t (*glyphs)[GLYPH_POINTS], int n, struct glyph_belief *ret)
{
    float logits[GLYPH_MAX + 1];
    int e = n > 0 ? load(reader, which) : 0;
    for (int i = 0; i < n && e == 0; i++) {
        small_net_run(reader->nets[which], glyphs[i], logits);
        believe(&alphabets[which], logits, &ret[i]);
    }
    return e;
}
