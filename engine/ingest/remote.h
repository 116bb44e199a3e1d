/* remote.h - decoding by a helper of the sandbox: what is asked, and how its answers are taken.
 *
 * A helper holds one scan at a time, and one ZIP. It gets the bytes as an open file with the first
 * question about them. Nothing it says is believed: sizes are checked against the limits, text is
 * made one line of UTF-8. A helper that crashes or takes too long is a reason (YJ_EDATA) for what
 * it was asked about, and the next question finds another one. */
#ifndef YJ_ENGINE_INGEST_REMOTE_H
#define YJ_ENGINE_INGEST_REMOTE_H

#include "ingest_internal.h"
#include "sandbox.h"

/* ---- what goes over the socket; both ends are the same program ---- */

enum wire_task {
    WIRE_PLAN, /* how many pages has the scan? */
    WIRE_PAGE,
    WIRE_ZIP_OPEN,
    WIRE_ZIP_NEXT, /* the file that comes along is for the member's bytes */
};

struct wire_request {
    uint32_t task;
    uint32_t kind;    /* enum scan_kind of the file that comes along */
    uint64_t size;    /* of it; 0: none comes, it is the one from before */
    uint64_t memory;  /* the number of the memory that it is the beginning of, ... */
    uint64_t room;    /* ... and the size of that; 0: it is a file by itself */
    int32_t page;     /* from 1 */
    uint32_t colour;  /* whether it is wanted */
    uint32_t halves;  /* the same */
    uint32_t seconds; /* after which nobody waits any more */
};

/* Beside 0, 1 and enum yj_error. */
enum { WIRE_DRAW = 2 }; /* the page is no picture: pdftoppm must draw it */

struct wire_plane {
    uint32_t area;
    int32_t width, height; /* 0: there is none */
    uint32_t stride;
};

enum { WIRE_NAME_MAX = 4096 + 16 }; /* a member's name, as long as a path may be */

struct wire_reply {
    int32_t status;
    int32_t pages;
    struct wire_plane page, chroma, halves[DECODER_HALVES];
    double dpi_x, dpi_y;
    double draw_dpi;
    double cpu_ms;     /* that the answer took */
    uint64_t size;     /* of the member's bytes */
    uint32_t is_named; /* the member, or the archive itself is meant */
    uint32_t has_problem;
    char reason[SCAN_REASON_MAX];
    char name[WIRE_NAME_MAX]; /* is left out where there is none */
};

/* ---- our end ---- */

struct remote {
    struct sandbox *sandbox; /* NULL: not open */
    struct helper *helper;   /* borrowed with the first question */
    double cpu_ms;           /* of the last answer, if it says the truth */
    unsigned generation;     /* of the process that holds the scan */
    uint64_t serial;         /* of that scan */
};

void remote_init(struct remote *remote);
void remote_open(struct remote *remote, struct sandbox *sandbox);
void remote_close(struct remote *remote);
bool remote_is_open(const struct remote *remote);

/* How many pages the document has; YJ_EDATA. */
int remote_plan(struct remote *remote, uint64_t serial, enum scan_kind kind,
                const struct scan_file *file, int *ret_pages, char *reason);
struct remote_page {
    uint64_t serial; /* the scan's, which no other has */
    enum scan_kind kind;
    const struct scan_file *file;
    int number;
};
struct remote_pixels {
    struct image *page;
    struct image *chroma; /* NULL: not wanted */
    struct image *halves; /* DECODER_HALVES of them; NULL: not wanted */
};
/* 0: the pixels are in the helper's memory, and hold until it is asked again; of the halves those
 * that were made; WIRE_DRAW: *ret_dpi; YJ_EDATA, YJ_ENOMEM. */
int remote_decode(struct remote *remote, const struct remote_page *page, struct page_clock *clock,
                  const struct remote_pixels *pixels, double *ret_dpi, char *reason);

struct zip_member;
/* `file` is borrowed. YJ_EDATA: `reason`. */
int remote_zip_open(struct remote *remote, const struct scan_file *file, char *reason);
/* As zip_reader_next; YJ_EDATA: the rest of the archive cannot be had. */
int remote_zip_next(struct remote *remote, struct zip_member *ret_member, char *reason);

#endif
