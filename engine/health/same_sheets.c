#include "same_sheets.h"

#include <math.h>

#define LEAST_MARKS 96.0 /* grey levels over all cells: two or three marks; less shows nothing */
#define MAX_GAIN 1.25    /* one scan may be that much darker than the other */

void same_sheets_learn(const uint8_t fingerprint[HEALTH_CELLS], uint8_t base[HEALTH_CELLS])
{
    for (int c = 0; c < HEALTH_CELLS; c++)
        base[c] = fingerprint[c] < base[c] ? fingerprint[c] : base[c];
}

double same_sheets_distance(const uint8_t a[HEALTH_CELLS], const uint8_t b[HEALTH_CELLS],
                            const uint8_t base[HEALTH_CELLS])
{
    double aa = 0, ab = 0, sum_a = 0, sum_b = 0, difference = 0;
    for (int c = 0; c < HEALTH_CELLS; c++) {
        double x = a[c] - base[c], y = b[c] - base[c];
        aa += x * x;
        ab += x * y;
        sum_a += x;
        sum_b += y;
    }
    if (sum_a < LEAST_MARKS || sum_b < LEAST_MARKS)
        return 1;
    double gain = fmin(fmax(ab / aa, 1 / MAX_GAIN), MAX_GAIN);
    for (int c = 0; c < HEALTH_CELLS; c++)
        difference += fabs(b[c] - base[c] - gain * (a[c] - base[c]));
    return difference / sum_b;
}
