#include "line_pieces.h"

#include "diag.h"
#include "glyph_frame.h"

#include <math.h>
#include <string.h>

#define INK 0.24F /* of a picture's v: ink that joins */
#define BESIDE 1  /* px that a character's place may lie beside its ink */

/* Of each pixel the character it belongs to, 1 and on; 0: none yet. */
typedef uint8_t owners[LINE_ROWS][LINE_MAX_WIDTH];

struct cut {
    const struct line_picture *picture;
    const float *places;
    int n;
    owners *owner;
    bool (*seen)[LINE_MAX_WIDTH];
    int *patch; /* pixels of the patch looked at: y * LINE_MAX_WIDTH + x */
    int patch_n;
};

/* The patch of ink that holds (x, y). */
static void find_patch(struct cut *c, int x, int y)
{
    c->patch_n = 1;
    c->patch[0] = y * LINE_MAX_WIDTH + x;
    c->seen[y][x] = true;
    for (int i = 0; i < c->patch_n; i++) {
        int px = c->patch[i] % LINE_MAX_WIDTH, py = c->patch[i] / LINE_MAX_WIDTH;
        for (int k = 0; k < 9; k++) {
            int nx = px + k % 3 - 1, ny = py + k / 3 - 1;
            if (nx < 0 || ny < 0 || nx >= c->picture->width || ny >= LINE_ROWS || c->seen[ny][nx] ||
                c->picture->v[ny][nx] <= INK)
                continue;
            c->seen[ny][nx] = true;
            c->patch[c->patch_n++] = ny * LINE_MAX_WIDTH + nx;
        }
    }
}

/* The column between two places in which the patch has least ink; of like ones the middlest. */
static float thinnest(const float *columns, float left, float right)
{
    float best = (left + right) / 2, least = INFINITY;
    for (int x = (int)ceilf(left); (float)x <= right; x++) {
        float ink = columns[x] + 1e-3F * fabsf((float)x - (left + right) / 2);
        if (ink < least) {
            least = ink;
            best = (float)x;
        }
    }
    return best;
}

/* The patch's characters, first .. *ret_last, with the columns at which each ends. */
static int share_patch(const struct cut *c, float *ret_ends, int *ret_last)
{
    float columns[LINE_MAX_WIDTH] = {0}, sum = 0, moment = 0;
    int x0 = LINE_MAX_WIDTH, x1 = -1, first = c->n, last = -1;
    for (int i = 0; i < c->patch_n; i++) {
        int x = c->patch[i] % LINE_MAX_WIDTH;
        float v = c->picture->v[c->patch[i] / LINE_MAX_WIDTH][x];
        columns[x] += v;
        sum += v;
        moment += v * (float)x;
        x0 = x < x0 ? x : x0;
        x1 = x > x1 ? x : x1;
    }
    for (int i = 0; i < c->n; i++)
        if (c->places[i] >= (float)(x0 - BESIDE) && c->places[i] <= (float)(x1 + BESIDE)) {
            first = i < first ? i : first;
            last = i;
        }
    if (last < 0) {
        first = 0;
        for (int i = 1; i < c->n; i++)
            first = fabsf(c->places[i] - moment / sum) < fabsf(c->places[first] - moment / sum)
                        ? i
                        : first;
        last = first;
    }
    for (int i = first; i < last; i++)
        ret_ends[i] =
            thinnest(columns, fmaxf(c->places[i], (float)x0), fminf(c->places[i + 1], (float)x1));
    *ret_last = last;
    return first;
}

static void give_patch(struct cut *c, float *ends)
{
    int last, first = share_patch(c, ends, &last);
    for (int i = 0; i < c->patch_n; i++) {
        int x = c->patch[i] % LINE_MAX_WIDTH, y = c->patch[i] / LINE_MAX_WIDTH, k = first;
        while (k < last && (float)x >= ends[k])
            k++;
        (*c->owner)[y][x] = (uint8_t)(k + 1);
    }
}

/* Whose the pixel is: its own, or that of ink it is the soft edge of. */
static int owner_of(const struct cut *c, int x, int y)
{
    int found = (*c->owner)[y][x];
    for (int k = 0; k < 9 && !found; k++) {
        int nx = x + k % 3 - 1, ny = y + k / 3 - 1;
        if (nx >= 0 && ny >= 0 && nx < c->picture->width && ny < LINE_ROWS)
            found = (*c->owner)[ny][nx];
    }
    return found;
}

/* Pictures of all characters' ink, one behind another, each `width` x LINE_ROWS. */
static void share_ink(const struct cut *c, int width, uint8_t *ink)
{
    for (int y = 0; y < LINE_ROWS; y++)
        for (int x = 0; x < width; x++) {
            float v = c->picture->v[y][x];
            int owner = v > 0 ? owner_of(c, x, y) : 0;
            if (owner)
                ink[((owner - 1) * LINE_ROWS + y) * width + x] = (uint8_t)lrintf(fminf(v, 1) * 255);
        }
}

int line_pieces_cut(const struct line_picture *picture, const float *places, int n,
                    struct arena *arena, uint8_t (*ret_glyphs)[GLYPH_POINTS])
{
    const size_t pixels = (size_t)LINE_ROWS * LINE_MAX_WIDTH;
    int width = picture->width;
    struct cut c = {.picture = picture, .places = places, .n = n};
    c.owner = arena_alloc(arena, sizeof *c.owner);
    c.seen = arena_alloc(arena, pixels * sizeof **c.seen);
    c.patch = arena_room(arena, pixels * sizeof *c.patch);
    float *ends = arena_alloc(arena, ((size_t)n + 1) * sizeof *ends);
    uint8_t *ink = arena_alloc(arena, (size_t)n * LINE_ROWS * width + 1);
    if (!c.owner || !c.seen || !c.patch || !ends || !ink)
        return YJ_ENOMEM;
    for (int y = 0; y < LINE_ROWS && n > 0; y++)
        for (int x = 0; x < width; x++)
            if (!c.seen[y][x] && picture->v[y][x] > INK) {
                find_patch(&c, x, y);
                give_patch(&c, ends);
            }
    share_ink(&c, width, ink);
    for (int i = 0; i < n; i++) {
        const uint8_t *own = ink + (size_t)i * LINE_ROWS * width;
        struct glyph_frame frame;
        memset(ret_glyphs[i], 0, GLYPH_POINTS);
        if (glyph_frame_find(own, width, LINE_ROWS, &frame))
            glyph_frame_glyph(own, width, LINE_ROWS, &frame, ret_glyphs[i]);
    }
    return 0;
}
