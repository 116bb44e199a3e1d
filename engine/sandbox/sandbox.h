/* sandbox.h - where scans are decoded: in processes that can do no harm, or in this one.
 *
 * A sandbox keeps helpers from batch to batch; each thread that decodes borrows one. See
 * docs/design/sandbox.md. */
#ifndef YJ_ENGINE_SANDBOX_H
#define YJ_ENGINE_SANDBOX_H

#include "helper.h"

struct diag;
struct sandbox;

enum sandbox_mode {
    SANDBOX_AUTO, /* as far as this machine can; what lacks is told */
    SANDBOX_ON,   /* wholly, or not at all */
    SANDBOX_OFF,
};

/* "auto", "on", "off"; false: something else. */
bool sandbox_mode_parse(const char *text, enum sandbox_mode *ret_mode);
/* Starts the first helper, to know what can be had. *ret_sandbox is NULL where scans are to be
 * decoded in this process. YJ_EINPUT: ON, and not to be had; YJ_ENOMEM. */
int sandbox_open(enum sandbox_mode mode, struct sandbox **ret_sandbox, struct diag *d);
/* After every helper came back; NULL does nothing. */
void sandbox_close(struct sandbox *sandbox);

/* A helper for this thread, to be given back. YJ_ENOMEM. */
int sandbox_borrow(struct sandbox *sandbox, struct helper **ret_helper);
void sandbox_give_back(struct sandbox *sandbox, struct helper *helper);

#endif
