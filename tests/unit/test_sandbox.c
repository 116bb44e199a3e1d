/* test_sandbox.c - decoders that misbehave. The test is its own decoder process: started as one, it
 * confines itself as the real one does and then does what it is asked, which no decoder should.
 * Both ways of standing still after a reply (helper.h) are tried: where STOPS is in the
 * environment, the decoder keeps its listener to itself, as if the kernel had none. Sanitizers
 * stand against confinement: those builds see crashes and time alone, and the second way. */
#include "confine.h"
#include "diag.h"
#include "handoff.h"
#include "helper.h"
#include "image.h"
#include "page_clock.h"
#include "process.h"
#include "sandbox.h"
#include "shared_pages.h"
#include "starter.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the decoder process ---- */

enum deed {
    DEED_NOTHING,
    DEED_OPEN,      /* the reply is the errno */
    DEED_OPEN_PROC, /* through the memory it was given */
    DEED_STAT,
    DEED_SOCKET,
    DEED_FORK,
    DEED_THREAD,
    DEED_EXEC,
    DEED_TRACE,
    DEED_KILL_PARENT,
    DEED_UNSEAL,
    DEED_MEMORY,        /* 10 GB */
    DEED_SHARED_MEMORY, /* which RLIMIT_DATA does not count */
    DEED_CODE,          /* memory to run code in */
    DEED_RAISE_LIMIT,
    DEED_ABORT,
    DEED_SEGV,
    DEED_EXIT,
    DEED_LOOP,
    DEED_SLEEP,
    DEED_HUGE_REPLY,
    DEED_NEVER_STOP, /* says that it is done, and writes on */
    DEED_CHATTER,    /* by the socket, beside the reply that is handed over */
    DEED_LISTEN,     /* to its own listener, whose number it kept */
    DEED_WRITE_PAGE,
    DEED_GO_ON, /* and on, and says so each time */
};

#define STOPS "TEST_SANDBOX_STOPS"

static int memory = -1;
static volatile uint8_t *areas;
static int listener = -1;
static bool listened; /* replies are handed over */

static size_t receive(void *to, size_t room, int *ret_fd)
{
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {to, room};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(HELPER_SOCKET, &message, 0);
    const struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (header && ret_fd)
        memcpy(ret_fd, CMSG_DATA(header), sizeof *ret_fd);
    return n > 0 ? (size_t)n : 0;
}

/* With a file, if there is one. */
static void say_with(const void *bytes, size_t n, int fd)
{
    struct iovec part = {(void *)bytes, n};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.bytes = {0}};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        *CMSG_FIRSTHDR(&message) = (struct cmsghdr){
            .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof fd);
    }
    sendmsg(HELPER_SOCKET, &message, 0);
}

static void say(const void *bytes, size_t n)
{
    say_with(bytes, n, -1);
}

static void stand_still(size_t n)
{
    if (!listened)
        syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), SIGSTOP);
    else if (!handoff_pass((uint32_t)n))
        _exit(0);
}

static void reply(int result)
{
    if (listened)
        memcpy((void *)(areas + HELPER_REPLY_AT), &result, sizeof result);
    else
        say(&result, sizeof result);
    stand_still(sizeof result);
}

static void go_on(void)
{
    if (listened)
        stand_still(1);
    else
        say("", 1);
    for (volatile unsigned i = 0; i < 10000000; i++) /* it may not sleep */
        ;
}

/* ---- one that writes on when it should not run ---- */

static void scribble(int signal)
{
    areas[0]++;
}

/* A call that is left to the parent can be left again by a signal, until the parent has received
 * it. */
static void hand_over_and_write(void)
{
    const struct itimerval often = {.it_interval = {0, 200}, .it_value = {0, 200}}, never = {0};
    setitimer(ITIMER_REAL, &often, NULL);
    while (!handoff_pass(sizeof(int)))
        ;
    setitimer(ITIMER_REAL, &never, NULL);
}

static void say_and_write(void)
{
    say(&(int){0}, sizeof(int));
    for (uint8_t i = 0;; i++)
        areas[0] = i;
}

static int error_of(long result)
{
    return result == -1 ? errno : 0;
}

