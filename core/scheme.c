#include "scheme.h"

#include "diag.h"
#include "i18n.h"
#include "yamlfile.h"
#include <stdlib.h>
#include <string.h>

#define N_ITEMS(array) (sizeof(array) / sizeof *(array))
#define MAX_PLACES 6
#define FINEST_LETTERS 1000000 /* their common denominator: 64 options times 10^9 fit beside it */

static const char *const ways[] = {[ROUND_HALF_UP] = "half_up",
                                   [ROUND_HALF_EVEN] = "half_even",
                                   [ROUND_DOWN] = "down",
                                   [ROUND_UP] = "up"};
static const char *const parts[] = {[R_EXAMS_FALSE2] = "false2",
                                    [R_EXAMS_FALSE] = "false",
                                    [R_EXAMS_TRUE] = "true",
                                    [R_EXAMS_ALL] = "all",
                                    [R_EXAMS_NONE] = "none"};

const char *rounding_way_name(enum rounding_way way)
{
    return ways[way];
}

const char *r_exams_part_name(enum r_exams_part part)
{
    return parts[part];
}

/* ---- values ---- */

/* Exact points; left as they are where there is no such key. 1: it is there. */
static int read_points(const struct yaml *yaml, const struct yaml_node *map, const char *key,
                       struct points *ret)
{
    const struct yaml_node *node = yaml_get(map, key);
    const char *text;

    if (!node)
        return 0;
    if (yaml_text(yaml, node, key, &text) < 0)
        return YJ_EINPUT;
    if (points_parse(text, ret) < 0)
        return yaml_error(yaml, node, _("write 2, 0.5, -1 or 1/3"),
                          _("'%s' is no number of points"), text);
    return 1;
}

static int read_floor(const struct yaml *yaml, const struct yaml_node *map, const char *key,
                      struct floor *ret)
{
    int rc = read_points(yaml, map, key, &ret->points);

    if (rc > 0)
        ret->given = true;
    return rc < 0 ? rc : 0;
}

static int read_count(const struct yaml *yaml, const struct yaml_node *map, const char *key,
                      int *ret)
{
    const struct yaml_node *node = yaml_get(map, key);
    long n;

    if (!node)
        return 0;
    if (yaml_integer(yaml, node, key, 1, 10000, &n) < 0)
        return YJ_EINPUT;
    *ret = (int)n;
    return 0;
}

static int read_rounding(const struct yaml *yaml, const struct yaml_node *map, struct rounding *ret)
{
    const struct yaml_node *node = yaml_get(map, "round"), *way = yaml_get(map, "rounding");
    long places;
    int which;

    if (way && yaml_name(yaml, way, "rounding", ways, N_ITEMS(ways), &which) < 0)
        return YJ_EINPUT;
    if (way)
        ret->way = (enum rounding_way)which;
    if (!node)
        return way ? yaml_error(yaml, way, _("write 'round: 0' beside it"),
                                _("'rounding' needs 'round', to how many decimals"))
                   : 0;
    if (yaml_integer(yaml, node, "round", 0, MAX_PLACES, &places) < 0)
        return YJ_EINPUT;
    ret->given = true;
    ret->places = (int)places;
    return 0;
}

/* ---- rules ---- */

static const char *const amc_keys[] = {"kind", "b", "m",  "e",    "v",
                                       "d",    "p", "mz", "haut", "formula"};
static const char *const r_exams_keys[] = {"kind", "partial", "negative", "rule"};
static const char *const formula_keys[] = {"kind", "formula"};

static int read_formula(const struct yaml *yaml, const struct yaml_node *map,
                        struct formula **ret_formula)
{
    const struct yaml_node *node = yaml_get(map, "formula");
    const char *text;

    if (!node)
        return 0;
    if (yaml_text(yaml, node, "formula", &text) < 0)
        return YJ_EINPUT;
    return formula_parse(text, yaml->name, node->line, node->column, ret_formula, yaml->d);
}

/* Whether sums and multiples of the letters stay exact: each of them is tried before a scan is
 * opened, by adding. */
