/* formula.h - a small language for points: numbers, the facts of an answer, + - * /, comparisons.
 *
 * "max(0, S * (n - 2*(w + k - c)) / n)". No names but those below, no loop, no text, nothing of the
 * machine: a formula can do nothing but give a number. Exact rationals throughout. Size and nesting
 * are bounded (FORMULA_MAX_STEPS, FORMULA_MAX_DEPTH), so that any text whatever is parsed and
 * evaluated in bounded time and memory. Grammar: docs/scoring.md. */
#ifndef YJ_CORE_FORMULA_H
#define YJ_CORE_FORMULA_H

#include "points.h"

#define FORMULA_MAX_STEPS 256
#define FORMULA_MAX_DEPTH 32
#define FORMULA_MAX_TEXT 2000 /* bytes */

/* What a formula may ask of an answer. */
enum formula_fact {
    FACT_POINTS,  /* S: the item's points */
    FACT_OPTIONS, /* n: options of the field; 0: no choice */
    FACT_KEY,     /* k, key_size: options in the key */
    FACT_RIGHT,   /* c, right: right options marked */
    FACT_WRONG,   /* w, wrong: wrong options marked */
    FACT_MARKED,  /* marked: c + w */
    FACT_MISSED,  /* missed: k - c */
    FORMULA_FACTS
};

struct formula;
struct diag;

/* `file`, `line` and `column` say where the text begins: mistakes are told with their own column.
 * YJ_EINPUT, YJ_ENOMEM. */
int formula_parse(const char *text, const char *file, int line, int column,
                  struct formula **ret_formula, struct diag *d);
/* YJ_EINPUT: it has no value (a division by 0, or a number beyond 10^15 or finer than 10^-9). */
int formula_evaluate(const struct formula *formula, const struct points facts[FORMULA_FACTS],
                     struct points *ret_value);
/* As it was written. */
const char *formula_text(const struct formula *formula);
void formula_destroy(struct formula *formula);

#endif
