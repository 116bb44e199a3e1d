/* line_reader.h - unboxed handwriting on one line: a number, or a word or name.
 *
 * Two small nets of convolutions (models/number.onnx, models/word.onnx; how they were made:
 * models/README.md) see a line's picture (line_picture.h) and say of each 1.3 px (words: 2 px) of
 * it how likely which character is; ctc.h makes texts of that. A number has the characters 0-9 .
 * and -, a decimal comma reads as a point. A word has a-z ' - . and the space: case is folded,
 * accents are dropped. A number that is read with doubt is looked at again, leant to the left and
 * to the right (an ensemble over views; L. Breiman, "Bagging predictors", Machine Learning 1996),
 * and its digits one by one, as those of boxes are (glyph_reader.h), cut where the frames say that
 * they stand; what all say together decides. Made for a crop of one line, upright, some paper
 * around it. Knows no rosters and no fields. */
#ifndef YJ_OCR_LINE_READER_H
#define YJ_OCR_LINE_READER_H

#include "arena.h"
#include "ctc.h"
#include "image.h"
#include <stdbool.h>

enum line_kind {
    LINE_NUMBER, /* may have a sign and a point */
    LINE_DIGITS, /* by the same net: nothing but digits, which spares a speck taken for a point */
    LINE_WORD,
    LINE_KINDS
};

/* One a worker: not thread-safe. */
struct line_reader;

/* Cheap: a net is loaded when first asked. 0 or YJ_ENOMEM. */
int line_reader_create(struct line_reader **ret_reader);
void line_reader_destroy(struct line_reader *reader);

struct line_reading {
    enum line_kind kind;
    char *text;               /* what is likeliest, "" where nothing is written; in the arena */
    double confidence;        /* calibrated: how likely all of `text` is what was written; 0 where
                                 there is ink that reads as nothing */
    struct ctc_frames frames; /* what the net said, calibrated, in the arena; n = 0: no ink */
    int looks;                /* pictures of it that the net was shown */
    double log_p, lead;       /* where that were several: what confidence is made of, the log of how
                                 likely the text is and its lead over the next */
    double blank;             /* where there is no ink: how sure it is that nothing is written */
    double writing;           /* 1; 0 where the ink cannot be writing: nothing is sure */
};

/* Reads a crop, any size, light or dark. What is no line of writing (noise, black, sideways) is
 * read as something with a low confidence. 0, or YJ_ENOMEM, YJ_EDATA (the net is broken). */
int line_read(struct line_reader *reader, enum line_kind kind, const struct image *crop,
              struct arena *arena, struct line_reading *ret);

/* Log of how likely `text` (UTF-8) is as what is written. Case is folded, letters with accents
 * count as those without, a comma in a number as a point; other characters that the net does not
 * know are skipped, at no cost. -INFINITY: cannot be. */
double line_log_likelihood(const struct line_reading *reading, const char *text);

/* How likely `text` is as what is written, in a list of texts: the same, flattened as its use in
 * lists is calibrated, since a line's frames are no independent witnesses. 0: cannot be. Where the
 * ink cannot be writing every text has the same. */
double line_list_likelihood(const struct line_reading *reading, const char *text);

/* Whether the net knows every letter and digit of `text` (UTF-8), folded as above; other signs are
 * of no account. What it does not know it cannot miss: to a net of letters "CO2" is "CO". */
bool line_can_spell(enum line_kind kind, const char *text);

struct line_choice {
    int best;          /* index in the list; -1: it is empty, or nothing of it can be */
    double confidence; /* calibrated: how likely the best is it, against the others and `none` */
    int second;        /* runner-up, -1: there is none */
    double second_confidence;
    double none; /* how likely none of the list was written */
};

/* Which of list[0 .. n) was written, where it is taken that it usually is one of them. Two that
 * read alike share their likelihood: neither is sure. */
void line_choose(const struct line_reading *reading, const char *const *list, int n,
                 struct line_choice *ret);

#endif
