/* store_marks.c - how many fields of marks go to a person, and what to expect of the rest. */
#include "store_internal.h"

#include "diag.h"
#include <math.h>

/* A row a batch. Which readings count: mark_counts_add (reliability.h), and that a person has
 * looked at what is no longer the machine's. */
const char store_marks_by_batch[] =
    "WITH m AS (SELECT s.batch AS batch, 1 - r.confidence AS doubt, "
    "r.status = 'uncertain' OR r.source <> 'machine' AS looked_at "
    "FROM readings r JOIN fields f ON f.id = r.field_id JOIN pages p ON p.id = r.page_id "
    "JOIN scans s ON s.id = p.scan_id "
    "WHERE f.kind IN ('choice', 'grid', 'strip') AND r.status <> 'unread') "
    "SELECT batch, COUNT(*), SUM(looked_at), SUM(CASE looked_at WHEN 0 THEN doubt ELSE 0.0 END) "
    "FROM m GROUP BY batch ORDER BY batch";

struct mark_counts store_mark_counts(sqlite3_stmt *stmt)
{
    struct mark_counts counts = {.fields = sqlite3_column_int64(stmt, 1),
                                 .review = sqlite3_column_int64(stmt, 2),
                                 .silent_expected = sqlite3_column_double(stmt, 3)};

    /* A damaged database may hold any confidence: no more can be wrong than there are. */
    counts.silent_expected = fmin(fmax(counts.silent_expected, 0), (double)counts.fields);
    return counts;
}

int store_count_marks(struct store *store, struct mark_counts *ret, struct diag *d)
{
    struct mark_counts all = {0};
    sqlite3_stmt *stmt;
    int answer, rc = store_statement(store, store_marks_by_batch, &stmt, d);

    if (rc < 0)
        return rc;
    while ((answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct mark_counts batch = store_mark_counts(stmt);

        all.fields += batch.fields;
        all.review += batch.review;
        all.silent_expected += batch.silent_expected;
    }
    sqlite3_reset(stmt);
    if (answer != SQLITE_DONE)
        return store_fault(store, answer, d);
    *ret = all;
    return 0;
}
