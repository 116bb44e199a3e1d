#include "explain_print.h"

#include "i18n.h"
#include "messages.h"
#include "textfile.h"
#include <string.h>

#define MAX_TABLE_WIDTH 40 /* columns of one cell; a longer text pushes the rest of its line */

struct figure {
    char text[POINTS_TEXT_MAX];
};

static struct figure figure(struct points points)
{
    struct figure f;

    points_print(points, f.text);
    return f;
}

#define F(points) (figure(points).text)

static bool is_named(const struct explanation *e, int section)
{
    return e->plan->sections[section].name[0] != '\0';
}

/* ---- items, for people ---- */

enum column {
    COLUMN_ITEM,
    COLUMN_READ,
    COLUMN_SURE,
    COLUMN_KEY,
    COLUMN_POINTS,
    COLUMN_WHY,
    COLUMNS
};

struct line {
    char cells[COLUMNS][160];
};

static void describe_reading(const struct item_explanation *i, struct line *line)
{
    char *read = line->cells[COLUMN_READ], *sure = line->cells[COLUMN_SURE];
    size_t size = sizeof line->cells[0];

    if (!i->answer) {
        snprintf(read, size, "%s", i->by[0] ? i->value : "");
        snprintf(sure, size, "%s", i->by);
        return;
    }
    bool other = strcmp(i->answer->value, i->value) != 0;
    snprintf(read, size, "%s%s%s%s%s", i->value[0] ? i->value : "-", i->printed[0] ? " (" : "",
             i->printed, i->printed[0] && other ? " " : "",
             i->printed[0] ? (other ? i->answer->value : "") : "");
    if (i->printed[0])
        strncat(read, ")", size - strlen(read) - 1);
    if (i->answer->reviewed)
        snprintf(sure, size, "%s", _("a person"));
    else
        snprintf(sure, size, "%.2f %%", 100 * i->answer->confidence);
}

static void describe_item(const struct explanation *e, const struct item_explanation *i,
                          struct line *line)
{
    size_t size = sizeof line->cells[0];
    const struct test_section *section = &e->plan->sections[e->plan->section_of_item[i - e->items]];
    bool left_out =
        i->score.counts && !i->chosen && section->n_items > 0 && e->score->status != SCORE_ABSENT;

    snprintf(line->cells[COLUMN_ITEM], size, "%s", i->item->item);
    describe_reading(i, line);
    snprintf(line->cells[COLUMN_KEY], size, "%s", i->key);
    if (i->score.pending)
        snprintf(line->cells[COLUMN_POINTS], size, "?/%s", F(i->item->points));
    else if (!i->score.counts)
        snprintf(line->cells[COLUMN_POINTS], size, "-");
    else
        snprintf(line->cells[COLUMN_POINTS], size, "%s/%s", F(i->score.points), F(i->item->points));
    snprintf(line->cells[COLUMN_WHY], size, "%s%s%s", i->why, left_out ? "; " : "",
             left_out ? _("not among those chosen") : "");
}

static void print_cell(FILE *out, const char *text, int width)
{
    text_print(out, text);
    for (int pad = width - display_width(text); pad > 0; pad--)
        fputc(' ', out);
}

static void widen(int widths[COLUMNS], const struct line *line)
{
    for (int c = 0; c < COLUMNS; c++) {
        int width = display_width(line->cells[c]);
        if (width > widths[c])
            widths[c] = width > MAX_TABLE_WIDTH ? MAX_TABLE_WIDTH : width;
    }
}

static void print_line(FILE *out, const struct line *line, const int widths[COLUMNS],
                       const char *rule)
{
    for (int c = 0; c < COLUMNS; c++) {
        fputs("  ", out);
        print_cell(out, line->cells[c], widths[c]);
    }
    if (rule) {
        fputs("  ", out);
        text_print(out, rule);
    }
    fputc('\n', out);
}

static struct line heading(void)
{
    const char *const names[COLUMNS] = {_("item"), _("read"),   _("sure"),
                                        _("key"),  _("points"), _("why")};
    struct line line;

    for (int c = 0; c < COLUMNS; c++)
        snprintf(line.cells[c], sizeof line.cells[c], "%s", names[c]);
    return line;
}

/* The pages come first: a line for each, then its items. */
static const char *place_of(const struct item_explanation *i, int *ret_page)
{
    *ret_page = i->answer ? i->answer->page : 0;
    return i->answer ? i->answer->scan : "";
}

static void print_place(FILE *out, const char *scan, int page)
{
    if (scan[0]) {
        text_print(out, scan);
        fprintf(out, _(", page %d"), page);
        fputc('\n', out);
    } else {
        fprintf(out, "%s\n", _("from no page"));
    }
}

