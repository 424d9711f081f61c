#include <signal.h>
#include <sys/time.h>

#include "captures.h"

static struct buffer b;
static volatile sig_atomic_t stop;

/* Bytes that hardly compress. */
static struct span noise(size_t len)
{
    static uint8_t bytes[WIRE_MAX];
    uint32_t state = 1;

    for (size_t i = 0; i < sizeof(bytes); i++) {
        state = state * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(state >> 24);
    }
    return span_of(bytes, len);
}

/* True when the stream holds exactly these bytes, asked for `step` at a time. */
static bool reads(struct span want, size_t step)
{
    struct span got, part;

    while (!span_empty(want)) {
        size_t n = want.len < step ? want.len : step;

        if (!buffer_need(&b, n) || !span_take(&b.rest, n, &got) ||
            !span_take(&want, n, &part) || !span_equal(got, part))
            return false;
    }
    return !buffer_need(&b, 1) && !buffer_failure(&b);
}

static void a_stream_is_read_whole(void)
{
    struct span bytes = noise(200000);
    static const size_t steps[] = {1, 7, 4096, 200000};

    for (size_t i = 0; i < 4; i++) {
        buffer_open(&b, fd_of(bytes));
        ok(reads(bytes, steps[i]), "a file in steps of %zu", steps[i]);
        buffer_open(&b, fd_of(gzip_of(bytes)));
        ok(reads(bytes, steps[i]) && buffer_is_packed(&b), "with gzip in steps of %zu",
           steps[i]);
        buffer_open(&b, fd_of(zstd_of(bytes)));
        ok(reads(bytes, steps[i]) && buffer_is_packed(&b), "with zstd in steps of %zu",
           steps[i]);
    }
    is_int(buffer_offset(&b), 200000, "the offset is that of what was unpacked");
}

static void records_straddle_refills(void)
{
    static uint8_t bytes[3 * BUFFER_NEED_MAX];
    struct span all = span_of(bytes, sizeof(bytes)), got;
    bool same = true;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 31 + i / 251);
    buffer_open(&b, fd_of(all));
    for (size_t n = BUFFER_NEED_MAX - 1; same && !span_empty(all);) {
        struct span want = span_first(all, n);

        same = buffer_need(&b, want.len) && span_take(&b.rest, want.len, &got) &&
               span_equal(got, want) && span_skip(&all, want.len);
    }
    ok(same, "the longest records are handed out in one piece");
    is_int(b.raw_bytes, sizeof(bytes), "and all was read");
}

static void skipping_goes_any_distance(void)
{
    static uint8_t bytes[2 * BUFFER_NEED_MAX];
    uint8_t byte = 0;

    bytes[sizeof(bytes) - 1] = 42;
    buffer_open(&b, fd_of(span_of(bytes, sizeof(bytes))));
    ok(buffer_skip(&b, sizeof(bytes) - 1) && buffer_need(&b, 1) && span_u8(&b.rest, &byte),
       "a megabyte is skipped");
    is_int(byte, 42, "to the last byte");
    ok(!buffer_skip(&b, 1), "behind it there is nothing to skip");
}

static void a_packed_stream_may_have_several_parts(void)
{
    static struct wire w;

    w.len = 0;
    wire_span(&w, gzip_of(span_of_text("first ")));
    wire_span(&w, gzip_of(span_of_text("second")));
    wire_fill(&w, 0, 512);
    buffer_open(&b, fd_of(wire_done(&w)));
    ok(reads(span_of_text("first second"), 3),
       "gzip members in a row, with padding behind");
    w.len = 0;
    wire_span(&w, hex("502a4d18 04000000 00000000"));
    wire_span(&w, zstd_of(span_of_text("first ")));
    wire_span(&w, zstd_of(span_of_text("second")));
    buffer_open(&b, fd_of(wire_done(&w)));
    ok(reads(span_of_text("first second"), 3),
       "zstd frames in a row, behind a skippable one");
}

static void damage_of_the_packing_is_told(void)
{
    struct span bytes = noise(100000), packed = gzip_of(bytes);
    uint8_t copy[64];

    buffer_open(&b, fd_of(span_first(packed, packed.len / 2)));
    ok(!buffer_skip(&b, bytes.len), "half a gzip member ends early");
    is_text(buffer_failure(&b), "its packed data are cut short", "and says so");
    ok(b.read_offset > 1000, "what could be unpacked was there");
    buffer_open(&b, fd_of(span_first(zstd_of(bytes), 50000)));
    ok(!buffer_skip(&b, bytes.len), "half a zstd frame ends early");
    is_text(buffer_failure(&b), "its packed data are cut short", "and says so");
    memcpy(copy, gzip_of(span_of_text("some text")).data, 20);
    memset(copy + 10, 0xff, 10);
    buffer_open(&b, fd_of(span_of(copy, 20)));
    ok(!buffer_need(&b, 1), "damaged gzip data");
    is_text(buffer_failure(&b), "its gzip data are damaged", "are told");
    memcpy(copy, zstd_of(span_of_text("some text")).data, 18);
    memset(copy + 5, 0xff, 10);
    buffer_open(&b, fd_of(span_of(copy, 18)));
    ok(!buffer_need(&b, 1), "damaged zstd data");
    is_text(buffer_failure(&b), "its zstd data are damaged", "are told");
}

