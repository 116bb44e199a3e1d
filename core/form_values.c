/* Lengths, options and names: the small values a form is written in. */
#include "form_reader.h"

#include "diag.h"
#include "i18n.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 64
/* A field's name; surveys call a field by its whole question. */
#define FIELD_NAME_MAX_BYTES 250

int form_read_point(const struct form_reader *r, const struct yaml_node *node, const char *what,
                    struct point *ret)
{
    double xy[2];
    int rc = yaml_numbers(r->yaml, node, what, "[x, y]", xy, 2);
    if (rc < 0)
        return rc;
    if (fabs(xy[0]) > FORM_MAX_SIDE || fabs(xy[1]) > FORM_MAX_SIDE)
        return yaml_error(r->yaml, node, _("lengths are in millimetres"),
                          _("'%s' is farther than %g mm"), what, FORM_MAX_SIDE);
    *ret = (struct point){xy[0], xy[1]};
    return 0;
}

int form_read_step(const struct form_reader *r, const struct yaml_node *node, const char *what,
                   bool down, struct point *ret)
{
    struct point step = {0, 0};
    int rc = 0;
    if (node->kind == YAML_SCALAR)
        rc = yaml_number(r->yaml, node, what, down ? &step.y : &step.x);
    else
        rc = form_read_point(r, node, what, &step);
    if (rc < 0)
        return rc;
    double length = hypot(step.x, step.y);
    if (length == 0 || length > FORM_MAX_SIDE)
        return yaml_error(r->yaml, node, _("write how far the next one stands, as [x, y]"),
                          _("'%s' leads nowhere"), what);
    *ret = step;
    return 0;
}

int form_read_size(const struct form_reader *r, const struct yaml_node *node, const char *what,
                   double *ret_w, double *ret_h)
{
    double wh[2];
    int rc;
    if (node->kind == YAML_SCALAR) {
        rc = yaml_number(r->yaml, node, what, &wh[0]);
        wh[1] = wh[0];
    } else {
        rc = yaml_numbers(r->yaml, node, what, "[w, h]", wh, 2);
    }
    if (rc < 0)
        return rc;
    if (!(wh[0] > 0 && wh[1] > 0 && wh[0] <= FORM_MAX_SIDE && wh[1] <= FORM_MAX_SIDE))
        return yaml_error(r->yaml, node, NULL, _("'%s' is not above 0 mm and up to %g mm"), what,
                          FORM_MAX_SIDE);
    *ret_w = wh[0];
    *ret_h = wh[1];
    return 0;
}

int form_read_area(const struct form_reader *r, const struct yaml_node *node, const char *what,
                   struct rect *ret)
{
    double v[4];
    int rc = yaml_numbers(r->yaml, node, what, "[x, y, w, h]", v, 4);
    if (rc < 0)
        return rc;
    for (int i = 0; i < 4; i++)
        if (fabs(v[i]) > FORM_MAX_SIDE)
            return yaml_error(r->yaml, node, _("lengths are in millimetres"),
                              _("'%s' is farther than %g mm"), what, FORM_MAX_SIDE);
    if (v[2] <= 0 || v[3] <= 0)
        return yaml_error(r->yaml, node, _("an area is [x, y, width, height]"),
                          _("'%s' has no width or no height"), what);
    *ret = (struct rect){v[0], v[1], v[2], v[3]};
    return 0;
}

struct rect rect_union(struct rect a, struct rect b)
{
    double x = fmin(a.x, b.x), y = fmin(a.y, b.y);
    return (struct rect){x, y, fmax(a.x + a.w, b.x + b.w) - x, fmax(a.y + a.h, b.y + b.h) - y};
}

/* ---- options ---- */

struct option_list {
    char *options[FORM_MAX_OPTIONS];
    int n;
};

static int add_option(const struct form_reader *r, const struct yaml_node *node,
                      struct option_list *list, const char *text, size_t length)
{
    for (int i = 0; i < list->n; i++)
        if (strlen(list->options[i]) == length && memcmp(list->options[i], text, length) == 0)
            return yaml_error(r->yaml, node, NULL, _("option '%.*s' stands twice"), (int)length,
                              text);
    if (list->n == FORM_MAX_OPTIONS)
        return yaml_error(r->yaml, node, NULL, _("more than %d options"), FORM_MAX_OPTIONS);
    list->options[list->n] = arena_strndup(r->memory, text, length);
    return list->options[list->n++] ? 0 : YJ_ENOMEM;
}

