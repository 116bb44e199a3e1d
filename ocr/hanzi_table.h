/* hanzi_table.h - what 9,574 characters look like to the net: a direction each in 128 dimensions.
 *
 * Internal to ocr. A list's characters are looked up once, together with the strangers: characters
 * that unlisted names are made of, and the row of what is no character at all. How like a picture
 * is to each is then a product of two vectors. The table and its net are linked into the program
 * (models/README.md, tools/train/hanzi.py). */
#ifndef YJ_OCR_HANZI_TABLE_H
#define YJ_OCR_HANZI_TABLE_H

#include "arena.h"

#include <stddef.h>
#include <stdint.h>

#define HANZI_DIM 128

extern const unsigned char *const hanzi_net_bytes; /* ONNX */
extern const size_t hanzi_net_bytes_size;

struct hanzi_table; /* heap */
/* YJ_ENOMEM, YJ_EDATA. */
int hanzi_table_create(struct hanzi_table **ret_table);
void hanzi_table_destroy(struct hanzi_table *table);

/* The characters that a picture may be. */
struct hanzi_words {
    int n;             /* the strangers first, then the list's */
    int *slot;         /* slot[row of the table]: index in here, -1: not among them */
    const float **row; /* row[i][HANZI_DIM]: a unit vector */
    const struct hanzi_table *table;
};

/* All strangers and no others. Lives in the arena. */
int hanzi_words_init(const struct hanzi_table *table, struct arena *arena,
                     struct hanzi_words *ret_words);
/* Index of a character, made part of the words where it was not. -1: not in the table. YJ_ENOMEM is
 * told in *ret_error. */
int hanzi_words_add(struct hanzi_words *words, uint32_t code, struct arena *arena, int *ret_error);

/* ret_log[i] = log of the probability that a picture shows word i, where it shows one of them;
 * `place` is what the net made of the picture, HANZI_DIM numbers. */
void hanzi_words_score(const struct hanzi_words *words, const float *place, float *ret_log);

#endif
