/* keycheck.c - a key held against the forms it is for.
 *
 * What a key gets wrong must be told here, before a scan is opened: an item that no sheet has, an
 * option that was never printed, a set where one mark is allowed. */
#include "keycheck.h"
#include "diag.h"
#include "i18n.h"
#include "textfile.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAMES 6 /* fields without a key that one warning names */

/* ---- telling ---- */

static int tell_item(const struct key_checker *c, const struct key_item *item, const char *hint,
                     const char *what, const char *name)
{
    return diag_error(c->d, YJ_EINPUT, c->key->path, item->line, item->item_column, hint, what,
                      item->item, name);
}

/* "A, B, C, D"; *ret_text is the caller's to free. */
static int list_options(const struct field *field, char **ret_text)
{
    size_t size = 0;
    FILE *out = open_memstream(ret_text, &size);

    if (!out)
        return YJ_ENOMEM;
    for (int i = 0; i < field->n_options; i++)
        fprintf(out, "%s%s", i ? ", " : "", field->options[i]);
    return fclose(out) == 0 ? 0 : YJ_ENOMEM;
}

static int tell_unknown_option(const struct key_checker *c, const struct key_item *item,
                               const struct form *form, const struct field *field,
                               const char *accepted)
{
    char *options = NULL, *hint = NULL;
    int rc = list_options(field, &options);

    if (rc < 0)
        return rc;
    if (asprintf(&hint, _("its options are %s"), options) < 0)
        hint = NULL;
    rc = diag_error(c->d, YJ_EINPUT, c->key->path, item->line, item->key_column, hint,
                    _("key '%s' of item '%s' is no option of that field in form '%s'"), accepted,
                    item->item, form->name);
    free(hint);
    free(options);
    return rc;
}

/* An item that no form has: most often a typing mistake. */
static int tell_unknown_item(const struct key_checker *c, const struct key_item *item)
{
    const char *nearest = NULL;

    for (int f = 0; f < c->n_forms && !nearest; f++) {
        const struct form *form = c->forms[f];
        const char **names = malloc((size_t)(form->n_fields + 1) * sizeof *names);
        if (!names)
            return YJ_ENOMEM;
        for (int i = 0; i < form->n_fields; i++)
            names[i] = form->fields[i].name;
        nearest = text_nearest(item->item, names, (size_t)form->n_fields);
        free(names);
    }
    if (nearest)
        return tell_item(c, item, NULL, _("item '%s' is no field of any form; did you mean '%s'?"),
                         nearest);
    return diag_error(c->d, YJ_EINPUT, c->key->path, item->line, item->item_column,
                      _("items are named as the form's fields"),
                      _("item '%s' is no field of any form"), item->item);
}

/* ---- one accepted key ---- */

/* "B|D" of "BD": what a person who wrote a set for a single choice may have meant. */
static int tell_set_of_single(const struct key_checker *c, const struct key_item *item,
                              const struct field *field, const char *accepted, uint64_t set)
{
    char *hint = NULL, *either = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&either, &size);

    if (!out)
        return YJ_ENOMEM;
    for (int i = 0, n = 0; i < field->n_options; i++)
        if (set >> i & 1)
            fprintf(out, "%s%s", n++ ? "|" : "", field->options[i]);
    if (fclose(out) != 0)
        return YJ_ENOMEM;
    if (asprintf(&hint, _("use %s for several accepted answers"), either) < 0)
        hint = NULL;
    diag_error(c->d, YJ_EINPUT, c->key->path, item->line, item->key_column, hint,
               _("key '%s' has several options but field '%s' allows one mark"), accepted,
               item->item);
    free(hint);
    free(either);
    return YJ_EINPUT;
}

/* A copy of `text` without spaces and commas: "A, C" is the set AC. */
static char *without_separators(const char *text)
{
    char *copy = strdup(text), *out = copy;

    for (; copy && *text; text++)
        if (!strchr(" ,", *text))
            *out++ = *text;
    if (copy)
        *out = '\0';
    return copy;
}

static char *join_set(const struct field *field, uint64_t set)
{
    size_t size = 1;
    char *text, *end;

    for (int i = 0; i < field->n_options; i++)
        size += strlen(field->options[i]);
    text = end = calloc(1, size);
    for (int i = 0; text && i < field->n_options; i++)
        if (set >> i & 1)
            end = stpcpy(end, field->options[i]);
    return text;
}

