/* xlsx_part.c - one part of a spreadsheet from the ZIP through expat, within bounds. */
#include "xlsx_internal.h"

#include "diag.h"
#include "i18n.h"
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int xlsx_stop(struct xlsx *x, int code)
{
    if (x->rc == 0)
        x->rc = code;
    XML_StopParser(x->parser, XML_FALSE);
    return code;
}

const char *xlsx_local(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

const char *xlsx_attribute(const char **attributes, const char *local)
{
    for (; *attributes; attributes += 2)
        if (strcmp(attributes[0], local) == 0)
            return attributes[1];
    return NULL;
}

int xlsx_append(struct xlsx_text *text, const char *bytes, size_t n)
{
    if (text->size + n + 1 > text->capacity) {
        size_t larger =
            2 * text->capacity > text->size + n + 1 ? 2 * text->capacity : text->size + n + 256;
        char *grown = realloc(text->bytes, larger);
        if (!grown)
            return YJ_ENOMEM;
        text->bytes = grown;
        text->capacity = larger;
    }
    memcpy(text->bytes + text->size, bytes, n);
    text->size += n;
    text->bytes[text->size] = 0;
    return 0;
}

/* ---- expat ---- */

/* The part's own handlers, with what bounds them around. */
struct feeder {
    struct xlsx *x;
    const struct xlsx_handlers *handlers;
};

static void on_start(void *context, const char *name, const char **attributes)
{
    struct feeder *f = context;
    f->x->last_event = f->x->fed;
    if (f->x->rc < 0)
        return;
    if (++f->x->depth > XLSX_DEPTH_MAX)
        xlsx_stop(f->x, diag_error(f->x->d, YJ_EINPUT, f->x->path, 0, 0, NULL,
                                   _("'%s' is no spreadsheet as one writes them"), f->x->path));
    else
        f->handlers->start(f->handlers->context, xlsx_local(name), attributes);
}

static void on_end(void *context, const char *name)
{
    struct feeder *f = context;
    f->x->last_event = f->x->fed;
    f->x->depth--;
    if (f->x->rc == 0)
        f->handlers->end(f->handlers->context, xlsx_local(name));
}

static void on_characters(void *context, const char *text, int n)
{
    struct feeder *f = context;
    f->x->last_event = f->x->fed;
    if (f->x->rc == 0 && f->handlers->characters)
        f->handlers->characters(f->handlers->context, text, n);
}

/* Spreadsheets have none; with it entities could make gigabytes of a few lines. */
static void on_doctype(void *context, const char *name, const char *system, const char *public,
                       int internal)
{
    struct feeder *f = context;
    xlsx_stop(f->x, diag_error(f->x->d, YJ_EINPUT, f->x->path, 0, 0, _("save it anew as .xlsx"),
                               _("a document type in '%s', which no spreadsheet has"), f->x->path));
}

static int tell_broken_xml(struct xlsx *x, const char *part)
{
    enum XML_Error error = XML_GetErrorCode(x->parser);
    if (error == XML_ERROR_NO_MEMORY)
        return YJ_ENOMEM;
    return diag_error(x->d, YJ_EINPUT, x->path, 0, 0,
                      _("open it in a spreadsheet and save it anew"),
                      _("'%s' is broken: %s, line %lu: %s"), x->path, part,
                      (unsigned long)XML_GetCurrentLineNumber(x->parser), XML_ErrorString(error));
}

static int tell_too_large(struct xlsx *x, const char *part)
{
    return diag_error(x->d, YJ_EINPUT, x->path, 0, 0, _("save the table alone as .xlsx or CSV"),
                      _("'%s' holds more than a table: %s is too large"), x->path, part);
}

static int feed(struct xlsx *x, const char *part, struct archive *zip)
{
    char bytes[1 << 15];
    for (;;) {
        la_ssize_t n = archive_read_data(zip, bytes, sizeof bytes);
        if (n < 0)
            return diag_error(x->d, YJ_EINPUT, x->path, 0, 0,
                              _("copy it again, or save it anew without a password"),
                              _("'%s' is broken: %s: %s"), x->path, part,
                              archive_error_string(zip) ? archive_error_string(zip) : "");
        x->fed += (uint64_t)n;
        if (XML_Parse(x->parser, bytes, (int)n, n == 0) != XML_STATUS_OK)
            return x->rc < 0 ? x->rc : tell_broken_xml(x, part);
        if (n == 0)
            return x->rc;
        if (x->fed > XLSX_PART_MAX || x->fed - x->last_event > XLSX_TOKEN_MAX)
            return tell_too_large(x, part);
    }
}

static int parse_part(struct xlsx *x, const char *part, struct archive *zip,
                      const struct xlsx_handlers *handlers)
{
    struct feeder f = {x, handlers};
    x->parser = XML_ParserCreate(NULL);
    if (!x->parser)
        return YJ_ENOMEM;
    x->fed = x->last_event = 0;
    x->depth = 0;
    XML_SetUserData(x->parser, &f);
    XML_SetElementHandler(x->parser, on_start, on_end);
    XML_SetCharacterDataHandler(x->parser, on_characters);
    XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
    int rc = feed(x, part, zip);
    XML_ParserFree(x->parser);
    x->parser = NULL;
    return rc;
}

static int tell_no_zip(struct xlsx *x, struct archive *zip)
{
    return diag_error(x->d, YJ_EINPUT, x->path, 0, 0,
                      _("copy it again, or open it in a spreadsheet and save it anew"),
                      _("'%s' is no whole spreadsheet: %s"), x->path,
                      archive_error_string(zip) ? archive_error_string(zip) : "");
}

/* Windows wrote some of them with back slashes, and capitals do not count (ECMA-376 part 2). */
static bool same_part(const char *name, const char *part)
{
    for (; *name && *part; name++, part++) {
        char a = *name == '\\' ? '/' : *name;
        if ((a | 0x20) != (*part | 0x20))
            return false;
    }
    return *name == *part;
}

static int find_part(struct xlsx *x, struct archive *zip, const char *part, bool *ret_found)
{
    struct archive_entry *entry;
    *ret_found = false;
    for (int i = 0; i < XLSX_MEMBERS_MAX; i++) {
        int answer = archive_read_next_header(zip, &entry);
        if (answer == ARCHIVE_EOF)
            return 0;
        if (answer < ARCHIVE_WARN)
            return tell_no_zip(x, zip);
        const char *name = archive_entry_pathname(entry);
        *ret_found = name && same_part(name, part);
        if (*ret_found)
            return 0;
    }
    return tell_too_large(x, part);
}

/* liblzma takes as much memory at once as the part says, up to 4 GB. No spreadsheet packs so. */
static bool is_packed_by_lzma(struct archive *zip)
{
    const char *format = archive_format_name(zip); /* "ZIP 2.0 (deflation)" */
    return format && (strstr(format, "(lzma)") || strstr(format, "(xz)"));
}

int xlsx_feed_part(struct xlsx *x, const char *part, const struct xlsx_handlers *handlers)
{
    struct archive *zip = archive_read_new();
    bool found = false;
    int fd = fileno(x->file);
    if (!zip || lseek(fd, 0, SEEK_SET) < 0) {
        archive_read_free(zip);
        return YJ_ENOMEM;
    }
    int rc = 0;
    /* By its directory at the end alone: without it a file that was cut would pass for a whole one
     * that lacks a part. */
    if (archive_read_support_format_zip_seekable(zip) != ARCHIVE_OK ||
        archive_read_open_fd(zip, fd, 1 << 16) != ARCHIVE_OK)
        rc = tell_no_zip(x, zip);
    if (rc == 0)
        rc = find_part(x, zip, part, &found);
    if (rc == 0 && found && is_packed_by_lzma(zip))
        rc = diag_error(x->d, YJ_EINPUT, x->path, 0, 0,
                        _("open it in a spreadsheet and save it anew"),
                        _("'%s' is no spreadsheet that is read"), x->path);
    else if (rc == 0)
        rc = found ? parse_part(x, part, zip, handlers) : 1;
    archive_read_free(zip);
    return rc;
}
