/* sheet_run.h - one candidate's sheet from the press to the scan file and its rows of truth.
 *
 * A bench is a worker's own: surfaces, scratch, scanner. What it shares with the others (print
 * shop, paper, noise) is only read, or guards itself. */
#ifndef YJ_SIMULATE_SHEET_RUN_H
#define YJ_SIMULATE_SHEET_RUN_H

#include "exam.h"
#include "markup.h"
#include "press.h"
#include "scanner.h"
#include "simulate.h"
#include "truth.h"

struct diag;

/* Of the whole run; outlives its benches. */
struct workshop {
    const struct exam *exam;
    const struct simulate_settings *settings;
    int damage, manner; /* -1: the profile's mixture; damage -2: none */
    const char *scans;  /* folder */
    struct print_shop *shop;
    struct optics_noise noise;
    uint8_t tooth[TOOTH_SIDE * TOOTH_SIDE];
};

struct bench {
    struct surface sheet, other;
    struct bare_page bare;
    struct image seen, seen_bare; /* the scans of sheet and bare page */
    struct surface green, blue;   /* a sheet that a teacher marked: `sheet` is the red light's */
    uint8_t *rgb;                 /* the scan of it, three bytes a pixel */
    size_t rgb_size;
    struct given_points *given; /* [n_given] */
    int n_given;
    struct written *written; /* [n_written] */
    int n_written;
    struct capture capture;
    struct page_plan plan;
    struct trace trace;
};

void bench_init(struct bench *b);
void bench_finish(struct bench *b);

/* Makes sheet `index` (from 0): its file in scans, its rows in rows[TRUTH_TABLES], each the
 * caller's to free. YJ_EIO, YJ_ENOMEM, YJ_EINPUT. */
int bench_make_sheet(struct bench *b, const struct workshop *shop, int index,
                     char *rows[TRUTH_TABLES], struct diag *d);

#endif
