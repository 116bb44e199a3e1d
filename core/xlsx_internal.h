/* xlsx_internal.h - what the files that read spreadsheets share. Nobody but xlsx_*.c includes it.
 *
 * A part (a member of the ZIP) is fed to expat piece by piece; its handlers put what they find into
 * struct xlsx and stop the parser with xlsx_refuse. */
#ifndef YJ_CORE_XLSX_INTERNAL_H
#define YJ_CORE_XLSX_INTERNAL_H

#include "xlsx_read.h"
#include <expat.h>
#include <stdint.h>

#define XLSX_PART_MAX (512u << 20) /* bytes of a part, inflated */
#define XLSX_TOKEN_MAX (1u << 20)  /* bytes between two events: one tag, one comment */
#define XLSX_MEMBERS_MAX 10000     /* of the ZIP */
#define XLSX_ROWS_MAX 1048576      /* of a sheet */
#define XLSX_STRINGS_MAX 4000000   /* shared texts */
#define XLSX_STYLES_MAX 70000      /* of cells (Excel: 65,490) */
#define XLSX_FORMATS_MAX 5000      /* of numbers (Excel: 250); each style is looked for in all */
#define XLSX_DEPTH_MAX 64          /* of tags */

/* How a cell's number is meant. */
struct xlsx_style {
    int format; /* numFmtId */
    bool date;
    int digits; /* 0000: at least four, with noughts before; 0: as it is */
};

/* Text that grows. */
struct xlsx_text {
    char *bytes;
    size_t size, capacity;
};

struct xlsx {
    FILE *file;
    const char *path;
    struct diag *d;
    XML_Parser parser; /* of the part being read */
    int rc;            /* why it was stopped */
    uint64_t fed, last_event;
    int depth;

    char *sheet_name, *sheet_id, *sheet_part;
    int n_sheets; /* visible */

    struct xlsx_text pool; /* shared texts, a zero after each */
    size_t *strings;       /* where they begin */
    int n_strings, strings_capacity;
    struct xlsx_text text; /* characters of the tag being read */
    bool wanted;           /* its characters are */
    int phonetic;          /* depth within <rPh>: how a text is pronounced is no part of it */

    struct xlsx_style *styles;
    int n_styles, styles_capacity;
    struct xlsx_style *formats; /* numFmts: format and what it means */
    int n_formats, formats_capacity;
    bool in_cell_formats;
};

/* ---- xlsx_part.c ---- */

struct xlsx_handlers {
    XML_StartElementHandler start;
    XML_EndElementHandler end;
    XML_CharacterDataHandler characters; /* NULL: not wanted */
    void *context;
};
/* 0; 1: there is no such part; < 0 told. */
int xlsx_feed_part(struct xlsx *x, const char *part, const struct xlsx_handlers *handlers);
/* Stops the parser: from now on no handler is called. Returns code. */
int xlsx_stop(struct xlsx *x, int code);
/* Of a tag or attribute, without its prefix. */
const char *xlsx_local(const char *name);
/* NULL where it is not there. */
const char *xlsx_attribute(const char **attributes, const char *local);
int xlsx_append(struct xlsx_text *text, const char *bytes, size_t n);

/* ---- xlsx_workbook.c: which sheet, shared texts, number formats ---- */

int xlsx_find_sheet(struct xlsx *x);
int xlsx_load_strings(struct xlsx *x);
int xlsx_load_styles(struct xlsx *x);

/* ---- xlsx_cells.c ---- */

int xlsx_write_cells(struct xlsx *x, struct xlsx_table *ret);

#endif
