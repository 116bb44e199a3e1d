#include "plot_axis.h"

#include "report_text.h"
#include <assert.h>
#include <math.h>

/* ---- ticks ---- */

static struct ticks at_step(double low, double high, double step)
{
    double first = ceil(low / step - 1e-9) * step;
    int n = (int)floor((high - first) / step + 1e-9) + 1;
    double digits = -floor(log10(step) + 1e-9);
    return (struct ticks){first, step, n, digits > 0 ? (int)digits : 0};
}

struct ticks ticks_choose(double low, double high, int most)
{
    static const double steps[] = {1, 2, 5, 10};
    assert(most >= 2);
    if (!isfinite(low) || !isfinite(high) || high <= low)
        return (struct ticks){isfinite(low) ? low : 0, 1, 1, 0};
    double power = pow(10, floor(log10((high - low) / most)));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct ticks ticks = at_step(low, high, steps[i] * power);
        if (ticks.n <= most)
            return ticks;
    }
    return at_step(low, high, 20 * power);
}

/* ---- scales ---- */

struct scale scale_make(double low, double high, double from, double to)
{
    if (!isfinite(low))
        low = 0;
    if (!isfinite(high) || high <= low)
        high = low + 1;
    return (struct scale){low, high, from, to};
}

double scale_place(const struct scale *s, double value)
{
    double share = (value - s->low) / (s->high - s->low);
    return s->from + fmin(1, fmax(0, share)) * (s->to - s->from);
}

/* ---- axes ---- */

static const struct pen grid_pen = {TONE_FAINT, 0.15, DASH_NONE};
static const struct pen base_pen = {TONE_SOFT, 0.25, DASH_NONE};

void axis_draw_x(struct drawing *d, const struct scale *x, const struct ticks *ticks,
                 struct rect box, bool grid)
{
    const double foot = box.y + box.h;
    char text[NUMBER_TEXT_MAX];
    for (int i = 0; i < ticks->n; i++) {
        double value = ticks->first + i * ticks->step, at = scale_place(x, value);
        if (grid)
            drawing_line(d, (struct point){at, box.y}, (struct point){at, foot}, grid_pen);
        drawing_line(d, (struct point){at, foot}, (struct point){at, foot + 0.8}, base_pen);
        number_print(text, value, ticks->decimals);
        drawing_text(
            d, (struct point){at, foot + 3.6}, text,
            (struct letters){.size = LETTERS_TICK, .tone = TONE_SOFT, .align = ALIGN_CENTRE});
    }
    drawing_line(d, (struct point){box.x, foot}, (struct point){box.x + box.w, foot}, base_pen);
}

void axis_draw_y(struct drawing *d, const struct scale *y, const struct ticks *ticks,
                 struct rect box, bool right, bool share)
{
    const double end = box.x + box.w;
    char text[NUMBER_TEXT_MAX + 8];
    for (int i = 0; i < ticks->n; i++) {
        double value = ticks->first + i * ticks->step, at = scale_place(y, value);
        if (!right)
            drawing_line(d, (struct point){box.x, at}, (struct point){end, at}, grid_pen);
        if (share)
            snprintf(text, sizeof text, "%.0f", value * 100);
        else
            number_print(text, value, ticks->decimals);
        drawing_text(d, (struct point){right ? end + 1.2 : box.x - 1.2, at + 0.9}, text,
                     (struct letters){.size = LETTERS_TICK,
                                      .tone = TONE_SOFT,
                                      .align = right ? ALIGN_LEFT : ALIGN_RIGHT});
    }
}

void axis_title_x(struct drawing *d, struct rect box, const char *title)
{
    drawing_text(
        d, (struct point){box.x + box.w, box.y + box.h + 7.4}, title,
        (struct letters){
            .size = LETTERS_TICK, .tone = TONE_SOFT, .align = ALIGN_RIGHT, .width = box.w});
}

void axis_title_y(struct drawing *d, struct rect box, const char *title, bool right)
{
    drawing_text(d, (struct point){right ? box.x + box.w : box.x, box.y - 2.2}, title,
                 (struct letters){.size = LETTERS_TICK,
                                  .tone = TONE_SOFT,
                                  .align = right ? ALIGN_RIGHT : ALIGN_LEFT,
                                  .width = box.w / 2});
}

void plot_empty(struct drawing *d, struct rect box, const char *why)
{
    drawing_frame(d, box, grid_pen);
    drawing_text(
        d, (struct point){box.x + box.w / 2, box.y + box.h / 2}, why,
        (struct letters){
            .size = LETTERS_LABEL, .tone = TONE_SOFT, .align = ALIGN_CENTRE, .width = box.w * 0.9});
}
