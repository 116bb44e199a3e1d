/* hanzi.h - which of a list of names, or of characters, somebody wrote by hand in Chinese.
 *
 * A closed list is asked for, not a transcript: a roster's names for a name, fifteen numerals for a
 * cell. The line is cut into pieces that may be characters (hanzi_pieces.h), a small net places the
 * picture of each among 9,574 known characters (hanzi_table.h), and each name is as likely as its
 * characters are on the best way through the pieces. Beside the names stands "none of these": it is
 * as likely as a reading that owes nothing to the list, so that a stranger's name, scribble or
 * noise leaves little for any name.
 *
 * One horizontal line, upright, no ruling or box around it. Vertical writing, several lines and
 * names of more than six characters are not read; nor does it know which candidate is likely, which
 * forms of a character are the same (張, 张: list what may be written), or what was read elsewhere.
 * Made by tools/train/hanzi.py (ocr/models/README.md). */
#ifndef YJ_OCR_HANZI_H
#define YJ_OCR_HANZI_H

#include "arena.h"
#include "hanzi_ink.h"
#include "image.h"

/* One a worker: not thread-safe. Cheap; the net is loaded when first asked. */
struct hanzi_reader;
int hanzi_reader_create(struct hanzi_reader **ret_reader); /* YJ_ENOMEM */
void hanzi_reader_destroy(struct hanzi_reader *reader);

struct hanzi_choice {
    int best, second;         /* indices of the list; -1: none can be */
    double posterior, runner; /* how likely each of them is, 0 to 1; a name that the list has twice
                               * shares its own */
    double none; /* how likely none of the list is; all of the list and it add up to 1 */
};

/* Reads a name from `line`: grey, any resolution, paper around the writing. names[0 .. n_names),
 * UTF-8, may each hold one to six characters; spaces and middle dots are not counted. A character
 * that the table does not know counts as one unlike anything; names with none that it knows, or of
 * a count that the line cannot hold, are not chosen. An empty, broken or illegible line is no
 * error: best is -1 or doubtful, none near 1. Scratch is taken from the arena and stays in it. 0;
 * YJ_ENOMEM, YJ_EDATA (the net cannot be loaded). */
int hanzi_read_names(struct hanzi_reader *reader, const struct image *line,
                     const char *const *names, int n_names, struct arena *arena,
                     struct hanzi_choice *ret_choice);

/* The same where boxes[0 .. n_boxes) of `img`, in the order of writing, hold a character each
 * (print left outside). Boxes without ink are left out; more than HANZI_MAX_LENGTH with ink: none.
 */
int hanzi_read_pieces(struct hanzi_reader *reader, const struct image *img,
                      const struct hanzi_box *boxes, int n_boxes, const char *const *names,
                      int n_names, struct arena *arena, struct hanzi_choice *ret_choice);

#endif
