#include "handoff.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP /* Linux 6.6 */
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif

/* The kernel's structures may be longer than those we know; it asks that theirs are zero. */
enum { CALL_ROOM = 1024 };
union call_buffer {
    struct seccomp_notif call;
    struct seccomp_notif_resp answer;
    uint8_t room[CALL_ROOM];
};

bool handoff_pass(uint32_t number)
{
    return syscall(HANDOFF_CALL, number) == 0;
}

void handoff_init(struct handoff *handoff)
{
    *handoff = (struct handoff){.listener = -1};
}

void handoff_open(struct handoff *handoff, int listener)
{
    handoff_close(handoff);
    handoff->listener = listener;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

void handoff_close(struct handoff *handoff)
{
    if (handoff->listener >= 0)
        close(handoff->listener);
    handoff_init(handoff);
}

bool handoff_take(struct handoff *handoff, uint32_t *ret_number)
{
    union call_buffer buffer;
    int r;
    do {
        memset(&buffer, 0, sizeof buffer);
        r = ioctl(handoff->listener, SECCOMP_IOCTL_NOTIF_RECV, &buffer);
    } while (r < 0 && errno == EINTR);
    if (r < 0)
        return false;
    handoff->call = buffer.call.id;
    handoff->held = true;
    *ret_number = (uint32_t)buffer.call.data.args[0];
    return true;
}

void handoff_return(struct handoff *handoff)
{
    union call_buffer buffer;
    if (!handoff->held)
        return;
    memset(&buffer, 0, sizeof buffer);
    buffer.answer.id = handoff->call;
    handoff->held = false;
    while (ioctl(handoff->listener, SECCOMP_IOCTL_NOTIF_SEND, &buffer) < 0 && errno == EINTR)
        ;
}
