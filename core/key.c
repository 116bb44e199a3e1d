#include "key.h"

#include "csvfile.h"
#include "diag.h"
#include "i18n.h"
#include "scheme.h"
#include "table_file.h"
#include "textfile.h"
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RANGE 10000 /* items of one row; more is a typing mistake */

enum key_column {
    COLUMN_ITEM,
    COLUMN_KEY,
    COLUMN_POINTS,
    COLUMN_RULE,
    COLUMN_PARTIAL,
    COLUMN_WRONG,
    COLUMN_BLANK,
    COLUMN_SECTION,
    COLUMN_TOLERANCE,
    COLUMN_UNIT,
    COLUMNS,
    REQUIRED_COLUMNS = COLUMN_POINTS + 1
};

static const char *const column_names[COLUMNS] = {
    "item", "key", "points", "rule", "partial", "wrong", "blank", "section", "tolerance", "unit"};

static const char *const rule_names[] = {
    [RULE_SINGLE] = "single",
    [RULE_ALL] = "all",
    [RULE_SUBSET] = "subset",
    [RULE_PER_OPTION] = "per_option",
    [RULE_CEEC] = "ceec",
    [RULE_NUMBER] = "number",
    [RULE_POINTS] = "points",
    [RULE_VOID_DROP] = "void_drop",
    [RULE_VOID_FULL] = "void_full",
    [RULE_VOID_ANSWERED] = "void_answered",
    [RULE_VOID_REBASE] = "void_rebase",
    [RULE_EXAM_YUAN] = "exam_yuan",
    [RULE_JEE] = "jee",
    [RULE_R_EXAMS] = "r_exams",
    [RULE_AMC] = "amc",
    [RULE_ENUMERATED] = "enumerated",
    [RULE_FORMULA] = "formula",
};

#define RULES (sizeof rule_names / sizeof rule_names[0])

struct key_reader {
    const struct csv *csv;
    const char *name;
    const struct scheme *scheme; /* NULL: none */
    int column_of[COLUMNS];      /* -1: the file has no such column */
    struct key *key;
    int capacity;
    struct diag *d;
    bool bad; /* a mistake was told */
};

/* A row's item cell: "q7", or "q1..10" which stands for ten items. */
struct item_range {
    const char *prefix;
    int prefix_length;
    long first, last;
    int width; /* digits of the first number: "q01..10" gives q01 ... q10 */
    bool range;
};

const char *item_rule_name(enum item_rule rule)
{
    assert(rule < RULES);
    return rule_names[rule];
}

int item_rule_parse(const char *name)
{
    for (size_t i = 0; i < RULES; i++)
        if (strcmp(name, rule_names[i]) == 0)
            return (int)i;
    return -1;
}

bool item_rule_is_void(enum item_rule rule)
{
    return item_rule_drops(rule) || rule == RULE_VOID_FULL || rule == RULE_VOID_ANSWERED;
}

bool item_rule_drops(enum item_rule rule)
{
    return rule == RULE_VOID_DROP || rule == RULE_VOID_REBASE;
}

static int option_set_tail(const char *value, char *const *options, int n_options, int from,
                           bool ordered, uint64_t set, uint64_t *ret_set)
{
    if (*value == '\0') {
        *ret_set = set;
        return 0;
    }
    for (int i = ordered ? from : 0; i < n_options; i++) {
        size_t length = strlen(options[i]);
        if (length == 0 || (set >> i & 1) || strncmp(value, options[i], length) != 0)
            continue;
        if (option_set_tail(value + length, options, n_options, i + 1, ordered,
                            set | UINT64_C(1) << i, ret_set) == 0)
            return 0;
    }
    return YJ_EINPUT;
}

int option_set_parse(const char *value, char *const *options, int n_options, bool ordered,
                     uint64_t *ret_set)
{
    if (n_options > 64)
        return YJ_EINPUT;
    for (int i = 0; i < n_options; i++) {
        if (value[0] && strcmp(value, options[i]) == 0) {
            *ret_set = UINT64_C(1) << i;
            return 0;
        }
    }
    return option_set_tail(value, options, n_options, 0, ordered, 0, ret_set);
}

