/* scan_info PATH... - what ingest sees: a line a scan, a line a page, with sizes, dpi or the reason
 * why not. `-t` adds thread CPU milliseconds, `-w DIR` writes each page as PNG. */
#include "diag.h"
#include "ingest.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct options {
    bool times;
    const char *folder;
};

struct tally {
    int scans, problems, pages, refused;
};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void write_page(const char *folder, int n, const struct image *img)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%04d.png", folder, n);
    image_write_png(path, img->data, img->width, img->height, img->stride, 0, NULL);
}

static int show_pages(const struct scan *scan, const struct options *options,
                      struct decoder *decoder, struct image *img, struct tally *tally)
{
    char reason[SCAN_REASON_MAX];
    for (int i = 1; i <= scan_page_count(scan); i++) {
        double before = cpu_ms();
        int r = scan_decode_page(scan, i, decoder, img, reason);
        if (r == YJ_ENOMEM)
            return r;
        tally->pages++;
        if (r < 0) {
            tally->refused++;
            printf("  %d: %s\n", i, reason);
            continue;
        }
        printf("  %d: %d x %d, %.0f x %.0f dpi", i, img->width, img->height, img->dpi_x,
               img->dpi_y);
        if (options->times)
            printf(", %.2f ms", cpu_ms() - before);
        putchar('\n');
        if (options->folder)
            write_page(options->folder, tally->pages, img);
    }
    return 0;
}

static int show_all(struct scan_source *source, const struct options *options,
                    struct decoder *decoder)
{
    struct tally tally = {0};
    struct image img;
    struct scan *scan;
    int r;
    image_init(&img);
    while ((r = scan_source_next(source, &scan)) == 1) {
        const char *problem = scan_problem(scan);
        printf("%s: %llu bytes, ", scan_path(scan), (unsigned long long)scan_bytes(scan));
        if (problem)
            printf("%s\n", problem);
        else
            printf("%d pages\n", scan_page_count(scan));
        tally.scans++;
        tally.problems += problem != NULL;
        r = show_pages(scan, options, decoder, &img, &tally);
        scan_unref(scan);
        if (r < 0)
            break;
    }
    image_finish(&img);
    printf("%d scans, %d with a problem; %d pages, %d refused\n", tally.scans, tally.problems,
           tally.pages, tally.refused);
    return r;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct scan_source *source = NULL;
    struct decoder *decoder = NULL;
    struct diag diag;
    for (int c; (c = getopt(argc, argv, "tw:")) != -1;) {
        if (c == 't')
            options.times = true;
        else if (c == 'w')
            options.folder = optarg;
        else
            return 2;
    }
    diag_init(&diag);
    int r = scan_source_open((const char *const *)argv + optind, (size_t)(argc - optind), &source,
                             &diag);
    if (r == 0)
        r = decoder_create(&decoder);
    if (r == 0)
        r = show_all(source, &options, decoder);
    diag_print(&diag, stderr);
    decoder_destroy(decoder);
    scan_source_close(source);
    diag_finish(&diag);
    return r < 0 ? 1 : 0;
}
