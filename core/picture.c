#include "picture.h"

#include "diag.h"
#include "textfile.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ISO/IEC 15948, 11.2.2: IHDR comes first, its width and height are its first eight bytes. */
static int png_size(FILE *in, int *ret_width, int *ret_height)
{
    unsigned char head[24];
    if (fread(head, 1, sizeof head, in) != sizeof head || memcmp(head + 12, "IHDR", 4) != 0)
        return YJ_EDATA;
    unsigned size[2];
    for (int i = 0; i < 2; i++) {
        const unsigned char *p = head + 16 + 4 * i;
        size[i] = (unsigned)p[0] << 24 | (unsigned)p[1] << 16 | (unsigned)p[2] << 8 | p[3];
        if (size[i] == 0 || size[i] > 0x7FFFFFFF)
            return YJ_EDATA;
    }
    *ret_width = (int)size[0];
    *ret_height = (int)size[1];
    return 0;
}

/* ITU-T T.81, B.2.2: the frame header is SOF0..SOF15 without DHT (C4), JPG (C8) and DAC (CC). */
static bool is_frame_header(int marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

static int jpeg_size(FILE *in, int *ret_width, int *ret_height)
{
    if (getc(in) != 0xFF || getc(in) != 0xD8)
        return YJ_EDATA;
    for (;;) {
        int marker;
        if (getc(in) != 0xFF)
            return YJ_EDATA;
        do /* any number of fill bytes */
            marker = getc(in);
        while (marker == 0xFF);
        unsigned char head[7];
        if (marker == EOF || fread(head, 1, 2, in) != 2)
            return YJ_EDATA;
        int length = head[0] << 8 | head[1];
        if (!is_frame_header(marker)) {
            if (length < 2 || fseek(in, length - 2, SEEK_CUR) != 0)
                return YJ_EDATA;
            continue;
        }
        if (fread(head + 2, 1, 5, in) != 5)
            return YJ_EDATA;
        *ret_height = head[3] << 8 | head[4];
        *ret_width = head[5] << 8 | head[6];
        return *ret_width > 0 && *ret_height > 0 ? 0 : YJ_EDATA;
    }
}

int picture_size(const char *path, int *ret_width, int *ret_height)
{
    FILE *in = file_open(path);
    if (!in)
        return errno == EISDIR || errno == ESPIPE ? YJ_EDATA : YJ_EIO;
    int width = 0, height = 0, first = getc(in);
    rewind(in);
    int rc = first == 0x89 ? png_size(in, &width, &height) : jpeg_size(in, &width, &height);
    fclose(in);
    if (rc == 0) {
        *ret_width = width;
        *ret_height = height;
    }
    return rc;
}
