#include "landlock_rules.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __NR_landlock_create_ruleset /* the same on every architecture */
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule 445
#define __NR_landlock_restrict_self 446
#endif

/* linux/landlock.h of a kernel newer than Debian 12's. */
struct ruleset_attributes {
    uint64_t files, network, scoped;
};
struct path_rule {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

enum { CREATE_VERSION = 1, RULE_PATH_BENEATH = 1 };
#define FS_EXECUTE ((uint64_t)1 << 0)
#define FS_READ_FILE ((uint64_t)1 << 2)
#define FS_READ_DIR ((uint64_t)1 << 3)
/* What each version of the interface can deny; from the last one on, all of that. */
static const uint64_t files_of[] = {0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff};
static const uint64_t NETWORK = 3; /* bind and connect TCP; version 4 */
static const uint64_t SCOPED = 3;  /* abstract UNIX sockets, signals; version 6 */

static long version(void)
{
    return syscall(__NR_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
}

int landlock_rules_create(void)
{
    const long known = sizeof files_of / sizeof *files_of, v = version();
    if (v <= 0)
        return -1;
    struct ruleset_attributes attributes = {.files = files_of[(v < known ? v : known) - 1],
                                            .network = v >= 4 ? NETWORK : 0,
                                            .scoped = v >= 6 ? SCOPED : 0};
    /* an older kernel takes a shorter structure */
    size_t size = v < 4 ? 8 : v < 6 ? 16 : sizeof attributes;
    return (int)syscall(__NR_landlock_create_ruleset, &attributes, size, 0);
}

static void allow(int ruleset, int fd, uint64_t what)
{
    struct path_rule rule = {.allowed = what, .parent = fd};
    syscall(__NR_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
}

void landlock_rules_allow_reading(int ruleset, const char *path)
{
    struct stat st;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return;
    bool folder = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
    allow(ruleset, fd, FS_EXECUTE | FS_READ_FILE | (folder ? FS_READ_DIR : 0));
    close(fd);
}

void landlock_rules_allow_file(int ruleset, int fd)
{
    allow(ruleset, fd, FS_READ_FILE); /* of a memory file it fails: those are open to all */
}

bool landlock_rules_enforce(int ruleset)
{
    return syscall(__NR_landlock_restrict_self, ruleset, 0) == 0;
}
