/* scheme_check.c - exam.yaml's `scoring` held against the key. */
#include "scheme.h"

#include "diag.h"
#include "i18n.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* As keycheck.c: sums of points stay exact in 64 bits below these. */
#define MAX_DENOMINATOR 1000000000
#define MAX_SUM 1000000000

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
    return multiple > MAX_DENOMINATOR ? 0 : (int64_t)multiple;
}

static struct section_facts find_facts(const struct key *key, const char *name)
{
    struct section_facts facts = {.kept = POINTS_ZERO, .spread = POINTS_ZERO, .guess_parts = 1};

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

/* Adds what a section brings into the total to the bounds. */
static int check_sum(struct scheme_checker *c, const struct section_scheme *section,
                     const struct section_facts *facts, const char *name)
{
    struct points whole = points_add(facts->kept, facts->spread);
    double size = points_double(whole);
    int64_t den = c->key->denominator, step;

    if (section && section->guess)
        den = common_multiple(
            den, den * facts->guess_parts <= MAX_DENOMINATOR ? den * facts->guess_parts : 0);
    if (facts->rebased) /* times whole / kept */
        den = (double)den * (double)facts->kept.num * (double)whole.den <= MAX_DENOMINATOR
                  ? den * facts->kept.num * whole.den
                  : 0;
    if (section) {
        size *= points_double(section->weight);
        den = (double)den * (double)section->weight.den <= MAX_DENOMINATOR
                  ? den * section->weight.den
                  : 0;
        step = den;
        for (int i = 0; section->rounding.given && i <= section->rounding.places; i++)
            step = i == 0 ? 1 : step * 10;
        if (section->floor.given)
            step = common_multiple(step, section->floor.points.den);
    } else {
        step = den;
    }
    c->common = common_multiple(c->common, step);
    c->sum += size;
    if (den > 0 && c->common > 0 && c->sum <= MAX_SUM)
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
