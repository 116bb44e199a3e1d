#include "roster.h"

#include "csvfile.h"
#include "diag.h"
#include "i18n.h"
#include "table_file.h"
#include "textfile.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The columns, in the order of struct roster_entry's strings. */
static const char *const column_names[] = {"candidate", "name", "class", "school", "room", "seat"};
enum { CANDIDATE_COLUMN, N_COLUMNS = sizeof column_names / sizeof *column_names };

static char **entry_text(struct roster_entry *entry, int column)
{
    char **const texts[N_COLUMNS] = {&entry->candidate, &entry->name, &entry->class_name,
                                     &entry->school,    &entry->room, &entry->seat};
    return texts[column];
}

/* Where each known column stands, -1: nowhere. A column that nearly has a known name is a typing
 * mistake; others are the office's own and not used. */
static int find_columns(const struct csv *csv, int columns[N_COLUMNS], struct diag *d)
{
    const struct csv_row *header = &csv->rows[0];
    int rc = 0;
    for (int i = 0; i < N_COLUMNS; i++)
        columns[i] = csv_column(csv, column_names[i]);
    for (int i = 0; i < header->n_cells; i++) {
        bool known = false;
        for (int k = 0; k < N_COLUMNS; k++)
            known |= columns[k] == i;
        const char *nearest = text_nearest(header->cells[i], column_names, N_COLUMNS);
        if (known || !nearest || csv_column(csv, nearest) >= 0)
            continue;
        char hint[80];
        snprintf(hint, sizeof hint, _("did you mean '%s'?"), nearest);
        rc = diag_error(d, YJ_EINPUT, csv->path, header->line, header->columns[i], hint,
                        _("unknown column '%s'"), header->cells[i]);
    }
    if (columns[CANDIDATE_COLUMN] < 0)
        rc = diag_error(d, YJ_EINPUT, csv->path, header->line, 1,
                        _("the header is 'candidate,name,class,school'"),
                        _("no column 'candidate'"));
    return rc;
}

/* Bytes of a space at the start of text, of those too that nobody sees in a spreadsheet: no-break,
 * ideographic, and of no width. */
static size_t space_size(const char *text)
{
    static const char *const spaces[] = {
        " ", "\t", "\xC2\xA0", "\xE3\x80\x80", "\xE2\x80\x8B", "\xE2\x80\x8E", "\xEF\xBB\xBF"};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        if (strncmp(text, spaces[i], strlen(spaces[i])) == 0)
            return strlen(spaces[i]);
    return 0;
}

static char *trimmed(const char *text)
{
    size_t n, length = 0;
    while ((n = space_size(text)) > 0)
        text += n;
    for (size_t i = 0; text[i];) {
        n = space_size(text + i);
        i += n ? n : 1;
        length = n ? length : i;
    }
    return strndup(text, length);
}

/* Where a full-width form of an ASCII letter or digit stands (U+FF01 to U+FF5E), as Chinese
 * keyboards write them; NULL: nowhere. */
static const char *find_full_width(const char *text)
{
    for (; (text = strchr(text, '\xEF')) != NULL; text++) {
        unsigned char a = (unsigned char)text[1], b = a ? (unsigned char)text[2] : 0;
        if ((a == 0xBC && b >= 0x81) || (a == 0xBD && b <= 0x9E))
            return text;
    }
    return NULL;
}

/* A candidate in full-width letters as sheets say it. */
static char *half_width(const char *text)
{
    char *copy = strdup(text), *out = copy;
    for (const char *in = copy; in && *in;) {
        if (find_full_width(in) == in) {
            unsigned c =
                0xF000u | ((unsigned char)in[1] & 0x3Fu) << 6 | ((unsigned char)in[2] & 0x3F);
            *out++ = (char)(c - 0xFF00 + 0x20);
            in += 3;
        } else {
            *out++ = *in++;
        }
    }
    if (copy)
        *out = 0;
    return copy;
}

static int tell_full_width(const struct csv *csv, const struct roster_entry *entry, struct diag *d)
{
    char *narrow = half_width(entry->candidate), *hint = NULL;
    if (!narrow || asprintf(&hint, _("write '%s'"), narrow) < 0)
        hint = NULL;
    diag_error(d, YJ_EINPUT, csv->path, entry->line, entry->column, hint,
               _("candidate '%s' is in full-width letters, which no sheet says"), entry->candidate);
    free(narrow);
    free(hint);
    return YJ_EINPUT;
}

/* "1.15011E+07": a spreadsheet showed a long number short, and saved what it showed. */
static bool is_rounded_number(const char *text)
{
    size_t digits = strspn(text, "0123456789.");
    return digits > 0 && (text[digits] == 'E' || text[digits] == 'e') && text[digits + 1] == '+';
}

static int read_entry(const struct csv *csv, const struct csv_row *row,
                      const int columns[N_COLUMNS], struct roster_entry *entry, struct diag *d)
{
    entry->line = row->line;
    for (int i = 0; i < N_COLUMNS; i++) {
        char **text = entry_text(entry, i);
        *text = trimmed(columns[i] >= 0 ? row->cells[columns[i]] : "");
        if (!*text)
            return YJ_ENOMEM;
    }
    int column = row->columns[columns[CANDIDATE_COLUMN]];
    entry->column = column;
    if (!entry->candidate[0])
        return diag_error(d, YJ_EINPUT, csv->path, row->line, column, NULL,
                          _("a row without a candidate"));
    if (find_full_width(entry->candidate))
        return tell_full_width(csv, entry, d);
    if (is_rounded_number(entry->candidate))
        return diag_error(d, YJ_EINPUT, csv->path, row->line, column,
                          _("make the column text in the spreadsheet and save it again"),
                          _("candidate '%s' was rounded by a spreadsheet"), entry->candidate);
    return 0;
}

