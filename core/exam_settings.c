/* Numbers and words of exam.yaml: each is told with its place where it cannot be meant. */
#include "exam_settings.h"

#include "diag.h"
#include "i18n.h"
#include "yamlfile.h"
#include <stdio.h>

#define N_ITEMS(array) (sizeof(array) / sizeof *(array))
#define DEFAULT_MIN_CONFIDENCE 0.99
#define DEFAULT_MIN_WRITING 0.93
#define DEFAULT_MIN_DIGITS 0.95
#define DEFAULT_MIN_LETTERS 0.97
#define DEFAULT_MAX_SILENT_ERROR 1e-5
#define ODD_SILENT_ERROR 0.01 /* more is a slip of the pen, not a wish */

static const char *const meanings[] = {
    [MEANS_ANSWER] = "answer", [MEANS_NOTHING] = "nothing", [MEANS_DOUBT] = "doubt"};

const char *mark_meaning_name(enum mark_meaning meaning)
{
    return meanings[meaning];
}

void exam_defaults(struct exam *exam)
{
    exam->min_confidence = DEFAULT_MIN_CONFIDENCE;
    exam->min_writing = DEFAULT_MIN_WRITING;
    exam->min_digits = DEFAULT_MIN_DIGITS;
    exam->min_letters = DEFAULT_MIN_LETTERS;
    exam->max_silent_error = DEFAULT_MAX_SILENT_ERROR;
    exam->keep_all_crops = exam->accept_text = exam->second_entry = false;
    statistics_wishes_defaults(&exam->statistics);
    exam->marks = (struct marking_culture){.fill = MEANS_ANSWER,
                                           .tick = MEANS_ANSWER,
                                           .cross = MEANS_ANSWER,
                                           .circle = MEANS_DOUBT,
                                           .stroke = MEANS_ANSWER,
                                           .faintest = 0};
}

double exam_least_confidence(const struct exam *exam, const struct field *field)
{
    if (!field_is_handwritten(field))
        return exam->min_confidence;
    if (field->n_boxes > 0 && field->kind == FIELD_DIGITS)
        return exam->min_digits;
    return field->n_boxes > 0 && field->kind == FIELD_LETTERS ? exam->min_letters
                                                              : exam->min_writing;
}

/* A number from 0 to 1; left as it is where `map` has no such key. */
static int read_share(const struct yaml *yaml, const struct yaml_node *map, const char *key,
                      const char *hint, double *ret_share)
{
    const struct yaml_node *node = yaml_get(map, key);
    double share;
    if (!node)
        return 0;
    if (node->kind == YAML_SCALAR && !yaml_is_null(node) &&
        !yaml_parse_number(node->text, &share)) /* "1 %", "1:100000": no hint of millimetres */
        return yaml_error(yaml, node, hint, _("'%s' in '%s' is no number"), node->text, key);
    if (yaml_number(yaml, node, key, &share) < 0)
        return YJ_EINPUT;
    if (share < 0 || share > 1)
        return yaml_error(yaml, node, hint, _("'%s' is between 0 and 1"), key);
    *ret_share = share;
    return 0;
}

static int read_meaning(const struct yaml *yaml, const struct yaml_node *map, const char *look,
                        enum mark_meaning *ret_meaning)
{
    const struct yaml_node *node = yaml_get(map, look);
    const char *text;
    char what[64];
    int meaning;
    if (!node)
        return 0;
    if (yaml_text(yaml, node, look, &text) < 0)
        return YJ_EINPUT;
    snprintf(what, sizeof what, _("meaning of '%s'"), look);
    if (yaml_name(yaml, node, what, meanings, N_ITEMS(meanings), &meaning) < 0)
        return YJ_EINPUT;
    *ret_meaning = (enum mark_meaning)meaning;
    return 0;
}

/* `colour: ignore`, or `ink`. */
static int read_colour(const struct yaml *yaml, const struct yaml_node *map, bool *ret_ignore)
{
    static const char *const ways[] = {"ink", "ignore"};
    const struct yaml_node *node = yaml_get(map, "colour");
    int way;
    if (!node)
        return 0;
    if (yaml_name(yaml, node, "colour", ways, N_ITEMS(ways), &way) < 0)
        return YJ_EINPUT;
    *ret_ignore = way == 1;
    return 0;
}

static bool has_answer(const struct marking_culture *m)
{
    return m->fill == MEANS_ANSWER || m->tick == MEANS_ANSWER || m->cross == MEANS_ANSWER ||
           m->circle == MEANS_ANSWER || m->stroke == MEANS_ANSWER;
}

