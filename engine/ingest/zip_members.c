/* ZIP archives, member by member: each becomes a scan of its own, in memory, or is named with the
 * reason why not. Nothing is ever written to disk, so that a name can only mislead a reader; names
 * that lead outside the archive are refused all the same. */
#include "ingest_internal.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMBERS_MAX = 100000, READ_PIECE = 1 << 16 };
/* Blank pages stored without compression deflate about 1000 : 1, whole batches far less; beyond
 * this the archive is a bomb. */
static const uint64_t EXPANSION_MAX = 250;
static const uint64_t EXPANSION_ALLOWED = (uint64_t)1 << 30;

struct zip_members {
    struct archive *archive;
    int fd;
    char *path;
    uint64_t size, expanded; /* bytes in, bytes out so far */
    int seen, given;
    bool ended;
    locale_t utf8; /* libarchive converts names through the thread's locale */
};

void zip_members_close(struct zip_members *zip)
{
    if (!zip)
        return;
    archive_read_free(zip->archive);
    if (zip->utf8)
        freelocale(zip->utf8);
    if (zip->fd >= 0)
        close(zip->fd);
    free(zip->path);
    free(zip);
}

int zip_members_open(int fd, uint64_t size, const char *path, struct zip_members **ret_zip)
{
    struct zip_members *zip = calloc(1, sizeof *zip);
    if (!zip) {
        close(fd);
        return YJ_ENOMEM;
    }
    zip->fd = fd;
    zip->size = size;
    zip->path = strdup(path);
    zip->archive = archive_read_new();
    zip->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!zip->path || !zip->archive) {
        zip_members_close(zip);
        return YJ_ENOMEM;
    }
    archive_read_support_format_zip(zip->archive);
    /* What cannot be opened is told by the first zip_members_next. */
    archive_read_open_fd(zip->archive, fd, READ_PIECE);
    *ret_zip = zip;
    return 0;
}

/* "archive.zip/member", or the archive itself where member is NULL. */
static int give_problem(struct zip_members *zip, const char *member, const char *problem,
                        const struct scan_file *file, struct scan **ret_scan)
{
    char *path = NULL;
    if (asprintf(&path, "%s%s%s", zip->path, member ? "/" : "", member ? member : "") < 0)
        return YJ_ENOMEM;
    int r = scan_create_problem(path, problem, file, ret_scan);
    free(path);
    zip->given++;
    return r < 0 ? r : 1;
}

static int end_with_problem(struct zip_members *zip, const char *problem, struct scan **ret_scan)
{
    zip->ended = true;
    return give_problem(zip, NULL, problem, NULL, ret_scan);
}

/* Some archives flag their names as UTF-8, most Chinese ones hold GBK and flag nothing. */
static char *member_name(struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);
    if (!name)
        name = archive_entry_pathname_utf8(entry);
    return scan_name_to_utf8(name ? name : "?");
}

static bool is_over_budget(const struct zip_members *zip)
{
    return zip->expanded > EXPANSION_ALLOWED && zip->expanded / EXPANSION_MAX > zip->size;
}

/* Reads the member's bytes; YJ_EDATA with a reason. */
static int read_member(struct zip_members *zip, struct scan_file *file, char *reason)
{
    size_t room = 0;
    for (;;) {
        if (file->size + READ_PIECE > room) {
            room = room ? 2 * room : 1 << 20;
            uint8_t *data = realloc(file->data, room);
            if (!data)
                return YJ_ENOMEM;
            file->data = data;
        }
        la_ssize_t n = archive_read_data(zip->archive, file->data + file->size, READ_PIECE);
        if (n < 0) {
            const char *text = archive_error_string(zip->archive);
            return scan_refuse(reason, _("damaged in the ZIP: %s"), text ? text : "?");
        }
        if (n == 0)
            return 0;
        file->size += (uint64_t)n;
        zip->expanded += (uint64_t)n;
        if (file->size > SCAN_FILE_MAX)
            return scan_refuse(reason, _("unpacks to more than %d MB, more than any page needs"),
                               (int)(SCAN_FILE_MAX >> 20));
        if (is_over_budget(zip))
            return scan_refuse(reason,
                               _("the ZIP unpacks to more than %d times its size: no "
                                 "batch of scans does"),
                               (int)EXPANSION_MAX);
    }
}

