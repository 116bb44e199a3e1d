#include "formula.h"

#include "diag.h"
#include "i18n.h"
#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef __int128 wide;

#define MAX_NUMERATOR 1000000000000000LL
#define MAX_DENOMINATOR 1000000000LL

enum step_kind {
    STEP_NUMBER,
    STEP_FACT,
    STEP_ADD,
    STEP_SUBTRACT,
    STEP_MULTIPLY,
    STEP_DIVIDE,
    STEP_NEGATE,
    STEP_LESS,
    STEP_LESS_EQUAL,
    STEP_EQUAL,
    STEP_UNEQUAL,
    STEP_MIN,
    STEP_MAX,
    STEP_FLOOR,
    STEP_CEIL,
    STEP_ROUND,
    STEP_ABS,
    STEP_SWAP,
    STEP_TRUTH,        /* 1 of what is not 0 */
    STEP_JUMP_IF_ZERO, /* takes the top away */
    STEP_JUMP,
};

/* One step of a machine with a stack: formulas are compiled once, so that evaluating needs no
 * recursion. */
struct step {
    enum step_kind kind;
    int to; /* jumps: the step that follows; STEP_FACT: which */
    struct points number;
};

struct formula {
    char *text;
    struct step steps[FORMULA_MAX_STEPS];
    int n_steps;
};

struct parser {
    struct formula *formula;
    const char *text, *at;
    const char *file;
    int line, column;
    struct diag *d;
    int depth;
};

static const struct {
    const char *name;
    enum formula_fact fact;
} fact_names[] = {
    {"S", FACT_POINTS},      {"n", FACT_OPTIONS},   {"k", FACT_KEY},     {"key_size", FACT_KEY},
    {"c", FACT_RIGHT},       {"right", FACT_RIGHT}, {"w", FACT_WRONG},   {"wrong", FACT_WRONG},
    {"N", FACT_OPTIONS}, /* as Auto Multiple Choice has them */
    {"NB", FACT_KEY},        {"NBC", FACT_RIGHT},   {"NMC", FACT_WRONG}, {"marked", FACT_MARKED},
    {"missed", FACT_MISSED},
};

/* ---- telling ---- */

static int characters(const char *from, const char *to)
{
    int n = 0;

    for (; from < to; from++)
        n += ((unsigned char)*from & 0xC0) != 0x80;
    return n;
}

#define TELL(p, hint, ...)                                                                         \
    diag_error((p)->d, YJ_EINPUT, (p)->file, (p)->line,                                            \
               (p)->column + characters((p)->text, (p)->at), (hint), __VA_ARGS__)

static const char *grammar_hint(void)
{
    return _("a formula has numbers, S, n, k, c, w, marked, missed, + - * / ( ), < <= > >= = !=, "
             "and, or, min, max, floor, ceil, round, abs and if(condition, then, else)");
}

static int tell_unexpected(struct parser *p)
{
    if (*p->at == '\0')
        return TELL(p, grammar_hint(), _("the formula ends where something must follow"));
    size_t length = 1;
    while (((unsigned char)p->at[length] & 0xC0) == 0x80)
        length++;
    return TELL(p, grammar_hint(), _("'%.*s' is out of place in the formula"), (int)length, p->at);
}

/* ---- compiling: recursive descent, the depth of which is counted ---- */

static int add_step(struct parser *p, struct step step)
{
    if (p->formula->n_steps == FORMULA_MAX_STEPS)
        return TELL(p, NULL, _("the formula is longer than %d steps"), FORMULA_MAX_STEPS);
    p->formula->steps[p->formula->n_steps++] = step;
    return 0;
}

static int add_plain(struct parser *p, enum step_kind kind)
{
    return add_step(p, (struct step){kind, 0, POINTS_ZERO});
}

/* A jump whose end is not known yet; *ret_at for `land`. */
static int add_jump(struct parser *p, enum step_kind kind, int *ret_at)
{
    *ret_at = p->formula->n_steps;
    return add_plain(p, kind);
}

static void land(struct parser *p, int jump)
{
    p->formula->steps[jump].to = p->formula->n_steps;
}

static void skip_spaces(struct parser *p)
{
    p->at += strspn(p->at, " \t\r\n");
}

static bool take(struct parser *p, const char *sign)
{
    size_t length = strlen(sign);

    skip_spaces(p);
    if (strncmp(p->at, sign, length) != 0)
        return false;
    p->at += length;
    return true;
}

static size_t word_length(const char *text)
{
    size_t length = 0;

    if (!isalpha((unsigned char)*text))
        return 0;
    while (isalnum((unsigned char)text[length]) || text[length] == '_')
        length++;
    return length;
}

