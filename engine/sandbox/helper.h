/* helper.h - a decoder process as its parent sees it: one request, one reply, or its end.
 *
 * A helper is one thread's at a time. It is this very program, run again with HELPER_ARGUMENT; it
 * is started when first asked and again after it was ended. Messages are whole (SOCK_SEQPACKET) and
 * may carry one open file. Pixels come in shared memory: areas of which each holds the largest page
 * there may be. With each reply a helper stands still until the next request, so that it cannot
 * change what is being read. Two ways, of which the helper takes the first that its kernel has:
 *   its filter has a listener (handoff.h), which came with its hello: replies lie in shared memory,
 * too, behind the areas, and the call says how long they are; or replies come by the socket, and it
 * stops itself (SIGSTOP) after each; one that does not is ended. Knows nothing of scans; what a
 * message means is its user's. */
#ifndef YJ_ENGINE_SANDBOX_HELPER_H
#define YJ_ENGINE_SANDBOX_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct page_clock;
struct starter;
struct helper;

#define HELPER_ARGUMENT "decode-for-me"

enum {
    HELPER_SOCKET = 3, /* its number in the helper, whose first message brings the memory */
    HELPER_AREAS = 5,  /* the page, its colour, another of its size, its half and its quarter */
    HELPER_REQUESTS = 2000, /* after which another process takes its place, where any will do: it
                               has a limit on CPU, and what has taken it over goes with it */
};
/* IMAGE_MAX_PIXELS, with whole blocks of up to 32 px at the right and at the bottom. */
#define HELPER_AREA_SIZE ((size_t)200 << 20)
/* Where replies lie that are handed over, and how long they may be; one of a byte says only that it
 * goes on. */
#define HELPER_REPLY_AT (HELPER_AREAS * HELPER_AREA_SIZE)
#define HELPER_REPLY_MAX ((size_t)8192)
#define HELPER_MEMORY_SIZE (HELPER_REPLY_AT + HELPER_REPLY_MAX)

/* The first message of a helper, unasked and by the socket; the listener comes along. */
struct helper_hello {
    uint32_t confinement; /* enum confinement */
};

enum helper_end {
    HELPER_REPLIED,
    HELPER_LATE,    /* ended by us: no word in time */
    HELPER_ENDLESS, /* ended by us: it only said that it goes on */
    HELPER_CRASHED, /* ended by itself or by its confinement */
    HELPER_ABSENT,  /* cannot be started, tried four times within a second */
};

/* Starts nothing yet; `starter` is borrowed. YJ_ENOMEM. */
int helper_create(struct starter *starter, struct helper **ret_helper);
/* Ends the process. */
void helper_destroy(struct helper *helper);
/* Starts it where it does not run. 0 or an errno. */
int helper_start(struct helper *helper);
/* Of the process that runs, or ran last. */
unsigned helper_confinement(const struct helper *helper);
/* Whether its replies are handed over, of the two ways. */
bool helper_hands_over(const struct helper *helper);
/* Changes whenever another process is started: what the one before was told is forgotten. */
unsigned helper_generation(const struct helper *helper);

struct helper_request {
    const void *bytes;
    size_t n;
    int fd;                   /* handed over, stays open here; -1: none */
    double seconds;           /* without a message until it is given up, ... */
    double most;              /* ... and in all, however often it says that it goes on */
    bool any;                 /* a process that was told nothing before will do */
    struct page_clock *clock; /* gives up when it runs out, too; may be NULL */
};
/* A message of one byte says only that it goes on, and `seconds` begin anew. Any other that fits
 * into `room` bytes is the reply. */
enum helper_end helper_ask(struct helper *helper, const struct helper_request *request, void *reply,
                           size_t room, size_t *ret_n);
/* Ends a helper that said what none of ours says; its death is "odd reply". */
void helper_distrust(struct helper *helper);
/* Of the last HELPER_CRASHED: a short name of the signal, "SEGV", or "exit". */
const char *helper_death(const struct helper *helper);
/* The first n bytes of an area, to be read and written until the next request; NULL: no memory. */
uint8_t *helper_area(struct helper *helper, unsigned area, size_t n);

#endif
