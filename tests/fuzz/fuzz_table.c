/* A key or roster: the bytes as the file itself, then as the sheet of a spreadsheet that is whole
 * else, and as its shared texts. */
#include "csvfile.h"
#include "diag.h"
#include "fuzz.h"
#include "table_file.h"
#include "textfile.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 65536 /* of the rest of the ZIP */

static const char workbook[] = "<workbook xmlns:r=\"r\"><sheets><sheet name=\"s\" sheetId=\"1\" "
                               "r:id=\"r1\"/></sheets></workbook>";
static const char relations[] =
    "<Relationships><Relationship Id=\"r1\" Target=\"worksheets/sheet1.xml\"/></Relationships>";
static const char styles[] =
    "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"0000\"/></numFmts><cellXfs>"
    "<xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/></cellXfs></styleSheet>";
static const char texts[] = "<sst><si><t>candidate</t></si><si><t>name</t></si></sst>";
static const char sheet[] = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c>"
                            "<c r=\"B1\" t=\"s\"><v>1</v></c></row></sheetData></worksheet>";

/* What no text may hold and XML may is told by whoever parses the table. */
static bool is_refused(const struct table_file *table)
{
    struct csv *csv = NULL;
    struct diag d;
    diag_init(&d);
    bool refused = csv_parse(table->text, table->size, "", &csv, &d) < 0 && d.errors > 0;
    csv_destroy(csv);
    diag_finish(&d);
    return refused;
}

static void load(const char *path, bool packed)
{
    struct table_file table;
    struct diag d;
    diag_init(&d);
    int rc = table_load(path, &table, &d);
    if (rc != YJ_ENOMEM && (rc == 0) != (d.errors == 0))
        __builtin_trap();
    if (rc == 0) {
        if (table.text[table.size] != 0 ||
            (packed && text_check(table.text, table.size, "", NULL) < 0 && !is_refused(&table)))
            __builtin_trap();
        diag_error(&d, YJ_EINPUT, path, 2, 3, NULL, "x");
        table_name_cells(&table, &d, 0);
        table_numbers(&table, "candidate");
        table_finish(&table);
    }
    diag_finish(&d);
}

static void add(struct archive *zip, const char *name, const void *data, size_t size)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, (la_int64_t)size);
    if (archive_write_header(zip, entry) != ARCHIVE_OK ||
        archive_write_data(zip, data, size) != (la_ssize_t)size)
        abort();
    archive_entry_free(entry);
}

static void load_packed(const void *a_sheet, size_t sheet_size, const void *a_texts,
                        size_t texts_size)
{
    size_t capacity = sheet_size + texts_size + ROOM, used = 0;
    char *bytes = malloc(capacity);
    struct archive *zip = archive_write_new();
    if (!bytes || archive_write_set_format_zip(zip) != ARCHIVE_OK ||
        archive_write_zip_set_compression_store(zip) != ARCHIVE_OK ||
        archive_write_open_memory(zip, bytes, capacity, &used) != ARCHIVE_OK)
        abort();
    add(zip, "xl/workbook.xml", workbook, sizeof workbook - 1);
    add(zip, "xl/_rels/workbook.xml.rels", relations, sizeof relations - 1);
    add(zip, "xl/styles.xml", styles, sizeof styles - 1);
    add(zip, "xl/sharedStrings.xml", a_texts, texts_size);
    add(zip, "xl/worksheets/sheet1.xml", a_sheet, sheet_size);
    if (archive_write_close(zip) != ARCHIVE_OK)
        abort();
    archive_write_free(zip);
    load(fuzz_file("packed.xlsx", bytes, used), true);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    load(fuzz_file("table.csv", data, size), false);
    load_packed(data, size, texts, sizeof texts - 1);
    load_packed(sheet, sizeof sheet - 1, data, size);
    return 0;
}
