/* print.h - printed text, read by Tesseract.
 *
 * For what a printer put on the sheet: a serial, a pre-filled name. Handwriting is not for this.
 * The text comes from the shapes alone, without Tesseract's dictionaries: a number must not be bent
 * into a word. Confidence is that of the word least sure. Knows nothing of what the text means. */
#ifndef YJ_OCR_PRINT_H
#define YJ_OCR_PRINT_H

#include "arena.h"
#include "form.h"
#include "image.h"
#include "pagemap.h"
#include <stdbool.h>

#define PRINT_PACKAGE_MAX 96

struct print_text {
    const char *text;  /* UTF-8, in the arena; white space folded to single spaces; "": none */
    double confidence; /* 0 to 1: of the word least sure; 0 where none was read */
    int words;
};

/* One a worker. Loads a language when a field first asks for it. Not thread-safe; two readers are
 * independent. */
struct print_reader;

/* Cheap: loads nothing. YJ_ENOMEM. */
int print_reader_create(struct print_reader **ret_reader);
void print_reader_destroy(struct print_reader *reader);

/* Reads the field's area, or the insides of its boxes, in field->print_language. YJ_ENOMEM, or
 * YJ_EDATA where the area is too large or too small for a picture. */
int print_read(struct print_reader *reader, const struct field *field, const struct image *img,
               const struct page_map *map, struct image *scratch, struct arena *arena,
               struct print_text *ret_text);

/* Whether Tesseract has the data of every language of `languages` ("eng+chi_tra"); else the Debian
 * package of the first that lacks in ret_package. 0 or YJ_ENOMEM. */
int print_has_data(const char *languages, bool *ret_has, char ret_package[PRINT_PACKAGE_MAX]);

#endif
