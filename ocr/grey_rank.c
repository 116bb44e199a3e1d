#include "grey_rank.h"

/* Paper is nearly all one grey: a count that waits for the one before takes its time, so that there
 * are four. */
static void count_greys(const uint8_t *row, int n, uint32_t counts[4][256])
{
    int x = 0;
    for (; x + 4 <= n; x += 4) {
        counts[0][row[x]]++;
        counts[1][row[x + 1]]++;
        counts[2][row[x + 2]]++;
        counts[3][row[x + 3]]++;
    }
    for (; x < n; x++)
        counts[0][row[x]]++;
}

int grey_rank(const uint8_t *at, ptrdiff_t stride, int width, int height, size_t darker)
{
    uint32_t counts[4][256] = {{0}};
    for (int y = 0; y < height; y++)
        count_greys(at + y * stride, width, counts);
    size_t seen = 0;
    for (int grey = 0; grey < 255; grey++) {
        seen += (size_t)counts[0][grey] + counts[1][grey] + counts[2][grey] + counts[3][grey];
        if (seen > darker)
            return grey;
    }
    return 255;
}
