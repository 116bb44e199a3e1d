#include "page_identity.h"

#include "barcode.h"
#include "crop.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define BIT_INSET 0.22  /* of the square's side: its frame is not looked at */
#define BIT_BLACK 0.50  /* darkness above which a square is 1 */
#define BIT_WHITE 0.30  /* darkness below which it is 0; both of the page's black */
#define BIT_MARGIN 0.9  /* mm from a square to the paper that it is compared with */
#define SHADOW_MAX 0.25 /* of the page's paper: darker is no paper in a shadow, but black */
#define BLACK_MIN 0.15  /* darkness from which the darkest square may be black print at all */
#define BARCODE_DPI 250.0

static int grey_at(const struct image *img, const struct page_map *map, double x, double y)
{
    struct point p = page_map_point(map, (struct point){x, y});
    long px = lround(p.x), py = lround(p.y);
    if (px < 0 || py < 0 || px >= img->width || py >= img->height)
        return -1;
    return image_row(img, (int)py)[px];
}

/* The paper above or below a square, whichever is lighter: a shadow lies on both, a smear on one.
 */
static double paper_beside(const struct image *img, const struct page_map *map, struct rect box,
                           double page_paper)
{
    enum { STEPS = 5 };
    double lightest = 0;
    for (int side = -1; side <= 1; side += 2) {
        double sum = 0;
        int n = 0;
        for (int k = 0; k < STEPS; k++) {
            double x = box.x + box.w * (k + 0.5) / STEPS;
            double y = box.y + box.h / 2 + side * (box.h / 2 + BIT_MARGIN);
            int grey = grey_at(img, map, x, y);
            sum += grey < 0 ? 0 : grey;
            n += grey >= 0;
        }
        lightest = fmax(lightest, n ? sum / n : 0);
    }
    return lightest > SHADOW_MAX * page_paper ? lightest : page_paper;
}

/* Mean darkness inside a square: 0 paper, 1 black; -1 outside the image. */
static double darkness(const struct image *img, const struct page_map *map, struct rect box,
                       double page_paper)
{
    enum { GRID = 8 };
    double sum = 0, paper = paper_beside(img, map, box, page_paper);
    for (int y = 0; y < GRID; y++)
        for (int x = 0; x < GRID; x++) {
            double u = BIT_INSET + (1 - 2 * BIT_INSET) * (x + 0.5) / GRID;
            double v = BIT_INSET + (1 - 2 * BIT_INSET) * (y + 0.5) / GRID;
            int grey = grey_at(img, map, box.x + u * box.w, box.y + v * box.h);
            if (grey < 0)
                return -1;
            sum += grey;
        }
    return fmax(0, 1 - sum / (GRID * GRID) / fmax(paper, 1));
}

/* How dark a black square is on this page: the darkest of all, or nearly black where none is. */
static double black_of_page(const struct page_identity *identity, const struct image *img,
                            const struct page_map *map, double paper)
{
    double darkest = 0;
    for (int i = 0; i < identity->n_page_bits; i++)
        darkest = fmax(darkest, darkness(img, map, identity->page_bits[i], paper));
    for (int i = 0; i < identity->n_sheet_bits; i++)
        darkest = fmax(darkest, darkness(img, map, identity->sheet_bits[i], paper));
    return darkest > BLACK_MIN ? darkest : 1;
}

/* -1: some square is neither black nor white. */
static int read_bits(const struct image *img, const struct page_map *map, const struct rect *bits,
                     int n, double paper, double black, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (int i = 0; i < n; i++) {
        double d = darkness(img, map, bits[i], paper) / black;
        if (d < 0 || (d > BIT_WHITE && d < BIT_BLACK))
            return -1;
        value = value << 1 | (d >= BIT_BLACK);
    }
    *ret_value = value;
    return 0;
}

