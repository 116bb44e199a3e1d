#include "fd_message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union one_file {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

bool fd_message_send(int socket, const void *bytes, size_t n, int fd)
{
    struct iovec part = {(void *)bytes, n};
    union one_file control = {.bytes = {0}};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &fd, sizeof(int));
    }
    ssize_t sent;
    do
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)n;
}

size_t fd_message_take(int socket, void *to, size_t room, int *ret_fd)
{
    struct iovec part = {to, room};
    union one_file control;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = CMSG_LEN(sizeof(int))}; /* SPACE has room for two */
    ssize_t n;
    do
        n = recvmsg(socket, &message, MSG_TRUNC | MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    const struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    *ret_fd = -1;
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        memcpy(ret_fd, CMSG_DATA(header), sizeof *ret_fd);
    return n > 0 ? (size_t)n : 0;
}
