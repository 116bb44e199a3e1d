#include "guard_options.h"
#include "exam.h"
#include "i18n.h"
#include "messages.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int parse_sandbox(const char *command, const char *text, struct guard_options *options)
{
    if (sandbox_mode_parse(text, &options->sandbox))
        return 0;
    return usage_error(command, _("'%s' is none of 'auto', 'on' and 'off'"), text);
}

int parse_page_limit(const char *command, const char *text, struct guard_options *options)
{
    char *end;
    double seconds = strtod(text, &end);
    if (!*text || *end || !isfinite(seconds) || seconds < 0.1 || seconds > 3600)
        return usage_error(command, _("'%s' is no number of seconds from 0.1 to 3600"), text);
    options->page_seconds = seconds;
    return 0;
}

static void end_at_once(int status, void *nothing)
{
    (void)nothing;
    fflush(NULL);
    _exit(status);
}

void leave_guarded(const struct guard_options *options, struct exam *exam, struct sandbox *sandbox)
{
    if (atomic_load(&options->lost) > 0) {
        on_exit(end_at_once, NULL);
        return;
    }
    sandbox_close(sandbox);
    exam_destroy(exam);
}