/* ---- cells ---- */

/* A cell without the spaces around it, which spreadsheets hide from the eye. */
static const char *trim(char *cell)
{
    cell += strspn(cell, " \t");
    size_t length = strlen(cell);
    while (length > 0 && strchr(" \t", cell[length - 1]))
        cell[--length] = '\0';
    return cell;
}

static const char *row_cell(const struct key_reader *r, const struct csv_row *row,
                            enum key_column column)
{
    int i = r->column_of[column];

    return i < 0 ? "" : trim(row->cells[i]);
}

static int row_place(const struct key_reader *r, const struct csv_row *row, enum key_column column)
{
    int i = r->column_of[column];

    return i < 0 ? 1 : row->columns[i];
}

#define TELL(r, row, column, hint, ...)                                                            \
    ((r)->bad = true, diag_error((r)->d, YJ_EINPUT, (r)->name, (row)->line,                        \
                                 row_place((r), (row), (column)), (hint), __VA_ARGS__))

static int read_points(struct key_reader *r, const struct csv_row *row, enum key_column column,
                       struct points *ret)
{
    const char *text = row_cell(r, row, column);

    if (*text == '\0' && column != COLUMN_POINTS) {
        *ret = POINTS_ZERO;
        return 0;
    }
    if (points_parse(text, ret) == 0)
        return 0;
    if (*text == '\0')
        return TELL(r, row, column, _("write how many points the item is worth, such as 2 or 0.5"),
                    _("no points for item '%s'"), row_cell(r, row, COLUMN_ITEM));
    return TELL(r, row, column, _("write 2, 0.5, -1 or 1/3"), _("'%s' is no number of points"),
                text);
}

static int tell_unknown_rule(struct key_reader *r, const struct csv_row *row, const char *text)
{
    const char *nearest = text_nearest(text, rule_names, RULES);

    if (nearest)
        return TELL(r, row, COLUMN_RULE, NULL, _("unknown rule '%s'; did you mean '%s'?"), text,
                    nearest);
    return TELL(r, row, COLUMN_RULE,
                _("rules are single, all, subset, per_option, ceec, exam_yuan, jee, enumerated, "
                  "number, points, r_exams, amc, void_drop, void_rebase, void_full, void_answered "
                  "and those that exam.yaml names"),
                _("unknown rule '%s'"), text);
}

static int read_rule(struct key_reader *r, const struct csv_row *row, struct key_item *item)
{
    const char *text = row_cell(r, row, COLUMN_RULE);

    if (*text == '\0')
        return 0;
    item->own = scheme_rule(r->scheme, text);
    int rule = item->own ? (int)item->own->kind : item_rule_parse(text);
    if (rule == RULE_FORMULA && !item->own)
        return TELL(r, row, COLUMN_RULE,
                    _("name it in exam.yaml: scoring: {rules: {ours: {kind: formula, formula: "
                      "...}}}, and write 'ours' here"),
                    _("rule 'formula' needs a formula"));
    if (rule >= 0) {
        item->rule = (enum item_rule)rule;
        item->rule_given = true;
        return 0;
    }
    return tell_unknown_rule(r, row, text);
}

/* Points that contradict each other are typing mistakes: a wrong answer worth more than a right
 * one, partial points that no rule gives. */
