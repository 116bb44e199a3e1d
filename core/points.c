#include "points.h"

#include "diag.h"
#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

__extension__ typedef __int128 wide;

#define POINTS_LIMIT ((int64_t)1 << 62)
#define TERM_LIMIT 1000000000 /* of a number that a person writes */
#define DIGITS_LIMIT 18       /* 10^36, the product of two, stays in 128 bits */
#define PRINTED_DECIMALS 6
#define PRINTED_DENOMINATOR 1000000

static wide wide_abs(wide a)
{
    return a < 0 ? -a : a;
}

static wide greatest_divisor(wide a, wide b)
{
    a = wide_abs(a);
    while (b != 0) {
        if (a <= INT64_MAX && b <= INT64_MAX) { /* most often, and many times faster */
            int64_t rest = (int64_t)a % (int64_t)b;
            a = b;
            b = rest;
            continue;
        }
        wide rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Lowest terms. Terms beyond 2^62 cannot come from parsed points (key_check sees to it); should
 * they, the value is kept as near as 62 bits allow instead of wrapping round. */
static struct points points_reduce(wide num, wide den)
{
    assert(den > 0);
    if (den == 1 && wide_abs(num) <= POINTS_LIMIT)
        return (struct points){(int64_t)num, 1};
    wide divisor = greatest_divisor(num, den);
    num /= divisor;
    den /= divisor;
    assert(wide_abs(num) <= POINTS_LIMIT && den <= POINTS_LIMIT);
    while (den > POINTS_LIMIT) {
        num /= 2;
        den /= 2;
    }
    if (num > POINTS_LIMIT)
        num = POINTS_LIMIT;
    if (num < -POINTS_LIMIT)
        num = -POINTS_LIMIT;
    return (struct points){(int64_t)num, (int64_t)den};
}

/* Reads digits with at most one decimal point; *ret_end is the first character that is neither. */
static bool parse_decimal(const char *text, wide *ret_num, wide *ret_den, const char **ret_end)
{
    wide num = 0, den = 1;
    int digits = 0;
    bool point = false;

    for (; isdigit((unsigned char)*text) || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        if (++digits > DIGITS_LIMIT)
            return false;
        num = num * 10 + (*text - '0');
        if (point)
            den *= 10;
    }
    if (digits == 0)
        return false;
    *ret_num = num;
    *ret_den = den;
    *ret_end = text;
    return true;
}

int points_parse(const char *text, struct points *ret)
{
    wide num, den, lower = 1, lower_den = 1;
    bool negative;

    text += strspn(text, " \t");
    negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    if (!parse_decimal(text, &num, &den, &text))
        return YJ_EINPUT;
    if (*text == '/' && (!parse_decimal(text + 1, &lower, &lower_den, &text) || lower == 0))
        return YJ_EINPUT;
    text += strspn(text, " \t");
    if (*text != '\0')
        return YJ_EINPUT;

    num *= lower_den;
    den *= lower;
    wide divisor = greatest_divisor(num, den);
    if (num / divisor > TERM_LIMIT || den / divisor > TERM_LIMIT)
        return YJ_EINPUT;
    *ret = points_reduce(negative ? -num : num, den);
    return 0;
}

void points_print(struct points p, char text[POINTS_TEXT_MAX])
{
    assert(p.den > 0);
    if (p.den == 1) { /* most often, and printing is what an export does */
        snprintf(text, POINTS_TEXT_MAX, "%" PRId64, p.num);
        return;
    }
    if (PRINTED_DENOMINATOR % p.den != 0) {
        snprintf(text, POINTS_TEXT_MAX, "%" PRId64 "/%" PRId64, p.num, p.den);
        return;
    }
    wide scaled = wide_abs(p.num) * (PRINTED_DENOMINATOR / p.den);
    int length = snprintf(text, POINTS_TEXT_MAX, "%s%" PRId64 ".%0*" PRId64, p.num < 0 ? "-" : "",
                          (int64_t)(scaled / PRINTED_DENOMINATOR), PRINTED_DECIMALS,
                          (int64_t)(scaled % PRINTED_DENOMINATOR));
    while (text[length - 1] == '0')
        text[--length] = '\0';
    if (text[length - 1] == '.')
        text[--length] = '\0';
}

struct points points_add(struct points a, struct points b)
{
    if (a.den == b.den)
        return points_reduce((wide)a.num + b.num, a.den);
    return points_reduce((wide)a.num * b.den + (wide)b.num * a.den, (wide)a.den * b.den);
}

struct points points_sub(struct points a, struct points b)
{
    return points_add(a, (struct points){-b.num, b.den});
}

struct points points_mul(struct points a, struct points b)
{
    return points_reduce((wide)a.num * b.num, (wide)a.den * b.den);
}

int points_compare(struct points a, struct points b)
{
    wide left = (wide)a.num * b.den, right = (wide)b.num * a.den;

    return (left > right) - (left < right);
}

double points_double(struct points p)
{
    return (double)p.num / (double)p.den;
}
