/* jpeg_memory.h - one libjpeg decompressor for page after page, with memory that is kept.
 *
 * libjpeg frees what a picture took at its end and asks the heap for the same again. Here what it
 * takes for one picture comes from an arena that is reset, its tables, too: a picture must not find
 * those of the one before it, since one that brings none of its own would be decoded by them
 * instead of being refused. Only what progressive pictures hold whole (virtual arrays) stays with
 * libjpeg's own manager. */
#ifndef YJ_ENGINE_JPEG_MEMORY_H
#define YJ_ENGINE_JPEG_MEMORY_H

#include "arena.h"

#include <stdio.h>

#include <jpeglib.h>

struct jpeg_memory {
    struct arena image, tables;     /* until the picture's end; until the next picture */
    struct jpeg_memory_mgr libjpeg; /* its own methods, as they were */
};

/* Puts itself in front of the manager of a decompressor that has just been created, whose
 * client_data it takes. Running out of memory is libjpeg's error_exit, as ever. */
void jpeg_memory_install(struct jpeg_memory *memory, struct jpeg_decompress_struct *jpeg);
/* Before each picture: forgets the last one's tables and source. */
void jpeg_memory_renew(struct jpeg_memory *memory, struct jpeg_decompress_struct *jpeg);
/* After jpeg_destroy_decompress. */
void jpeg_memory_finish(struct jpeg_memory *memory);

#endif
