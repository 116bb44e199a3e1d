/* xlsx_workbook.c - around the cells: which sheet, shared texts, what numbers mean. */
#include "diag.h"
#include "i18n.h"
#include "textfile.h"
#include "xlsx_internal.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void ignore_end(void *context, const char *name) {}

/* Room for one more of `size` bytes each. */
static int grow(void **list, int n, int *capacity, size_t size)
{
    if (n < *capacity)
        return 0;
    int larger = *capacity ? 2 * *capacity : 64;
    void *grown = realloc(*list, (size_t)larger * size);
    if (!grown)
        return YJ_ENOMEM;
    *list = grown;
    *capacity = larger;
    return 0;
}

/* ---- which sheet ---- */

static void on_workbook(void *context, const char *name, const char **attributes)
{
    struct xlsx *x = context;
    if (strcmp(name, "sheet") != 0)
        return;
    const char *state = xlsx_attribute(attributes, "state");
    if (state && strcmp(state, "visible") != 0)
        return;
    if (x->n_sheets++ > 0)
        return;
    const char *title = xlsx_attribute(attributes, "name"), *id = NULL;
    for (const char **a = attributes; *a; a += 2) /* "r:id": sheetId has no prefix */
        if (strchr(a[0], ':') && strcmp(xlsx_local(a[0]), "id") == 0)
            id = a[1];
    x->sheet_name = strdup(title ? title : "");
    x->sheet_id = strdup(id ? id : "");
    if (!x->sheet_name || !x->sheet_id)
        xlsx_stop(x, YJ_ENOMEM);
}

static void on_relation(void *context, const char *name, const char **attributes)
{
    struct xlsx *x = context;
    const char *id = xlsx_attribute(attributes, "Id");
    const char *target = xlsx_attribute(attributes, "Target");
    if (strcmp(name, "Relationship") != 0 || !id || !target || x->sheet_part ||
        strcmp(id, x->sheet_id) != 0)
        return;
    x->sheet_part = target[0] == '/' ? strdup(target + 1) : path_join("xl", target);
    if (!x->sheet_part)
        xlsx_stop(x, YJ_ENOMEM);
}

static int tell_no_workbook(struct xlsx *x)
{
    return diag_error(x->d, YJ_EINPUT, x->path, 0, 0,
                      _("save it as .xlsx (Excel workbook) or as 'CSV UTF-8'"),
                      _("'%s' is no spreadsheet that is read"), x->path);
}

int xlsx_find_sheet(struct xlsx *x)
{
    int rc = xlsx_feed_part(x, "xl/workbook.xml",
                            &(struct xlsx_handlers){on_workbook, ignore_end, NULL, x});
    if (rc == 1 || (rc == 0 && x->n_sheets == 0))
        return tell_no_workbook(x);
    if (rc == 0)
        rc = xlsx_feed_part(x, "xl/_rels/workbook.xml.rels",
                            &(struct xlsx_handlers){on_relation, ignore_end, NULL, x});
    if (rc == 1 || (rc == 0 && !x->sheet_part))
        return tell_no_workbook(x);
    if (rc == 0 && x->n_sheets > 1)
        diag_warning(x->d, x->path, 0, 0, _("the table belongs on the first one"),
                     _("the first of %d sheets is read: '%s'"), x->n_sheets, x->sheet_name);
    return rc;
}

/* ---- shared texts ---- */

static void on_string(void *context, const char *name, const char **attributes)
{
    struct xlsx *x = context;
    if (strcmp(name, "si") == 0) {
        x->text.size = 0;
        if (x->n_strings == XLSX_STRINGS_MAX ||
            grow((void **)&x->strings, x->n_strings, &x->strings_capacity, sizeof *x->strings) < 0)
            xlsx_stop(x, YJ_ENOMEM);
    } else if (strcmp(name, "rPh") == 0) {
        x->phonetic++;
    }
    x->wanted = strcmp(name, "t") == 0 && x->phonetic == 0;
}

static void on_string_text(void *context, const char *text, int n)
{
    struct xlsx *x = context;
    if (x->wanted && x->text.size <= TEXT_MAX_SIZE && xlsx_append(&x->text, text, (size_t)n) < 0)
        xlsx_stop(x, YJ_ENOMEM);
}

