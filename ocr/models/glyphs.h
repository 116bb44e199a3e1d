/* glyphs.h - what the nets' claims are worth. Made by tools/train/glyph_calibration.py of 6006
 * digits and 4211 letters, junk among them. */
#ifndef YJ_OCR_MODELS_GLYPHS_H
#define YJ_OCR_MODELS_GLYPHS_H

struct glyph_calibration {
    double temperature; /* the logits are divided by it */
    double floor;       /* 0 to 1: share that goes to all classes alike */
};
/* Where the second net is asked: powers of the two nets' claims. */
struct glyph_pool {
    double first, second, floor;
};
#define DIGITS_CALIBRATION                                                                         \
    {                                                                                              \
        1.074, 0.000083                                                                            \
    }
#define LETTERS_CALIBRATION                                                                        \
    {                                                                                              \
        1.178, 0.000119                                                                            \
    }
#define DIGITS_POOL                                                                                \
    {                                                                                              \
        0.229, 0.628, 0.000859                                                                     \
    }
#define LETTERS_POOL                                                                               \
    {                                                                                              \
        0.429, 0.414, 0.000306                                                                     \
    }

#endif
