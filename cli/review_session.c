#include "review_session.h"

#include "diag.h"
#include "exam_argument.h"

/* What the stored key or roster warns of was told when they were put there. */
static int get_stored_exam(struct store *store, struct exam **ret_exam, struct diag *d)
{
    struct diag of_store;
    int rc;

    diag_init(&of_store);
    rc = store_get_exam(store, ret_exam, &of_store);
    for (size_t i = 0; i < of_store.count && rc < 0; i++) {
        const struct diag_entry *e = &of_store.entries[i];
        if (e->level == DIAG_ERROR)
            diag_error(d, rc, e->file, e->line, e->column, e->hint, "%s", e->what);
    }
    diag_finish(&of_store);
    return rc;
}

int review_session_open(const char *argument, const char *db, enum store_mode mode,
                        struct review_session *session, struct diag *d)
{
    struct exam *of_files = NULL;
    int rc;

    *session = (struct review_session){0};
    rc = exam_argument_open(argument, db, mode, &session->store, &of_files, d);
    if (rc == 0)
        rc = get_stored_exam(session->store, &session->exam, d);
    if (rc == 0)
        session->second_entry = session->exam->second_entry || (of_files && of_files->second_entry);
    exam_destroy(of_files);
    return rc;
}

void review_session_close(struct review_session *session)
{
    exam_destroy(session->exam);
    store_close(session->store);
    *session = (struct review_session){0};
}
