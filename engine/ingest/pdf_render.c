/* Draws a PDF page by running `pdftoppm` of poppler-utils: for pages that are no single picture.
 * Poppler is GPL and is run, not linked. The program gets the bytes as an open file, no name and no
 * shell are involved, and a limit of time and memory. */
#include "confine.h"
#include "ingest_internal.h"
#include "page_clock.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HEADER_MAX = 64 };
static const double SECONDS_MAX = 60; /* where no clock runs */

struct renderer {
    pid_t pid;
    int output;     /* read end of the pipe from its stdout */
    int messages;   /* its stderr, a file in memory */
    double seconds; /* that it may take */
    struct timespec began;
};

static double seconds_taken(const struct renderer *r)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - r->began.tv_sec) + (double)(now.tv_nsec - r->began.tv_nsec) / 1e9;
}

static int milliseconds_left(const struct renderer *r)
{
    double left = r->seconds - seconds_taken(r);
    return left > 0 ? (int)(left * 1000) + 1 : 0;
}

/* The errno of starting it. */
static int start(struct renderer *r, int input, int output, int number, double dpi, bool colour)
{
    char page[16], resolution[32];
    snprintf(page, sizeof page, "%d", number);
    snprintf(resolution, sizeof resolution, "%d.%03d", (int)dpi, (int)(dpi * 1000) % 1000);
    char *arguments[12] = {"pdftoppm", "-r", resolution, "-cropbox", "-f", page, "-l", page};
    size_t n = 8;
    if (!colour)
        arguments[n++] = "-gray";
    arguments[n] = "/dev/fd/3"; /* the fourth of its files */
    struct drawer_confinement confinement;
    drawer_confinement_init(&confinement, input, (unsigned)ceil(r->seconds) + 1);
    struct process_plan plan = {.program = "pdftoppm",
                                .arguments = arguments,
                                .files = {-1, output, r->messages, input},
                                .n_files = 4,
                                .confinement = &confinement};
    int error = process_start(&plan, &r->pid);
    drawer_confinement_finish(&confinement);
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

static int refuse_late(const struct renderer *r, char *reason)
{
    return scan_refuse(reason, _("'pdftoppm' did not draw the page within %.3g s"), r->seconds);
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
            return refuse_late(r, reason);
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
            return refuse_late(r, reason);
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

static int explain_start(int error, char *reason)
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
        return explain_start(errno, reason);
    int error = start(r, input, pipes[1], number, dpi, colour);
    close(pipes[1]);
    r->output = pipes[0];
    if (error != 0) {
        close(pipes[0]);
        return explain_start(error, reason);
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
    struct renderer r = {.output = -1, .seconds = SECONDS_MAX};
    if (decoder->clock)
        r.seconds = fmax(page_clock_left(decoder->clock), 0);
    clock_gettime(CLOCK_MONOTONIC, &r.began);
    int result, input = scan_file_descriptor(file);
    r.messages = memfd_create("messages", MFD_CLOEXEC);
    if (input < 0 || r.messages < 0)
        result = explain_start(errno, reason);
    else
        result = draw(&r, input, number, dpi, decoder, out, reason);
    if (input >= 0)
        close(input);
    if (r.messages >= 0)
        close(r.messages);
    page_clock_add_wait(decoder->clock, seconds_taken(&r));
    return result;
}
