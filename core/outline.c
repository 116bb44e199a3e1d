#include "outline.h"

#include <math.h>

static void ellipse_points(double w, double h, struct point *on, struct point *normal)
{
    for (int i = 0; i < OUTLINE_POINTS; i++) {
        double a = (i + 0.5) * 2 * M_PI / OUTLINE_POINTS, c = cos(a), s = sin(a);
        on[i] = (struct point){c * w / 2, s * h / 2};
        double nx = c * h, ny = s * w, n = hypot(nx, ny);
        normal[i] = (struct point){nx / n, ny / n};
    }
}

/* Points at equal steps along a box's sides, corners left out. */
static void box_points(double w, double h, struct point *on, struct point *normal)
{
    const int side = OUTLINE_POINTS / 4;
    for (int i = 0; i < OUTLINE_POINTS; i++) {
        double t = ((i % side) + 0.5) / side - 0.5;
        switch (i / side) {
        case 0:
            on[i] = (struct point){t * w, -h / 2}, normal[i] = (struct point){0, -1};
            break;
        case 1:
            on[i] = (struct point){w / 2, t * h}, normal[i] = (struct point){1, 0};
            break;
        case 2:
            on[i] = (struct point){t * w, h / 2}, normal[i] = (struct point){0, 1};
            break;
        default:
            on[i] = (struct point){-w / 2, t * h}, normal[i] = (struct point){-1, 0};
        }
    }
}

/* A bracket shows its left and right strokes only. */
static void bracket_points(double w, double h, struct point *on, struct point *normal)
{
    const int side = OUTLINE_POINTS / 2;
    for (int i = 0; i < OUTLINE_POINTS; i++) {
        double t = ((i % side) + 0.5) / side - 0.5, sign = i < side ? -1 : 1;
        on[i] = (struct point){sign * w / 2, t * h * 0.9};
        normal[i] = (struct point){sign, 0};
    }
}

void outline_points(enum bubble_shape shape, double w, double h, struct point on[OUTLINE_POINTS],
                    struct point normal[OUTLINE_POINTS])
{
    if (shape == BUBBLE_BOX)
        box_points(w, h, on, normal);
    else if (shape == BUBBLE_BRACKET)
        bracket_points(w, h, on, normal);
    else
        ellipse_points(w, h, on, normal);
}
