#include "review_value.h"

#include "diag.h"
#include "i18n.h"
#include "points.h"
#include "score.h"
#include "textfile.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TEXT 1000 /* bytes: a short answer, not an essay */

struct check {
    const struct field *field;
    const char *text;
    bool multiple;
    char *value;  /* NULL: `text` as it is */
    char *reason; /* why not */
};

static int refuse(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int refuse(struct check *c, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    if (vasprintf(&c->reason, fmt, args) < 0)
        c->reason = NULL;
    va_end(args);
    return c->reason ? YJ_EINPUT : YJ_ENOMEM;
}

/* "A, B, C, D", at most as many as one line holds. */
static void list_options(const struct field *field, char *to, size_t size)
{
    size_t length = 0;

    to[0] = '\0';
    for (int i = 0; i < field->n_options && length + 1 < size; i++)
        length +=
            (size_t)snprintf(to + length, size - length, "%s%s", i ? ", " : "", field->options[i]);
}

static int check_choice(struct check *c)
{
    const struct field *field = c->field;
    char options[160];
    uint64_t set;

    if (score_option_set(c->text, field->options, field->n_options, &set) < 0) {
        list_options(field, options, sizeof options);
        return refuse(c, _("'%s' is none of its options in their order: %s"), c->text, options);
    }
    int n = __builtin_popcountll(set);
    if (c->multiple && n <= field->max_marks)
        return refuse(c, _("'%s' is not more than the field allows: leave out --multiple"),
                      c->text);
    if (!c->multiple && n > field->max_marks)
        return refuse(c,
                      _("'%s' is %d options, the field allows %d; --multiple says that the "
                        "candidate marked more than that"),
                      c->text, n, field->max_marks);
    return 0;
}

/* Whether text is at most (exactly, where every column must be marked) so many options. */
static bool fits_columns(const struct field *field, const char *text, int columns)
{
    if (*text == '\0')
        return columns == 0 || field->blank != BLANK_DOUBT;
    if (columns == 0)
        return false;
    if (field->blank == BLANK_SPACE && *text == ' ' && fits_columns(field, text + 1, columns - 1))
        return true;
    for (int i = 0; i < field->n_options; i++) {
        size_t length = strlen(field->options[i]);
        if (length > 0 && strncmp(text, field->options[i], length) == 0 &&
            fits_columns(field, text + length, columns - 1))
            return true;
    }
    return false;
}

static int check_grid(struct check *c)
{
    char options[160];

    if (fits_columns(c->field, c->text, c->field->n_columns))
        return 0;
    list_options(c->field, options, sizeof options);
    return c->field->blank == BLANK_DOUBT
               ? refuse(c, _("'%s' is not %d of its options, one a column: %s"), c->text,
                        c->field->n_columns, options)
               : refuse(c, _("'%s' is not at most %d of its options, one a column: %s"), c->text,
                        c->field->n_columns, options);
}

static int check_length(struct check *c, size_t length)
{
    int boxes = c->field->n_boxes;

    if (boxes > 0 && length > (size_t)boxes)
        return refuse(c, _("'%s' is longer than its boxes: %d"), c->text, boxes);
    return 0;
}

static int check_digits(struct check *c)
{
    size_t length = strlen(c->text);

    struct points given, most;
    const char *point = c->field->point ? strchr(c->text, '.') : NULL;
    bool minus = c->field->minus && c->text[0] == '-';

    if (strspn(c->text + minus, point ? "0123456789." : "0123456789") != length - minus ||
        (point && strchr(point + 1, '.')) || (length && points_parse(c->text, &given) < 0))
        return refuse(c, _("'%s' is no number that the field can hold"), c->text);
    if (c->field->maximum && points_parse(c->text, &given) == 0 &&
        points_parse(c->field->maximum, &most) == 0 && points_compare(given, most) > 0)
        return refuse(c, _("'%s' is more than the field's maximum, %s"), c->text,
                      c->field->maximum);
    return check_length(c, length);
}

static bool is_option(const struct field *field, char letter)
{
    bool found = field->n_options == 0;
    for (int i = 0; i < field->n_options; i++)
        found |= field->options[i][0] == letter;
    return found;
}

static int check_letters(struct check *c)
{
    size_t length = strlen(c->text);

    c->value = strdup(c->text);
    if (!c->value)
        return YJ_ENOMEM;
    for (char *p = c->value; *p; p++) {
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
        if (*p < 'A' || *p > 'Z' || !is_option(c->field, *p))
            return refuse(c, _("'%s' is not letters alone that the field allows"), c->text);
    }
    return check_length(c, length);
}

static int check_text(struct check *c)
{
    size_t length = strlen(c->text);

    if (length > MAX_TEXT)
        return refuse(c, _("a text of %zu bytes is longer than %d"), length, MAX_TEXT);
    if (text_check(c->text, length, "", NULL) < 0)
        return refuse(c, _("the text is not UTF-8, or has control characters"));
    for (const char *p = c->text; *p; p++)
        if (text_control_length(p) > 0)
            return refuse(c, _("the text has control characters"));
    size_t characters = 0;
    for (const char *p = c->text; *p; p++)
        characters += (*p & 0xC0) != 0x80; /* not the rest of a character of UTF-8 */
    return check_length(c, characters);
}

/* Nothing is read of a region; what a teacher gives for it are points (rule `points`). */
static int check_region(struct check *c)
{
    struct points given;
    char text[POINTS_TEXT_MAX];

    if (points_parse(c->text, &given) < 0 || points_compare(given, POINTS_ZERO) < 0)
        return refuse(c, _("'%s' is no number of points, and a region holds nothing else"),
                      c->text);
    points_print(given, text);
    c->value = strdup(text);
    return c->value ? 0 : YJ_ENOMEM;
}

/* The most that a strip can give: what the form says, else its largest cell. */
static struct points strip_maximum(const struct field *field)
{
    struct points most = POINTS_ZERO, cell;

    if (field->maximum && points_parse(field->maximum, &most) == 0)
        return most;
    for (int i = 0; i < field->n_options; i++)
        if (points_parse(field->options[i], &cell) == 0 && points_compare(cell, most) > 0)
            most = cell;
    return most;
}

static int check_strip(struct check *c)
{
    struct points given, most = strip_maximum(c->field);
    char text[POINTS_TEXT_MAX];

    if (points_parse(c->text, &given) < 0)
        return refuse(c, _("'%s' is no number of points"), c->text);
    points_print(most, text);
    if (points_compare(given, POINTS_ZERO) < 0 || points_compare(given, most) > 0)
        return refuse(c, _("'%s' is not between 0 and %s points"), c->text, text);
    points_print(given, text);
    c->value = strdup(text);
    return c->value ? 0 : YJ_ENOMEM;
}

int review_value_check(const struct field *field, const char *text, bool multiple, char **ret_value,
                       enum reading_status *ret_status, char **ret_reason)
{
    static int (*const checks[])(struct check *) = {
        [FIELD_CHOICE] = check_choice,   [FIELD_GRID] = check_grid,  [FIELD_DIGITS] = check_digits,
        [FIELD_LETTERS] = check_letters, [FIELD_TEXT] = check_text,  [FIELD_BARCODE] = check_text,
        [FIELD_REGION] = check_region,   [FIELD_STRIP] = check_strip};
    struct check c = {.field = field, .text = text, .multiple = multiple};
    int rc = 0;

    if (multiple && field->kind != FIELD_CHOICE)
        rc = refuse(&c, _("only a choice can have more marks than it allows"));
    else if (text[0] != '\0' || multiple || field->kind == FIELD_REGION)
        rc = checks[field->kind](&c);
    if (rc == 0 && !c.value && !(c.value = strdup(text)))
        rc = YJ_ENOMEM;
    if (rc < 0) {
        free(c.value);
        *ret_reason = c.reason;
        return rc;
    }
    *ret_value = c.value;
    *ret_status = multiple ? READING_MULTIPLE : text[0] ? READING_OK : READING_BLANK;
    return 0;
}
