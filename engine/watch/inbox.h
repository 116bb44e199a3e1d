/* inbox.h - the files that lie in a watched folder, and which of them are complete.
 *
 * The folder itself is the truth: it is listed again and again, and what events say only shortens
 * the wait. A file is complete when its size and time have not changed for `settle` seconds of the
 * monotonic clock (setting the clock back stops nothing), or a little after its writer closed it.
 * Names of files that are still on their way (`.part`, `.tmp`, `.crdownload`, hidden ones, `~$`)
 * are left alone until they are renamed, as are `done/`, `failed/` and `duplicate/`. A subfolder is
 * a batch by its path below the inbox. Names may hold any bytes. Knows no database. */
#ifndef YJ_ENGINE_INBOX_H
#define YJ_ENGINE_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INBOX_DONE "done"
#define INBOX_FAILED "failed"
#define INBOX_DUPLICATE "duplicate"

struct inbox_file {
    char *name; /* below the inbox: "room-12/0001.jpg" */
    uint64_t size, inode;
    int64_t mtime_s, mtime_ns;
    double changed;    /* s of the monotonic clock: when it was last seen to differ */
    bool closed;       /* its writer closed it after that */
    double not_before; /* s: a file that failed to be moved or read is let lie until then */
};

struct inbox {
    char *path;
    double settle;            /* s without a change until a file is complete */
    struct inbox_file *files; /* by name */
    size_t n_files, capacity;
    bool missing; /* the folder was not there at the last look */
};

/* 0 or YJ_ENOMEM. */
int inbox_init(struct inbox *inbox, const char *path, double settle);
void inbox_finish(struct inbox *inbox);
/* Lists the folder again; files that are gone are forgotten. A folder that is not there, or cannot
 * be listed, is empty: *ret_error (may be NULL) is its errno, else 0. YJ_ENOMEM. */
int inbox_look(struct inbox *inbox, double now, int *ret_error);
/* The writer of this file has closed it. */
void inbox_note_closed(struct inbox *inbox, const char *name);
bool inbox_is_complete(const struct inbox *inbox, const struct inbox_file *file, double now);
/* s until the next file may be complete; < 0: none is waiting. */
double inbox_patience(const struct inbox *inbox, double now);
/* Length of the folder part of a name: 7 of "room-12/0001.jpg"; 0: in the inbox itself. */
size_t inbox_batch_length(const char *name);
/* Whether files of that name (one component) are no scans on their way in. */
bool inbox_ignores(const char *component, bool top);

/* Moves a file to INBOX/where/name, or to "name~2" and so on where that is taken, making folders as
 * needed, and syncs both folders. `why` (may be NULL) is written beside it as NAME.txt. *ret_path:
 * where it went, malloc'ed. 0; YJ_EIO with errno, the file is where it was; YJ_ENOMEM. */
int inbox_move(const struct inbox *inbox, const char *name, const char *where, const char *why,
               char **ret_path);
/* Whether INBOX/where/name exists. */
bool inbox_has_in(const struct inbox *inbox, const char *where, const char *name);

#endif
