/* What qpdf unpacks by itself as it opens a document: streams of cross-references and of objects,
 * each as a whole and without a limit, so that a PDF of a kilobyte can take gigabytes. They are
 * looked for in the file's bytes and unpacked here first, into nothing, up to a limit. A file that
 * was made to hide them (names written with #xx, an empty password) is not found out. */
#include "ingest_internal.h"

#include <string.h>
#include <zlib.h>

enum { PIECE = 1 << 16, DICTIONARY_MAX = 4096, INPUT = 1 << 14 };
/* Of all of them together: what they hold is a hundred bytes an object, a dozen objects a page. */
static const uint64_t UNPACKED_MAX = 256 << 20;

static int refuse_packing(char *reason)
{
    return scan_refuse(reason, _("the PDF unpacks to more than %d MB of objects: no scan does"),
                       (int)(UNPACKED_MAX >> 20));
}

/* Bytes that the deflated stream at `at` makes, not counted on beyond `most`. */
static uint64_t count_inflated(const struct scan_file *file, uint64_t at, uint64_t most)
{
    uint8_t in[INPUT], out[PIECE];
    z_stream z = {0};
    int status = Z_OK;
    if (inflateInit(&z) != Z_OK)
        return 0;
    while (status == Z_OK && z.total_out <= most) {
        if (z.avail_in == 0) {
            z.next_in = in;
            z.avail_in = (uInt)scan_file_read(file, at, in, sizeof in);
            at += z.avail_in;
        }
        z.next_out = out;
        z.avail_out = sizeof out;
        status = inflate(&z, Z_NO_FLUSH); /* no more input is Z_BUF_ERROR */
    }
    uint64_t n = z.total_out;
    inflateEnd(&z);
    return n;
}

static bool holds(const uint8_t *text, size_t n, const char *word)
{
    return memmem(text, n, word, strlen(word)) != NULL;
}

static int count_filters(const uint8_t *text, size_t n)
{
    int count = 0;
    for (const uint8_t *p = text; (p = memmem(p, n - (size_t)(p - text), "Decode", 6)); p += 6)
        count += p[6] != 'P'; /* DecodeParms */
    return count;
}

/* The dictionary before a stream: from its "obj" on. */
static const uint8_t *find_dictionary(const uint8_t *window, const uint8_t *stream)
{
    const uint8_t *p = stream;
    while (p > window && stream - p < DICTIONARY_MAX && memcmp(p, "obj", 3) != 0)
        p--;
    return p;
}

/* `stream`: where "stream" stands in the window; `at`: the same in the file. */
static int check_stream(const struct scan_file *file, const uint8_t *window, const uint8_t *stream,
                        uint64_t at, uint64_t *total, char *reason)
{
    const uint8_t *dictionary = find_dictionary(window, stream);
    size_t n = (size_t)(stream - dictionary);
    uint8_t end[2];
    if (!holds(dictionary, n, "/ObjStm") && !holds(dictionary, n, "/XRef"))
        return 0;
    if (count_filters(dictionary, n) > 1)
        return refuse_packing(reason);
    at += 6;
    size_t got = scan_file_read(file, at, end, 2);
    at += got == 2 && end[0] == '\r' && end[1] == '\n' ? 2 : 1;
    *total += count_inflated(file, at, UNPACKED_MAX - *total);
    return *total > UNPACKED_MAX ? refuse_packing(reason) : 0;
}

int pdf_packing_check(const struct scan_file *file, char *reason)
{
    static const char word[] = "stream";
    enum { WORD = sizeof word - 1 };
    uint8_t window[DICTIONARY_MAX + PIECE + WORD + 1];
    uint64_t total = 0;
    int r = 0;
    for (uint64_t at = 0; at < file->size && r == 0; at += PIECE) {
        uint64_t from = at > DICTIONARY_MAX ? at - DICTIONARY_MAX : 0;
        size_t n = scan_file_read(file, from, window, (size_t)(at - from) + PIECE + WORD - 1);
        const uint8_t *p = window + (at - from), *end = window + n;
        for (; r == 0 && p < end && (p = memmem(p, (size_t)(end - p), word, WORD)); p += WORD)
            if (p > window && p[-1] != 'd') /* "endstream" */
                r = check_stream(file, window, p, from + (uint64_t)(p - window), &total, reason);
    }
    return r;
}
