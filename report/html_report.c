/* The office's report as one HTML file. */
#include "report.h"

#include "diag.h"
#include "html_style.h"
#include "i18n.h"
#include "pending_file.h"
#include "plots.h"
#include "report_parts.h"
#include "report_tables.h"

#define WIDTH 180.0     /* mm: of a page's column */
#define SCORE_BLOCK 30  /* rows of the score table in one block */
#define SHORT 8         /* letters of a cell that stays on one line */
#define OPTION_WIDTH 42 /* mm of one item's options */
#define OPTION_HEIGHT 34

struct html {
    const struct analysis *a;
    FILE *out;
    struct drawing drawing; /* into `out` */
    int rc;
};

/* ---- words ---- */

static void write_element(struct html *h, const char *tag, const char *class_name, const char *text)
{
    fprintf(h->out, *class_name ? "<%s class=\"%s\">" : "<%s>", tag, class_name);
    html_write_text(h->out, text);
    fprintf(h->out, "</%s>\n", tag);
}

static void begin_part(struct html *h, enum report_part part)
{
    fprintf(h->out, "<section id=\"%s\">\n", report_part_anchor(part));
    write_element(h, "h2", "", report_part_title(part));
    write_element(h, "p", "note", report_part_note(part));
}

static void end_part(struct html *h)
{
    fputs("</section>\n", h->out);
}

/* ---- tables ---- */

static const char *cell_class(enum text_align align)
{
    static const char *const classes[] = {"l", "c", "r"};
    return classes[align];
}

static void write_head(struct html *h, const struct report_table *t)
{
    fputs("<thead><tr>", h->out);
    for (int i = 0; i < t->n_columns; i++) {
        fprintf(h->out, "<th scope=\"col\" class=\"%s\">", cell_class(t->columns[i].align));
        html_write_text(h->out, *t->columns[i].title ? _(t->columns[i].title) : "");
        fputs("</th>", h->out);
    }
    fputs("</tr></thead>\n<tbody>\n", h->out);
}

/* A name of a few letters is not torn apart, whatever stands beside it. */
static bool is_short(const char *text)
{
    int letters = 0;
    for (; *text && letters <= SHORT; text++)
        letters += ((unsigned char)*text & 0xc0) != 0x80;
    return letters <= SHORT;
}

static void write_row(struct html *h, const struct report_table *t, int row)
{
    struct report_cell cell;
    fputs("<tr>", h->out);
    for (int i = 0; i < t->n_columns; i++) {
        const char *tag = i == 0 ? "th" : "td";
        report_table_cell(t, row, i, &cell);
        fprintf(h->out, "<%s%s class=\"%s%s%s%s\">", tag, i == 0 ? " scope=\"row\"" : "",
                cell_class(t->columns[i].align), cell.strong ? " s" : "", cell.warn ? " w" : "",
                is_short(cell.text) ? " n" : "");
        html_write_text(h->out, cell.text);
        fprintf(h->out, "</%s>", tag);
    }
    fputs("</tr>\n", h->out);
}

static void write_rows(struct html *h, const struct report_table *t, int first, int n, bool sorts)
{
    fprintf(h->out, "<table%s>", sorts ? " class=\"sorts\"" : "");
    write_head(h, t);
    for (int i = first; i < first + n; i++)
        write_row(h, t, i);
    fputs("</tbody></table>\n", h->out);
}

static void write_table(struct html *h, struct report_table t)
{
    fputs(t.n_columns > 9 ? "<div class=\"wide dense\">" : "<div class=\"wide\">", h->out);
    write_rows(h, &t, 0, t.n_rows, true);
    fputs("</div>\n", h->out);
}

/* ---- parts ---- */

static void write_findings(struct html *h)
{
    if (h->a->n_findings > 0)
        write_table(h, report_table_findings(h->a));
    else
        write_element(h, "p", "", _("Nothing was found."));
}

static void write_overview(struct html *h)
{
    struct report_figure figures[REPORT_FIGURES_MAX];
    int n = report_figures(h->a, figures);
    h->rc = plot_distribution(&h->drawing, h->a, NULL, 0, (struct plot_place){0, 0, WIDTH, 88});
    fputs("<dl>\n", h->out);
    for (int i = 0; i < n; i++) {
        fputs("<div>", h->out);
        write_element(h, "dt", "", figures[i].label);
        write_element(h, "dd", "", figures[i].value);
        fputs("</div>\n", h->out);
    }
    fputs("</dl>\n", h->out);
}

static void write_scores(struct html *h)
{
    struct report_table t = report_table_scores(h->a);
    int third = (t.n_rows + 2) / 3, block = third < SCORE_BLOCK ? third : SCORE_BLOCK;
    fputs("<div class=\"blocks\">\n", h->out);
    for (int i = 0; i < t.n_rows; i += block)
        write_rows(h, &t, i, t.n_rows - i < block ? t.n_rows - i : block, false);
    fputs("</div>\n", h->out);
}

static void write_sections(struct html *h)
{
    h->rc = plot_sections(&h->drawing, h->a, NULL,
                          (struct plot_place){0, 0, WIDTH, plot_sections_height(h->a)});
    write_table(h, report_table_sections(h->a));
}

