/* A file of decisions for `review set --from`, and what becomes of it. */
#include "decision_file.h"
#include "diag.h"
#include "fuzz.h"
#include "fuzz_store.h"

#include <stdlib.h>

static struct store *store;
static struct exam *exam;

static void close_store(void)
{
    exam_destroy(exam);
    store_close(store);
}

static void open_store(void)
{
    struct diag d;
    diag_init(&d);
    if (store_open(fuzz_store_file("decided.db", false), STORE_WRITE, &store, &d) < 0 ||
        store_get_exam(store, &exam, &d) < 0)
        abort();
    diag_finish(&d);
    atexit(close_store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct decision_file file;
    struct review_outcome outcome;
    struct diag d;
    if (!store)
        open_store();
    diag_init(&d);
    int rc = decision_file_load(fuzz_file("decisions.csv", data, size), "", &file, &d);
    if ((rc == 0) != (d.errors == 0))
        __builtin_trap();
    if (rc == 0) {
        const struct review_orders orders = {file.decisions,  file.n,       "x", "",
                                             "decisions.csv", size % 2 == 1};
        if (store_begin(store, &d) < 0)
            abort();
        rc = review_decide(store, exam, &orders, &outcome, &d);
        if ((rc == 0) != (d.errors == 0) ||
            (rc == 0 && outcome.decided + outcome.entered + outcome.differ > file.n))
            __builtin_trap();
        store_rollback(store);
        decision_file_finish(&file);
    }
    diag_finish(&d);
    return 0;
}
