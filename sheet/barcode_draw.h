/* barcode_draw.h - a text as Code 128 or QR code, made by libzint. */
#ifndef YJ_SHEET_BARCODE_DRAW_H
#define YJ_SHEET_BARCODE_DRAW_H

#include "canvas.h"

/* Draws it black into `area`, with its quiet zone inside: Code 128 where the area is at least twice
 * as wide as high and the text is ASCII, else QR. `written`: under a Code 128 that is high enough
 * the text stands too; *ret_written (may be NULL) says whether it does. YJ_EINPUT (kept in the
 * canvas): the area is too small, or the text is none for a code; `what` names it in messages. */
void canvas_barcode(struct canvas *c, struct rect area, const char *text, const char *what,
                    const struct text_style *written, bool *ret_written);

#endif