static int check_points(struct key_reader *r, const struct csv_row *row,
                        const struct key_item *item)
{
    bool partial = points_compare(item->partial, POINTS_ZERO) != 0;
    bool wrong = points_compare(item->wrong, POINTS_ZERO) != 0;

    if (points_compare(item->tolerance, POINTS_ZERO) != 0 && item->rule != RULE_NUMBER)
        return TELL(r, row, COLUMN_TOLERANCE, _("write 'number' in column 'rule'"),
                    _("a tolerance is for rule 'number' only"));
    if (*row_cell(r, row, COLUMN_UNIT) && item->rule != RULE_NUMBER)
        return TELL(r, row, COLUMN_UNIT, _("write 'number' in column 'rule'"),
                    _("a unit is for rule 'number' only"));
    if (points_compare(item->tolerance, POINTS_ZERO) < 0)
        return TELL(r, row, COLUMN_TOLERANCE, NULL, _("a tolerance cannot be below 0"));
    if (points_compare(item->points, POINTS_ZERO) < 0)
        return TELL(r, row, COLUMN_POINTS,
                    _("points taken for a wrong answer go to column 'wrong'"),
                    _("an item cannot be worth less than 0 points"));
    if (partial && item->rule != RULE_SUBSET && item->rule != RULE_JEE)
        return TELL(r, row, COLUMN_PARTIAL, _("write 'subset' in column 'rule'"),
                    _("partial points are given by rule 'subset' only"));
    if (item->rule == RULE_SUBSET && points_compare(item->partial, POINTS_ZERO) <= 0)
        return TELL(r, row, COLUMN_PARTIAL,
                    _("write the points of an answer that is right but incomplete"),
                    _("rule 'subset' needs points in column 'partial'"));
    if (points_compare(item->partial, item->points) > 0)
        return TELL(r, row, COLUMN_PARTIAL, NULL, _("partial points exceed the item's points"));
    if (points_compare(item->wrong, item->points) > 0)
        return TELL(r, row, COLUMN_WRONG, _("to take points away write -1"),
                    _("a wrong answer would earn more than a right one"));
    if (points_compare(item->blank, item->points) > 0)
        return TELL(r, row, COLUMN_BLANK, NULL,
                    _("a blank answer would earn more than a right one"));
    if (points_compare(item->blank, POINTS_ZERO) != 0 && item->rule == RULE_AMC)
        return TELL(r, row, COLUMN_BLANK, _("write it as 'v' of the rule in exam.yaml"),
                    _("rule 'amc' has its own points for a blank answer"));
    if (wrong &&
        (item->rule == RULE_CEEC || item->rule == RULE_POINTS || item->rule == RULE_EXAM_YUAN ||
         item->rule == RULE_AMC || item_rule_is_void(item->rule)))
        return TELL(r, row, COLUMN_WRONG, _("leave the cell empty"),
                    _("rule '%s' takes no points for a wrong answer"), item_rule_name(item->rule));
    if (points_compare(item->wrong, POINTS_ZERO) > 0)
        diag_warning(r->d, r->name, row->line, row_place(r, row, COLUMN_WRONG),
                     _("to take points away write -1"), _("a wrong answer to '%s' earns points"),
                     row_cell(r, row, COLUMN_ITEM));
    return 0;
}

/* ---- items ---- */

static void key_item_finish(struct key_item *item)
{
    free(item->item);
    for (int i = 0; i < item->n_accepted; i++)
        free(item->accepted[i]);
    free(item->accepted);
    free(item->accepted_points);
    for (int i = 0; i < item->n_options; i++)
        free(item->options[i]);
    free(item->options);
    free(item->section);
    free(item->unit);
}

/* Takes over what item owns. */
static int add_item(struct key_reader *r, const struct csv_row *row, struct key_item *item)
{
    struct key *key = r->key;

    if (key->n_items == KEY_MAX_ITEMS) /* a few bytes can be a range of thousands */
        return TELL(r, row, COLUMN_ITEM, NULL, _("more than %d items"), KEY_MAX_ITEMS);
    if (key->n_items == r->capacity) {
        int larger = r->capacity ? r->capacity * 2 : 64;
        struct key_item *items = realloc(key->items, (size_t)larger * sizeof *items);
        if (!items)
            return YJ_ENOMEM;
        key->items = items;
        r->capacity = larger;
    }
    key->items[key->n_items++] = *item;
    return 0;
}

/* Adds a copy of text[length], without the spaces around it, to the accepted keys. */
static int accept_key(struct key_item *item, const char *text, size_t length)
{
    while (length > 0 && *text == ' ') {
        text++;
        length--;
    }
    while (length > 0 && text[length - 1] == ' ')
        length--;

    char **accepted = realloc(item->accepted, (size_t)(item->n_accepted + 1) * sizeof *accepted);
    if (!accepted)
        return YJ_ENOMEM;
    item->accepted = accepted;
    accepted[item->n_accepted] = strndup(text, length);
    if (!accepted[item->n_accepted])
        return YJ_ENOMEM;
    item->n_accepted++;
    return 0;
}