static int read_entries(const struct csv *csv, struct roster *roster, struct diag *d)
{
    int columns[N_COLUMNS];
    int bad = find_columns(csv, columns, d);
    if (bad < 0)
        return bad;
    int n = csv->n_rows - 1;
    roster->entries = calloc((size_t)n + 1, sizeof(*roster->entries));
    if (!roster->entries)
        return YJ_ENOMEM;
    for (int i = 0; i < n; i++) {
        int rc = read_entry(csv, &csv->rows[i + 1], columns, &roster->entries[i], d);
        roster->n_entries = i + 1; /* also half-read ones: they are to be freed */
        if (rc == YJ_ENOMEM)
            return rc;
        bad = rc < 0 ? rc : bad;
    }
    return bad;
}

static int compare_entries(const void *a, const void *b, void *context)
{
    const struct roster_entry *entries = context;
    int x = *(const int *)a, y = *(const int *)b;
    int order = strcmp(entries[x].candidate, entries[y].candidate);
    return order ? order : (x > y) - (x < y);
}

static int sort_candidates(const struct csv *csv, struct roster *roster, struct diag *d)
{
    int n = roster->n_entries, rc = 0;
    int column = csv_column(csv, column_names[CANDIDATE_COLUMN]);
    roster->by_candidate = calloc((size_t)n + 1, sizeof(*roster->by_candidate));
    if (!roster->by_candidate)
        return YJ_ENOMEM;
    for (int i = 0; i < n; i++)
        roster->by_candidate[i] = i;
    qsort_r(roster->by_candidate, (size_t)n, sizeof(*roster->by_candidate), compare_entries,
            roster->entries);
    for (int i = 1; i < n; i++) {
        int first = roster->by_candidate[i - 1], again = roster->by_candidate[i];
        if (strcmp(roster->entries[first].candidate, roster->entries[again].candidate) == 0)
            rc = diag_error(d, YJ_EINPUT, roster->path, roster->entries[again].line,
                            csv->rows[again + 1].columns[column], NULL,
                            _("candidate '%s' stands twice, first on line %d"),
                            roster->entries[again].candidate, roster->entries[first].line);
    }
    return rc;
}

#define CROWDING_SAMPLE 256 /* entries that are looked around */
#define LONGEST_NUMBER 64

/* How many of an entry's neighbours, one digit off, are somebody's; *ret_all of how many. */
static int count_neighbours(const struct roster *roster, const char *candidate, int *ret_all)
{
    char other[LONGEST_NUMBER];
    int found = 0;
    *ret_all = 0;
    if (strlen(candidate) >= sizeof other)
        return 0;
    strcpy(other, candidate);
    for (char *c = other; *c; c++) {
        char own = *c;
        for (char digit = '0'; own >= '0' && own <= '9' && digit <= '9'; digit++) {
            *c = digit;
            found += digit != own && roster_find(roster, other);
            *ret_all += digit != own;
        }
        *c = own;
    }
    return found;
}

/* By a sample, spread evenly; at least what numbers strewn at random would show. */
static void measure_crowding(struct roster *roster)
{
    int step = roster->n_entries / CROWDING_SAMPLE + 1, found = 0, all = 0;
    double strewn = 0;
    for (int i = 0; i < roster->n_entries; i += step) {
        const char *candidate = roster->entries[i].candidate;
        int n;
        found += count_neighbours(roster, candidate, &n);
        all += n;
        strewn = fmax(strewn, roster->n_entries / pow(10, (double)strlen(candidate)));
    }
    roster->crowding = fmin(1, fmax(all ? (double)found / all : 0, strewn));
}

int roster_parse(const char *text, size_t size, const char *name, struct roster **ret_roster,
                 struct diag *d)
{
    struct csv *csv = NULL;
    int rc = csv_parse(text, size, name, &csv, d);
    if (rc < 0)
        return rc;
    struct roster *roster = calloc(1, sizeof *roster);
    rc = YJ_ENOMEM;
    if (!roster)
        goto finish;
    roster->path = strdup(name);
    roster->text = strndup(text, size);
    roster->size = size;
    if (!roster->path || !roster->text)
        goto finish;
    rc = read_entries(csv, roster, d);
    if (rc == 0)
        rc = sort_candidates(csv, roster, d);
    if (rc == 0) {
        measure_crowding(roster);
        *ret_roster = roster;
        roster = NULL;
    }
finish:
    roster_destroy(roster);
    csv_destroy(csv);
    return rc;
}

int roster_load(const char *path, struct roster **ret_roster, struct diag *d)
{
    struct table_file table;
    size_t told = d ? d->count : 0;
    int rc = table_load(path, &table, d);
    if (rc < 0)
        return rc;
    rc = roster_parse(table.text, table.size, path, ret_roster, d);
    table_name_cells(&table, d, told);
    table_finish(&table);
    return rc;
}

const struct roster_entry *roster_find(const struct roster *roster, const char *candidate)
{
    int low = 0, high = roster->n_entries;
    while (low < high) {
        int middle = low + (high - low) / 2;
        const struct roster_entry *entry = &roster->entries[roster->by_candidate[middle]];
        int order = strcmp(candidate, entry->candidate);
        if (order == 0)
            return entry;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

void roster_destroy(struct roster *roster)
{
    if (!roster)
        return;
    for (int i = 0; i < roster->n_entries; i++)
        for (int k = 0; k < N_COLUMNS; k++)
            free(*entry_text(&roster->entries[i], k));
    free(roster->entries);
    free(roster->by_candidate);
    free(roster->path);
    free(roster->text);
    free(roster);
}
