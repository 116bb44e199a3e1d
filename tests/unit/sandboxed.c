#include "sandboxed.h"

#include "diag.h"
#include "helper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sandbox *sandboxed;

void sandboxed_begin(int argc, char **argv)
{
    struct diag d;
    if (argc == 2 && strcmp(argv[1], HELPER_ARGUMENT) == 0)
        decoder_helper_run();
    if (argc != 2 || strcmp(argv[1], "--sandbox") != 0)
        return;
    diag_init(&d);
    int r = sandbox_open(SANDBOX_AUTO, &sandboxed, &d);
    diag_print(&d, stderr);
    diag_finish(&d);
    if (r < 0 || !sandboxed)
        exit(1);
}

void sandboxed_end(void)
{
    sandbox_close(sandboxed);
    sandboxed = NULL;
}

void sandboxed_keep(struct image *img)
{
    struct image own;
    if (img->capacity > 0 || !img->data)
        return;
    image_init(&own);
    if (image_resize(&own, img->width, img->height) < 0)
        abort();
    for (int y = 0; y < img->height; y++)
        memcpy(image_row(&own, y), image_row(img, y), (size_t)img->width);
    own.dpi_x = img->dpi_x;
    own.dpi_y = img->dpi_y;
    *img = own;
}
