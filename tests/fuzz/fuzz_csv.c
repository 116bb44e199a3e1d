/* CSV, read, written and read again: the cells must be the same. */
#include "csvfile.h"
#include "diag.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void write_rows(const struct csv *csv, char **ret_text, size_t *ret_size)
{
    FILE *out = open_memstream(ret_text, ret_size);
    if (!out)
        abort();
    for (int i = 0; i < csv->n_rows; i++)
        csv_write_row(out, (const char *const *)csv->rows[i].cells, (size_t)csv->rows[i].n_cells);
    fclose(out);
}

static void compare(const struct csv *a, const struct csv *b)
{
    if (a->n_rows != b->n_rows)
        __builtin_trap();
    for (int i = 0; i < a->n_rows; i++)
        for (int k = 0; k < a->rows[i].n_cells; k++)
            if (strcmp(a->rows[i].cells[k], b->rows[i].cells[k]) != 0)
                __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv *csv = NULL, *again = NULL;
    struct diag d;
    diag_init(&d);
    if (csv_parse((const char *)data, size, "table.csv", &csv, &d) == 0) {
        char *text;
        size_t length;
        write_rows(csv, &text, &length);
        if (csv_parse(text, length, "again.csv", &again, &d) < 0)
            __builtin_trap();
        compare(csv, again);
        free(text);
    } else if (d.errors == 0) {
        __builtin_trap();
    }
    csv_destroy(csv);
    csv_destroy(again);
    diag_finish(&d);
    return 0;
}
