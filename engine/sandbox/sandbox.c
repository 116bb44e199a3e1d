#include "sandbox.h"
#include "confine.h"
#include "diag.h"
#include "i18n.h"
#include "starter.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct sandbox {
    struct starter *starter;
    pthread_mutex_t lock; /* guards what follows */
    struct helper **idle;
    size_t n_idle, capacity;
};

bool sandbox_mode_parse(const char *text, enum sandbox_mode *ret_mode)
{
    static const char *const names[] = {
        [SANDBOX_AUTO] = "auto", [SANDBOX_ON] = "on", [SANDBOX_OFF] = "off"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *ret_mode = (enum sandbox_mode)i;
            return true;
        }
    return false;
}

int sandbox_borrow(struct sandbox *sandbox, struct helper **ret_helper)
{
    struct helper *helper = NULL;
    pthread_mutex_lock(&sandbox->lock);
    if (sandbox->n_idle > 0)
        helper = sandbox->idle[--sandbox->n_idle];
    pthread_mutex_unlock(&sandbox->lock);
    if (!helper)
        return helper_create(sandbox->starter, ret_helper);
    *ret_helper = helper;
    return 0;
}

static bool make_room(struct sandbox *sandbox)
{
    if (sandbox->n_idle < sandbox->capacity)
        return true;
    size_t larger = sandbox->capacity ? 2 * sandbox->capacity : 8;
    struct helper **idle = realloc(sandbox->idle, larger * sizeof(struct helper *));
    if (!idle)
        return false;
    sandbox->idle = idle;
    sandbox->capacity = larger;
    return true;
}

void sandbox_give_back(struct sandbox *sandbox, struct helper *helper)
{
    if (!helper)
        return;
    pthread_mutex_lock(&sandbox->lock);
    bool kept = make_room(sandbox);
    if (kept)
        sandbox->idle[sandbox->n_idle++] = helper;
    pthread_mutex_unlock(&sandbox->lock);
    if (!kept)
        helper_destroy(helper);
}

static int create(struct sandbox **ret)
{
    struct sandbox *sandbox = calloc(1, sizeof *sandbox);
    if (!sandbox)
        return YJ_ENOMEM;
    pthread_mutex_init(&sandbox->lock, NULL);
    if (starter_create(&sandbox->starter) < 0) {
        sandbox_close(sandbox);
        return YJ_ENOMEM;
    }
    *ret = sandbox;
    return 0;
}

void sandbox_close(struct sandbox *sandbox)
{
    if (!sandbox)
        return;
    for (size_t i = 0; i < sandbox->n_idle; i++)
        helper_destroy(sandbox->idle[i]);
    free(sandbox->idle);
    starter_destroy(sandbox->starter);
    pthread_mutex_destroy(&sandbox->lock);
    free(sandbox);
}

/* What lacks, in words; NULL: nothing. */
static const char *describe_lack(unsigned confinement)
{
    if (confinement & CONFINED_SANITIZED)
        return _("this build has sanitizers, which cannot be confined");
    bool files = confinement & CONFINED_FILES, calls = confinement & CONFINED_CALLS;
    if (!files && !calls)
        return _("this kernel has neither seccomp nor Landlock");
    if (!calls)
        return _("this kernel has no seccomp");
    return files ? NULL : _("this kernel has no Landlock");
}

static int refuse(struct diag *d, const char *why)
{
    return diag_error(d, YJ_EINPUT, NULL, 0, 0, _("use --sandbox=auto, and trust every scan"),
                      _("scans cannot be decoded in a sandbox: %s"), why);
}

/* `error` is the errno of starting a helper, 0 where one was. */
static int judge(enum sandbox_mode mode, int error, unsigned confinement, struct diag *d)
{
    const char *lack = error != 0 ? strerror(error) : describe_lack(confinement);
    if (!lack || (mode == SANDBOX_AUTO && confinement & CONFINED_SANITIZED))
        return 0;
    if (mode == SANDBOX_ON)
        return refuse(d, lack);
    diag_warning(d, NULL, 0, 0, _("give no scans of strangers to this machine"),
                 error != 0 ? _("scans are decoded without a sandbox: %s")
                            : _("scans are decoded in a weaker sandbox: %s"),
                 lack);
    return 0;
}

int sandbox_open(enum sandbox_mode mode, struct sandbox **ret_sandbox, struct diag *d)
{
    struct sandbox *sandbox = NULL;
    struct helper *helper = NULL;
    *ret_sandbox = NULL;
    if (mode == SANDBOX_OFF)
        return 0;
    int r = create(&sandbox);
    if (r == 0)
        r = sandbox_borrow(sandbox, &helper);
    if (r < 0) {
        sandbox_close(sandbox);
        return r;
    }
    int error = helper_start(helper);
    r = judge(mode, error, helper_confinement(helper), d);
    sandbox_give_back(sandbox, helper);
    if (r < 0 || error != 0) {
        sandbox_close(sandbox);
        return r;
    }
    *ret_sandbox = sandbox;
    return 0;
}
