#include "pdf_table.h"

#include "i18n.h"
#include <math.h>

#define PAD 0.9 /* mm beside a cell's words */
#define GAP 7.0 /* mm between tables beside each other */

/* Where a table stands on the page. */
struct grid {
    struct pdf_document *doc;
    const struct report_table *t;
    double x, width; /* mm */
    double size;     /* of letters */
};

static double column_width(const struct grid *g, int column)
{
    double sum = 0;
    for (int i = 0; i < g->t->n_columns; i++)
        sum += g->t->columns[i].width;
    return g->t->columns[column].width / sum * g->width;
}

static struct letters cell_letters(const struct grid *g, int column, bool wrap)
{
    return (struct letters){.size = g->size,
                            .tone = TONE_INK,
                            .align = g->t->columns[column].align,
                            .width = column_width(g, column) - 2 * PAD,
                            .wrap = wrap};
}

static double row_pitch(const struct grid *g)
{
    return g->size * LINE_PITCH + 0.9;
}

static void draw_cell(const struct grid *g, double x, double y, int column, const char *text,
                      struct letters letters)
{
    static const double shares[] = {0, 0.5, 1};
    double at = x + PAD + shares[letters.align] * letters.width;
    (void)column;
    drawing_text(&g->doc->drawing, (struct point){at, y + g->size * 1.02 + 0.3}, text, letters);
}

/* ---- head ---- */

static double head_height(const struct grid *g)
{
    double height = 0;
    for (int i = 0; i < g->t->n_columns; i++) {
        const char *title = g->t->columns[i].title;
        height = fmax(height, drawing_text_height(&g->doc->drawing, *title ? _(title) : " ",
                                                  cell_letters(g, i, true)));
    }
    return height + 1.2;
}

static void draw_head(const struct grid *g)
{
    double x = g->x, height = head_height(g), foot = g->doc->y + height;
    for (int i = 0; i < g->t->n_columns; i++) {
        const char *title = g->t->columns[i].title;
        struct letters letters = cell_letters(g, i, true);
        letters.tone = TONE_SOFT;
        double own = drawing_text_height(&g->doc->drawing, *title ? _(title) : " ", letters);
        if (*title)
            draw_cell(g, x, foot - own - 0.9, i, _(title), letters);
        x += column_width(g, i);
    }
    drawing_line(&g->doc->drawing, (struct point){g->x, foot},
                 (struct point){g->x + g->width, foot}, (struct pen){TONE_INK, 0.3, DASH_NONE});
    g->doc->y = foot + 0.3;
}

/* ---- rows ---- */

static double row_height(const struct grid *g, int row)
{
    struct report_cell cell;
    double height = row_pitch(g);
    for (int i = 0; i < g->t->n_columns; i++) {
        if (!g->t->columns[i].wraps)
            continue;
        report_table_cell(g->t, row, i, &cell);
        height =
            fmax(height,
                 drawing_text_height(&g->doc->drawing, cell.text, cell_letters(g, i, true)) + 0.9);
    }
    return height;
}

static void draw_row(const struct grid *g, int row, double height)
{
    struct report_cell cell;
    double x = g->x, foot = g->doc->y + height;
    for (int i = 0; i < g->t->n_columns; i++) {
        struct letters letters = cell_letters(g, i, g->t->columns[i].wraps);
        report_table_cell(g->t, row, i, &cell);
        letters.bold = cell.strong;
        letters.tone = cell.warn ? TONE_WARN : TONE_INK;
        if (*cell.text)
            draw_cell(g, x, g->doc->y, i, cell.text, letters);
        x += column_width(g, i);
    }
    drawing_line(&g->doc->drawing, (struct point){g->x, foot},
                 (struct point){g->x + g->width, foot}, (struct pen){TONE_FAINT, 0.15, DASH_NONE});
    g->doc->y = foot;
}

void pdf_table(struct pdf_document *doc, const struct report_table *t)
{
    struct grid g = {doc, t, PAGE_LEFT, CONTENT_WIDTH,
                     t->n_columns > 9 ? LETTERS_DENSE : LETTERS_TABLE};
    pdf_room(doc, head_height(&g) + 3 * row_pitch(&g));
    draw_head(&g);
    for (int i = 0; i < t->n_rows; i++) {
        double height = row_height(&g, i);
        if (doc->y + height > PAGE_FOOT) {
            pdf_page_break(doc);
            draw_head(&g);
        }
        draw_row(&g, i, height);
    }
    doc->y += 4;
}

/* Draws `n` rows from `first` in a column; returns the y under it. */
static double draw_column(struct grid *g, double top, int first, int n)
{
    g->doc->y = top;
    draw_head(g);
    for (int i = first; i < first + n; i++)
        draw_row(g, i, row_pitch(g));
    return g->doc->y;
}

void pdf_table_columns(struct pdf_document *doc, const struct report_table *t, int columns)
{
    double width = (CONTENT_WIDTH - GAP * (columns - 1)) / columns;
    struct grid g = {doc, t, PAGE_LEFT, width,
                     columns > 2 && t->n_columns > 4 ? LETTERS_DENSE : LETTERS_TABLE};
    for (int done = 0; done < t->n_rows;) {
        double head = head_height(&g) + 0.3, foot = 0;
        pdf_room(doc, head + 5 * row_pitch(&g));
        double top = doc->y;
        int most = (int)((PAGE_FOOT - top - head) / row_pitch(&g));
        int left = t->n_rows - done;
        int rows = left < most * columns ? (left + columns - 1) / columns : most;
        for (int c = 0; c < columns && done < t->n_rows; c++) {
            int n = t->n_rows - done < rows ? t->n_rows - done : rows;
            g.x = PAGE_LEFT + c * (width + GAP);
            foot = fmax(foot, draw_column(&g, top, done, n));
            done += n;
        }
        doc->y = foot;
        if (done < t->n_rows)
            pdf_page_break(doc);
    }
    doc->y += 4;
}
