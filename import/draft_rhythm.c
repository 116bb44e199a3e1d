/* Places at equal steps, perhaps in groups. */
#include "draft_parts.h"

#include <math.h>

double draft_off_rhythm(const double *at, int n, const struct draft_rhythm *r)
{
    double off = 0;
    for (int i = 0; i < n; i++) {
        double place = r->first + i * r->step + (r->group ? i / r->group * r->gap : 0);
        off = fmax(off, fabs(at[i] - place));
    }
    return off;
}

struct draft_rhythm draft_fit_rhythm(const double *at, int n, int group)
{
    struct draft_rhythm r = {.group = group};
    double within = 0, between = 0;
    int n_within = 0, n_between = 0;
    for (int i = 1; i < n; i++) {
        bool parts = group > 0 && i % group == 0;
        *(parts ? &between : &within) += at[i] - at[i - 1];
        *(parts ? &n_between : &n_within) += 1;
    }
    r.step = n_within ? within / n_within : 0;
    r.gap = n_between ? between / n_between - r.step : 0;
    if (group == 0 && n > 2) { /* all places count, not the ends alone */
        double sum = 0, squares = 0;
        for (int i = 0; i < n; i++) {
            sum += (i - (n - 1) / 2.0) * at[i];
            squares += pow(i - (n - 1) / 2.0, 2);
        }
        r.step = sum / squares;
    }
    for (int i = 0; i < n; i++)
        r.first += (at[i] - i * r.step - (group ? i / group * r.gap : 0)) / n;
    return r;
}

bool draft_find_rhythm(const double *at, int n, struct draft_rhythm *ret)
{
    *ret = draft_fit_rhythm(at, n, 0);
    if (draft_off_rhythm(at, n, ret) <= DRAFT_EVEN)
        return true;
    for (int group = 2; group < n; group++) {
        struct draft_rhythm r = draft_fit_rhythm(at, n, group);
        if (draft_off_rhythm(at, n, &r) > DRAFT_EVEN)
            continue;
        *ret = r;
        return true;
    }
    return false;
}
