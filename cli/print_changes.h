/* print_changes.h - who has another score now, for the person at the terminal. */
#ifndef YJ_CLI_PRINT_CHANGES_H
#define YJ_CLI_PRINT_CHANGES_H

#include "score_changes.h"
#include <stdio.h>

/* The first `most` of them ("  11 An: 9 -> 11"), and where the others are. */
void print_changes(FILE *out, const struct score_changes *changes, size_t most);

#endif