static bool take_word(struct parser *p, const char *word)
{
    skip_spaces(p);
    size_t length = word_length(p->at);
    if (length != strlen(word) || strncmp(p->at, word, length) != 0)
        return false;
    p->at += length;
    return true;
}

static int parse_either(struct parser *p);

static int expect(struct parser *p, const char *sign)
{
    return take(p, sign) ? 0 : tell_unexpected(p);
}

static int parse_number(struct parser *p)
{
    char number[40];
    size_t length = strspn(p->at, "0123456789.");
    struct points value;

    if (length < sizeof number) {
        memcpy(number, p->at, length);
        number[length] = '\0';
    }
    if (length >= sizeof number || points_parse(number, &value) < 0)
        return TELL(p, _("write 2, 0.5 or 1/3"), _("'%.*s' is no number"), (int)length, p->at);
    p->at += length;
    return add_step(p, (struct step){STEP_NUMBER, 0, value});
}

/* The arguments of min and max: two or more, folded as they come. */
static int parse_fold(struct parser *p, enum step_kind kind)
{
    int rc = expect(p, "("), n = 0;

    do {
        if (rc == 0)
            rc = parse_either(p);
        if (rc == 0 && n++ > 0)
            rc = add_plain(p, kind);
    } while (rc == 0 && take(p, ","));
    return rc < 0 ? rc : expect(p, ")");
}

static int parse_single(struct parser *p, enum step_kind kind)
{
    int rc = expect(p, "(");

    if (rc == 0)
        rc = parse_either(p);
    if (rc == 0)
        rc = add_plain(p, kind);
    return rc < 0 ? rc : expect(p, ")");
}

/* What is not taken is not evaluated: if(c = 0, 0, S / c) divides by no 0. */
static int parse_if(struct parser *p)
{
    int otherwise = 0, end = 0, rc = expect(p, "(");

    if (rc == 0)
        rc = parse_either(p);
    if (rc == 0)
        rc = add_jump(p, STEP_JUMP_IF_ZERO, &otherwise);
    if (rc == 0)
        rc = expect(p, ",");
    if (rc == 0)
        rc = parse_either(p);
    if (rc == 0)
        rc = add_jump(p, STEP_JUMP, &end);
    if (rc == 0)
        rc = expect(p, ",");
    if (rc < 0)
        return rc;
    land(p, otherwise);
    rc = parse_either(p);
    if (rc < 0)
        return rc;
    land(p, end);
    return expect(p, ")");
}

