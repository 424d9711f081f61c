#include <stdio.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/nanotime.h"
#include "capture/source.h"
#include "captures.h"

/* A folder of the test's own, removed at the end. */
static char folder[] = "/tmp/pinsight-test-XXXXXX";

static const char *path_of(const char *name)
{
    char path[256];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return (const char *)exact(span_of(path, strlen(path) + 1)).data;
}

static const char *save(const char *name, struct span bytes)
{
    const char *path = path_of(name);
    FILE *f = fopen(path, "wb");

    if (!f || (bytes.len && fwrite(bytes.data, bytes.len, 1, f) != 1) || fclose(f) != 0)
        abort();
    return path;
}

/* A capture of one frame. */
static struct span one_frame(uint32_t seconds, const char *bytes)
{
    static struct writer to;

    to.w.len = 0;
    put_pcap_header(&to, 0xa1b2c3d4, 101);
    put_pcap_record(&to, seconds, 0, bytes);
    return exact(wire_done(&to.w));
}

static struct source *open_source(const char *const *inputs, size_t count,
                                  const char *filter, struct err *why)
{
    const struct source_options options = {
        .inputs = inputs, .input_count = count, .filter = filter};

    struct source *source;

    why->text[0] = '\0';
    source = source_open_files(&options, why);
    if (source && source_look(source, why) == 0)
        return source;
    source_free(source);
    return NULL;
}

/* The bytes of all frames, one after the other. */
static const char *read_text(struct source *s)
{
    static char text[1024];
    struct frame frame;
    size_t len = 0;

    while (source_next(s, &frame) && len + frame.bytes.len < sizeof(text)) {
        memcpy(text + len, frame.bytes.data, frame.bytes.len);
        len += frame.bytes.len;
    }
    text[len] = '\0';
    return text;
}

static void expect_text(const char *const *inputs, size_t count, const char *want,
                        const char *what)
{
    struct err why;
    struct source *s = open_source(inputs, count, NULL, &why);

    ok(s != NULL, "%s: opens %s", what, why.text);
    if (s)
        is_text(read_text(s), want, "%s: all frames", what);
    source_free(s);
}

static void expect_refusal(const char *const *inputs, size_t count, const char *filter,
                           const char *sentence)
{
    struct err why;
    struct source *s = open_source(inputs, count, filter, &why);

    ok(!s, "it is refused");
    ok(strstr(why.text, sentence) != NULL, "with the sentence: %s", why.text);
    source_free(s);
}

static void inputs_are_read_in_the_order_given(void)
{
    const char *inputs[3] = {save("late.pcap", one_frame(20, "late ")),
                             save("early.pcap", one_frame(10, "early ")),
                             save("packed.txt", gzip_of(one_frame(15, "packed ")))};

    expect_text(inputs, 3, "late early packed ", "three files");
    inputs[1] = save("zipped", zstd_of(one_frame(10, "zstd ")));
    expect_text(inputs, 3, "late zstd packed ", "with zstd");
}

static void a_folder_is_read_by_time(void)
{
    const char *inputs[2] = {path_of("by-time/"), path_of("by-time/c.pcap")};
    struct source *s;
    struct err why;

    if (mkdir(path_of("by-time"), 0700) < 0 || mkdir(path_of("by-time/sub"), 0700) < 0)
        abort();
    (void)save("by-time/c.pcap", one_frame(10, "1"));
    (void)save("by-time/a.pcap", one_frame(30, "4"));
    (void)save("by-time/b", gzip_of(one_frame(20, "3")));
    (void)save("by-time/a-same-time.pcap", one_frame(20, "2"));
    (void)save("by-time/notes.txt", span_of_text("no capture"));
    (void)save("by-time/.hidden.pcap", one_frame(5, "hidden"));
    (void)save("by-time/sub/below.pcap", one_frame(5, "below"));
    (void)save("by-time/empty.pcap", span_of(NULL, 0));
    expect_text(inputs, 2, "12341", "a folder, then a file");
    s = open_source(inputs, 1, NULL, &why);
    is_text(read_text(s), "1234", "the folder again");
    is_int(source_stats(s)->skipped_files, 1, "what is no capture is counted");
    is_int(source_stats(s)->damaged_files, 1, "an empty file is damage");
    ok(strstr(source_damage(s, 0), "empty.pcap: the file is empty") != NULL, "and told");
    ok(!source_damage(s, 1), "there is no other");
    source_free(s);
}

static void what_cannot_be_read_is_refused(void)
{
    const char *inputs[2] = {path_of("absent.pcap"), "-"};

    expect_refusal(inputs, 1, NULL, "absent.pcap: No such file or directory");
    inputs[0] = save("text.txt", span_of_text("no capture at all"));
    expect_refusal(inputs, 1, NULL, "text.txt: it is no capture file");
    inputs[0] = path_of("nothing");
    if (mkdir(inputs[0], 0700) < 0)
        abort();
    expect_refusal(inputs, 1, NULL, "nothing: the folder holds no capture");
    inputs[0] = "-";
    expect_refusal(inputs, 2, NULL, "standard input was named twice");
    inputs[0] = save("fine.pcap", one_frame(1, "x"));
    expect_refusal(inputs, 1, "no such thing", "filter \"no such thing\": ");
    expect_refusal(inputs, 1, "ether host 02:00:00:00:00:01", "filter \"ether host");
    inputs[0] = "-";
    expect_refusal(inputs, 1, "no such thing", "filter \"no such thing\": ");
}

