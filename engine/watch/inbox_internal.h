/* inbox_internal.h - what inbox.c and inbox_move.c share. */
#ifndef YJ_ENGINE_INBOX_INTERNAL_H
#define YJ_ENGINE_INBOX_INTERNAL_H

#include "inbox.h"
#include <sys/stat.h>

struct inbox_stamp inbox_stamp_of(const struct stat *st, bool remote);
bool inbox_stamp_equal(const struct inbox_stamp *a, const struct inbox_stamp *b);

#endif
