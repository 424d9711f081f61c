#include <stdlib.h>
#include <unistd.h>

#include "alert/sink_file.h"
#include "scratch.h"

static const char *path;
static struct sink_file sink;
static struct err why;

static void set(const char *content)
{
    FILE *file = fopen(path, "w");

    if (!file || fputs(content, file) < 0 || fclose(file) != 0)
        abort();
}

static void open_sink(bool append)
{
    struct sink_file_options options = {.path = path, .append = append};

    if (sink_file_init(&sink, &options, &why) < 0)
        abort();
}

static void write_line(const char *line)
{
    ok(sink_write(&sink.sink, SINK_OBSERVATION, span_of_text(line), &why) == 0,
       "a line is written");
}

/* What an earlier run wrote, and how far it knew of it. */
static struct sink_file_position earlier(const char *known, const char *more)
{
    struct sink_file_position position;
    FILE *file;

    open_sink(false);
    write_line(known);
    ok(sink_file_tell(&sink, &position), "the place is told");
    sink_close(&sink.sink);
    file = fopen(path, "a");
    if (!file || fputs(more, file) < 0 || fclose(file) != 0)
        abort();
    return position;
}

static void check(const char *known, const char *more, const char *expected, bool rewind,
                  const char *wanted, const char *what)
{
    struct sink_file_position position = earlier(known, more);

    open_sink(true);
    is_int(sink_file_resume(&sink, &position, span_of_text(expected), rewind, &why), 0,
           "%s: it goes on", what);
    write_line("next\n");
    sink_close(&sink.sink);
    is_text(scratch_content(path), wanted, "%s", what);
}

static void test_replay(void)
{
    check("one\n", "two\nthr", "", true, "one\nnext\n",
          "a replay takes back all that it writes again");
    check("one\n", "", "", true, "one\nnext\n", "nothing to take back");
    check("", "old\n", "", true, "next\n", "nothing was known yet");
}

static void test_live(void)
{
    check("one\n", "two\nthr", "", false, "one\ntwo\nnext\n",
          "live only a line that was cut is taken back");
    check("one\n", "alert", "alert line\n", false, "one\nnext\n",
          "so is an alert that will be written again");
    check("one\n", "alert line\n", "alert line\n", false, "one\nnext\n",
          "even if it was whole");
    check("one\n", "another line\n", "alert line\n", false, "one\nanother line\nnext\n",
          "but not what is no alert");
}

static void test_foreign(void)
{
    struct sink_file_position position = earlier("one line that is long enough\n", "");

    set("what somebody else has written in place of it, longer\nand without an end");
    open_sink(true);
    (void)sink_file_resume(&sink, &position, span_of("", 0), true, &why);
    write_line("next\n");
    sink_close(&sink.sink);
    is_text(scratch_content(path),
            "what somebody else has written in place of it, longer\nand without an "
            "end\nnext\n",
            "another file is left alone, and gone on with on a new line");
    set("short\n");
    open_sink(true);
    (void)sink_file_resume(&sink, &position, span_of("", 0), true, &why);
    write_line("next\n");
    sink_close(&sink.sink);
    is_text(scratch_content(path), "short\nnext\n", "so is one that is too short");
}

/* The place is known by the last bytes, however they were written. */
static void test_tail(void)
{
    static char line[2 * SINK_FILE_TAIL_BYTES];
    struct sink_file_position position;

    memset(line, 'x', sizeof(line) - 2);
    line[sizeof(line) - 2] = '\n';
    open_sink(false);
    write_line("short\n");
    write_line(line);
    write_line("end\n");
    ok(sink_file_tell(&sink, &position), "the place is told");
    is_int(position.tail_len, SINK_FILE_TAIL_BYTES, "with so many bytes before it");
    ok(memcmp(position.tail + SINK_FILE_TAIL_BYTES - 5, "\nend\n", 5) == 0,
       "the last ones");
    is_int(position.bytes, 6 + sizeof(line) - 1 + 4, "and where it is");
    sink_close(&sink.sink);
}

int main(void)
{
    scratch_begin();
    path = scratch("events.jsonl");
    test_replay();
    test_live();
    test_foreign();
    test_tail();
    return done_testing();
}
