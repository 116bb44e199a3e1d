#include "exam_statistics.h"

#include "diag.h"
#include "i18n.h"
#include "yamlfile.h"
#include <stdio.h>
#include <string.h>

#define N_ITEMS(array) (sizeof(array) / sizeof *(array))
#define DEFAULT_PAIRS_LEVEL 0.01
#define MAX_PAIRS_LEVEL 0.5

/* Shares are multiplied by maxima and band by band added up, bands' ends stretched over totals:
 * within these all that stays exact (MAX_SIZE in keycheck.h is the other half). */
#define FINEST_SHARE 1000000
#define FINEST_BAND_END 1000
#define MAX_BAND_END 1000000

static const char *const models[] = {
    [MODEL_NONE] = "none", [MODEL_RASCH] = "rasch", [MODEL_2PL] = "2pl", [MODEL_3PL] = "3pl"};

static const char *const scales[] = {
    [EXAM_SCALE_NONE] = "none",
    [EXAM_SCALE_GAOKAO_312] = "gaokao_312",
    [EXAM_SCALE_SHANDONG] = "shandong",
    [EXAM_SCALE_ZHEJIANG] = "zhejiang",
    [EXAM_SCALE_ZHEJIANG_2021] = "zhejiang_2021",
    [EXAM_SCALE_SHANGHAI] = "shanghai",
    [EXAM_SCALE_CEEC] = "ceec",
    [EXAM_SCALE_CEEC_60] = "ceec_60",
    [EXAM_SCALE_Z] = "z",
    [EXAM_SCALE_T] = "t",
    [EXAM_SCALE_PERCENTILE] = "percentile",
    [EXAM_SCALE_OWN] = "bands",
};

static const char *const ties[] = {[EXAM_TIES_USUAL] = "usual",
                                   [EXAM_TIES_BETTER] = "better",
                                   [EXAM_TIES_WORSE] = "worse",
                                   [EXAM_TIES_NEAREST] = "nearest"};

const char *statistics_model_name(enum statistics_model model)
{
    return model == MODEL_NONE ? "" : models[model];
}

const char *exam_scale_name(enum exam_scale kind)
{
    return kind == EXAM_SCALE_NONE ? "" : scales[kind];
}

void statistics_wishes_defaults(struct statistics_wishes *wishes)
{
    *wishes = (struct statistics_wishes){.model = MODEL_RASCH,
                                         .dif = BY_SCHOOL,
                                         .pairs_level = DEFAULT_PAIRS_LEVEL,
                                         .pass = {{3, 5}, true},
                                         .distinction = {{17, 20}, true},
                                         .ties = EXAM_TIES_USUAL};
}

struct points score_mark_points(const struct score_mark *mark, struct points max)
{
    return mark->share ? points_mul(mark->at, max) : mark->at;
}

/* ---- marks and shares: "60 %" or "0.6" of something, or points ---- */

/* "60 %", "60%": a hundredth of the number before the sign. */
static bool parse_percent(const char *text, struct points *ret)
{
    size_t length = strlen(text);
    char number[POINTS_TEXT_MAX];

    if (length < 2 || text[length - 1] != '%' || length >= sizeof number)
        return false;
    length--;
    while (length > 0 && text[length - 1] == ' ')
        length--;
    memcpy(number, text, length);
    number[length] = '\0';
    if (points_parse(number, ret) < 0)
        return false;
    *ret = points_mul(*ret, (struct points){1, 100});
    return true;
}

static int tell_too_fine(const struct yaml *yaml, const struct yaml_node *node, const char *key,
                         const char *text)
{
    return yaml_error(yaml, node, _("write a rounder number"),
                      _("'%s' in '%s' is too fine or too large to be counted with exactly"), text,
                      key);
}

static int read_mark(const struct yaml *yaml, const char *key, struct score_mark *mark)
{
    const struct yaml_node *node = yaml_get(yaml->root, key);
    const char *text;
    struct score_mark said = {.share = true};

    if (!node)
        return 0;
    if (yaml_text(yaml, node, key, &text) < 0)
        return YJ_EINPUT;
    if (!parse_percent(text, &said.at)) {
        said.share = false;
        if (points_parse(text, &said.at) < 0)
            return yaml_error(yaml, node, _("write points, as 90, or a share, as 60 %"),
                              _("'%s' in '%s' is no number"), text, key);
    }
    if (said.share && points_compare(said.at, (struct points){1, 1}) > 0)
        return yaml_error(yaml, node, NULL, _("'%s' is more than everything"), key);
    if (said.share && said.at.den > FINEST_SHARE)
        return tell_too_fine(yaml, node, key, text);
    *mark = said;
    return 0;
}

