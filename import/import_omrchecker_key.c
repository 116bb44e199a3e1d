#include "import_omrchecker.h"

#include "csvfile.h"
#include "diag.h"
#include "i18n.h"
#include "key.h"
#include "points.h"
#include "yamlfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_QUESTIONS 10000 /* of all sections: each is looked for in all of them */
#define MAX_BAD_ENTRIES 100 /* sections that are told: each may name thousands of questions */

/* What a section of marking_schemes gives, as our key writes it. */
struct scheme {
    const char *section; /* "" for DEFAULT */
    struct points correct, incorrect, unmarked;
};

struct section {
    struct scheme scheme;
    struct omr_words questions;
};

/* A question and its answer, wherever it stands. */
struct answer {
    const char *question;
    const struct yaml_node *node;
    const char *file; /* where the answer stands */
    int line, column;
};

struct key_writer {
    struct omr_template *t;
    struct yaml *yaml; /* evaluation.json */
    struct scheme standard;
    struct section *sections;
    int n_sections;
    int n_questions; /* of all of them */
    struct answer *answers;
    int n_answers;
    struct csv *csv;     /* the answer CSV, or NULL */
    struct yaml **cells; /* its second column, one a row */
    FILE *out;
};

/* The accepted answers of one question, and what they are worth. */
struct accepted {
    const char **values;
    int n;
    struct points points;
};

/* ---- marking schemes ---- */

static int read_points(const struct yaml *yaml, const struct yaml_node *map, const char *name,
                       struct points *ret)
{
    const struct yaml_node *node = yaml_get(map, name);

    if (!node)
        return yaml_missing(yaml, map, name, NULL);
    if (node->kind == YAML_LIST)
        return yaml_error(yaml, node, _("write one number of points"),
                          _("marking by streaks cannot be imported"));
    if (node->kind != YAML_SCALAR || points_parse(node->text, ret) < 0)
        return yaml_error(yaml, node, _("write 2, 0.5, -1 or -1/3"),
                          _("'%s' is no number of points"), node->text);
    return 0;
}

static int read_scheme(const struct yaml *yaml, const struct yaml_node *map, struct scheme *ret)
{
    int rc = read_points(yaml, map, "correct", &ret->correct);

    if (read_points(yaml, map, "incorrect", &ret->incorrect) < 0 ||
        read_points(yaml, map, "unmarked", &ret->unmarked) < 0)
        rc = YJ_EINPUT;
    return rc;
}

static int read_section(struct key_writer *w, const char *name, const struct yaml_node *map)
{
    struct section *s = &w->sections[w->n_sections];
    const struct yaml_node *questions = yaml_get(map, "questions"), *type;

    *s = (struct section){.scheme = {.section = name}};
    if (!questions)
        return yaml_missing(w->yaml, map, "questions", NULL);
    if ((type = yaml_get(map, "marking_type")) && strcmp(type->text, "default") != 0)
        yaml_warning(w->yaml, type, _("points are given as for single questions"),
                     _("marking of type '%s' is not carried over"), type->text);
    const struct yaml_node *marking = yaml_get(map, "marking");
    if (!marking)
        return yaml_missing(w->yaml, map, "marking", NULL);
    int rc = omr_parse_labels(w->yaml, questions, &w->t->memory, &s->questions);
    if (rc == 0 && (w->n_questions += s->questions.n) > MAX_QUESTIONS)
        rc = yaml_error(w->yaml, questions, NULL, _("more than %d fields"), MAX_QUESTIONS);
    if (rc == 0)
        rc = read_scheme(w->yaml, marking, &s->scheme);
    w->n_sections += rc == 0;
    return rc;
}

static int read_schemes(struct key_writer *w)
{
    const struct yaml_node *root = w->yaml->root, *map = yaml_get(root, "marking_schemes");
    const struct yaml_node *standard;
    int rc = 0, bad = 0;

    map = map ? map : yaml_get(root, "marking_scheme");
    if (!map)
        return yaml_missing(w->yaml, root, "marking_schemes", _("is this an evaluation.json?"));
    if (!(standard = yaml_get(map, "DEFAULT")))
        return yaml_missing(w->yaml, map, "DEFAULT", NULL);
    w->standard.section = "";
    rc = read_scheme(w->yaml, standard, &w->standard);
    w->sections = arena_alloc(&w->t->memory, (size_t)map->n * sizeof(*w->sections));
    if (!w->sections)
        return YJ_ENOMEM;
    for (int i = 0; i < map->n && rc != YJ_ENOMEM && bad < MAX_BAD_ENTRIES; i++) {
        int one =
            map->items[i] == standard ? 0 : read_section(w, map->keys[i]->text, map->items[i]);
        rc = one < 0 ? one : rc;
        bad += one < 0;
    }
    return rc;
}

