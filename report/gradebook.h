/* gradebook.h - scores as Moodle and Canvas take them in (CSV).
 *
 * Moodle (Grades, Import, CSV): `ID number,Full name,TITLE`; the importer asks which column names
 * the user ("ID number") and which grade item the last one is.
 * Canvas (Gradebook, Import): `Student,ID,SIS User ID,SIS Login ID,Section,TITLE` and a row "Points
 * Possible"; `ID` is Canvas's own and stays empty: it then looks for the SIS user id, the login and
 * the name, in this order (lib/gradebook_importer.rb).
 *
 * Only a candidate whose status is scored has a number; and nobody stands in it twice. */
#ifndef YJ_REPORT_GRADEBOOK_H
#define YJ_REPORT_GRADEBOOK_H

#include "store.h"
#include <stdio.h>

enum gradebook { GRADEBOOK_MOODLE, GRADEBOOK_CANVAS };

/* Writes all candidates that have a number; who has no grade is counted in `d`, as a warning.
 * `name` is what messages call `out`. YJ_EINPUT: nothing is scored here. */
int gradebook_write(struct store *store, enum gradebook gradebook, FILE *out, const char *name,
                    struct diag *d);

#endif
