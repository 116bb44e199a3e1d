/* script.c - a character is a line of points on a grid of 10 x 10 (x right, y down), strokes set
 * apart by a space; points are joined by a curve through them. */
#include "script.h"

#include <math.h>
#include <stdlib.h>

#define MAX_POINTS 24 /* of a stroke */
#define CURVE_STEPS 6
#define PEN_LIGHTER 0.85 /* writing is pressed less than filling */

static const struct glyph {
    char character;
    const char *strokes; /* "x,y x,y;x,y ...": ';' lifts the pen */
} glyphs[] = {
    {'0', "5,0 2.2,1.5 1.2,5 2.2,8.6 5,10 7.8,8.6 8.8,5 7.8,1.5 5,0"},
    {'0', "5.6,0.2 3,1 1.6,4.6 2.4,8.8 5,9.9 8.2,8 8.6,4.2 7.4,1.2 4.8,0.3"},
    {'1', "5,0 5,10"},
    {'1', "3,2.2 5.4,0 5.2,10"},
    {'2', "1.4,2.6 2.6,0.6 5.4,0 8,1.2 8.2,3.4 6,6 1.2,10 8.8,9.8"},
    {'2', "1.6,2 4.6,0.1 7.8,1.6 7.2,4.4 3.4,8.4 1.6,9.8 3,8.8 6,9.8 9,9.2"},
    {'3', "1.8,1.2 5,0 8,1.4 7.6,3.8 4.6,4.8 7.8,5.6 8.4,8 6,9.9 1.4,9"},
    {'3', "2,0.2 8,0.2 4.6,4.2 8,5.6 8,8.6 5,10 1.6,9"},
    {'4', "6.6,0 1.2,6.8 9.2,6.6;6.8,3.6 6.6,10"},
    {'4', "2.6,0.4 1.8,5.4 8.6,5.2;7.6,0 6.8,10"},
    {'5', "8.4,0.2 2.8,0.4 2.2,4.6 5.6,4 8.4,5.8 8,8.8 5,10 1.4,9"},
    {'5', "2.8,0.4 2.2,4.6 6,3.8 8.4,6.2 7,9.2 1.6,9.6;2.8,0.4 8.6,0"},
    {'6', "7.4,0.2 3.8,2.6 1.8,6.4 3,9.4 6,9.8 8.2,7.8 7,5.4 4.2,5.2 2,7.4"},
    {'6', "5.6,0 2.4,4 1.8,7.6 4.2,10 7.6,8.8 7.8,6 5,4.8 2.2,6.8"},
    {'7', "1.2,0.6 8.8,0.2 4,10"},
    {'7', "1.4,0.4 8.4,0.2 5.4,4.8 4.2,10;2.8,5.2 7.4,4.8"},
    {'8', "7.4,1.4 4.6,0 2.2,2 4.4,4.4 7.6,6.6 7.4,9.2 4.6,10 2,8.4 3.2,5.8 7.4,3 7.4,1.4"},
    {'8', "5,4.6 2.4,2.6 4.6,0.1 7.6,1.8 5,4.6 2,7.4 4.8,10 8,7.6 5,4.6"},
    {'9', "7.8,2.4 5.4,0.1 2.2,1.8 2.8,4.6 6,4.8 7.8,2.4 7.2,6.4 5.4,10"},
    {'9', "8,1.4 4.6,0.2 2,2.8 4,5 7.6,3.6 8,1 7.6,10"},
    {'A', "1,10 5,0 9,10;2.8,6.4 7.4,6.4"},
    {'B', "2,0 2,10;2,0.2 6.6,0.4 7.4,2.6 5.4,4.6 2,4.8;2,4.8 7.2,5.4 8,8 5.6,9.8 2,10"},
    {'C', "8.4,1.8 5.6,0 2.4,1.6 1.4,5 2.6,8.6 5.6,10 8.6,8.4"},
    {'D', "2,0 2,10;2,0.2 6,0.6 8.6,3.4 8.4,6.8 6,9.4 2,10"},
    {'E', "8,0.2 2,0.2 2,10 8.2,9.8;2,4.8 7,4.8"},
    {'F', "8,0.2 2,0.2 2,10;2,4.8 7,4.8"},
    {'G', "8.2,1.8 5.4,0 2.2,1.8 1.4,5.2 2.8,8.8 5.8,10 8.4,8.4 8.4,5.6 5.6,5.6"},
    {'H', "1.8,0 1.8,10;8.2,0 8.2,10;1.8,5 8.2,5"},
    {'I', "5,0 5,10"},
    {'J', "7,0 7,7.6 5.4,9.8 3,9.6 1.8,7.6"},
    {'K', "2,0 2,10;8,0.2 2.2,5.6 8.4,10"},
    {'L', "2,0 2,9.8 8.4,9.8"},
    {'M', "1,10 1.6,0 5,6 8.4,0 9,10"},
    {'N', "1.8,10 1.8,0 8.2,10 8.2,0"},
    {'O', "5,0 1.8,1.8 1,5 2,8.6 5,10 8.2,8.6 9,5 8,1.6 5,0"},
    {'P', "2,0 2,10;2,0.2 6.8,0.4 8.2,2.6 6.6,5 2,5.4"},
    {'Q', "5,0 1.8,1.8 1,5 2,8.6 5,10 8.2,8.6 9,5 8,1.6 5,0;5.8,6.8 9,10"},
    {'R', "2,0 2,10;2,0.2 6.8,0.4 8,2.6 6.4,4.8 2,5.2;4.4,5.2 8.4,10"},
    {'S', "8,1.4 5,0 2,1.6 2.8,4 7,5.8 8.2,8 5.6,10 1.6,8.8"},
    {'T', "1,0.2 9,0.2;5,0.2 5,10"},
    {'U', "1.8,0 1.8,7 3.4,9.6 6.4,9.6 8.2,7 8.2,0"},
    {'V', "1,0 5,10 9,0"},
    {'W', "0.6,0 2.8,10 5,3 7.2,10 9.4,0"},
    {'X', "1.4,0 8.6,10;8.6,0 1.4,10"},
    {'Y', "1.4,0 5,4.8 5,10;8.6,0 5,4.8"},
    {'Z', "1.4,0.2 8.6,0.2 1.4,9.8 8.8,9.8"},
    {'.', "4.6,9 5.2,9.4"},
    {'-', "2,5 8,5"},
};

