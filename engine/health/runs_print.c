/* runs_print.c - print that becomes light, scans that become blurred. */
#include "health_runs_internal.h"

#include "diag.h"
#include "i18n.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIGHT_SHARE 0.65  /* of the contrast that the form's print had at its best */
#define LIGHT_ALWAYS 0.12 /* (paper - print) / 255 */
#define LIGHT_NEEDED 6    /* pupils press and copiers vary: one more than of others */
#define BLUR_TIMES 1.4    /* what edges took at their sharpest ... */
#define BLUR_FROM 0.2     /* ... and this, mm */
#define BLUR_ALWAYS 0.35  /* mm, or BLUR_PIXELS of a coarse scan */
#define BLUR_PIXELS 2.2

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Adds a page's figure; the median of the last pages, 0 before there are enough. */
static double remember(struct recent *r, double value)
{
    double sorted[SERIES];
    r->values[r->n++ % SERIES] = value;
    if (r->n < SERIES)
        return 0;
    memcpy(sorted, r->values, sizeof sorted);
    qsort(sorted, SERIES, sizeof *sorted, compare_doubles);
    return (sorted[SERIES / 2 - 1] + sorted[SERIES / 2]) / 2;
}

int runs_end_light(struct health_runs *runs, struct series *s)
{
    const char *pages = s->light.alarmed ? runs_span(runs, &s->light) : NULL;
    if (!s->light.alarmed)
        return 0;
    if (!pages)
        return YJ_ENOMEM;
    return runs_tell(
        runs, ALARM_LIGHT_PRINT, &s->light, NAN,
        s->worst < LIGHT_SHARE * s->best
            ? arena_printf(&runs->arena,
                           _("the print is light %s: %.0f %% darker than the paper, "
                             "elsewhere %.0f %%; check the printer's toner and the "
                             "scanner's brightness"),
                           pages, 100 * s->worst, 100 * s->best)
            : arena_printf(&runs->arena,
                           _("the print is light %s: only %.0f %% darker than the paper; "
                             "check the printer's toner and the scanner's brightness"),
                           pages, 100 * s->worst));
}

int runs_add_print(struct health_runs *runs, struct series *s, const struct health_page *page,
                   int index)
{
    double contrast = page->quality.contrast;
    bool light = contrast > 0 && (contrast < LIGHT_ALWAYS || contrast < LIGHT_SHARE * s->best);
    int r = 0;
    if (light)
        s->worst = s->light.pages == 0 ? contrast : fmin(s->worst, contrast);
    if (run_step(&s->light, index, light, PAGE_WINDOW, LIGHT_NEEDED)) {
        r = runs_end_light(runs, s);
        s->light = (struct run){0};
    }
    s->best = fmax(s->best, remember(&s->contrast, contrast));
    return r;
}

int runs_end_blur(struct health_runs *runs, struct focus *f)
{
    const char *pages = f->blur.alarmed ? runs_span(runs, &f->blur) : NULL;
    if (!f->blur.alarmed)
        return 0;
    if (!pages)
        return YJ_ENOMEM;
    return runs_tell(runs, ALARM_BLUR, &f->blur, NAN,
                     arena_printf(&runs->arena,
                                  _("the scans are blurred %s: edges take up to %.2f mm; clean the "
                                    "glass, check that the paper lies on it, and scan them again"),
                                  pages, f->worst));
}

/* Of every page with edges, read or refused: what is blurred may be refused for it. */
int runs_add_focus(struct health_runs *runs, struct focus *f, const struct health_page *page,
                   int index)
{
    double rise = page->health.rise;
    double always = fmax(BLUR_ALWAYS, BLUR_PIXELS * 25.4 / page->health.dpi);
    double before = f->best > 0 ? fmax(BLUR_TIMES * f->best, BLUR_FROM) : INFINITY;
    bool blurred = rise > fmin(always, before);
    int r = 0;
    if (blurred)
        f->worst = f->blur.pages == 0 ? rise : fmax(f->worst, rise);
    if (run_step(&f->blur, index, blurred, PAGE_WINDOW, PAGE_NEEDED)) {
        r = runs_end_blur(runs, f);
        f->blur = (struct run){0};
    }
    double middle = remember(&f->rise, rise);
    if (middle > 0)
        f->best = f->best > 0 ? fmin(f->best, middle) : middle;
    return r;
}
