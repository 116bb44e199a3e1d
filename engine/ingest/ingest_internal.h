/* ingest_internal.h - what the files of ingest share; nobody else includes it.
 *
 * scan_source.c walks, zip_members.c unpacks, scan.c tells what bytes are and plans their pages,
 * decode_*.c and pdf_*.c turn one page into grey rows, upright.c turns it the right way up. A
 * decoder writes pixels as they are stored and says in a `struct placement` how they are meant to
 * be seen. Every decoder returns 0, YJ_ENOMEM, or YJ_EDATA with its reason told. */
#ifndef YJ_ENGINE_INGEST_INTERNAL_H
#define YJ_ENGINE_INGEST_INTERNAL_H

#include "diag.h"
#include "i18n.h"
#include "ingest.h"

#include <openssl/evp.h>
#include <stdbool.h>

/* ---- the bytes of a scan (scan_file.c) ---- */

/* Up to this size a scan's bytes are held in memory. A larger TIFF or PDF stays an open file from
 * which each page reads what it needs; not a mapping, because a mapped file that somebody
 * truncates ends the program by SIGBUS. */
#define SCAN_FILE_IN_MEMORY ((uint64_t)64 << 20)
/* Larger JPEG and PNG files and ZIP members are refused: 200 megapixels need less. */
#define SCAN_FILE_MAX ((uint64_t)512 << 20)
#define SCAN_MAX_PAGES 10000

struct scan_file {
    uint8_t *data; /* NULL: read through fd */
    int fd;        /* -1: none */
    uint64_t size;
    bool lent;   /* data and fd are a scan_buffer's */
    bool mapped; /* data is a mapping, not malloc'ed */
    uint64_t
        memory;    /* the number of the scan_buffer's shared memory, which no other has; 0: none */
    uint64_t room; /* bytes of that */
};

/* Memory that one file after the other is read into. */
struct scan_buffer {
    uint8_t *data;
    size_t capacity;
    bool shared;        /* wanted so: other processes will be given it */
    int fd;             /* where it is shared; else -1 */
    uint64_t memory;    /* its number; 0: not shared */
    EVP_MD_CTX *digest; /* NULL until it is used */
    EVP_MD *sha256;
};
void scan_buffer_init(struct scan_buffer *buffer);
void scan_buffer_finish(struct scan_buffer *buffer);

void scan_file_init(struct scan_file *file);
void scan_file_finish(struct scan_file *file);
/* Reads all of an open regular file of `size` bytes into memory, `shared` if it can be: a file of
 * its own that other processes can be given. YJ_EDATA: it cannot be read. */
int scan_file_load(struct scan_file *file, int fd, uint64_t size, bool shared, char *reason);
/* Opens and reads a file; one of usual size into `buffer`, which then lends its memory. YJ_EDATA:
 * it cannot be had. */
int scan_file_load_path(struct scan_file *file, const char *path, struct scan_buffer *buffer,
                        char *reason);
/* As scan_file_hash, of bytes in memory, and takes nothing from the heap. */
int scan_file_hash_again(const struct scan_file *file, struct scan_buffer *buffer,
                         uint8_t ret_hash[SCAN_HASH_SIZE]);
/* Up to n bytes from offset; fewer at the end of the file or where it cannot be read. */
size_t scan_file_read(const struct scan_file *file, uint64_t offset, void *to, size_t n);
/* YJ_EDATA: an open file that can no longer be read. */
int scan_file_hash(const struct scan_file *file, uint8_t ret_hash[SCAN_HASH_SIZE]);
/* A file descriptor from which another program can read the bytes from offset 0: the file itself,
 * or a copy in memory. The caller closes it; -1: none to be had. */
int scan_file_descriptor(const struct scan_file *file);

/* ---- scans (scan.c) ---- */

enum scan_kind { SCAN_UNKNOWN, SCAN_JPEG, SCAN_PNG, SCAN_TIFF, SCAN_PDF, SCAN_ZIP };

