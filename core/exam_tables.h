/* exam_tables.h - key, versions, points and roster of an exam held against its forms and against
 * each other; the same for an exam out of its files and out of the database. */
#ifndef YJ_CORE_EXAM_TABLES_H
#define YJ_CORE_EXAM_TABLES_H

#include "exam.h"

struct diag;

/* 0 where there is no key and nothing that needs one. YJ_EINPUT, YJ_ENOMEM. */
int exam_check_tables(struct exam *exam, struct diag *d);

#endif
