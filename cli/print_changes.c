#include "print_changes.h"

#include "i18n.h"
#include "textfile.h"

void print_changes(FILE *out, const struct score_changes *changes, size_t most)
{
    for (size_t i = 0; i < changes->n && i < most; i++) {
        const struct store_change *c = &changes->changes[i];
        fputs("  ", out);
        text_print(out, c->candidate[0] ? c->candidate : _("(unknown)"));
        fputs(changes->names[i][0] ? " " : "", out);
        text_print(out, changes->names[i]);
        fprintf(out, ": %s -> %s\n", c->before[0] ? c->before : _("nothing"),
                c->after[0] ? c->after : _("nothing"));
    }
    if (changes->n > most)
        fprintf(out, _("  ... and %zu more: yuejuan export EXAM --what changes\n"),
                changes->n - most);
}
