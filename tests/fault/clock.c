/* clock.c - another time of day: FAULT_CLOCK seconds (may be negative) are added to it. Loaded
 * before the program (LD_PRELOAD). */
#include <stdlib.h>
#include <time.h>

time_t time(time_t *ret)
{
    const char *shift = getenv("FAULT_CLOCK");
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec += shift != NULL ? strtol(shift, NULL, 10) : 0;
    if (ret != NULL)
        *ret = now.tv_sec;
    return now.tv_sec;
}
