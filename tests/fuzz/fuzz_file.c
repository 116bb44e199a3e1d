/* Files for parsers that take a path, and what the sanitizers must not tell. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_NAMES 8

static char folder[] = "/tmp/yuejuan-fuzz-XXXXXX";

static struct {
    const char *name;
    char *path;
} files[MAX_NAMES];

const char *__lsan_default_suppressions(void);

/* libfyaml 0.7 forgets two kilobytes where a text of dozens of quotes in a row ends in an error.
 * That our trees are freed is for the unit tests, which suppress nothing. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml\n";
}

static void remove_folder(void)
{
    for (int i = 0; i < MAX_NAMES && files[i].name; i++) {
        unlink(files[i].path);
        free(files[i].path);
    }
    rmdir(folder);
}

static const char *path_of(const char *name)
{
    if (!files[0].name) {
        if (!mkdtemp(folder))
            abort();
        atexit(remove_folder);
    }
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
