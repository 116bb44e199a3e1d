#include "remote.h"
#include "page_clock.h"
#include "zip_reader.h"

#include <assert.h>
#include <fcntl.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Opening a document is looking for its pages: a large one that is damaged is searched whole. */
static const double PLAN_SECONDS = 60;
/* A ZIP's helper tells every few megabytes that it goes on; one that was taken over could say so
 * for ever. A member of half a gigabyte has time for 0.9 megabytes a second. */
static const double ZIP_SECONDS = 20, ZIP_SECONDS_MOST = 600;

void remote_init(struct remote *remote)
{
    *remote = (struct remote){.sandbox = NULL};
}

void remote_open(struct remote *remote, struct sandbox *sandbox)
{
    *remote = (struct remote){.sandbox = sandbox};
}

void remote_close(struct remote *remote)
{
    if (remote->sandbox)
        sandbox_give_back(remote->sandbox, remote->helper);
    remote_init(remote);
}

bool remote_is_open(const struct remote *remote)
{
    return remote->sandbox != NULL;
}

static int find_helper(struct remote *remote)
{
    return remote->helper ? 0 : sandbox_borrow(remote->sandbox, &remote->helper);
}

/* ---- one question ---- */

/* One line of UTF-8, whatever came. */
static void clean_text(char *text, size_t size)
{
    text[size - 1] = '\0';
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    char *utf8 = scan_name_to_utf8(text);
    size_t n = utf8 ? strlen(utf8) : 0;
    if (utf8 && n < size)
        memcpy(text, utf8, n + 1);
    else
        text[0] = '\0';
    free(utf8);
}

static int explain(const struct remote *remote, enum helper_end end, double seconds, char *reason)
{
    switch (end) {
    case HELPER_LATE:
        return scan_refuse(reason, _("took longer than %g s to decode"), seconds);
    case HELPER_ENDLESS:
        return scan_refuse(reason, _("took longer than %g s to decode"), ZIP_SECONDS_MOST);
    case HELPER_ABSENT: /* no fault of the file's: no process, no memory, no open file to be had */
        return YJ_ENOMEM;
    case HELPER_REPLIED:
    case HELPER_CRASHED:
        break;
    }
    return scan_refuse(reason, _("the decoder crashed (%s)"), helper_death(remote->helper));
}

/* YJ_EDATA or YJ_ENOMEM where no reply can be had; else what the reply's status says. */
static int ask(struct remote *remote, const struct wire_request *request, int fd,
               struct page_clock *clock, struct wire_reply *reply, char *reason)
{
    const double seconds = clock ? clock->limit : request->seconds;
    struct helper_request question = {.bytes = request,
                                      .n = sizeof *request,
                                      .fd = fd,
                                      .seconds = seconds,
                                      .most =
                                          request->kind == SCAN_ZIP ? ZIP_SECONDS_MOST : seconds,
                                      .any = fd >= 0 && request->task != WIRE_ZIP_NEXT,
                                      .clock = clock};
    size_t n = 0;
    enum helper_end end = helper_ask(remote->helper, &question, reply, sizeof *reply, &n);
    remote->generation = helper_generation(remote->helper);
    if (end == HELPER_REPLIED && n < offsetof(struct wire_reply, name)) {
        helper_distrust(remote->helper);
        end = HELPER_CRASHED;
    }
    if (end != HELPER_REPLIED) {
        remote->serial = 0;
        return explain(remote, end, seconds, reason);
    }
    memset((char *)reply + n, 0, sizeof *reply - n);
    remote->cpu_ms = reply->cpu_ms >= 0 && reply->cpu_ms < seconds * 1e3 ? reply->cpu_ms : 0;
    clean_text(reply->reason, sizeof reply->reason);
    if (reply->status == YJ_ENOMEM)
        return scan_refuse(reason, _("needs more memory to decode than any page does"));
    if (reply->status >= 0)
        return reply->status;
    return scan_refuse(reason, "%s", reply->reason);
}

