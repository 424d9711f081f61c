/* How the file sink begins new files, and what it does with alerts when it cannot write. */
#include "alert/sink_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/nanotime.h"
#include "base/text.h"
#include "scratch.h"

#define HOUR (3600 * NS_PER_S)
/* 2026-11-21T03:00:00Z */
#define THREE (UINT64_C(1795230000) * NS_PER_S)

static bool opens(struct sink_file *f, struct sink_file_options options)
{
    static char path[SCRATCH_PATH_MAX];
    struct err why;

    (void)snprintf(path, sizeof(path), "%s", scratch("out/events"));
    options.path = path;
    return ok(sink_file_init(f, &options, &why) == 0, "the file opens");
}

static void begins_anew(void)
{
    scratch_remove(scratch("out"));
    (void)mkdir(scratch("out"), 0700);
}

static int write_class(struct sink_file *f, enum sink_class class, const char *lines)
{
    struct err why;

    return sink_write(&f->sink, class, span_of_text(lines), &why);
}

static int put(struct sink_file *f, const char *lines)
{
    return write_class(f, SINK_OBSERVATION, lines);
}

/* A line with its time, as the output does it. */
static int put_at(struct sink_file *f, uint64_t time_ns, const char *lines)
{
    struct err why;

    if (sink_file_is_due(f, time_ns) && sink_file_rotate(f, &why) < 0)
        return -1;
    return put(f, lines);
}

static void test_size(void)
{
    struct sink_file f;

    begins_anew();
    if (!opens(&f, (struct sink_file_options){.rotate_bytes = 10}))
        return;
    (void)sink_file_is_due(&f, THREE);
    ok(put(&f, "1234\n") == 0 && put(&f, "5678\n") == 0, "two lines fill the file");
    is_int(f.stats.rotations, 0, "which is allowed");
    ok(put(&f, "9\n") == 0, "the third begins a new one");
    is_text(scratch_content(scratch("out/events.20261121T030000.000000Z")), "1234\n5678\n",
            "the old one has the time of the event in its name");
    is_text(scratch_content(scratch("out/events")), "9\n", "the new one has the old name");
    ok(put(&f, "a\nb\nc\nd\ne\nf\ng\nh\ni\n") == 0, "many lines at once");
    is_text(scratch_content(scratch("out/events.20261121T030000.000000Z.2")),
            "9\na\nb\nc\nd\n", "are divided between files");
    is_text(scratch_content(scratch("out/events")), "e\nf\ng\nh\ni\n", "at ends of lines");
    ok(put(&f, "longer than a file\nx\n") == 0, "a line longer than a file");
    is_text(scratch_content(scratch("out/events.20261121T030000.000000Z.4")),
            "longer than a file\n", "has a file of its own");
    sink_close(&f.sink);
}

/* Lines of every length into files of every size: none is cut, lost, or out of place. */
static void test_each_size(void)
{
    bool fine = true;

    for (unsigned size = 1; size < 40; size++) {
        char want_room[1000], got_room[1000], name[64];
        struct text want = text_in(want_room, sizeof(want_room));
        struct text got = text_in(got_room, sizeof(got_room));
        struct sink_file f;

        begins_anew();
        fine &= opens(&f, (struct sink_file_options){.rotate_bytes = size});
        for (unsigned i = 0; i < 20; i++) {
            char line[40];

            (void)snprintf(line, sizeof(line), "%.*s\n", (int)i,
                           "abcdefghijklmnopqrstuvwxyz");
            text_add(&want, line);
            fine &= put_at(&f, THREE + i, line) == 0;
        }
        sink_close(&f.sink);
        for (unsigned i = 1; i < 20; i++) {
            const char *text;

            (void)snprintf(name, sizeof(name),
                           i == 1 ? "out/events.20261121T030000.000000Z"
                                  : "out/events.20261121T030000.000000Z.%u",
                           i);
            text = scratch_content(scratch(name));
            if (strcmp(text, "(none)") == 0)
                break;
            fine &= strlen(text) <= size || strchr(text, '\n') == text + strlen(text) - 1;
            text_add(&got, text);
        }
        text_add(&got, scratch_content(scratch("out/events")));
        fine &= strcmp(got.data, want.data) == 0;
    }
    ok(fine, "files of any size put together are what was written");
}