static int read_marks(const struct yaml *yaml, struct marking_culture *marks)
{
    static const char *const keys[] = {"fill",   "tick",     "cross", "circle",
                                       "stroke", "faintest", "colour"};
    const struct yaml_node *map = yaml_get(yaml->root, "marks");
    struct marking_culture said = *marks;
    enum mark_meaning *const looks[] = {&said.fill, &said.tick, &said.cross, &said.circle,
                                        &said.stroke};
    if (!map)
        return 0;
    int bad = yaml_check_keys(yaml, map, keys, N_ITEMS(keys));
    for (size_t i = 0; i < N_ITEMS(looks); i++)
        if (read_meaning(yaml, map, keys[i], looks[i]) < 0)
            bad = YJ_EINPUT;
    if (read_share(yaml, map, "faintest",
                   /* xgettext:no-c-format */
                   _("0.15 takes no mark paler than 15 % of black"), &said.faintest) < 0)
        bad = YJ_EINPUT;
    if (read_colour(yaml, map, &said.ignore_colour) < 0)
        bad = YJ_EINPUT;
    if (bad == 0 && !has_answer(&said))
        bad = yaml_error(yaml, map, _("let 'fill' or another look be 'answer'"),
                         _("no mark would be an answer"));
    if (bad == 0)
        *marks = said;
    return bad;
}

static int read_silent_error(const struct yaml *yaml, double *ret_share)
{
    const char *key = "max_silent_error";
    int rc = read_share(yaml, yaml->root, key,
                        _("1e-5 lets one mark reading in 100000 be wrong unnoticed"), ret_share);
    if (rc == 0 && *ret_share > ODD_SILENT_ERROR && yaml_get(yaml->root, key))
        yaml_warning(yaml, yaml_get(yaml->root, key), _("1e-5 is one in 100000"),
                     _("'%s' lets one mark reading in %.0f be wrong unnoticed"), key,
                     1 / *ret_share);
    return rc;
}

static int read_switch(const struct yaml *yaml, const char *key, bool *ret_on)
{
    const struct yaml_node *node = yaml_get(yaml->root, key);
    return node ? yaml_bool(yaml, node, key, ret_on) : 0;
}

int exam_settings_read(const struct yaml *yaml, struct exam *exam)
{
    int bad = read_switch(yaml, "keep_all_crops", &exam->keep_all_crops);
    if (read_switch(yaml, "accept_text", &exam->accept_text) < 0)
        bad = YJ_EINPUT;
    if (read_switch(yaml, "second_entry", &exam->second_entry) < 0)
        bad = YJ_EINPUT;
    if (read_share(yaml, yaml->root, "min_confidence",
                   _("0.99 sends what is less sure to a person"), &exam->min_confidence) < 0)
        bad = YJ_EINPUT;
    if (read_share(yaml, yaml->root, "min_confidence_writing",
                   _("0.93 sends what is less sure to a person"), &exam->min_writing) < 0)
        bad = YJ_EINPUT;
    if (yaml_get(yaml->root, "min_confidence_writing"))
        exam->min_digits = exam->min_letters = exam->min_writing;
    if (read_silent_error(yaml, &exam->max_silent_error) < 0)
        bad = YJ_EINPUT;
    if (read_marks(yaml, &exam->marks) < 0)
        bad = YJ_EINPUT;
    if (statistics_wishes_read(yaml, &exam->statistics) < 0)
        bad = YJ_EINPUT;
    return bad;
}

int exam_settings_parse(const char *text, size_t size, const char *name, struct exam *exam,
                        struct diag *d)
{
    struct yaml *yaml = NULL;
    int rc = yaml_parse(text, size, name, &yaml, d);
    if (rc == 0)
        rc = exam_settings_read(yaml, exam);
    yaml_destroy(yaml);
    return rc;
}

bool exam_settings_equal(const struct exam *a, const struct exam *b)
{
    const struct marking_culture *m = &a->marks, *n = &b->marks;
    return a->min_confidence == b->min_confidence && a->min_writing == b->min_writing &&
           a->min_digits == b->min_digits && a->min_letters == b->min_letters &&
           a->max_silent_error == b->max_silent_error && m->fill == n->fill && m->tick == n->tick &&
           m->cross == n->cross && m->circle == n->circle && m->stroke == n->stroke &&
           m->faintest == n->faintest && a->accept_text == b->accept_text;
}
