#include "inbox_events.h"

#include "diag.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define WANTED                                                                                     \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define WATCHES_MAX 4096

struct watched {
    int id;
    char *folder; /* below the inbox, "" itself, else with its slash */
};

struct inbox_events {
    int fd; /* -1: none */
    struct watched *list;
    size_t n, capacity;
    bool of_inbox; /* the inbox itself is watched */
};

int inbox_events_create(bool poll_only, struct inbox_events **ret_events)
{
    struct inbox_events *e = calloc(1, sizeof *e);
    if (!e)
        return YJ_ENOMEM;
    e->fd = poll_only ? -1 : inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    *ret_events = e;
    return 0;
}

static void forget(struct inbox_events *e, bool unwatch)
{
    for (size_t i = 0; i < e->n; i++) {
        if (unwatch)
            inotify_rm_watch(e->fd, e->list[i].id);
        free(e->list[i].folder);
    }
    e->n = 0;
    e->of_inbox = false;
}

void inbox_events_destroy(struct inbox_events *e)
{
    if (!e)
        return;
    forget(e, false);
    free(e->list);
    if (e->fd >= 0)
        close(e->fd);
    free(e);
}

bool inbox_events_work(const struct inbox_events *e)
{
    return e->fd >= 0 && e->of_inbox;
}

/* File systems on which other machines write without this kernel knowing. */
static bool is_remote(const char *path)
{
    static const long remote[] = {0x6969 /* NFS */,      0x517B /* SMB */,
                                  0xFF534D42 /* CIFS */, 0xFE534D42 /* SMB2 */,
                                  0x65735546 /* FUSE */, 0x01021997 /* 9P */};
    struct statfs fs;
    if (statfs(path, &fs) < 0)
        return false;
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
        if ((unsigned long)fs.f_type == (unsigned long)remote[i])
            return true;
    return false;
}

static void watch(struct inbox_events *e, const struct inbox *inbox, const char *folder)
{
    char *path = NULL;
    if (e->n >= WATCHES_MAX || asprintf(&path, "%s/%s", inbox->path, folder) < 0)
        return;
    int id = inotify_add_watch(e->fd, path, WANTED);
    free(path);
    if (id < 0)
        return;
    for (size_t i = 0; i < e->n; i++)
        if (e->list[i].id == id)
            return;
    if (e->n == e->capacity) {
        size_t larger = e->capacity ? 2 * e->capacity : 16;
        struct watched *list = realloc(e->list, larger * sizeof *list);
        if (!list)
            return;
        e->list = list;
        e->capacity = larger;
    }
    char *copy = strdup(folder);
    if (!copy)
        return;
    e->list[e->n++] = (struct watched){id, copy};
    e->of_inbox |= folder[0] == '\0';
}

static void watch_below(struct inbox_events *e, const struct inbox *inbox, const char *folder,
                        int depth)
{
    char *path = NULL;
    watch(e, inbox, folder);
    if (depth > 16 || asprintf(&path, "%s/%s", inbox->path, folder) < 0)
        return;
    DIR *dir = opendir(path);
    free(path);
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        char *below = NULL;
        struct stat st;
        if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN)
            continue;
        if (inbox_ignores(entry->d_name, depth == 0) ||
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISDIR(st.st_mode) || asprintf(&below, "%s%s/", folder, entry->d_name) < 0)
            continue;
        watch_below(e, inbox, below, depth + 1);
        free(below);
    }
    if (dir)
        closedir(dir);
}

void inbox_events_follow(struct inbox_events *e, const struct inbox *inbox)
{
    if (e->fd < 0)
        return;
    if (inbox->missing || is_remote(inbox->path)) {
        forget(e, true);
        return;
    }
    watch_below(e, inbox, "", 0);
}

static void drop(struct inbox_events *e, int id)
{
    for (size_t i = 0; i < e->n; i++) {
        if (e->list[i].id != id)
            continue;
        e->of_inbox &= e->list[i].folder[0] != '\0';
        free(e->list[i].folder);
        e->list[i] = e->list[--e->n];
        return;
    }
}

/* Names of files that were closed, until the folder has been looked at. */
struct closed_names {
    char **list;
    size_t n, capacity;
};

static void note_closed(struct inbox_events *e, const struct inotify_event *event,
                        struct closed_names *closed)
{
    const char *folder = NULL;
    for (size_t i = 0; i < e->n && !folder; i++)
        folder = e->list[i].id == event->wd ? e->list[i].folder : NULL;
    if (!folder)
        return;
    if (closed->n == closed->capacity) {
        size_t larger = closed->capacity ? 2 * closed->capacity : 64;
        char **list = realloc(closed->list, larger * sizeof *list);
        if (!list)
            return; /* it waits until it has settled */
        closed->list = list;
        closed->capacity = larger;
    }
    if (asprintf(&closed->list[closed->n], "%s%s", folder, event->name) >= 0)
        closed->n++;
}

static void note(struct inbox_events *e, const struct inotify_event *event,
                 struct closed_names *closed)
{
    if (event->mask & IN_IGNORED)
        drop(e, event->wd);
    else if (event->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF))
        forget(e, true); /* followed anew after the next look */
    else if ((event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) && event->len > 0)
        note_closed(e, event, closed);
}

static void mark_closed(struct inbox *inbox, struct closed_names *closed)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    bool looked =
        closed->n > 0 && inbox_look(inbox, (double)t.tv_sec + (double)t.tv_nsec / 1e9, NULL) == 0;
    for (size_t i = 0; i < closed->n; i++) {
        if (looked)
            inbox_note_closed(inbox, closed->list[i]);
        free(closed->list[i]);
    }
    free(closed->list);
}

bool inbox_events_wait(struct inbox_events *e, struct inbox *inbox, double seconds)
{
    struct pollfd wanted = {.fd = e->fd, .events = POLLIN};
    struct closed_names closed = {0};
    _Alignas(struct inotify_event) char buffer[16384];
    bool happened = false;
    int n = poll(&wanted, e->fd >= 0, (int)(seconds * 1000 + 1));
    if (n <= 0)
        return n < 0 && errno == EINTR;
    for (ssize_t size; (size = read(e->fd, buffer, sizeof buffer)) > 0;) {
        happened = true;
        for (char *at = buffer; at < buffer + size;) {
            const struct inotify_event *event = (const struct inotify_event *)at;
            note(e, event, &closed);
            at += sizeof *event + event->len;
        }
    }
    mark_closed(inbox, &closed);
    return happened;
}