static bool adds_up(const struct amc_rule *amc)
{
    const struct points letters[] = {amc->b, amc->m,        amc->e,  amc->v,
                                     amc->d, amc->p.points, amc->mz, amc->haut};
    struct points parts = {1, 1};

    for (size_t i = 0; i < N_ITEMS(letters) && parts.den <= FINEST_LETTERS; i++)
        if (parts.den % letters[i].den != 0) /* 1/a * 1/b: at least as fine as the sum */
            parts = points_mul(parts, (struct points){1, letters[i].den});
    return parts.den <= FINEST_LETTERS;
}

static int read_amc(const struct yaml *yaml, const struct yaml_node *map, struct scoring_rule *rule)
{
    struct amc_rule *amc = &rule->amc;
    const struct {
        const char *key;
        struct points *points;
    } letters[] = {{"b", &amc->b}, {"m", &amc->m}, {"e", &amc->e}, {"v", &amc->v}, {"d", &amc->d}};
    int bad = yaml_check_keys(yaml, map, amc_keys, N_ITEMS(amc_keys));

    for (size_t i = 0; i < N_ITEMS(letters); i++)
        if (read_points(yaml, map, letters[i].key, letters[i].points) < 0)
            bad = YJ_EINPUT;
    int mz = read_points(yaml, map, "mz", &amc->mz),
        haut = read_points(yaml, map, "haut", &amc->haut);
    int rc = read_formula(yaml, map, &rule->formula);
    if (!adds_up(amc))
        bad = yaml_error(yaml, map, _("write points such as 2, 0.5 or 1/3"),
                         _("the points of this rule cannot be added exactly"));
    amc->has_mz = mz > 0;
    amc->has_haut = haut > 0;
    if (rc < 0 || read_floor(yaml, map, "p", &amc->p) < 0 || mz < 0 || haut < 0)
        bad = rc == YJ_ENOMEM ? rc : YJ_EINPUT;
    if (amc->has_mz + amc->has_haut + (rule->formula != NULL) > 1)
        bad = yaml_error(yaml, map, NULL, _("'mz', 'haut' and 'formula' exclude each other"));
    return bad;
}

/* `negative: true` is -1, as in R. */
static int read_negative(const struct yaml *yaml, const struct yaml_node *map, struct points *ret)
{
    const struct yaml_node *node = yaml_get(map, "negative");
    const bool is_word = node && node->kind == YAML_SCALAR &&
                         (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0);

    if (is_word) {
        *ret = (struct points){strcmp(node->text, "true") == 0 ? -1 : 0, 1};
        return 0;
    }
    int rc = read_points(yaml, map, "negative", ret);
    if (ret->num > 0)
        ret->num = -ret->num;
    return rc < 0 ? rc : 0;
}

static int read_r_exams(const struct yaml *yaml, const struct yaml_node *map,
                        struct r_exams_rule *rule)
{
    const struct yaml_node *partial = yaml_get(map, "partial"), *part = yaml_get(map, "rule");
    int bad = yaml_check_keys(yaml, map, r_exams_keys, N_ITEMS(r_exams_keys)), which = 0;

    if (partial && yaml_bool(yaml, partial, "partial", &rule->partial) < 0)
        bad = YJ_EINPUT;
    if (read_negative(yaml, map, &rule->negative) < 0)
        bad = YJ_EINPUT;
    if (part && yaml_name(yaml, part, "rule", parts, N_ITEMS(parts), &which) < 0)
        bad = YJ_EINPUT;
    rule->rule = (enum r_exams_part)which;
    return bad;
}

/* clang-format off */
#define PLAIN_AMC                                                                                  \
    {.b = {1, 1}, .m = {0, 1}, .e = {0, 1}, .v = {0, 1}, .d = {0, 1},                              \
     .p = {false, {0, 1}}, .mz = {0, 1}, .haut = {0, 1}}
#define PLAIN_R_EXAMS {.partial = true, .negative = {0, 1}, .rule = R_EXAMS_FALSE2}
/* clang-format on */

static const struct scoring_rule plain_rule = {.amc = PLAIN_AMC, .r_exams = PLAIN_R_EXAMS};

static int read_kind(const struct yaml *yaml, const struct yaml_node *map,
                     struct scoring_rule *rule)
{
    static const char *const kinds[] = {"amc", "r_exams", "formula"};
    static const enum item_rule rules[] = {RULE_AMC, RULE_R_EXAMS, RULE_FORMULA};
    const struct yaml_node *kind = yaml_get(map, "kind");
    int which, rc;

