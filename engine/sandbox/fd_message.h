/* fd_message.h - messages of a socket pair, each with a file or without, as both ends of the
 * sandbox send and take them. */
#ifndef YJ_ENGINE_FD_MESSAGE_H
#define YJ_ENGINE_FD_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

/* `fd`: comes along, and stays the caller's; -1: none. False: not sent. */
bool fd_message_send(int socket, const void *bytes, size_t n, int fd);

/* How long the next message is, more than `room` if it was cut; 0: the other end is gone. At most
 * one file is let in: *ret_fd, the caller's to close; -1: none came. */
size_t fd_message_take(int socket, void *to, size_t room, int *ret_fd);

#endif