static const struct scheme *scheme_of(const struct key_writer *w, const char *question)
{
    for (int i = 0; i < w->n_sections; i++)
        for (int k = 0; k < w->sections[i].questions.n; k++)
            if (strcmp(w->sections[i].questions.words[k], question) == 0)
                return &w->sections[i].scheme;
    return &w->standard;
}

/* ---- where the answers are ---- */

static int read_answers_in_order(struct key_writer *w, const struct yaml_node *options)
{
    const struct yaml_node *questions = yaml_get(options, "questions_in_order");
    const struct yaml_node *answers = yaml_get(options, "answers_in_order");
    struct omr_words names = {0};

    if (!questions || !answers)
        return yaml_missing(w->yaml, options, questions ? "answers_in_order" : "questions_in_order",
                            NULL);
    int rc = omr_parse_labels(w->yaml, questions, &w->t->memory, &names);
    if (rc < 0)
        return rc;
    if (answers->kind != YAML_LIST || answers->n != names.n)
        return yaml_error(w->yaml, answers, NULL, _("%d questions but %d answers"), names.n,
                          answers->n);
    w->answers = arena_alloc(&w->t->memory, (size_t)names.n * sizeof(*w->answers));
    if (!w->answers)
        return YJ_ENOMEM;
    for (int i = 0; i < names.n; i++)
        w->answers[w->n_answers++] = (struct answer){.question = names.words[i],
                                                     .node = answers->items[i],
                                                     .file = w->yaml->name,
                                                     .line = answers->items[i]->line,
                                                     .column = answers->items[i]->column};
    return 0;
}

/* A cell of the answer CSV: "B", "D,E" (either), or a list as Python writes it. */
static int read_cell(struct key_writer *w, const struct csv_row *row, struct answer *ret)
{
    const char *text = row->cells[1];
    bool list = text[0] == '[';
    char *yaml_text = NULL;
    size_t size;
    FILE *f = open_memstream(&yaml_text, &size);

    if (!f)
        return YJ_ENOMEM;
    if (list) {
        fputs(text, f);
    } else {
        /* Each alternative in quotes, so that nothing in it can be taken for YAML. */
        fputc('[', f);
        for (const char *c = text; *c;) {
            size_t n = strcspn(c, ",");
            fputs(c == text ? "'" : ", '", f);
            for (size_t i = 0; i < n; i++)
                fputs(c[i] == '\'' ? "''" : (char[]){c[i], '\0'}, f);
            fputc('\'', f);
            c += n + (c[n] == ',');
        }
        fputc(']', f);
    }
    int rc = fclose(f) == 0
                 ? yaml_parse(yaml_text, size, w->csv->path, &w->cells[w->n_answers], NULL)
                 : YJ_ENOMEM;
    free(yaml_text);
    if (rc == YJ_EINPUT)
        return diag_error(w->t->d, rc, w->csv->path, row->line, row->columns[1], NULL,
                          _("'%s' is no answer"), text);
    if (rc < 0)
        return rc;
    *ret = (struct answer){.question = row->cells[0],
                           .node = w->cells[w->n_answers]->root,
                           .file = w->csv->path,
                           .line = row->line,
                           .column = row->columns[1]};
    return 0;
}

static int read_answer_csv(struct key_writer *w, const char *path)
{
    int rc = csv_load(path, &w->csv, w->t->d);

    if (rc < 0)
        return rc;
    if (w->csv->rows[0].n_cells != 2)
        return diag_error(w->t->d, YJ_EINPUT, path, 1, 1, NULL,
                          _("an answer file has two columns: question and answer"));
    size_t n = (size_t)w->csv->n_rows;
    w->answers = arena_alloc(&w->t->memory, n * sizeof(*w->answers));
    w->cells = arena_alloc(&w->t->memory, n * sizeof(*w->cells));
    if (!w->answers || !w->cells)
        return YJ_ENOMEM;
    /* OMRChecker's file has no header: the first row is a question too. */
    for (size_t i = 0; i < n && rc != YJ_ENOMEM; i++) {
        int one = read_cell(w, &w->csv->rows[i], &w->answers[w->n_answers]);
        w->n_answers += one == 0;
        rc = one < 0 ? one : rc;
    }
    return rc;
}

