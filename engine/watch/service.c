#include "service.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void service_notify(const char *state)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t length = name ? strlen(name) : 0;
    if (length == 0 || length >= sizeof to.sun_path || (name[0] != '/' && name[0] != '@'))
        return;
    memcpy(to.sun_path, name, length);
    if (name[0] == '@') /* an abstract name */
        to.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    close(fd);
}

static double last_alive; /* s; one loop a process */

static double watchdog_seconds(void)
{
    const char *wanted = getenv("WATCHDOG_USEC");
    return wanted ? strtod(wanted, NULL) / 1e6 : 0;
}

void service_keep_alive(double now)
{
    double seconds = watchdog_seconds();
    if (seconds <= 0 || (last_alive > 0 && now - last_alive < seconds / 4))
        return;
    last_alive = now;
    service_notify("WATCHDOG=1");
}

void service_take_time(double seconds, double now)
{
    char text[64];
    double usual = watchdog_seconds();
    if (usual <= 0)
        return;
    snprintf(text, sizeof text, "WATCHDOG_USEC=%.0f\nWATCHDOG=1",
             (seconds > usual ? seconds : usual) * 1e6);
    last_alive = now;
    service_notify(text);
}
