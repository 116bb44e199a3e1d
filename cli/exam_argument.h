/* exam_argument.h - EXAM on the command line of a command that needs no image: the exam's folder,
 * its exam.yaml, or the database that `grade` made. */
#ifndef YJ_CLI_EXAM_ARGUMENT_H
#define YJ_CLI_EXAM_ARGUMENT_H

#include "exam.h"
#include "store.h"

struct diag;

/* Opens the database of `argument` (or `db`, where it is not NULL). *ret_exam is the exam as its
 * files have it now; NULL where the argument is the database itself. Both are the caller's. A
 * database that does not exist is told, never made. With STORE_READ all that is read is of one
 * moment, whatever a writer commits meanwhile, until store_rollback or store_close. */
int exam_argument_open(const char *argument, const char *db, enum store_mode mode,
                       struct store **ret_store, struct exam **ret_exam, struct diag *d);

#endif