#define SCAN_SNIFF_SIZE                                                                            \
    1024 /* bytes that tell a file's kind; PDF allows junk before its header                       \
          */

enum scan_kind scan_sniff(const uint8_t *head, size_t n);
struct remote; /* remote.h: decoding by another process */
/* Takes `file` over (also on failure). Documents are looked through by `planner`; NULL: here.
 * `hash` of the bytes; NULL: to be found out. */
int scan_create(const char *path, enum scan_kind kind, struct scan_file *file,
                const uint8_t hash[SCAN_HASH_SIZE], struct remote *planner, struct scan **ret_scan);
/* A scan that somebody else has named and hashed: in a decoder process. YJ_EDATA: `reason`. */
int scan_adopt(enum scan_kind kind, struct scan_file *file, struct scan **ret_scan, char *reason);
/* A scan that has no page: `problem` is copied. `file` may be NULL; its bytes go into the hash. */
int scan_create_problem(const char *path, const char *problem, const struct scan_file *file,
                        struct scan **ret_scan);
/* A file whose bytes stay where they are until scan_read. */
int scan_create_unread(const char *path, enum scan_kind kind, struct scan **ret_scan);
/* The same where the bytes could not be had (scan_is_unavailable). */
int scan_create_unavailable(const char *path, const char *problem, struct scan **ret_scan);
/* The problem of bytes that are no scan: names what they are, where known. */
const char *scan_describe_unknown(const uint8_t *head, size_t n);

/* ---- names (scan_names.c) ---- */

/* Cleans a ZIP member's name in place ("./", doubled and back slashes, control characters).
 * False: absolute, or leads outside the archive. */
bool scan_name_clean_member(char *name);

/* ---- ZIP (zip_members.c) ---- */

struct zip_members;
/* Takes fd over (also on failure). `planner` is borrowed until close: as for scan_create, and who
 * unpacks. */
int zip_members_open(int fd, uint64_t size, const char *path, struct remote *planner,
                     struct zip_members **ret_zip);
/* 1: a scan; 0: no more; < 0 fault. A damaged archive is a scan with a problem. */
int zip_members_next(struct zip_members *zip, struct scan **ret_scan);
void zip_members_close(struct zip_members *zip);

/* ---- decoding ---- */

struct colour;
struct jpeg_reader; /* libjpeg's decompressor, kept from picture to picture (decode_jpeg.c) */
struct jpeg_reader *jpeg_reader_create(void); /* NULL: no memory */
void jpeg_reader_destroy(struct jpeg_reader *reader);
struct page_clock;
struct decoder {
    struct scan_buffer bytes; /* of the file it read last */
    struct jpeg_reader *jpeg;
    uint8_t *scratch; /* rows before they are grey */
    size_t scratch_size;
    struct image turned;        /* the other image when a page is turned or stretched */
    struct image *chroma;       /* where the page's colour goes; NULL: nobody wants it */
    struct colour *colours;     /* of its pixels, until the page is whole */
    size_t colours_size;        /* pixels */
    struct image *halves;       /* where the page goes in smaller sizes; NULL: nobody wants them */
    int halved[DECODER_HALVES]; /* rows of each that are made */
    struct remote *remote;      /* who decodes; NULL: this process */
    struct page_clock *clock;   /* of the page in hand; NULL: it has all the time */
    bool defers_drawing;        /* a decoder process: runs no pdftoppm, */
    double draw_dpi;            /* but says how it should be done, with DECODER_MUST_DRAW */
};
enum { DECODER_MUST_DRAW = 1 };

#define DECODER_SCRATCH_MAX ((size_t)512 << 20)
/* At least `size` bytes, undefined, valid until the next call; NULL: no memory or beyond the
 * limit. */
uint8_t *decoder_scratch(struct decoder *decoder, size_t size);

/* What an errno means for the run: YJ_ENOMEM, or YJ_EIO where too many files are open: no verdict
 * on the scan, which another run can read; 0: it may be the scan's own fault. */
