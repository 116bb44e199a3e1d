/* Walks the arguments: files, folders in the order of their names, ZIP members. A folder is read
 * when its turn comes and forgotten when it is done. */
#include "errand.h"
#include "ingest_internal.h"
#include "page_clock.h"
#include "remote.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    struct folder *above; /* NULL: an argument */
    char *path;
    dev_t device; /* with inode: a link back to a folder above is a loop */
    ino_t inode;
    char **names; /* sorted; a folder's name ends in '/' */
    size_t n, next;
};

struct scan_source {
    const char *const *paths;
    size_t n, next;
    struct folder *folder; /* the innermost open one */
    struct zip_members *zip;
    bool leave_unread;
    struct remote planner; /* not open: this process */
    struct errands *errands;
    double patience; /* s without a byte until a file is given up */
};

int scan_source_open(const char *const *paths, size_t n, struct scan_source **ret_source,
                     struct diag *d)
{
    struct scan_source *source = NULL;
    int r = scan_source_open_any(paths, n, &source);
    if (r == 0)
        r = scan_source_check(source, d);
    if (r < 0) {
        scan_source_close(source);
        return r;
    }
    *ret_source = source;
    return 0;
}

/* What a path is; the other thread's where it is lost. */
struct asking {
    char *path;
    int error; /* errno, 0 none */
    bool is_folder;
};

static void forget_asking(void *job)
{
    struct asking *a = job;
    free(a->path);
    free(a);
}

static int run_asking(void *job)
{
    struct asking *a = job;
    struct stat st;
    if (stat(a->path, &st) < 0)
        a->error = errno;
    else
        a->is_folder = S_ISDIR(st.st_mode);
    return 0;
}

/* 1: *ret is filled, but for its path; 0: no answer came; YJ_ENOMEM. */
static int ask(struct scan_source *source, const char *path, struct asking *ret)
{
    struct asking *a = calloc(1, sizeof *a);
    if (!a || !(a->path = strdup(path))) {
        free(a);
        return YJ_ENOMEM;
    }
    const struct errand errand = {.run = run_asking, .forget = forget_asking, .job = a};
    int r;
    if (!errand_do(source->errands, &errand, source->patience, &r))
        return 0;
    *ret = (struct asking){.error = a->error, .is_folder = a->is_folder};
    forget_asking(a);
    return 1;
}

int scan_source_check(struct scan_source *source, struct diag *d)
{
    int r = 0;
    for (size_t i = 0; i < source->n; i++) {
        struct asking answer;
        int rc = ask(source, source->paths[i], &answer);
        if (rc < 0)
            return rc;
        /* Its server is gone, and those of its neighbours may be: each is told in its turn. */
        if (rc == 0)
            break;
        if (answer.error != 0)
            r = diag_error(d, YJ_EINPUT, source->paths[i], 0, 0, NULL, _("cannot open '%s': %s"),
                           source->paths[i], strerror(answer.error));
    }
    return r;
}

int scan_source_open_any(const char *const *paths, size_t n, struct scan_source **ret_source)
{
    struct scan_source *source = calloc(1, sizeof *source);
    if (!source)
        return YJ_ENOMEM;
    source->paths = paths;
    source->n = n;
    source->patience = PAGE_SECONDS;
    remote_init(&source->planner);
    if (errands_create(&source->errands) < 0) {
        free(source);
        return YJ_ENOMEM;
    }
    *ret_source = source;
    return 0;
}

void scan_source_leave_unread(struct scan_source *source)
{
    source->leave_unread = true;
}

void scan_source_set_patience(struct scan_source *source, double seconds)
{
    source->patience = seconds;
}

void scan_source_use_sandbox(struct scan_source *source, struct sandbox *sandbox)
{
    remote_open(&source->planner, sandbox);
}

static struct remote *planner_of(struct scan_source *source)
{
    return remote_is_open(&source->planner) ? &source->planner : NULL;
}

/* ---- folders ---- */

static void close_folder(struct folder *folder)
{
    for (size_t i = 0; i < folder->n; i++)
        free(folder->names[i]);
    free(folder->names);
    free(folder->path);
    free(folder);
}