/* "0-9" and "A-E": letters or digits of one kind; "1-12": numbers. Else 0. */
static bool is_range(const char *text, char ret_first[16], char ret_last[16])
{
    const char *dash = strchr(text, '-');
    size_t first = dash ? (size_t)(dash - text) : 0, last = dash ? strlen(dash + 1) : 0;
    if (first == 0 || last == 0 || first > 3 || last > 3)
        return false;
    memcpy(ret_first, text, first);
    ret_first[first] = 0;
    memcpy(ret_last, dash + 1, last + 1);
    if (strspn(ret_first, "0123456789") == first && strspn(ret_last, "0123456789") == last)
        return true;
    bool upper = *ret_first >= 'A' && *ret_first <= 'Z' && *ret_last >= 'A' && *ret_last <= 'Z';
    bool lower = *ret_first >= 'a' && *ret_first <= 'z' && *ret_last >= 'a' && *ret_last <= 'z';
    return first == 1 && last == 1 && (upper || lower);
}

static int add_range(const struct form_reader *r, const struct yaml_node *node,
                     struct option_list *list, const char *first, const char *last)
{
    bool number = *first >= '0' && *first <= '9';
    int from = number ? atoi(first) : *first, to = number ? atoi(last) : *last;
    if (from > to)
        return yaml_error(r->yaml, node, _("write the smaller one first"), _("'%s' runs backwards"),
                          node->text);
    int rc = 0;
    for (int i = from; i <= to && rc == 0; i++) {
        char text[16];
        int length = snprintf(text, sizeof text, number ? "%d" : "%c", i);
        rc = add_option(r, node, list, text, (size_t)length);
    }
    return rc;
}

/* Every character of the text is an option. */
static int add_characters(const struct form_reader *r, const struct yaml_node *node,
                          struct option_list *list)
{
    int rc = 0;
    for (const char *p = node->text; *p && rc == 0;) {
        size_t length = 1;
        while ((p[length] & 0xC0) == 0x80)
            length++;
        if (strchr(" ,\t\n\r", *p))
            return yaml_error(r->yaml, node, _("write them together, ABCD, or as a list, [A, B]"),
                              _("options '%s' with a space or comma"), node->text);
        rc = add_option(r, node, list, p, length);
        p += length;
    }
    return rc;
}

static int read_option_list(const struct form_reader *r, const struct yaml_node *node,
                            struct option_list *list)
{
    int rc = 0;
    for (int i = 0; i < node->n && rc == 0; i++) {
        const char *text;
        /* "null" and "~" may well be options where they are quoted; yaml_text knows. */
        rc = yaml_text(r->yaml, node->items[i], "options", &text);
        if (rc == 0 && strlen(text) > NAME_MAX_BYTES)
            rc = yaml_error(r->yaml, node->items[i], NULL, _("an option of more than %d bytes"),
                            NAME_MAX_BYTES);
        if (rc == 0)
            rc = form_check_name(r, node->items[i]);
        if (rc == 0)
            rc = add_option(r, node->items[i], list, text, strlen(text));
    }
    return rc;
}

int form_read_options(struct form_reader *r, const struct yaml_node *node, char ***ret_options,
                      int *ret_n)
{
    struct option_list list = {.n = 0};
    char first[16], last[16];
    const char *text;
    int rc;
    if (node->kind == YAML_LIST)
        rc = read_option_list(r, node, &list);
    else if ((rc = yaml_text(r->yaml, node, "options", &text)) < 0)
        return rc;
    else if (is_range(text, first, last))
        rc = add_range(r, node, &list, first, last);
    else
        rc = add_characters(r, node, &list);
    if (rc == 0 && list.n == 0)
        rc = yaml_error(r->yaml, node, NULL, _("no options"));
    if (rc < 0)
        return rc;
    char **options = arena_alloc(r->memory, (size_t)list.n * sizeof(*options));
    if (!options)
        return YJ_ENOMEM;
    memcpy(options, list.options, (size_t)list.n * sizeof(*options));
    *ret_options = options;
    *ret_n = list.n;
    return 0;
}

