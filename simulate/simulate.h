/* simulate.h - candidates' filled, printed and scanned sheets, with the truth.
 *
 * A candidate means an answer to each field, marks it in a manner of their own (pen, care, habits),
 * the sheet lives through its day (folds, stains, erasing), and a scanner or a phone sees it. Every
 * choice is drawn from the seed: page i of (form, profile, seed) is the same bytes whatever n and
 * jobs are. Shares no code with the readers but the form and its geometry. docs/simulate.md says
 * what each profile holds and where its shares come from. */
#ifndef YJ_SIMULATE_SIMULATE_H
#define YJ_SIMULATE_SIMULATE_H

#include "exam.h"
#include <stdbool.h>
#include <stdint.h>

struct diag;

enum simulate_profile {
    PROFILE_OFFICE, /* a document scanner, ordinary pupils told to fill with a 2B pencil or a pen */
    PROFILE_ROUGH,  /* an old copier, careless pupils */
    PROFILE_PHONE,  /* phone photos on a desk */
};

struct simulate_settings {
    int n_sheets;
    uint64_t seed;
    enum simulate_profile profile;
    double dpi; /* of the scan; 0: the profile's own mixture (office 200, rough 150 to 200) */
    const char
        *damage; /* only this kind, on every page; "none": no damage; NULL: the profile's mixture */
    const char *manner; /* only this manner of marking; NULL: the profile's mixture */
    bool restless;      /* everyone often erases, strikes out and marks twice: to train with */
    int jobs;           /* 0: all cores */
};

/* Writes DIR/scans/ (as docs/simulate.md says), DIR/truth.csv, DIR/marks.csv, DIR/pages.csv; DIR is
 * made; YJ_EINPUT where it already holds something, or damage or manner has an unknown name.
 * YJ_EIO, YJ_ENOMEM. Candidates come from the exam's roster, or are numbered. `progress` may be
 * NULL. */
int simulate_run(const struct exam *exam, const struct simulate_settings *settings, const char *dir,
                 void (*progress)(void *user, int done, int total), void *user, struct diag *d);

/* Names for --profile, --damage and --manner, NULL-terminated, in the order reports list them. */
const char *const *simulate_profile_names(void);
const char *const *simulate_damage_names(void);
const char *const *simulate_manner_names(void);

#endif