/* ---- statistics ---- */

static int read_by(const struct yaml *yaml, const struct yaml_node *node, unsigned *ret_by)
{
    static const char *const names[] = {"none", "class", "school", "room"};
    static const unsigned bits[] = {0, BY_CLASS, BY_SCHOOL, BY_ROOM};
    bool list = node->kind == YAML_LIST;
    unsigned by = 0;

    for (int i = 0; i < (list ? node->n : 1); i++) {
        int which;
        if (yaml_name(yaml, list ? node->items[i] : node, "dif", names, N_ITEMS(names), &which) < 0)
            return YJ_EINPUT;
        by |= bits[which];
    }
    *ret_by = by;
    return 0;
}

static int read_level(const struct yaml *yaml, const struct yaml_node *node, double *ret_level)
{
    double level;

    if (yaml_number(yaml, node, "pairs", &level) < 0)
        return YJ_EINPUT;
    if (level < 0 || level > MAX_PAIRS_LEVEL)
        return yaml_error(yaml, node, _("0.01 accuses an innocent pair in one exam of a hundred"),
                          _("'%s' is between 0 and %g"), "pairs", MAX_PAIRS_LEVEL);
    *ret_level = level;
    return 0;
}

static int read_statistics(const struct yaml *yaml, struct statistics_wishes *wishes)
{
    static const char *const keys[] = {"model", "dif", "pairs"};
    const struct yaml_node *map = yaml_get(yaml->root, "statistics"), *node;
    int bad = 0, model;

    if (!map)
        return 0;
    bad = yaml_check_keys(yaml, map, keys, N_ITEMS(keys));
    if ((node = yaml_get(map, "model")) != NULL) {
        if (yaml_name(yaml, node, "model", models, N_ITEMS(models), &model) < 0)
            bad = YJ_EINPUT;
        else
            wishes->model = (enum statistics_model)model;
    }
    if ((node = yaml_get(map, "dif")) != NULL && read_by(yaml, node, &wishes->dif) < 0)
        bad = YJ_EINPUT;
    if ((node = yaml_get(map, "pairs")) != NULL && read_level(yaml, node, &wishes->pairs_level) < 0)
        bad = YJ_EINPUT;
    return bad;
}

/* ---- scale ---- */

/* Shares are added up, ends stretched over the totals: both exactly. */
static bool is_plain(const char *key, struct points p)
{
    if (strcmp(key, "share") == 0)
        return p.den <= FINEST_SHARE;
    return p.den <= FINEST_BAND_END && points_compare(p, (struct points){MAX_BAND_END, 1}) <= 0 &&
           points_compare(p, (struct points){-MAX_BAND_END, 1}) >= 0;
}

static int read_band_points(const struct yaml *yaml, const struct yaml_node *band, const char *key,
                            struct points *ret)
{
    const struct yaml_node *node = yaml_get(band, key);
    const char *text;

    if (!node)
        return yaml_missing(yaml, band, key, _("a band is {label, share, low, high}"));
    if (yaml_text(yaml, node, key, &text) < 0)
        return YJ_EINPUT;
    if (!(strcmp(key, "share") == 0 && parse_percent(text, ret)) && points_parse(text, ret) < 0)
        return yaml_error(yaml, node, NULL, _("'%s' in '%s' is no number"), text, key);
    return is_plain(key, *ret) ? 0 : tell_too_fine(yaml, node, key, text);
}

static int read_band(const struct yaml *yaml, const struct yaml_node *node,
                     struct scale_band_wish *band)
{
    static const char *const keys[] = {"label", "share", "low", "high"};
    const struct yaml_node *label = yaml_get(node, "label");
    const char *text = "";
    int bad = yaml_check_keys(yaml, node, keys, N_ITEMS(keys));