static int parse_word(struct parser *p)
{
    static const struct {
        const char *name;
        int (*parse)(struct parser *p, enum step_kind kind);
        enum step_kind kind;
    } functions[] = {
        {"min", parse_fold, STEP_MIN},       {"max", parse_fold, STEP_MAX},
        {"floor", parse_single, STEP_FLOOR}, {"ceil", parse_single, STEP_CEIL},
        {"round", parse_single, STEP_ROUND}, {"abs", parse_single, STEP_ABS},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (take_word(p, functions[i].name))
            return functions[i].parse(p, functions[i].kind);
    if (take_word(p, "if"))
        return parse_if(p);
    if (take_word(p, "NM")) { /* n - k */
        int rc = add_step(p, (struct step){STEP_FACT, FACT_OPTIONS, POINTS_ZERO});
        if (rc == 0)
            rc = add_step(p, (struct step){STEP_FACT, FACT_KEY, POINTS_ZERO});
        return rc < 0 ? rc : add_plain(p, STEP_SUBTRACT);
    }
    for (size_t i = 0; i < sizeof fact_names / sizeof *fact_names; i++)
        if (take_word(p, fact_names[i].name))
            return add_step(p, (struct step){STEP_FACT, (int)fact_names[i].fact, POINTS_ZERO});
    return TELL(p, grammar_hint(), _("unknown word '%.*s' in the formula"), (int)word_length(p->at),
                p->at);
}

static int parse_primary(struct parser *p)
{
    skip_spaces(p);
    if (isdigit((unsigned char)*p->at) || *p->at == '.')
        return parse_number(p);
    if (word_length(p->at) > 0)
        return parse_word(p);
    if (!take(p, "("))
        return tell_unexpected(p);
    int rc = parse_either(p);
    return rc < 0 ? rc : expect(p, ")");
}

static int parse_signed(struct parser *p)
{
    bool negative = false;

    for (;;) {
        if (take(p, "-"))
            negative = !negative;
        else if (!take(p, "+"))
            break;
    }
    int rc = parse_primary(p);
    return rc == 0 && negative ? add_plain(p, STEP_NEGATE) : rc;
}

static int parse_product(struct parser *p)
{
    int rc = parse_signed(p);

    while (rc == 0) {
        bool times = take(p, "*");
        if (!times && !take(p, "/"))
            break;
        rc = parse_signed(p);
        if (rc == 0)
            rc = add_plain(p, times ? STEP_MULTIPLY : STEP_DIVIDE);
    }
    return rc;
}

static int parse_sum(struct parser *p)
{
    int rc = parse_product(p);

    while (rc == 0) {
        bool plus = take(p, "+");
        if (!plus && !take(p, "-"))
            break;
        rc = parse_product(p);
        if (rc == 0)
            rc = add_plain(p, plus ? STEP_ADD : STEP_SUBTRACT);
    }
    return rc;
}

/* a > b is b < a. */
static int parse_comparison(struct parser *p)
{
    static const struct {
        const char *sign;
        enum step_kind kind;
        bool swap;
    } signs[] = {
        {"<=", STEP_LESS_EQUAL, false}, {">=", STEP_LESS_EQUAL, true}, {"!=", STEP_UNEQUAL, false},
        {"==", STEP_EQUAL, false},      {"<", STEP_LESS, false},       {">", STEP_LESS, true},
        {"=", STEP_EQUAL, false},
    };
    int rc = parse_sum(p);

    for (size_t i = 0; i < sizeof signs / sizeof *signs && rc == 0; i++) {
        if (!take(p, signs[i].sign))
            continue;
        rc = parse_sum(p);
        if (rc == 0 && signs[i].swap)
            rc = add_plain(p, STEP_SWAP);
        return rc < 0 ? rc : add_plain(p, signs[i].kind);
    }
    return rc;
}

/* a and b is if(a, b, 0), as a truth. */
static int parse_both(struct parser *p)
{
    int rc = parse_comparison(p);

    while (rc == 0 && take_word(p, "and")) {
        int otherwise = 0, end = 0;
        rc = add_jump(p, STEP_JUMP_IF_ZERO, &otherwise);
        if (rc == 0)
            rc = parse_comparison(p);
        if (rc == 0)
            rc = add_plain(p, STEP_TRUTH);
        if (rc == 0)
            rc = add_jump(p, STEP_JUMP, &end);
        if (rc < 0)
            return rc;
        land(p, otherwise);
        rc = add_plain(p, STEP_NUMBER);
        land(p, end);
    }
    return rc;
}

static int parse_or(struct parser *p)
{
    int rc = parse_both(p);

    while (rc == 0 && take_word(p, "or")) {
        int otherwise = 0, end = 0;
        rc = add_jump(p, STEP_JUMP_IF_ZERO, &otherwise);
        if (rc == 0)
            rc = add_step(p, (struct step){STEP_NUMBER, 0, {1, 1}});
        if (rc == 0)
            rc = add_jump(p, STEP_JUMP, &end);
        if (rc < 0)
            return rc;
        land(p, otherwise);
        rc = parse_both(p);
        if (rc == 0)
            rc = add_plain(p, STEP_TRUTH);
        land(p, end);
    }
    return rc;
}

/* The whole of an expression; where the text nests, it comes through here. */
static int parse_either(struct parser *p)
{
    if (p->depth == FORMULA_MAX_DEPTH)
        return TELL(p, NULL, _("the formula nests deeper than %d"), FORMULA_MAX_DEPTH);
    p->depth++;
    int rc = parse_or(p);
    p->depth--;
    return rc;
}

static int parse_whole(struct parser *p)
{
    int rc = parse_either(p);

    if (rc < 0)
        return rc;
    skip_spaces(p);
    return *p->at == '\0' ? 0 : tell_unexpected(p);
}

int formula_parse(const char *text, const char *file, int line, int column,
                  struct formula **ret_formula, struct diag *d)
{
    if (strlen(text) > FORMULA_MAX_TEXT)
        return diag_error(d, YJ_EINPUT, file, line, column, NULL,
                          _("the formula is longer than %d bytes"), FORMULA_MAX_TEXT);
    struct formula *formula = calloc(1, sizeof *formula);
    if (!formula)
        return YJ_ENOMEM;
    struct parser p = {.formula = formula,
                       .text = text,
                       .at = text,
                       .file = file,
                       .line = line,
                       .column = column,
                       .d = d};
    int rc = parse_whole(&p);
    if (rc == 0 && (formula->text = strdup(text)) == NULL)
        rc = YJ_ENOMEM;
    if (rc < 0) {
        formula_destroy(formula);
        return rc;
    }
    *ret_formula = formula;
    return 0;
}

/* ---- evaluating ---- */

/* Lowest terms; false beyond the bounds. */
static bool reduce(wide num, wide den, struct points *ret)
{
    if (den == 0)
        return false;
    if (den < 0) {
        num = -num;
        den = -den;
    }
    wide a = num < 0 ? -num : num, b = den;
    while (b != 0) {
        wide rest = a % b;
        a = b;
        b = rest;
    }
    num /= a;
    den /= a;
    if (num > MAX_NUMERATOR || num < -MAX_NUMERATOR || den > MAX_DENOMINATOR)
        return false;
    *ret = (struct points){(int64_t)num, (int64_t)den};
    return true;
}

/* The largest whole number not above num/den. */
static int64_t floor_of(wide num, wide den)
{
    wide whole = num / den;

    return (int64_t)(whole - (num % den < 0));
}

static struct points truth(bool holds)
{
    return (struct points){holds, 1};
}

static bool combine(enum step_kind kind, struct points a, struct points b, struct points *ret)
{
    int order = points_compare(a, b);

    switch (kind) {
    case STEP_ADD:
        return reduce((wide)a.num * b.den + (wide)b.num * a.den, (wide)a.den * b.den, ret);
    case STEP_SUBTRACT:
        return reduce((wide)a.num * b.den - (wide)b.num * a.den, (wide)a.den * b.den, ret);
    case STEP_MULTIPLY:
        return reduce((wide)a.num * b.num, (wide)a.den * b.den, ret);
    case STEP_DIVIDE:
        return reduce((wide)a.num * b.den, (wide)a.den * b.num, ret);
    case STEP_LESS:
        *ret = truth(order < 0);
        return true;
    case STEP_LESS_EQUAL:
        *ret = truth(order <= 0);
        return true;
    case STEP_EQUAL:
        *ret = truth(order == 0);
        return true;
    case STEP_UNEQUAL:
        *ret = truth(order != 0);
        return true;
    case STEP_MIN:
        *ret = order < 0 ? a : b;
        return true;
    case STEP_MAX:
        *ret = order > 0 ? a : b;
        return true;
    default:
        return false;
    }
}

static struct points change(enum step_kind kind, struct points a)
{
    switch (kind) {
    case STEP_NEGATE:
        return (struct points){-a.num, a.den};
    case STEP_FLOOR:
        return (struct points){floor_of(a.num, a.den), 1};
    case STEP_CEIL:
        return (struct points){-floor_of(-(wide)a.num, a.den), 1};
    case STEP_ROUND: /* half up */
        return (struct points){floor_of(2 * (wide)a.num + a.den, 2 * (wide)a.den), 1};
    case STEP_ABS:
        return (struct points){a.num < 0 ? -a.num : a.num, a.den};
    case STEP_TRUTH:
        return truth(a.num != 0);
    default:
        return a;
    }
}

static bool takes_one(enum step_kind kind)
{
    return kind == STEP_NEGATE || (kind >= STEP_FLOOR && kind <= STEP_ABS) || kind == STEP_TRUTH;
}

int formula_evaluate(const struct formula *formula, const struct points facts[FORMULA_FACTS],
                     struct points *ret_value)
{
    struct points stack[FORMULA_MAX_STEPS];
    int top = 0; /* each step adds one at most, and jumps go forward only */

    for (int i = 0; i < formula->n_steps; i++) {
        const struct step *step = &formula->steps[i];
        if (step->kind == STEP_NUMBER || step->kind == STEP_FACT) {
            stack[top++] = step->kind == STEP_NUMBER ? step->number : facts[step->to];
        } else if (step->kind == STEP_JUMP) {
            i = step->to - 1;
        } else if (step->kind == STEP_JUMP_IF_ZERO) {
            if (stack[--top].num == 0)
                i = step->to - 1;
        } else if (step->kind == STEP_SWAP) {
            struct points last = stack[top - 1];
            stack[top - 1] = stack[top - 2];
            stack[top - 2] = last;
        } else if (takes_one(step->kind)) {
            stack[top - 1] = change(step->kind, stack[top - 1]);
        } else {
            top--;
            if (!combine(step->kind, stack[top - 1], stack[top], &stack[top - 1]))
                return YJ_EINPUT;
        }
    }
    assert(top == 1);
    *ret_value = stack[0];
    return 0;
}

const char *formula_text(const struct formula *formula)
{
    return formula->text;
}

void formula_destroy(struct formula *formula)
{
    if (!formula)
        return;
    free(formula->text);
    free(formula);
}
