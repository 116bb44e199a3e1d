/* confine.h - what a process gives up before it touches untrusted bytes.
 *
 * Two kinds of process: a decoder, which confines itself once its libraries are loaded and keeps
 * memory, one socket and the files it is handed; and a drawer (`pdftoppm`), another program that
 * is confined between fork and exec and may read the system's libraries and fonts. See
 * docs/design/sandbox.md for why each thing is let or not. Kernels without Landlock or seccomp are
 * told from the return, not by an error. Knows nothing of scans. */
#ifndef YJ_ENGINE_SANDBOX_CONFINE_H
#define YJ_ENGINE_SANDBOX_CONFINE_H

#include <stdbool.h>

/* A set of these is what a process has given up. */
enum confinement {
    CONFINED_LIMITS = 1,   /* memory, core files, open files, CPU */
    CONFINED_FILES = 2,    /* Landlock */
    CONFINED_CALLS = 4,    /* seccomp */
    CONFINED_SANITIZED = 8 /* built with sanitizers, whose own calls stand against it */
};
#define CONFINED_WHOLLY (CONFINED_LIMITS | CONFINED_FILES | CONFINED_CALLS)

/* Built with sanitizers, which need what a confinement takes. */
bool confine_is_sanitized(void);

/* This process becomes a decoder: opens no file, makes no process, has no network from now on.
 * Returns what it has given up. *ret_listener is for the parent (handoff.h), -1: there is none.
 * Once, single-threaded. */
unsigned confine_decoder(int *ret_listener);

/* ---- another program ---- */

/* Made before fork; used after it by system calls alone. */
struct drawer_confinement {
    int ruleset; /* Landlock; -1: none */
    unsigned seconds;
};
/* `input` is the one file it may read beside the system's. */
void drawer_confinement_init(struct drawer_confinement *c, int input, unsigned cpu_seconds);
void drawer_confinement_finish(struct drawer_confinement *c);
/* In the child, before exec; async-signal-safe. */
void confine_drawer(const struct drawer_confinement *c);

#endif
