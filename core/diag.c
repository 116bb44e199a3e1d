#include "diag.h"

#include "i18n.h"
#include "textfile.h"

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
    if (level == DIAG_ERROR && ++d->errors > DIAG_MAX_KEPT) {
        d->unkept++;
        return;
    }
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
    text_print(out, e->file ? e->file : "yuejuan");
    if (e->file && e->line > 0)
        fprintf(out, ":%d", e->line);
    if (e->file && e->line > 0 && e->column > 0)
        fprintf(out, ":%d", e->column);
    fprintf(out, ": %s: ", e->level == DIAG_ERROR ? _("error") : _("warning"));
    text_print(out, e->what);
    if (e->hint) {
        fputs(" (", out);
        text_print(out, e->hint);
        fputc(')', out);
    }
    fputc('\n', out);
}

/* A file with thousands of mistakes is another file: nobody reads on. */
static size_t count_printed(const struct diag *d)
{
    return d->count > DIAG_MAX_PRINTED && d->errors > 0 ? DIAG_MAX_PRINTED : d->count;
}

void diag_print(const struct diag *d, FILE *out)
{
    size_t n = count_printed(d);
    for (size_t i = 0; i < n; i++)
        entry_print(&d->entries[i], out);
    if (n < d->count)
        fprintf(out, _("yuejuan: and %zu more of these\n"), d->count - n + d->unkept);
    if (d->count == 0 && d->errors > 0)
        fprintf(out, "yuejuan: %s: %s\n", _("error"), _("out of memory"));
}