/* Checks one accepted key and puts its options in the field's order. */
static int check_accepted(const struct key_checker *c, const struct key_item *item,
                          const struct form *form, const struct field *field, char **accepted)
{
    uint64_t set = 0;
    char *joined = NULL, *bare = without_separators(*accepted);
    int rc = 0;

    if (!bare)
        return YJ_ENOMEM;
    if ((option_set_parse(*accepted, field->options, field->n_options, false, &set) < 0 &&
         option_set_parse(bare, field->options, field->n_options, false, &set) < 0) ||
        set == 0) {
        rc = tell_unknown_option(c, item, form, field, *accepted);
    } else if (__builtin_popcountll(set) > field->max_marks && field->max_marks == 1) {
        rc = tell_set_of_single(c, item, field, *accepted, set);
    } else if (__builtin_popcountll(set) > field->max_marks) {
        rc = diag_error(c->d, YJ_EINPUT, c->key->path, item->line, item->key_column, NULL,
                        _("key '%s' has more options than field '%s' allows marks (%d)"), *accepted,
                        item->item, field->max_marks);
    } else if ((joined = join_set(field, set)) == NULL) {
        rc = YJ_ENOMEM;
    } else {
        free(*accepted);
        *accepted = joined;
    }
    free(bare);
    return rc;
}

/* ---- numbers of a grid ---- */

/* Moves *text over one of the field's options; false where none stands there. The longest wins. */
static bool take_option(const struct field *field, const char **text)
{
    size_t longest = 0;

    for (int i = 0; i < field->n_options; i++) {
        size_t length = strlen(field->options[i]);
        if (length > longest && strncmp(*text, field->options[i], length) == 0)
            longest = length;
    }
    *text += longest;
    return longest > 0;
}

/* The columns that a sheet needs to show the key, -1 where it cannot: a full-width 7 or "7a" of 0
 * to 9. */
static int count_columns(const struct field *field, const char *accepted)
{
    int n = 0;

    for (; *accepted; n++) {
        if (n > 0 && *accepted == ' ' && field->blank == BLANK_SPACE)
            accepted++;
        else if (!take_option(field, &accepted))
            return -1;
    }
    return n;
}

/* A key that no sheet can show makes everybody's answer wrong, and looks like a hard question. */
static int check_grid_key(const struct key_checker *c, const struct key_item *item,
                          const struct form *form, const struct field *field, const char *accepted)
{
    int n = count_columns(field, accepted);

    if (n < 0)
        return tell_unknown_option(c, item, form, field, accepted);
    if (n <= field->n_columns && (n == field->n_columns || field->blank != BLANK_DOUBT))
        return 0;
    return diag_error(c->d, YJ_EINPUT, c->key->path, item->line, item->key_column,
                      _("write it as it is marked, with its leading zeros: 07"),
                      _("key '%s' of item '%s' has %d characters, but its field has %d columns"),
                      accepted, item->item, n, field->n_columns);
}

/* Where columns may stay empty, "7" and "07" are two answers: most often both are right. */
static void warn_of_short_key(const struct key_checker *c, const struct key_item *item,
                              const struct field *field)
{
    for (int i = 0; i < item->n_accepted; i++)
        if (count_columns(field, item->accepted[i]) == field->n_columns)
            return;
    diag_warning(c->d, c->key->path, item->line, item->key_column,
                 _("write 7|07 where both are right"),
                 _("key '%s' of item '%s' is shorter than its field: with leading zeros marked it "
                   "is a wrong answer"),
                 item->accepted[0], item->item);
}

static int check_grid(const struct key_checker *c, const struct key_item *item,
                      const struct form *form, const struct field *field)
{
    for (int i = 0; i < item->n_accepted; i++) {
        int rc = check_grid_key(c, item, form, field, item->accepted[i]);
        if (rc < 0)
            return rc;
    }
    if (item->n_accepted > 0)
        warn_of_short_key(c, item, field);
    return 0;
}

/* ---- one item ---- */

static bool fields_alike(const struct field *a, const struct field *b)
{
    if (a->kind != b->kind || a->max_marks != b->max_marks || a->n_options != b->n_options ||
        a->n_columns != b->n_columns || a->blank != b->blank)
        return false;
    for (int i = 0; i < a->n_options; i++)
        if (strcmp(a->options[i], b->options[i]) != 0)
            return false;
    return a->kind != FIELD_STRIP || strcmp(a->maximum, b->maximum) == 0;
}

/* The item's field in the first form that has it. Forms that share an item must ask it alike: its
 * key and its statistics speak of the same options. */
static int find_field(const struct key_checker *c, struct key_item *item,
                      const struct form **ret_form, const struct field **ret_field)
{
    const struct form *first = NULL;
    const struct field *field = NULL;

    for (int f = 0; f < c->n_forms; f++) {
        int i = form_field_index(c->forms[f], item->item);
        if (i < 0)
            continue;
        if (field && !fields_alike(field, &c->forms[f]->fields[i]))
            return diag_error(c->d, YJ_EINPUT, c->key->path, item->line, item->item_column,
                              _("give the two fields the same options, or different names"),
                              _("item '%s' is not the same field in forms '%s' and '%s'"),
                              item->item, first->name, c->forms[f]->name);
        if (!field) {
            first = c->forms[f];
            field = &first->fields[i];
        }
    }
    item->by_hand =
        item->rule == RULE_POINTS && (field ? field->kind == FIELD_REGION : c->key->has_points);
    if (!field && item->by_hand) { /* points.csv is the only place that speaks of it */
        *ret_field = NULL;
        return 0;
    }
    if (!field)
        return tell_unknown_item(c, item);
    *ret_form = first;
    *ret_field = field;
    return 0;
}

