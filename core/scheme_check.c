/* scheme_check.c - exam.yaml's `scoring` held against the key. */
#include "scheme.h"

#include "diag.h"
#include "i18n.h"
#include "keycheck.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct scheme_checker {
    const struct scheme *scheme;
    const struct key *key;
    struct diag *d;
    int64_t common; /* denominator of the total */
    double sum;     /* of the sizes of what is added to it */
};

/* What the key says of one section. */
struct section_facts {
    int n, n_counting;
    struct points kept, spread; /* points of items that count; of those to re-base */
    double size;                /* of the largest sum, above 0 or below; in points */
    int64_t guess_parts;        /* common multiple of the items' n - 1 */
    const struct key_item *first, *rebased;
    const struct key_item *no_guess; /* an item that nobody can guess */
};

#define TELL(c, section, hint, ...)                                                                \
    diag_error((c)->d, YJ_EINPUT, (c)->scheme->file, (section)->line, (section)->column, (hint),   \
               __VA_ARGS__)

static int64_t greatest_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The least common multiple, or 0 beyond the bound. */
static int64_t common_multiple(int64_t a, int64_t b)
{
    __extension__ typedef __int128 wide;

    if (a == 0 || b == 0)
        return 0;
    wide multiple = (wide)a / greatest_divisor(a, b) * b;
    return multiple > KEY_MAX_DENOMINATOR ? 0 : (int64_t)multiple;
}

static struct section_facts find_facts(const struct key *key, const char *name)
{
    struct section_facts facts = {.kept = POINTS_ZERO, .spread = POINTS_ZERO, .guess_parts = 1};
    const struct key_checker checker = {.key = NULL};

    for (int i = 0; i < key->n_items; i++) {
        const struct key_item *item = &key->items[i];
        if (strcmp(item->section, name) != 0)
            continue;
        facts.n++;
        if (!facts.first)
            facts.first = item;
        if (item->rule == RULE_VOID_REBASE) {
            facts.spread = points_add(facts.spread, item->points);
            facts.rebased = item;
        } else if (item->rule != RULE_VOID_DROP) {
            facts.n_counting++;
            facts.kept = points_add(facts.kept, item->points);
            facts.size += key_item_size(&checker, item);
            if (item->n_options >= 2 && !item->multiple)
                facts.guess_parts = common_multiple(facts.guess_parts, item->n_options - 1);
            else if (!item_rule_is_void(item->rule))
                facts.no_guess = item;
        }
    }
    return facts;
}

static int check_choice(const struct scheme_checker *c, const struct section_scheme *section,
                        const struct section_facts *facts)
{
    int chosen = section->best + section->first;

    if (facts->n == 0)
        return TELL(c, section, _("sections are those of column 'section' in key.csv"),
                    _("no item is in section '%s'"), section->name);
    if (chosen > facts->n)
        return TELL(c, section, NULL, _("%d items are to be chosen in section '%s', which has %d"),
                    chosen, section->name, facts->n);
    if (chosen > 0 && facts->rebased)
        return TELL(c, section, _("use void_drop: the others are still to choose from"),
                    _("section '%s' chooses items, and item '%s' is to be re-based"), section->name,
                    facts->rebased->item);
    if (section->guess && facts->no_guess)
        return TELL(c, section, _("take 'guess' away, or give the item another section"),
                    _("section '%s' is corrected for guessing, but item '%s' is no choice of one "
                      "option"),
                    section->name, facts->no_guess->item);
    return 0;
}

/* Points of the items that are left must carry those of the items that are not. */
static int check_rebase(const struct scheme_checker *c, const struct section_facts *facts)
{
    if (!facts->rebased || points_compare(facts->kept, POINTS_ZERO) > 0)
        return 0;
    return diag_error(c->d, YJ_EINPUT, c->key->path, facts->rebased->line,
                      facts->rebased->item_column, _("use void_drop, or void_full"),
                      _("no other item of its section can take the points of item '%s'"),
                      facts->rebased->item);
}

/* The denominator of a section's sum, times `factor`; 0 beyond the bound. */
static int64_t finer(int64_t den, int64_t factor)
{
    return (double)den * (double)factor <= KEY_MAX_DENOMINATOR ? den * factor : 0;
}

/* What the section is weighed and rounded to: its denominator, and how large it can be. */
static int64_t weigh(const struct section_scheme *section, int64_t den, double *size)
{
    int64_t step = den;

    *size =
        fmax(*size * points_double(section->weight), fabs(points_double(section->floor.points)));
    den = step = finer(den, section->weight.den);
    if (*size * (double)den > KEY_MAX_SIZE)
        return 0;
    for (int i = 0; den > 0 && section->rounding.given && i <= section->rounding.places; i++)
        step = i == 0 ? 1 : step * 10;
    return section->floor.given ? common_multiple(step, section->floor.points.den) : step;
}

/* Adds what a section brings into the total to the bounds. */
static int check_sum(struct scheme_checker *c, const struct section_scheme *section,
                     const struct section_facts *facts, const char *name)
{
    struct points whole = points_add(facts->kept, facts->spread);
    double size = facts->size;
    int64_t den = c->key->denominator;

    if (section && section->guess) {
        den = finer(den, facts->guess_parts);
        size += points_double(facts->kept);
    }
    if (facts->rebased) { /* times whole / kept */
        den = finer(finer(den, facts->kept.num), whole.den);
        size *= points_double(whole) / points_double(facts->kept);
    }
    if (section)
        den = weigh(section, den, &size);
    c->common = common_multiple(c->common, den);
    c->sum += size;
    if (c->common > 0 && c->sum <= KEY_MAX_SUM && c->sum * (double)c->common <= KEY_MAX_SIZE)
        return 0;
    return diag_error(c->d, YJ_EINPUT, section ? c->scheme->file : c->key->path,
                      section ? section->line : facts->first->line, section ? section->column : 1,
                      _("round the section, or write simpler weights"),
                      _("points of section '%s' cannot be added exactly to the others"), name);
}

static bool is_first_of_section(const struct key *key, int item)
{
    for (int i = 0; i < item; i++)
        if (strcmp(key->items[i].section, key->items[item].section) == 0)
            return false;
    return true;
}

static int check_section_of(struct scheme_checker *c, int item)
{
    const char *name = c->key->items[item].section;
    const struct section_facts facts = find_facts(c->key, name);
    int rc = check_rebase(c, &facts);

    return rc < 0 ? rc : check_sum(c, scheme_section(c->scheme, name), &facts, name);
}

int scheme_check(const struct scheme *scheme, const struct key *key, struct diag *d)
{
    struct scheme_checker c = {.scheme = scheme, .key = key, .d = d, .common = 1};
    int bad = 0;

    if (!key)
        return 0;
    for (int i = 0; scheme && i < scheme->n_sections; i++) {
        const struct section_facts facts = find_facts(key, scheme->sections[i].name);
        if (check_choice(&c, &scheme->sections[i], &facts) < 0)
            bad = YJ_EINPUT;
    }
    for (int i = 0; i < key->n_items && bad == 0; i++)
        if (is_first_of_section(key, i) && check_section_of(&c, i) < 0)
            bad = YJ_EINPUT;
    return bad;
}
