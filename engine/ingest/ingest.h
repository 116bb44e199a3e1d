/* ingest.h - from the paths a user typed to decoded pages.
 *
 * A scan is one JPEG, PNG, TIFF or PDF file, or a member of a ZIP. Folders are walked (hidden names
 * left out); files are told apart by their first bytes, never by their names. Scans come in the
 * order of the bytes of their names within each argument (a ZIP's members in the archive's order),
 * so that every run sees the same order. What cannot be a scan becomes a scan with a problem:
 * named, never skipped in silence. Files that belong to an exam and stand beside its scans (.yaml
 * .yml .csv .xlsx .db .json .md .txt of a folder walk or in a ZIP) are passed over; given by name
 * they are scans with a problem.
 *
 * PDF: a page that only shows one picture (Do of one image, with or without an invisible text
 * layer) gives that picture as it was scanned, honouring /Rotate and the page's matrix (turned,
 * mirrored); any other page is rendered by `pdftoppm` at 300 dpi. ZIP: names are cleaned ("../" and
 * absolute names are refused by name), members and their sizes are bounded. */
#ifndef YJ_ENGINE_INGEST_H
#define YJ_ENGINE_INGEST_H

#include "image.h"
#include "records.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diag;
struct scan_source;
struct scan;
struct decoder; /* one a worker: scratch memory of the libraries */
struct sandbox; /* sandbox.h */
struct page_clock;

#define SCAN_REASON_MAX 256

/* `paths` are borrowed until close. YJ_EINPUT: a path that does not exist. */
int scan_source_open(const char *const *paths, size_t n, struct scan_source **ret_source,
                     struct diag *d);
/* As scan_source_open, but a path that does not exist is a scan with a problem when its turn comes:
 * for files that others may take away meanwhile. 0 or YJ_ENOMEM. */
int scan_source_open_any(const char *const *paths, size_t n, struct scan_source **ret_source);
/* YJ_EINPUT, told: paths that do not exist; up to the first from which no answer comes, which is a
 * scan with a problem when its turn comes. Before the first scan. */
int scan_source_check(struct scan_source *source, struct diag *d);
/* From now on documents and archives are taken apart by a helper of the sandbox, which is borrowed
 * until close. NULL: by this process. */
void scan_source_use_sandbox(struct scan_source *source, struct sandbox *sandbox);
/* A file or folder from which nothing comes for so long (default PAGE_SECONDS) is given up, and the
 * thread that waits for it left behind: a scan with a problem, scan_is_unavailable. */
void scan_source_set_patience(struct scan_source *source, double seconds);
/* The next scan, with one reference held by the caller: 1; 0 at the end; < 0 fault (memory). */
int scan_source_next(struct scan_source *source, struct scan **ret_scan);
/* From now on JPEG and PNG files and TIFFs of one page that are no ZIP members come unread
 * (scan_is_unread): whoever feeds does not wait for their bytes, and does not hold those of all
 * that wait. */
void scan_source_leave_unread(struct scan_source *source);
/* 0 to 1: how much of the names given is walked past; a guess, as folders are not looked into
 * before their turn. */
double scan_source_share(const struct scan_source *source);
/* Which of `paths` the last scan came from. */
size_t scan_source_argument(const struct scan_source *source);
/* Whether that path is the scan itself, not an archive or a folder that may hold more. */
bool scan_source_is_alone(const struct scan_source *source);
/* Ends the walk: how many files were not taken (a ZIP with members left is one). < 0 fault. */
int scan_source_count_left(struct scan_source *source);
void scan_source_close(struct scan_source *source);

const char *scan_path(const struct scan *scan); /* as given; ZIP member "archive.zip/member" */
/* SHA-256 of the scan's bytes; of bytes and path where it has a problem, so that two empty files
 * are two problems, and one whose bytes cannot be had still has a hash. */