    if (map->kind != YAML_MAP || !kind)
        return map->kind == YAML_MAP
                   ? yaml_missing(yaml, map, "kind", _("kinds are amc, r_exams and formula"))
                   : yaml_error(yaml, map, _("write {kind: amc, b: 2, m: -1}"),
                                _("a rule is a mapping with a 'kind'"));
    if (yaml_name(yaml, kind, "kind", kinds, N_ITEMS(kinds), &which) < 0)
        return YJ_EINPUT;
    rule->kind = rules[which];
    if (rule->kind == RULE_AMC)
        return read_amc(yaml, map, rule);
    if (rule->kind == RULE_R_EXAMS)
        return read_r_exams(yaml, map, &rule->r_exams);
    rc = yaml_check_keys(yaml, map, formula_keys, N_ITEMS(formula_keys));
    if (rc == 0 && !yaml_get(map, "formula"))
        rc = yaml_missing(yaml, map, "formula", _("such as \"max(0, S * (c - w) / k)\""));
    return rc < 0 ? rc : read_formula(yaml, map, &rule->formula);
}

static int read_rules(const struct yaml *yaml, const struct yaml_node *map, struct scheme *scheme)
{
    int bad = 0;

    if (!map)
        return 0;
    if (map->kind != YAML_MAP)
        return yaml_error(yaml, map, _("write {ours: {kind: amc, b: 2}}"),
                          _("'rules' is a mapping of names to rules"));
    scheme->rules = calloc((size_t)map->n + 1, sizeof *scheme->rules);
    if (!scheme->rules)
        return YJ_ENOMEM;
    for (int i = 0; i < map->n; i++) {
        struct scoring_rule *rule = &scheme->rules[scheme->n_rules++];
        *rule = plain_rule;
        rule->name = strdup(map->keys[i]->text);
        if (!rule->name)
            return YJ_ENOMEM;
        if (item_rule_parse(rule->name) >= 0)
            bad = yaml_error(yaml, map->keys[i], _("give it another name"),
                             _("'%s' is a rule already"), rule->name);
        int rc = read_kind(yaml, map->items[i], rule);
        if (rc == YJ_ENOMEM)
            return rc;
        bad = rc < 0 ? rc : bad;
    }
    return bad;
}

/* ---- sections ---- */

static const struct section_scheme plain_section = {.weight = {1, 1}, .floor = {false, {0, 1}}};

static int read_section(const struct yaml *yaml, const struct yaml_node *map,
                        struct section_scheme *section)
{
    static const char *const keys[] = {"weight", "floor", "round", "rounding",
                                       "best",   "first", "guess"};
    const struct yaml_node *guess = yaml_get(map, "guess");
    int bad = yaml_check_keys(yaml, map, keys, N_ITEMS(keys));

    if (map->kind != YAML_MAP)
        return bad;
    if (read_points(yaml, map, "weight", &section->weight) < 0 ||
        read_floor(yaml, map, "floor", &section->floor) < 0 ||
        read_rounding(yaml, map, &section->rounding) < 0 ||
        read_count(yaml, map, "best", &section->best) < 0 ||
        read_count(yaml, map, "first", &section->first) < 0 ||
        (guess && yaml_bool(yaml, guess, "guess", &section->guess) < 0))
        bad = YJ_EINPUT;
    if (points_compare(section->weight, POINTS_ZERO) <= 0)
        bad = yaml_error(yaml, yaml_get(map, "weight"),
                         _("a section that counts for nothing: rule void_drop in key.csv"),
                         _("a weight is above 0"));
    if (section->best > 0 && section->first > 0)
        bad = yaml_error(yaml, map, NULL, _("write 'best' or 'first', not both"));
    return bad;
}

static int read_sections(const struct yaml *yaml, const struct yaml_node *map,
                         struct scheme *scheme)
{
    int bad = 0;

    if (!map)
        return 0;
    if (map->kind != YAML_MAP)
        return yaml_error(yaml, map, _("write {I: {weight: 2}}"),
                          _("'sections' is a mapping of sections to how they count"));
    scheme->sections = calloc((size_t)map->n + 1, sizeof *scheme->sections);
    if (!scheme->sections)
        return YJ_ENOMEM;
    for (int i = 0; i < map->n; i++) {
        struct section_scheme *section = &scheme->sections[scheme->n_sections++];
        *section = plain_section;
        section->line = map->keys[i]->line;
        section->column = map->keys[i]->column;
        section->name = strdup(map->keys[i]->text);
        if (!section->name)
            return YJ_ENOMEM;
        if (read_section(yaml, map->items[i], section) < 0)
            bad = YJ_EINPUT;
    }
    return bad;
}