static void test_time(void)
{
    struct sink_file f;

    begins_anew();
    if (!opens(&f, (struct sink_file_options){.rotate_ns = HOUR}))
        return;
    ok(put_at(&f, THREE + 1, "three\n") == 0 &&
           put_at(&f, THREE + HOUR - 1, "still\n") == 0,
       "events of one hour");
    is_int(f.stats.rotations, 0, "go into one file");
    ok(put_at(&f, THREE + HOUR, "four\n") == 0, "the first of the next hour");
    is_text(scratch_content(scratch("out/events.20261121T040000.000000Z")),
            "three\nstill\n", "begins a new one");
    ok(put_at(&f, THREE + 2, "late\n") == 0, "one that is late");
    is_text(scratch_content(scratch("out/events")), "four\nlate\n", "does not");
    ok(put_at(&f, THREE + 5 * HOUR, "eight\n") == 0, "hours without events");
    is_int(scratch_count(scratch("out"), "events"), 3, "have no files");
    sink_close(&f.sink);
}

static void test_restart(void)
{
    struct timespec old[2] = {{.tv_sec = (time_t)(THREE / NS_PER_S) + 60},
                              {.tv_sec = (time_t)(THREE / NS_PER_S) + 60}};
    struct sink_file_options options = {.rotate_ns = HOUR, .append = true};
    struct sink_file f;

    begins_anew();
    if (!opens(&f, options))
        return;
    (void)put_at(&f, THREE, "before\n");
    sink_close(&f.sink);
    ok(utimensat(AT_FDCWD, scratch("out/events"), old, 0) == 0, "a file of some time ago");
    if (!opens(&f, options))
        return;
    ok(put_at(&f, THREE + HOUR / 2, "same hour\n") == 0 &&
           put_at(&f, THREE + 2 * HOUR, "later\n") == 0,
       "is gone on with");
    is_text(scratch_content(scratch("out/events.20261121T050000.000000Z")),
            "before\nsame hour\n", "until its hour is over");
    sink_close(&f.sink);
    if (!opens(&f, options))
        return;
    (void)put_at(&f, THREE + 3 * HOUR, "now\n");
    is_text(scratch_content(scratch("out/events")), "later\nnow\n",
            "what was written now is of now");
    sink_close(&f.sink);
}

/* Somebody else renames the file; without its name there is nothing to rename. */
static void test_with_others(void)
{
    struct sink_file f;
    struct err why;

    begins_anew();
    if (!opens(&f, (struct sink_file_options){.rotate_bytes = 8}))
        return;
    (void)put(&f, "one\n");
    ok(rename(scratch("out/events"), scratch("out/mine")) == 0, "the file is renamed");
    ok(sink_reopen(&f.sink, &why) == 0, "and reopened");
    ok(put(&f, "two\n") == 0 && put(&f, "three\n") == 0, "the size counts anew");
    is_int(f.stats.rotations, 1, "from there");
    ok(rename(scratch("out/events"), scratch("out/mine2")) == 0, "it is renamed again");
    ok(put(&f, "four\n") == 0 && f.stats.rotations == 2,
       "rotating begins a new file anyway");
    is_text(scratch_content(scratch("out/events")), "four\n", "with the name");
    sink_close(&f.sink);
}

static void test_standard_output(void)
{
    struct sink_file_options options = {
        .path = "-", .rotate_bytes = 1, .rotate_ns = 1, .sync = SINK_FILE_SYNC_ALL};
    struct sink_file f;
    struct err why;

    ok(sink_file_init(&f, &options, &why) == 0, "standard output opens");
    (void)sink_file_is_due(&f, 1);
    ok(!sink_file_is_due(&f, 100), "it is never due");
    ok(put(&f, "# a line\n") == 0 && put(&f, "# another\n") == 0, "nor too long");
    sink_poll(&f.sink, 1, false);
    is_int(f.stats.rotations + f.stats.sync_errors, 0, "nor brought to a disk");
    sink_close(&f.sink);
}

