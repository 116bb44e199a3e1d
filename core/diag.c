#include "diag.h"

#include "i18n.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void diag_init(struct diag *d)
{
    *d = (struct diag){0};
}

static void entry_finish(struct diag_entry *e)
{
    free(e->file);
    free(e->what);
    free(e->hint);
}

void diag_finish(struct diag *d)
{
    for (size_t i = 0; i < d->count; i++)
        entry_finish(&d->entries[i]);
    free(d->entries);
    diag_init(d);
}

/* An entry that cannot be kept for lack of memory still counts, so that nobody takes the input for
 * good. */
static void diag_add(struct diag *d, enum diag_level level, const char *file, int line, int column,
                     const char *hint, const char *fmt, va_list args)
{
    if (level == DIAG_ERROR)
        d->errors++;
    if (d->count == d->capacity) {
        size_t capacity = d->capacity ? d->capacity * 2 : 8;
        struct diag_entry *grown = realloc(d->entries, capacity * sizeof(*grown));
        if (!grown)
            return;
        d->entries = grown;
        d->capacity = capacity;
    }
    struct diag_entry e = {.level = level, .line = line, .column = column};
    if (vasprintf(&e.what, fmt, args) < 0)
        return;
    e.file = file ? strdup(file) : NULL;
    e.hint = hint ? strdup(hint) : NULL;
    d->entries[d->count++] = e;
}

int diag_error(struct diag *d, int code, const char *file, int line, int column, const char *hint,
               const char *fmt, ...)
{
    if (d) {
        va_list args;
        va_start(args, fmt);
        diag_add(d, DIAG_ERROR, file, line, column, hint, fmt, args);
        va_end(args);
    }
    return code;
}

void diag_warning(struct diag *d, const char *file, int line, int column, const char *hint,
                  const char *fmt, ...)
{
    if (!d)
        return;
    va_list args;
    va_start(args, fmt);
    diag_add(d, DIAG_WARNING, file, line, column, hint, fmt, args);
    va_end(args);
}

static void entry_print(const struct diag_entry *e, FILE *out)
{
    if (e->file && e->line > 0 && e->column > 0)
        fprintf(out, "%s:%d:%d: ", e->file, e->line, e->column);
    else if (e->file && e->line > 0)
        fprintf(out, "%s:%d: ", e->file, e->line);
    else if (e->file)
        fprintf(out, "%s: ", e->file);
    else
        fputs("yuejuan: ", out);
    fprintf(out, "%s: %s", e->level == DIAG_ERROR ? _("error") : _("warning"), e->what);
    if (e->hint)
        fprintf(out, " (%s)", e->hint);
    fputc('\n', out);
}

void diag_print(const struct diag *d, FILE *out)
{
    for (size_t i = 0; i < d->count; i++)
        entry_print(&d->entries[i], out);
    if (d->count == 0 && d->errors > 0)
        fprintf(out, "yuejuan: %s: %s\n", _("error"), _("out of memory"));
}
