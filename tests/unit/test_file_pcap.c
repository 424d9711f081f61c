#include "captures.h"

#include "base/nanotime.h"

static struct reader r;

static const struct {
    const char *name;
    uint32_t magic;
    bool big;
    uint64_t fraction_ns;
    size_t extra; /* bytes that a record header has more than usual */
} forms[] = {
    {"microseconds, little-endian", 0xa1b2c3d4, false, 1000, 0},
    {"microseconds, big-endian", 0xa1b2c3d4, true, 1000, 0},
    {"nanoseconds, little-endian", 0xa1b23c4d, false, 1, 0},
    {"nanoseconds, big-endian", 0xa1b23c4d, true, 1, 0},
    {"the modified form, little-endian", 0xa1b2cd34, false, 1000, 8},
    {"the modified form, big-endian", 0xa1b2cd34, true, 1000, 8},
};

static void every_form_gives_the_frame(void)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        static struct writer to;
        struct frame frame = {0};

        to = (struct writer){.big = forms[i].big};
        put_pcap_header(&to, forms[i].magic, 0x10000000 | 113);
        put_u32(&to, 0xfffffff0);
        put_u32(&to, 5);
        put_u32(&to, 4);
        put_u32(&to, 60);
        wire_fill(&to.w, 0, forms[i].extra);
        put_text(&to, "data");
        open_reader(&r, exact(wire_done(&to.w)));
        is_int(reader_next(&r, &frame), READER_FRAME, "%s: there is a frame",
               forms[i].name);
        is_int(frame.time_ns, UINT64_C(4294967280) * NS_PER_S + 5 * forms[i].fraction_ns,
               "with its time, seconds without sign");
        is_span(frame.bytes, span_of_text("data"), "its bytes");
        is_int(frame.wire_len, 60, "its length on the wire");
        is_int(frame.link_type, 113, "its link type without the check sequence bits");
        is_text(frame.file, "test.pcap", "and its file's name");
        is_int(reader_next(&r, &frame), READER_END, "then comes the end");
    }
}

static void a_fraction_may_exceed_a_second(void)
{
    static struct writer to;
    struct frame frame = {0};

    put_pcap_header(&to, 0xa1b2c3d4, 1);
    put_pcap_record(&to, 10, 2500000, "x");
    open_reader(&r, exact(wire_done(&to.w)));
    (void)reader_next(&r, &frame);
    is_int(frame.time_ns, UINT64_C(12500000000), "10 s and 2,500,000 us are 12.5 s");
}

static void old_versions_have_the_lengths_swapped(void)
{
    static struct writer to;
    struct frame frame = {0};

    put_u32(&to, 0xa1b2c3d4);
    put_u16(&to, 2);
    put_u16(&to, 2);
    wire_fill(&to.w, 0, 12);
    put_u32(&to, 1);
    put_u32(&to, 1);
    put_u32(&to, 2);
    put_u32(&to, 60);
    put_u32(&to, 4);
    put_text(&to, "data");
    open_reader(&r, exact(wire_done(&to.w)));
    is_int(reader_next(&r, &frame), READER_FRAME, "version 2.2 is read");
    is_int(frame.wire_len, 60, "with the lengths in their places");
}

static void impossible_lengths_are_damage(void)
{
    static struct writer to;
    struct frame frame;

    put_pcap_header(&to, 0xa1b2c3d4, 1);
    put_pcap_record(&to, 10, 1, "one");
    put_u32(&to, 10);
    put_u32(&to, 2);
    put_u32(&to, UINT32_MAX);
    put_u32(&to, 60);
    wire_fill(&to.w, 0, 200);
    open_reader(&r, exact(wire_done(&to.w)));
    is_int(reader_next(&r, &frame), READER_FRAME, "the record before is read");
    is_int(reader_next(&r, &frame), READER_DAMAGED, "an impossible one is damage");
    is_text(r.damage.text,
            "test.pcap: damaged at byte 43: record length 4294967295 is more than 262144 "
            "(1 packets read before it)",
            "told with its place");
}

static void each_truncation_is_told(void)
{
    struct span whole = small_pcap();
    static const size_t ends[] = {24, 43, 70, 91};
    bool right = true, named = true;
    size_t complete = 0;

    for (size_t n = 4; n <= whole.len; n++) {
        enum reader_result end;
        size_t frames, k = 0;
        char where[64];

        while (k < 3 && ends[k + 1] <= n)
            k++;
        open_reader(&r, exact(span_first(whole, n)));
        frames = read_all(&r, &end);
        right = right && frames == k &&
                end == (n >= 24 && n == ends[k] ? READER_END : READER_DAMAGED);
        (void)snprintf(where, sizeof(where), "cut short at byte %zu inside", n);
        named = named && (end == READER_END || strstr(r.damage.text, where));
        complete += end == READER_END;
    }
    ok(right, "each truncation gives the frames before it, and no more");
    ok(named, "and says where");
    is_int(complete, 4, "only between records it is none");
    open_reader(&r, exact(span_first(whole, 60)));
    (void)read_all(&r, &(enum reader_result){READER_END});
    is_text(
        r.damage.text,
        "test.pcap: cut short at byte 60 inside a packet record (1 packets read before it)",
        "the sentence");
}

static void a_record_may_be_empty(void)
{
    static struct writer to;
    struct frame frame = {0};

    put_pcap_header(&to, 0xa1b2c3d4, 1);
    put_pcap_record(&to, 10, 1, "");
    open_reader(&r, exact(wire_done(&to.w)));
    ok(reader_next(&r, &frame) == READER_FRAME && frame.bytes.len == 0,
       "a record of no bytes");
}

int main(void)
{
    struct err why;

    if (reader_init(&r, NULL, &why) < 0)
        abort();
    every_form_gives_the_frame();
    a_fraction_may_exceed_a_second();
    old_versions_have_the_lengths_swapped();
    impossible_lengths_are_damage();
    each_truncation_is_told();
    a_record_may_be_empty();
    reader_fini(&r);
    return done_testing();
}
