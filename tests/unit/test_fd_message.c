#include "fd_message.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int next_free(void)
{
    int fd = dup(0);
    close(fd);
    return fd;
}

/* Catches a message that comes without its file, with another's bytes, or cut and not told. */
static void test_a_file_comes_along(void **state)
{
    int ends[2], pipe_ends[2], fd = -1;
    char text[8] = "";
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    assert_int_equal(pipe(pipe_ends), 0);
    assert_true(fd_message_send(ends[0], "hello", 5, pipe_ends[1]));
    assert_true(fd_message_send(ends[0], "far too long", 12, -1));
    assert_int_equal(fd_message_take(ends[1], text, sizeof text, &fd), 5);
    assert_memory_equal(text, "hello", 5);
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(read(pipe_ends[0], text, 1), 1);
    close(fd);
    assert_int_equal(fd_message_take(ends[1], text, sizeof text, &fd), 12);
    assert_int_equal(fd, -1);
    close(ends[0]);
    assert_int_equal(fd_message_take(ends[1], text, sizeof text, &fd), 0);
    close(ends[1]);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

/* Catches files that stay open here because somebody sent two where one is expected: a decoder that
 * a scan has taken over could use up all there are. */
static void test_no_second_file(void **state)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control = {.bytes = {0}};
    int ends[2], fd = -1;
    char byte = 'x';
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(2 * sizeof(int));
    memcpy(CMSG_DATA(header), (int[]){ends[0], ends[0]}, 2 * sizeof(int));
    int before = next_free();
    assert_int_equal(sendmsg(ends[0], &message, 0), 1);
    assert_int_equal(fd_message_take(ends[1], &byte, 1, &fd), 1);
    assert_int_equal(fd, before);
    assert_int_equal(next_free(), before + 1);
    close(fd);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_comes_along),
        cmocka_unit_test(test_no_second_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