static int read_answers(struct key_writer *w, const char *evaluation_path)
{
    const struct yaml_node *root = w->yaml->root, *options = yaml_get(root, "options");
    const struct yaml_node *csv = yaml_get(options, "answer_key_csv_path");
    const char *slash = strrchr(evaluation_path, '/');

    if (!options)
        return yaml_missing(w->yaml, root, "options", _("is this an evaluation.json?"));
    if (yaml_get(options, "answers_in_order") || !csv)
        return read_answers_in_order(w, options);
    const char *path = csv->text[0] == '/' || !slash
                           ? csv->text
                           : arena_printf(&w->t->memory, "%.*s/%s", (int)(slash - evaluation_path),
                                          evaluation_path, csv->text);
    if (!path)
        return YJ_ENOMEM;
    if (access(path, F_OK) < 0 && yaml_get(options, "answer_key_image_path"))
        return yaml_error(w->yaml, yaml_get(options, "answer_key_image_path"),
                          _("grade that picture with the imported form and export its readings"),
                          _("the key is a picture and '%s' does not exist"), path);
    return read_answer_csv(w, path);
}

/* ---- one question ---- */

/* How many options of the part `value` joins; 0: it is none of them. */
static int marks_of(const struct omr_part *p, const char *value)
{
    uint64_t set;

    if (option_set_parse(value, (char *const *)p->options, p->n_options, false, &set) < 0)
        return 0;
    return __builtin_popcountll(set);
}

static int tell_answer(struct key_writer *w, const struct answer *a)
{
    return diag_error(w->t->d, YJ_EINPUT, a->file, a->line, a->column,
                      _("an answer is B, or a list of B and C, or of answers and their points"),
                      _("the answer of '%s' cannot be understood"), a->question);
}

/* ["B", 2] or ['B', '2']: the answer and what it is worth. */
static int read_weighted(struct key_writer *w, const struct answer *a, const struct yaml_node *pair,
                         const char **ret_value, struct points *ret_points)
{
    if (pair->n != 2 || pair->items[0]->kind != YAML_SCALAR ||
        pair->items[1]->kind != YAML_SCALAR || pair->items[0]->text[0] == '\0' ||
        points_parse(pair->items[1]->text, ret_points) < 0)
        return tell_answer(w, a);
    *ret_value = pair->items[0]->text;
    return 0;
}

/* Our key knows one worth for all accepted answers: of answers weighted differently those that are
 * worth most stay, and the others are told. */
static int take_weighted(struct key_writer *w, const struct answer *a, const struct yaml_node *pair,
                         struct accepted *acc)
{
    const char *value = "";
    struct points points = POINTS_ZERO;

    if (read_weighted(w, a, pair, &value, &points) < 0)
        return YJ_EINPUT;
    int order = acc->n ? points_compare(points, acc->points) : 1;
    const char *lost = order < 0 ? value : order > 0 && acc->n ? acc->values[0] : NULL;
    if (lost)
        diag_warning(w->t->d, a->file, a->line, a->column,
                     _("our key gives all accepted answers of an item the same points"),
                     _("answer '%s' of '%s' is left out: it is worth less than another"), lost,
                     a->question);
    if (order > 0) {
        acc->n = 0;
        acc->points = points;
    }
    if (order >= 0)
        acc->values[acc->n++] = value;
    return 0;
}

static int read_accepted(struct key_writer *w, const struct answer *a, struct accepted *ret)
{
    struct accepted acc = {.points = scheme_of(w, a->question)->correct};
    int n = a->node->kind == YAML_LIST ? a->node->n : 1, rc = 0;

    if (a->node->kind == YAML_MAP || n == 0)
        return tell_answer(w, a);
    acc.values = arena_alloc(&w->t->memory, (size_t)n * sizeof(*acc.values));
    if (!acc.values)
        return YJ_ENOMEM;
    for (int i = 0; i < n && rc == 0; i++) {
        const struct yaml_node *one = a->node->kind == YAML_LIST ? a->node->items[i] : a->node;
        if (one->kind == YAML_LIST)
            rc = take_weighted(w, a, one, &acc);
        else if (one->kind == YAML_SCALAR && one->text[0] != '\0')
            acc.values[acc.n++] = one->text;
        else
            rc = tell_answer(w, a);
    }
    if (rc == 0)
        *ret = acc;
    return rc;
}

/* The part that is the question itself: answers of several marks make it a multiple choice. */
static struct omr_part *part_of(struct key_writer *w, const char *question)
{
    int part = omr_find_part(w->t, question), custom = omr_find_custom(w->t, question);