/* Names that the form uses for something else cannot be items. */
static int check_purpose(const struct key_checker *c, const struct key_item *item,
                         const struct form *form, const struct field *field)
{
    int i = (int)(field - form->fields);

    if (i == form->candidate || i == form->absent || i == form->version)
        return tell_item(c, item, NULL,
                         _("item '%s' names the candidate, the version or the absent mark of form "
                           "'%s'"),
                         form->name);
    if (field->kind == FIELD_REGION && !item->by_hand)
        return tell_item(c, item,
                         _("take the row out of the key, or give it rule 'points': people give "
                           "the points"),
                         _("item '%s' is a picture in form '%s': there is no answer to score"),
                         form->name);
    return 0;
}

/* Joined options that read as others ("1", "2", "12") would make one answer of two. */
static int check_joining(const struct key_checker *c, const struct key_item *item,
                         const struct field *field)
{
    char **others = malloc((size_t)(field->n_options + 1) * sizeof *others);
    int rc = 0;

    if (!others)
        return YJ_ENOMEM;
    for (int i = 0; i < field->n_options && rc == 0; i++) {
        uint64_t set;
        memcpy(others, field->options, (size_t)field->n_options * sizeof *others);
        others[i] = "";
        if (option_set_parse(field->options[i], others, field->n_options, false, &set) == 0)
            rc = tell_item(c, item, _("call the options by single letters"),
                           _("marks of item '%s' cannot be told apart: option '%s' reads as "
                             "several others"),
                           field->options[i]);
    }
    free(others);
    return rc;
}

static int check_rule(const struct key_checker *c, const struct key_item *item,
                      const struct field *field)
{
    bool of_sets = item->rule == RULE_SUBSET || item->rule == RULE_PER_OPTION ||
                   item->rule == RULE_CEEC || item->rule == RULE_EXAM_YUAN ||
                   item->rule == RULE_JEE;
    bool of_choices = item->rule == RULE_R_EXAMS || item->rule == RULE_AMC;
    bool takes_one = of_sets || ((of_choices || item->rule == RULE_FORMULA) && item->multiple);
    const char *rule = item_rule_name(item->rule);

    if (item->rule == RULE_NUMBER && field->kind != FIELD_DIGITS && field->kind != FIELD_GRID &&
        field->kind != FIELD_TEXT)
        return tell_item(c, item, _("use rule 'single'"),
                         _("item '%s' has rule '%s' but its field holds no number"), rule);
    if (item->unit[0] && !item->unit_optional && field->kind != FIELD_TEXT)
        return tell_item(c, item, _("write '(cm)' for a unit that may be left out"),
                         _("item '%s' has rule '%s' and asks for a unit, but its field holds "
                           "digits alone"),
                         rule);
    if (of_sets && (field->kind != FIELD_CHOICE || field->max_marks == 1))
        return tell_item(c, item, _("make the field `multiple: true`, or use rule 'single'"),
                         _("item '%s' has rule '%s' but its field allows one mark"), rule);
    if (of_choices && field->kind != FIELD_CHOICE)
        return tell_item(c, item, _("use rule 'single', or a formula"),
                         _("item '%s' has rule '%s' but its field is no choice"), rule);
    if (takes_one && item->n_accepted > 1)
        return tell_item(c, item, _("write one set of options, without '|'"),
                         _("item '%s' has several accepted answers but rule '%s' takes one"), rule);
    return 0;
}

/* A strip's reading is its score, and the item's points its maximum; written numbers may be scores,
 * too. */
static int check_strip(const struct key_checker *c, const struct key_item *item,
                       const struct form *form, const struct field *field)
{
    struct points maximum;
    bool written = field->kind == FIELD_GRID || field->kind == FIELD_DIGITS;
    if (item->by_hand)
        return 0;
    if (item->rule == RULE_POINTS && field->kind != FIELD_STRIP && !written)
        return tell_item(c, item, _("rule 'points' is for score strips and for numbers"),
                         _("item '%s' of form '%s' reads no points"), form->name);
    if (field->kind != FIELD_STRIP || item_rule_is_void(item->rule))
        return 0;
    if (item->rule != RULE_POINTS)
        return tell_item(c, item, _("write 'points' in column 'rule' and leave the key empty"),
                         _("item '%s' is a score strip in form '%s': it has no right answer"),
                         form->name);
    if (points_parse(field->maximum, &maximum) == 0 && points_compare(maximum, item->points) != 0)
        return tell_item(c, item, _("write the same as the strip's 'maximum'"),
                         _("item '%s' is worth other points than its strip can give: %s"),
                         field->maximum);
    return 0;
}