static int read_total(const struct yaml *yaml, const struct yaml_node *map,
                      struct section_scheme *total)
{
    static const char *const keys[] = {"floor", "round", "rounding"};

    *total = plain_section;
    total->name = strdup("");
    if (!total->name)
        return YJ_ENOMEM;
    if (!map)
        return 0;
    int bad = yaml_check_keys(yaml, map, keys, N_ITEMS(keys));
    if (map->kind != YAML_MAP)
        return bad;
    total->line = map->line;
    total->column = map->column;
    if (read_floor(yaml, map, "floor", &total->floor) < 0 ||
        read_rounding(yaml, map, &total->rounding) < 0)
        bad = YJ_EINPUT;
    return bad;
}

/* ---- the whole ---- */

static int read_scheme(const struct yaml *yaml, const struct yaml_node *map, struct scheme *scheme)
{
    static const char *const keys[] = {"rules", "sections", "total"};
    int bad = yaml_check_keys(yaml, map, keys, N_ITEMS(keys));
    int rc = read_rules(yaml, yaml_get(map, "rules"), scheme);

    if (rc == YJ_ENOMEM)
        return rc;
    bad = rc < 0 ? rc : bad;
    rc = read_sections(yaml, yaml_get(map, "sections"), scheme);
    if (rc == YJ_ENOMEM)
        return rc;
    bad = rc < 0 ? rc : bad;
    rc = read_total(yaml, yaml_get(map, "total"), &scheme->total);
    return rc < 0 ? rc : bad;
}

int scheme_read(const struct yaml *yaml, struct scheme **ret_scheme)
{
    const struct yaml_node *map = yaml_get(yaml->root, "scoring");

    *ret_scheme = NULL;
    if (!map || yaml_is_null(map))
        return 0;
    struct scheme *scheme = calloc(1, sizeof *scheme);
    if (!scheme)
        return YJ_ENOMEM;
    scheme->file = strdup(yaml->name);
    int rc = scheme->file ? read_scheme(yaml, map, scheme) : YJ_ENOMEM;
    if (rc < 0) {
        scheme_destroy(scheme);
        return rc;
    }
    *ret_scheme = scheme;
    return 0;
}

int scheme_parse(const char *text, size_t size, const char *name, struct scheme **ret_scheme,
                 struct diag *d)
{
    struct yaml *yaml = NULL;
    int rc = yaml_parse(text, size, name, &yaml, d);

    if (rc == 0)
        rc = scheme_read(yaml, ret_scheme);
    yaml_destroy(yaml);
    return rc;
}

void scheme_destroy(struct scheme *scheme)
{
    if (!scheme)
        return;
    for (int i = 0; i < scheme->n_rules; i++) {
        free(scheme->rules[i].name);
        formula_destroy(scheme->rules[i].formula);
    }
    for (int i = 0; i < scheme->n_sections; i++)
        free(scheme->sections[i].name);
    free(scheme->total.name);
    free(scheme->rules);
    free(scheme->sections);
    free(scheme->file);
    free(scheme);
}

const struct scoring_rule *scheme_rule(const struct scheme *scheme, const char *name)
{
    static const struct scoring_rule amc = {
        .kind = RULE_AMC, .amc = PLAIN_AMC, .r_exams = PLAIN_R_EXAMS};
    static const struct scoring_rule r_exams = {
        .kind = RULE_R_EXAMS, .amc = PLAIN_AMC, .r_exams = PLAIN_R_EXAMS};

    for (int i = 0; scheme && i < scheme->n_rules; i++)
        if (strcmp(scheme->rules[i].name, name) == 0)
            return &scheme->rules[i];
    /* Called by their kind alone they have their defaults. */
    return strcmp(name, "amc") == 0 ? &amc : strcmp(name, "r_exams") == 0 ? &r_exams : NULL;
}

const struct section_scheme *scheme_section(const struct scheme *scheme, const char *name)
{
    for (int i = 0; scheme && i < scheme->n_sections; i++)
        if (strcmp(scheme->sections[i].name, name) == 0)
            return &scheme->sections[i];
    return NULL;
}
