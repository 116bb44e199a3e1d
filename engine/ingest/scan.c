/* One scan: what its bytes are, how many pages they hold, and who still needs them. */
#include "ingest_internal.h"
#include "remote.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scan {
    atomic_int references;
    uint64_t serial; /* that no other scan of this run has */
    char *path, *problem;
    char *unread; /* what to open by whoever reads it; NULL: it was read */
    bool unavailable;
    uint8_t hash[SCAN_HASH_SIZE];
    uint64_t bytes;
    enum scan_kind kind;
    struct scan_file file;
    int n_pages;
    struct tiff_pages tiff;
    struct pdf_document *pdf;
};

struct magic {
    size_t offset, n;
    const char *bytes;
    enum scan_kind kind;
    const char *name; /* for what is no scan */
};

static const struct magic magics[] = {
    {0, 3, "\xff\xd8\xff", SCAN_JPEG, NULL},
    {0, 8, "\x89PNG\r\n\x1a\n", SCAN_PNG, NULL},
    {0, 4, "II*\0", SCAN_TIFF, NULL},
    {0, 4, "MM\0*", SCAN_TIFF, NULL},
    {0, 4, "II+\0", SCAN_TIFF, NULL},
    {0, 4, "MM\0+", SCAN_TIFF, NULL},
    {0, 4, "PK\3\4", SCAN_ZIP, NULL},
    {0, 4, "PK\5\6", SCAN_ZIP, NULL},
    {4, 8, "ftypheic", SCAN_UNKNOWN, "HEIC"},
    {4, 8, "ftypheix", SCAN_UNKNOWN, "HEIC"},
    {4, 8, "ftypmif1", SCAN_UNKNOWN, "HEIC"},
    {4, 8, "ftypavif", SCAN_UNKNOWN, "AVIF"},
    {8, 4, "WEBP", SCAN_UNKNOWN, "WebP"},
    {0, 4, "GIF8", SCAN_UNKNOWN, "GIF"},
    {0, 2, "BM", SCAN_UNKNOWN, "BMP"},
    {0, 4, "Rar!", SCAN_UNKNOWN, "RAR"},
    {0, 6, "7z\xbc\xaf\x27\x1c", SCAN_UNKNOWN, "7z"},
    {0, 2, "\x1f\x8b", SCAN_UNKNOWN, "gzip"},
    {0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", SCAN_UNKNOWN, "Office"},
    {4, 16,
     "jP  \r\n\x87\n\0\0\0\x14"
     "ftyp",
     SCAN_UNKNOWN, "JPEG 2000"},
};

static const struct magic *find_magic(const uint8_t *head, size_t n)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        const struct magic *m = &magics[i];
        if (n >= m->offset + m->n && memcmp(head + m->offset, m->bytes, m->n) == 0)
            return m;
    }
    return NULL;
}

enum scan_kind scan_sniff(const uint8_t *head, size_t n)
{
    const struct magic *m = find_magic(head, n);
    if (m)
        return m->kind;
    return memmem(head, n, "%PDF-", 5) ? SCAN_PDF : SCAN_UNKNOWN;
}

int scan_refuse(char reason[SCAN_REASON_MAX], const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(reason, SCAN_REASON_MAX, fmt, ap);
    va_end(ap);
    for (char *p = reason; *p; p++) /* one line, whatever a library had to say */
        if ((unsigned char)*p < 0x20)
            *p = ' ';
    return YJ_EDATA;
}

int scan_fault_of(int error)
{
    if (error == ENOMEM)
        return YJ_ENOMEM;
    return error == EMFILE || error == ENFILE ? YJ_EIO : 0;
}