static int copy_options(struct key_item *item, const struct field *field)
{
    char **options = calloc((size_t)field->n_options + 1, sizeof *options);
    int n = 0;

    if (!options)
        return YJ_ENOMEM;
    for (; n < field->n_options; n++)
        if ((options[n] = strdup(field->options[n])) == NULL)
            break;
    for (int i = 0; i < item->n_options; i++)
        free(item->options[i]);
    free(item->options);
    item->options = options;
    item->n_options = n;
    return n == field->n_options ? 0 : YJ_ENOMEM;
}

/* ---- one item, all of it ---- */

static int check_item(const struct key_checker *c, struct key_item *item)
{
    const struct form *form = NULL;
    const struct field *field = NULL;
    int rc = find_field(c, item, &form, &field);

    if (rc < 0 || !field)
        return rc;
    rc = check_purpose(c, item, form, field);
    if (rc < 0)
        return rc;
    item->multiple = field->kind == FIELD_CHOICE && field->max_marks > 1;
    if (!item->rule_given && item->multiple)
        item->rule = RULE_ALL;
    rc = check_rule(c, item, field);
    if (rc == 0)
        rc = check_strip(c, item, form, field);
    if (rc == 0 && field->kind == FIELD_GRID)
        rc = check_grid(c, item, form, field);
    if (rc == 0 && field->kind != FIELD_CHOICE)
        return key_check_tallies(c, item);
    if (rc < 0)
        return rc;
    if (item->multiple) {
        rc = check_joining(c, item, field);
        if (rc < 0)
            return rc;
    }
    for (int i = 0; i < item->n_accepted; i++) {
        rc = check_accepted(c, item, form, field, &item->accepted[i]);
        if (rc < 0)
            return rc;
    }
    rc = copy_options(item, field);
    return rc < 0 ? rc : key_check_tallies(c, item);
}

/* ---- the key as a whole ---- */

static bool has_item(const struct key *key, const char *name)
{
    for (int i = 0; i < key->n_items; i++)
        if (strcmp(key->items[i].item, name) == 0)
            return true;
    return false;
}

/* A question that the key forgot would cost nobody a point, and nobody would notice. */
static int warn_of_fields_without_key(const struct key_checker *c, const struct form *form)
{
    char *names = NULL;
    size_t size = 0;
    int n = 0;
    FILE *out = open_memstream(&names, &size);

    if (!out)
        return YJ_ENOMEM;
    for (int i = 0; i < form->n_fields; i++) {
        const struct field *field = &form->fields[i];
        bool asks = field->kind == FIELD_CHOICE || field->kind == FIELD_STRIP;
        if (!asks || i == form->candidate || i == form->absent || i == form->version ||
            has_item(c->key, field->name))
            continue;
        if (n < MAX_NAMES)
            fprintf(out, "%s%s", n ? ", " : "", field->name);
        n++;
    }
    if (fclose(out) != 0) {
        free(names);
        return YJ_ENOMEM;
    }
    if (n > 0)
        diag_warning(c->d, c->key->path, 0, 0, _("they are read but not scored"),
                     n > MAX_NAMES ? _("%d questions of form '%s' have no key: %s ...")
                                   : _("%d questions of form '%s' have no key: %s"),
                     n, form->name, names);
    free(names);
    return 0;
}

/* One key for all versions of a paper is right only where they ask the same in the same order. */
static void warn_of_versions(const struct key_checker *c, const struct form *form)
{
    if (form->version >= 0 && !c->key->has_versions)
        diag_warning(c->d, c->key->path, 0, 0,
                     _("write versions.csv, unless their answers are the same"),
                     _("form '%s' reads a version in field '%s', but all versions are scored by "
                       "this one key"),
                     form->name, form->fields[form->version].name);
}

int key_check(struct key *key, const struct form *const *forms, int n_forms, struct diag *d)
{
    struct key_checker c = {.key = key, .forms = forms, .n_forms = n_forms, .d = d};
    int rc = 0;

    for (int i = 0; i < key->n_items; i++) {
        int item_rc = check_item(&c, &key->items[i]);
        if (item_rc == YJ_ENOMEM)
            return item_rc;
        rc = rc < 0 ? rc : item_rc;
    }
    if (rc < 0)
        return rc;
    rc = key_check_exactness(&c);
    for (int f = 0; f < n_forms && rc == 0; f++)
        rc = warn_of_fields_without_key(&c, forms[f]);
    for (int f = 0; f < n_forms && rc == 0; f++)
        warn_of_versions(&c, forms[f]);
    return rc;
}
