/* glyph_probe digits|letters < GLYPHS > BELIEFS: what the net believes of glyphs, and how long it
 * takes.
 *
 * GLYPHS: GLYPH_POINTS bytes each. BELIEFS: for each the alphabet's probabilities and junk's,
 * floats. To stderr: milliseconds of CPU a glyph,
 * and which share of them the second net was asked about. */
#include "glyph_reader.h"
#include "thread_ms.h"
#include "vision.h"
#include <stdio.h>
#include <string.h>

#define AT_ONCE 1024

int main(int argc, char **argv)
{
    static uint8_t glyphs[AT_ONCE][GLYPH_POINTS];
    static struct glyph_belief beliefs[AT_ONCE];
    bool letters = argc == 2 && strcmp(argv[1], "letters") == 0;
    if (argc != 2 || (!letters && strcmp(argv[1], "digits") != 0)) {
        fprintf(stderr, "usage: glyph_probe digits|letters\n");
        return 2;
    }
    enum glyph_alphabet alphabet = letters ? GLYPH_LETTERS : GLYPH_DIGITS;
    struct glyph_reader *reader = NULL;
    vision_init();
    int e = glyph_reader_create(&reader);
    long total = 0;
    double spent = 0;
    for (size_t n; e == 0 && (n = fread(glyphs, GLYPH_POINTS, AT_ONCE, stdin)) > 0;
         total += (long)n) {
        double start = thread_ms();
        e = glyph_read(reader, alphabet, (const uint8_t(*)[GLYPH_POINTS])glyphs, NULL, (int)n,
                       beliefs);
        spent += total ? thread_ms() - start : 0; /* the first loads the net */
        for (size_t i = 0; e == 0 && i < n; i++) {
            fwrite(beliefs[i].of, sizeof(float), (size_t)glyph_count(alphabet), stdout);
            fwrite(&beliefs[i].junk, sizeof(float), 1, stdout);
        }
    }
    if (total > AT_ONCE)
        fprintf(stderr, "%.4f %.4f\n", spent / (double)(total - AT_ONCE),
                (double)glyph_reader_second_looks(reader) / (double)total);
    glyph_reader_destroy(reader);
    return e < 0 || fflush(stdout) != 0;
}
