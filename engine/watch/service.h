/* service.h - what systemd wants to hear of a service (sd_notify(3)): a datagram to a socket whose
 * name stands in the environment. Says nothing, and costs nothing, where there is none. */
#ifndef YJ_ENGINE_SERVICE_H
#define YJ_ENGINE_SERVICE_H

/* "READY=1", "STATUS=...", "STOPPING=1". */
void service_notify(const char *state);
/* Tells the watchdog that the service lives, where it asked and a quarter of its time is over since
 * the last time. `now`: s of the monotonic clock. */
void service_keep_alive(double now);
/* Before a work that cannot say meanwhile that it lives: the watchdog then waits `seconds`; 0 after
 * it: as long as it was asked to. */
void service_take_time(double seconds, double now);

#endif
