/* A ZIP that is whole around members that are not: each is a byte for the length of its name, the
 * name, two bytes for its size, its bytes. A first byte that is odd: deflated, else stored. */
#include "fuzz.h"
#include "fuzz_pages.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

enum { MEMBERS = 8, ROOM = 65536 };

struct bytes {
    const uint8_t *at, *end;
};

/* As many of n bytes as there are. */
static size_t take(struct bytes *in, size_t n, const uint8_t **ret)
{
    size_t left = (size_t)(in->end - in->at);
    n = n < left ? n : left;
    *ret = in->at;
    in->at += n;
    return n;
}

static void add_member(struct archive *zip, struct bytes *in)
{
    char name[256];
    const uint8_t *p;
    size_t n = take(in, *in->at++, &p);
    memcpy(name, p, n);
    name[n] = '\0';
    size_t size = take(in, 2, &p) == 2 ? (size_t)(p[0] << 8 | p[1]) : 0;
    size = take(in, size, &p);
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, (la_int64_t)size);
    if (archive_write_header(zip, entry) == ARCHIVE_OK) /* it refuses some names itself */
        archive_write_data(zip, p, size);
    archive_entry_free(entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, data + size};
    size_t capacity = 2 * size + ROOM, used = 0;
    char *bytes = malloc(capacity);
    struct archive *zip = archive_write_new();
    if (size == 0 || !bytes || !zip)
        goto out;
    archive_write_set_format_zip(zip);
    if (*in.at++ & 1)
        archive_write_zip_set_compression_deflate(zip);
    else
        archive_write_zip_set_compression_store(zip);
    if (archive_write_open_memory(zip, bytes, capacity, &used) != ARCHIVE_OK)
        abort();
    for (int i = 0; i < MEMBERS && in.at < in.end; i++)
        add_member(zip, &in);
    if (archive_write_close(zip) == ARCHIVE_OK)
        fuzz_decode_scans(fuzz_file("archive.zip", bytes, used));
out:
    archive_write_free(zip);
    free(bytes);
    return 0;
}
