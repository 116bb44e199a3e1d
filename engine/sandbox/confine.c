#include "confine.h"
#include "call_filter.h"
#include "landlock_rules.h"

#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif
#else
static const bool sanitized = false;
#endif

/* Of a picture of 200 million pixels: its rows, libtiff's raster (320 MB), a progressive JPEG's
 * coefficients (600 MB), colours (400 MB), a stream that inflates to 512 MB, and room to grow it.
 */
static const rlim_t DECODER_MEMORY = (rlim_t)3 << 30;
static const rlim_t DECODER_SECONDS = 3600; /* in all: should it run on when nobody waits */
static const rlim_t DECODER_FILE = ((rlim_t)512 << 20) + (1 << 20); /* a ZIP's member, just over */
static const rlim_t DECODER_FILES = 64;

static const rlim_t DRAWER_MEMORY = (rlim_t)4 << 30;
static const rlim_t DRAWER_FILE = 1 << 20; /* its messages; the page comes by a pipe */

static void limit(int resource, rlim_t most)
{
    struct rlimit now, l = {most, most};
    if (getrlimit(resource, &now) == 0 && now.rlim_max < most) /* what was set is kept */
        l.rlim_cur = l.rlim_max = now.rlim_max;
    setrlimit(resource, &l);
}

bool confine_is_sanitized(void)
{
    return sanitized;
}

unsigned confine_decoder(int *ret_listener)
{
    unsigned given_up = CONFINED_LIMITS;
    *ret_listener = -1;
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, DECODER_FILES);
    limit(RLIMIT_FSIZE, DECODER_FILE);
    limit(RLIMIT_CPU, DECODER_SECONDS);
    if (sanitized)
        return given_up | CONFINED_SANITIZED;
    limit(RLIMIT_DATA, DECODER_MEMORY);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    int ruleset = landlock_rules_create();
    if (ruleset >= 0) {
        given_up |= landlock_rules_enforce(ruleset) ? CONFINED_FILES : 0u;
        close(ruleset);
    }
    return given_up | (call_filter_decoder(ret_listener) ? CONFINED_CALLS : 0u);
}

void drawer_confinement_init(struct drawer_confinement *c, int input, unsigned cpu_seconds)
{
    static const char *const folders[] = {"/usr",
                                          "/lib",
                                          "/lib64",
                                          "/bin",
                                          "/etc/fonts",
                                          "/etc/ld.so.cache",
                                          "/etc/ld.so.preload",
                                          "/etc/localtime",
                                          "/var/cache/fontconfig",
                                          "/opt",
                                          "/dev/null"};
    *c = (struct drawer_confinement){.ruleset = landlock_rules_create(), .seconds = cpu_seconds};
    for (size_t i = 0; c->ruleset >= 0 && i < sizeof folders / sizeof *folders; i++)
        landlock_rules_allow_reading(c->ruleset, folders[i]);
    if (c->ruleset >= 0)
        landlock_rules_allow_file(c->ruleset, input);
}

void drawer_confinement_finish(struct drawer_confinement *c)
{
    if (c->ruleset >= 0)
        close(c->ruleset);
    c->ruleset = -1;
}

void confine_drawer(const struct drawer_confinement *c)
{
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_AS, DRAWER_MEMORY);
    limit(RLIMIT_FSIZE, DRAWER_FILE);
    limit(RLIMIT_CPU, c->seconds); /* also when we are killed */
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (c->ruleset >= 0)
        landlock_rules_enforce(c->ruleset);
    call_filter_drawer();
}