/* Where the helper does not hold the scan, its bytes come along: *ret_fd to be closed, or -1. */
static int hand_over(const struct remote *remote, uint64_t serial, const struct scan_file *file,
                     struct wire_request *request, int *ret_fd)
{
    *ret_fd = -1;
    if (remote->serial == serial && remote->generation == helper_generation(remote->helper))
        return 0;
    *ret_fd = scan_file_descriptor(file);
    if (*ret_fd < 0)
        return YJ_ENOMEM; /* or too many open files */
    request->size = file->size;
    request->memory = file->memory;
    request->room = file->room;
    return 0;
}

static int refuse_reply(struct remote *remote, char *reason)
{
    helper_distrust(remote->helper);
    remote->serial = 0;
    return explain(remote, HELPER_CRASHED, 0, reason);
}

static int ask_of_scan(struct remote *remote, uint64_t serial, const struct scan_file *file,
                       struct wire_request *request, struct page_clock *clock,
                       struct wire_reply *reply, char *reason)
{
    int fd, r = find_helper(remote);
    if (r < 0)
        return r;
    r = hand_over(remote, serial, file, request, &fd);
    if (r < 0)
        return r;
    remote->serial = serial;
    r = ask(remote, request, fd, clock, reply, reason);
    if (fd >= 0) {
        close(fd);
        if (r < 0) /* it may have refused the scan as a whole */
            remote->serial = 0;
    }
    return r;
}

int remote_plan(struct remote *remote, uint64_t serial, enum scan_kind kind,
                const struct scan_file *file, int *ret_pages, char *reason)
{
    struct wire_request request = {
        .task = WIRE_PLAN, .kind = kind, .seconds = (uint32_t)PLAN_SECONDS};
    struct wire_reply reply;
    int r = ask_of_scan(remote, serial, file, &request, NULL, &reply, reason);
    if (r < 0)
        return r;
    if (reply.pages < 1 || reply.pages > SCAN_MAX_PAGES)
        return refuse_reply(remote, reason);
    *ret_pages = reply.pages;
    return 0;
}

/* ---- a page ---- */

static bool is_plane(const struct wire_plane *p)
{
    return p->area < HELPER_AREAS && p->width > 0 && p->height > 0 && p->width <= IMAGE_MAX_SIDE &&
           p->height <= IMAGE_MAX_SIDE && (int64_t)p->width * p->height <= IMAGE_MAX_PIXELS &&
           p->stride >= (uint32_t)p->width && p->stride <= 2 * IMAGE_MAX_SIDE &&
           (uint64_t)p->stride * (uint64_t)p->height <= HELPER_AREA_SIZE;
}

static bool is_density(double dpi)
{
    return isfinite(dpi) && dpi >= 0 && dpi < 1e6;
}

static bool is_there(const struct wire_plane *p)
{
    return p->width != 0 || p->height != 0;
}

/* Of the page, a half of it (k = 1), or a quarter; in another place than the page. */
static bool is_part(const struct wire_plane *p, const struct wire_plane *page, int k)
{
    return !is_there(p) || (is_plane(p) && p->area != page->area && p->width == page->width >> k &&
                            p->height == page->height >> k);
}

/* The page is what its size says, whoever says it; its colour has its size. */
static bool is_page(const struct wire_reply *reply)
{
    bool good = is_plane(&reply->page) && is_density(reply->dpi_x) && is_density(reply->dpi_y) &&
                is_part(&reply->chroma, &reply->page, 0);
    for (int k = 0; k < DECODER_HALVES; k++)
        good = good && is_part(&reply->halves[k], &reply->page, k + 1);
    return good;
}

/* The image borrows the helper's memory. */
static int show_plane(struct remote *remote, const struct wire_plane *plane, struct image *img)
{
    size_t n = (size_t)plane->stride * (size_t)plane->height;
    uint8_t *data = helper_area(remote->helper, plane->area, n);
    if (!data)
        return YJ_ENOMEM;
    image_finish(img);
    img->data = data;
    img->width = plane->width;
    img->height = plane->height;
    img->stride = plane->stride;
    return 0;
}

