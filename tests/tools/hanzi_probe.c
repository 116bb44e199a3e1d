/* hanzi_probe LIST PICTURE ...: what the reader of written Chinese makes of pictures.
 *
 * LIST: a name a line. PICTURE: a binary PGM of 8 bits; several may stand in one file, one after
 * the other. A line a picture: best second posterior runner none (indices from 0, -1: none). At the
 * end, on stderr, the milliseconds of CPU a picture took, and with --lists the first line of a
 * group of names is its count, a group for each picture. */
#include "diag.h"
#include "hanzi.h"
#include "thread_ms.h"
#include "vision.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAMES 20000
#define MAX_LINE 512

struct probe {
    struct hanzi_reader *reader;
    struct image img;
    struct arena arena;
    char **names;
    int n_names;
    FILE *lists; /* a group for each picture, or NULL */
    long pictures;
    double ms;
};

static void die(const char *what, const char *name)
{
    fprintf(stderr, "hanzi_probe: %s '%s'\n", what, name);
    exit(2);
}

/* At most `most` lines. */
static void read_names(struct probe *p, FILE *f, int most)
{
    char text[MAX_LINE];
    for (int i = 0; i < p->n_names; i++)
        free(p->names[i]);
    p->n_names = 0;
    while (p->n_names < most && fgets(text, sizeof(text), f)) {
        text[strcspn(text, "\r\n")] = '\0';
        p->names[p->n_names++] = strdup(text);
    }
}

static int next_group(struct probe *p)
{
    char text[MAX_LINE];
    if (!p->lists)
        return 0;
    if (!fgets(text, sizeof(text), p->lists))
        return YJ_EINPUT;
    int most = atoi(text);
    read_names(p, p->lists, most < MAX_NAMES ? most : MAX_NAMES);
    return 0;
}

/* 1: a picture, 0: the file's end. */
static int read_pgm(FILE *f, struct image *img)
{
    int width, height;
    if (fscanf(f, " P5 %d %d 255", &width, &height) != 2)
        return 0;
    if (fgetc(f) == EOF || image_resize(img, width, height) < 0)
        return 0;
    for (int y = 0; y < height; y++)
        if (fread(image_row(img, y), 1, (size_t)width, f) != (size_t)width)
            return 0;
    return 1;
}

static void read_pictures(struct probe *p, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        die("cannot open", path);
    while (read_pgm(f, &p->img) && next_group(p) == 0) {
        struct hanzi_choice c;
        double start = thread_ms();
        int e = hanzi_read_names(p->reader, &p->img, (const char *const *)p->names, p->n_names,
                                 &p->arena, &c);
        if (e < 0)
            die("cannot read", path);
        p->ms += thread_ms() - start;
        p->pictures++;
        printf("%d %d %.6f %.6f %.6f\n", c.best, c.second, c.posterior, c.runner, c.none);
        arena_reset(&p->arena);
    }
    fclose(f);
}

/* The net is loaded once a worker: not a picture's time. */
static void warm_up(struct probe *p)
{
    static const char *const names[] = {"一"};
    const struct hanzi_box all = {0, 0, 64, 64};
    struct hanzi_choice c;
    if (image_resize(&p->img, 64, 64) < 0)
        die("no memory for", "a picture");
    memset(p->img.data, 255, p->img.stride * 64);
    memset(image_row(&p->img, 30) + 10, 0, 40);
    memset(image_row(&p->img, 31) + 10, 0, 40);
    if (hanzi_read_pieces(p->reader, &p->img, &all, 1, names, 1, &p->arena, &c) < 0)
        die("cannot load", "the net");
    arena_reset(&p->arena);
}

int main(int argc, char **argv)
{
    struct probe p = {.names = calloc(MAX_NAMES, sizeof(char *))};
    bool lists = argc > 1 && strcmp(argv[1], "--lists") == 0;
    int first = lists ? 2 : 1;
    if (argc < first + 2 || !p.names || hanzi_reader_create(&p.reader) < 0)
        die("usage: hanzi_probe [--lists] LIST PICTURE", "...");
    FILE *f = fopen(argv[first], "r");
    if (!f)
        die("cannot open", argv[first]);
    vision_init();
    warm_up(&p);
    if (lists)
        p.lists = f;
    else
        read_names(&p, f, MAX_NAMES);
    for (int i = first + 1; i < argc; i++)
        read_pictures(&p, argv[i]);
    fprintf(stderr, "%.4f ms a picture, %ld pictures\n", p.ms / (double)(p.pictures + !p.pictures),
            p.pictures);
    fclose(f);
    read_names(&p, stdin, 0);
    free(p.names);
    hanzi_reader_destroy(p.reader);
    image_finish(&p.img);
    arena_finish(&p.arena);
    return 0;
}