int scan_size_blocks(struct image *out, int64_t width, int64_t height, int block, char *reason)
{
    if (width <= 0 || height <= 0)
        return scan_refuse(reason, _("the image has no pixels"));
    if (width > IMAGE_MAX_SIDE || height > IMAGE_MAX_SIDE || width * height > IMAGE_MAX_PIXELS)
        return scan_refuse(reason,
                           _("%lld x %lld pixels are more than any page has (at most %d a side, "
                             "%d million in all)"),
                           (long long)width, (long long)height, IMAGE_MAX_SIDE,
                           IMAGE_MAX_PIXELS / 1000000);
    return image_resize_blocks(out, (int)width, (int)height, block);
}

int scan_size_image(struct image *out, int64_t width, int64_t height, char *reason)
{
    return scan_size_blocks(out, width, height, 1, reason);
}

const char *scan_describe_unknown(const uint8_t *head, size_t n)
{
    static _Thread_local char text[SCAN_REASON_MAX];
    const struct magic *m = find_magic(head, n);
    if (n == 0)
        return _("the file is empty");
    if (!m || !m->name)
        return _("not a JPEG, PNG, TIFF, PDF or ZIP file");
    snprintf(text, sizeof text, _("a %s file, not a JPEG, PNG, TIFF, PDF or ZIP file; convert it"),
             m->name);
    return text;
}

/* ---- planning: once, by whoever feeds ---- */

static int plan_document(struct scan *s, struct remote *planner, char *reason)
{
    if (planner)
        return remote_plan(planner, s->serial, s->kind, &s->file, &s->n_pages, reason);
    int r = pdf_document_open(&s->file, &s->pdf, reason);
    if (r == 0)
        s->n_pages = pdf_document_page_count(s->pdf);
    return r;
}

static int plan_pages(struct scan *s, struct remote *planner, char *reason)
{
    int r = 0;
    switch (s->kind) {
    case SCAN_JPEG:
    case SCAN_PNG:
        s->n_pages = 1;
        break;
    case SCAN_TIFF:
        r = tiff_pages_find(&s->file, &s->tiff, reason);
        if (r == 0) /* what follows a break in the chain is one page that cannot be read */
            s->n_pages = s->tiff.count + (s->tiff.broken ? 1 : 0);
        break;
    case SCAN_PDF:
        r = plan_document(s, planner, reason);
        break;
    case SCAN_ZIP:
        r = scan_refuse(reason, _("a ZIP inside a ZIP is not opened; unpack it first"));
        break;
    case SCAN_UNKNOWN: {
        uint8_t head[SCAN_SNIFF_SIZE];
        size_t n = scan_file_read(&s->file, 0, head, sizeof head);
        r = scan_refuse(reason, "%s", scan_describe_unknown(head, n));
        break;
    }
    }
    return r;
}

/* Libraries call a file damaged where they got no memory for it: what is said twice is believed, if
 * there is memory for a page at all. */
static int confirm_damage(void)
{
    enum { PAGE_SIZE = 16 << 20 };
    void *volatile page = malloc(PAGE_SIZE);
    int r = page ? YJ_EDATA : YJ_ENOMEM;
    free(page);
    return r;
}

static int plan_pages_surely(struct scan *s, struct remote *planner, char *reason)
{
    int r = plan_pages(s, planner, reason);
    if (r == YJ_EDATA && !planner)
        r = plan_pages(s, NULL, reason);
    return r == YJ_EDATA && !planner ? confirm_damage() : r;
}

static void finish_bytes(struct scan *s)
{
    pdf_document_close(s->pdf);
    s->pdf = NULL;
    tiff_pages_finish(&s->tiff);
    scan_file_finish(&s->file);
}

/* Two unreadable files are both told though their bytes may be the same (both empty), or not be
 * had at all: the hash of a problem covers the path too. */
static int hash_problem(struct scan *s)
{
    size_t n = strlen(s->path);
    uint8_t *text = malloc(SCAN_HASH_SIZE + n);
    if (!text)
        return YJ_ENOMEM;
    memcpy(text, s->hash, SCAN_HASH_SIZE);
    memcpy(text + SCAN_HASH_SIZE, s->path, n);
    int good = EVP_Digest(text, SCAN_HASH_SIZE + n, s->hash, NULL, EVP_sha256(), NULL);
    free(text);
    return good ? 0 : YJ_ENOMEM;
}

