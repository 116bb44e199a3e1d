/* review_session.h - what every `review` command opens: the database, and the exam as it was stored
 * with the scores. */
#ifndef YJ_CLI_REVIEW_SESSION_H
#define YJ_CLI_REVIEW_SESSION_H

#include "exam.h"
#include "store.h"
#include <stdbool.h>

struct diag;

struct review_session {
    struct store *store;
    struct exam *exam;
    /* The exam asks for it, as it was stored or as its files have it now: a wish that was only just
     * written down holds at once, one that was taken back holds until the next regrade. */
    bool second_entry;
};

/* Opens the database of EXAM, or `db` where it is not NULL. The session is the caller's to close,
 * also after a failure. */
int review_session_open(const char *argument, const char *db, enum store_mode mode,
                        struct review_session *session, struct diag *d);
void review_session_close(struct review_session *session);

#endif