/* Rule enumerated: takes the points off the answer added last, "AC=2". */
static int split_worth(struct key_reader *r, const struct csv_row *row, struct key_item *item)
{
    char *added = item->accepted[item->n_accepted - 1], *sign = strrchr(added, '=');
    struct points *points =
        realloc(item->accepted_points, (size_t)item->n_accepted * sizeof *points);

    if (!points)
        return YJ_ENOMEM;
    item->accepted_points = points;
    points += item->n_accepted - 1;
    *points = POINTS_ZERO;
    if (!sign || points_parse(sign + 1, points) < 0)
        return TELL(r, row, COLUMN_KEY, _("write ACD=4|AC=2|A=1"),
                    _("no points stand beside answer '%s', and the rule is 'enumerated'"), added);
    if (points_compare(*points, item->points) > 0)
        return TELL(r, row, COLUMN_KEY, _("column 'points' is the most that an answer can give"),
                    _("answer '%s' gives more than the item's points"), added);
    *sign = '\0';
    size_t length = strlen(added);
    while (length > 0 && added[length - 1] == ' ')
        added[--length] = '\0';
    return 0;
}

/* An answer must be worth what the item is, or nobody could have full points. */
static int check_best_worth(struct key_reader *r, const struct csv_row *row,
                            const struct key_item *item)
{
    for (int i = 0; i < item->n_accepted; i++)
        if (points_compare(item->accepted_points[i], item->points) == 0)
            return 0;
    return TELL(r, row, COLUMN_KEY, _("column 'points' is the most that an answer can give"),
                _("no answer to item '%s' gives its points"), item->item);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int check_answers_differ(struct key_reader *r, const struct csv_row *row,
                                const struct key_item *item)
{
    size_t n = (size_t)item->n_accepted;
    char **sorted = malloc(n * sizeof *sorted);
    int rc = sorted ? 0 : YJ_ENOMEM;

    if (sorted) {
        memcpy(sorted, item->accepted, n * sizeof *sorted);
        qsort(sorted, n, sizeof *sorted, compare_texts);
    }
    for (size_t i = 1; sorted && rc == 0 && i < n; i++)
        if (strcmp(sorted[i], sorted[i - 1]) == 0)
            rc = TELL(r, row, COLUMN_KEY, NULL, _("answer '%s' stands twice"), sorted[i]);
    free(sorted);
    return rc;
}

/* "B|D" gives two accepted keys. */
static int read_accepted(struct key_reader *r, const struct csv_row *row, struct key_item *item)
{
    const char *text = row_cell(r, row, COLUMN_KEY);

    if (*text == '\0' && (item_rule_is_void(item->rule) || item->rule == RULE_POINTS))
        return 0;
    if (item->rule == RULE_POINTS)
        return TELL(r, row, COLUMN_KEY, _("leave the cell empty"),
                    _("rule 'points' has no key: what is read is the score"));
    if (*text == '\0')
        return TELL(r, row, COLUMN_KEY,
                    _("write the right answer, or rule points, void_drop, void_full or "
                      "void_answered"),
                    _("no key for item '%s'"), item->item);
    for (;;) {
        size_t length = strcspn(text, "|");
        int rc = accept_key(item, text, length);
        if (rc < 0)
            return rc;
        const char *added = item->accepted[item->n_accepted - 1];
        if (*added == '\0')
            return TELL(r, row, COLUMN_KEY, _("write B|D for two accepted answers"),
                        _("empty answer beside '|'"));
        if (item->rule == RULE_ENUMERATED) {
            rc = split_worth(r, row, item);
            if (rc < 0)
                return rc;
        }
        struct points number;
        if (item->rule == RULE_NUMBER && points_parse(added, &number) < 0)
            return TELL(r, row, COLUMN_KEY, _("write 12, -3 or 0.25, or rule 'single'"),
                        _("'%s' is no number, and the rule is 'number'"), added);
        if (text[length] == '\0')
            break;
        text += length + 1;
    }
    int rc = check_answers_differ(r, row, item);
    return rc == 0 && item->rule == RULE_ENUMERATED ? check_best_worth(r, row, item) : rc;
}

/* JEE (Advanced): +1 an option, -2 with a wrong one, where the row says nothing else. */
static void fill_jee_points(const struct key_reader *r, const struct csv_row *row,
                            struct key_item *item)
{
    if (*row_cell(r, row, COLUMN_PARTIAL) == '\0')
        item->partial = (struct points){1, 1};
    if (*row_cell(r, row, COLUMN_WRONG) == '\0')
        item->wrong = (struct points){-2, 1};
}

/* All of an item but its name and its keys, which differ within a range. */
static int read_worth(struct key_reader *r, const struct csv_row *row, struct key_item *item)
{
    static const enum key_column columns[] = {COLUMN_POINTS, COLUMN_PARTIAL, COLUMN_WRONG,
                                              COLUMN_BLANK, COLUMN_TOLERANCE};
    struct points *points[] = {&item->points, &item->partial, &item->wrong, &item->blank,
                               &item->tolerance};
    int rc = read_rule(r, row, item);

    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        int points_rc = read_points(r, row, columns[i], points[i]);
        rc = rc < 0 ? rc : points_rc;
    }
    if (rc == 0 && item->rule == RULE_JEE)
        fill_jee_points(r, row, item);
    item->line = row->line;
    item->item_column = row_place(r, row, COLUMN_ITEM);
    item->key_column = row_place(r, row, COLUMN_KEY);
    return rc < 0 ? rc : check_points(r, row, item);
}

