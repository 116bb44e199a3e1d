#include "decision_file.h"

#include "diag.h"
#include "i18n.h"
#include <stdlib.h>
#include <string.h>

enum { COLUMN_ID, COLUMN_VALUE, COLUMN_WHY, COLUMNS };

static int find_columns(const struct csv *csv, int columns[COLUMNS], struct diag *d)
{
    static const char *const names[COLUMNS] = {"id", "value", "why"};
    const struct csv_row *header = &csv->rows[0];
    int bad = 0;

    for (int i = 0; i < COLUMNS; i++)
        columns[i] = -1;
    for (int c = 0; c < header->n_cells; c++) {
        int i = 0;
        while (i < COLUMNS && strcmp(header->cells[c], names[i]) != 0)
            i++;
        if (i == COLUMNS)
            bad = diag_error(d, YJ_EINPUT, csv->path, header->line, header->columns[c],
                             _("the columns are id, value and, if you like, why"),
                             _("unknown column '%s'"), header->cells[c]);
        else if (columns[i] >= 0)
            bad = diag_error(d, YJ_EINPUT, csv->path, header->line, header->columns[c], NULL,
                             _("column '%s' stands twice"), names[i]);
        else
            columns[i] = c;
    }
    for (int i = COLUMN_ID; i <= COLUMN_VALUE && bad == 0; i++)
        if (columns[i] < 0)
            bad = diag_error(d, YJ_EINPUT, csv->path, header->line, 0,
                             _("the columns are id, value and, if you like, why"),
                             _("no column '%s'"), names[i]);
    return bad;
}

static int take_rows(struct decision_file *file, const int columns[COLUMNS], const char *why,
                     struct diag *d)
{
    int bad = 0;

    for (int i = 1; i < file->csv->n_rows; i++) {
        const struct csv_row *row = &file->csv->rows[i];
        const char *own = columns[COLUMN_WHY] >= 0 ? row->cells[columns[COLUMN_WHY]] : "";
        struct review_decision decision = {.id = row->cells[columns[COLUMN_ID]],
                                           .value = row->cells[columns[COLUMN_VALUE]],
                                           .why = own[0] ? own : why,
                                           .line = row->line};
        if (decision.id[0] == '\0')
            bad = diag_error(d, YJ_EINPUT, file->csv->path, row->line, 0, NULL,
                             _("a row without an id"));
        file->decisions[file->n++] = decision;
    }
    if (file->n == 0)
        bad = diag_error(d, YJ_EINPUT, file->csv->path, 0, 0, NULL, _("no decision in the file"));
    return bad;
}

int decision_file_load(const char *path, const char *why, struct decision_file *ret, struct diag *d)
{
    struct decision_file file = {0};
    int columns[COLUMNS];
    int rc = csv_load(path, &file.csv, d);

    if (rc == 0)
        rc = find_columns(file.csv, columns, d);
    if (rc == 0) {
        file.decisions = calloc((size_t)file.csv->n_rows + 1, sizeof *file.decisions);
        rc = file.decisions ? take_rows(&file, columns, why, d)
                            : diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    }
    if (rc < 0) {
        decision_file_finish(&file);
        return rc;
    }
    *ret = file;
    return 0;
}

void decision_file_finish(struct decision_file *file)
{
    free(file->decisions);
    csv_destroy(file->csv);
    *file = (struct decision_file){0};
}