static int set_problem(struct scan *s, const char *problem)
{
    finish_bytes(s);
    s->n_pages = 0;
    s->problem = strdup(problem);
    return s->problem ? hash_problem(s) : YJ_ENOMEM;
}

static int new_scan(const char *path, struct scan **ret)
{
    static atomic_uint_fast64_t serials;
    struct scan *s = calloc(1, sizeof *s);
    if (!s)
        return YJ_ENOMEM;
    atomic_init(&s->references, 1);
    s->serial = atomic_fetch_add_explicit(&serials, 1, memory_order_relaxed) + 1;
    scan_file_init(&s->file);
    s->path = scan_name_to_utf8(path);
    if (!s->path) {
        free(s);
        return YJ_ENOMEM;
    }
    *ret = s;
    return 0;
}

/* Takes `file` over, also on failure. */
static int new_scan_of(const char *path, enum scan_kind kind, struct scan_file *file,
                       struct scan **ret)
{
    struct scan *s = NULL;
    int r = new_scan(path, &s);
    if (r < 0) {
        scan_file_finish(file);
        return r;
    }
    s->file = *file;
    scan_file_init(file);
    s->kind = kind;
    s->bytes = s->file.size;
    *ret = s;
    return 0;
}

int scan_adopt(enum scan_kind kind, struct scan_file *file, struct scan **ret_scan, char *reason)
{
    struct scan *s = NULL;
    int r = new_scan_of("", kind, file, &s);
    if (r == 0)
        r = plan_pages_surely(s, NULL, reason);
    if (r < 0) {
        scan_unref(s);
        return r;
    }
    *ret_scan = s;
    return 0;
}

int scan_create(const char *path, enum scan_kind kind, struct scan_file *file,
                const uint8_t hash[SCAN_HASH_SIZE], struct remote *planner, struct scan **ret_scan)
{
    char reason[SCAN_REASON_MAX];
    struct scan *s = NULL;
    int r = new_scan_of(path, kind, file, &s);
    if (r < 0)
        return r;
    if (hash)
        memcpy(s->hash, hash, SCAN_HASH_SIZE);
    else
        r = scan_file_hash(&s->file, s->hash);
    s->unavailable = r == YJ_EDATA;
    if (r == YJ_EDATA)
        scan_refuse(reason, _("cannot be read to its end"));
    if (r == 0)
        r = plan_pages_surely(s, planner, reason);
    if (r == YJ_EDATA)
        r = set_problem(s, reason);
    if (r < 0) {
        scan_unref(s);
        return r;
    }
    *ret_scan = s;
    return 0;
}

int scan_create_unread(const char *path, enum scan_kind kind, struct scan **ret_scan)
{
    struct scan *s = NULL;
    int r = new_scan(path, &s);
    if (r < 0)
        return r;
    s->unread = strdup(path);
    if (!s->unread) {
        scan_unref(s);
        return YJ_ENOMEM;
    }
    s->kind = kind;
    s->n_pages = 1;
    *ret_scan = s;
    return 0;
}

bool scan_is_unread(const struct scan *scan)
{
    return scan->unread != NULL;
}

/* Whether the bytes are still what whoever left them unread has seen: one page of the same kind. */
static int check_unchanged(struct scan *s, char *reason)
{
    size_t n = s->file.size < SCAN_SNIFF_SIZE ? s->file.size : SCAN_SNIFF_SIZE;
    bool same = scan_sniff(s->file.data, n) == s->kind;
    int r = same && s->kind == SCAN_TIFF ? tiff_pages_find(&s->file, &s->tiff, reason) : 0;
    if (r == YJ_ENOMEM)
        return r;
    if (same && s->kind == SCAN_TIFF)
        same = r == 0 && tiff_pages_is_single(&s->tiff);
    return same ? 0 : scan_refuse(reason, _("changed while it was read; try again"));
}