static void on_string_end(void *context, const char *name)
{
    struct xlsx *x = context;
    x->wanted = false;
    if (strcmp(name, "rPh") == 0)
        x->phonetic--;
    if (strcmp(name, "si") != 0 || x->n_strings == x->strings_capacity)
        return;
    if (x->pool.size + x->text.size > TEXT_MAX_SIZE) {
        xlsx_stop(x, diag_error(x->d, YJ_EINPUT, x->path, 0, 0,
                                _("save the table alone as .xlsx or CSV"),
                                _("'%s' is larger than %u MB"), x->path, TEXT_MAX_SIZE >> 20));
        return;
    }
    x->strings[x->n_strings++] = x->pool.size;
    if (xlsx_append(&x->pool, x->text.size ? x->text.bytes : "", x->text.size) < 0 ||
        xlsx_append(&x->pool, "", 1) < 0)
        xlsx_stop(x, YJ_ENOMEM);
}

int xlsx_load_strings(struct xlsx *x)
{
    int rc = xlsx_feed_part(x, "xl/sharedStrings.xml",
                            &(struct xlsx_handlers){on_string, on_string_end, on_string_text, x});
    x->wanted = false;
    x->phonetic = 0;
    return rc == 1 ? 0 : rc; /* a table of numbers and inline texts has none */
}

/* ---- number formats ---- */

/* Those of ECMA-376 18.8.30 that show a date or a time, with the East Asian ones. */
static bool is_date_format(int id)
{
    return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
           (id >= 50 && id <= 58);
}

/* A code with y, m, d, h or s outside of quotes, brackets and what is escaped. */
static bool is_date_code(const char *code)
{
    for (; *code && *code != ';'; code++) {
        if (*code == '"' || *code == '[') {
            const char *end = strchr(code + 1, *code == '"' ? '"' : ']');
            bool elapsed = *code == '[' && strchr("hms", tolower((unsigned char)code[1])) &&
                           code[1]; /* [h]:mm */
            if (elapsed)
                return true;
            if (!end)
                return false;
            code = end;
        } else if ((*code == '\\' || *code == '_' || *code == '*') && code[1]) {
            code++;
        } else if (strchr("ymdhs", tolower((unsigned char)*code)) &&
                   strncasecmp(code, "General", 7) != 0) {
            return true;
        } else if (strncasecmp(code, "General", 7) == 0) {
            code += 6;
        }
    }
    return false;
}

static int tell_too_many(struct xlsx *x)
{
    return diag_error(x->d, YJ_EINPUT, x->path, 0, 0, _("save the table alone as .xlsx or CSV"),
                      _("'%s' holds more than a table: %s is too large"), x->path, "xl/styles.xml");
}

static int add_format(struct xlsx *x, int id, const char *code)
{
    if (x->n_formats == XLSX_FORMATS_MAX)
        return tell_too_many(x);
    if (grow((void **)&x->formats, x->n_formats, &x->formats_capacity, sizeof *x->formats) < 0)
        return YJ_ENOMEM;
    size_t noughts = strspn(code, "0");
    bool padded = noughts > 0 && noughts < 20 && code[noughts] == 0;
    x->formats[x->n_formats++] = (struct xlsx_style){
        .format = id, .date = is_date_code(code), .digits = padded ? (int)noughts : 0};
    return 0;
}

static int add_style(struct xlsx *x, int id)
{
    if (x->n_styles == XLSX_STYLES_MAX)
        return tell_too_many(x);
    if (grow((void **)&x->styles, x->n_styles, &x->styles_capacity, sizeof *x->styles) < 0)
        return YJ_ENOMEM;
    struct xlsx_style style = {.format = id, .date = is_date_format(id)};
    for (int i = 0; i < x->n_formats; i++)
        if (x->formats[i].format == id)
            style = x->formats[i];
    x->styles[x->n_styles++] = style;
    return 0;
}

static void on_style(void *context, const char *name, const char **attributes)
{
    struct xlsx *x = context;
    const char *id = xlsx_attribute(attributes, "numFmtId");
    const char *code = xlsx_attribute(attributes, "formatCode");
    int rc = 0;
    if (strcmp(name, "cellXfs") == 0)
        x->in_cell_formats = true;
    else if (strcmp(name, "numFmt") == 0 && id && code)
        rc = add_format(x, atoi(id), code);
    else if (strcmp(name, "xf") == 0 && x->in_cell_formats)
        rc = add_style(x, id ? atoi(id) : 0);
    if (rc < 0)
        xlsx_stop(x, rc);
}

static void on_style_end(void *context, const char *name)
{
    struct xlsx *x = context;
    if (strcmp(name, "cellXfs") == 0)
        x->in_cell_formats = false;
}

int xlsx_load_styles(struct xlsx *x)
{
    int rc = xlsx_feed_part(x, "xl/styles.xml",
                            &(struct xlsx_handlers){on_style, on_style_end, NULL, x});
    return rc == 1 ? 0 : rc;
}
