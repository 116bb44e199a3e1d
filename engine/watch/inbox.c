#include "inbox.h"

#include "diag.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLOSED_SETTLE 0.3 /* s after a close: some scanners open their file once more */
#define DEPTH_MAX 16      /* folders within folders */

int inbox_init(struct inbox *inbox, const char *path, double settle)
{
    *inbox = (struct inbox){.path = strdup(path), .settle = settle};
    size_t length = inbox->path ? strlen(inbox->path) : 0;
    while (length > 1 && inbox->path[length - 1] == '/')
        inbox->path[--length] = '\0';
    return inbox->path ? 0 : YJ_ENOMEM;
}

static void forget_files(struct inbox_file *files, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(files[i].name);
    free(files);
}

void inbox_finish(struct inbox *inbox)
{
    forget_files(inbox->files, inbox->n_files);
    free(inbox->path);
    *inbox = (struct inbox){0};
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), of_end = strlen(end);
    return length >= of_end && strcasecmp(name + length - of_end, end) == 0;
}

bool inbox_ignores(const char *component, bool top)
{
    static const char *const on_their_way[] = {".part", ".partial",    ".tmp",
                                               ".temp", ".crdownload", ".filepart"};
    static const char *const ours[] = {INBOX_DONE, INBOX_FAILED, INBOX_DUPLICATE};
    if (component[0] == '.' || strncmp(component, "~$", 2) == 0)
        return true;
    for (size_t i = 0; i < sizeof on_their_way / sizeof *on_their_way; i++)
        if (ends_with(component, on_their_way[i]))
            return true;
    for (size_t i = 0; top && i < sizeof ours / sizeof *ours; i++)
        if (strcmp(component, ours[i]) == 0)
            return true;
    return strcmp(component, "Thumbs.db") == 0 || strcmp(component, "desktop.ini") == 0;
}

size_t inbox_batch_length(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? (size_t)(slash - name) : 0;
}

/* ---- looking ---- */

struct look {
    struct inbox_file *files;
    size_t n, capacity;
    double now;
};

static int add_file(struct look *look, const char *name, const struct stat *st)
{
    if (look->n == look->capacity) {
        size_t larger = look->capacity ? 2 * look->capacity : 64;
        struct inbox_file *files = realloc(look->files, larger * sizeof *files);
        if (!files)
            return YJ_ENOMEM;
        look->files = files;
        look->capacity = larger;
    }
    look->files[look->n] = (struct inbox_file){.name = strdup(name),
                                               .size = (uint64_t)st->st_size,
                                               .inode = st->st_ino,
                                               .mtime_s = st->st_mtim.tv_sec,
                                               .mtime_ns = st->st_mtim.tv_nsec,
                                               .changed = look->now};
    return look->files[look->n].name ? (look->n++, 0) : YJ_ENOMEM;
}

/* `prefix`: "" or a folder's name below the inbox with its slash. The folder is opened by its
 * parent's descriptor: a link is not followed out of the inbox. */
static int list(struct look *look, int parent, const char *folder, const char *prefix, int depth)
{
    int fd =
        openat(parent, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth > 0 ? O_NOFOLLOW : 0));
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    int rc = 0;
    if (!dir) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        errno = error;
        return depth == 0 ? YJ_EIO : 0; /* a subfolder that went away */
    }
    for (struct dirent *entry; rc == 0 && (entry = readdir(dir)) != NULL;) {
        struct stat st;
        char *name = NULL;
        if (inbox_ignores(entry->d_name, depth == 0) ||
            fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        bool is_folder = S_ISDIR(st.st_mode);
        if (asprintf(&name, "%s%s%s", prefix, entry->d_name, is_folder ? "/" : "") < 0)
            rc = YJ_ENOMEM;
        else if (is_folder && depth < DEPTH_MAX)
            rc = list(look, fd, entry->d_name, name, depth + 1);
        else if (S_ISREG(st.st_mode))
            rc = add_file(look, name, &st);
        if (rc != YJ_ENOMEM)
            rc = 0;
        free(name);
    }
    closedir(dir);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct inbox_file *)a)->name, ((const struct inbox_file *)b)->name);
}

static struct inbox_file *find(const struct inbox *inbox, const char *name)
{
    struct inbox_file wanted = {.name = (char *)name};
    return inbox->n_files ? bsearch(&wanted, inbox->files, inbox->n_files, sizeof wanted, by_name)
                          : NULL;
}

static bool is_unchanged(const struct inbox_file *a, const struct inbox_file *b)
{
    return a->size == b->size && a->inode == b->inode && a->mtime_s == b->mtime_s &&
           a->mtime_ns == b->mtime_ns;
}