static void print_items(FILE *out, const struct explanation *e)
{
    struct line line = heading();
    const char *scan = NULL;
    int widths[COLUMNS] = {0}, page = 0;

    widen(widths, &line);
    for (int i = 0; i < e->n_items; i++) {
        describe_item(e, &e->items[i], &line);
        widen(widths, &line);
    }
    for (int i = 0; i < e->n_items; i++) {
        int at;
        const char *place = place_of(&e->items[i], &at);
        if (!scan || strcmp(scan, place) != 0 || at != page) {
            fputc('\n', out);
            print_place(out, place, at);
            line = heading();
            print_line(out, &line, widths, _("rule"));
        }
        scan = place;
        page = at;
        describe_item(e, &e->items[i], &line);
        print_line(out, &line, widths, e->items[i].rule);
    }
}

/* ---- sums, for people ---- */

static void print_rounding(FILE *out, const struct rounding *rounding, struct points before,
                           struct points after)
{
    if (rounding->given && points_compare(before, after) != 0)
        fprintf(out, _("; rounded to %d decimals (%s) %s"), rounding->places,
                rounding_way_name(rounding->way), F(after));
}

static void print_choice(FILE *out, const struct section_scheme *scheme, int n_chosen, int n_items)
{
    if (scheme && scheme->best > 0)
        fprintf(out, _("the best %d of %d items, "), n_chosen, n_items);
    else if (scheme && scheme->first > 0)
        fprintf(out, _("the first %d of %d items that are answered, "), n_chosen, n_items);
}

static void print_section(FILE *out, const struct explanation *e, int index)
{
    const struct test_section *section = &e->plan->sections[index];
    const struct section_score *s = &e->sections[index];
    const struct section_scheme *scheme = section->scheme;

    print_choice(out, scheme, s->n_chosen, section->n_items);
    fprintf(out, _("sum %s"), F(s->sum));
    if (s->guessed.num != 0)
        fprintf(out, _("; less %s for guessing"), F(s->guessed));
    if (points_compare(section->rebase, (struct points){1, 1}) != 0)
        fprintf(out, _("; times %s for what is void, %s"), F(section->rebase), F(s->rebased));
    if (scheme && points_compare(scheme->weight, (struct points){1, 1}) != 0)
        fprintf(out, _("; times the weight %s, %s"), F(scheme->weight), F(s->weighted));
    if (points_compare(s->weighted, s->lifted) != 0)
        fprintf(out, _("; lifted to the floor %s"), F(s->lifted));
    if (scheme)
        print_rounding(out, &scheme->rounding, s->lifted, s->points);
    fprintf(out, _(": %s of %s"), F(s->points), F(section->max));
    if (s->pending)
        fprintf(out, "%s", _(", so far"));
    fputc('\n', out);
}

static void print_sections(FILE *out, const struct explanation *e)
{
    int width = display_width(_("total"));

    for (int s = 0; s < e->plan->n_sections; s++)
        if (display_width(e->plan->sections[s].name) > width)
            width = display_width(e->plan->sections[s].name);
    fputc('\n', out);
    for (int s = 0; s < e->plan->n_sections; s++) {
        /* Items that are in no section and simply summed are told as the total. */
        bool plain = e->plan->n_sections == 1 &&
                     points_compare(e->plan->sections[s].rebase, (struct points){1, 1}) == 0;
        if (plain || e->plan->sections[s].n_items == 0)
            continue;
        print_cell(out, is_named(e, s) ? e->plan->sections[s].name : _("others"), width + 2);
        print_section(out, e, s);
    }
    print_cell(out, _("total"), width + 2);
    fprintf(out, _("sum %s"), F(e->total.sum));
    if (points_compare(e->total.sum, e->total.lifted) != 0)
        fprintf(out, _("; lifted to the floor %s"), F(e->total.lifted));
    if (e->plan->scheme)
        print_rounding(out, &e->plan->scheme->total.rounding, e->total.lifted, e->total.points);
    fprintf(out, _(": %s of %s"), F(e->total.points), F(e->plan->max));
    if (e->score->status == SCORE_PENDING)
        fprintf(out, "%s", _(", so far"));
    fputc('\n', out);
}

