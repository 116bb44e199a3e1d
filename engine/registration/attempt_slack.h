/* attempt_slack.h - what each kind of registration leaves open; for attempt*.c alone. */
#ifndef YJ_ENGINE_ATTEMPT_SLACK_H
#define YJ_ENGINE_ATTEMPT_SLACK_H

#include "form.h"

/* How far the print may be from a proposal, by what it rests on. */
struct slack {
    double look, refine; /* mm */
    double drift; /* mm: farther from where its marks put it, a part of the print is not trusted:
                     the paper slipped in the feeder, and a row may stand where another should */
    double certainty; /* against a shift by a row. Tied to marks: only asked where print is missing
                         (MARKS_CERTAINTY); to the paper's edge: nothing may fit better elsewhere;
                         to neither: the print decides */
};

const struct slack *attempt_slack(enum registration_kind kind);

#endif