/* ---- names ---- */

struct name_range {
    int prefix; /* bytes before the number */
    int width;  /* digits, where the first is written with noughts; else 0 */
    int first, last;
};

/* 0; YJ_EINPUT without a message where `text`, which holds "..", is no range. */
static int parse_range(const char *text, struct name_range *ret)
{
    const char *dots = strstr(text, ".."), *digits = dots;
    if (!dots)
        return YJ_EINPUT;
    while (digits > text && digits[-1] >= '0' && digits[-1] <= '9')
        digits--;
    size_t prefix = (size_t)(digits - text), n_first = (size_t)(dots - digits);
    const char *second = dots + 2;
    if (prefix > 0 && prefix < 1000 && strncmp(second, text, prefix) == 0)
        second += prefix;
    size_t n_last = strspn(second, "0123456789");
    if (n_first == 0 || n_first > 6 || n_last == 0 || n_last > 6 || second[n_last])
        return YJ_EINPUT;
    *ret = (struct name_range){.prefix = (int)prefix,
                               .width = *digits == '0' ? (int)n_first : 0,
                               .first = atoi(digits),
                               .last = atoi(second)};
    return 0;
}

int form_check_name(const struct form_reader *r, const struct yaml_node *node)
{
    if (strlen(node->text) > FIELD_NAME_MAX_BYTES)
        return yaml_error(r->yaml, node, NULL, _("a name of more than %d bytes"),
                          FIELD_NAME_MAX_BYTES);
    if (strpbrk(node->text, "\t\n\r"))
        return yaml_error(r->yaml, node, NULL, _("a name has a line end or a tab in it: '%s'"),
                          node->text);
    return 0;
}

int form_expand_name(struct form_reader *r, const struct yaml_node *node, char ***ret_names,
                     int *ret_n)
{
    const char *text;
    int rc = yaml_text(r->yaml, node, "field", &text);
    if (rc == 0)
        rc = form_check_name(r, node);
    if (rc < 0)
        return rc;
    struct name_range range = {.prefix = (int)strlen(text)};
    bool many = strstr(text, "..");
    if (many && parse_range(text, &range) < 0)
        return yaml_error(r->yaml, node, _("a range is written 'q1..40', its number last"),
                          _("'%s' is no range"), text);
    if (range.last < range.first)
        return yaml_error(r->yaml, node, _("write the smaller number first"),
                          _("'%s' runs backwards"), text);
    if (range.last - range.first >= FORM_MAX_BLOCK)
        return yaml_error(r->yaml, node, NULL, _("'%s' is more than %d fields"), text,
                          FORM_MAX_BLOCK);
    int n = range.last - range.first + 1;
    char **names = arena_alloc(r->memory, (size_t)n * sizeof(*names));
    if (!names)
        return YJ_ENOMEM;
    for (int i = 0; i < n; i++) {
        names[i] = many ? arena_printf(r->memory, "%.*s%0*d", range.prefix, text, range.width,
                                       range.first + i)
                        : arena_strdup(r->memory, text);
        if (!names[i])
            return YJ_ENOMEM;
    }
    *ret_names = names;
    *ret_n = n;
    return 0;
}

int form_read_names(struct form_reader *r, const struct yaml_node *node, char ***ret_names,
                    int *ret_n)
{
    if (node->kind != YAML_LIST)
        return form_expand_name(r, node, ret_names, ret_n);
    char **names = arena_alloc(r->memory, FORM_MAX_BLOCK * sizeof(*names));
    if (!names)
        return YJ_ENOMEM;
    int total = 0;
    for (int i = 0; i < node->n; i++) {
        char **some;
        int n;
        int rc = form_expand_name(r, node->items[i], &some, &n);
        if (rc < 0)
            return rc;
        if (total + n > FORM_MAX_BLOCK)
            return yaml_error(r->yaml, node, NULL, _("a block of more than %d fields"),
                              FORM_MAX_BLOCK);
        memcpy(names + total, some, (size_t)n * sizeof(*names));
        total += n;
    }
    if (total == 0)
        return yaml_error(r->yaml, node, NULL, _("a block of no fields"));
    *ret_names = names;
    *ret_n = total;
    return 0;
}
