/* glyphs.h - what the nets' claims are worth. Made by tools/train/glyph_calibration.py of 5401
 * digits and 5389 letters, junk among them. */
#ifndef YJ_OCR_MODELS_GLYPHS_H
#define YJ_OCR_MODELS_GLYPHS_H

struct glyph_calibration {
    double temperature; /* the logits are divided by it */
    double floor;       /* 0 to 1: share that goes to all classes alike */
};
#define DIGITS_CALIBRATION                                                                         \
    {                                                                                              \
        1.024, 0.000093                                                                            \
    }
#define LETTERS_CALIBRATION                                                                        \
    {                                                                                              \
        1.158, 0.000093                                                                            \
    }

#endif
