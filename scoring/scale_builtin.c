/* scale_builtin.c - the scales that examinations use, as data.
 *
 * Where a rule leaves ties at a cut open, they go to the better band and places are rounded half
 * up: the published rules say "about" such a share and that equal scores stay together, no more. An
 * office that has its own instruction sets `ties` and `places`. */
#include "scale.h"

#include "diag.h"
#include <string.h>

/* clang-format off */
#define BAND(label, share, high, low) {label, {share, 1}, {high, 1}, {low, 1}}
/* clang-format on */

/* 3+1+2: the plans of the eight provinces that began it with the Gaokao of 2021 (published in
 * 2019), for the subjects chosen besides physics or history. */
static const struct scale_band gaokao_312[] = {
    BAND("A", 15, 100, 86), BAND("B", 35, 85, 71), BAND("C", 35, 70, 56),
    BAND("D", 13, 55, 41),  BAND("E", 2, 40, 30),
};

/* Shandong, Gaokao from 2020. */
static const struct scale_band shandong[] = {
    BAND("A", 3, 100, 91), BAND("B+", 7, 90, 81),  BAND("B", 16, 80, 71), BAND("C+", 24, 70, 61),
    BAND("C", 24, 60, 51), BAND("D+", 16, 50, 41), BAND("D", 7, 40, 31),  BAND("E", 3, 30, 21),
};

/* Zhejiang, 21 levels of one score each, as amended at the end of 2017. The rule says by what a cut
 * is chosen: the nearest cumulative share. */
static const struct scale_band zhejiang[] = {
    BAND("1", 1, 100, 100), BAND("2", 2, 97, 97),  BAND("3", 3, 94, 94),  BAND("4", 4, 91, 91),
    BAND("5", 5, 88, 88),   BAND("6", 6, 85, 85),  BAND("7", 7, 82, 82),  BAND("8", 8, 79, 79),
    BAND("9", 7, 76, 76),   BAND("10", 7, 73, 73), BAND("11", 7, 70, 70), BAND("12", 7, 67, 67),
    BAND("13", 7, 64, 64),  BAND("14", 7, 61, 61), BAND("15", 6, 58, 58), BAND("16", 5, 55, 55),
    BAND("17", 4, 52, 52),  BAND("18", 3, 49, 49), BAND("19", 2, 46, 46), BAND("20", 1, 43, 43),
    BAND("21", 1, 40, 40),
};

/* Zhejiang from 2021: the first two levels made one, and a line within each. Secondary source: the
 * tables and the worked example in the province's own schoolbook exercises (raw 84 to 81 on 87 to
 * 85: 83 is 86). Hold it against the year's official paper. */
static const struct scale_band zhejiang_2021[] = {
    BAND("1", 3, 100, 97), BAND("2", 3, 96, 94),  BAND("3", 4, 93, 91),  BAND("4", 5, 90, 88),
    BAND("5", 6, 87, 85),  BAND("6", 7, 84, 82),  BAND("7", 8, 81, 79),  BAND("8", 7, 78, 76),
    BAND("9", 7, 75, 73),  BAND("10", 7, 72, 70), BAND("11", 7, 69, 67), BAND("12", 7, 66, 64),
    BAND("13", 7, 63, 61), BAND("14", 6, 60, 58), BAND("15", 5, 57, 55), BAND("16", 4, 54, 52),
    BAND("17", 3, 51, 49), BAND("18", 2, 48, 46), BAND("19", 1, 45, 43), BAND("20", 1, 42, 40),
};

/* Shanghai, graded examinations of the chosen subjects: 11 levels. */
static const struct scale_band shanghai[] = {
    BAND("A+", 5, 70, 70),  BAND("A", 10, 67, 67),  BAND("B+", 10, 64, 64), BAND("B", 10, 61, 61),
    BAND("B-", 10, 58, 58), BAND("C+", 10, 55, 55), BAND("C", 10, 52, 52),  BAND("C-", 10, 49, 49),
    BAND("D+", 10, 46, 46), BAND("D", 10, 43, 43),  BAND("E", 5, 40, 40),
};

/* clang-format off */
#define BANDS(name_, table, ...) \
    {.name = name_, .way = SCALE_BY_BANDS, .bands = table, \
     .n_bands = sizeof table / sizeof table[0], __VA_ARGS__}
/* clang-format on */

/* CEEC, the regulations of the GSAT (學測) and the AST (分科測驗): the best 1 % are rounded up to a
 * whole number of candidates, their mean to two decimals, the step to five; in the tables that CEEC
 * publishes (原得總分與級分對照表) each level's limit has two. */
#define CEEC(name_, levels_)                                                                       \
    {                                                                                              \
        .name = name_, .way = SCALE_BY_LEVELS, .levels = levels_, .mean_decimals = 2,              \
        .step_decimals = 5, .limit_decimals = 2                                                    \
    }

static const struct score_scale builtin[] = {
    BANDS("gaokao_312", gaokao_312, .decimals = 0),
    BANDS("shandong", shandong, .decimals = 0),
    BANDS("zhejiang", zhejiang, .ties = SCALE_TIES_NEAREST),
    BANDS("zhejiang_2021", zhejiang_2021, .ties = SCALE_TIES_NEAREST),
    BANDS("shanghai", shanghai, .decimals = 0),
    CEEC("ceec_15", 15),
    CEEC("ceec_60", 60),
    {.name = "percentile", .way = SCALE_BY_PERCENTILE},
    {.name = "z", .way = SCALE_BY_Z},
    {.name = "t", .way = SCALE_BY_T},
};

#define BUILTIN (int)(sizeof builtin / sizeof builtin[0])

const char *scale_name_at(int index)
{
    return index >= 0 && index < BUILTIN ? builtin[index].name : NULL;
}

int scale_from_name(const char *name, struct score_scale *ret)
{
    if (strcmp(name, "ceec") == 0)
        name = "ceec_15";
    for (int s = 0; s < BUILTIN; s++)
        if (strcmp(builtin[s].name, name) == 0) {
            *ret = builtin[s];
            return 0;
        }
    return YJ_EINPUT;
}

/* ---- policies ---- */

#define NAMES 3

static int index_of(const char *name, const char *const names[NAMES])
{
    for (int i = 0; i < NAMES; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    return -1;
}

int scale_ties_from_name(const char *name, enum scale_tie *ret)
{
    static const char *const names[NAMES] = {[SCALE_TIES_BETTER] = "better",
                                             [SCALE_TIES_WORSE] = "worse",
                                             [SCALE_TIES_NEAREST] = "nearest"};
    int i = index_of(name, names);

    if (i < 0)
        return YJ_EINPUT;
    *ret = (enum scale_tie)i;
    return 0;
}

int scale_places_from_name(const char *name, enum scale_places *ret)
{
    static const char *const names[NAMES] = {
        [SCALE_PLACES_HALF_UP] = "half_up", [SCALE_PLACES_UP] = "up", [SCALE_PLACES_DOWN] = "down"};
    int i = index_of(name, names);

    if (i < 0)
        return YJ_EINPUT;
    *ret = (enum scale_places)i;
    return 0;
}

int scale_single_from_name(const char *name, enum scale_single *ret)
{
    static const char *const names[NAMES] = {
        [SCALE_SINGLE_HIGH] = "high", [SCALE_SINGLE_MIDDLE] = "middle", [SCALE_SINGLE_LOW] = "low"};
    int i = index_of(name, names);

    if (i < 0)
        return YJ_EINPUT;
    *ret = (enum scale_single)i;
    return 0;
}
