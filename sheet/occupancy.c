#include "occupancy.h"

#include "diag.h"
#include <stdlib.h>

#define PAGE_EDGE 4.2 /* mm that printers leave white */

void occupancy_finish(struct occupancy *o)
{
    free(o->taken);
    *o = (struct occupancy){0};
}

int occupancy_add(struct occupancy *o, struct rect r)
{
    if (o->n == o->capacity) {
        int capacity = o->capacity ? 2 * o->capacity : 256;
        struct rect *grown = realloc(o->taken, (size_t)capacity * sizeof(*grown));
        if (!grown)
            return YJ_ENOMEM;
        o->taken = grown;
        o->capacity = capacity;
    }
    o->taken[o->n++] = r;
    return 0;
}

int occupancy_add_lines(struct occupancy *o, struct rect r, double width)
{
    const struct rect lines[] = {
        {r.x - width / 2, r.y - width / 2, r.w + width, width},
        {r.x - width / 2, r.y + r.h - width / 2, r.w + width, width},
        {r.x - width / 2, r.y, width, r.h},
        {r.x + r.w - width / 2, r.y, width, r.h},
    };
    int rc = 0;
    for (int i = 0; i < 4 && rc == 0; i++)
        rc = occupancy_add(o, lines[i]);
    return rc;
}

bool occupancy_is_free(const struct occupancy *o, struct rect r, double margin)
{
    if (r.x < PAGE_EDGE || r.y < PAGE_EDGE || r.x + r.w > o->width - PAGE_EDGE ||
        r.y + r.h > o->height - PAGE_EDGE)
        return false;
    struct rect a = {r.x - margin, r.y - margin, r.w + 2 * margin, r.h + 2 * margin};
    for (int i = 0; i < o->n; i++) {
        struct rect b = o->taken[i];
        if (a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h)
            return false;
    }
    return true;
}
