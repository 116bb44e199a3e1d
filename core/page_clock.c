#include "page_clock.h"

#include <stddef.h>
#include <time.h>

static const double A_YEAR = 365.25 * 86400;

static double thread_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void page_clock_start(struct page_clock *clock, double limit)
{
    if (clock)
        *clock = (struct page_clock){.limit = limit, .began = thread_seconds()};
}

void page_clock_add_wait(struct page_clock *clock, double seconds)
{
    if (clock)
        clock->waited += seconds;
}

double page_clock_left(const struct page_clock *clock)
{
    return clock ? clock->limit - clock->waited - (thread_seconds() - clock->began) : A_YEAR;
}

bool page_clock_is_up(const struct page_clock *clock)
{
    return page_clock_left(clock) <= 0;
}
