#include "zip_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_PIECE = 1 << 16, TELL_EVERY = 4 << 20 };
/* Blank pages stored without compression deflate about 1000 : 1, whole batches far less; beyond
 * ZIP_EXPANSION_MAX the archive is a bomb. */
static const uint64_t EXPANSION_ALLOWED = (uint64_t)1 << 30;

struct zip_reader {
    struct archive *archive;
    struct scan_file file;
    uint64_t expanded, told; /* bytes out so far */
    int seen, given;
    bool ended;
    locale_t utf8; /* libarchive converts names through the thread's locale */
    void (*progress)(void *context);
    void *context;
};

void zip_member_finish(struct zip_member *member)
{
    free(member->name);
    free(member->problem);
    scan_file_finish(&member->file);
    member->name = member->problem = NULL;
}

void zip_reader_close(struct zip_reader *zip)
{
    if (!zip)
        return;
    archive_read_free(zip->archive);
    if (zip->utf8)
        freelocale(zip->utf8);
    scan_file_finish(&zip->file);
    free(zip);
}

int zip_reader_open(struct scan_file *file, struct zip_reader **ret_reader)
{
    struct zip_reader *zip = calloc(1, sizeof *zip);
    if (!zip) {
        scan_file_finish(file);
        return YJ_ENOMEM;
    }
    zip->file = *file;
    scan_file_init(file);
    zip->archive = archive_read_new();
    zip->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!zip->archive) {
        zip_reader_close(zip);
        return YJ_ENOMEM;
    }
    archive_read_support_format_zip(zip->archive);
    /* What cannot be opened is told by the first zip_reader_next. */
    if (zip->file.data)
        archive_read_open_memory(zip->archive, zip->file.data, zip->file.size);
    else
        archive_read_open_fd(zip->archive, zip->file.fd, READ_PIECE);
    *ret_reader = zip;
    return 0;
}

void zip_reader_tell(struct zip_reader *zip, void (*progress)(void *context), void *context)
{
    zip->progress = progress;
    zip->context = context;
}

/* `name` NULL: the archive itself. 1 or YJ_ENOMEM. */
static int give_problem(struct zip_reader *zip, const char *name, const char *problem,
                        struct zip_member *ret)
{
    ret->name = name ? strdup(name) : NULL;
    ret->problem = strdup(problem);
    if ((name && !ret->name) || !ret->problem)
        return YJ_ENOMEM;
    zip->given++;
    return 1;
}

static int end_with_problem(struct zip_reader *zip, const char *problem, struct zip_member *ret)
{
    zip->ended = true;
    return give_problem(zip, NULL, problem, ret);
}

/* Some archives flag their names as UTF-8, most Chinese ones hold GBK and flag nothing. */
static char *member_name(struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);
    if (!name)
        name = archive_entry_pathname_utf8(entry);
    return scan_name_to_utf8(name ? name : "?");
}

static bool is_over_budget(const struct zip_reader *zip)
{
    return zip->expanded > EXPANSION_ALLOWED && zip->expanded / ZIP_EXPANSION_MAX > zip->file.size;
}

static void tell_progress(struct zip_reader *zip)
{
    if (!zip->progress || zip->expanded - zip->told < TELL_EVERY)
        return;
    zip->told = zip->expanded;
    zip->progress(zip->context);
}

static int make_room(struct scan_file *file, size_t *room)
{
    if (file->size + READ_PIECE <= *room)
        return 0;
    size_t larger = *room ? 2 * *room : 1 << 20;
    uint8_t *data = realloc(file->data, larger);
    if (!data)
        return YJ_ENOMEM;
    file->data = data;
    *room = larger;
    return 0;
}

/* Reads the member's bytes; YJ_EDATA with a reason. */
static int read_member(struct zip_reader *zip, struct scan_file *file, char *reason)
{
    size_t room = 0;
    for (;;) {
        if (make_room(file, &room) < 0)
            return YJ_ENOMEM;
        la_ssize_t n = archive_read_data(zip->archive, file->data + file->size, READ_PIECE);
        if (n < 0) {
            const char *text = archive_error_string(zip->archive);
            return scan_refuse(reason, _("damaged in the ZIP: %s"), text ? text : "?");
        }
        if (n == 0)
            return 0;
        file->size += (uint64_t)n;
        zip->expanded += (uint64_t)n;
        tell_progress(zip);
        if (file->size > SCAN_FILE_MAX)
            return scan_refuse(reason, _("unpacks to more than %d MB, more than any page needs"),
                               (int)(SCAN_FILE_MAX >> 20));
        if (is_over_budget(zip))
            return scan_refuse(reason,
                               _("the ZIP unpacks to more than %d times its size: no "
                                 "batch of scans does"),
                               ZIP_EXPANSION_MAX);
    }
}