void scan_source_close(struct scan_source *source)
{
    if (!source)
        return;
    while (source->folder) {
        struct folder *folder = source->folder;
        source->folder = folder->above;
        close_folder(folder);
    }
    zip_members_close(source->zip);
    remote_close(&source->planner);
    errands_destroy(source->errands);
    free(source);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The slash after a folder's name puts "a.jpg" before "a/b.jpg", as the bytes of whole paths do. */
static char *listed_name(int fd, const struct dirent *entry)
{
    struct stat st;
    bool is_folder = entry->d_type == DT_DIR;
    if (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN)
        is_folder = fstatat(fd, entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode);
    char *name = NULL;
    return asprintf(&name, "%s%s", entry->d_name, is_folder ? "/" : "") < 0 ? NULL : name;
}

/* YJ_EIO with errno: some names could not be had, so that no scan may be taken for all there are.
 */
static int list_names(DIR *dir, struct folder *folder)
{
    size_t room = 0;
    for (struct dirent *entry; errno = 0, (entry = readdir(dir));) {
        if (scan_name_is_hidden(entry->d_name))
            continue;
        if (folder->n == room) {
            room = room ? 2 * room : 64;
            char **names = realloc(folder->names, room * sizeof *names);
            if (!names)
                return YJ_ENOMEM;
            folder->names = names;
        }
        errand_headway();
        char *name = listed_name(dirfd(dir), entry);
        if (!name)
            return YJ_ENOMEM;
        size_t length = strlen(name);
        if (name[length - 1] != '/' && scan_name_is_companion(name)) {
            free(name);
            continue;
        }
        folder->names[folder->n++] = name;
    }
    if (errno != 0)
        return YJ_EIO;
    if (folder->n)
        qsort(folder->names, folder->n, sizeof *folder->names, compare_names);
    return 0;
}

static bool is_above(const struct folder *folder, const struct stat *st)
{
    for (; folder; folder = folder->above)
        if (folder->device == st->st_dev && folder->inode == st->st_ino)
            return true;
    return false;
}

/* Everything that asks the file system, so that a share which is gone holds up nobody. */
struct opening {
    char *path;
    bool shared;               /* another process will decode it */
    bool leave_unread, unread; /* a picture is not read here; it is one */
    struct stat st;
    bool is_problem;  /* `reason` says why there is no scan */
    bool unavailable; /* its bytes could not be had */
    char reason[SCAN_REASON_MAX];
    struct folder *folder; /* where it is one */
    enum scan_kind kind;
    struct scan_file file;
    uint8_t hash[SCAN_HASH_SIZE];
};

static void forget_opening(void *job)
{
    struct opening *o = job;
    if (o->folder)
        close_folder(o->folder);
    scan_file_finish(&o->file);
    free(o->path);
    free(o);
}

static int set_problem(struct opening *o, bool unavailable)
{
    o->is_problem = true;
    o->unavailable = unavailable;
    return 0;
}

/* What lacks this program, not the file, is a fault; `what` has a place for errno's text. */
static int refuse_by_errno(struct opening *o, const char *what, bool unavailable)
{
    int r = scan_fault_of(errno);
    if (r < 0)
        return r;
    scan_refuse(o->reason, what, strerror(errno));
    return set_problem(o, unavailable);
}

static int list_folder(struct opening *o)
{
    DIR *dir = opendir(o->path);
    if (!dir)
        return refuse_by_errno(o, _("the folder cannot be opened: %s"), false);
    o->folder = calloc(1, sizeof *o->folder);
    int r =
        o->folder && (o->folder->path = strdup(o->path)) ? list_names(dir, o->folder) : YJ_ENOMEM;
    int error = errno;
    closedir(dir);
    errno = error;
    if (r == YJ_EIO)
        return refuse_by_errno(o, _("the folder cannot be read to its end: %s"), false);
    if (r < 0)
        return r;
    o->folder->device = o->st.st_dev;
    o->folder->inode = o->st.st_ino;
    return 0;
}

/* A ZIP stays open, as does a large document, of which the hash is taken. */
static int load_file(struct opening *o, int fd)
{
    uint64_t size = (uint64_t)o->st.st_size;
    bool picture = o->kind == SCAN_JPEG || o->kind == SCAN_PNG;
    o->file = (struct scan_file){.fd = fd, .size = size};
    if (o->kind == SCAN_ZIP)
        return 0;
    if (picture && size > SCAN_FILE_MAX) {
        scan_refuse(o->reason, _("%llu MB are more than any page needs"),
                    (unsigned long long)(size >> 20));
        return set_problem(o, false);
    }
    int r = 0;
    if (picture || size <= SCAN_FILE_IN_MEMORY) {
        scan_file_init(&o->file);
        r = scan_file_load(&o->file, fd, size, o->shared, o->reason);
        close(fd);
    }
    if (r == 0 && (r = scan_file_hash(&o->file, o->hash)) == YJ_EDATA)
        scan_refuse(o->reason, _("cannot be read to its end"));
    return r == YJ_EDATA ? set_problem(o, true) : r;
}

/* A TIFF of one page, as scanners to fax formats give them; its list of pages is a few reads. */
static bool is_single_page(int fd, uint64_t size)
{
    const struct scan_file file = {.fd = fd, .size = size};
    struct tiff_pages pages;
    char reason[SCAN_REASON_MAX];
    if (size > SCAN_FILE_IN_MEMORY || tiff_pages_find(&file, &pages, reason) < 0)
        return false;
    bool single = tiff_pages_is_single(&pages);
    tiff_pages_finish(&pages);
    return single;
}

/* Whether whoever decodes it can read it: there is one page, whatever the rest of its bytes say. */
static bool can_stay_unread(const struct opening *o, int fd)
{
    const uint64_t size = (uint64_t)o->st.st_size;
    if (o->kind == SCAN_TIFF)
        return is_single_page(fd, size);
    return (o->kind == SCAN_JPEG || o->kind == SCAN_PNG) && size <= SCAN_FILE_MAX;
}

static int open_file(struct opening *o)
{
    uint8_t head[SCAN_SNIFF_SIZE];
    /* Non-blocking: what was a file a moment ago may be a FIFO by now. */
    int fd = open(o->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n = -1;
    if (fd >= 0 && fstat(fd, &o->st) == 0 && S_ISREG(o->st.st_mode))
        n = pread(fd, head, sizeof head, 0);
    if (n < 0) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        errno = error;
        return refuse_by_errno(o, _("cannot be opened: %s"), true);
    }
    o->kind = scan_sniff(head, (size_t)n);
    o->unread = o->leave_unread && can_stay_unread(o, fd);
    if (!o->unread)
        return load_file(o, fd);
    close(fd);
    return 0;
}

static const char *describe_special(mode_t mode)
{
    if (S_ISFIFO(mode))
        return _("a pipe (FIFO), not a file");
    if (S_ISSOCK(mode))
        return _("a socket, not a file");
    return _("a device, not a file");
}

/* On a thread of its own. 0 or YJ_ENOMEM. */
static int run_opening(void *job)
{
    struct opening *o = job;
    if (stat(o->path, &o->st) < 0) {
        scan_refuse(o->reason, _("cannot be opened: %s"), strerror(errno));
        return set_problem(o, true);
    }
    if (S_ISDIR(o->st.st_mode))
        return list_folder(o);
    if (S_ISREG(o->st.st_mode))
        return open_file(o);
    scan_refuse(o->reason, "%s", describe_special(o->st.st_mode));
    return set_problem(o, false);
}

/* ---- what came of it ---- */

/* 0: it is the innermost folder now; 1: *ret_scan says why not; < 0 fault. */
static int enter_folder(struct scan_source *source, struct opening *o, struct scan **ret_scan)
{
    if (is_above(source->folder, &o->st)) {
        int r = scan_create_problem(o->path, _("a link back to a folder above it"), NULL, ret_scan);
        return r < 0 ? r : 1;
    }
    o->folder->above = source->folder;
    source->folder = o->folder;
    o->folder = NULL;
    return 0;
}

/* As enter_folder; a ZIP, too, returns 0. */
static int take_opening(struct scan_source *source, struct opening *o, struct scan **ret_scan)
{
    int r;
    if (o->is_problem) {
        r = o->unavailable ? scan_create_unavailable(o->path, o->reason, ret_scan)
                           : scan_create_problem(o->path, o->reason, NULL, ret_scan);
    } else if (o->folder) {
        return enter_folder(source, o, ret_scan);
    } else if (o->kind == SCAN_ZIP) {
        int fd = o->file.fd;
        o->file.fd = -1;
        return zip_members_open(fd, o->file.size, o->path, planner_of(source), &source->zip);
    } else if (o->unread) {
        r = scan_create_unread(o->path, o->kind, ret_scan);
    } else {
        r = scan_create(o->path, o->kind, &o->file, o->hash, planner_of(source), ret_scan);
    }
    return r < 0 ? r : 1;
}

static int tell_lost(const struct scan_source *source, const char *path, struct scan **ret_scan)
{
    char reason[SCAN_REASON_MAX];
    scan_refuse(reason, _("cannot be read: nothing came for %g s"), source->patience);
    int r = scan_create_unavailable(path, reason, ret_scan);
    return r < 0 ? r : 1;
}

/* 1: *ret_scan; 0: a folder or a ZIP, whose members come next; < 0 fault. */
static int open_path(struct scan_source *source, const char *path, struct scan **ret_scan)
{
    struct opening *o = calloc(1, sizeof *o);
    if (!o || !(o->path = strdup(path))) {
        free(o);
        return YJ_ENOMEM;
    }
    scan_file_init(&o->file);
    o->shared = planner_of(source) != NULL;
    o->leave_unread = source->leave_unread;
    const struct errand errand = {.run = run_opening, .forget = forget_opening, .job = o};
    int r;
    if (!errand_do(source->errands, &errand, source->patience, &r))
        return tell_lost(source, path, ret_scan);
    if (r == 0)
        r = take_opening(source, o, ret_scan);
    forget_opening(o);
    return r;
}

/* Opens a path: 1, *ret_scan is one; 0, it holds others, which come next; < 0 fault. */
typedef int (*path_opener)(struct scan_source *source, const char *path, struct scan **ret_scan);

static int next_in_folder(struct scan_source *source, path_opener open, struct scan **ret_scan)
{
    struct folder *folder = source->folder;
    if (folder->next == folder->n) {
        source->folder = folder->above;
        close_folder(folder);
        return 0;
    }
    const char *name = folder->names[folder->next++];
    size_t at = strlen(folder->path), length = strlen(name);
    bool slash = at > 0 && folder->path[at - 1] == '/';
    char *path = NULL;
    if (name[length - 1] == '/')
        length--;
    if (asprintf(&path, "%s%s%.*s", folder->path, slash ? "" : "/", (int)length, name) < 0)
        return YJ_ENOMEM;
    int r = open(source, path, ret_scan);
    free(path);
    return r;
}

int scan_source_next(struct scan_source *source, struct scan **ret_scan)
{
    int r = 0;
    while (r == 0) {
        if (source->zip) {
            r = zip_members_next(source->zip, ret_scan);
            if (r == 0) {
                zip_members_close(source->zip);
                source->zip = NULL;
            }
        } else if (source->folder) {
            r = next_in_folder(source, open_path, ret_scan);
        } else if (source->next < source->n) {
            r = open_path(source, source->paths[source->next++], ret_scan);
        } else {
            break;
        }
    }
    return r;
}

/* ---- how far ---- */

double scan_source_share(const struct scan_source *source)
{
    double share = source->zip ? 0.5 : 1; /* of what was opened last */
    for (const struct folder *folder = source->folder; folder; folder = folder->above) {
        share = folder->next > 0 ? ((double)folder->next - 1 + share) / (double)folder->n : 0;
    }
    return source->next > 0 ? ((double)source->next - 1 + share) / (double)source->n : 0;
}

size_t scan_source_argument(const struct scan_source *source)
{
    return source->next > 0 ? source->next - 1 : 0;
}

bool scan_source_is_alone(const struct scan_source *source)
{
    return !source->zip && !source->folder;
}

/* As open_path, but looks no further than whether it is a folder. */
static int pass_path(struct scan_source *source, const char *path, struct scan **ret_scan)
{
    struct asking answer;
    int r = ask(source, path, &answer);
    if (r < 0)
        return r;
    if (r == 0 || answer.error != 0 || !answer.is_folder)
        return 1;
    r = open_path(source, path, ret_scan);
    if (r > 0)
        scan_unref(*ret_scan);
    return r;
}

int scan_source_count_left(struct scan_source *source)
{
    struct scan *scan = NULL;
    int r = source->zip ? zip_members_next(source->zip, &scan) : 0, left = r > 0;
    if (r > 0)
        scan_unref(scan);
    zip_members_close(source->zip);
    source->zip = NULL;
    while (r >= 0 && (source->folder || source->next < source->n)) {
        r = source->folder ? next_in_folder(source, pass_path, &scan)
                           : pass_path(source, source->paths[source->next++], &scan);
        left += r > 0;
    }
    return r < 0 ? r : left;
}