/* A folder that can be written by its owner, below one that nobody else can enter. */
static void rotate_as_nobody(void)
{
    struct sink_file f;
    struct sink_file_options options = {.rotate_bytes = 4, .path = "out/events"};
    struct err why;

    if (chdir(scratch_folder) < 0 || chmod(".", 0700) < 0 ||
        chown("out", 65534, 65534) < 0 || sink_file_init(&f, &options, &why) < 0 ||
        fchown(f.fd, 65534, 65534) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
        _exit(1);
    if (open("events", O_RDONLY) >= 0 || open(scratch("out/events"), O_RDONLY) >= 0)
        _exit(2);
    if (put(&f, "one\n") < 0 || put(&f, "two\n") < 0 || f.stats.rotations != 1)
        _exit(3);
    if (sink_reopen(&f.sink, &why) < 0 || put(&f, "three\n") < 0)
        _exit(4);
    _exit(0);
}

static void test_without_privileges(void)
{
    int status = -1;
    pid_t pid;

    if (geteuid() != 0) {
        skip("only root can drop privileges");
        return;
    }
    begins_anew();
    pid = fork();
    if (pid == 0)
        rotate_as_nobody();
    ok(waitpid(pid, &status, 0) == pid && status == 0,
       "rotating and reopening work after privileges were dropped (%d)", status >> 8);
    is_text(scratch_content(scratch("out/events")), "three\n", "the files are there");
}

static void test_rename_fails(void)
{
    struct sink_file f;

    begins_anew();
    if (!opens(&f, (struct sink_file_options){.rotate_bytes = 4}))
        return;
    f.name = "no/such/folder";
    ok(put(&f, "one\n") == 0 && put(&f, "two\n") == 0 && put(&f, "three\n") == 0,
       "when the file cannot be renamed, it has to do");
    is_int(f.stats.rotation_errors, 1, "one attempt");
    sink_poll(&f.sink, NS_PER_S, false);
    (void)put(&f, "four\n");
    is_int(f.stats.rotation_errors, 2, "a second");
    f.name = "events";
    sink_close(&f.sink);
    is_text(scratch_content(scratch("out/events")), "one\ntwo\nthree\nfour\n",
            "and no line is lost");
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) == 0) {
        limit.rlim_cur = bytes;
        (void)setrlimit(RLIMIT_FSIZE, &limit);
    }
}

/* The disk is full, and has room again later. */
static void test_patience(void)
{
    struct sink_file f;
    unsigned taken = 0;

    begins_anew();
    if (!opens(&f, (struct sink_file_options){.patient = true}))
        return;
    limit_files(12);
    ok(write_class(&f, SINK_ALERT, "1\n2\n") == 0, "there is room");
    ok(write_class(&f, SINK_ALERT, "alert 1\nalert 2\n") == 0,
       "there is none: alerts wait");
    is_int(f.held_len, 8, "those that are not in the file");
    ok(put(&f, "session\n") < 0, "other events are refused");
    ok(write_class(&f, SINK_ALERT, "alert 3\n") == 0, "further alerts wait too");
    sink_poll(&f.sink, NS_PER_S, false);
    is_text(scratch_content(scratch("out/events")), "1\n2\nalert 1\n",
            "whole lines are there");
    limit_files(RLIM_INFINITY);
    sink_poll(&f.sink, NS_PER_S + 1, false);
    ok(f.held_len > 0, "it is not tried all the time");
    sink_poll(&f.sink, 2 * NS_PER_S, false);
    is_int(f.held_len, 0, "with room again all are written");
    ok(put(&f, "session\n") == 0, "and other events too");
    is_text(scratch_content(scratch("out/events")),
            "1\n2\nalert 1\nalert 2\nalert 3\nsession\n", "in order, once");
    limit_files(0);
    while (taken < 200 && write_class(&f, SINK_ALERT, "alert of twenty-four...\n") == 0)
        taken++;
    is_int(taken, 200, "memory takes many");
    f.held_len = SINK_FILE_HELD_BYTES - 10;
    ok(write_class(&f, SINK_ALERT, "alert of twenty-four...\n") < 0, "but not without end");
    f.held_len = 24;
    limit_files(RLIM_INFINITY);
    sink_close(&f.sink);
    is_int(strlen(scratch_content(scratch("out/events"))), 36 + 24,
           "closing writes what waits");
}

static void test_impatience(void)
{
    struct sink_file f;

    begins_anew();
    if (!opens(&f, (struct sink_file_options){.sync = SINK_FILE_SYNC_ALERTS}))
        return;
    limit_files(0);
    ok(write_class(&f, SINK_ALERT, "alert\n") < 0, "without patience an alert fails");
    limit_files(RLIM_INFINITY);
    ok(put(&f, "session\n") == 0 && f.unsynced, "the attempt wants the disk");
    sink_poll(&f.sink, NS_PER_S, false);
    ok(!f.unsynced && f.stats.sync_errors == 0, "which a poll gives it");
    ok(put(&f, "session\n") == 0 && !f.unsynced, "sessions do not need it");
    ok(write_class(&f, SINK_ALERT, "alert\n") == 0 && f.unsynced, "alerts do");
    sink_close(&f.sink);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    (void)signal(SIGXFSZ, SIG_IGN);
    scratch_begin();
    test_size();
    test_each_size();
    test_time();
    test_restart();
    test_with_others();
    test_standard_output();
    test_without_privileges();
    test_rename_fails();
    test_patience();
    test_impatience();
    return done_testing();
}