int scan_fault_of(int error);
/* Writes the reason, returns YJ_EDATA. */
int scan_refuse(char reason[SCAN_REASON_MAX], const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* image_resize with a reason for sizes beyond the limits. */
int scan_size_image(struct image *out, int64_t width, int64_t height, char *reason);
/* image_resize_blocks, likewise. */
int scan_size_blocks(struct image *out, int64_t width, int64_t height, int block, char *reason);

/* How stored pixels are meant to be seen. */
struct placement {
    int orientation;     /* as EXIF and TIFF number it, 1 to 8; 0 and 1: as stored */
    double dpi_x, dpi_y; /* along the stored rows and columns; 0: not stated */
    bool relative;       /* only their ratio means something */
};

/* Turns, stretches the coarser axis where pixels are not square, and states the dpi (upright.c). */
int page_make_upright(struct image *out, const struct placement *placement, struct decoder *decoder,
                      char *reason);

/* EXIF, from its TIFF header on (exif.c). Leaves what it does not find. */
void exif_read(const uint8_t *bytes, size_t n, struct placement *placement);

/* Grey rows (grey_rows.c). Luma as JPEG has it (BT.601), so that a page gives the same greys in
 * every format. */
struct bit_greys {
    uint8_t of_zero, of_one;
};
void bit_greys_init(struct bit_greys *greys, uint8_t of_zero, uint8_t of_one);
/* Row of 1-bit pixels to 8-bit. */
void grey_from_bits(const struct bit_greys *greys, const uint8_t *row, int width, uint8_t *out);
/* Row of samples of 2, 4 or 8 bits through a table of greys; out may be row where bits = 8. */
void grey_from_samples(const uint8_t *row, int width, int bits, const uint8_t *greys, uint8_t *out);
uint8_t grey_of_rgb(unsigned r, unsigned g, unsigned b);
/* Row of 8-bit pixels of `step` bytes that begin with red, green, blue. */
void grey_from_rgb(const uint8_t *row, int width, int step, uint8_t *out);
/* Grey and alpha, red green blue and alpha, on white paper. */
void grey_from_grey_alpha(const uint8_t *row, int width, uint8_t *out);
void grey_from_rgba(const uint8_t *row, int width, uint8_t *out);

/* ---- colour (chroma.c) ---- */

/* A pixel's colour differences, Cb and Cr less 128 (JFIF 1.02). */
struct colour {
    int8_t blue, red;
};
struct colour colour_of_rgb(unsigned r, unsigned g, unsigned b);
void colours_from_rgb(const uint8_t *row, int width, int step, struct colour *out);
/* White shows through what is transparent, and takes as much of the colour away. */
void colours_from_rgba(const uint8_t *row, int width, struct colour *out);
void colours_from_samples(const uint8_t *row, int width, int bits, const struct colour *table,
                          struct colour *out);

/* A decoder whose picture has colour calls this once `out` has its size, and fills the rows. */
int decoder_begin_chroma(struct decoder *decoder, const struct image *out, char *reason);
/* Row y; NULL: not begun or not wanted. */
struct colour *decoder_colour_row(const struct decoder *decoder, int y);
/* Makes the plane that decoder_want_chroma promised of the rows. YJ_ENOMEM. */
int decoder_end_chroma(struct decoder *decoder);

/* ---- smaller sizes (halves.c) ---- */

/* A decoder that writes `out` row by row, once it has its size. */
void decoder_begin_halves(struct decoder *decoder, const struct image *out);
/* The first `rows` of `out` are what they will be. */
void decoder_halve(struct decoder *decoder, const struct image *out, int rows);
/* The page is whole: what is not halved to its end is none. */
void decoder_end_halves(struct decoder *decoder);
/* The page is no longer what was halved. */
void decoder_drop_halves(struct decoder *decoder);

/* `embedded`: in a PDF, whose page says how it is seen: EXIF and density are not heeded. */
int decode_jpeg(const uint8_t *bytes, size_t size, bool embedded, struct decoder *decoder,
                struct image *out, struct placement *ret_placement, char *reason);
int decode_png(const uint8_t *bytes, size_t size, struct decoder *decoder, struct image *out,
               struct placement *ret_placement, char *reason);

struct tiff_pages {
    uint64_t *offsets; /* of the page directories */
    int count;
    bool broken;   /* the chain of directories breaks off after `count` pages */
    bool too_many; /* because there are more than SCAN_MAX_PAGES */
};
/* YJ_EDATA with a reason: not one page. */
int tiff_pages_find(const struct scan_file *file, struct tiff_pages *ret_pages, char *reason);
/* One page, and the list ends as it should. */
bool tiff_pages_is_single(const struct tiff_pages *pages);
void tiff_pages_finish(struct tiff_pages *pages);
/* `embedded`: fax data of a PDF, put into a TIFF by us; damage is told so. */
int decode_tiff(const struct scan_file *file, uint64_t directory, bool embedded,
                struct decoder *decoder, struct image *out, struct placement *ret_placement,
                char *reason);

/* ---- PDF (pdf_pages.c) ---- */

struct pdf_document;
/* `file` is borrowed until close. YJ_EDATA: `reason` says why it is refused as a whole. */
int pdf_document_open(const struct scan_file *file, struct pdf_document **ret_pdf, char *reason);
void pdf_document_close(struct pdf_document *pdf);
int pdf_document_page_count(const struct pdf_document *pdf);
/* Thread-safe. */
int pdf_decode_page(struct pdf_document *pdf, int number, struct decoder *decoder,
                    struct image *out, struct placement *ret_placement, char *reason);

/* Whether what qpdf unpacks by itself is within bounds (pdf_packing.c). YJ_EDATA: it is not. */
int pdf_packing_check(const struct scan_file *file, char *reason);

/* What a page's content stream shows (pdf_content.c). */
#define PDF_NAME_MAX 128
#define PDF_STATES_MAX 8
struct pdf_content {
    int pictures;                              /* shown by Do */
    bool other;                                /* text, paths, shading, ...: must be drawn */
    char name[PDF_NAME_MAX];                   /* of the (last) picture, with its slash */
    double matrix[6];                          /* its unit square to the page, in points */
    bool black;                                /* it was shown while the fill colour was black */
    char states[PDF_STATES_MAX][PDF_NAME_MAX]; /* graphics states it was shown with */
    int n_states;
};
void pdf_content_read(const uint8_t *bytes, size_t n, struct pdf_content *ret);

/* One picture of a page as its stream states it (pdf_picture.c). */
enum pdf_filter { PDF_RAW, PDF_FLATE, PDF_DCT, PDF_CCITT };
#define PDF_FILTERS_MAX 3
struct pdf_filter_step {
    enum pdf_filter filter;
    int predictor, colors, bits, columns; /* Flate */
    int k, rows;                          /* CCITT, with columns */
    bool black_is_1, byte_align;
};
struct pdf_picture {
    uint8_t *bytes; /* malloc'ed: the stream, still filtered */
    size_t size;
    struct pdf_filter_step steps[PDF_FILTERS_MAX];
    int n_steps;
    int width, height, bits, components; /* components 1 or 3 */
    uint8_t greys[256];                  /* of one component's samples up to 8 bits */
    struct colour colours[256];          /* of the same, where a palette holds colours: */
    bool coloured;
    struct placement placement;
};
/* 1: decoded; 0: a way of storing that must be drawn; < 0 as every decoder. */
int pdf_picture_decode(const struct pdf_picture *picture, struct decoder *decoder,
                       struct image *out, char *reason);

#define PDF_DRAW_DPI 300
/* Draws one page by `pdftoppm` at `dpi`, at most PDF_DRAW_DPI (pdf_render.c). */
int pdf_render_page(const struct scan_file *file, int number, double dpi, struct decoder *decoder,
                    struct image *out, char *reason);

#endif
