/* line_guesses.h - what a doubtful number may be, and which of it is likeliest.
 *
 * Internal to ocr. A guess is a text that the line's net read from one of the number's pictures, or
 * such a text with one digit replaced, where that digit by itself looks like another
 * (glyph_reader.h). The net knows how a text looks as a whole, the nets of boxes know digits: both
 * opinions are multiplied (a logarithmic opinion pool), the second to a power that was chosen on
 * sites that train nothing (docs/benchmarks.md). No allocation. */
#ifndef YJ_OCR_LINE_GUESSES_H
#define YJ_OCR_LINE_GUESSES_H

#include "ctc.h"
#include "glyph_reader.h"

#define LINE_LOOKS 3                                      /* pictures of a number, at most */
#define LINE_GUESSES (LINE_LOOKS * (1 + CTC_MAX_ALIGNED)) /* each with every digit replaced */
#define LINE_LEAD_MOST 12.0                               /* more of a lead makes no text surer */

struct line_guess {
    uint8_t labels[CTC_MAX_FRAMES]; /* 1 and on: 0 to 9, and what is no digit */
    int n;
    double glyphs; /* log of how likely its digits are one by one; 0: they were not looked at */
};

struct line_guesses {
    struct line_guess list[LINE_GUESSES];
    int n;
};

/* The text that some frames say most (ctc_best_text), unless it is there already. */
void line_guesses_add(struct line_guesses *guesses, const struct ctc_frames *frames);

/* What the characters of list[which] look like one by one, beliefs[0 .. its n); adds a guess for
 * each digit that looks like another. Once a guess, of CTC_MAX_ALIGNED characters at most. beliefs
 * NULL: they could not be looked at, and nothing speaks for them. */
void line_guesses_hear(struct line_guesses *guesses, int which, const struct glyph_belief *beliefs);

/* The guess of which the frames of all pictures and its digits together say most; how likely it is,
 * as of one picture, and its lead over the next text, 0 to LINE_LEAD_MOST, both in natural
 * logarithms. There is one guess at least. */
const struct line_guess *line_guesses_choose(const struct line_guesses *guesses,
                                             const struct ctc_frames frames[LINE_LOOKS],
                                             double *ret_log_p, double *ret_lead);

#endif
