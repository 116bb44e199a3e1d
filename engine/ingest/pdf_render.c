/* Draws a PDF page by running `pdftoppm` of poppler-utils: for pages that are no single picture.
 * Poppler is GPL and is run, not linked. The program gets the bytes as an open file, no name and no
 * shell are involved, and a limit of time and memory. */
#include "ingest_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { SECONDS_MAX = 60, INPUT_FD = 3, HEADER_MAX = 64 };
static const rlim_t MEMORY_MAX = (rlim_t)4 << 30;

struct renderer {
    pid_t pid;
    int output;   /* read end of the pipe from its stdout */
    int messages; /* its stderr, a file in memory */
    struct timespec until;
};

static int milliseconds_left(const struct renderer *r)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ms =
        (int64_t)(r->until.tv_sec - now.tv_sec) * 1000 + (r->until.tv_nsec - now.tv_nsec) / 1000000;
    return ms > 0 ? (int)ms : 0;
}

/* Its own process group: Ctrl-C on the terminal is for us, who finish the pages in hand. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF);
}

static void limit_resources(pid_t pid)
{
    struct rlimit memory = {MEMORY_MAX, MEMORY_MAX}, seconds = {SECONDS_MAX, SECONDS_MAX};
    prlimit(pid, RLIMIT_AS, &memory, NULL);
    prlimit(pid, RLIMIT_CPU, &seconds, NULL); /* also when we are killed */
}

/* The errno of posix_spawn. */
static int spawn(struct renderer *r, int input, int output, int number, double dpi, bool colour)
{
    char page[16], resolution[32];
    snprintf(page, sizeof page, "%d", number);
    snprintf(resolution, sizeof resolution, "%d.%03d", (int)dpi, (int)(dpi * 1000) % 1000);
    char *arguments[12] = {"pdftoppm", "-r", resolution, "-cropbox", "-f", page, "-l", page};
    size_t n = 8;
    if (!colour)
        arguments[n++] = "-gray";
    arguments[n] = "/dev/fd/3";
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    set_attributes(&attributes);
    /* INPUT_FD comes last: what we hold at that number has been passed on by then. */
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, r->messages, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, input, INPUT_FD);
    int error = posix_spawnp(&r->pid, "pdftoppm", &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error == 0)
        limit_resources(r->pid);
    return error;
}

/* Bytes read, 0 at the end, -1 where time is up. */
static ssize_t read_output(const struct renderer *r, uint8_t *to, size_t n)
{
    for (;;) {
        struct pollfd wait = {.fd = r->output, .events = POLLIN};
        int ready = poll(&wait, 1, milliseconds_left(r));
        if (ready == 0)
            return -1;
        ssize_t got = ready > 0 ? read(r->output, to, n) : -1;
        if (got >= 0)
            return got;
        if (errno != EINTR && errno != EAGAIN)
            return 0;
    }
}

static int refuse_late(char *reason)
{
    return scan_refuse(reason, _("'pdftoppm' did not draw the page within %d seconds"),
                       SECONDS_MAX);
}

/* "P5 width height 255" and one white space (netpbm's pgm(5); "P6" in colour, ppm(5)); byte by
 * byte, it is short. */
static int read_header(const struct renderer *r, bool colour, int *ret_width, int *ret_height,
                       char *reason)
{
    char text[HEADER_MAX + 1];
    int n = 0, words = 0, width, height, max;
    while (n < HEADER_MAX && words < 4) {
        ssize_t got = read_output(r, (uint8_t *)text + n, 1);
        if (got < 0)
            return refuse_late(reason);
        if (got == 0)
            break;
        if (strchr(" \n\r\t", text[n]) && n > 0 && !strchr(" \n\r\t", text[n - 1]))
            words++;
        n++;
    }
    text[n] = '\0';
    const char *format = colour ? "P6 %d %d %d" : "P5 %d %d %d";
    if (words < 4 || sscanf(text, format, &width, &height, &max) != 3 || max != 255)
        return scan_refuse(reason, _("'pdftoppm' could not draw the page"));
    *ret_width = width;
    *ret_height = height;
    return 0;
}