const uint8_t *scan_hash(const struct scan *scan);
uint64_t scan_bytes(const struct scan *scan);
const char *scan_problem(const struct scan *scan); /* NULL: none; else there is no page */
/* The problem is that its bytes could not be had (no right to read, a share that is gone, a file
 * that still changes): another try may find them. */
bool scan_is_unavailable(const struct scan *scan);
int scan_page_count(const struct scan *scan);
/* Its bytes were left where they are: it has a path and one page; no hash, size or problem yet. */
bool scan_is_unread(const struct scan *scan);
/* Reads and hashes the bytes of an unread scan, of which no other thread may ask anything
 * meanwhile. Afterwards it is as scan_source_next would have given it. Its bytes lie in the decoder
 * until that reads another. 0 or YJ_ENOMEM. */
int scan_read(struct scan *scan, struct decoder *decoder);
struct scan *scan_ref(struct scan *scan); /* thread-safe */
void scan_unref(struct scan *scan);       /* thread-safe; NULL does nothing */
/* Frees the scan's bytes, keeps path, hash and problem: for a writer that holds many scans until
 * its commit. No thread may be decoding it; its pages can be decoded no more. */
void scan_forget_bytes(struct scan *scan);

/* ---- names ---- */

/* A malloc'ed UTF-8 copy of a name whose bytes may be of any encoding: UTF-8 as it is, else read
 * as GB18030 (Chinese Windows), else with the bytes written \xNN. NULL: no memory. */
char *scan_name_to_utf8(const char *name);
/* Files of an exam that lie beside scans, and what systems leave behind (Thumbs.db). */
bool scan_name_is_companion(const char *name);
/* A part of the path begins with a dot, or is what macOS adds. */
bool scan_name_is_hidden(const char *name);

int decoder_create(struct decoder **ret_decoder);
void decoder_destroy(struct decoder *decoder);
/* From now on pages are decoded by a helper of the sandbox, which is borrowed until destroy, and
 * lie in its memory until the next one is decoded. NULL: by this process. YJ_ENOMEM. */
int decoder_use_sandbox(struct decoder *decoder, struct sandbox *sandbox);
/* CPU ms of another process for the page decoded last; 0: this thread's tells all. */
double decoder_helper_ms(const struct decoder *decoder);
/* Pages decoded from now on are given up when the clock runs out: by helpers and `pdftoppm` at
 * once, within this process not before they are decoded. Borrowed; NULL: never. */
void decoder_set_clock(struct decoder *decoder, struct page_clock *clock);
/* Decodes page `number` (from 1) into `out`, reusing its buffer. Any number of threads may decode
 * pages of one scan, each with its own decoder. YJ_EDATA: `reason` says in one line why (also for a
 * truncated JPEG: half a page is not a page). YJ_ENOMEM. */
int scan_decode_page(const struct scan *scan, int number, struct decoder *decoder,
                     struct image *out, char reason[SCAN_REASON_MAX]);
/* From now on every page's colour comes too: a plane of the page's size, 0 where it is grey, else
 * how far the largest of red, green and blue is above the least, on average over half a
 * millimetre around: the fringes that scanners put at both sides of black print cancel out. A scan
 * without colour leaves the plane empty (width 0). Greys are the same with it and without (within a
 * step where `pdftoppm` draws), and pages cost nothing more where nobody asks. `chroma` is
 * borrowed; NULL: no longer. */
void decoder_want_chroma(struct decoder *decoder, struct image *chroma);

#define DECODER_HALVES 2
/* From now on every page comes halved and halved again, too, as image_halve does it: at a quarter
 * of what that costs once the page is whole. Of a page that is turned or not decoded row by row
 * there are none (width 0). `halves` is borrowed; NULL: no longer. */
void decoder_want_halves(struct decoder *decoder, struct image halves[DECODER_HALVES]);
/* The whole life of a helper: of a process that was started with HELPER_ARGUMENT (helper.h) and has
 * its messages' language set. Does not return. */
void decoder_helper_run(void) __attribute__((noreturn));

#endif
