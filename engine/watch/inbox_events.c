#include "inbox_events.h"

#include "diag.h"
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
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
    bool partly;   /* some folder could not be */
    char **closed; /* names of files that were closed, until the folder has been looked at */
    size_t n_closed, closed_capacity;
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
    for (size_t i = 0; i < e->n_closed; i++)
        free(e->closed[i]);
    free(e->closed);
    if (e->fd >= 0)
        close(e->fd);
    free(e);
}

bool inbox_events_work(const struct inbox_events *e)
{
    return e->fd >= 0 && e->of_inbox && !e->partly;
}

/* True: it is new. */
static bool watch(struct inbox_events *e, const struct inbox *inbox, const char *folder)
{
    char *path = NULL;
    e->partly |= e->n >= WATCHES_MAX;
    if (e->n >= WATCHES_MAX || asprintf(&path, "%s/%s", inbox->path, folder) < 0)
        return false;
    int id = inotify_add_watch(e->fd, path, WANTED);
    free(path);
    e->partly |= id < 0;
    if (id < 0)
        return false;
    for (size_t i = 0; i < e->n; i++)
        if (e->list[i].id == id)
            return false;
    if (e->n == e->capacity) {
        size_t larger = e->capacity ? 2 * e->capacity : 16;
        struct watched *list = realloc(e->list, larger * sizeof *list);
        if (!list)
            return false;
        e->list = list;
        e->capacity = larger;
    }
    char *copy = strdup(folder);
    if (!copy)
        return false;
    e->list[e->n++] = (struct watched){id, copy};
    e->of_inbox |= folder[0] == '\0';
    return true;
}

/* Files whose writer has closed them since the last look. */
static void mark_closed(struct inbox_events *e, struct inbox *inbox)
{
    for (size_t i = 0; i < e->n_closed; i++) {
        inbox_note_closed(inbox, e->closed[i]);
        free(e->closed[i]);
    }
    e->n_closed = 0;
}

bool inbox_events_follow(struct inbox_events *e, struct inbox *inbox)
{
    bool some = false;
    mark_closed(e, inbox);
    if (e->fd < 0)
        return false;
    if (inbox->n_folders == 0 || inbox->remote)
        forget(e, true);
    e->partly = false;
    for (size_t i = 0; !inbox->remote && i < inbox->n_folders; i++)
        some |= watch(e, inbox, inbox->folders[i]);
    return some;
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

static void note_closed(struct inbox_events *e, const struct inotify_event *event)
{
    const char *folder = NULL;
    for (size_t i = 0; i < e->n && !folder; i++)
        folder = e->list[i].id == event->wd ? e->list[i].folder : NULL;
    if (!folder)
        return;
    if (e->n_closed == e->closed_capacity) {
        size_t larger = e->closed_capacity ? 2 * e->closed_capacity : 64;
        char **closed = realloc(e->closed, larger * sizeof *closed);
        if (!closed)
            return; /* it waits until it has settled */
        e->closed = closed;
        e->closed_capacity = larger;
    }
    if (asprintf(&e->closed[e->n_closed], "%s%s", folder, event->name) >= 0)
        e->n_closed++;
}

static void note(struct inbox_events *e, const struct inotify_event *event)
{
    if (event->mask & IN_IGNORED)
        drop(e, event->wd);
    else if (event->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF))
        forget(e, true); /* followed anew after the next look */
    else if ((event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) && event->len > 0)
        note_closed(e, event);
}

bool inbox_events_wait(struct inbox_events *e, double seconds)
{
    struct pollfd wanted = {.fd = e->fd, .events = POLLIN};
    _Alignas(struct inotify_event) char buffer[16384];
    bool happened = false;
    if (poll(&wanted, e->fd >= 0, (int)ceil(seconds * 1000)) <= 0)
        return false;
    for (ssize_t size; (size = read(e->fd, buffer, sizeof buffer)) > 0;) {
        happened = true;
        for (char *at = buffer; at < buffer + size;) {
            const struct inotify_event *event = (const struct inotify_event *)at;
            note(e, event);
            at += sizeof *event + event->len;
        }
    }
    return happened;
}
