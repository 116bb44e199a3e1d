/* store_seal.h - a seal for each table: the sum of the hashes of its rows, whatever their order.
 *
 * A row's hash is the SHA-256 of the table's name and of its values; the sum is taken modulo 2^256,
 * so that a row that comes, goes or changes adds and takes away its own hash and nothing else need
 * be looked at. SQLite tells of every row that the writing connection touches, by whatever
 * statement. Sealed are all tables but the audit, which has its chain, the seals, and page_answers,
 * which is made anew from the readings. Included by store*.c alone. */
#ifndef YJ_ENGINE_STORE_SEAL_H
#define YJ_ENGINE_STORE_SEAL_H

#include "store_internal.h"

struct seals;

/* Every table looked at anew: when a database is made or migrated. Within a transaction. */
int store_seals_make(struct store *store, struct diag *d);
/* For a connection that writes: reads them, and keeps them from now on. */
int store_seals_keep(struct store *store, struct diag *d);
void store_seals_destroy(struct seals *seals);
/* Before a commit: they become part of it. */
int store_seals_write(struct store *store, struct diag *d);
/* After a commit, and after a rollback. */
void store_seals_committed(struct store *store);
void store_seals_rolled_back(struct store *store);
/* Deletes all rows of tables without looking at each. */
struct store_table_clearing {
    const char *table, *sql;
};
#define STORE_CLEARING(table)                                                                      \
    {                                                                                              \
        table, "DELETE FROM " table                                                                \
    }
int store_clear_tables(struct store *store, const struct store_table_clearing *tables, size_t n,
                       struct diag *d);
/* Every table held against its seal: YJ_EDATA, told. */
int store_seals_check(struct store *store, struct diag *d);

#endif