    if (bad < 0)
        return bad;
    if (label && yaml_text(yaml, label, "label", &text) < 0)
        return YJ_EINPUT;
    if (strlen(text) >= sizeof band->label)
        return yaml_error(yaml, label, NULL, _("'%s' is longer than %d bytes"), text,
                          SCALE_LABEL_MAX - 1);
    strcpy(band->label, text);
    if (read_band_points(yaml, node, "share", &band->share) < 0 ||
        read_band_points(yaml, node, "low", &band->low) < 0 ||
        read_band_points(yaml, node, "high", &band->high) < 0)
        return YJ_EINPUT;
    if (points_compare(band->share, POINTS_ZERO) < 0)
        return yaml_error(yaml, node, NULL, _("'%s' is less than nothing"), "share");
    if (points_compare(band->low, band->high) > 0)
        return yaml_error(yaml, node, NULL, _("'low' is above 'high'"));
    return 0;
}

static int read_bands(const struct yaml *yaml, const struct yaml_node *list,
                      struct statistics_wishes *wishes)
{
    struct points all = POINTS_ZERO;
    int bad = 0;

    if (list->kind != YAML_LIST || list->n < 1 || list->n > SCALE_BANDS_MAX)
        return yaml_error(yaml, list,
                          _("the best band first: [{label: A, share: 15 %, low: 86, "
                            "high: 100}, ...]"),
                          _("'bands' is a list of 1 to %d bands"), SCALE_BANDS_MAX);
    for (int i = 0; i < list->n; i++) {
        if (read_band(yaml, list->items[i], &wishes->bands[i]) < 0)
            bad = YJ_EINPUT;
        else if (all.den <= FINEST_SHARE) /* finer parts no longer come to a whole */
            all = points_add(all, wishes->bands[i].share);
    }
    if (bad == 0 && points_compare(all, (struct points){1, 1}) != 0) {
        char text[POINTS_TEXT_MAX];
        points_print(points_mul(all, (struct points){100, 1}), text);
        bad = yaml_error(yaml, list, NULL, _("the shares of the bands are together %s %%, not 100"),
                         text);
    }
    for (int i = 1; i < list->n && bad == 0; i++)
        if (points_compare(wishes->bands[i].high, wishes->bands[i - 1].low) >= 0)
            bad = yaml_error(yaml, list->items[i], _("the best band comes first"),
                             _("a band reaches into the one before it"));
    wishes->n_bands = list->n;
    return bad;
}

/* `scale: ceec`, or a mapping with the bands, or with `name` and `ties`. */
static int read_scale(const struct yaml *yaml, struct statistics_wishes *wishes)
{
    static const char *const keys[] = {"name", "ties", "bands"};
    const struct yaml_node *node = yaml_get(yaml->root, "scale"), *name = node, *bands;
    int which, bad = 0;

    if (!node)
        return 0;
    wishes->scale = EXAM_SCALE_NONE;
    if (node->kind == YAML_MAP) {
        bad = yaml_check_keys(yaml, node, keys, N_ITEMS(keys));
        name = yaml_get(node, "name");
        bands = yaml_get(node, "bands");
        if (name && bands)
            return yaml_error(yaml, node, NULL, _("write 'name' or 'bands', not both"));
        if (!name && !bands)
            return yaml_missing(yaml, node, "name", _("or 'bands'"));
        if (yaml_get(node, "ties")) {
            if (yaml_name(yaml, yaml_get(node, "ties"), "ties", ties, N_ITEMS(ties), &which) < 0)
                bad = YJ_EINPUT;
            else
                wishes->ties = (enum exam_ties)which;
        }
        if (bands) {
            wishes->scale = EXAM_SCALE_OWN;
            return read_bands(yaml, bands, wishes) < 0 ? YJ_EINPUT : bad;
        }
    }
    if (yaml_name(yaml, name, "scale", scales, EXAM_SCALE_OWN, &which) < 0)
        return YJ_EINPUT;
    wishes->scale = (enum exam_scale)which;
    return bad;
}

int statistics_wishes_read(const struct yaml *yaml, struct statistics_wishes *wishes)
{
    int bad = read_mark(yaml, "pass", &wishes->pass);

    if (read_mark(yaml, "distinction", &wishes->distinction) < 0)
        bad = YJ_EINPUT;
    if (read_statistics(yaml, wishes) < 0)
        bad = YJ_EINPUT;
    if (read_scale(yaml, wishes) < 0)
        bad = YJ_EINPUT;
    return bad;
}
