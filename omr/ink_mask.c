#include "ink_mask.h"

#include <math.h>

#define MIDDLE 0.62f /* of the half axes */
#define OUTER 0.62f

static void set_point(struct ink_mask *m, int x, int y)
{
    int k = y * INK_GRID + x;
    float u = fabsf(m->at[x]), v = fabsf(m->at[y]);
    bool inner = u < 0.5f * (float)INK_INSET + 0.1f && v < 0.5f * (float)INK_INSET + 0.1f;
    bool outer = u > OUTER || v > OUTER;
    m->n++;
    m->n_inner += inner;
    m->n_outer += outer;
    m->inside[k] = 255;
    m->inner[k] = inner ? 255 : 0;
    m->outer[k] = outer ? 255 : 0;
    m->middle[k] = u < MIDDLE && v < MIDDLE ? 255 : 0;
}

static int count_near(const struct ink_mask *m, int x, int y)
{
    int n = 0;
    for (int j = y > 0 ? y - 1 : 0; j <= y + 1 && j < INK_GRID; j++)
        for (int i = x > 0 ? x - 1 : 0; i <= x + 1 && i < INK_GRID; i++)
            n += m->inside[j * INK_GRID + i] != 0;
    return n;
}

void ink_mask_make(enum bubble_shape shape, struct ink_mask *m)
{
    bool round = shape == BUBBLE_CIRCLE || shape == BUBBLE_OVAL;
    float at[INK_GRID];
    *m = (struct ink_mask){.n = 0};
    for (int x = 0; x < INK_GRID; x++) {
        at[x] = 2 * ((float)x + 0.5f) / INK_GRID - 1;
        m->at[x] = at[x] * (float)INK_INSET;
    }
    for (int y = 0; y < INK_GRID; y++)
        for (int x = 0; x < INK_GRID; x++)
            if (!round || at[x] * at[x] + at[y] * at[y] <= 1)
                set_point(m, x, y);
    for (int y = 0; y < INK_GRID; y++)
        for (int x = 0; x < INK_GRID; x++) {
            int near = count_near(m, x, y);
            if (m->inside[y * INK_GRID + x])
                m->share[y * INK_GRID + x] = (uint16_t)((65535 + near) / near);
        }
}
