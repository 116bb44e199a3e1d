/* The other end of remote.c: a process that decodes and can do nothing else.
 *
 * It gets ready (libraries, messages, shared memory), confines itself, and answers one request
 * after the other until its socket is closed. Files are mapped: one that somebody truncates ends
 * this process, and is told as a crash. */
#include "confine.h"
#include "fd_message.h"
#include "handoff.h"
#include "page_clock.h"
#include "remote.h"
#include "shared_pages.h"
#include "vision.h"
#include "zip_reader.h"

#include <errno.h>
#include <iconv.h>
#include <linux/futex.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ALARM_AFTER = 5 }; /* s beyond the time after which we should have been killed */

/* A worker reads scan after scan into the same shared memory: it stays mapped. Mapping it anew,
 * touching it and taking it away is a tenth of a millisecond. */
struct kept_memory {
    uint64_t number; /* 0: none */
    uint8_t *bytes;
    size_t size;
};

struct server {
    uint8_t *areas;
    bool listened; /* replies are handed over (helper.h), not sent */
    struct kept_memory kept;
    struct decoder *decoder;
    struct image page, chroma,
        halves[DECODER_HALVES]; /* in the areas, as is the decoder's other image */
    struct scan *scan;
    struct zip_reader *zip;
    unsigned seconds; /* of the request in hand, after which nobody waits any more */
    struct wire_reply reply;
};

/* ---- messages ---- */

static bool send_bytes(const void *bytes, size_t n, int fd)
{
    return fd_message_send(HELPER_SOCKET, bytes, n, fd);
}

/* Whoever reads our pixels waits for this: nothing changes them until the next request. */
static void stand_still(const struct server *s, size_t n)
{
    if (!s->listened)
        syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), SIGSTOP);
    else if (!handoff_pass((uint32_t)n))
        _exit(0);
}

static void reply(const struct server *s, const void *bytes, size_t n)
{
    if (s->listened)
        memcpy(s->areas + HELPER_REPLY_AT, bytes, n);
    else if (!send_bytes(bytes, n, -1))
        _exit(0);
    stand_still(s, n);
}

/* A ZIP member that takes long. */
static void tell_progress(void *context)
{
    const struct server *s = context;
    alarm(s->seconds + ALARM_AFTER);
    if (s->listened)
        stand_still(s, 1);
    else
        send_bytes("", 1, -1);
}

/* ---- what is asked ---- */

static int map_file(int fd, uint64_t size, struct scan_file *ret)
{
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        return YJ_ENOMEM;
    *ret = (struct scan_file){.data = bytes, .fd = -1, .size = size, .mapped = true};
    return 0;
}