/* Whether text is the pattern, whose one "*" stands for the serial. */
static bool match_pattern(const char *pattern, const char *text, char sheet[SHEET_SERIAL_MAX])
{
    const char *star = strchr(pattern, '*');
    if (!star)
        return strcmp(pattern, text) == 0;
    size_t head = (size_t)(star - pattern), tail = strlen(star + 1), n = strlen(text);
    if (n < head + tail || strncmp(pattern, text, head) != 0 ||
        strcmp(text + n - tail, star + 1) != 0 || n - head - tail >= SHEET_SERIAL_MAX)
        return false;
    memcpy(sheet, text + head, n - head - tail);
    sheet[n - head - tail] = '\0';
    return true;
}

static enum identity_verdict read_code(const struct page_identity *identity,
                                       const struct image *img, const struct page_map *map,
                                       char sheet[SHEET_SERIAL_MAX], char seen[64])
{
    struct rect area = {identity->barcode.x - CROP_MARGIN, identity->barcode.y - CROP_MARGIN,
                        identity->barcode.w + 2 * CROP_MARGIN,
                        identity->barcode.h + 2 * CROP_MARGIN};
    enum identity_verdict verdict = IDENTITY_UNCLEAR;
    struct barcode codes[8];
    struct image crop;
    struct arena arena;
    int n = 0;
    image_init(&crop);
    arena_init(&arena);
    if (crop_extract(img, map, area, BARCODE_DPI, &crop) == 0 &&
        barcode_read(&crop, &arena, codes, 8, &n) == 0) {
        for (int i = 0; i < n && verdict != IDENTITY_MATCH; i++) {
            bool match = match_pattern(identity->barcode_text, codes[i].text, sheet);
            verdict = match ? IDENTITY_MATCH : IDENTITY_OTHER;
            snprintf(seen, 64, "%.60s", codes[i].text);
        }
    }
    image_finish(&crop);
    arena_finish(&arena);
    return verdict;
}

/* Whether a square lies, at least in part, outside the image. */
static bool is_cut(const struct image *img, const struct page_map *map, const struct rect *bits,
                   int n)
{
    for (int i = 0; i < n; i++)
        if (darkness(img, map, bits[i], 255) < 0)
            return true;
    return false;
}

static enum identity_verdict read_squares(const struct page_identity *identity,
                                          const struct image *img, const struct page_map *map,
                                          double paper, char sheet[SHEET_SERIAL_MAX], char seen[64])
{
    uint64_t page = 0, serial = 0;
    if (is_cut(img, map, identity->page_bits, identity->n_page_bits) ||
        is_cut(img, map, identity->sheet_bits, identity->n_sheet_bits))
        return IDENTITY_CUT;
    double black = black_of_page(identity, img, map, paper);
    if (read_bits(img, map, identity->page_bits, identity->n_page_bits, paper, black, &page) < 0)
        return IDENTITY_UNCLEAR;
    snprintf(seen, 64, "%" PRIu64, page);
    if (identity->n_page_bits > 0 && page != identity->page_value)
        return IDENTITY_OTHER;
    if (read_bits(img, map, identity->sheet_bits, identity->n_sheet_bits, paper, black, &serial) <
        0)
        return IDENTITY_UNCLEAR;
    if (identity->n_sheet_bits > 0)
        snprintf(sheet, SHEET_SERIAL_MAX, "%" PRIu64, serial);
    return IDENTITY_MATCH;
}

enum identity_verdict page_identity_read(const struct page_identity *identity,
                                         const struct image *img, const struct page_map *map,
                                         double paper, char sheet[SHEET_SERIAL_MAX], char seen[64])
{
    sheet[0] = seen[0] = '\0';
    if (identity->barcode.w > 0)
        return read_code(identity, img, map, sheet, seen);
    if (identity->n_page_bits > 0 || identity->n_sheet_bits > 0)
        return read_squares(identity, img, map, paper, sheet, seen);
    return IDENTITY_NONE;
}
