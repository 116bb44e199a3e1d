/* ZIP archives, member by member: each becomes a scan of its own, in memory, or is named with the
 * reason why not. The archive is taken apart by a helper of the sandbox, or here (zip_reader.h). */
#include "remote.h"
#include "zip_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct zip_members {
    char *path;
    struct zip_reader *reader; /* one of both */
    struct remote helper;
    struct remote *planner; /* of the members' pages; NULL: this process; borrowed */
    bool ended;
    char problem[SCAN_REASON_MAX]; /* of the archive, not yet told; "" none */
};

void zip_members_close(struct zip_members *zip)
{
    if (!zip)
        return;
    zip_reader_close(zip->reader);
    remote_close(&zip->helper);
    free(zip->path);
    free(zip);
}

/* By a helper of its own: a PDF in the archive that crashes the planner must not take the archive
 * with it. */
static int open_remote(struct zip_members *zip, const struct scan_file *file)
{
    remote_open(&zip->helper, zip->planner->sandbox);
    int r = remote_zip_open(&zip->helper, file, zip->problem);
    return r == YJ_EDATA ? 0 : r;
}

int zip_members_open(int fd, uint64_t size, const char *path, struct remote *planner,
                     struct zip_members **ret_zip)
{
    struct zip_members *zip = calloc(1, sizeof *zip);
    struct scan_file file = {.fd = fd, .size = size};
    int r = zip && (zip->path = strdup(path)) ? 0 : YJ_ENOMEM;
    if (r == 0) {
        remote_init(&zip->helper);
        zip->planner = planner && remote_is_open(planner) ? planner : NULL;
        r = zip->planner ? open_remote(zip, &file) : zip_reader_open(&file, &zip->reader);
    }
    scan_file_finish(&file);
    if (r < 0) {
        zip_members_close(zip);
        return r;
    }
    *ret_zip = zip;
    return 0;
}

/* Of the archive, which ends with it. */
static int next_member(struct zip_members *zip, struct zip_member *member)
{
    if (zip->reader)
        return zip_reader_next(zip->reader, member);
    int r = zip->problem[0] ? YJ_EDATA : remote_zip_next(&zip->helper, member, zip->problem);
    if (r != YJ_EDATA)
        return r;
    zip->ended = true;
    *member = (struct zip_member){.problem = strdup(zip->problem)};
    scan_file_init(&member->file);
    return member->problem ? 1 : YJ_ENOMEM;
}

static int make_scan(const struct zip_members *zip, struct zip_member *member,
                     struct scan **ret_scan)
{
    char *path = NULL;
    const struct scan_file *file = &member->file;
    if (asprintf(&path, "%s%s%s", zip->path, member->name ? "/" : "",
                 member->name ? member->name : "") < 0)
        return YJ_ENOMEM;
    int r;
    if (member->problem) {
        r = scan_create_problem(path, member->problem, file->data ? file : NULL, ret_scan);
    } else {
        size_t sniffed = file->size < SCAN_SNIFF_SIZE ? file->size : SCAN_SNIFF_SIZE;
        enum scan_kind kind = scan_sniff(file->data, sniffed);
        r = scan_create(path, kind, &member->file, NULL, zip->planner, ret_scan);
    }
    free(path);
    return r;
}

int zip_members_next(struct zip_members *zip, struct scan **ret_scan)
{
    struct zip_member member;
    if (zip->ended)
        return 0;
    int r = next_member(zip, &member);
    if (r != 1)
        return r;
    r = make_scan(zip, &member, ret_scan);
    zip_member_finish(&member);
    return r < 0 ? r : 1;
}