static void print_head(FILE *out, const struct explanation *e)
{
    const struct stored_score *score = e->score;
    const char *const more[] = {score->name, score->class_name, score->school};

    text_print(out, score->candidate[0] ? score->candidate : _("unknown"));
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        if (more[i][0]) {
            fputc(' ', out);
            text_print(out, more[i]);
        }
    fputs(": ", out);
    if (score->status == SCORE_SCORED)
        fprintf(out, _("%s of %s"), F(score->total), F(score->max));
    else
        fputs(score->status == SCORE_ABSENT    ? _("absent")
              : score->status == SCORE_PENDING ? _("waits for a person")
                                               : _("void"),
              out);
    fputc('\n', out);
    if (e->version[0]) {
        fprintf(out, _("version %s of the paper"), e->version);
        fputc('\n', out);
    }
    for (int i = 0; i < score->n_exceptions; i++) {
        fputs("- ", out);
        text_print(out, score->exceptions[i]);
        fputc('\n', out);
    }
    for (int i = 0; i < e->n_items && score->status == SCORE_PENDING; i++)
        if (e->items[i].score.pending) {
            fputs("- ", out);
            text_print(out, e->items[i].item->item);
            fprintf(out, ": %s\n", e->items[i].why);
        }
    if (e->differs)
        fprintf(out, "%s\n",
                _("the stored score is another than what follows from the readings: run regrade"));
}

void explain_print(FILE *out, const struct explanation *e)
{
    print_head(out, e);
    if (e->score->status == SCORE_ABSENT)
        return;
    print_items(out, e);
    print_sections(out, e);
}

/* ---- for programs ---- */

static void json_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, "\"%s\":", name);
    print_json_text(out, text);
}

static void json_points(FILE *out, const char *name, struct points points)
{
    fprintf(out, ",\"%s\":\"%s\"", name, F(points));
}

static void json_item(FILE *out, const struct item_explanation *i)
{
    fputc('{', out);
    json_text(out, "item", i->item->item);
    fputc(',', out);
    json_text(out, "value", i->value);
    if (i->answer) {
        fputc(',', out);
        json_text(out, "status", reading_status_name(i->response.status));
        fputc(',', out);
        json_text(out, "scan", i->answer->scan);
        fprintf(out, ",\"page\":%d,\"confidence\":%.6g,\"reviewed\":%s", i->answer->page,
                i->answer->confidence, i->answer->reviewed ? "true" : "false");
    }
    if (i->printed[0]) {
        fputc(',', out);
        json_text(out, "printed", i->printed);
        fputc(',', out);
        json_text(out, "printed_value", i->answer ? i->answer->value : "");
    }
    if (i->by[0]) {
        fputc(',', out);
        json_text(out, "by", i->by);
    }
    fputc(',', out);
    json_text(out, "key", i->key);
    fputc(',', out);
    json_text(out, "rule", item_rule_name(i->item->rule));
    fputc(',', out);
    json_text(out, "rule_in_words", i->rule);
    fputc(',', out);
    json_text(out, "why", i->why);
    json_points(out, "points", i->score.points);
    json_points(out, "max", score_item_max(i->item));
    fprintf(out, ",\"pending\":%s,\"counts\":%s,\"chosen\":%s}",
            i->score.pending ? "true" : "false", i->score.counts ? "true" : "false",
            i->chosen ? "true" : "false");
}

static void json_section(FILE *out, const struct explanation *e, int index)
{
    const struct section_score *s = &e->sections[index];

    fputc('{', out);
    json_text(out, "section", e->plan->sections[index].name);
    json_points(out, "sum", s->sum);
    json_points(out, "guessing", s->guessed);
    json_points(out, "rebased", s->rebased);
    json_points(out, "weighted", s->weighted);
    json_points(out, "floored", s->lifted);
    json_points(out, "points", s->points);
    json_points(out, "max", e->plan->sections[index].max);
    fprintf(out, ",\"pending\":%s}", s->pending ? "true" : "false");
}

void explain_print_json(FILE *out, const struct explanation *e)
{
    const struct stored_score *score = e->score;

    fputc('{', out);
    json_text(out, "candidate", score->candidate);
    fputc(',', out);
    json_text(out, "name", score->name);
    fputc(',', out);
    json_text(out, "status", score_status_name(score->status));
    fputc(',', out);
    json_text(out, "version", e->version);
    fputs(",\"total\":", out);
    if (score->status == SCORE_SCORED)
        fprintf(out, "\"%s\"", F(score->total));
    else
        fputs("null", out);
    json_points(out, "max", score->max);
    fprintf(out, ",\"differs\":%s,\"exceptions\":[", e->differs ? "true" : "false");
    for (int i = 0; i < score->n_exceptions; i++) {
        fputs(i ? "," : "", out);
        print_json_text(out, score->exceptions[i]);
    }
    fputs("],\"items\":[", out);
    for (int i = 0; i < e->n_items; i++) {
        fputs(i ? "," : "", out);
        json_item(out, &e->items[i]);
    }
    fputs("],\"sections\":[", out);
    for (int s = 0; s < e->plan->n_sections; s++) {
        fputs(s ? "," : "", out);
        json_section(out, e, s);
    }
    fputs("]}", out);
}
