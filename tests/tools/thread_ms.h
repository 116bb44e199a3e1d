/* thread_ms.h - the CPU time of the calling thread, in ms. */
#ifndef YJ_TESTS_THREAD_MS_H
#define YJ_TESTS_THREAD_MS_H

#include <time.h>

static inline double thread_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

#endif
