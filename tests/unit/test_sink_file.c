#include "alert/sink_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

#define PATH_TEXT_MAX 128

static char folder[] = "/tmp/pinsight-test-XXXXXX";

static const char *path_of(const char *name, char out[PATH_TEXT_MAX])
{
    (void)snprintf(out, PATH_TEXT_MAX, "%s/%s", folder, name);
    return out;
}

static const char *content_of(const char *path)
{
    static char text[4096];
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

    text[n] = '\0';
    if (file)
        (void)fclose(file);
    return file ? text : "(none)";
}

static void opens(struct sink_file *f, const char *path, bool append)
{
    struct sink_file_options options = {.path = path, .append = append};
    struct err why;

    ok(sink_file_init(f, &options, &why) == 0, "%s opens", path);
}

static void writes(struct sink_file *f, const char *lines)
{
    struct err why;

    ok(sink_write(&f->sink, SINK_OBSERVATION, span_of_text(lines), &why) == 0,
       "it takes lines");
}

static void test_append_and_empty(void)
{
    char path[PATH_TEXT_MAX];
    struct sink_file f;

    opens(&f, path_of("a", path), false);
    writes(&f, "one\n");
    writes(&f, "two\n");
    is_text(content_of(path), "one\ntwo\n",
            "lines are in the file as soon as they are written");
    sink_close(&f.sink);
    opens(&f, path, true);
    writes(&f, "three\n");
    sink_close(&f.sink);
    is_text(content_of(path), "one\ntwo\nthree\n", "a file is appended to");
    opens(&f, path, false);
    sink_close(&f.sink);
    is_text(content_of(path), "", "or emptied");
    sink_close(&f.sink);
    ok(true, "closing twice is harmless");
}

static void test_reopen(void)
{
    char path[PATH_TEXT_MAX], renamed[PATH_TEXT_MAX];
    struct sink_file f;
    struct err why;

    opens(&f, path_of("b", path), true);
    writes(&f, "one\n");
    ok(rename(path, path_of("b.1", renamed)) == 0, "the file is renamed");
    writes(&f, "two\n");
    ok(sink_reopen(&f.sink, &why) == 0, "the sink is reopened");
    writes(&f, "three\n");
    sink_close(&f.sink);
    is_text(content_of(renamed), "one\ntwo\n", "until then lines follow the old file");
    is_text(content_of(path), "three\n", "then they go into a new one");
}

static void test_reopen_fails(void)
{
    char path[PATH_TEXT_MAX], want[2 * PATH_TEXT_MAX];
    struct sink_file f;
    struct err why;

    opens(&f, path_of("c", path), true);
    ok(unlink(path) == 0 && mkdir(path, 0700) == 0, "a folder takes the place of the file");
    ok(sink_reopen(&f.sink, &why) < 0, "the sink cannot be reopened");
    (void)snprintf(want, sizeof(want), "output %s: Is a directory", path);
    is_text(why.text, want, "and says why");
    writes(&f, "still\n");
    sink_close(&f.sink);
    (void)rmdir(path);
}

static bool refuses(const char *path, struct err *why)
{
    struct sink_file_options options = {.path = path, .append = true};
    struct sink_file f;

    return sink_file_init(&f, &options, why) < 0;
}

static void test_wrong_paths(void)
{
    char path[PATH_TEXT_MAX], want[3 * PATH_TEXT_MAX];
    struct err why;

    ok(refuses(path_of("no/such", path), &why), "no folder, no output");
    (void)snprintf(want, sizeof(want), "output %s: folder %s/no: No such file or directory",
                   path, folder);
    is_text(why.text, want, "and the folder is named");
    ok(refuses(folder, &why), "a folder is no output");
    ok(refuses("/", &why), "nor is the root");
    ok(refuses("", &why), "nor is nothing");
}

static void test_no_space(void)
{
    struct sink_file f;
    struct err why;

    if (access("/dev/full", W_OK) != 0) {
        skip("there is no /dev/full");
        return;
    }
    opens(&f, "/dev/full", true);
    ok(sink_write(&f.sink, SINK_OBSERVATION, span_of_text("one\n"), &why) < 0,
       "a full disk refuses lines");
    is_text(why.text, "output /dev/full: No space left on device", "with the reason");
    sink_close(&f.sink);
}