/* "cm", or "(cm)" where the unit may be left out. NULL: no memory. */
static char *unit_of(const char *cell, bool *ret_optional)
{
    size_t length = strlen(cell);
    *ret_optional = length > 2 && cell[0] == '(' && cell[length - 1] == ')';
    return *ret_optional ? strndup(cell + 1, length - 2) : strdup(cell);
}

static int name_item(struct key_reader *r, const struct csv_row *row, struct key_item *item,
                     char *name)
{
    item->item = name;
    item->section = strdup(row_cell(r, row, COLUMN_SECTION));
    item->unit = unit_of(row_cell(r, row, COLUMN_UNIT), &item->unit_optional);
    return item->item && item->section && item->unit ? 0 : YJ_ENOMEM;
}

static int read_item(struct key_reader *r, const struct csv_row *row)
{
    struct key_item item = {0};
    int rc = read_worth(r, row, &item);

    if (rc < 0)
        goto out;
    rc = name_item(r, row, &item, strdup(row_cell(r, row, COLUMN_ITEM)));
    if (rc < 0)
        goto out;
    rc = read_accepted(r, row, &item);
    if (rc < 0)
        goto out;
    rc = add_item(r, row, &item);
out:
    if (rc < 0)
        key_item_finish(&item);
    return rc;
}

/* ---- ranges ---- */

/* False where a cell with ".." is no range. */
static bool parse_range(const char *text, struct item_range *ret)
{
    const char *dots = strstr(text, "..");
    char *end;

    *ret = (struct item_range){.prefix = text, .range = dots != NULL};
    if (!dots)
        return true;
    const char *digits = dots;
    while (digits > text && isdigit((unsigned char)digits[-1]))
        digits--;
    ret->prefix_length = (int)(digits - text);
    ret->width = (int)(dots - digits);
    if (ret->width == 0 || ret->width > 9 || !isdigit((unsigned char)dots[2]) ||
        strlen(dots + 2) > 9)
        return false;
    ret->first = strtol(digits, NULL, 10);
    ret->last = strtol(dots + 2, &end, 10);
    return *end == '\0' && ret->first <= ret->last && ret->last - ret->first < MAX_RANGE;
}