static void damage_ends_the_file_and_not_the_run(void)
{
    struct span whole = small_pcap();
    const char *inputs[2] = {save("cut.pcap", span_first(whole, 60)),
                             save("after.pcap", one_frame(1, ", after"))};
    struct err why;
    struct source *s = open_source(inputs, 2, NULL, &why);
    char want[300];

    is_text(read_text(s), "one, after", "what is before and behind the damage is read");
    is_int(source_stats(s)->files, 2, "of two files");
    is_int(source_stats(s)->damaged_files, 1, "one was damaged");
    is_int(source_stats(s)->frames, 2, "two frames were handed out");
    is_int(source_stats(s)->captured_bytes, 10, "of ten bytes");
    is_int(source_stats(s)->read_bytes, source_stats(s)->total_bytes,
           "all bytes were read");
    (void)snprintf(
        want, sizeof(want),
        "%s: cut short at byte 60 inside a packet record (1 packets read before it)",
        inputs[0]);
    is_text(source_damage(s, 0), want, "the sentence");
    ok(!source_next(s, &(struct frame){0}), "asked again, the end is still the end");
    source_free(s);
}

static void standard_input_may_be_a_pipe(void)
{
    static const size_t steps[] = {1, 5, 4096};
    const char *inputs[1] = {"-"};
    int saved = dup(STDIN_FILENO);

    for (size_t i = 0; i < 6; i++) {
        struct span bytes = i % 2 ? gzip_of(small_pcap()) : small_pcap();
        struct feeder f;

        if (dup2(feeder_start(&f, bytes, steps[i / 2]), STDIN_FILENO) < 0)
            abort();
        expect_text(inputs, 1, "onetwo, longerthree", "a pipe");
        feeder_stop(&f);
    }
    if (dup2(saved, STDIN_FILENO) < 0)
        abort();
    (void)close(saved);
}

static void a_named_pipe_is_read_once(void)
{
    struct feeder f;
    char name[64];
    const char *inputs[1] = {name};

    (void)snprintf(name, sizeof(name), "/dev/fd/%d", feeder_start(&f, small_pcap(), 4096));
    expect_text(inputs, 1, "onetwo, longerthree", "a pipe by name");
    feeder_stop(&f);
}

static void filtered_frames_are_counted(void)
{
    static struct writer to;
    const char *inputs[1];
    struct source *s;
    struct err why;

    put_pcap_header(&to, 0xa1b2c3d4, 1);
    put_pcap_record(&to, 1, 0, "aaaaaabbbbbb\x86\xdd");
    put_pcap_record(&to, 2, 0, "aaaaaabbbbbb\x88\xcc");
    inputs[0] = save("two.pcap", exact(wire_done(&to.w)));
    s = open_source(inputs, 1, "ether proto 0x88cc", &why);
    is_int(strlen(read_text(s)), 14, "one of two frames matches");
    is_int(source_stats(s)->filtered, 1, "the other is counted");
    is_int(source_stats(s)->frames, 1, "the one as well");
    source_free(s);
}

static void more_files_than_are_kept_open_are_read(void)
{
    const char *inputs[1] = {path_of("many")};
    struct source *s;
    struct err why;
    char name[32];
    uint64_t last = 0;
    struct frame frame;
    bool sorted = true;

    if (mkdir(inputs[0], 0700) < 0)
        abort();
    for (uint32_t i = 0; i < 300; i++) {
        (void)snprintf(name, sizeof(name), "many/%u", i);
        (void)save(name, one_frame(1 + i * 7 % 300, "x"));
    }
    s = open_source(inputs, 1, NULL, &why);
    ok(s != NULL, "a folder of 300 captures %s", why.text);
    while (source_next(s, &frame)) {
        sorted = sorted && frame.time_ns > last;
        last = frame.time_ns;
    }
    is_int(source_stats(s)->frames, 300, "gives 300 frames");
    ok(sorted, "in the order of time");
    source_free(s);
}

static void remove_folder(void)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    if (system(command) != 0)
        perror(folder);
}

int main(void)
{
    if (!mkdtemp(folder))
        abort();
    log_set_level(LOG_LEVEL_ERROR);
    inputs_are_read_in_the_order_given();
    a_folder_is_read_by_time();
    what_cannot_be_read_is_refused();
    damage_ends_the_file_and_not_the_run();
    standard_input_may_be_a_pipe();
    a_named_pipe_is_read_once();
    filtered_frames_are_counted();
    more_files_than_are_kept_open_are_read();
    source_free(NULL);
    remove_folder();
    return done_testing();
}
