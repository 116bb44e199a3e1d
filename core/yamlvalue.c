/* What a node of the tree says: the typed getters of yamlfile.h. */
#include "yamlfile.h"

#include "diag.h"
#include "i18n.h"
#include "textfile.h"
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longest text of one message, bytes. */
#define MESSAGE_MAX 512

int yaml_error(const struct yaml *yaml, const struct yaml_node *node, const char *hint,
               const char *fmt, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return diag_error(yaml->d, YJ_EINPUT, yaml->name, node->line, node->column, hint, "%s",
                      message);
}

void yaml_warning(const struct yaml *yaml, const struct yaml_node *node, const char *hint,
                  const char *fmt, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    diag_warning(yaml->d, yaml->name, node->line, node->column, hint, "%s", message);
}

const struct yaml_node *yaml_get(const struct yaml_node *node, const char *key)
{
    if (!node || node->kind != YAML_MAP)
        return NULL;
    for (int i = 0; i < node->n; i++)
        if (strcmp(node->keys[i]->text, key) == 0)
            return node->items[i];
    return NULL;
}

bool yaml_is_null(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && !node->quoted &&
           (!node->text[0] || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0);
}

static void tell_unknown(const struct yaml *yaml, const struct yaml_node *key,
                         const char *const *keys, size_t n)
{
    char hint[160];
    const char *nearest = text_nearest(key->text, keys, n);
    if (nearest)
        snprintf(hint, sizeof hint, _("did you mean '%s'?"), nearest);
    yaml_error(yaml, key, nearest ? hint : NULL, _("unknown key '%s'"), key->text);
}

int yaml_check_keys(const struct yaml *yaml, const struct yaml_node *map, const char *const *keys,
                    size_t n)
{
    if (map->kind != YAML_MAP)
        return yaml_error(yaml, map, _("write 'key: value' lines"),
                          _("here stands no mapping of keys to values"));
    int rc = 0;
    for (int i = 0; i < map->n; i++) {
        bool known = false;
        for (size_t k = 0; k < n && !known; k++)
            known = strcmp(map->keys[i]->text, keys[k]) == 0;
        if (!known) {
            tell_unknown(yaml, map->keys[i], keys, n);
            rc = YJ_EINPUT;
        }
    }
    return rc;
}

int yaml_missing(const struct yaml *yaml, const struct yaml_node *map, const char *key,
                 const char *hint)
{
    return yaml_error(yaml, map, hint, _("'%s' is missing"), key);
}

int yaml_text(const struct yaml *yaml, const struct yaml_node *node, const char *what,
              const char **ret_text)
{
    if (node->kind != YAML_SCALAR)
        return yaml_error(yaml, node, NULL, _("'%s' is a text, not a list or mapping"), what);
    if (!node->text[0] || yaml_is_null(node))
        return yaml_error(yaml, node, NULL, _("'%s' has no value"), what);
    *ret_text = node->text;
    return 0;
}

/* [+-] digits [. digits] [e [+-] digits]: no hexadecimal, no nan, no thousands. */
static bool looks_decimal(const char *p)
{
    p += *p == '-' || *p == '+';
    size_t whole = strspn(p, "0123456789");
    p += whole;
    size_t fraction = 0;
    if (*p == '.') {
        fraction = strspn(++p, "0123456789");
        p += fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '-' || *p == '+';
        size_t exponent = strspn(p, "0123456789");
        if (exponent == 0)
            return false;
        p += exponent;
    }
    return !*p;
}

bool yaml_parse_number(const char *text, double *ret_number)
{
    if (!looks_decimal(text))
        return false;
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!plain)
        return false;
    double number = strtod_l(text, NULL, plain);
    freelocale(plain);
    if (!isfinite(number))
        return false;
    *ret_number = number;
    return true;
}

int yaml_number(const struct yaml *yaml, const struct yaml_node *node, const char *what,
                double *ret_number)
{
    if (node->kind == YAML_SCALAR && yaml_parse_number(node->text, ret_number))
        return 0;
    if (node->kind != YAML_SCALAR)
        return yaml_error(yaml, node, NULL, _("'%s' is one number, not a list or mapping"), what);
    if (yaml_is_null(node))
        return yaml_error(yaml, node, NULL, _("'%s' has no value"), what);
    return yaml_error(yaml, node, _("write a plain number, millimetres without a unit"),
                      _("'%s' in '%s' is no number"), node->text, what);
}

int yaml_integer(const struct yaml *yaml, const struct yaml_node *node, const char *what, long min,
                 long max, long *ret_integer)
{
    double number;
    int rc = yaml_number(yaml, node, what, &number);
    if (rc < 0)
        return rc;
    if (number != floor(number) || number < (double)min || number > (double)max)
        return yaml_error(yaml, node, NULL, _("'%s' is a whole number from %ld to %ld, not '%s'"),
                          what, min, max, node->text);
    *ret_integer = (long)number;
    return 0;
}

int yaml_bool(const struct yaml *yaml, const struct yaml_node *node, const char *what,
              bool *ret_bool)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off"};
    for (size_t i = 0; node->kind == YAML_SCALAR && i < sizeof words / sizeof *words; i++)
        if (strcasecmp(node->text, words[i]) == 0) {
            *ret_bool = i % 2 == 0;
            return 0;
        }
    return yaml_error(yaml, node, NULL, _("'%s' is true or false"), what);
}

int yaml_numbers(const struct yaml *yaml, const struct yaml_node *node, const char *what,
                 const char *shape, double *ret_numbers, int n)
{
    if (node->kind != YAML_LIST || node->n != n)
        return yaml_error(yaml, node, NULL, _("'%s' is a list of %d numbers: %s"), what, n, shape);
    int rc = 0;
    for (int i = 0; i < n; i++)
        if (yaml_number(yaml, node->items[i], what, &ret_numbers[i]) < 0)
            rc = YJ_EINPUT;
    return rc;
}

/* "'a', 'b' or 'c'" would need grammar: "a, b, c" does not. */
static void list_names(const char *const *names, size_t n, char *out, size_t size)
{
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < n && used < size; i++) {
        int wrote = snprintf(out + used, size - used, "%s%s", i ? ", " : "", names[i]);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}

int yaml_name(const struct yaml *yaml, const struct yaml_node *node, const char *what,
              const char *const *names, size_t n, int *ret_index)
{
    const char *text;
    int rc = yaml_text(yaml, node, what, &text);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, names[i]) == 0) {
            *ret_index = (int)i;
            return 0;
        }
    char all[256], hint[320];
    list_names(names, n, all, sizeof all);
    const char *nearest = text_nearest(text, names, n);
    if (nearest)
        snprintf(hint, sizeof hint, _("did you mean '%s'?"), nearest);
    else
        snprintf(hint, sizeof hint, _("one of: %s"), all);
    return yaml_error(yaml, node, hint, _("unknown %s '%s'"), what, text);
}