static int give_bytes(struct zip_reader *zip, const char *name, struct zip_member *ret)
{
    char reason[SCAN_REASON_MAX];
    int r = read_member(zip, &ret->file, reason);
    if (r < 0) {
        zip->ended = zip->ended || is_over_budget(zip);
        return r == YJ_EDATA ? give_problem(zip, name, reason, ret) : r;
    }
    uint8_t *fitted = realloc(ret->file.data, ret->file.size ? ret->file.size : 1);
    if (fitted)
        ret->file.data = fitted;
    ret->name = strdup(name);
    zip->given++;
    return ret->name ? 1 : YJ_ENOMEM;
}

/* liblzma takes as much memory at once as the member says, up to 4 GB, and is not told a limit. No
 * program packs so unless it is asked to. */
static bool is_packed_by_lzma(struct zip_reader *zip)
{
    const char *format = archive_format_name(zip->archive); /* "ZIP 2.0 (deflation)" */
    return format && (strstr(format, "(lzma)") || strstr(format, "(xz)"));
}

/* 0: nothing to be told of this entry. */
static int give_entry(struct zip_reader *zip, struct archive_entry *entry, char *name,
                      struct zip_member *ret)
{
    bool inside = scan_name_clean_member(name);
    mode_t type = archive_entry_filetype(entry);
    size_t length = strlen(name);
    if (length > ZIP_NAME_MAX) {
        name[64] = '\0';                      /* its beginning tells which */
        char *text = scan_name_to_utf8(name); /* a character may have been cut */
        char reason[SCAN_REASON_MAX];
        scan_refuse(reason, _("its name is longer than %d bytes: refused"), ZIP_NAME_MAX);
        int r = text ? give_problem(zip, text, reason, ret) : YJ_ENOMEM;
        free(text);
        return r;
    }
    if (!inside)
        return give_problem(zip, name, _("its name leads outside the archive: refused"), ret);
    if (type == S_IFDIR || length == 0 || name[length - 1] == '/')
        return 0;
    if (scan_name_is_hidden(name) || scan_name_is_companion(name))
        return 0;
    if (type != S_IFREG && type != 0)
        return give_problem(zip, name, _("a link, not a file"), ret);
    if (archive_entry_is_data_encrypted(entry))
        return give_problem(zip, name, _("needs a password; unpack the ZIP first"), ret);
    if (is_packed_by_lzma(zip))
        return give_problem(zip, name, _("packed by LZMA, which is not read; unpack the ZIP first"),
                            ret);
    return give_bytes(zip, name, ret);
}

/* A word-processor file is a ZIP too; its parts are no scans. */
static bool is_office_part(const char *name)
{
    return strcmp(name, "[Content_Types].xml") == 0 || strcmp(name, "mimetype") == 0;
}

static int end_of_archive(struct zip_reader *zip, struct zip_member *ret)
{
    zip->ended = true;
    if (zip->given)
        return 0;
    return end_with_problem(zip, zip->seen ? _("the ZIP holds no scan") : _("the ZIP is empty"),
                            ret);
}

static int refuse_archive(struct zip_reader *zip, struct zip_member *ret)
{
    char reason[SCAN_REASON_MAX];
    const char *text = archive_error_string(zip->archive);
    scan_refuse(reason, _("the ZIP is damaged or incomplete: %s"), text ? text : "?");
    return end_with_problem(zip, reason, ret);
}

static int next_entry(struct zip_reader *zip, struct zip_member *ret)
{
    struct archive_entry *entry;
    int status = archive_read_next_header(zip->archive, &entry);
    if (status == ARCHIVE_EOF)
        return end_of_archive(zip, ret);
    if (status < ARCHIVE_WARN)
        return refuse_archive(zip, ret);
    if (++zip->seen > ZIP_MEMBERS_MAX) {
        char reason[SCAN_REASON_MAX];
        scan_refuse(reason, _("the ZIP has more than %d members; the rest is not read"),
                    ZIP_MEMBERS_MAX);
        return end_with_problem(zip, reason, ret);
    }
    char *name = member_name(entry);
    if (!name)
        return YJ_ENOMEM;
    int r = zip->seen == 1 && is_office_part(name)
                ? end_with_problem(zip, _("an Office document, not a ZIP of scans"), ret)
                : give_entry(zip, entry, name, ret);
    free(name);
    return r;
}

int zip_reader_next(struct zip_reader *zip, struct zip_member *ret_member)
{
    struct zip_member member = {.name = NULL};
    scan_file_init(&member.file);
    locale_t before = zip->utf8 ? uselocale(zip->utf8) : (locale_t)0;
    int r = 0;
    while (r == 0 && !zip->ended)
        r = next_entry(zip, &member);
    if (zip->utf8)
        uselocale(before);
    if (r == 1)
        *ret_member = member;
    else
        zip_member_finish(&member);
    return r;
}