void script_draw_habits(struct script *script, double careless, struct rng *rng)
{
    script->slant = 0.12 * rng_normal_within(rng, 2);
    script->wide = rng_range(rng, 0.5, 0.8);
    script->tall = rng_range(rng, 0.55, 0.85);
    script->loose = 0.012 + 0.03 * careless * rng_uniform(rng);
    script->ways = (unsigned)(rng_next(rng) >> 32);
}

/* The hand's own way of a character. */
static const struct glyph *find_glyph(const struct script *script, char character)
{
    const struct glyph *first = NULL;
    int n = 0;
    for (size_t i = 0; i < sizeof glyphs / sizeof *glyphs; i++)
        if (glyphs[i].character == character) {
            first = first ? first : &glyphs[i];
            n++;
        }
    return n ? first + (script->ways >> (character % 16)) % (unsigned)n : NULL;
}

/* Reads one stroke's points; what follows it. */
static const char *next_stroke(const char *text, struct point *points, int *ret_n)
{
    int n = 0;
    while (*text && *text != ';' && n < MAX_POINTS) {
        char *end;
        points[n].x = strtod(text, &end);
        points[n++].y = strtod(end + 1, &end);
        text = end + (*end == ' ');
    }
    *ret_n = n;
    return *text == ';' ? text + 1 : text;
}

/* Catmull and Rom's spline through the points. */
static int round_off(const struct point *p, int n, struct point *ret)
{
    int m = 0;
    for (int i = 0; i + 1 < n; i++) {
        struct point a = p[i ? i - 1 : 0], b = p[i], c = p[i + 1], d = p[i + 2 < n ? i + 2 : n - 1];
        for (int k = 0; k < CURVE_STEPS; k++) {
            double t = k / (double)CURVE_STEPS, t2 = t * t, t3 = t2 * t;
            ret[m++] = (struct point){
                0.5 * (2 * b.x + (c.x - a.x) * t + (2 * a.x - 5 * b.x + 4 * c.x - d.x) * t2 +
                       (3 * b.x - a.x - 3 * c.x + d.x) * t3),
                0.5 * (2 * b.y + (c.y - a.y) * t + (2 * a.y - 5 * b.y + 4 * c.y - d.y) * t2 +
                       (3 * b.y - a.y - 3 * c.y + d.y) * t3)};
        }
    }
    ret[m++] = p[n - 1];
    return m;
}

/* From the grid to the page. */
struct placing {
    struct point middle;
    double wide, tall, slant, turn; /* mm; turn in radians */
};

static struct point place(const struct placing *to, struct point p)
{
    double u = (p.x / 10 - 0.5) * to->wide - (p.y / 10 - 0.5) * to->slant * to->tall;
    double v = (p.y / 10 - 0.5) * to->tall;
    return (struct point){to->middle.x + u * cos(to->turn) - v * sin(to->turn),
                          to->middle.y + u * sin(to->turn) + v * cos(to->turn)};
}

bool script_write(struct trace *t, const struct script *script, const struct hand *hand,
                  char character, struct rect box, struct rng *rng)
{
    const struct glyph *glyph = find_glyph(script, character);
    if (!glyph)
        return false;
    struct point middle = rect_center(box);
    double tall = fmin(script->tall * box.h, 0.9 * box.w / script->wide) *
                  (1 + 0.06 * rng_normal_within(rng, 2));
    struct placing to = {.middle = {middle.x + 0.06 * box.w * rng_normal_within(rng, 2),
                                    middle.y + 0.05 * box.h * rng_normal_within(rng, 2)},
                         .tall = tall,
                         .wide = tall * script->wide * (1 + 0.08 * rng_normal_within(rng, 2)),
                         .slant = script->slant,
                         .turn = 0.04 * rng_normal_within(rng, 2)};
    for (const char *text = glyph->strokes; *text;) {
        struct point points[MAX_POINTS], curve[MAX_POINTS * CURVE_STEPS + 1];
        int n;
        text = next_stroke(text, points, &n);
        for (int i = 0; i < n; i++) {
            points[i].x += 10 * script->loose * rng_normal_within(rng, 2);
            points[i].y += 10 * script->loose * rng_normal_within(rng, 2);
        }
        int m = round_off(points, n, curve);
        for (int i = 0; i < m; i++)
            curve[i] = place(&to, curve[i]);
        trace_stroke(t, &hand->tool, curve, m,
                     PEN_LIGHTER * (1 + hand->steady * rng_normal_within(rng, 2)));
    }
    return true;
}

void script_cross_out(struct trace *t, const struct hand *hand, struct rect box, struct rng *rng)
{
    for (int k = 0; k < 2; k++) {
        double y = box.y + box.h * (k ? 0.3 : 0.7), lean = 0.25 * box.h * (k ? 1 : -1);
        struct point line[] = {{box.x + 0.12 * box.w, y - lean + 0.3 * rng_normal_within(rng, 2)},
                               {box.x + 0.88 * box.w, y + lean + 0.3 * rng_normal_within(rng, 2)}};
        trace_stroke(t, &hand->tool, line, 2, 1);
    }
}