static int read_bytes(const struct renderer *r, uint8_t *to, size_t size, char *reason)
{
    for (size_t at = 0; at < size;) {
        ssize_t got = read_output(r, to + at, size - at);
        if (got < 0)
            return refuse_late(reason);
        if (got == 0)
            return scan_refuse(reason, _("'pdftoppm' drew only a part of the page"));
        at += (size_t)got;
    }
    return 0;
}

static int read_pixels(const struct renderer *r, struct decoder *decoder, struct image *out,
                       char *reason)
{
    if (!decoder->chroma)
        return read_bytes(r, out->data, (size_t)out->width * (size_t)out->height, reason);
    int result = decoder_begin_chroma(decoder, out, reason);
    uint8_t *row = decoder_scratch(decoder, (size_t)out->width * 3);
    if (!row)
        return YJ_ENOMEM;
    for (int y = 0; y < out->height && result == 0; y++) {
        result = read_bytes(r, row, (size_t)out->width * 3, reason);
        if (result < 0)
            break;
        grey_from_rgb(row, out->width, 3, image_row(out, y));
        colours_from_rgb(row, out->width, 3, decoder_colour_row(decoder, y));
    }
    return result;
}

/* Poppler draws what is left of a damaged picture and ends well; only its messages tell. */
static int check_messages(const struct renderer *r, char *reason)
{
    static const char *const pictures[] = {"JBIG2",    "JPX",   "DCT", "JPEG",        "CCITT",
                                           "CCITTFax", "Flate", "LZW", "stream data", "XObject"};
    char text[4096];
    ssize_t n = pread(r->messages, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        for (size_t i = 0; strstr(line, "rror") && i < sizeof pictures / sizeof *pictures; i++)
            if (strstr(line, pictures[i]))
                return scan_refuse(reason, _("a picture of the page is damaged: %s"), line);
    return 0;
}

/* Waits for its end; told as a reason where it ended badly. */
static int finish(struct renderer *r, int so_far, char *reason)
{
    int status = 0;
    close(r->output);
    if (so_far < 0)
        kill(r->pid, SIGKILL);
    while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (so_far < 0)
        return so_far;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return scan_refuse(reason, _("'pdftoppm' ended with an error on the page"));
    return check_messages(r, reason);
}

static int explain_spawn(int error, char *reason)
{
    if (scan_fault_of(error) < 0)
        return scan_fault_of(error);
    if (error == ENOENT)
        return scan_refuse(reason,
                           _("the page is no single picture and must be drawn by 'pdftoppm', "
                             "which is not installed (Debian: apt install poppler-utils)"));
    return scan_refuse(reason, _("'pdftoppm' cannot be run: %s"), strerror(error));
}

static int draw(struct renderer *r, int input, int number, double dpi, struct decoder *decoder,
                struct image *out, char *reason)
{
    const bool colour = decoder->chroma != NULL;
    int pipes[2], width = 0, height = 0;
    if (pipe2(pipes, O_CLOEXEC) < 0)
        return explain_spawn(errno, reason);
    int error = spawn(r, input, pipes[1], number, dpi, colour);
    close(pipes[1]);
    r->output = pipes[0];
    if (error != 0) {
        close(pipes[0]);
        return explain_spawn(error, reason);
    }
    int result = read_header(r, colour, &width, &height, reason);
    if (result == 0)
        result = scan_size_image(out, width, height, reason);
    if (result == 0)
        result = read_pixels(r, decoder, out, reason);
    return finish(r, result, reason);
}

int pdf_render_page(const struct scan_file *file, int number, double dpi, struct decoder *decoder,
                    struct image *out, char *reason)
{
    struct renderer r = {.output = -1};
    clock_gettime(CLOCK_MONOTONIC, &r.until);
    r.until.tv_sec += SECONDS_MAX;
    int result, input = scan_file_descriptor(file);
    r.messages = memfd_create("messages", MFD_CLOEXEC);
    if (input < 0 || r.messages < 0)
        result = explain_spawn(errno, reason);
    else
        result = draw(&r, input, number, dpi, decoder, out, reason);
    if (input >= 0)
        close(input);
    if (r.messages >= 0)
        close(r.messages);
    return result;
}
