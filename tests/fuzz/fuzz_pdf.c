/* A PDF that is whole but for what matters: parts with a line "%%" between them are the page's
 * dictionary, its content, the picture's dictionary, the picture's bytes, and one more object,
 * which is the palette, the colour profile or a mask. */
#include "fuzz.h"
#include "fuzz_pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE, CONTENT, PICTURE, BYTES, OTHER, PARTS };

struct part {
    const uint8_t *bytes;
    size_t size;
};

static void split(const uint8_t *data, size_t size, struct part parts[PARTS])
{
    static const char mark[] = "\n%%\n";
    for (int i = 0; i < PARTS; i++) {
        const uint8_t *end =
            i < PARTS - 1 && size ? memmem(data, size, mark, sizeof mark - 1) : NULL;
        size_t n = end ? (size_t)(end - data) : size;
        parts[i] = (struct part){data, n};
        size_t used = end ? n + sizeof mark - 1 : size;
        data += used;
        size -= used;
    }
}

static void write_part(FILE *out, const struct part *part)
{
    if (part->size > 0)
        fwrite(part->bytes, 1, part->size, out);
}

/* An object; `stream` NULL: it has none. */
static void write_object(FILE *out, long offsets[], int number, const char *before,
                         const struct part *dictionary, const struct part *stream)
{
    offsets[number] = ftell(out);
    fprintf(out, "%d 0 obj\n%s", number, before);
    write_part(out, dictionary);
    if (stream) {
        fprintf(out, " /Length %zu >>\nstream\n", stream->size);
        write_part(out, stream);
        fputs("\nendstream", out);
    }
    fputs("\nendobj\n", out);
}

static void write_pdf(FILE *out, const struct part parts[PARTS])
{
    static const struct part none = {NULL, 0};
    struct part tree = {(const uint8_t *)"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", 42 - 1};
    struct part root = {(const uint8_t *)"<< /Type /Catalog /Pages 2 0 R >>", 33};
    long offsets[7] = {0};
    fputs("%PDF-1.7\n", out);
    write_object(out, offsets, 1, "", &root, NULL);
    write_object(out, offsets, 2, "", &tree, NULL);
    write_object(out, offsets, 3, "<< /Type /Page /Parent 2 0 R /Contents 4 0 R ", &parts[PAGE],
                 NULL);
    write_object(out, offsets, 4, "<< ", &none, &parts[CONTENT]);
    write_object(out, offsets, 5, "<< /Type /XObject /Subtype /Image ", &parts[PICTURE],
                 &parts[BYTES]);
    write_object(out, offsets, 6, "", &parts[OTHER], NULL);
    long table = ftell(out);
    fputs("xref\n0 7\n0000000000 65535 f \n", out);
    for (int i = 1; i <= 6; i++)
        fprintf(out, "%010ld 00000 n \n", offsets[i]);
    fprintf(out, "trailer\n<< /Size 7 /Root 1 0 R >>\nstartxref\n%ld\n%%%%EOF\n", table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct part parts[PARTS];
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        abort();
    split(data, size, parts);
    write_pdf(out, parts);
    fclose(out);
    fuzz_decode_scans(fuzz_file("built.pdf", text, length));
    free(text);
    return 0;
}
