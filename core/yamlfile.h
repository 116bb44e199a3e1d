/* yamlfile.h - YAML (and so JSON) as a tree in which every node knows its line and column.
 *
 * A thin layer over libfyaml's event parser. Scalars stay the text that was written: "010" is no
 * number and "no" is no false until a getter is asked for one. Getters tell every mistake to the
 * diagnostic and go on, so that one run tells them all. Knows nothing of forms. */
#ifndef YJ_CORE_YAMLFILE_H
#define YJ_CORE_YAMLFILE_H

#include <stdbool.h>
#include <stddef.h>

struct diag;

/* What a form or an exam never needs: beyond it the file is refused. */
#define YAML_MAX_SIZE (4u << 20) /* bytes */
#define YAML_MAX_DEPTH 32        /* lists and mappings inside each other */
#define YAML_MAX_NODES 200000

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    bool quoted;              /* scalar in quotes */
    bool flow;                /* list or mapping in brackets */
    int line, column;         /* from 1, in characters */
    const char *text;         /* scalar: UTF-8 without a NUL; else "" */
    int n;                    /* list: items; map: pairs; scalar: 0 */
    struct yaml_node **items; /* list: items; map: values. An alias is the very node it names */
    struct yaml_node **keys;  /* map: scalars */
};

struct yaml {
    char *name;                   /* stands in messages */
    const struct yaml_node *root; /* never NULL */
    struct diag *d;               /* borrowed until yaml_destroy */
    struct arena *memory;         /* owns the nodes */
};

/* Every mistake (syntax, not UTF-8, duplicate key, too deep, too large, an empty file) goes to `d`
 * with its place. YJ_EINPUT, YJ_EIO, YJ_ENOMEM. */
int yaml_load(const char *path, struct yaml **ret_yaml, struct diag *d);
int yaml_parse(const char *text, size_t size, const char *name, struct yaml **ret_yaml,
               struct diag *d);
void yaml_destroy(struct yaml *yaml);

/* Adds an error at the node; returns YJ_EINPUT. `hint` may be NULL. */
int yaml_error(const struct yaml *yaml, const struct yaml_node *node, const char *hint,
               const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void yaml_warning(const struct yaml *yaml, const struct yaml_node *node, const char *hint,
                  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The value of a key, or NULL; `node` may be NULL or no map. */
const struct yaml_node *yaml_get(const struct yaml_node *node, const char *key);
/* An unquoted nothing: `key:`, `~`, `null`. */
bool yaml_is_null(const struct yaml_node *node);

/* Tells each key of the map that is none of keys[n], with a suggestion. 0 or YJ_EINPUT, also where
 * the node is no map. */
int yaml_check_keys(const struct yaml *yaml, const struct yaml_node *map, const char *const *keys,
                    size_t n);
/* Tells that `map` lacks `key`; returns YJ_EINPUT. */
int yaml_missing(const struct yaml *yaml, const struct yaml_node *map, const char *key,
                 const char *hint);

/* Typed getters. `node` is a value of the tree, `what` its name in messages. 0 or YJ_EINPUT (told);
 * the text is the tree's. */
int yaml_text(const struct yaml *yaml, const struct yaml_node *node, const char *what,
              const char **ret_text);
int yaml_number(const struct yaml *yaml, const struct yaml_node *node, const char *what,
                double *ret_number);
int yaml_integer(const struct yaml *yaml, const struct yaml_node *node, const char *what, long min,
                 long max, long *ret_integer);
int yaml_bool(const struct yaml *yaml, const struct yaml_node *node, const char *what,
              bool *ret_bool);
/* A list of exactly n numbers; `shape` says what they are: "[x, y]". */
int yaml_numbers(const struct yaml *yaml, const struct yaml_node *node, const char *what,
                 const char *shape, double *ret_numbers, int n);
/* One of names[n], with a suggestion where it is none. */
int yaml_name(const struct yaml *yaml, const struct yaml_node *node, const char *what,
              const char *const *names, size_t n, int *ret_index);

/* The number that `text` is (decimal, whatever the locale), without a diagnostic. */
bool yaml_parse_number(const char *text, double *ret_number);

#endif
