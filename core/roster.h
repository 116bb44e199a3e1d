/* roster.h - who should have sat: roster.csv, `candidate,name,class,school[,room,seat]`. */
#ifndef YJ_CORE_ROSTER_H
#define YJ_CORE_ROSTER_H

#include <stddef.h>

struct roster_entry {
    char *candidate, *name, *class_name, *school, *room, *seat; /* "" where absent */
    int line, column;                                           /* of its candidate, in the file */
};

struct roster {
    char *path;
    char *text; /* as read */
    size_t size;
    struct roster_entry *entries; /* in the file's order */
    int n_entries;
    int *by_candidate; /* indexes sorted by candidate */
    double crowding; /* 0 to 1: of the numbers that differ from an entry's in one digit, those that
                        are somebody's: how near to each other numbers lie */
};

struct diag;
/* A repeated candidate, a missing column, a row of the wrong length: told with its line. */
int roster_load(const char *path, struct roster **ret_roster, struct diag *d);
int roster_parse(const char *text, size_t size, const char *name, struct roster **ret_roster,
                 struct diag *d);
/* NULL: nobody of that number. */
const struct roster_entry *roster_find(const struct roster *roster, const char *candidate);
void roster_destroy(struct roster *roster);

#endif