static int give_member(struct zip_members *zip, const char *name, struct scan **ret_scan)
{
    char reason[SCAN_REASON_MAX], *path = NULL;
    struct scan_file file;
    scan_file_init(&file);
    int r = read_member(zip, &file, reason);
    if (r < 0) {
        if (r == YJ_EDATA)
            r = give_problem(zip, name, reason, &file, ret_scan);
        scan_file_finish(&file);
        zip->ended = zip->ended || is_over_budget(zip);
        return r;
    }
    uint8_t *fitted = realloc(file.data, file.size ? file.size : 1);
    if (fitted)
        file.data = fitted;
    size_t sniffed = file.size < SCAN_SNIFF_SIZE ? file.size : SCAN_SNIFF_SIZE;
    enum scan_kind kind = scan_sniff(file.data, sniffed);
    if (asprintf(&path, "%s/%s", zip->path, name) < 0) {
        scan_file_finish(&file);
        return YJ_ENOMEM;
    }
    r = scan_create(path, kind, &file, ret_scan);
    free(path);
    zip->given++;
    return r < 0 ? r : 1;
}

/* liblzma takes as much memory at once as the member says, up to 4 GB, and is not told a limit. No
 * program packs so unless it is asked to. */
static bool is_packed_by_lzma(struct zip_members *zip)
{
    const char *format = archive_format_name(zip->archive); /* "ZIP 2.0 (deflation)" */
    return format && (strstr(format, "(lzma)") || strstr(format, "(xz)"));
}

/* 0: nothing to be told of this entry. */
static int give_entry(struct zip_members *zip, struct archive_entry *entry, char *name,
                      struct scan **ret_scan)
{
    bool inside = scan_name_clean_member(name);
    mode_t type = archive_entry_filetype(entry);
    size_t length = strlen(name);
    if (!inside)
        return give_problem(zip, name, _("its name leads outside the archive: refused"), NULL,
                            ret_scan);
    if (type == S_IFDIR || length == 0 || name[length - 1] == '/')
        return 0;
    if (scan_name_is_hidden(name) || scan_name_is_companion(name))
        return 0;
    if (type != S_IFREG && type != 0)
        return give_problem(zip, name, _("a link, not a file"), NULL, ret_scan);
    if (archive_entry_is_data_encrypted(entry))
        return give_problem(zip, name, _("needs a password; unpack the ZIP first"), NULL, ret_scan);
    if (is_packed_by_lzma(zip))
        return give_problem(zip, name, _("packed by LZMA, which is not read; unpack the ZIP first"),
                            NULL, ret_scan);
    return give_member(zip, name, ret_scan);
}

/* A word-processor file is a ZIP too; its parts are no scans. */
static bool is_office_part(const char *name)
{
    return strcmp(name, "[Content_Types].xml") == 0 || strcmp(name, "mimetype") == 0;
}

static int next_entry(struct zip_members *zip, struct scan **ret_scan)
{
    struct archive_entry *entry;
    int status = archive_read_next_header(zip->archive, &entry);
    if (status == ARCHIVE_EOF) {
        zip->ended = true;
        return zip->given ? 0
                          : end_with_problem(
                                zip, zip->seen ? _("the ZIP holds no scan") : _("the ZIP is empty"),
                                ret_scan);
    }
    if (status < ARCHIVE_WARN) {
        char reason[SCAN_REASON_MAX];
        const char *text = archive_error_string(zip->archive);
        scan_refuse(reason, _("the ZIP is damaged or incomplete: %s"), text ? text : "?");
        return end_with_problem(zip, reason, ret_scan);
    }
    if (++zip->seen > MEMBERS_MAX)
        return end_with_problem(zip, _("the ZIP has too many members"), ret_scan);
    char *name = member_name(entry);
    if (!name)
        return YJ_ENOMEM;
    int r = zip->seen == 1 && is_office_part(name)
                ? end_with_problem(zip, _("an Office document, not a ZIP of scans"), ret_scan)
                : give_entry(zip, entry, name, ret_scan);
    free(name);
    return r;
}

int zip_members_next(struct zip_members *zip, struct scan **ret_scan)
{
    locale_t before = zip->utf8 ? uselocale(zip->utf8) : (locale_t)0;
    int r = 0;
    while (r == 0 && !zip->ended)
        r = next_entry(zip, ret_scan);
    if (zip->utf8)
        uselocale(before);
    return r;
}
