#include "guard_options.h"
#include "i18n.h"
#include "messages.h"
#include <math.h>
#include <stdlib.h>

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
