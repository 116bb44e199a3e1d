/* text_encoding.h - tables that a spreadsheet saved in another encoding than UTF-8, made UTF-8.
 *
 * UTF-16 says so itself, by its byte-order mark. GB18030 and Big5 say nothing: nearly any bytes are
 * some Chinese letters in either. A file is taken for one of them only where it decodes strictly
 * and where the letters are those that names, classes and schools are made of; where that holds
 * for both, or for none, it is refused. */
#ifndef YJ_CORE_TEXT_ENCODING_H
#define YJ_CORE_TEXT_ENCODING_H

#include <stddef.h>

struct diag;

/* 0: *ret_text is UTF-8, the caller's to free, and a guess was warned of by name; NULL: it was
 * UTF-8 already. YJ_EINPUT, told with the place of the first byte that is no UTF-8; YJ_ENOMEM. */
int text_to_utf8(const char *text, size_t size, const char *name, char **ret_text, size_t *ret_size,
                 struct diag *d);

#endif
