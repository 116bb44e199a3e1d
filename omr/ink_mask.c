#include "ink_mask.h"

void ink_mask_make(enum bubble_shape shape, struct ink_mask *m)
{
    bool round = shape == BUBBLE_CIRCLE || shape == BUBBLE_OVAL;
    m->n = 0;
    for (int y = 0; y < INK_GRID; y++)
        for (int x = 0; x < INK_GRID; x++) {
            float u = (2 * (x + 0.5f) / INK_GRID - 1), v = (2 * (y + 0.5f) / INK_GRID - 1);
            m->index[y][x] = -1;
            if (round && u * u + v * v > 1)
                continue;
            m->index[y][x] = m->n;
            m->u[m->n] = u * (float)INK_INSET;
            m->v[m->n++] = v * (float)INK_INSET;
        }
}
