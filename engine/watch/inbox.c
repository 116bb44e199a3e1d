#include "inbox_internal.h"

#include "diag.h"
#include "ingest.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#define CLOSED_SETTLE 0.3 /* s after a close: some scanners open their file once more */
#define DEPTH_MAX 16      /* folders within folders */

int inbox_init(struct inbox *inbox, const char *path, double settle)
{
    *inbox = (struct inbox){.path = strdup(path), .settle = settle, .lock = -1};
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

static void forget_folders(char **folders, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(folders[i]);
    free(folders);
}

void inbox_finish(struct inbox *inbox)
{
    forget_files(inbox->files, inbox->n_files);
    forget_folders(inbox->folders, inbox->n_folders);
    free(inbox->closed_folder);
    free(inbox->path);
    if (inbox->lock >= 0)
        close(inbox->lock);
    *inbox = (struct inbox){.lock = -1};
}

/* ---- names ---- */

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
    if (scan_name_is_hidden(component) || strncmp(component, "~$", 2) == 0)
        return true;
    for (size_t i = 0; i < sizeof on_their_way / sizeof *on_their_way; i++)
        if (ends_with(component, on_their_way[i]))
            return true;
    for (size_t i = 0; top && i < sizeof ours / sizeof *ours; i++)
        if (strcmp(component, ours[i]) == 0)
            return true;
    return false;
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
    char **folders;
    size_t n_folders, folders_capacity;
    char *closed_folder;
    int closed_error, passed_over;
    double now;
    bool remote;
};

static void forget_look(struct look *look)
{
    forget_files(look->files, look->n);
    forget_folders(look->folders, look->n_folders);
    free(look->closed_folder);
}

/* Room for one more of `size` bytes; NULL: no memory, the list is as it was. */
static void *grow(void *list, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity)
        return list;
    size_t larger = *capacity ? 2 * *capacity : 64;
    void *grown = realloc(list, larger * size);
    if (grown)
        *capacity = larger;
    return grown;
}

/* File systems on which other machines write without this kernel knowing. */
static bool is_remote(int fd)
{
    static const unsigned long remote[] = {0x6969 /* NFS */,      0x517B /* SMB */,
                                           0xFF534D42 /* CIFS */, 0xFE534D42 /* SMB2 */,
                                           0x65735546 /* FUSE */, 0x01021997 /* 9P */};
    struct statfs fs;
    if (fstatfs(fd, &fs) < 0)
        return false;
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
        if (((unsigned long)fs.f_type & 0xFFFFFFFF) == remote[i])
            return true;
    return false;
}

struct inbox_stamp inbox_stamp_of(const struct stat *st, bool remote)
{
    return (struct inbox_stamp){.size = (uint64_t)st->st_size,
                                .inode = remote ? 0 : st->st_ino,
                                .mtime_s = st->st_mtim.tv_sec,
                                .mtime_ns = st->st_mtim.tv_nsec};
}

bool inbox_stamp_equal(const struct inbox_stamp *a, const struct inbox_stamp *b)
{
    return a->size == b->size && a->inode == b->inode && a->mtime_s == b->mtime_s &&
           a->mtime_ns == b->mtime_ns;
}

static int add_file(struct look *look, const char *name, const struct stat *st)
{
    struct inbox_file *files = grow(look->files, look->n, &look->capacity, sizeof *files);
    if (!files)
        return YJ_ENOMEM;
    look->files = files;
    files[look->n] = (struct inbox_file){
        .name = strdup(name), .stamp = inbox_stamp_of(st, look->remote), .changed = look->now};
    return files[look->n].name ? (look->n++, 0) : YJ_ENOMEM;
}

static int add_folder(struct look *look, const char *prefix)
{
    char **folders = grow(look->folders, look->n_folders, &look->folders_capacity, sizeof *folders);
    if (!folders)
        return YJ_ENOMEM;
    look->folders = folders;
    folders[look->n_folders] = strdup(prefix);
    return folders[look->n_folders] ? (look->n_folders++, 0) : YJ_ENOMEM;
}

/* A subfolder that went away is no news; one that may not be listed hides scans. */
static int note_closed_folder(struct look *look, const char *prefix, int error)
{
    if (error == ENOENT || error == ENOTDIR || error == ELOOP || look->closed_folder)
        return 0;
    look->closed_folder = strdup(prefix);
    look->closed_error = error;
    return look->closed_folder ? 0 : YJ_ENOMEM;
}

static int list(struct look *look, int parent, const char *folder, const char *prefix, int depth);

