/* import_omrchecker.h - brings an OMRChecker template (template.json, evaluation.json) to our form
 * and key.
 *
 * Works in two steps: read the template into `struct omr_template` (template pixels, OMRChecker's
 * own words), then write that as the YAML of docs/form.md in millimetres. Everything that has no
 * counterpart is told as a warning with its line; docs/import-omrchecker.md lists what becomes of
 * what. Opens no scan; knows nothing of registration beyond its names. */
#ifndef YJ_IMPORT_OMRCHECKER_H
#define YJ_IMPORT_OMRCHECKER_H

#include "arena.h"
#include "geometry.h"
#include <stdbool.h>
#include <stddef.h>

struct diag;
struct yaml;
struct yaml_node;

struct omr_options {
    const char *out_dir;   /* folder of the form to be written: pictures are named from there */
    const char *key_path;  /* evaluation.json; NULL: no key is wanted */
    const char *candidate; /* field that names the candidate; NULL: none */
    double dpi;            /* pixels an inch of pageDimensions; 0: the page is 210 mm wide */
    int image_w, image_h;  /* px of the pictures that OMRChecker stretched to pageDimensions; 0 */
    double page_w, page_h; /* mm that pageDimensions cover; 0: unknown */
};

/* What the import makes: texts for form.yaml and key.csv (NULL: none), to be freed. */
struct omr_import {
    char *form, *key;
};

/* YJ_EINPUT (each mistake told with line and column), YJ_EIO, YJ_ENOMEM. */
int omr_import(const char *template_path, const struct omr_options *options, struct omr_import *ret,
               struct diag *d);
void omr_import_finish(struct omr_import *import);

/* ---- shared by the importer's own files ---- */

/* One of OMRChecker's fields: a row or column of bubbles. Lengths in template px. */
struct omr_part {
    const char *label;
    const struct yaml_node *node; /* where the template names it */
    const char *const *options;
    int n_options;
    struct point at;   /* centre of the first bubble */
    struct point step; /* to the next bubble */
    double bubble_w, bubble_h;
    const char *empty; /* what OMRChecker writes for no mark */
    int block;
    int custom;    /* the custom label that joins it, or -1 */
    bool multiple; /* the key has an answer of several marks */
};

/* A custom label: parts read one after another as one value. */
struct omr_custom {
    const char *name;
    const struct yaml_node *node;
    int *parts;
    int n_parts;
};

struct omr_template {
    const char *path;
    struct yaml *yaml;
    struct diag *d;
    struct arena memory;
    double width, height; /* px of the page */
    double bubble_w, bubble_h;
    const char *empty;
    struct omr_part *parts;
    int n_parts, parts_capacity;
    struct omr_custom *customs;
    int n_customs;
    bool crop_page;
    const char *marker, *reference; /* resolved paths of pictures; NULL: none */
    double sheet_to_marker;         /* page width / marker width */
    double marker_scale;            /* size of the printed marker against that */
    const char *filters;            /* names of filters that we do not need; "" */
};

/* A list of words that OMRChecker understands as fields: "q1..5" is five. The words and the list
 * are the arena's. */
struct omr_words {
    const char **words;
    int n;
};
int omr_parse_labels(const struct yaml *yaml, const struct yaml_node *list, struct arena *memory,
                     struct omr_words *ret);

int omr_template_load(const char *path, struct diag *d, struct omr_template **ret);
void omr_template_destroy(struct omr_template *t);
/* Index of the part or custom label of that name, or -1. */
int omr_find_part(const struct omr_template *t, const char *label);
int omr_find_custom(const struct omr_template *t, const char *name);

/* Reads evaluation.json, marks the parts whose answers have several marks, and writes key.csv. */
int omr_key_text(struct omr_template *t, const char *path, char **ret_text);
/* Writes the form. */
int omr_form_text(const struct omr_template *t, const struct omr_options *o, char **ret_text);

#endif
