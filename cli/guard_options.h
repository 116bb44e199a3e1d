/* guard_options.h - what `grade` and `watch` are told about scans of strangers. */
#ifndef YJ_CLI_GUARD_OPTIONS_H
#define YJ_CLI_GUARD_OPTIONS_H

#include "sandbox.h"

struct guard_options {
    enum sandbox_mode sandbox;
    double page_seconds; /* 0: the default */
};

/* `auto`, `on` or `off`; EXIT_USAGE. */
int parse_sandbox(const char *command, const char *text, struct guard_options *options);
/* Seconds; EXIT_USAGE. */
int parse_page_limit(const char *command, const char *text, struct guard_options *options);

#endif
