/* store_statistics.c - what is counted of the scores beyond the items' own figures: a row at a
 * time, cleared before. */
#include "store_seal.h"

#include "diag.h"
#include <assert.h>
#include <math.h>
#include <string.h>

/* A value a letter: t text, i integer, d real. */
static const struct {
    const char *types, *insert;
} statistics[] = {
    [STATISTIC_TEST] = {"tdt", "INSERT INTO test_figures (name, value, note) VALUES (?, ?, ?)"},
    [STATISTIC_STANDING] = {"tiddddtddd",
                            "INSERT INTO standings (candidate, rank, percentile, z, t, scaled, "
                            "label, ability, ability_error, exam_error) "
                            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    [STATISTIC_ITEM_MODEL] = {"tdddddddd",
                              "INSERT INTO item_models (item, a, b, c, a_error, b_error, c_error, "
                              "infit, outfit) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    [STATISTIC_FIFTHS] = {"ititddddd",
                          "INSERT INTO item_fifths (position, item, place, option, fifth_1, "
                          "fifth_2, fifth_3, fifth_4, fifth_5) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    [STATISTIC_GROUP] = {"tttiiiddddddddddd",
                         "INSERT INTO group_figures (kind, school, name, n, absent, pending, mean, "
                         "sd, min, median, max, above_mean, pass, distinction, difference, "
                         "difference_low, difference_high) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    [STATISTIC_DIF] = {"ttttdddddt",
                       "INSERT INTO item_dif (item, kind, reference, focal, alpha_mh, delta, chi2, "
                       "p, p_logistic, ets) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    [STATISTIC_PAIR] = {"tttiiidddddd",
                        "INSERT INTO pairs (candidate, other, room, same_right, same_wrong, "
                        "differ, omega, gbt, k_index, harpp_hogan, p, p_family) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    [STATISTIC_FINDING] = {"titdt", "INSERT INTO findings (kind, grave, subject, figure, detail) "
                                    "VALUES (?, ?, ?, ?, ?)"},
};

int store_clear_statistics(struct store *store, struct diag *d)
{
    static const struct store_table_clearing whole[] = {
        STORE_CLEARING("test_figures"),  STORE_CLEARING("standings"),
        STORE_CLEARING("item_models"),   STORE_CLEARING("item_fifths"),
        STORE_CLEARING("group_figures"), STORE_CLEARING("item_dif"),
        STORE_CLEARING("pairs"),         STORE_CLEARING("findings"),
    };

    return store_clear_tables(store, whole, sizeof(whole) / sizeof(whole[0]), d);
}

static void bind_value(sqlite3_stmt *stmt, int at, char type, const struct store_value *value)
{
    if (type == 't')
        sqlite3_bind_text(stmt, at, value->text, -1, SQLITE_STATIC);
    else if (type == 'i')
        sqlite3_bind_int64(stmt, at, value->integer);
    else if (isfinite(value->real))
        sqlite3_bind_double(stmt, at, value->real);
    else /* a statement keeps what the row before was bound to */
        sqlite3_bind_null(stmt, at);
}

int store_put_statistic(struct store *store, enum store_statistic what,
                        const struct store_value *values, struct diag *d)
{
    sqlite3_stmt *stmt;
    int rc = store_statement(store, statistics[what].insert, &stmt, d);

    if (rc < 0)
        return rc;
    for (int i = 0; statistics[what].types[i] != '\0'; i++)
        bind_value(stmt, i + 1, statistics[what].types[i], &values[i]);
    return store_step_done(store, stmt, d);
}
