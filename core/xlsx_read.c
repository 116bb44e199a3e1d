#include "xlsx_read.h"

#include "diag.h"
#include "i18n.h"
#include "xlsx_internal.h"
#include <stdlib.h>
#include <string.h>

bool xlsx_looks_like(const char *head, size_t n)
{
    return n >= 4 && memcmp(head, "PK\3\4", 4) == 0;
}

void xlsx_cell_name(int column, int row, char name[XLSX_CELL_NAME_MAX])
{
    char letters[8];
    int n = 0;
    for (int c = column + 1; c > 0 && n < 7; c = (c - 1) / 26)
        letters[n++] = (char)('A' + (c - 1) % 26);
    char *out = name;
    while (n > 0)
        *out++ = letters[--n];
    snprintf(out, XLSX_CELL_NAME_MAX - (size_t)(out - name), "%d", row);
}

static int read_parts(struct xlsx *x, struct xlsx_table *ret)
{
    int rc = xlsx_find_sheet(x);
    if (rc == 0)
        rc = xlsx_load_strings(x);
    if (rc == 0)
        rc = xlsx_load_styles(x);
    return rc == 0 ? xlsx_write_cells(x, ret) : rc;
}

int xlsx_read(FILE *file, const char *path, struct xlsx_table *ret, struct diag *d)
{
    struct xlsx x = {.file = file, .path = path, .d = d};
    struct xlsx_table table = {0};
    int rc = read_parts(&x, &table);
    if (rc == 0) {
        table.sheet = x.sheet_name;
        x.sheet_name = NULL;
        *ret = table;
    }
    fclose(file);
    free(x.sheet_name);
    free(x.sheet_id);
    free(x.sheet_part);
    free(x.pool.bytes);
    free(x.text.bytes);
    free(x.strings);
    free(x.styles);
    free(x.formats);
    return rc;
}

void xlsx_table_finish(struct xlsx_table *table)
{
    free(table->text);
    free(table->sheet);
    free(table->numbers);
    *table = (struct xlsx_table){0};
}
