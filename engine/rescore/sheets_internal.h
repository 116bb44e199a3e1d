/* sheets_internal.h - what sheets.c (pages to sheets, sheets to rows) and sheets_told.c (what a
 * person must know of a row) share. */
#ifndef YJ_ENGINE_SHEETS_INTERNAL_H
#define YJ_ENGINE_SHEETS_INTERNAL_H

#include "sheets.h"

enum owner {
    OWNER_KNOWN,    /* read for certain and, where there is a roster, in it */
    OWNER_NAMELESS, /* the form asks for no candidate and there is no roster */
    OWNER_UNREAD,   /* blank, several marks or not certain */
    OWNER_STRANGER, /* read for certain, not in the roster */
    OWNER_UNASKED,  /* there is a roster but the form has no candidate field */
    OWNER_LOST,     /* the page with the candidate field is missing */
};

/* One sheet of paper, or what was found of it. */
struct sheet {
    int first_page; /* index of its first page */
    int form;
    int owner_page; /* the page with the candidate field; -1: none */
    enum owner owner;
    const char *candidate;
    bool mixed;  /* its serial is on several sheets: these may be pages of two */
    bool broken; /* its scan does not begin with a first page: the same */
    int row;
};

struct row {
    struct sheet_row out;
    const struct sheet *sheet; /* its first; NULL: a candidate without one */
    int n_sheets;
    bool duplicate, mixed, broken;
};

struct resolver {
    const struct exam *exam;
    struct sheet_page *pages;
    int n_pages, n_refused;

    struct sheet *sheets;
    int n_sheets, sheets_capacity;
    struct row *rows;
    int n_rows, rows_capacity;
    bool *asks_alike;   /* [form * n_forms + other]: they share an item */
    bool *has_item;     /* [form * n_items + item]: the form asks the item of the key */
    bool *roster_seen;  /* [entry of the roster]: a row speaks of it */
    int n_unresolved;   /* sheets of nobody known */
    struct sheets *out; /* what is handed back */
    int exceptions_capacity;
};

static inline const struct form *form_of(const struct resolver *r, int form)
{
    return r->exam->forms[form].form;
}

/* Room for one more element of `size` bytes. 0 or YJ_ENOMEM. */
int sheets_reserve(void **array, int n, int *capacity, size_t size);
/* What is to be told of one row, now that all rows are known; also whether it waits for a person. 0
 * or YJ_ENOMEM. */
int sheets_tell_row(struct resolver *r, int index);

#endif
