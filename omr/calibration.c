#include "calibration.h"

#include "models/calibration.h"

#include <math.h>
#include <stddef.h>

#define STEPS (sizeof(calibration_steps) / sizeof(*calibration_steps))

double calibration_sureness(double probability)
{
    double doubt = 1 - probability;
    return doubt <= pow(10, -SURENESS_MAX) ? SURENESS_MAX : doubt >= 1 ? 0 : -log10(doubt);
}

double calibration_confidence(double sureness)
{
    const struct calibration_step *s = calibration_steps;
    size_t i = 0;
    while (i < STEPS && s[i].sureness < sureness)
        i++;
    if (i == 0)
        return 1 - pow(10, -s[0].confidence);
    if (i == STEPS)
        return 1 - pow(10, -s[STEPS - 1].confidence);
    double t = (sureness - s[i - 1].sureness) / (s[i].sureness - s[i - 1].sureness);
    return 1 - pow(10, -(s[i - 1].confidence + t * (s[i].confidence - s[i - 1].confidence)));
}

static size_t best_step(void)
{
    size_t best = 0;
    for (size_t i = 1; i < STEPS; i++)
        if (calibration_steps[i].silent_most < calibration_steps[best].silent_most)
            best = i;
    return best;
}

double calibration_least_sureness(double max_silent_error)
{
    if (max_silent_error <= 0)
        return 0;
    for (size_t i = 0; i < STEPS; i++)
        if (calibration_steps[i].silent_most <= max_silent_error)
            return i == 0 ? 0 : calibration_steps[i].sureness;
    return calibration_steps[best_step()].sureness;
}

double calibration_best_promise(void)
{
    return calibration_steps[best_step()].silent_most;
}