static int map(size_t n, int protection, int flags)
{
    void *p = mmap(NULL, n, protection, flags, -1, 0);
    return p == MAP_FAILED ? errno : 0;
}

static int try_memory(void)
{
    const int writable = PROT_READ | PROT_WRITE;
    return map((size_t)10 << 30, writable, MAP_PRIVATE | MAP_ANONYMOUS);
}

static int do_deed(enum deed deed)
{
    static char big[65536];
    char *const nothing[] = {NULL};
    struct stat st;
    switch (deed) {
    case DEED_OPEN:
        return error_of(open("/etc/passwd", O_RDONLY));
    case DEED_OPEN_PROC:
        return error_of(open("/proc/self/fd/3", O_RDWR));
    case DEED_STAT:
        return error_of(stat("/etc/passwd", &st));
    case DEED_SOCKET:
        return error_of(socket(AF_INET, SOCK_STREAM, 0));
    case DEED_FORK:
        return error_of(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
    case DEED_THREAD:
        return error_of(syscall(SYS_clone, 0x10f00, 0, 0, 0, 0));
    case DEED_EXEC:
        return error_of(execve("/bin/true", nothing, nothing));
    case DEED_TRACE:
        return error_of(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
    case DEED_KILL_PARENT:
        return error_of(kill(getppid(), SIGTERM));
    case DEED_UNSEAL:
        return error_of(ftruncate(memory, 0));
    case DEED_MEMORY:
        return try_memory();
    case DEED_SHARED_MEMORY:
        return map(1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
    case DEED_CODE:
        return map(1 << 20, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS);
    case DEED_RAISE_LIMIT:
        return error_of(syscall(SYS_prlimit64, 0, 2, NULL, NULL));
    case DEED_ABORT:
        abort();
    case DEED_SEGV:
        signal(SIGSEGV, SIG_DFL); /* a sanitizer would make a report of it */
        return raise(SIGSEGV);
    case DEED_EXIT:
        _exit(0);
    case DEED_LOOP:
        for (volatile unsigned i = 0;; i++)
            ;
    case DEED_SLEEP:
        while (pause())
            ;
        return 0;
    case DEED_HUGE_REPLY:
        if (listened)
            stand_still(sizeof big);
        else
            say(big, sizeof big);
        return 0;
    case DEED_NEVER_STOP:
        say_and_write();
        return 0;
    case DEED_CHATTER:
        say(&(int){0}, sizeof(int));
        for (volatile unsigned i = 0; listened; i++)
            ;
        return 0;
    case DEED_LISTEN:
        return error_of(syscall(SYS_ioctl, listener, 0, NULL));
    case DEED_WRITE_PAGE:
        memset((void *)(areas + HELPER_AREA_SIZE), 77, 5000);
        return 0;
    case DEED_GO_ON:
        for (;;)
            go_on();
    case DEED_NOTHING:
        break;
    }
    return 0;
}

static void be_decoder(void)
{
    char none;
    enum deed deed;
    receive(&none, 1, &memory);
    areas = shared_pages_map(memory, 0, HELPER_MEMORY_SIZE);
    const bool stops = getenv(STOPS);
    signal(SIGALRM, scribble);
    struct helper_hello hello = {.confinement = confine_decoder(&listener)};
    listened = listener >= 0 && !stops;
    say_with(&hello, sizeof hello, listened ? listener : -1);
    stand_still(0);
    while (receive(&deed, sizeof deed, NULL) == sizeof deed)
        if (deed == DEED_NEVER_STOP && listened)
            hand_over_and_write(); /* the reply is whatever lay there */
        else
            reply(do_deed(deed));
    _exit(0);
}

/* ---- what becomes of it ---- */

struct fixture {
    struct starter *starter;
    struct helper *helper;
};

static int set_up(void **state)
{
    static struct fixture f;
    if (starter_create(&f.starter) < 0 || helper_create(f.starter, &f.helper) < 0)
        return -1;
    *state = &f;
    return 0;
}

/* As with a kernel that knows no listeners. */
static int set_up_stopping(void **state)
{
    setenv(STOPS, "1", 1);
    return set_up(state);
}

static int tear_down(void **state)
{
    unsetenv(STOPS);
    struct fixture *f = *state;
    helper_destroy(f->helper);
    starter_destroy(f->starter);
    return 0;
}

static enum helper_end ask(struct fixture *f, enum deed deed, double seconds, int *ret_error)
{
    struct helper_request request = {
        .bytes = &deed, .n = sizeof deed, .fd = -1, .seconds = seconds, .most = 1.5 * seconds};
    size_t n = 0;
    return helper_ask(f->helper, &request, ret_error, sizeof *ret_error, &n);
}

/* The next request finds a decoder again. */
static void assert_goes_on(struct fixture *f)
{
    int error = -1;
    assert_int_equal(ask(f, DEED_NOTHING, 20, &error), HELPER_REPLIED);
    assert_int_equal(error, 0);
}

static void assert_refused(struct fixture *f, enum deed deed, int expected)
{
    int error = 0;
    assert_int_equal(ask(f, deed, 20, &error), HELPER_REPLIED);
    assert_int_equal(error, expected);
    assert_goes_on(f);
}

static void assert_dies(struct fixture *f, enum deed deed, const char *expected)
{
    int error = 0;
    unsigned before;
    assert_goes_on(f);
    before = helper_generation(f->helper);
    assert_int_equal(ask(f, deed, 20, &error), HELPER_CRASHED);
    assert_string_equal(helper_death(f->helper), expected);
    assert_goes_on(f);
    assert_int_equal(helper_generation(f->helper), before + 1);
}

static void skip_unless_confined(struct fixture *f)
{
    assert_int_equal(helper_start(f->helper), 0);
    if ((helper_confinement(f->helper) & CONFINED_WHOLLY) == CONFINED_WHOLLY)
        return;
    print_message("confinement cannot be tested: a build with sanitizers, or an old kernel\n");
    skip();
}

/* Would catch a decoder that can read the roster, or write to it. */
static void test_no_files(void **state)
{
    struct fixture *f = *state;
    skip_unless_confined(f);
    assert_refused(f, DEED_OPEN, EPERM);
    assert_refused(f, DEED_OPEN_PROC, EPERM);
    assert_refused(f, DEED_STAT, EPERM);
}

/* Would catch one that can send scores away, start a program, or end ours. */
static void test_no_way_out(void **state)
{
    static const enum deed deeds[] = {DEED_SOCKET, DEED_FORK,  DEED_THREAD,
                                      DEED_EXEC,   DEED_TRACE, DEED_KILL_PARENT,
                                      DEED_UNSEAL, DEED_CODE,  DEED_SHARED_MEMORY};
    struct fixture *f = *state;
    skip_unless_confined(f);
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
        assert_dies(f, deeds[i], "SYS");
    assert_refused(f, DEED_RAISE_LIMIT, EPERM);
    assert_refused(f, DEED_LISTEN, EPERM); /* it would let itself go on */
}

/* Would catch a few kilobytes that take all of the machine's memory. */
static void test_no_more_memory(void **state)
{
    struct fixture *f = *state;
    skip_unless_confined(f);
    assert_refused(f, DEED_MEMORY, ENOMEM);
}

/* Would catch a batch that ends, or waits for ever, when a decoder is gone. */
static void test_crashes(void **state)
{
    struct fixture *f = *state;
    assert_dies(f, DEED_ABORT, "ABRT");
    assert_dies(f, DEED_SEGV, "SEGV");
    assert_dies(f, DEED_EXIT, "exit");
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Would catch a picture that keeps a worker for ever; and time that is not the page's own. */
static void test_time(void **state)
{
    static const enum deed deeds[] = {DEED_LOOP, DEED_SLEEP};
    struct fixture *f = *state;
    int error = 0;
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        assert_goes_on(f);
        double before = now_s();
        /* a forbidden way of waiting ends it, too */
        assert_int_not_equal(ask(f, deeds[i], 0.3, &error), HELPER_REPLIED);
        assert_true(now_s() - before < 20);
        assert_goes_on(f);
    }
    struct page_clock clock;
    page_clock_start(&clock, 0.2);
    struct helper_request request = {.bytes = &(enum deed){DEED_LOOP},
                                     .n = sizeof(enum deed),
                                     .fd = -1,
                                     .seconds = 600,
                                     .most = 600,
                                     .clock = &clock};
    size_t n = 0;
    assert_int_equal(helper_ask(f->helper, &request, &error, sizeof error, &n), HELPER_LATE);
    assert_true(page_clock_is_up(&clock));
}

/* Would catch a decoder that holds us up for ever by saying that it goes on: half a second without
 * a word is never up, three quarters in all are. */
static void test_going_on(void **state)
{
    struct fixture *f = *state;
    int error = 0;
    assert_goes_on(f);
    double before = now_s();
    assert_int_equal(ask(f, DEED_GO_ON, 0.5, &error), HELPER_ENDLESS);
    assert_true(now_s() - before > 0.7 && now_s() - before < 20);
    assert_goes_on(f);
}

/* Would catch memory of ours that a decoder's reply overflows, or a page that changes under us. */
static void test_lies(void **state)
{
    struct fixture *f = *state;
    int error = 0;
    assert_goes_on(f);
    assert_int_equal(ask(f, DEED_HUGE_REPLY, 20, &error), HELPER_CRASHED);
    assert_goes_on(f);
    const volatile uint8_t *area = helper_area(f->helper, 0, 4096);
    assert_non_null(area);
    const bool quick = helper_hands_over(f->helper); /* else it is waited for ten seconds */
    for (int round = 0; round < (quick ? 20 : 1); round++) {
        ask(f, DEED_NEVER_STOP, 20, &error);
        const uint8_t seen = area[0];
        for (double until = now_s() + 0.005; now_s() < until;)
            assert_true(area[0] == seen);
        assert_goes_on(f);
    }
    if (quick)
        assert_int_equal(ask(f, DEED_CHATTER, 20, &error), HELPER_CRASHED);
    assert_goes_on(f);
}

/* Would catch a kernel that has what replies are handed over by, and is not asked for it: every
 * page would cost half a millisecond more, and nobody would see why. */
static void test_way_of_standing_still(void **state)
{
    struct fixture *f = *state;
    skip_unless_confined(f);
    struct utsname system;
    int major = 0, minor = 0;
    assert_int_equal(uname(&system), 0);
    assert_int_equal(sscanf(system.release, "%d.%d", &major, &minor), 2);
    bool known = major > 5 || (major == 5 && minor >= 19);
    assert_int_equal(helper_hands_over(f->helper), known && !getenv(STOPS));
}

/* Would catch pixels of one area that come as another's, or not at all. */
static void test_memory_is_shared(void **state)
{
    struct fixture *f = *state;
    int error = 0;
    assert_int_equal(ask(f, DEED_WRITE_PAGE, 20, &error), HELPER_REPLIED);
    const uint8_t *area = helper_area(f->helper, 1, 8000);
    assert_non_null(area);
    assert_int_equal(area[0], 77);
    assert_int_equal(area[4999], 77);
    assert_int_equal(area[5000], 0);
    assert_int_equal(helper_area(f->helper, 0, 4096)[0], 0);
    assert_null(helper_area(f->helper, HELPER_AREAS, 1));
    assert_null(helper_area(f->helper, 0, HELPER_AREA_SIZE + 1));
    assert_true(HELPER_AREA_SIZE >= IMAGE_MAX_PIXELS && HELPER_AREA_SIZE % 4096 == 0);
}

/* Would catch a limit on CPU that a decoder runs into in the middle of a page. */
static void test_another_takes_its_place(void **state)
{
    struct fixture *f = *state;
    int error = 0;
    size_t n = 0;
    enum deed deed = DEED_NOTHING;
    struct helper_request request = {
        .bytes = &deed, .n = sizeof deed, .fd = -1, .seconds = 20, .most = 20};
    for (int i = 0; i < HELPER_REQUESTS + 5; i++)
        assert_int_equal(helper_ask(f->helper, &request, &error, sizeof error, &n), HELPER_REPLIED);
    assert_int_equal(helper_generation(f->helper), 1); /* what it was told is still needed */
    request.any = true;
    assert_int_equal(helper_ask(f->helper, &request, &error, sizeof error, &n), HELPER_REPLIED);
    assert_int_equal(helper_generation(f->helper), 2);
}

/* Would catch a word that is taken for another, and a sandbox that is off although asked for. */
static void test_modes(void **state)
{
    enum sandbox_mode mode;
    struct sandbox *sandbox = NULL;
    struct diag d;
    assert_true(sandbox_mode_parse("on", &mode) && mode == SANDBOX_ON);
    assert_true(sandbox_mode_parse("off", &mode) && mode == SANDBOX_OFF);
    assert_true(sandbox_mode_parse("auto", &mode) && mode == SANDBOX_AUTO);
    assert_false(sandbox_mode_parse("yes", &mode));
    diag_init(&d);
    assert_int_equal(sandbox_open(SANDBOX_OFF, &sandbox, &d), 0);
    assert_null(sandbox);
    int r = sandbox_open(SANDBOX_ON, &sandbox, &d);
    if (confine_is_sanitized()) {
        assert_int_equal(r, YJ_EINPUT);
        assert_null(sandbox);
    } else {
        assert_true(r == 0 ? sandbox != NULL : r == YJ_EINPUT && d.errors == 1);
    }
    sandbox_close(sandbox);
    diag_finish(&d);
}

/* ---- the drawer of PDF pages ---- */

static int run_confined(char *const *arguments, int input)
{
    struct drawer_confinement confinement;
    drawer_confinement_init(&confinement, input, 20);
    struct process_plan plan = {.program = arguments[0],
                                .arguments = arguments,
                                .files = {-1, -1, -1, input},
                                .n_files = 4,
                                .confinement = &confinement};
    pid_t pid;
    int status = -1, error = process_start(&plan, &pid);
    drawer_confinement_finish(&confinement);
    if (error != 0)
        return -error;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_shell(const char *script, int input)
{
    char program[] = "/bin/sh", option[] = "-c", *text = strdup(script);
    char *arguments[] = {program, option, text, NULL};
    int status = run_confined(arguments, input);
    free(text);
    return status;
}

/* Would catch a pdftoppm, taken over by a PDF, that reads the exam, writes, or starts others. */
static void test_drawer(void **state)
{
    char path[] = "/tmp/test_sandbox.XXXXXX", other[64], script[200];
    int input = mkstemp(path);
    assert_true(input >= 0);
    assert_int_equal(write(input, "seen\n", 5), 5);
    snprintf(other, sizeof other, "%s.other", path);
    snprintf(script, sizeof script, "exec 4<%s", path); /* its input may be read by name */
    struct drawer_confinement probe;
    drawer_confinement_init(&probe, input, 1);
    bool confined = probe.ruleset >= 0;
    drawer_confinement_finish(&probe);
    assert_int_equal(run_shell("exit 7", input), 7);
    assert_int_equal(run_shell("read line </dev/fd/3 && test \"$line\" = seen", input), 0);
    assert_int_equal(run_shell(script, input), 0);
    if (confined) {
        snprintf(script, sizeof script, "exec 4>%s", other);
        assert_int_not_equal(run_shell(script, input), 0);
        snprintf(script, sizeof script, "exec 4>>%s", path);
        assert_int_not_equal(run_shell(script, input), 0);
        assert_int_not_equal(run_shell("exec 4</etc/passwd", input), 0);
        assert_int_equal(access(other, F_OK), -1);
    }
    assert_int_not_equal(run_shell("/bin/true; /bin/true", input), 0); /* needs a process */
    close(input);
    unlink(path);
    unlink(other);
}

/* Would catch a program that is not there taken for one that ended badly. */
static void test_missing_program(void **state)
{
    char name[] = "no-such-program-of-ours";
    char *arguments[] = {name, NULL};
    assert_int_equal(run_confined(arguments, STDIN_FILENO), -ENOENT);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, set_up, tear_down), (struct CMUnitTest)                  \
    {                                                                                              \
#name " stopping", name, set_up_stopping, tear_down, NULL                                  \
    }

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], HELPER_ARGUMENT) == 0)
        be_decoder();
    const struct CMUnitTest tests[] = {
        TEST(test_no_files),
        TEST(test_no_way_out),
        TEST(test_no_more_memory),
        TEST(test_crashes),
        TEST(test_time),
        TEST(test_going_on),
        TEST(test_lies),
        TEST(test_way_of_standing_still),
        TEST(test_memory_is_shared),
        TEST(test_another_takes_its_place),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_drawer),
        cmocka_unit_test(test_missing_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
