/* glyph_reader.h - which character a boxed glyph is, and how sure that is.
 *
 * Two nets (models/digits.onnx, letters.onnx; how they were made and how good they are:
 * models/README.md) see one glyph (written_box.h) each. Beside its characters each knows junk:
 * crossed out, written over, two in one box, a scribble, what an eraser left. Probabilities are the
 * net's, cooled by a temperature and bounded by an error rate, both fitted on glyphs that did not
 * train it (Guo et al., "On calibration of modern neural networks", ICML 2017).
 *
 * Where the alphabet's net is not sure two others are asked (models/second_digits.onnx,
 * third_digits.onnx and the letters' own): trained on what the first doubts, they see the glyph and
 * the view, in which border and neighbours are left. What all say is multiplied, each to its own
 * power (a logarithmic opinion pool; Genest and Zidek, Statistical Science 1986), fitted where they
 * are asked. */
#ifndef YJ_OCR_GLYPH_READER_H
#define YJ_OCR_GLYPH_READER_H

#include "written_box.h"

enum glyph_alphabet {
    GLYPH_DIGITS,  /* '0' to '9' */
    GLYPH_LETTERS, /* 'A' to 'Z' */
    GLYPH_ALPHABETS
};

#define GLYPH_MAX 26 /* characters of the largest alphabet */
/* 0 to 1: a claim of the first net below it is a doubt; digits, and letters, where more are. */
#define GLYPH_SURE 0.99f
#define GLYPH_SURE_LETTER 0.98f

struct glyph_belief {
    float of[GLYPH_MAX]; /* of each character of the alphabet, in its order */
    float junk;          /* none of them; all add up to 1 */
};

/* One a worker; not thread-safe. Cheap to create: a net is loaded when first asked. */
struct glyph_reader;
int glyph_reader_create(struct glyph_reader **ret_reader); /* 0 or YJ_ENOMEM */
void glyph_reader_destroy(struct glyph_reader *reader);

int glyph_count(enum glyph_alphabet alphabet); /* characters of it */
char glyph_character(enum glyph_alphabet alphabet, int index);
/* Index of a character, or -1. */
int glyph_index(enum glyph_alphabet alphabet, char character);

/* What each of n glyphs is. views[n]: what the scan shows there (written_box.h); NULL: nothing
 * beside the glyphs. 0, or YJ_ENOMEM, YJ_EDATA (the net is broken). */
int glyph_read(struct glyph_reader *reader, enum glyph_alphabet alphabet,
               const uint8_t (*glyphs)[GLYPH_POINTS], const uint8_t (*views)[GLYPH_POINTS], int n,
               struct glyph_belief *ret);

/* How many glyphs the other nets were asked about since the reader was made. */
long glyph_reader_second_looks(const struct glyph_reader *reader);

#endif