/* A file that may not grow beyond ten bytes takes a line and a half. */
static void test_half_a_line(void)
{
    struct rlimit before, small;
    char path[PATH_TEXT_MAX];
    struct sink_file f;
    struct err why;

    opens(&f, path_of("d", path), true);
    (void)signal(SIGXFSZ, SIG_IGN);
    ok(getrlimit(RLIMIT_FSIZE, &before) == 0, "the limit is known");
    small = before;
    small.rlim_cur = 10;
    ok(setrlimit(RLIMIT_FSIZE, &small) == 0, "and lowered");
    ok(sink_write(&f.sink, SINK_OBSERVATION, span_of_text("1234567\nabcdefg\n"), &why) < 0,
       "a write fails half way");
    ok(setrlimit(RLIMIT_FSIZE, &before) == 0, "the limit is raised");
    is_text(content_of(path), "1234567\n",
            "what was written of the last line is taken back");
    writes(&f, "next\n");
    is_text(content_of(path), "1234567\nnext\n", "and the next line stands alone");
    sink_close(&f.sink);
}

/* A pipe cannot be cut: the next line begins on a line of its own. */
static void test_half_a_line_in_a_pipe(void)
{
    static char lines[200000];
    static char drained[400000];
    struct sink_file f;
    struct err why;
    int ends[2];
    ssize_t n;
    size_t len = 0;

    ok(pipe2(ends, O_NONBLOCK) == 0, "there is a pipe");
    opens(&f, "/dev/null", true);
    (void)close(f.fd);
    f.fd = ends[1];
    f.torn = true;
    writes(&f, "next\n");
    while ((n = read(ends[0], drained + len, sizeof(drained) - len)) > 0)
        len += (size_t)n;
    is_span(span_of(drained, len), span_of_text("\nnext\n"), "an end of line comes first");
    (void)close(ends[0]);
    (void)signal(SIGPIPE, SIG_IGN);
    memset(lines, 'x', sizeof(lines));
    ok(sink_write(&f.sink, SINK_OBSERVATION, span_of(lines, sizeof(lines)), &why) < 0,
       "without a reader it fails");
    is_text(why.text, "output /dev/null: nobody reads it any more", "and says so");
    sink_close(&f.sink);
}

/* A reader slower than the writer, on a descriptor that does not block. */
static void test_slow_reader(void)
{
    static char lines[300000];
    struct sink_file_options null = {.path = "/dev/null", .append = true};
    struct sink_file f;
    struct err why;
    size_t len = 0;
    int ends[2];

    memset(lines, 'y', sizeof(lines));
    lines[sizeof(lines) - 1] = '\n';
    ok(pipe2(ends, O_NONBLOCK) == 0, "there is a pipe");
    if (fork() == 0) {
        (void)close(ends[0]);
        if (sink_file_init(&f, &null, &why) < 0)
            _exit(1);
        f.fd = ends[1];
        _exit(sink_write(&f.sink, SINK_OBSERVATION, span_of(lines, sizeof(lines)), &why));
    }
    (void)close(ends[1]);
    for (;;) {
        char piece[1000];
        ssize_t n = read(ends[0], piece, sizeof(piece));

        if (n == 0)
            break;
        len += n > 0 ? (size_t)n : 0;
        if (n < 0)
            (void)usleep(1000);
    }
    is_int(len, sizeof(lines), "all bytes arrive in the end");
    (void)close(ends[0]);
}

static void test_standard_output(void)
{
    struct sink_file f;
    struct err why;

    opens(&f, "-", false);
    is_int(f.fd, STDOUT_FILENO, "which is not opened anew");
    ok(sink_reopen(&f.sink, &why) == 0, "nor reopened");
    sink_close(&f.sink);
    ok(fcntl(STDOUT_FILENO, F_GETFD) >= 0, "nor closed");
}

int main(void)
{
    char path[PATH_TEXT_MAX];

    ok(mkdtemp(folder) != NULL, "there is a folder for the test");
    test_append_and_empty();
    test_reopen();
    test_reopen_fails();
    test_wrong_paths();
    test_no_space();
    test_half_a_line();
    test_half_a_line_in_a_pipe();
    test_slow_reader();
    test_standard_output();
    (void)unlink(path_of("a", path));
    (void)unlink(path_of("b", path));
    (void)unlink(path_of("b.1", path));
    (void)unlink(path_of("d", path));
    (void)rmdir(folder);
    return done_testing();
}
