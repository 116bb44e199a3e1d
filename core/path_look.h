/* path_look.h - does a path answer at all?
 *
 * A share whose server is gone keeps whoever asks for a path of it waiting, mostly for ever, in a
 * call that nothing interrupts. So a path that somebody named is looked at on a thread of its own
 * first (errand.h). What it is, and whether it is there, is not asked: whoever opens it tells that
 * better. */
#ifndef YJ_CORE_PATH_LOOK_H
#define YJ_CORE_PATH_LOOK_H

#include <stdbool.h>

struct diag;
struct errands;

/* Looks at the path itself and, where it is a file or a folder, at the beginning of what it holds.
 * False: nothing came for so many seconds. `errands` does it; NULL: a thread for this one look. */
bool path_answers(const char *path, double seconds, struct errands *errands);
/* The same with PAGE_SECONDS: 0, or YJ_EINPUT, told. */
int path_look(const char *path, struct diag *d);

#endif
