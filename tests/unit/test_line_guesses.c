/* test_line_guesses.c - which text a doubtful number is, given what is said of its whole and of its
 * digits. */
#include "line_guesses.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CLASSES 13 /* blank, 0 to 9, point, minus */
#define FRAMES 3   /* a character, blank, a character */
enum { ONE = 2, SEVEN = 8, MINUS = 12 };

/* Two characters, of which the first is sure; the second is one of two. */
struct frames_of {
    float p[FRAMES * CLASSES];
    struct ctc_frames frames;
};

static void say(struct frames_of *f, int first, int second, float of_second, int other)
{
    memset(f, 0, sizeof *f);
    f->p[0 * CLASSES + first] = 1;
    f->p[1 * CLASSES + 0] = 1;
    f->p[2 * CLASSES + second] = of_second;
    f->p[2 * CLASSES + other] += 1 - of_second;
    f->frames = (struct ctc_frames){f->p, FRAMES, CLASSES};
}

/* All that is not said of a character is junk. */
static struct glyph_belief looks_like(int label, float share)
{
    struct glyph_belief belief = {.junk = 1 - share};
    belief.of[label - 1] = share;
    return belief;
}

struct choice {
    const struct line_guess *guess;
    double log_p, lead;
};

static struct choice choose(const struct line_guesses *guesses, const struct frames_of *f)
{
    const struct ctc_frames frames[LINE_LOOKS] = {f->frames, f->frames, f->frames};
    struct choice c;
    c.guess = line_guesses_choose(guesses, frames, &c.log_p, &c.lead);
    return c;
}

static void assert_text(const struct line_guess *guess, int first, int second)
{
    assert_int_equal(guess->n, 2);
    assert_int_equal(guess->labels[0], first);
    assert_int_equal(guess->labels[1], second);
}

/* Catches a digit that plainly looks like another and is left as the line's net had it; a guess
 * with another digit replaced; and a lead that is not what the two opinions leave. */
static void test_a_digit_is_replaced(void **state)
{
    static struct line_guesses guesses;
    struct frames_of f;
    say(&f, ONE, SEVEN, 0.6F, ONE);
    guesses.n = 0;
    line_guesses_add(&guesses, &f.frames);
    assert_text(&guesses.list[0], ONE, SEVEN);
    const struct glyph_belief beliefs[] = {looks_like(ONE, 0.99F), looks_like(ONE, 0.9F)};
    line_guesses_hear(&guesses, 0, beliefs);
    assert_int_equal(guesses.n, 2);
    struct choice c = choose(&guesses, &f);
    assert_text(c.guess, ONE, ONE);
    double one = log(0.4) + 0.8 * (log(0.99) + log(0.9));
    double seven = log(0.6) + 0.8 * (log(0.99) + log(2.5e-3));
    assert_float_equal(c.log_p, one, 1e-5);
    assert_float_equal(c.lead, one - seven, 1e-5);
}

/* Catches digits that count as much as the whole line, or more. */
static void test_a_digit_counts_less_than_the_line(void **state)
{
    static struct line_guesses guesses;
    struct frames_of f;
    say(&f, ONE, SEVEN, 0.6F, ONE); /* log odds of 0.41, and of 0.45 against it */
    guesses.n = 0;
    line_guesses_add(&guesses, &f.frames);
    struct glyph_belief beliefs[] = {looks_like(ONE, 0.99F), looks_like(ONE, 0.61F)};
    beliefs[1].of[SEVEN - 1] = 0.39F;
    line_guesses_hear(&guesses, 0, beliefs);
    assert_int_equal(guesses.n, 2);
    assert_text(choose(&guesses, &f).guess, ONE, SEVEN);
}

/* Catches a minus that is taken for the digit it looks like most. */
static void test_signs_are_no_digits(void **state)
{
    static struct line_guesses guesses;
    struct frames_of f;
    say(&f, MINUS, SEVEN, 1, SEVEN);
    guesses.n = 0;
    line_guesses_add(&guesses, &f.frames);
    const struct glyph_belief beliefs[] = {looks_like(ONE, 1), looks_like(SEVEN, 1)};
    line_guesses_hear(&guesses, 0, beliefs);
    assert_int_equal(guesses.n, 1);
    struct choice c = choose(&guesses, &f);
    assert_text(c.guess, MINUS, SEVEN);
    assert_float_equal(c.log_p, 0, 1e-5);
}

/* Catches a text read from two pictures that is its own rival, which leaves it no lead. */
static void test_a_text_is_no_rival_of_itself(void **state)
{
    static struct line_guesses guesses;
    struct frames_of f;
    say(&f, ONE, SEVEN, 1, SEVEN);
    guesses.n = 0;
    line_guesses_add(&guesses, &f.frames);
    line_guesses_add(&guesses, &f.frames);
    assert_int_equal(guesses.n, 1);
    const struct glyph_belief beliefs[] = {looks_like(ONE, 1), looks_like(SEVEN, 1)};
    line_guesses_hear(&guesses, 0, beliefs);
    assert_float_equal(choose(&guesses, &f).lead, LINE_LEAD_MOST, 0);
}

/* Catches digits that nobody looked at and that count as if they were plain. */
static void test_unseen_digits_are_doubted(void **state)
{
    static struct line_guesses guesses;
    struct frames_of f;
    say(&f, ONE, SEVEN, 0.9F, ONE);
    guesses.n = 0;
    line_guesses_add(&guesses, &f.frames);
    line_guesses_hear(&guesses, 0, NULL);
    assert_float_equal(choose(&guesses, &f).log_p, log(0.9) + 0.8 * 2 * log(2.5e-3), 1e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_digit_is_replaced),
        cmocka_unit_test(test_a_digit_counts_less_than_the_line),
        cmocka_unit_test(test_signs_are_no_digits),
        cmocka_unit_test(test_a_text_is_no_rival_of_itself),
        cmocka_unit_test(test_unseen_digits_are_doubted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
