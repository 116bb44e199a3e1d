/* form.h - one answer-sheet design, as everything else sees it.
 *
 * Lengths are millimetres from the page's top-left corner. A form is read once from YAML
 * (form_load, docs/form.md), is immutable afterwards and may be shared by all threads. Blocks of
 * the YAML ("q1..40") are already unfolded: a field is one question, one number, one box to crop.
 * Pages, fields and bubbles keep the order of the file. Knows nothing of pixels. */
#ifndef YJ_CORE_FORM_H
#define YJ_CORE_FORM_H

#include "geometry.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct diag;

enum field_kind {
    FIELD_CHOICE,  /* options to mark, one or several */
    FIELD_GRID,    /* a number or word by bubbles, one column a character */
    FIELD_DIGITS,  /* boxes, a handwritten digit each */
    FIELD_LETTERS, /* boxes, a handwritten capital each */
    FIELD_TEXT,    /* lines or boxes of handwriting, or of print */
    FIELD_BARCODE,
    FIELD_REGION, /* a crop kept for people */
    FIELD_STRIP,  /* cells labelled with points, through which a teacher draws a stroke */
};

enum bubble_shape {
    BUBBLE_CIRCLE, /* w = h */
    BUBBLE_OVAL,
    BUBBLE_BOX,
    BUBBLE_BRACKET, /* [A]: left and right strokes, tips at top and bottom */
};

struct bubble {
    struct rect box; /* its printed outline */
    int option;      /* index into the field's options */
    int column;      /* grid: the character it stands for, from 0; choice: 0 */
};

enum blank_policy {
    BLANK_SKIP,  /* an unmarked column adds nothing ("7" in two columns) */
    BLANK_SPACE, /* an unmarked column between marked ones is a space (names) */
    BLANK_DOUBT, /* every column must be marked (candidate numbers); else a person looks */
};

struct field {
    char *name;
    enum field_kind kind;
    int page;         /* index into the form's pages */
    int line, column; /* where the YAML speaks of it */

    char **options; /* choice, grid: what each option is called; strip: each cell's points; letters:
                       those that may be written, none: any; UTF-8 */
    int n_options;
    int max_marks; /* choice: 1 single, n_options multiple, or the number stated */
    enum bubble_shape shape;
    struct bubble *bubbles; /* choice: option order; grid: column by column */
    int n_bubbles;
    int n_columns; /* grid: characters; choice: 1 */
    enum blank_policy blank;

    struct rect *boxes; /* digits, letters, text: the boxes to write in, reading order, none: in the
                           area; strip: its cells, as many as options */
    int n_boxes;
    char *maximum;    /* strip: the most that its cells may add up to, as the form writes it; NULL:
                         the largest label; digits: the most that may be written, NULL: no limit */
    struct rect area; /* everything of the field; what a crop shows */
    char *print_language; /* text: printed, in these languages of Tesseract ("eng+chi_tra"); NULL:
                             handwriting */

    char *same_as;     /* name of the field that says the same another way (bubbles, a barcode,
                          handwriting): where they differ a person decides; NULL: none */
    bool point, minus; /* digits: what may be written beside digits */
    bool expects_name; /* text: the name of somebody on the roster */
    char **expected;   /* text: what may be written, UTF-8 */
    int n_expected;
};

enum mark_shape {
    MARK_SQUARE, /* filled */
    MARK_DISC,   /* filled */
    MARK_RING,   /* thick circle, perhaps with a dot or cross inside */
    MARK_ELL,    /* filled L whose arms meet in one corner of its box */
};

/* Which corner of its box an L's arms meet in. */
enum mark_corner { CORNER_TOP_LEFT, CORNER_TOP_RIGHT, CORNER_BOTTOM_RIGHT, CORNER_BOTTOM_LEFT };

struct mark {
    enum mark_shape shape;
    struct rect box;         /* bounding box on paper */
    double stroke;           /* ring, L: thickness */
    enum mark_corner corner; /* L only */
    struct point centroid;   /* of its ink: what registration finds, under any rotation */
};

