#include "ink_mask.h"

static void find_near(struct ink_mask *m, int x, int y)
{
    int k = m->index[y][x];
    m->n_near[k] = 0;
    for (int j = y > 0 ? y - 1 : 0; j <= y + 1 && j < INK_GRID; j++)
        for (int i = x > 0 ? x - 1 : 0; i <= x + 1 && i < INK_GRID; i++)
            if (m->index[j][i] >= 0)
                m->near[k][m->n_near[k]++] = (uint8_t)m->index[j][i];
}

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
    for (int y = 0; y < INK_GRID; y++)
        for (int x = 0; x < INK_GRID; x++)
            if (m->index[y][x] >= 0)
                find_near(m, x, y);
}