/* Characters of a range's key, spaces between groups left out. */
static long count_letters(const char *text)
{
    long n = 0;

    for (; *text; text++)
        n += *text != ' ' && ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* Moves *text over one UTF-8 character and the spaces before it; its length in bytes. */
static size_t take_letter(const char **text, const char **ret_letter)
{
    const char *letter = *text + strspn(*text, " ");
    size_t length = 1;

    while (((unsigned char)letter[length] & 0xC0) == 0x80)
        length++;
    *text = letter + length;
    *ret_letter = letter;
    return length;
}

static int read_range_item(struct key_reader *r, const struct csv_row *row,
                           const struct item_range *range, long number, const char **letters)
{
    struct key_item item = {0};
    char *name = NULL;
    int rc = read_worth(r, row, &item);

    if (rc < 0)
        goto out;
    if (asprintf(&name, "%.*s%0*ld", range->prefix_length, range->prefix, range->width, number) < 0)
        name = NULL;
    rc = name_item(r, row, &item, name);
    if (rc == 0 && item.rule == RULE_POINTS)
        rc = read_accepted(r, row, &item);
    if (rc < 0)
        goto out;
    if (**letters) {
        const char *letter;
        size_t length = take_letter(letters, &letter);
        rc = accept_key(&item, letter, length);
        if (rc < 0)
            goto out;
    }
    rc = add_item(r, row, &item);
out:
    if (rc < 0)
        key_item_finish(&item);
    return rc;
}

static int read_range(struct key_reader *r, const struct csv_row *row,
                      const struct item_range *range)
{
    const char *letters = row_cell(r, row, COLUMN_KEY);
    long n = range->last - range->first + 1, n_letters = count_letters(letters);
    const char *rule = row_cell(r, row, COLUMN_RULE);
    bool may_lack_key = strncmp(rule, "void_", 5) == 0 || strcmp(rule, "points") == 0;

    if (strcmp(rule, "enumerated") == 0)
        return TELL(r, row, COLUMN_RULE, _("give each of its items a row of its own"),
                    _("rule 'enumerated' for a range"));
    if (strchr(letters, '|'))
        return TELL(r, row, COLUMN_KEY, _("give an item with several accepted answers its own row"),
                    _("'|' in the key of a range"));
    if (n_letters != n && !(n_letters == 0 && may_lack_key))
        return TELL(r, row, COLUMN_KEY, _("a range takes one letter an item: q1..5 with ABDCA"),
                    _("%ld items but %ld letters"), n, n_letters);
    for (long number = range->first; number <= range->last; number++) {
        int rc = read_range_item(r, row, range, number, &letters);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int read_row(struct key_reader *r, const struct csv_row *row)
{
    const char *name = row_cell(r, row, COLUMN_ITEM);
    struct item_range range;

    if (*name == '\0')
        return TELL(r, row, COLUMN_ITEM, _("write the name of the form's field"),
                    _("row without an item"));
    if (!parse_range(name, &range))
        return TELL(r, row, COLUMN_ITEM, _("write a range as q1..10"),
                    _("'%s' is no range of items"), name);
    return range.range ? read_range(r, row, &range) : read_item(r, row);
}

/* ---- the file ---- */

/* Spreadsheets save empty columns after the last one. */
static bool column_is_empty(const struct csv *csv, int column)
{
    for (int i = 0; i < csv->n_rows; i++)
        if (*trim(csv->rows[i].cells[column]))
            return false;
    return true;
}

static int read_header(struct key_reader *r)
{
    const struct csv_row *header = &r->csv->rows[0];

    for (int c = 0; c < COLUMNS; c++)
        r->column_of[c] = -1;
    for (int i = 0; i < header->n_cells; i++) {
        const char *name = trim(header->cells[i]);
        int c = 0;
        if (*name == '\0' && column_is_empty(r->csv, i))
            continue;
        while (c < COLUMNS && strcmp(name, column_names[c]) != 0)
            c++;
        if (c < COLUMNS && r->column_of[c] < 0) {
            r->column_of[c] = i;
            continue;
        }
        r->bad = true;
        const char *nearest = c < COLUMNS ? NULL : text_nearest(name, column_names, COLUMNS);
        if (nearest)
            diag_error(r->d, YJ_EINPUT, r->name, header->line, header->columns[i], NULL,
                       _("unknown column '%s'; did you mean '%s'?"), name, nearest);
        else
            diag_error(r->d, YJ_EINPUT, r->name, header->line, header->columns[i],
                       _("columns are item, key, points, rule, partial, wrong, blank, section, "
                         "tolerance and unit"),
                       c < COLUMNS ? _("column '%s' stands twice") : _("unknown column '%s'"),
                       name);
    }
    for (int c = 0; c < REQUIRED_COLUMNS; c++)
        if (r->column_of[c] < 0 && !r->bad)
            TELL(
                r, header, (enum key_column)c,
                _("the first row is item,key,points and, if you like, rule, partial, wrong, blank, "
                  "section"),
                _("column '%s' is missing"), column_names[c]);
    return r->bad ? YJ_EINPUT : 0;
}

static int compare_items(const void *a, const void *b)
{
    const struct key_item *left = *(const struct key_item *const *)a;
    const struct key_item *right = *(const struct key_item *const *)b;
    int order = strcmp(left->item, right->item);

    return order ? order : (left > right) - (left < right);
}

static int check_repeats(struct key_reader *r)
{
    const struct key *key = r->key;
    const struct key_item **sorted = malloc((size_t)key->n_items * sizeof *sorted);

    if (!sorted)
        return YJ_ENOMEM;
    for (int i = 0; i < key->n_items; i++)
        sorted[i] = &key->items[i];
    qsort(sorted, (size_t)key->n_items, sizeof *sorted, compare_items);
    for (int i = 1; i < key->n_items; i++) {
        if (strcmp(sorted[i]->item, sorted[i - 1]->item) != 0)
            continue;
        r->bad = true;
        diag_error(r->d, YJ_EINPUT, r->name, sorted[i]->line, sorted[i]->item_column,
                   _("keep one of the two rows"), _("item '%s' stands in line %d already"),
                   sorted[i]->item, sorted[i - 1]->line);
    }
    free(sorted);
    return r->bad ? YJ_EINPUT : 0;
}

static int read_key(struct key_reader *r)
{
    int rc = read_header(r);

    if (rc < 0)
        return rc;
    if (r->csv->n_rows < 2)
        return diag_error(r->d, YJ_EINPUT, r->name, 0, 0, _("write a row an item: q1,B,2"),
                          _("the key has no item"));
    for (int i = 1; i < r->csv->n_rows; i++) {
        rc = read_row(r, &r->csv->rows[i]);
        if (rc == YJ_ENOMEM)
            return rc;
    }
    return r->bad ? YJ_EINPUT : check_repeats(r);
}

int key_parse(const char *text, size_t size, const char *name, struct key **ret_key, struct diag *d)
{
    return key_parse_with(text, size, name, NULL, ret_key, d);
}

int key_parse_with(const char *text, size_t size, const char *name, const struct scheme *scheme,
                   struct key **ret_key, struct diag *d)
{
    struct csv *csv = NULL;
    struct key *key = NULL;
    int rc = csv_parse(text, size, name, &csv, d);

    if (rc < 0)
        return rc;
    key = calloc(1, sizeof *key);
    if (!key) {
        rc = YJ_ENOMEM;
        goto out;
    }
    key->path = strdup(name);
    key->text = strndup(text, size); /* csv_parse has refused a zero inside */
    key->size = size;
    key->denominator = 1;
    if (!key->path || !key->text) {
        rc = YJ_ENOMEM;
        goto out;
    }
    struct key_reader r = {.csv = csv, .name = name, .scheme = scheme, .key = key, .d = d};
    rc = read_key(&r);
    if (rc < 0)
        goto out;
    *ret_key = key;
    key = NULL;
out:
    key_destroy(key);
    csv_destroy(csv);
    return rc;
}

int key_load(const char *path, struct key **ret_key, struct diag *d)
{
    return key_load_with(path, NULL, ret_key, d);
}

int key_load_with(const char *path, const struct scheme *scheme, struct key **ret_key,
                  struct diag *d)
{
    struct table_file table;
    size_t told = d ? d->count : 0;
    int rc = table_load(path, &table, d);

    if (rc < 0)
        return rc;
    rc = key_parse_with(table.text, table.size, path, scheme, ret_key, d);
    table_name_cells(&table, d, told);
    table_finish(&table);
    return rc;
}

void key_destroy(struct key *key)
{
    if (!key)
        return;
    for (int i = 0; i < key->n_items; i++)
        key_item_finish(&key->items[i]);
    free(key->items);
    free(key->text);
    free(key->path);
    free(key);
}
