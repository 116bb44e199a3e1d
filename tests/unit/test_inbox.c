/* test_inbox.c - what lies in a watched folder, when it is complete, and where it goes: with a
 * clock that the test drives by hand. */
#include "diag.h"
#include "inbox.h"
#include "inbox_events.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SETTLE 2.0

struct place {
    char path[64];
    struct inbox inbox;
};

static char *path_of(const struct place *p, const char *name)
{
    static char path[8192];
    snprintf(path, sizeof path, "%s/%s", p->path, name);
    return path;
}

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    strcpy(p->path, "/tmp/yuejuan-inbox-XXXXXX");
    assert_non_null(mkdtemp(p->path));
    assert_int_equal(inbox_init(&p->inbox, p->path, SETTLE), 0);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    char command[128];
    inbox_finish(&p->inbox);
    snprintf(command, sizeof command, "rm -rf '%s'", p->path);
    assert_int_equal(system(command), 0);
    free(p);
    return 0;
}

static void put(const struct place *p, const char *name, const char *content)
{
    FILE *out = fopen(path_of(p, name), "w");
    assert_non_null(out);
    assert_true(fputs(content, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static bool get(const struct place *p, const char *name, char *ret, size_t size)
{
    FILE *in = fopen(path_of(p, name), "r");
    size_t n = in ? fread(ret, 1, size - 1, in) : 0;
    ret[n] = '\0';
    if (in)
        fclose(in);
    return in != NULL;
}

static void make(const struct place *p, const char *name)
{
    assert_int_equal(mkdir(path_of(p, name), 0755), 0);
}

static void look(struct place *p, double now)
{
    int error = -1;
    assert_int_equal(inbox_look(&p->inbox, now, &error), 0);
    assert_int_equal(error, 0);
}

static const struct inbox_file *file_of(const struct place *p, const char *name)
{
    for (size_t i = 0; i < p->inbox.n_files; i++)
        if (strcmp(p->inbox.files[i].name, name) == 0)
            return &p->inbox.files[i];
    return NULL;
}

static bool complete(const struct place *p, const char *name, double now)
{
    const struct inbox_file *file = file_of(p, name);
    assert_non_null(file);
    return inbox_is_complete(&p->inbox, file, now);
}

/* Catches a file that is read while it grows. */
static void test_settles(void **state)
{
    struct place *p = *state;
    put(p, "a.jpg", "one");
    look(p, 100);
    assert_false(complete(p, "a.jpg", 100));
    look(p, 101.9);
    assert_false(complete(p, "a.jpg", 101.9));
    put(p, "a.jpg", "one and two");
    look(p, 102); /* it would have been complete */
    assert_false(complete(p, "a.jpg", 102));
    assert_true(inbox_patience(&p->inbox, 103) == 1);
    look(p, 104);
    assert_true(complete(p, "a.jpg", 104));
    assert_true(inbox_patience(&p->inbox, 105) == 0);
}

/* Catches a file of the same size that was written anew. */
static void test_same_size(void **state)
{
    struct place *p = *state;
    struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    put(p, "a.jpg", "one");
    assert_int_equal(utimensat(AT_FDCWD, path_of(p, "a.jpg"), times, 0), 0);
    look(p, 0);
    times[1].tv_nsec = 1;
    assert_int_equal(utimensat(AT_FDCWD, path_of(p, "a.jpg"), times, 0), 0);
    look(p, 1.5);
    assert_false(complete(p, "a.jpg", 2.5));
    assert_true(complete(p, "a.jpg", 3.5));
}

/* Catches a comparison with the wall clock: scanners have any time, and clocks are set back. */
static void test_time_of_file_is_of_no_account(void **state)
{
    struct place *p = *state;
    const struct timespec future[2] = {{.tv_sec = 4000000000}, {.tv_sec = 4000000000}};
    const struct timespec past[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    put(p, "future.jpg", "1");
    put(p, "past.jpg", "2");
    assert_int_equal(utimensat(AT_FDCWD, path_of(p, "future.jpg"), future, 0), 0);
    assert_int_equal(utimensat(AT_FDCWD, path_of(p, "past.jpg"), past, 0), 0);
    look(p, 10);
    assert_false(complete(p, "past.jpg", 11.9));
    assert_true(complete(p, "past.jpg", 12));
    assert_true(complete(p, "future.jpg", 12));
}

/* Catches a wait for its own sake where the writer has said that it is done; and one who is
 * believed though he wrote on. */
static void test_closed(void **state)
{
    struct place *p = *state;
    put(p, "a.jpg", "one");
    look(p, 50);
    inbox_note_closed(&p->inbox, "a.jpg");
    inbox_note_closed(&p->inbox, "no such.jpg");
    assert_false(complete(p, "a.jpg", 50));
    assert_true(complete(p, "a.jpg", 50.5));
    put(p, "a.jpg", "one and two");
    look(p, 50.6);
    assert_false(complete(p, "a.jpg", 52.5));
}

/* Catches scans read under a name that is not theirs yet, or read again after they were moved. */
static void test_names(void **state)
{
    struct place *p = *state;
    static const char *const ignored[] = {"a.jpg.part", "b.TMP",        ".hidden.jpg",
                                          "~$c.pdf",    "d.crdownload", "e.filepart"};
    make(p, "done");
    make(p, "failed");
    make(p, "duplicate");
    make(p, "room");
    make(p, "room/done"); /* a room of that name */
    make(p, ".trash");
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        put(p, ignored[i], "x");
    put(p, "done/1.jpg", "x");
    put(p, "failed/1.jpg", "x");
    put(p, "duplicate/1.jpg", "x");
    put(p, ".trash/1.jpg", "x");
    put(p, "notes.txt", "x");
    put(p, "Thumbs.db", "x");
    put(p, "z.jpg", "x");
    put(p, "room/2.jpg", "x");
    put(p, "room/done/3.jpg", "x");
    assert_int_equal(mkfifo(path_of(p, "pipe.jpg"), 0600), 0);
    assert_int_equal(symlink("/etc/passwd", path_of(p, "link.jpg")), 0);
    assert_int_equal(symlink("/etc", path_of(p, "folder")), 0);
    look(p, 0);
    assert_int_equal(p->inbox.n_files, 3);
    assert_string_equal(p->inbox.files[0].name, "room/2.jpg");
    assert_string_equal(p->inbox.files[1].name, "room/done/3.jpg");
    assert_string_equal(p->inbox.files[2].name, "z.jpg");
    assert_int_equal(p->inbox.passed_over, 5);
    assert_int_equal(p->inbox.n_folders, 3);
    assert_int_equal(inbox_batch_length("room/done/3.jpg"), 9);
    assert_int_equal(inbox_batch_length("z.jpg"), 0);
}

/* Catches a folder that is gone taken for an empty one, and files known from before it was. */
static void test_folder_made_again(void **state)
{
    struct place *p = *state;
    int error = 0;
    put(p, "a.jpg", "one");
    look(p, 0);
    assert_int_equal(inbox_claim(&p->inbox), 0);
    assert_int_equal(unlink(path_of(p, "a.jpg")), 0);
    assert_int_equal(rmdir(p->path), 0);
    assert_int_equal(inbox_look(&p->inbox, 5, &error), 0);
    assert_int_equal(error, ENOENT);
    assert_int_equal(p->inbox.n_files, 0);
    assert_int_equal(mkdir(p->path, 0755), 0);
    put(p, "a.jpg", "one");
    look(p, 10);
    assert_false(complete(p, "a.jpg", 11));
    assert_int_equal(inbox_claim(&p->inbox), 0);
}

/* Catches two programs in one folder, also where it was made anew. */
static void test_claim(void **state)
{
    struct place *p = *state;
    struct inbox other;
    assert_int_equal(inbox_init(&other, p->path, SETTLE), 0);
    assert_int_equal(inbox_claim(&p->inbox), 0);
    assert_int_equal(inbox_claim(&p->inbox), 0);
    assert_int_equal(inbox_claim(&other), YJ_EBUSY);
    inbox_finish(&p->inbox);
    assert_int_equal(inbox_claim(&other), 0);
    assert_int_equal(inbox_init(&p->inbox, p->path, SETTLE), 0);
    assert_int_equal(inbox_claim(&p->inbox), YJ_EBUSY);
    inbox_finish(&other);
}

/* Catches a file taken out of the hands of a program that pauses. */
static void test_open_to_write(void **state)
{
    struct place *p = *state;
    put(p, "a.jpg", "one");
    assert_false(inbox_is_being_written(&p->inbox, "a.jpg"));
    int fd = open(path_of(p, "a.jpg"), O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    bool written = inbox_is_being_written(&p->inbox, "a.jpg");
    int asked = fcntl(fd, F_GETLEASE);
    close(fd);
    assert_false(inbox_is_being_written(&p->inbox, "a.jpg"));
    assert_false(inbox_is_being_written(&p->inbox, "no such.jpg"));
    if (asked < 0)
        skip(); /* a file system without leases */
    assert_true(written);
}

static int move(struct place *p, const char *name, const char *where, const char *why, char *ret)
{
    char *to = NULL;
    look(p, 0);
    const struct inbox_file *file = file_of(p, name);
    assert_non_null(file);
    int rc = inbox_move(&p->inbox, name, &file->stamp, where, why, &to);
    if (rc == 0)
        strcpy(ret, to + strlen(p->path) + 1);
    free(to);
    return rc;
}

/* Catches a file that replaces another, and a reason beside the wrong one. */
static void test_moves(void **state)
{
    struct place *p = *state;
    char to[4096], text[64];
    make(p, "room");
    for (int i = 1; i <= 3; i++) {
        static const char *const wanted[] = {"failed/room/a.b.jpg", "failed/room/a.b~2.jpg",
                                             "failed/room/a.b~3.jpg"};
        char content[8];
        snprintf(content, sizeof content, "%d", i);
        put(p, "room/a.b.jpg", content);
        assert_int_equal(move(p, "room/a.b.jpg", INBOX_FAILED, content, to), 0);
        assert_string_equal(to, wanted[i - 1]);
        assert_true(get(p, to, text, sizeof text));
        assert_string_equal(text, content);
        strcat(to, ".txt");
        assert_true(get(p, to, text, sizeof text));
        assert_int_equal(text[0], content[0]);
    }
    assert_true(access(path_of(p, "room/a.b.jpg"), F_OK) < 0);
    assert_true(access(path_of(p, "room"), F_OK) == 0); /* its scanner may go on */
    put(p, ".b", "x");
    put(p, "no ending", "1");
    assert_int_equal(move(p, "no ending", INBOX_DONE, NULL, to), 0);
    put(p, "no ending", "2");
    assert_int_equal(move(p, "no ending", INBOX_DONE, NULL, to), 0);
    assert_string_equal(to, "done/no ending~2");
}

/* Catches a file that is given another name since a kill came between its reason and itself, and a
 * reason written over somebody's file. */
static void test_reason_left_by_a_kill(void **state)
{
    struct place *p = *state;
    char to[4096], text[64];
    make(p, "failed");
    put(p, "failed/a.jpg.txt", "brok"); /* half written */
    put(p, "failed/b.jpg.txt", "not ours");
    put(p, "a.jpg", "x");
    put(p, "b.jpg", "x");
    assert_int_equal(move(p, "a.jpg", INBOX_FAILED, "broken", to), 0);
    assert_string_equal(to, "failed/a.jpg");
    assert_true(get(p, "failed/a.jpg.txt", text, sizeof text));
    assert_string_equal(text, "broken\n");
    assert_int_equal(move(p, "b.jpg", INBOX_FAILED, "broken", to), 0);
    assert_string_equal(to, "failed/b~2.jpg");
    assert_true(get(p, "failed/b.jpg.txt", text, sizeof text));
    assert_string_equal(text, "not ours");
}

/* Catches what was written after the reading, moved away as if it had been read. */
static void test_moves_only_what_was_read(void **state)
{
    struct place *p = *state;
    char *to = NULL, text[64];
    put(p, "a.jpg", "one");
    look(p, 0);
    struct inbox_stamp stamp = file_of(p, "a.jpg")->stamp;
    put(p, "a.jpg", "one and two");
    assert_int_equal(inbox_move(&p->inbox, "a.jpg", &stamp, INBOX_DONE, NULL, &to), YJ_EBUSY);
    assert_null(to);
    assert_true(get(p, "a.jpg", text, sizeof text));
    assert_int_equal(unlink(path_of(p, "a.jpg")), 0);
    assert_int_equal(inbox_move(&p->inbox, "a.jpg", &stamp, INBOX_DONE, NULL, &to), YJ_EIO);
    assert_int_equal(errno, ENOENT);
}

/* Catches a name that has no room for what is added to it, so that the file can never leave. */
static void test_longest_names(void **state)
{
    struct place *p = *state;
    char name[256], to[4096];
    memset(name, 'x', 255);
    name[255] = '\0';
    memcpy(name + 248, "\xe8\x80\x83.jpg", 7); /* a letter of three bytes where it is cut */
    for (int i = 0; i < 2; i++) {
        put(p, name, "x");
        assert_int_equal(move(p, name, INBOX_FAILED, "why", to), 0);
        assert_true(access(path_of(p, to), F_OK) == 0);
    }
    assert_non_null(strstr(to, "~2.jpg"));
}

/* Catches a copy that passes for a new scan, and a namesake that passes for a copy. */
static void test_copies(void **state)
{
    struct place *p = *state;
    char to[4096];
    put(p, "a.jpg", "one");
    assert_false(inbox_has_copy(&p->inbox, INBOX_DONE, "a.jpg"));
    assert_int_equal(move(p, "a.jpg", INBOX_DONE, NULL, to), 0);
    put(p, "a.jpg", "two");
    assert_false(inbox_has_copy(&p->inbox, INBOX_DONE, "a.jpg"));
    assert_int_equal(move(p, "a.jpg", INBOX_DONE, NULL, to), 0);
    put(p, "a.jpg", "two");
    assert_true(inbox_has_copy(&p->inbox, INBOX_DONE, "a.jpg"));
    put(p, "a.jpg", "one");
    assert_true(inbox_has_copy(&p->inbox, INBOX_DONE, "a.jpg"));
}

/* Catches a file whose trouble is told at every look, or that is never tried again. */
static void test_held(void **state)
{
    struct place *p = *state;
    put(p, "a.jpg", "one");
    look(p, 0);
    assert_true(inbox_hold(&p->inbox, "a.jpg", 30));
    look(p, 10);
    assert_int_equal(inbox_count_held(&p->inbox), 1);
    assert_false(complete(p, "a.jpg", 29));
    assert_true(complete(p, "a.jpg", 30));
    assert_false(inbox_hold(&p->inbox, "a.jpg", 60));
    put(p, "a.jpg", "another");
    look(p, 40);
    assert_int_equal(inbox_count_held(&p->inbox), 0);
    assert_true(complete(p, "a.jpg", 42));
}

/* Catches events that are lost: of a file, of a new folder, of a file in it. */
static void test_events(void **state)
{
    struct place *p = *state;
    struct inbox_events *events;
    assert_int_equal(inbox_events_create(false, &events), 0);
    look(p, 0);
    inbox_events_follow(events, &p->inbox);
    if (!inbox_events_work(events)) {
        inbox_events_destroy(events);
        skip();
    }
    put(p, "a.jpg", "one");
    assert_true(inbox_events_wait(events, 60));
    look(p, 10);
    assert_false(inbox_events_follow(events, &p->inbox));
    assert_true(complete(p, "a.jpg", 10.5)); /* its close was told */
    make(p, "room");
    assert_true(inbox_events_wait(events, 60));
    look(p, 20);
    assert_true(inbox_events_follow(events, &p->inbox));
    put(p, "room/b.jpg", "two");
    assert_true(inbox_events_wait(events, 60));
    look(p, 30);
    inbox_events_follow(events, &p->inbox);
    assert_true(complete(p, "room/b.jpg", 30.5));
    inbox_events_destroy(events);
}

/* Catches files that nobody hears of since the kernel's queue ran over. */
static void test_queue_runs_over(void **state)
{
    struct place *p = *state;
    struct inbox_events *events;
    FILE *limit = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
    int most = 0;
    if (limit && fscanf(limit, "%d", &most) != 1)
        most = 0;
    if (limit)
        fclose(limit);
    if (most == 0 || most > 100000)
        skip();
    assert_int_equal(inbox_events_create(false, &events), 0);
    look(p, 0);
    inbox_events_follow(events, &p->inbox);
    for (int i = 0; i < most / 2 + 100; i++) { /* two events each */
        char name[32];
        snprintf(name, sizeof name, "%d.jpg", i);
        put(p, name, "");
    }
    assert_true(inbox_events_wait(events, 60));
    assert_false(inbox_events_work(events)); /* until it has looked: nothing is relied on */
    look(p, 10);
    assert_int_equal(p->inbox.n_files, most / 2 + 100);
    assert_true(inbox_events_follow(events, &p->inbox));
    assert_true(inbox_events_work(events));
    inbox_events_destroy(events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_settles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_time_of_file_is_of_no_account, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_closed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_folder_made_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_claim, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_open_to_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_moves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_moves_only_what_was_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reason_left_by_a_kill, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_longest_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_copies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_held, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_events, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_queue_runs_over, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