int scan_read(struct scan *s, struct decoder *decoder)
{
    char reason[SCAN_REASON_MAX];
    int r = scan_file_load_path(&s->file, s->unread, &decoder->bytes, reason);
    free(s->unread);
    s->unread = NULL;
    if (r == 0)
        r = check_unchanged(s, reason);
    if (r == 0) {
        s->bytes = s->file.size;
        return scan_file_hash_again(&s->file, &decoder->bytes, s->hash);
    }
    if (r != YJ_EDATA)
        return r;
    s->unavailable = true;
    return set_problem(s, reason);
}

int scan_create_problem(const char *path, const char *problem, const struct scan_file *file,
                        struct scan **ret_scan)
{
    struct scan *s = NULL;
    int r = new_scan(path, &s);
    if (r == 0 && file) {
        s->bytes = file->size;
        r = scan_file_hash(file, s->hash);
        if (r == YJ_EDATA)
            r = 0;
    }
    if (r == 0)
        r = set_problem(s, problem);
    if (r < 0) {
        scan_unref(s);
        return r;
    }
    *ret_scan = s;
    return 0;
}

int scan_create_unavailable(const char *path, const char *problem, struct scan **ret_scan)
{
    int r = scan_create_problem(path, problem, NULL, ret_scan);
    if (r == 0)
        (*ret_scan)->unavailable = true;
    return r;
}

/* ---- the scan's readers ---- */

const char *scan_path(const struct scan *scan)
{
    return scan->path;
}
const uint8_t *scan_hash(const struct scan *scan)
{
    return scan->hash;
}
uint64_t scan_bytes(const struct scan *scan)
{
    return scan->bytes;
}
const char *scan_problem(const struct scan *scan)
{
    return scan->problem;
}
bool scan_is_unavailable(const struct scan *scan)
{
    return scan->unavailable;
}
int scan_page_count(const struct scan *scan)
{
    return scan->n_pages;
}

struct scan *scan_ref(struct scan *scan)
{
    atomic_fetch_add_explicit(&scan->references, 1, memory_order_relaxed);
    return scan;
}

void scan_unref(struct scan *scan)
{
    if (!scan || atomic_fetch_sub_explicit(&scan->references, 1, memory_order_acq_rel) > 1)
        return;
    finish_bytes(scan);
    free(scan->path);
    free(scan->unread);
    free(scan->problem);
    free(scan);
}

void scan_forget_bytes(struct scan *scan)
{
    finish_bytes(scan);
    scan->kind = SCAN_UNKNOWN;
}

int decoder_create(struct decoder **ret_decoder)
{
    struct decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder)
        return YJ_ENOMEM;
    image_init(&decoder->turned);
    scan_buffer_init(&decoder->bytes);
    decoder->jpeg = jpeg_reader_create();
    if (!decoder->jpeg) {
        free(decoder);
        return YJ_ENOMEM;
    }
    *ret_decoder = decoder;
    return 0;
}

void decoder_destroy(struct decoder *decoder)
{
    if (!decoder)
        return;
    if (decoder->remote)
        remote_close(decoder->remote);
    free(decoder->remote);
    image_finish(&decoder->turned);
    scan_buffer_finish(&decoder->bytes);
    jpeg_reader_destroy(decoder->jpeg);
    free(decoder->colours);
    free(decoder->scratch);
    free(decoder);
}

int decoder_use_sandbox(struct decoder *decoder, struct sandbox *sandbox)
{
    struct remote *remote = sandbox ? calloc(1, sizeof *remote) : NULL;
    if (!sandbox)
        return 0;
    if (!remote)
        return YJ_ENOMEM;
    remote_open(remote, sandbox);
    decoder->remote = remote;
    decoder->bytes.shared = true;
    return 0;
}

double decoder_helper_ms(const struct decoder *decoder)
{
    return decoder->remote ? decoder->remote->cpu_ms : 0;
}

