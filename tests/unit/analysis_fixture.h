/* analysis_fixture.h - an analysis made up, for what draws reports: Chinese names, schools,
 * classes, items of every quality, a model. Figures are simulated from abilities and worked out
 * here in the plainest way, with nothing of scoring/. */
#ifndef ANALYSIS_FIXTURE_H
#define ANALYSIS_FIXTURE_H

#include "analysis.h"

struct analysis_fixture_options {
    int candidates, items, schools, classes; /* classes: of each school; 0 schools: no roster */
    bool model;
    bool same;       /* all have the same score */
    bool long_names; /* longer than any column */
    bool bad_bytes;  /* names with markup, line ends and bytes that are no UTF-8 */
    unsigned seed;
};

struct analysis *analysis_fixture_create(const struct analysis_fixture_options *options);
void analysis_fixture_destroy(struct analysis *a);

#endif
