/* box_pictures < STRIPS > PICTURES: what the readers see of boxes, to train them and to try them.
 *
 * A strip is a scan of a row of boxes: seven little-endian int32 (width and height in px, number of
 * boxes n, and in hundredths of a millimetre the box's width, height, step and 100 times the px a
 * mm), two int32 (the first box's corner, hundredths of a px), then width * height grey bytes. Out
 * comes for each box one record: eight floats (visible, ink in mm2, depth, the extent's width and
 * height in mm, its top, pieces, stray ink in mm2), the glyph and the view, GLYPH_POINTS bytes
 * each. To stderr: milliseconds of CPU a box.
 */
#include "diag.h"
#include "thread_ms.h"
#include "written_box.h"
#include <stdio.h>
#include <stdlib.h>

struct strip_head {
    int32_t width, height, n, box_w, box_h, step, scale, x, y;
};

static void write_box(const struct written_box *b)
{
    const float numbers[8] = {b->visible,         (float)b->ink,      (float)b->depth,
                              (float)b->extent.w, (float)b->extent.h, (float)b->extent.y,
                              (float)b->pieces,   (float)b->stray};
    fwrite(numbers, sizeof numbers, 1, stdout);
    fwrite(b->glyph, 1, GLYPH_POINTS, stdout);
    fwrite(b->view, 1, GLYPH_POINTS, stdout);
}

struct spent {
    double ms;
    long boxes;
};

static int look(const struct strip_head *head, const struct image *img, struct image *scratch,
                struct arena *arena, struct spent *spent)
{
    double scale = head->scale / 100.0;
    struct page_map map = {
        .mm_to_px = {{scale, 0, head->x / 100.0, 0, scale, head->y / 100.0, 0, 0, 1}},
        .bubble_scale = 1};
    struct rect *boxes = calloc((size_t)head->n, sizeof *boxes);
    struct written_box *seen = calloc((size_t)head->n, sizeof *seen);
    int e = boxes && seen ? 0 : YJ_ENOMEM;
    for (int i = 0; e == 0 && i < head->n; i++)
        boxes[i] =
            (struct rect){i * head->step / 100.0, 0, head->box_w / 100.0, head->box_h / 100.0};
    double start = thread_ms();
    if (e == 0)
        e = written_boxes_look(img, &map, boxes, head->n, scratch, arena, seen);
    spent->ms += thread_ms() - start;
    spent->boxes += head->n;
    for (int i = 0; e == 0 && i < head->n; i++)
        write_box(&seen[i]);
    free(boxes);
    free(seen);
    return e;
}

int main(void)
{
    struct image img, scratch;
    struct arena arena;
    struct strip_head head;
    struct spent spent = {0};
    image_init(&img);
    image_init(&scratch);
    arena_init(&arena);
    int e = 0;
    while (e == 0 && fread(&head, sizeof head, 1, stdin) == 1) {
        e = image_resize(&img, head.width, head.height);
        for (int y = 0; e == 0 && y < head.height; y++)
            if (fread(image_row(&img, y), 1, (size_t)head.width, stdin) != (size_t)head.width)
                e = YJ_EDATA;
        if (e == 0 && (head.n < 1 || head.n > 1000))
            e = YJ_EDATA;
        if (e == 0)
            e = look(&head, &img, &scratch, &arena, &spent);
        arena_reset(&arena);
    }
    if (spent.boxes)
        fprintf(stderr, "%.4f\n", spent.ms / (double)spent.boxes);
    arena_finish(&arena);
    image_finish(&scratch);
    image_finish(&img);
    return e < 0 || fflush(stdout) != 0;
}
