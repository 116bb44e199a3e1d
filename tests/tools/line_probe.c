/* line_probe.c - what the line reader makes of pictures: line_probe number|digits|word PICTURES
 * [LISTS].
 *
 * PICTURES: grey PGMs (P5, 255), one behind another. LISTS: a line a picture, texts with tabs
 * between. A line a picture to stdout, with tabs: text, confidence, ms; with LISTS also index of
 * the best, its confidence, the runner-up, its confidence, and that of none; last how many pictures
 * of it were read, and line_reading's log_p and lead. For tests/accuracy/lines. */
#include "diag.h"
#include "line_reader.h"
#include "vision.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_LIST 4096

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* 1: a picture; 0: the end; -1: no PGM. */
static int read_pgm(FILE *f, struct image *img)
{
    int w, h;
    int n = fscanf(f, " P5 %d %d 255", &w, &h);
    if (n != 2)
        return n == EOF ? 0 : -1;
    if (fgetc(f) == EOF || image_resize(img, w, h) < 0)
        return -1;
    img->stride = (size_t)w;
    return fread(img->data, (size_t)w, (size_t)h, f) == (size_t)h ? 1 : -1;
}

static int split(char *line, const char **ret_list)
{
    int n = 0;
    line[strcspn(line, "\n")] = 0;
    for (char *at = strtok(line, "\t"); at && n < MAX_LIST; at = strtok(NULL, "\t"))
        ret_list[n++] = at;
    return n;
}

static int probe(struct line_reader *reader, enum line_kind kind, const struct image *img,
                 char *list_line, struct arena *arena)
{
    static const char *list[MAX_LIST];
    struct line_reading r;
    struct line_choice c = {0};
    double start = now_ms();
    int n = list_line ? split(list_line, list) : 0;
    int e = line_read(reader, kind, img, arena, &r);
    if (e < 0)
        return e;
    if (list_line)
        line_choose(&r, list, n, &c);
    printf("%s\t%.6f\t%.3f", r.text, r.confidence, now_ms() - start);
    if (list_line)
        printf("\t%d\t%.6f\t%d\t%.6f\t%.6f", c.best, c.confidence, c.second, c.second_confidence,
               c.none);
    printf("\t%d\t%.4f\t%.4f\n", r.looks, r.log_p, r.lead);
    return 0;
}

static int probe_all(FILE *pictures, FILE *lists, enum line_kind kind)
{
    struct line_reader *reader = NULL;
    struct image img;
    struct arena arena;
    char *line = NULL;
    size_t capacity = 0;
    int r = line_reader_create(&reader), more = 1;
    image_init(&img);
    arena_init(&arena);
    while (r == 0 && (more = read_pgm(pictures, &img)) > 0) {
        if (lists && getline(&line, &capacity, lists) < 0)
            more = -1;
        r = more < 0 ? YJ_EDATA : probe(reader, kind, &img, lists ? line : NULL, &arena);
        arena_reset(&arena);
    }
    free(line);
    arena_finish(&arena);
    image_finish(&img);
    line_reader_destroy(reader);
    return more < 0 ? YJ_EDATA : r;
}

int main(int argc, char **argv)
{
    static const char *const kinds[LINE_KINDS] = {"number", "digits", "word"};
    int kind = 0;
    while (argc >= 3 && kind < LINE_KINDS && strcmp(argv[1], kinds[kind]) != 0)
        kind++;
    if (argc < 3 || kind == LINE_KINDS) {
        fprintf(stderr, "usage: line_probe number|digits|word PICTURES [LISTS]\n");
        return 2;
    }
    vision_init();
    FILE *pictures = fopen(argv[2], "rb"), *lists = argc > 3 ? fopen(argv[3], "r") : NULL;
    if (!pictures || (argc > 3 && !lists)) {
        fprintf(stderr, "line_probe: cannot open '%s'\n", pictures ? argv[3] : argv[2]);
        return 2;
    }
    int r = probe_all(pictures, lists, (enum line_kind)kind);
    fclose(pictures);
    if (lists)
        fclose(lists);
    if (r < 0)
        fprintf(stderr, "line_probe: broken picture or list\n");
    return r < 0;
}
