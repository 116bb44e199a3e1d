/* textfile.h - text that people wrote: read whole, held to UTF-8, and words set right.
 *
 * YAML and CSV share it. Knows no format. */
#ifndef YJ_CORE_TEXTFILE_H
#define YJ_CORE_TEXTFILE_H

#include <stddef.h>
#include <stdio.h>

struct diag;

/* No key, roster or form is larger, bytes; a larger file is something else taken for one. */
#define TEXT_MAX_SIZE (64u << 20)

/* Opens a file to be read, and nothing that could keep us waiting: NULL with errno, which is EISDIR
 * for a folder and ESPIPE for a pipe, a socket or a device. */
FILE *file_open(const char *path);

/* Reads a whole file; *ret_text is the caller's to free and has a zero after its *ret_size bytes.
 * YJ_EINPUT: no such file, a folder or pipe, no right to read, too large. YJ_EIO, YJ_ENOMEM. */
int text_load(const char *path, char **ret_text, size_t *ret_size, struct diag *d);

/* YJ_EINPUT, told with line and column, where text is no UTF-8 or holds control characters that no
 * editor writes (a NUL first of all); `name` stands in the message. */
int text_check(const char *text, size_t size, const char *name, struct diag *d);

/* Length of the control character at p in well-formed UTF-8 (C0, DEL, C1), or 0. */
size_t text_control_length(const char *p);

/* Writes text for a person's terminal: what would steer the terminal or turn the text around
 * (control characters, marks of direction, bytes that are no UTF-8) stands as \x1b or \u202e. */
void text_print(FILE *out, const char *text);

/* Bytes of the byte-order mark at the start of text: 3 or 0. */
size_t text_mark_size(const char *text, size_t size);

/* The folder that a file stands in, "." where its path names none; the caller frees it. */
char *path_folder(const char *path);
/* `name` as seen from folder `dir`: as it is where absolute or dir is "."; the caller frees it. */
char *path_join(const char *dir, const char *name);

/* The one of words[n] that `word` was probably meant to be (Damerau-Levenshtein distance at most a
 * third of its length, at least 1), or NULL. */
const char *text_nearest(const char *word, const char *const *words, size_t n);

#endif
