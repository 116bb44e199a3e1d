/* guard_options.h - what `grade` and `watch` are told about scans of strangers. */
#ifndef YJ_CLI_GUARD_OPTIONS_H
#define YJ_CLI_GUARD_OPTIONS_H

#include "sandbox.h"
#include <stdatomic.h>

struct exam;

struct guard_options {
    enum sandbox_mode sandbox;
    double page_seconds; /* 0: the default */
    atomic_int lost;     /* threads that never came back (grade.h) */
};

/* `auto`, `on` or `off`; EXIT_USAGE. */
int parse_sandbox(const char *command, const char *text, struct guard_options *options);
/* Seconds; EXIT_USAGE. */
int parse_page_limit(const char *command, const char *text, struct guard_options *options);

/* At the end of a run: destroys both, unless a thread is lost that may use them; then the program
 * will end without the libraries' own clearing up, which could not stand that thread. */
void leave_guarded(const struct guard_options *options, struct exam *exam, struct sandbox *sandbox);

#endif