static int take_page(struct remote *remote, const struct wire_reply *reply,
                     const struct remote_pixels *pixels)
{
    int r = show_plane(remote, &reply->page, pixels->page);
    if (r == 0 && pixels->chroma && is_there(&reply->chroma))
        r = show_plane(remote, &reply->chroma, pixels->chroma);
    for (int k = 0; k < DECODER_HALVES && r == 0 && pixels->halves; k++) {
        if (!is_there(&reply->halves[k]))
            continue;
        r = show_plane(remote, &reply->halves[k], &pixels->halves[k]);
        pixels->halves[k].dpi_x = reply->dpi_x / (2 << k);
        pixels->halves[k].dpi_y = reply->dpi_y / (2 << k);
    }
    pixels->page->dpi_x = reply->dpi_x;
    pixels->page->dpi_y = reply->dpi_y;
    return r;
}

int remote_decode(struct remote *remote, const struct remote_page *page, struct page_clock *clock,
                  const struct remote_pixels *pixels, double *ret_dpi, char *reason)
{
    double seconds = clock ? clock->limit : PAGE_SECONDS;
    struct wire_request request = {.task = WIRE_PAGE,
                                   .kind = page->kind,
                                   .page = page->number,
                                   .colour = pixels->chroma != NULL,
                                   .halves = pixels->halves != NULL,
                                   .seconds = (uint32_t)ceil(seconds)};
    struct wire_reply reply;
    int r = ask_of_scan(remote, page->serial, page->file, &request, clock, &reply, reason);
    if (r == WIRE_DRAW && reply.draw_dpi > 0 && reply.draw_dpi <= PDF_DRAW_DPI) {
        *ret_dpi = reply.draw_dpi;
        return WIRE_DRAW;
    }
    if (r < 0)
        return r;
    if (r != 0 || !is_page(&reply))
        return refuse_reply(remote, reason);
    return take_page(remote, &reply, pixels);
}

/* ---- ZIP ---- */

int remote_zip_open(struct remote *remote, const struct scan_file *file, char *reason)
{
    struct wire_request request = {.task = WIRE_ZIP_OPEN,
                                   .kind = SCAN_ZIP,
                                   .size = file->size,
                                   .seconds = (uint32_t)ZIP_SECONDS};
    struct wire_reply reply;
    int r = find_helper(remote);
    if (r < 0)
        return r;
    int fd = scan_file_descriptor(file);
    if (fd < 0)
        return YJ_ENOMEM; /* or too many open files */
    r = ask(remote, &request, fd, NULL, &reply, reason);
    close(fd);
    remote->serial = 1; /* of nothing else: the helper is the archive's alone */
    return r;
}

/* The bytes that the helper has written; from now on it cannot change them. */
static int take_bytes(int fd, uint64_t size, struct scan_file *ret, char *reason)
{
    if (size > SCAN_FILE_MAX || ftruncate(fd, (off_t)size) < 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        return scan_refuse(reason, _("the decoder crashed (%s)"), "seal");
    return scan_file_load(ret, fd, size, true, reason);
}

static int take_member(int fd, const struct wire_reply *reply, struct zip_member *member,
                       char *reason)
{
    int r = 0;
    if (!reply->has_problem)
        r = take_bytes(fd, reply->size, &member->file, reason);
    else
        member->problem = strdup(reply->reason[0] ? reply->reason : "?");
    if (r == 0 && reply->is_named)
        member->name = strdup(reply->name);
    if (r == 0 && ((reply->has_problem && !member->problem) || (reply->is_named && !member->name)))
        r = YJ_ENOMEM;
    return r;
}

int remote_zip_next(struct remote *remote, struct zip_member *ret_member, char *reason)
{
    struct wire_request request = {
        .task = WIRE_ZIP_NEXT, .kind = SCAN_ZIP, .seconds = (uint32_t)ZIP_SECONDS};
    struct wire_reply reply;
    struct zip_member member = {.name = NULL};
    scan_file_init(&member.file);
    if (remote->generation != helper_generation(remote->helper)) /* it is gone, with the archive */
        return scan_refuse(reason, _("the decoder crashed (%s)"), helper_death(remote->helper));
    int fd = memfd_create("member", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return YJ_ENOMEM; /* or too many open files */
    int r = ask(remote, &request, fd, NULL, &reply, reason);
    if (r == 1) {
        clean_text(reply.name, sizeof reply.name);
        r = take_member(fd, &reply, &member, reason);
        r = r < 0 ? r : 1;
    }
    close(fd);
    if (r == 1)
        *ret_member = member;
    else
        zip_member_finish(&member);
    return r;
}
