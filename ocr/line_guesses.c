#include "line_guesses.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define POWER 0.8     /* of what the digits say one by one, beside the frames' whole text */
#define LEAST 2.5e-3F /* no digit is less likely to have been that one */
#define DIGITS 10     /* labels 1 to 10 */

static bool same_text(const struct line_guess *a, const struct line_guess *b)
{
    return a->n == b->n && memcmp(a->labels, b->labels, (size_t)a->n) == 0;
}

void line_guesses_add(struct line_guesses *guesses, const struct ctc_frames *frames)
{
    assert(guesses->n < LINE_GUESSES);
    struct line_guess *next = &guesses->list[guesses->n];
    next->n = ctc_best_text(frames, next->labels);
    next->glyphs = 0;
    for (int i = 0; i < guesses->n; i++)
        if (same_text(&guesses->list[i], next))
            return;
    guesses->n++;
}

/* Log of how likely a piece is the character of a label; a sign or a point is none that is known.
 */
static double log_of_piece(const struct glyph_belief *belief, int label)
{
    return label > DIGITS ? 0 : log(fmax((double)belief->of[label - 1], (double)LEAST));
}

static int likeliest_digit(const struct glyph_belief *belief)
{
    int best = 1;
    for (int k = 2; k <= DIGITS; k++)
        best = belief->of[k - 1] > belief->of[best - 1] ? k : best;
    return best;
}

void line_guesses_hear(struct line_guesses *guesses, int which, const struct glyph_belief *beliefs)
{
    struct line_guess *guess = &guesses->list[which];
    if (!beliefs) {
        guess->glyphs = guess->n * log((double)LEAST);
        return;
    }
    for (int i = 0; i < guess->n; i++)
        guess->glyphs += log_of_piece(&beliefs[i], guess->labels[i]);
    for (int i = 0; i < guess->n; i++) {
        int best = likeliest_digit(&beliefs[i]);
        if (guess->labels[i] > DIGITS || best == guess->labels[i])
            continue;
        assert(guesses->n < LINE_GUESSES);
        struct line_guess *other = &guesses->list[guesses->n++];
        *other = *guess;
        other->labels[i] = (uint8_t)best;
        other->glyphs +=
            log_of_piece(&beliefs[i], best) - log_of_piece(&beliefs[i], guess->labels[i]);
    }
}

const struct line_guess *line_guesses_choose(const struct line_guesses *guesses,
                                             const struct ctc_frames frames[LINE_LOOKS],
                                             double *ret_log_p, double *ret_lead)
{
    double log_p[LINE_GUESSES] = {0}, next = -INFINITY;
    int best = 0;
    for (int i = 0; i < guesses->n; i++) {
        const struct line_guess *guess = &guesses->list[i];
        log_p[i] = POWER * guess->glyphs;
        for (int k = 0; k < LINE_LOOKS; k++)
            log_p[i] += ctc_log_likelihood(&frames[k], guess->labels, guess->n) / LINE_LOOKS;
        best = log_p[i] > log_p[best] ? i : best;
    }
    for (int i = 0; i < guesses->n; i++)
        if (!same_text(&guesses->list[i], &guesses->list[best]))
            next = fmax(next, log_p[i]);
    *ret_log_p = log_p[best];
    *ret_lead = log_p[best] > -INFINITY ? fmin(log_p[best] - next, LINE_LEAD_MOST) : 0;
    return &guesses->list[best];
}
