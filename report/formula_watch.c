#include "formula_watch.h"

#include "diag.h"
#include "i18n.h"
#include <stdlib.h>
#include <string.h>

bool text_is_formula(const char *text)
{
    if (!text[0] || !strchr("=+-@\t\r", text[0]))
        return false;
    if (text[0] != '+' && text[0] != '-')
        return true;
    /* "-5" is a number, and a sign alone or a row of them is a text. */
    const char *rest = text + strspn(text, "+-");
    if (!*rest)
        return false;
    char *end;
    strtod(text, &end);
    return end == text || *end;
}

void formula_watch_look(struct formula_watch *watch, const char *text)
{
    if (!text_is_formula(text))
        return;
    if (watch->n++ == 0)
        watch->first = strdup(text);
}

void formula_watch_tell(const struct formula_watch *watch, struct diag *d)
{
    if (watch->n > 0)
        diag_warning(d, NULL, 0, 0, _("open it with --format xlsx, or import the column as text"),
                     _("texts that a spreadsheet would take for formulas: %ld, the first '%.80s'"),
                     watch->n, watch->first ? watch->first : "");
}

void formula_watch_finish(struct formula_watch *watch)
{
    free(watch->first);
    *watch = (struct formula_watch){0};
}