int inbox_look(struct inbox *inbox, double now, int *ret_error)
{
    struct look look = {.now = now};
    int rc = list(&look, AT_FDCWD, inbox->path, "", 0), error = rc == YJ_EIO ? errno : 0;
    if (rc == YJ_ENOMEM) {
        forget_files(look.files, look.n);
        return rc;
    }
    if (look.n)
        qsort(look.files, look.n, sizeof *look.files, by_name);
    for (size_t i = 0; i < look.n; i++) {
        const struct inbox_file *before = find(inbox, look.files[i].name);
        if (before && is_unchanged(before, &look.files[i])) {
            look.files[i].changed = before->changed;
            look.files[i].closed = before->closed;
            look.files[i].not_before = before->not_before;
        }
    }
    forget_files(inbox->files, inbox->n_files);
    inbox->files = look.files;
    inbox->n_files = look.n;
    inbox->missing = error != 0;
    if (ret_error)
        *ret_error = error;
    return 0;
}

void inbox_note_closed(struct inbox *inbox, const char *name)
{
    struct inbox_file *file = find(inbox, name);
    if (file)
        file->closed = true;
}

static double complete_at(const struct inbox *inbox, const struct inbox_file *file)
{
    double settle = file->closed ? fmin(CLOSED_SETTLE, inbox->settle) : inbox->settle;
    return fmax(file->changed + settle, file->not_before);
}

bool inbox_is_complete(const struct inbox *inbox, const struct inbox_file *file, double now)
{
    return now >= complete_at(inbox, file);
}

double inbox_patience(const struct inbox *inbox, double now)
{
    double least = -1;
    for (size_t i = 0; i < inbox->n_files; i++) {
        double left = fmax(0, complete_at(inbox, &inbox->files[i]) - now);
        least = least < 0 || left < least ? left : least;
    }
    return least;
}

/* ---- moving ---- */

static char *path_in(const struct inbox *inbox, const char *where, const char *name, int again)
{
    char *path = NULL;
    const char *slash = strrchr(name, '/'), *dot = strrchr(slash ? slash : name, '.');
    if (!dot || dot == (slash ? slash + 1 : name))
        dot = name + strlen(name);
    int n = again < 2 ? asprintf(&path, "%s/%s/%s", inbox->path, where, name)
                      : asprintf(&path, "%s/%s/%.*s~%d%s", inbox->path, where, (int)(dot - name),
                                 name, again, dot);
    return n < 0 ? NULL : path;
}

bool inbox_has_in(const struct inbox *inbox, const char *where, const char *name)
{
    struct stat st;
    char *path = path_in(inbox, where, name, 1);
    bool has = path && lstat(path, &st) == 0;
    free(path);
    return has;
}

/* Makes the folders of a path below the inbox; each is made durable in its parent. */
static int sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return YJ_EIO;
    int rc = fsync(fd) < 0 && errno != EINVAL && errno != EROFS ? YJ_EIO : 0;
    close(fd);
    return rc;
}

static int make_folders(const struct inbox *inbox, char *path)
{
    for (char *slash = path + strlen(inbox->path); (slash = strchr(slash + 1, '/')) != NULL;) {
        *slash = '\0';
        bool made = mkdir(path, 0777) == 0;
        int error = errno;
        if (made) {
            char *last = strrchr(path, '/');
            *last = '\0';
            sync_folder(path);
            *last = '/';
        }
        *slash = '/';
        if (!made && error != EEXIST) {
            errno = error;
            return YJ_EIO;
        }
    }
    return 0;
}

/* rename() that replaces nothing, also where the file system has no such flag. */
static int rename_new(const char *from, const char *to)
{
    struct stat st;
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (lstat(to, &st) == 0) {
        errno = EEXIST;
        return -1;
    }
    return rename(from, to);
}

static int write_reason(const char *path, const char *why)
{
    char *name = NULL;
    if (asprintf(&name, "%s.txt", path) < 0)
        return YJ_ENOMEM;
    FILE *out = fopen(name, "w");
    bool good =
        out && fprintf(out, "%s\n", why) >= 0 && fflush(out) == 0 && fsync(fileno(out)) == 0;
    if (out && fclose(out) != 0)
        good = false;
    free(name);
    return good ? 0 : YJ_EIO;
}

static void sync_folder_of(char *path)
{
    char *slash = strrchr(path, '/');
    *slash = '\0';
    sync_folder(path);
    *slash = '/';
}

#define NAMES_MAX 10000 /* tried for one that is free */

int inbox_move(const struct inbox *inbox, const char *name, const char *where, const char *why,
               char **ret_path)
{
    char *from = NULL, *to = NULL;
    int rc = asprintf(&from, "%s/%s", inbox->path, name) < 0 ? YJ_ENOMEM : 0;
    bool moved = false;
    for (int again = 1; rc == 0 && !moved && again < NAMES_MAX; again++) {
        free(to);
        to = path_in(inbox, where, name, again);
        rc = to ? make_folders(inbox, to) : YJ_ENOMEM;
        if (rc == 0)
            moved = rename_new(from, to) == 0;
        if (rc == 0 && !moved && errno != EEXIST)
            rc = YJ_EIO;
    }
    if (rc == 0 && !moved)
        rc = YJ_EIO;
    if (moved) {
        /* The reason comes second: a reason without its file would be about nothing. */
        if (why)
            write_reason(to, why);
        sync_folder_of(to);
        sync_folder_of(from);
        *ret_path = to;
        to = NULL;
    }
    int error = errno;
    free(from);
    free(to);
    errno = error;
    return rc;
}