enum registration_kind {
    REGISTER_MARKS,     /* printed marks, at least three found */
    REGISTER_MARKER,    /* a picture printed at known places */
    REGISTER_OUTLINE,   /* the paper's edge against a darker ground (photos) */
    REGISTER_FRAME,     /* a printed rectangle */
    REGISTER_REFERENCE, /* features of a scan of the blank sheet */
    REGISTER_IMAGE,     /* the image's own edges are the page's */
    REGISTER_TIMING,    /* a column or row of equal marks along an edge, one a line of bubbles */
    REGISTER_PRINT, /* the printed page itself: its bubbles, boxes and frames, wherever it lies */
};

struct registration {
    enum registration_kind kind;
    int line, column;
    struct mark *marks; /* MARKS, MARKER, TIMING (box and centroid of each printed place) */
    int n_marks;
    struct rect frame;   /* FRAME: outer edge */
    char *image;         /* MARKER, REFERENCE: path of the picture, already resolved */
    double max_residual; /* mm; default 0.8: larger is a verdict, not a reading */
};

/* Which page of which sheet this is, printed on it: squares that are black (1) or white (0), most
 * significant first, or a barcode's text. */
struct page_identity {
    struct rect *page_bits;
    int n_page_bits;
    uint64_t page_value; /* what page_bits must say */
    struct rect *sheet_bits;
    int n_sheet_bits;    /* the sheet's serial number; 0: none */
    struct rect barcode; /* w = 0: none */
    char *barcode_text;  /* what it must say; "*" in it stands for the sheet's serial */
};

struct form_page {
    struct registration *registrations; /* tried in this order until one fits */
    int n_registrations;
    struct page_identity identity;
    struct form_print *print; /* what only the printer needs; never NULL */
};

enum text_align { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };

struct sheet_text {
    char *text;      /* UTF-8, may hold line ends */
    struct point at; /* left end, middle or right end of the first line, on its baseline */
    double size;     /* mm, height of a Chinese character */
    double width;    /* mm it is wrapped to; 0: not */
    enum text_align align;
    bool bold;
};

struct print_colour {
    double red, green, blue; /* 0 to 1 */
};

/* What a page shows beside what is read; drawn by sheet/, ignored by readers. */
struct form_print {
    struct print_colour colour; /* outlines, letters, captions: black, or a drop-out colour */
    char *font;                 /* family; default "Noto Sans CJK TC" */
    double line;                /* mm, thickness of outlines; default 0.2 */
    bool letters;               /* option names in the bubbles, or beside them; default true */
    bool captions;              /* field names beside choices and strips; default true */
    bool number_boxes;          /* a box to write in above each column of a grid; default false */
    struct sheet_text *texts;
    int n_texts;
    struct rect *frames; /* rectangles drawn */
    int n_frames;
};

struct form {
    char *name;
    char *path; /* the YAML, for messages */
    double width, height;
    struct form_page *pages;
    int n_pages;
    struct field *fields;
    int n_fields;
    int candidate;        /* field that names the candidate; -1: none */
    int absent;           /* choice field of the absent mark; -1: none */
    int version;          /* field that names the paper's version; -1: none */
    struct arena *memory; /* owns all of the above */
};

/* Reads and checks a form; every mistake goes to `d` with its place. YJ_EINPUT, YJ_EIO, YJ_ENOMEM.
 * `path` is also the base of relative paths inside. */
int form_load(const char *path, struct form **ret_form, struct diag *d);
/* The same from text already in memory (a form kept in the database); `name` stands in messages.
 * base_dir NULL: marker and reference pictures are not looked for (a regrade opens no image), and a
 * marker whose height the form does not state counts as square. */
int form_parse(const char *text, size_t size, const char *name, const char *base_dir,
               struct form **ret_form, struct diag *d);
void form_destroy(struct form *form);

/* Index of the field called `name`, or -1. */
int form_field_index(const struct form *form, const char *name);
const char *field_kind_name(enum field_kind kind);
/* Sizes of paper by name, in mm: the i-th, false beyond the last. */
bool form_paper(size_t i, const char **ret_name, double *ret_width, double *ret_height);
#define FORM_MAX_SAME 7 /* fields that say the same as one */
/* Whether a field is written by hand into boxes or lines. */
static inline bool field_is_handwritten(const struct field *f)
{
    return f->kind == FIELD_DIGITS || f->kind == FIELD_LETTERS ||
           (f->kind == FIELD_TEXT && !f->print_language);
}
/* Whether a field is read by its bubbles. */
static inline bool field_has_bubbles(const struct field *f)
{
    return f->kind == FIELD_CHOICE || f->kind == FIELD_GRID;
}

#endif
