/* Files for parsers that take a path, and what the sanitizers must not tell. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_NAMES 16

static char *folder;

static struct {
    const char *name;
    char *path;
} files[MAX_NAMES];

const char *__lsan_default_suppressions(void);

/* libfyaml 0.7 forgets two kilobytes where a text of dozens of quotes in a row ends in an error.
 * That our trees are freed is for the unit tests, which suppress nothing. Fontconfig's patterns
 * hold offsets where the leak sanitizer wants pointers. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml\nleak:libfontconfig.so\n";
}

/* Also what was left beside the files, such as a database's log. */
static void remove_folder(void)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(folder);
    for (int i = 0; i < MAX_NAMES && files[i].name; i++)
        free(files[i].path);
    free(folder);
}

static void make_folder(void)
{
    const char *base = getenv("TMPDIR");
    if (asprintf(&folder, "%s/yuejuan-fuzz-XXXXXX", base ? base : "/tmp") < 0 || !mkdtemp(folder))
        abort();
    atexit(remove_folder);
}

static const char *path_of(const char *name)
{
    if (!folder)
        make_folder();
    for (int i = 0; i < MAX_NAMES; i++) {
        if (files[i].name && strcmp(files[i].name, name) == 0)
            return files[i].path;
        if (files[i].name)
            continue;
        if (asprintf(&files[i].path, "%s/%s", folder, name) < 0)
            abort();
        files[i].name = name;
        return files[i].path;
    }
    abort();
}

const char *fuzz_file(const char *name, const void *data, size_t size)
{
    const char *path = path_of(name);
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(data, 1, size, out) != size || fclose(out) != 0)
        abort();
    return path;
}