    if (custom >= 0)
        part = w->t->customs[custom].n_parts == 1 ? w->t->customs[custom].parts[0] : -1;
    else if (part >= 0 && w->t->parts[part].custom >= 0)
        part = -1;
    return part < 0 ? NULL : &w->t->parts[part];
}

static void write_points_cell(FILE *out, struct points p, bool always)
{
    char text[POINTS_TEXT_MAX];

    fputc(',', out);
    if (!always && points_compare(p, POINTS_ZERO) == 0)
        return;
    points_print(p, text);
    fputs(text, out);
}

static void write_item(struct key_writer *w, const struct answer *a, const struct accepted *acc,
                       const char *rule)
{
    const struct scheme *scheme = scheme_of(w, a->question);
    char *joined = NULL;
    size_t size;
    FILE *f = open_memstream(&joined, &size);

    for (int i = 0; f && i < acc->n; i++)
        fprintf(f, "%s%s", i ? "|" : "", acc->values[i]);
    if (f)
        fclose(f);
    csv_write_cell(w->out, a->question);
    fputc(',', w->out);
    csv_write_cell(w->out, joined ? joined : "");
    write_points_cell(w->out, acc->points, true);
    fprintf(w->out, ",%s", rule);
    write_points_cell(w->out, scheme->incorrect, false);
    write_points_cell(w->out, scheme->unmarked, false);
    fputc(',', w->out);
    csv_write_cell(w->out, scheme->section);
    fputc('\n', w->out);
    free(joined);
}

/* Answers that nobody can mark go; answers of several marks make the field a multiple choice. */
static int hold_against_part(struct key_writer *w, const struct answer *a, struct omr_part *part,
                             struct accepted *acc)
{
    int kept = 0;

    for (int i = 0; i < acc->n; i++) {
        int marks = marks_of(part, acc->values[i]);
        if (marks == 0)
            diag_warning(w->t->d, a->file, a->line, a->column, NULL,
                         _("answer '%s' of '%s' is left out: the field has no such bubble"),
                         acc->values[i], a->question);
        else
            acc->values[kept++] = acc->values[i];
        part->multiple = part->multiple || marks > 1;
    }
    acc->n = kept;
    return kept ? 0
                : diag_error(w->t->d, YJ_EINPUT, a->file, a->line, a->column, NULL,
                             _("no answer of '%s' can be marked"), a->question);
}

static int add_item(struct key_writer *w, const struct answer *a)
{
    struct accepted acc = {0};
    struct omr_part *part = part_of(w, a->question);
    const char *rule = "";

    if (!part && omr_find_custom(w->t, a->question) < 0)
        return diag_error(w->t->d, YJ_EINPUT, a->file, a->line, a->column, NULL,
                          _("the key asks for '%s', which is no field of the template"),
                          a->question);
    int rc = read_accepted(w, a, &acc);
    if (rc < 0)
        return rc;
    if (part && (rc = hold_against_part(w, a, part, &acc)) < 0)
        return rc;
    if (part && part->multiple)
        rule = acc.n > 1 ? "single" : "all";
    write_item(w, a, &acc, rule);
    return 0;
}

static int write_key(struct key_writer *w)
{
    int rc = 0;

    fputs("item,key,points,rule,wrong,blank,section\n", w->out);
    for (int i = 0; i < w->n_answers && rc != YJ_ENOMEM; i++) {
        int one = add_item(w, &w->answers[i]);
        rc = one < 0 ? one : rc;
    }
    return rc;
}

int omr_key_text(struct omr_template *t, const char *path, char **ret_text)
{
    struct key_writer w = {.t = t};
    char *text = NULL;
    size_t size;
    int rc = yaml_load(path, &w.yaml, t->d);

    if (rc == 0)
        rc = read_schemes(&w);
    if (rc == 0)
        rc = read_answers(&w, path);
    if (rc == 0 && !(w.out = open_memstream(&text, &size)))
        rc = YJ_ENOMEM;
    if (rc == 0)
        rc = write_key(&w);
    if (w.out && fclose(w.out) != 0)
        rc = rc < 0 ? rc : YJ_ENOMEM;
    for (int i = 0; w.cells && i < w.n_answers; i++)
        yaml_destroy(w.cells[i]);
    csv_destroy(w.csv);
    yaml_destroy(w.yaml);
    if (rc < 0)
        free(text);
    else
        *ret_text = text;
    return rc;
}