static void write_items(struct html *h)
{
    if (plot_items_any(h->a))
        h->rc = plot_items(&h->drawing, h->a, (struct plot_place){0, 0, WIDTH, 120});
    write_table(h, report_table_items(h->a));
}

static void write_options(struct html *h)
{
    fputs("<div class=\"small\">\n", h->out);
    for (int i = 0; i < h->a->n_items && h->rc == 0; i++)
        if (plot_options_any(&h->a->items[i]))
            h->rc = plot_options(&h->drawing, &h->a->items[i],
                                 (struct plot_place){0, 0, OPTION_WIDTH, OPTION_HEIGHT});
    fputs("</div>\n", h->out);
}

static void write_model(struct html *h)
{
    char words[512];
    report_model_words(h->a, words, sizeof words);
    write_element(h, "p", "", words);
    if (!*h->a->model)
        return;
    h->rc = plot_information(&h->drawing, h->a, (struct plot_place){0, 0, WIDTH, 80});
    if (h->rc == 0)
        h->rc = plot_wright(&h->drawing, h->a, (struct plot_place){0, 0, WIDTH, 130});
    write_table(h, report_table_parameters(h->a));
}

static void write_groups(struct html *h)
{
    struct report_table t;
    for (int i = 0; h->rc == 0 && report_table_groups(h->a, i, &t); i++) {
        write_element(h, "h3", "", group_kind_title(h->a->groups[t.first].kind));
        h->rc = plot_groups(&h->drawing, h->a, t.first, t.n_rows,
                            (struct plot_place){0, 0, WIDTH, plot_groups_height(t.n_rows)});
        write_table(h, t);
    }
}

static void write_dif(struct html *h)
{
    write_table(h, report_table_dif(h->a));
}

static void write_pairs(struct html *h)
{
    write_table(h, report_table_pairs(h->a));
}

static void write_candidates(struct html *h)
{
    write_table(h, report_table_candidates(h->a));
}

static void (*const writers[PARTS])(struct html *h) = {[PART_FINDINGS] = write_findings,
                                                       [PART_OVERVIEW] = write_overview,
                                                       [PART_SCORES] = write_scores,
                                                       [PART_SECTIONS] = write_sections,
                                                       [PART_ITEMS] = write_items,
                                                       [PART_OPTIONS] = write_options,
                                                       [PART_MODEL] = write_model,
                                                       [PART_GROUPS] = write_groups,
                                                       [PART_DIF] = write_dif,
                                                       [PART_PAIRS] = write_pairs,
                                                       [PART_CANDIDATES] = write_candidates};

/* ---- the page ---- */

static void write_top(struct html *h)
{
    char text[1024];
    fprintf(h->out,
            "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>",
            report_language());
    html_write_text(h->out, report_title(h->a));
    fprintf(h->out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n", html_style);
    write_element(h, "h1", "", report_title(h->a));
    report_subtitle(h->a, text, sizeof text);
    write_element(h, "p", "sub", text);
    report_summary(h->a, text, sizeof text);
    write_element(h, "p", "lead", text);
    fputs("<nav>\n", h->out);
    for (enum report_part p = 0; p < PARTS; p++)
        if (report_part_wanted(h->a, p)) {
            fprintf(h->out, "<a href=\"#%s\">", report_part_anchor(p));
            html_write_text(h->out, report_part_title(p));
            fputs("</a>\n", h->out);
        }
    fputs("</nav>\n</header>\n<main>\n", h->out);
}

static void write_foot(struct html *h)
{
    fputs("</main>\n<footer>", h->out);
    if (h->a->n_candidates > REPORT_MAX_LISTED) {
        char text[512];
        snprintf(text, sizeof text,
                 _("More than %d candidates are not listed here: see the class pages, the slips, "
                   "and 'yuejuan export --what scores'."),
                 REPORT_MAX_LISTED);
        html_write_text(h->out, text);
        fputc(' ', h->out);
    }
    html_write_text(h->out, "yuejuan " YJ_VERSION);
    fprintf(h->out, "</footer>\n<script>\n%s</script>\n</body>\n</html>\n", html_script);
}

static int write_page(struct html *h)
{
    write_top(h);
    for (enum report_part p = 0; p < PARTS && h->rc == 0; p++)
        if (report_part_wanted(h->a, p)) {
            begin_part(h, p);
            writers[p](h);
            end_part(h);
        }
    write_foot(h);
    return h->rc;
}

static int write_html(const struct analysis *a, FILE *out, struct diag *d)
{
    const cairo_rectangle_t nothing = {0, 0, 1, 1};
    cairo_surface_t *surface = cairo_recording_surface_create(CAIRO_CONTENT_ALPHA, &nothing);
    struct canvas measure;
    struct html h = {.a = a, .out = out};
    int rc = canvas_init(&measure, surface, 1, report_title(a), d);
    h.drawing = (struct drawing){.canvas = &measure, .svg = out, .font = report_font()};
    if (rc == 0 && write_page(&h) == YJ_ENOMEM)
        rc = diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    canvas_finish(&measure);
    cairo_surface_destroy(surface);
    return rc;
}

int report_write_html(const struct analysis *a, const char *path, struct diag *d)
{
    struct pending_file file;
    int rc = pending_file_open(path, &file, d);
    if (rc < 0)
        return rc;
    rc = write_html(a, file.out, d);
    return pending_file_close(&file, rc, path, d);
}
