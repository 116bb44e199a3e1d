/* inbox.h - the files that lie in a watched folder, and which of them are complete.
 *
 * The folder itself is the truth: it is listed again and again, and what events say only shortens
 * the wait. A file is complete when its size and time have not changed for `settle` seconds of the
 * monotonic clock (setting the clock back stops nothing), or a little after its writer closed it.
 * Names of files that are still on their way (`.part`, `.tmp`, `.crdownload`, hidden ones, `~$`)
 * are left alone until they are renamed, as are `done/`, `failed/` and `duplicate/`. What lies
 * beside scans (scan_name_is_companion), links, pipes and devices are passed over and counted. A
 * subfolder is a batch by its path below the inbox. Names may hold any bytes. Knows no database. */
#ifndef YJ_ENGINE_INBOX_H
#define YJ_ENGINE_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INBOX_DONE "done"
#define INBOX_FAILED "failed"
#define INBOX_DUPLICATE "duplicate"

/* What tells that a file was written to, or is another one. */
struct inbox_stamp {
    uint64_t size, inode; /* inode: 0 on file systems of other machines, where it means little */
    int64_t mtime_s, mtime_ns;
};

struct inbox_file {
    char *name; /* below the inbox: "room-12/0001.jpg" */
    struct inbox_stamp stamp;
    double changed;    /* s of the monotonic clock: when it was last seen to differ */
    bool closed;       /* its writer closed it after that */
    double not_before; /* s: one that could not be read or moved is let lie until then */
    bool held;         /* it was let lie, and nothing of it has changed since */
};

struct inbox {
    char *path;
    double settle;            /* s without a change until a file is complete */
    struct inbox_file *files; /* by name */
    size_t n_files;
    char **folders; /* "" the inbox itself, and those below it: "room-12/" */
    size_t n_folders;
    int passed_over;     /* files that are left alone for good */
    bool remote;         /* on another machine */
    char *closed_folder; /* one that cannot be listed; NULL none */
    int closed_error;    /* its errno */
    int lock;            /* of inbox_claim; -1 none */
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
/* Lets a file lie until then. True: it was not held already. */
bool inbox_hold(struct inbox *inbox, const char *name, double until);
/* Files that are let lie. */
size_t inbox_count_held(const struct inbox *inbox);
/* s until the next file may be complete; < 0: none is waiting. */
double inbox_patience(const struct inbox *inbox, double now);
/* Length of the folder part of a name: 7 of "room-12/0001.jpg"; 0: in the inbox itself. */
size_t inbox_batch_length(const char *name);
/* Whether a file or folder of that name (one component) is left alone until it is renamed. */
bool inbox_ignores(const char *component, bool top);
/* Whether some program of this machine still has the file open to write; false where the kernel
 * does not tell (another user's file, a file system without leases). */
bool inbox_is_being_written(const struct inbox *inbox, const char *name);

/* Keeps a second program from the folder, until finished; again where the folder was made anew. 0,
 * or YJ_EBUSY: one has it. Where the file system knows no locks nobody is kept out. */
int inbox_claim(struct inbox *inbox);

/* ---- inbox_move.c ---- */

/* Makes done/, failed/ and duplicate/. 0; YJ_EIO with errno: nothing can be moved there. */
int inbox_prepare(const struct inbox *inbox);
/* Moves a file to INBOX/where/name, or to "name~2" and so on where that is taken, making folders as
 * needed, and syncs both folders; copies where that is another file system. `why` (may be NULL) is
 * written beside it as NAME.txt, before it. *ret_path: where it went, malloc'ed. 0; YJ_EBUSY: the
 * file is no longer as `stamp` says, and was left; YJ_EIO with errno: it is where it was;
 * YJ_ENOMEM. */
int inbox_move(const struct inbox *inbox, const char *name, const struct inbox_stamp *stamp,
               const char *where, const char *why, char **ret_path);
/* Whether INBOX/where/name, or name~2 and so on, holds the same bytes as INBOX/name. */
bool inbox_has_copy(const struct inbox *inbox, const char *where, const char *name);

#endif
