/* picture.h - how large a picture file is, from its first bytes; decodes nothing. */
#ifndef YJ_CORE_PICTURE_H
#define YJ_CORE_PICTURE_H

/* Width and height in pixels of a PNG or JPEG file. YJ_EIO: cannot be opened; YJ_EDATA: neither, or
 * broken. */
int picture_size(const char *path, int *ret_width, int *ret_height);

#endif