void decoder_set_clock(struct decoder *decoder, struct page_clock *clock)
{
    decoder->clock = clock;
}

uint8_t *decoder_scratch(struct decoder *decoder, size_t size)
{
    if (size > DECODER_SCRATCH_MAX)
        return NULL;
    if (size > decoder->scratch_size) {
        uint8_t *scratch = malloc(size);
        if (!scratch)
            return NULL;
        free(decoder->scratch);
        decoder->scratch = scratch;
        decoder->scratch_size = size;
    }
    return decoder->scratch;
}

static int decode_stored(const struct scan *s, int number, struct decoder *decoder,
                         struct image *out, struct placement *placement, char *reason)
{
    switch (s->kind) {
    case SCAN_JPEG:
        return decode_jpeg(s->file.data, s->file.size, false, decoder, out, placement, reason);
    case SCAN_PNG:
        return decode_png(s->file.data, s->file.size, decoder, out, placement, reason);
    case SCAN_TIFF:
        if (number <= s->tiff.count)
            return decode_tiff(&s->file, s->tiff.offsets[number - 1], false, decoder, out,
                               placement, reason);
        if (s->tiff.too_many)
            return scan_refuse(reason, _("the TIFF has more than %d pages; the rest is not read"),
                               SCAN_MAX_PAGES);
        return scan_refuse(reason,
                           _("the TIFF's list of pages breaks off after page %d: damaged or "
                             "incomplete; any further page is lost"),
                           s->tiff.count);
    case SCAN_PDF:
        return pdf_decode_page(s->pdf, number, decoder, out, placement, reason);
    default:
        return scan_refuse(reason, _("the scan has no page %d"), number);
    }
}

static int decode_once(const struct scan *scan, int number, struct decoder *decoder,
                       struct image *out, char *reason)
{
    struct placement placement = {.orientation = 1};
    decoder_drop_halves(decoder);
    int r = decode_stored(scan, number, decoder, out, &placement, reason);
    if (r == 0)
        r = decoder_end_chroma(decoder);
    decoder_end_halves(decoder);
    return r != 0 ? r : page_make_upright(out, &placement, decoder, reason);
}

static int decode_here(const struct scan *scan, int number, struct decoder *decoder,
                       struct image *out, char *reason)
{
    int r = decode_once(scan, number, decoder, out, reason);
    if (r == YJ_EDATA) /* as plan_pages_surely */
        r = decode_once(scan, number, decoder, out, reason);
    return r == YJ_EDATA ? confirm_damage() : r;
}

/* By the helper, which says where a page must be drawn; what draws is a process of its own. */
static int decode_remotely(const struct scan *scan, int number, struct decoder *decoder,
                           struct image *out, char *reason)
{
    struct remote_page page = {scan->serial, scan->kind, &scan->file, number};
    struct remote_pixels pixels = {out, decoder->chroma, decoder->halves};
    double dpi;
    decoder_drop_halves(decoder);
    int r = remote_decode(decoder->remote, &page, decoder->clock, &pixels, &dpi, reason);
    if (r != WIRE_DRAW)
        return r;
    struct placement placement = {.orientation = 1, .dpi_x = dpi, .dpi_y = dpi};
    r = pdf_render_page(&scan->file, number, dpi, decoder, out, reason);
    if (r == 0)
        r = decoder_end_chroma(decoder);
    return r < 0 ? r : page_make_upright(out, &placement, decoder, reason);
}

int scan_decode_page(const struct scan *scan, int number, struct decoder *decoder,
                     struct image *out, char reason[SCAN_REASON_MAX])
{
    if (number < 1 || number > scan->n_pages)
        return scan_refuse(reason, _("the scan has no page %d"), number);
    if (decoder->chroma)
        decoder->chroma->width = decoder->chroma->height = 0;
    return decoder->remote ? decode_remotely(scan, number, decoder, out, reason)
                           : decode_here(scan, number, decoder, out, reason);
}
