/* explain_print.h - an explanation as people and as programs read it. */
#ifndef YJ_CLI_EXPLAIN_PRINT_H
#define YJ_CLI_EXPLAIN_PRINT_H

#include "explain.h"
#include <stdio.h>

/* Columns under each other, whatever the width of their letters. */
void explain_print(FILE *out, const struct explanation *e);
/* One JSON object; points are exact texts ("10/3"). */
void explain_print_json(FILE *out, const struct explanation *e);

#endif