static int list_entry(struct look *look, int fd, const char *entry, const char *prefix, int depth)
{
    struct stat st;
    char *name = NULL;
    int rc = 0;
    if (strcmp(entry, ".") == 0 || strcmp(entry, "..") == 0 || inbox_ignores(entry, depth == 0) ||
        fstatat(fd, entry, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    bool is_folder = S_ISDIR(st.st_mode);
    if (asprintf(&name, "%s%s%s", prefix, entry, is_folder ? "/" : "") < 0)
        return YJ_ENOMEM;
    if (is_folder && depth < DEPTH_MAX)
        rc = list(look, fd, entry, name, depth + 1);
    else if (is_folder)
        rc = note_closed_folder(look, name, ENAMETOOLONG);
    else if (S_ISREG(st.st_mode) && !scan_name_is_companion(entry))
        rc = add_file(look, name, &st);
    else
        look->passed_over++;
    free(name);
    return rc;
}

/* `prefix`: "" or a folder's name below the inbox with its slash. The folder is opened by its
 * parent's descriptor: a link is not followed out of the inbox. YJ_EIO with errno: the inbox
 * itself cannot be listed. */
static int list(struct look *look, int parent, const char *folder, const char *prefix, int depth)
{
    int fd =
        openat(parent, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth > 0 ? O_NOFOLLOW : 0));
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        errno = error;
        return depth == 0 ? YJ_EIO : note_closed_folder(look, prefix, error);
    }
    if (depth == 0)
        look->remote = is_remote(fd);
    int rc = add_folder(look, prefix);
    for (struct dirent *entry; rc == 0 && (entry = readdir(dir)) != NULL;)
        rc = list_entry(look, fd, entry->d_name, prefix, depth);
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

/* What was known of a file goes on where nothing of it has changed. */
static void compare(const struct inbox *inbox, struct inbox_file *file)
{
    const struct inbox_file *before = find(inbox, file->name);
    if (!before || !inbox_stamp_equal(&before->stamp, &file->stamp))
        return;
    file->changed = before->changed;
    file->closed = before->closed;
    file->not_before = before->not_before;
    file->held = before->held;
}

static void take_over(struct inbox *inbox, const struct look *look)
{
    forget_files(inbox->files, inbox->n_files);
    forget_folders(inbox->folders, inbox->n_folders);
    free(inbox->closed_folder);
    inbox->files = look->files;
    inbox->n_files = look->n;
    inbox->folders = look->folders;
    inbox->n_folders = look->n_folders;
    inbox->passed_over = look->passed_over;
    inbox->remote = look->remote;
    inbox->closed_folder = look->closed_folder;
    inbox->closed_error = look->closed_error;
}

int inbox_look(struct inbox *inbox, double now, int *ret_error)
{
    struct look look = {.now = now};
    int rc = list(&look, AT_FDCWD, inbox->path, "", 0), error = rc == YJ_EIO ? errno : 0;
    if (rc == YJ_ENOMEM) {
        forget_look(&look);
        return rc;
    }
    if (look.n)
        qsort(look.files, look.n, sizeof *look.files, by_name);
    for (size_t i = 0; i < look.n; i++)
        compare(inbox, &look.files[i]);
    take_over(inbox, &look);
    if (ret_error)
        *ret_error = error;
    return 0;
}

/* ---- what is complete ---- */

void inbox_note_closed(struct inbox *inbox, const char *name)
{
    struct inbox_file *file = find(inbox, name);
    if (file)
        file->closed = true;
}

bool inbox_hold(struct inbox *inbox, const char *name, double until)
{
    struct inbox_file *file = find(inbox, name);
    if (!file)
        return false;
    bool is_new = !file->held;
    file->held = true;
    file->not_before = until;
    return is_new;
}

size_t inbox_count_held(const struct inbox *inbox)
{
    size_t n = 0;
    for (size_t i = 0; i < inbox->n_files; i++)
        n += inbox->files[i].held;
    return n;
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

/* A lease to read is granted only where nobody has the file open to write (fcntl(2)). */
bool inbox_is_being_written(const struct inbox *inbox, const char *name)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", inbox->path, name) < 0)
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY);
    free(path);
    if (fd < 0)
        return false;
    /* Who opens it meanwhile to write would have SIGIO sent, which kills: SIGURG does nothing. */
    bool written =
        fcntl(fd, F_SETSIG, SIGURG) == 0 && fcntl(fd, F_SETLEASE, F_RDLCK) < 0 && errno == EAGAIN;
    close(fd); /* the lease goes with it */
    return written;
}

/* ---- one program at a time ---- */

static bool is_same_folder(int a, int b)
{
    struct stat of_a, of_b;
    return a >= 0 && fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

int inbox_claim(struct inbox *inbox)
{
    int fd = open(inbox->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return 0; /* whoever looks is told */
    if (is_same_folder(inbox->lock, fd)) {
        close(fd);
        return 0;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
        close(fd);
        return YJ_EBUSY;
    }
    if (inbox->lock >= 0)
        close(inbox->lock);
    inbox->lock = fd;
    return 0;
}
