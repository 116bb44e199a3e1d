/* sandboxed.h - tests of decoding, once within the test and once by decoder processes. */
#ifndef YJ_TESTS_SANDBOXED_H
#define YJ_TESTS_SANDBOXED_H

#include "ingest.h"
#include "sandbox.h"

/* NULL: within the test. */
extern struct sandbox *sandboxed;

/* First of all in main: becomes a decoder process where it was started as one; opens `sandboxed`
 * where an argument says --sandbox. */
void sandboxed_begin(int argc, char **argv);
void sandboxed_end(void);
/* A page that lies in a decoder's memory, in memory of its own. */
void sandboxed_keep(struct image *img);

#endif
