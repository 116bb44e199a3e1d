#include "view.h"

#include <math.h>

void view_init(struct view *v, double width, double height, double px)
{
    *v = (struct view){.width = width,
                       .height = height,
                       .px = px,
                       .print_stretch = {1, 1},
                       .wave_length = 100,
                       .curl_length = 30,
                       .shade_edge = 1,
                       .shade_reach = 20};
}

static double curled(const struct view *v, double y)
{
    double inside = v->curl_top ? y : v->height - y;
    double share = 1 - inside / v->curl_length;
    if (share <= 0)
        return y;
    double pull = v->curl * share * share;
    return v->curl_top ? y - pull : y + pull;
}

/* Paper that lies flat, from what the eye sees of it. */
static struct point flatten(const struct view *v, struct point p)
{
    struct point q = p;
    q.y += v->wave * sin(2 * M_PI * p.y / v->wave_length + v->wave_phase);
    if (v->curl != 0)
        q.y = curled(v, q.y);
    q.x += v->bend_x * sin(M_PI * p.y / v->height);
    q.y += v->bend_y * sin(M_PI * p.x / v->width);
    for (int i = 0; i < v->n_ripples; i++) {
        const struct ripple *r = &v->ripples[i];
        double s = sin(r->kx * p.x + r->ky * p.y + r->phase);
        q.x += r->dx * s;
        q.y += r->dy * s;
    }
    if (v->fold_shift != 0 && p.y > v->fold_y)
        q.y += v->fold_shift * exp(-(p.y - v->fold_y) / 15);
    return q;
}

static double edge_distance(const struct view *v, struct point p)
{
    switch (v->shade_side) {
    case 0:
        return p.y;
    case 1:
        return v->width - p.x;
    case 2:
        return v->height - p.y;
    default:
        return p.x;
    }
}

static double light_at(const struct view *v, struct point p)
{
    double light = 1, x = p.x / v->width - 0.5, y = p.y / v->height - 0.5;
    if (v->shade_edge < 1) {
        double share = edge_distance(v, p) / v->shade_reach;
        share = share < 0 ? 0 : share > 1 ? 1 : share;
        light *= v->shade_edge + (1 - v->shade_edge) * share * share * (3 - 2 * share);
    }
    light *= 1 - v->tilt_x * (x + 0.5) - v->tilt_y * (y + 0.5);
    light *= 1 - v->vignette * 2 * (x * x + y * y);
    if (v->shadow > 0) {
        double d =
            (p.x - v->shadow_x) * cos(v->shadow_angle) + (p.y - v->shadow_y) * sin(v->shadow_angle);
        light *= 1 - v->shadow / (1 + exp(-d / v->shadow_soft));
    }
    for (int i = 0; i < v->n_ripples; i++) {
        const struct ripple *r = &v->ripples[i];
        light *= 1 + r->light * cos(r->kx * p.x + r->ky * p.y + r->phase);
    }
    if (v->curl > 0) {
        double inside = (v->curl_top ? p.y : v->height - p.y) / v->curl_length;
        light *= inside < 1 ? 1 - 0.03 * v->curl * (1 - fmax(inside, 0)) : 1;
    }
    if (v->fold_shift != 0)
        light *= 1 - 0.06 * exp(-fabs(p.y - v->fold_y) / 6) * (p.y > v->fold_y ? 1 : -0.5);
    return light < 0.05 ? 0.05 : light;
}

void view_fill_optics(const struct view *v, struct optics *o)
{
    for (int j = 0; j < o->mesh_h; j++)
        for (int i = 0; i < o->mesh_w; i++) {
            struct point pixel = {i * OPTICS_STEP, j * OPTICS_STEP};
            struct point eye = homography_apply(&v->to_paper, pixel);
            struct point flat = flatten(v, eye);
            size_t at = (size_t)j * (size_t)o->mesh_w + (size_t)i;
            double x = (flat.x - v->print_shift.x) / v->print_stretch.x;
            double y = (flat.y - v->print_shift.y) / v->print_stretch.y;
            o->mesh_x[at] = (float)(x * v->px - 0.5);
            o->mesh_y[at] = (float)(y * v->px - 0.5);
            double light = light_at(v, eye);
            o->light[at] = (float)light;
            o->lit = o->lit || fabs(light - 1) > 0.002;
        }
    o->paper = (struct rect){-v->print_shift.x / v->print_stretch.x * v->px,
                             -v->print_shift.y / v->print_stretch.y * v->px,
                             v->width / v->print_stretch.x * v->px,
                             v->height / v->print_stretch.y * v->px};
}
