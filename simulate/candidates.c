#include "candidates.h"

#include "diag.h"
#include "i18n.h"
#include "pupil.h"
#include "rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PURPOSE_NUMBERS 0x4e756d62

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* One of 0 .. total - 1 for each index, none twice before all are used. */
static uint64_t scatter(uint64_t index, uint64_t total, uint64_t seed)
{
    struct rng rng = rng_stream(seed, 0, 0, PURPOSE_NUMBERS);
    uint64_t start = rng_next(&rng) % total, step = (uint64_t)((double)total * 0.6180339887) | 1;
    while (common_divisor(step, total) != 1)
        step++;
    return (uint64_t)(((__uint128_t)index * step + start) % total);
}

static const struct field *candidate_field(const struct form *form)
{
    return form->candidate >= 0 ? &form->fields[form->candidate] : NULL;
}

/* Options of the column that begins at bubble `first`. */
static int options_of_column(const struct field *f, int first)
{
    int n = 0;
    while (first + n < f->n_bubbles && f->bubbles[first + n].column == f->bubbles[first].column)
        n++;
    return n;
}

static void number_for_grid(const struct field *f, int index, uint64_t seed,
                            char name[CANDIDATE_MAX])
{
    uint64_t total = 1;
    for (int first = 0, n; first < f->n_bubbles; first += n) {
        n = options_of_column(f, first);
        if (total < UINT64_MAX / 4 / (uint64_t)n)
            total *= (uint64_t)n;
    }
    uint64_t number = scatter((uint64_t)index, total, seed);
    size_t used = 0;
    for (int first = 0, n; first < f->n_bubbles; first += n) {
        n = options_of_column(f, first);
        const char *option = f->options[f->bubbles[first + (int)(number % (uint64_t)n)].option];
        number /= (uint64_t)n;
        if (used + strlen(option) + 1 < CANDIDATE_MAX)
            used += (size_t)snprintf(name + used, CANDIDATE_MAX - used, "%s", option);
    }
}

void candidate_name(const struct exam *exam, const struct form *form, int index, uint64_t seed,
                    char name[CANDIDATE_MAX])
{
    const struct field *f = candidate_field(form);
    name[0] = '\0';
    if (exam->roster && index < exam->roster->n_entries)
        snprintf(name, CANDIDATE_MAX, "%s", exam->roster->entries[index].candidate);
    else if (f && f->kind == FIELD_GRID)
        number_for_grid(f, index, seed, name);
    else if (f)
        snprintf(name, CANDIDATE_MAX, "%08d", (int)scatter((uint64_t)index, 100000000, seed));
}

int candidates_check(const struct exam *exam, int n, struct diag *d)
{
    int rc = 0;
    for (int i = 0; exam->roster && i < exam->roster->n_entries && i < n; i++) {
        const struct form *form = exam->forms[i % exam->n_forms].form;
        const struct field *f = candidate_field(form);
        const struct roster_entry *e = &exam->roster->entries[i];
        if (!f || f->kind != FIELD_GRID)
            continue;
        int *options = malloc(((size_t)f->n_bubbles + 1) * sizeof *options);
        if (!options)
            return YJ_ENOMEM;
        if (!pupil_spell(f, e->candidate, options))
            rc = diag_error(d, YJ_EINPUT, exam->roster->path, e->line, 1,
                            _("give the field more columns or options, or correct the roster"),
                            _("candidate '%s' cannot be marked in field '%s'"), e->candidate,
                            f->name);
        free(options);
    }
    return rc;
}
