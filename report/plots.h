/* plots.h - the figures of the reports, each drawn into a rectangle of millimetres.
 *
 * One drawing serves the PDF's page and the HTML's SVG (drawing.h). Every function draws within
 * 0..width, 0..height as seen from x, y, titles of axes included, but no caption. Where an analysis
 * has nothing to show the figure says so. YJ_ENOMEM where there is no memory, else 0. */
#ifndef YJ_REPORT_PLOTS_H
#define YJ_REPORT_PLOTS_H

#include "analysis.h"
#include "drawing.h"

struct plot_place {
    double x, y, width, height; /* mm */
};

/* How many candidates have which score, with mean, median, quartiles and the marks to pass. `only`:
 * indexes of some candidates (a class), drawn before the whole; NULL: all. */
int plot_distribution(struct drawing *d, const struct analysis *a, const int *only, int n_only,
                      struct plot_place at);

/* Each item by how easy it is and how well it tells good from weak candidates. */
/* With nothing to show: no difference between candidates. */
bool plot_items_any(const struct analysis *a);
int plot_items(struct drawing *d, const struct analysis *a, struct plot_place at);

/* Who chose what in each fifth of the candidates, for one item; the key's options are bold. */
int plot_options(struct drawing *d, const struct analysis_item *item, struct plot_place at);
/* Whether the item is a choice whose options were counted. */
bool plot_options_any(const struct analysis_item *item);

/* Information and standard error over ability. */
int plot_information(struct drawing *d, const struct analysis *a, struct plot_place at);
/* Candidates and items on one scale. */
int plot_wright(struct drawing *d, const struct analysis *a, struct plot_place at);

/* Means with their 95 % intervals, the highest first, of groups[first] and the n - 1 after it; of
 * more than PLOT_GROUPS_MAX the first and the last. */
#define PLOT_GROUPS_MAX 40
int plot_groups(struct drawing *d, const struct analysis *a, int first, int n,
                struct plot_place at);
double plot_groups_height(int n);

/* Share of each section's points; `means`: of a class, in points, n_sections of them; NULL: none.
 */
int plot_sections(struct drawing *d, const struct analysis *a, const double *means,
                  struct plot_place at);
double plot_sections_height(const struct analysis *a);

#endif
