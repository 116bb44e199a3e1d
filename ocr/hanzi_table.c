#include "hanzi_table.h"

#include "diag.h"
#include "hanzi_net.h"
#include "hanzi_rows.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const unsigned char *const hanzi_net_bytes = hanzi_net;
const size_t hanzi_net_bytes_size = sizeof(hanzi_net);

#define HEADER_SIZE 20 /* tools/train/hanzi.py, write_table */

struct hanzi_table {
    int n, n_strangers;
    float sharpness;      /* of a cosine to a log-likelihood */
    uint32_t *code;       /* [n], ascending */
    int32_t *stranger;    /* [n_strangers] rows */
    float *scale;         /* [n] */
    const int8_t *rows;   /* [n][HANZI_DIM], in the program's own bytes */
    float *stranger_rows; /* [n_strangers][HANZI_DIM] */
};

static uint32_t read_u32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* n numbers of 32 bits to the heap; NULL: no memory. */
static void *read_numbers(const unsigned char **at, int n)
{
    uint32_t *numbers = malloc(((size_t)n + 1) * sizeof(*numbers));
    for (int i = 0; i < n && numbers; i++)
        numbers[i] = read_u32(*at + 4 * i);
    *at += 4 * (size_t)n;
    return numbers;
}

/* The numbers of a row as a unit vector. */
static void widen(const struct hanzi_table *table, int row, float *ret)
{
    const int8_t *from = table->rows + (size_t)row * HANZI_DIM;
    for (int k = 0; k < HANZI_DIM; k++)
        ret[k] = from[k] * table->scale[row];
}

static int load(struct hanzi_table *t, const unsigned char *at)
{
    t->code = read_numbers(&at, t->n);
    t->stranger = read_numbers(&at, t->n_strangers);
    t->scale = read_numbers(&at, t->n);
    t->rows = (const int8_t *)at;
    t->stranger_rows = malloc((size_t)t->n_strangers * HANZI_DIM * sizeof(float));
    if (!t->code || !t->stranger || !t->scale || !t->stranger_rows)
        return YJ_ENOMEM;
    for (int i = 0; i < t->n_strangers; i++)
        widen(t, t->stranger[i], t->stranger_rows + (size_t)i * HANZI_DIM);
    return 0;
}

int hanzi_table_create(struct hanzi_table **ret_table)
{
    const unsigned char *head = hanzi_rows;
    struct hanzi_table *t = calloc(1, sizeof(*t));
    if (!t)
        return YJ_ENOMEM;
    t->n = (int)read_u32(head + 4);
    t->n_strangers = (int)read_u32(head + 12);
    uint32_t bits = read_u32(head + 16);
    memcpy(&t->sharpness, &bits, sizeof(bits));
    size_t size = HEADER_SIZE + 4 * (size_t)t->n_strangers + (size_t)t->n * (8 + HANZI_DIM);
    int e = memcmp(head, "YJHZ", 4) != 0 || read_u32(head + 8) != HANZI_DIM ||
                    size != sizeof(hanzi_rows)
                ? YJ_EDATA
                : load(t, head + HEADER_SIZE);
    if (e < 0) {
        hanzi_table_destroy(t);
        return e;
    }
    *ret_table = t;
    return 0;
}

void hanzi_table_destroy(struct hanzi_table *table)
{
    if (!table)
        return;
    free(table->code);
    free(table->stranger);
    free(table->scale);
    free(table->stranger_rows);
    free(table);
}

/* ---- words ---- */

int hanzi_words_init(const struct hanzi_table *table, struct arena *arena,
                     struct hanzi_words *ret_words)
{
    /* The last row, no character, is one of the words. */
    int n = table->n_strangers;
    struct hanzi_words words = {.n = n + 1, .table = table};
    words.slot = arena_alloc(arena, (size_t)table->n * sizeof(*words.slot));
    words.row = arena_alloc(arena, (size_t)table->n * sizeof(*words.row));
    float *none = arena_alloc(arena, HANZI_DIM * sizeof(float));
    if (!words.slot || !words.row || !none)
        return YJ_ENOMEM;
    memset(words.slot, -1, (size_t)table->n * sizeof(*words.slot));
    for (int i = 0; i < n; i++) {
        words.slot[table->stranger[i]] = i;
        words.row[i] = table->stranger_rows + (size_t)i * HANZI_DIM;
    }
    widen(table, table->n - 1, none);
    words.slot[table->n - 1] = n;
    words.row[n] = none;
    *ret_words = words;
    return 0;
}

static int find_row(const struct hanzi_table *table, uint32_t code)
{
    int low = 0, high = table->n - 1; /* the last row has no character */
    while (low < high) {
        int middle = (low + high) / 2;
        if (table->code[middle] < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low < table->n - 1 && table->code[low] == code ? low : -1;
}

int hanzi_words_add(struct hanzi_words *words, uint32_t code, struct arena *arena, int *ret_error)
{
    int row = find_row(words->table, code);
    if (row < 0 || words->slot[row] >= 0)
        return row < 0 ? -1 : words->slot[row];
    float *numbers = arena_alloc(arena, HANZI_DIM * sizeof(*numbers));
    if (!numbers) {
        *ret_error = YJ_ENOMEM;
        return -1;
    }
    widen(words->table, row, numbers);
    words->row[words->n] = numbers;
    return words->slot[row] = words->n++;
}

/* Eight sums side by side: the compiler may not reorder one, but can do these at once. */
static float product(const float *a, const float *b)
{
    float sum[8] = {0};
    for (int k = 0; k < HANZI_DIM; k += 8)
        for (int j = 0; j < 8; j++)
            sum[j] += a[k + j] * b[k + j];
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

void hanzi_words_score(const struct hanzi_words *words, const float *place, float *ret_log)
{
    float length = sqrtf(product(place, place)), most = -INFINITY;
    float sharpness = words->table->sharpness / fmaxf(length, 1e-6f);
    double sum = 0;
    assert(words->n > 0);
    for (int i = 0; i < words->n; i++) {
        ret_log[i] = sharpness * product(place, words->row[i]);
        most = fmaxf(most, ret_log[i]);
    }
    for (int i = 0; i < words->n; i++)
        sum += expf(ret_log[i] - most);
    float all = most + (float)log(fmax(sum, 1)); /* the likeliest adds 1 */
    for (int i = 0; i < words->n; i++)
        ret_log[i] -= all;
}
