/* EXIF: a TIFF directory inside a JPEG or PNG. Only three things of it matter to a page: which way
 * up the phone was held, and the resolution. */
#include "ingest_internal.h"

enum { TAG_ORIENTATION = 0x0112, TAG_X_RESOLUTION = 0x011a, TAG_Y_RESOLUTION = 0x011b };
enum { TAG_RESOLUTION_UNIT = 0x0128, TYPE_SHORT = 3, TYPE_RATIONAL = 5, ENTRY_SIZE = 12 };

struct exif {
    const uint8_t *bytes;
    size_t n;
    bool big_endian;
};

/* The caller has checked that the bytes are there. */
static unsigned get16(const struct exif *e, size_t at)
{
    const uint8_t *p = e->bytes + at;
    return e->big_endian ? (unsigned)p[0] << 8 | p[1] : (unsigned)p[1] << 8 | p[0];
}

static uint32_t get32(const struct exif *e, size_t at)
{
    uint32_t first = get16(e, at), second = get16(e, at + 2);
    return e->big_endian ? first << 16 | second : second << 16 | first;
}

static double get_rational(const struct exif *e, size_t entry)
{
    size_t at = get32(e, entry + 8);
    if (at > e->n || e->n - at < 8)
        return 0;
    uint32_t denominator = get32(e, at + 4);
    return denominator ? (double)get32(e, at) / denominator : 0;
}

void exif_read(const uint8_t *bytes, size_t n, struct placement *placement)
{
    if (n < 14 || !((bytes[0] == 'I' && bytes[1] == 'I') || (bytes[0] == 'M' && bytes[1] == 'M')))
        return;
    struct exif e = {bytes, n, bytes[0] == 'M'};
    size_t at = get32(&e, 4);
    if (get16(&e, 2) != 42 || at > n - 2)
        return;
    unsigned count = get16(&e, at);
    double x = 0, y = 0, per_inch = 1;
    at += 2;
    for (unsigned i = 0; i < count && n - at >= ENTRY_SIZE; i++, at += ENTRY_SIZE) {
        unsigned tag = get16(&e, at), type = get16(&e, at + 2);
        if (tag == TAG_ORIENTATION && type == TYPE_SHORT)
            placement->orientation = (int)get16(&e, at + 8);
        else if (tag == TAG_X_RESOLUTION && type == TYPE_RATIONAL)
            x = get_rational(&e, at);
        else if (tag == TAG_Y_RESOLUTION && type == TYPE_RATIONAL)
            y = get_rational(&e, at);
        else if (tag == TAG_RESOLUTION_UNIT && type == TYPE_SHORT)
            per_inch = get16(&e, at + 8) == 3 ? 2.54 : 1;
    }
    if (placement->dpi_x == 0 && x > 0 && y > 0) {
        placement->dpi_x = x * per_inch;
        placement->dpi_y = y * per_inch;
    }
}
