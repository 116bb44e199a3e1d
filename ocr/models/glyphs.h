/* glyphs.h - what the nets' claims are worth. Made by tools/train/glyph_calibration.py of 12059
 * digits and 9003 letters, junk among them. */
#ifndef YJ_OCR_MODELS_GLYPHS_H
#define YJ_OCR_MODELS_GLYPHS_H

struct glyph_calibration {
    double temperature; /* the logits are divided by it */
    double floor;       /* 0 to 1: share that goes to all classes alike */
};
#define GLYPH_ASKED 2 /* nets that are asked in doubt */
/* Where they are asked: powers of the nets' claims. */
struct glyph_pool {
    double first, asked[GLYPH_ASKED], floor;
};
#define DIGITS_CALIBRATION                                                                         \
    {                                                                                              \
        1.015, 0.000041                                                                            \
    }
#define LETTERS_CALIBRATION                                                                        \
    {                                                                                              \
        1.171, 0.000056                                                                            \
    }
#define DIGITS_POOL                                                                                \
    {                                                                                              \
        0.000, {0.235, 0.804}, 0.000185                                                            \
    }
#define LETTERS_POOL                                                                               \
    {                                                                                              \
        0.141, {0.083, 0.681}, 0.000149                                                            \
    }

#endif