static void a_pipe_gives_what_a_file_gives(void)
{
    struct span bytes = noise(5000);
    struct feeder f;

    buffer_open(&b, feeder_start(&f, bytes, 1));
    ok(reads(bytes, 100), "a pipe fed byte by byte");
    feeder_stop(&f);
    buffer_open(&b, feeder_start(&f, zstd_of(bytes), 1));
    ok(reads(bytes, 100), "and packed");
    feeder_stop(&f);
    buffer_open(&b, feeder_start(&f, gzip_of(bytes), 3));
    ok(reads(bytes, 5000), "and with gzip");
    feeder_stop(&f);
}

static void errors_of_reading_are_told(void)
{
    int fd = open("/", O_RDONLY | O_DIRECTORY);

    buffer_open(&b, fd);
    ok(!buffer_need(&b, 1), "a folder cannot be read");
    is_text(buffer_failure(&b), "Is a directory", "and the reason is the system's");
    (void)close(fd);
    buffer_open(&b, fd_of(span_of(NULL, 0)));
    ok(!buffer_need(&b, 1) && !buffer_failure(&b), "an empty file simply ends");
    buffer_open(&b, fd_of(hex("1f8b")));
    ok(buffer_need(&b, 2) && !buffer_is_packed(&b), "two bytes tell no packing");
}

static void on_signal(int number)
{
    stop = number;
}

static void a_signal_ends_a_read_that_waits(void)
{
    const struct itimerval often = {.it_value.tv_usec = 1000, .it_interval.tv_usec = 1000};
    const struct itimerval never = {0};
    struct sigaction action = {.sa_handler = on_signal}; /* interrupts system calls */
    int fds[2];

    if (pipe(fds) < 0 || sigaction(SIGALRM, &action, NULL) < 0 ||
        setitimer(ITIMER_REAL, &often, NULL) < 0)
        abort();
    buffer_open(&b, fds[0]);
    ok(!buffer_need(&b, 1), "a pipe that nobody writes to is given up");
    is_text(buffer_failure(&b), "reading was interrupted", "because of a signal");
    if (setitimer(ITIMER_REAL, &never, NULL) < 0)
        abort();
    stop = 0;
}

/* How often it was asked, and how often it still says yes. */
struct asked {
    int times;
    int goes_on;
};

static bool count_and_agree(void *ctx, int fd)
{
    struct asked *asked = ctx;

    (void)fd;
    asked->times++;
    return asked->goes_on-- > 0;
}

static void each_read_is_asked_for(void)
{
    struct asked asked = {.goes_on = 2};
    const struct read_wait wait = {.until_readable = count_and_agree, .ctx = &asked};
    struct buffer asking;
    struct err why;
    int fds[2];

    if (pipe(fds) < 0 || write(fds[1], "abcd", 4) != 4 ||
        buffer_init(&asking, &wait, &why) < 0)
        abort();
    buffer_open(&asking, fds[0]);
    ok(buffer_need(&asking, 4) && asked.times == 1, "before a read it is asked for");
    if (write(fds[1], "efgh", 4) != 4)
        abort();
    ok(buffer_need(&asking, 8) && asked.times == 2, "and before the next one");
    if (write(fds[1], "ijkl", 4) != 4)
        abort();
    ok(!buffer_need(&asking, 9) && asked.times == 3, "who is refused reads no more");
    is_text(buffer_failure(&asking), "reading was interrupted", "which is told");
    ok(asking.rest.len == 8, "what was read before stays");
    buffer_fini(&asking);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

int main(void)
{
    const struct read_wait wait = {.stop = &stop};
    struct err why;

    if (buffer_init(&b, &wait, &why) < 0)
        abort();
    a_stream_is_read_whole();
    records_straddle_refills();
    skipping_goes_any_distance();
    a_packed_stream_may_have_several_parts();
    damage_of_the_packing_is_told();
    a_pipe_gives_what_a_file_gives();
    errors_of_reading_are_told();
    a_signal_ends_a_read_that_waits();
    each_read_is_asked_for();
    buffer_fini(&b);
    return done_testing();
}
