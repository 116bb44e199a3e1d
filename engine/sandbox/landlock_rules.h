/* landlock_rules.h - Landlock by its system calls (landlock(7)), whatever the headers know of.
 *
 * A ruleset denies every access to files that this kernel can deny, but for the paths added to it;
 * where the kernel can, also TCP, signals and abstract sockets to other processes. */
#ifndef YJ_ENGINE_SANDBOX_LANDLOCK_RULES_H
#define YJ_ENGINE_SANDBOX_LANDLOCK_RULES_H

#include <stdbool.h>

/* A ruleset that allows nothing; -1: this kernel has none. */
int landlock_rules_create(void);
/* The file, or what is below the folder: reading, listing and running. A path that is not there is
 * passed over. */
void landlock_rules_allow_reading(int ruleset, const char *path);
/* The open file, by whatever name. */
void landlock_rules_allow_file(int ruleset, int fd);
/* From now on, for this process and its children; after PR_SET_NO_NEW_PRIVS. Async-signal-safe. */
bool landlock_rules_enforce(int ruleset);

#endif
