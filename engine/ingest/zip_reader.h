/* zip_reader.h - a ZIP's members by libarchive, one after the other, each in memory.
 *
 * Runs in a decoder process, or in the program where there is none. Nothing is ever written to
 * disk, so that a name can only mislead a reader; names that lead outside are refused all the same.
 */
#ifndef YJ_ENGINE_INGEST_ZIP_READER_H
#define YJ_ENGINE_INGEST_ZIP_READER_H

#include "ingest_internal.h"

/* docs/ingest.md lists them. */
enum { ZIP_MEMBERS_MAX = 100000, ZIP_NAME_MAX = 4096, ZIP_EXPANSION_MAX = 250 };

struct zip_member {
    char *name;            /* UTF-8; NULL: the archive itself is meant */
    char *problem;         /* NULL: none */
    struct scan_file file; /* its bytes, as far as they were read */
};
void zip_member_finish(struct zip_member *member);

struct zip_reader;
/* Takes `file` over (also on failure). YJ_ENOMEM. */
int zip_reader_open(struct scan_file *file, struct zip_reader **ret_reader);
void zip_reader_close(struct zip_reader *reader);
/* Called every few megabytes, for those who wait; may be NULL. */
void zip_reader_tell(struct zip_reader *reader, void (*progress)(void *context), void *context);
/* 1: a member, or a problem; 0: no more; < 0 fault. */
int zip_reader_next(struct zip_reader *reader, struct zip_member *ret_member);

#endif
