/* page_clock.h - how long one page has had.
 *
 * What its thread computes (CPU time) and what it waits for other processes (counted by whoever
 * waits) are added up. Not the clock on the wall: a program that was stopped for a coffee, or has
 * to share its core with five others, has not spent that time on the page. Every function takes
 * NULL for a clock that never runs out. */
#ifndef YJ_CORE_PAGE_CLOCK_H
#define YJ_CORE_PAGE_CLOCK_H

#include <stdbool.h>

/* s; a page of 200 dpi takes 0.02, one of 200 million pixels 2 to 4. */
#define PAGE_SECONDS 10.0

struct page_clock {
    double limit;  /* s */
    double waited; /* s, for others */
    double began;  /* CPU s of the thread */
};

/* From now on, on this thread. */
void page_clock_start(struct page_clock *clock, double limit);
void page_clock_add_wait(struct page_clock *clock, double seconds);
/* s; negative when time is up; without a clock a year. */
double page_clock_left(const struct page_clock *clock);
bool page_clock_is_up(const struct page_clock *clock);

#endif
