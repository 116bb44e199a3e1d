/* inbox_events.h - what the kernel says of a watched folder: a hint to look sooner.
 *
 * Every folder below the inbox is watched. Where events cannot be had (a folder of another machine,
 * too many watches, a queue that ran over, the inbox deleted) waiting is only a sleep, and whoever
 * looks at the folder loses nothing but time. */
#ifndef YJ_ENGINE_INBOX_EVENTS_H
#define YJ_ENGINE_INBOX_EVENTS_H

#include "inbox.h"

struct inbox_events;

/* Events for an inbox; `poll_only`: never ask the kernel. 0 or YJ_ENOMEM. */
int inbox_events_create(bool poll_only, struct inbox_events **ret_events);
void inbox_events_destroy(struct inbox_events *events);
/* Call after each look: watches folders that are new since the last time, and notes in the inbox
 * which files were closed. True: some were new, and what came into them before they were watched
 * takes another look. */
bool inbox_events_follow(struct inbox_events *events, struct inbox *inbox);
/* Waits up to `seconds` for something to happen, or for a signal. True: something did. */
bool inbox_events_wait(struct inbox_events *events, double seconds);
/* Whether the kernel tells of the inbox and of all its folders. */
bool inbox_events_work(const struct inbox_events *events);

#endif