/* In place of the one before. */
static int keep_memory(struct kept_memory *kept, int fd, const struct wire_request *request)
{
    if (kept->number)
        munmap(kept->bytes, kept->size);
    kept->number = 0;
    void *bytes = mmap(NULL, request->room, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return YJ_ENOMEM;
    *kept = (struct kept_memory){request->memory, bytes, request->room};
    return 0;
}

/* The beginning of shared memory, which nobody looks at any more when the next scan comes. */
static int lend_memory(struct server *s, const struct wire_request *request, int fd,
                       struct scan_file *ret)
{
    int r = s->kept.number == request->memory ? 0 : keep_memory(&s->kept, fd, request);
    close(fd);
    if (r == 0 && request->size > s->kept.size)
        r = YJ_ENOMEM;
    if (r == 0)
        *ret = (struct scan_file){
            .data = s->kept.bytes, .fd = -1, .size = request->size, .lent = true};
    return r;
}

/* The scan that comes along takes the place of the one before. */
static int take_scan(struct server *s, const struct wire_request *request, int fd)
{
    struct scan_file file;
    if (fd < 0)
        return s->scan ? 0 : scan_refuse(s->reply.reason, "no scan");
    scan_unref(s->scan);
    s->scan = NULL;
    int r =
        request->memory ? lend_memory(s, request, fd, &file) : map_file(fd, request->size, &file);
    return r < 0 ? r : scan_adopt(request->kind, &file, &s->scan, s->reply.reason);
}

static int plan(struct server *s, const struct wire_request *request, int fd)
{
    int r = take_scan(s, request, fd);
    if (r == 0)
        s->reply.pages = scan_page_count(s->scan);
    return r;
}

static struct wire_plane plane_of(const struct server *s, const struct image *img)
{
    size_t at = (size_t)(img->data - s->areas);
    return (struct wire_plane){(uint32_t)(at / HELPER_AREA_SIZE), img->width, img->height,
                               (uint32_t)img->stride};
}

static int decode_page(struct server *s, const struct wire_request *request, int fd)
{
    int r = take_scan(s, request, fd);
    if (r < 0)
        return r;
    s->chroma.width = s->chroma.height = 0;
    decoder_want_chroma(s->decoder, request->colour ? &s->chroma : NULL);
    decoder_want_halves(s->decoder, request->halves ? s->halves : NULL);
    r = scan_decode_page(s->scan, request->page, s->decoder, &s->page, s->reply.reason);
    s->reply.draw_dpi = s->decoder->draw_dpi;
    if (r == DECODER_MUST_DRAW)
        return WIRE_DRAW;
    if (r < 0)
        return r;
    s->reply.page = plane_of(s, &s->page);
    s->reply.dpi_x = s->page.dpi_x;
    s->reply.dpi_y = s->page.dpi_y;
    if (s->chroma.width > 0)
        s->reply.chroma = plane_of(s, &s->chroma);
    for (int k = 0; k < DECODER_HALVES && request->halves; k++)
        if (s->halves[k].width > 0)
            s->reply.halves[k] = plane_of(s, &s->halves[k]);
    return 0;
}

static int open_zip(struct server *s, const struct wire_request *request, int fd)
{
    struct scan_file file;
    zip_reader_close(s->zip);
    s->zip = NULL;
    int r = fd < 0 ? YJ_EDATA : map_file(fd, request->size, &file);
    return r < 0 ? r : zip_reader_open(&file, &s->zip);
}

static int write_all(int fd, const struct scan_file *file)
{
    for (uint64_t at = 0; at < file->size;) {
        ssize_t n = write(fd, file->data + at, file->size - at);
        if (n < 0 && errno != EINTR)
            return YJ_ENOMEM;
        at += n > 0 ? (uint64_t)n : 0;
    }
    return 0;
}

static int next_member(struct server *s, const struct wire_request *request, int fd)
{
    struct zip_member member;
    if (!s->zip || fd < 0)
        return scan_refuse(s->reply.reason, "no archive");
    zip_reader_tell(s->zip, tell_progress, s);
    int r = zip_reader_next(s->zip, &member);
    if (r == 1) {
        s->reply.is_named = member.name != NULL;
        s->reply.has_problem = member.problem != NULL;
        strncpy(s->reply.name, member.name ? member.name : "", sizeof s->reply.name - 1);
        strncpy(s->reply.reason, member.problem ? member.problem : "", SCAN_REASON_MAX - 1);
        s->reply.size = member.file.size;
        if (!member.problem && write_all(fd, &member.file) < 0)
            r = YJ_ENOMEM;
        zip_member_finish(&member);
    }
    close(fd);
    return r;
}

static double cpu_ms(void)
{
    struct timespec t;
    /* the process's own clock is counted by ticks where there is a limit on CPU */
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void answer(struct server *s, const struct wire_request *request, int fd)
{
    static int (*const tasks[])(struct server *, const struct wire_request *, int) = {
        [WIRE_PLAN] = plan,
        [WIRE_PAGE] = decode_page,
        [WIRE_ZIP_OPEN] = open_zip,
        [WIRE_ZIP_NEXT] = next_member,
    };
    size_t n = offsetof(struct wire_reply, name);
    memset(&s->reply, 0, n);
    s->reply.name[0] = '\0';
    s->seconds = request->seconds;
    alarm(s->seconds + ALARM_AFTER);
    double before = cpu_ms();
    s->reply.status = tasks[request->task](s, request, fd);
    s->reply.cpu_ms = cpu_ms() - before;
    alarm(0);
    if (s->reply.is_named)
        n += strlen(s->reply.name) + 1;
    reply(s, &s->reply, n);
}

/* ---- before the first request ---- */

/* The first message brings the shared memory. */
static bool map_areas(struct server *s)
{
    char none = 0;
    int fd;
    if (fd_message_take(HELPER_SOCKET, &none, 1, &fd) != 1 || fd < 0)
        return false;
    s->areas = shared_pages_map(fd, 0, HELPER_MEMORY_SIZE);
    close(fd);
    return s->areas != NULL;
}

static struct image area_image(const struct server *s, int area)
{
    return (struct image){.data = s->areas + (size_t)area * HELPER_AREA_SIZE,
                          .capacity = HELPER_AREA_SIZE};
}

/* What libraries open when they are first used, they cannot open later: the catalogue of messages,
 * the tables for Chinese names, whatever OpenCV wants to know of the machine. */
static void warm_up(void)
{
    struct image from, to;
    vision_init();
    image_init(&from);
    image_init(&to);
    if (image_resize(&from, 8, 8) == 0) {
        memset(from.data, 0, 64);
        vision_resize(&from, 16, 8, &to);
    }
    image_finish(&from);
    image_finish(&to);
    (void)!iconv_open("UTF-8", "GB18030"); /* never closed: its tables stay */
    (void)_("the file is empty");
    (void)strerror(EIO);
}

/* A process that dies writes into the locks that it said it held, wherever they lie: none is said,
 * so that nothing changes what our parent reads of one that stands still. */
static void hold_no_locks(void)
{
    syscall(SYS_set_robust_list, NULL, sizeof(struct robust_list_head));
}

/* The listener is our parent's alone from now on. */
static int say_hello(struct server *s)
{
    int listener;
    hold_no_locks();
    struct helper_hello hello = {.confinement = confine_decoder(&listener)};
    if (!send_bytes(&hello, sizeof hello, listener))
        return -1;
    s->listened = listener >= 0;
    if (listener >= 0)
        close(listener);
    stand_still(s, 0);
    return 0;
}

static int prepare(struct server *s)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGXFSZ, SIG_IGN);
    if (!map_areas(s) || decoder_create(&s->decoder) < 0)
        return -1;
    s->page = area_image(s, 0);
    s->chroma = area_image(s, 1);
    s->decoder->turned = area_image(s, 2);
    for (int k = 0; k < DECODER_HALVES; k++)
        s->halves[k] = area_image(s, 3 + k);
    s->decoder->defers_drawing = true;
    warm_up();
    return say_hello(s);
}

void decoder_helper_run(void)
{
    static struct server server;
    struct wire_request request;
    int fd;
    if (prepare(&server) < 0)
        _exit(1);
    while (fd_message_take(HELPER_SOCKET, &request, sizeof request, &fd) == sizeof request &&
           request.task <= WIRE_ZIP_NEXT)
        answer(&server, &request, fd);
    _exit(0); /* what a library does at exit is nobody's business here */
}
