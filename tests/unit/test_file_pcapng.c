#include "captures.h"

#include "base/nanotime.h"

static struct reader r;
static struct writer to;

static void begin(bool big)
{
    to.w.len = 0;
    to.big = big;
    put_section(&to);
}

static struct span done(void)
{
    return exact(wire_done(&to.w));
}

static void both_byte_orders_are_read(void)
{
    for (int big = 0; big < 2; big++) {
        struct frame frame = {0};

        begin(big);
        put_interface(&to, 113, 0, span_of(NULL, 0));
        put_packet(&to, 0, UINT64_C(1600000000000001), "hello");
        open_reader(&r, done());
        is_int(reader_next(&r, &frame), READER_FRAME, "byte order %d: there is a frame",
               big);
        is_int(frame.time_ns, UINT64_C(1600000000000001000), "its time in microseconds");
        is_span(frame.bytes, span_of_text("hello"), "its bytes");
        is_int(frame.wire_len, 100, "its length on the wire");
        is_int(frame.link_type, 113, "its link type");
        ok(!frame.process, "and no process");
        is_int(reader_next(&r, &frame), READER_END, "then comes the end");
    }
}

static void units_of_time_are_minded(void)
{
    static const struct {
        const char *resolution;
        uint64_t units;
        uint64_t want;
    } cases[] = {
        {"06", 1500000, 1500000000},
        {"09", 1500000000, 1500000000},
        {"03", 1500, 1500000000},
        {"00", 2, 2000000000},
        {"0c", UINT64_C(1500000000000), 1500000000},
        {"13", UINT64_C(15000000000000000000), 1500000000},
        {"81", 3, 1500000000},
        {"8a", 1536, 1500000000},
        {"a0", UINT64_C(6442450944), 1500000000},
        {"bf", UINT64_C(13835058055282163712), 1500000000},
        {"00", UINT64_MAX, UINT64_MAX / NS_PER_S * NS_PER_S - NS_PER_S},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct frame frame = {0};

        begin(false);
        put_interface(&to, 1, 9, hex(cases[i].resolution));
        put_packet(&to, 0, cases[i].units, "x");
        open_reader(&r, done());
        ok(reader_next(&r, &frame) == READER_FRAME && frame.time_ns == cases[i].want,
           "resolution %s", cases[i].resolution);
    }
    begin(false);
    put_interface(&to, 1, 9, hex("14"));
    open_reader(&r, done());
    is_int(reader_next(&r, &(struct frame){0}), READER_DAMAGED, "10^-20 is impossible");
}

static void offsets_of_time_are_minded(void)
{
    static const struct {
        const char *offset;
        uint64_t want;
    } cases[] = {
        {"0a00000000000000", UINT64_C(11500000000)},
        {"ffffffffffffffff", 500000000},
        {"feffffffffffffff", 500000000},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct frame frame = {0};

        begin(false);
        put_interface(&to, 1, 14, hex(cases[i].offset));
        put_packet(&to, 0, 1500000, "x");
        open_reader(&r, done());
        ok(reader_next(&r, &frame) == READER_FRAME && frame.time_ns == cases[i].want,
           "offset %s", cases[i].offset);
    }
}

static void interfaces_and_sections_are_minded(void)
{
    struct frame frame = {0};

    begin(false);
    put_interface(&to, 1, 0, span_of(NULL, 0));
    put_interface(&to, 101, 9, hex("09"));
    put_packet(&to, 1, 7, "one");
    put_packet(&to, 0, 7, "two");
    to.big = true;
    put_section(&to);
    put_interface(&to, 113, 0, span_of(NULL, 0));
    put_packet(&to, 0, 7, "three");
    open_reader(&r, done());
    ok(reader_next(&r, &frame) == READER_FRAME && frame.link_type == 101 &&
           frame.time_ns == 7,
       "a packet of the second interface");
    ok(reader_next(&r, &frame) == READER_FRAME && frame.link_type == 1 &&
           frame.time_ns == 7000,
       "one of the first");
    ok(reader_next(&r, &frame) == READER_FRAME && frame.link_type == 113 &&
           frame.time_ns == 7000,
       "one of a section in the other byte order");
    is_int(reader_next(&r, &frame), READER_END, "then comes the end");
}

static void other_packet_blocks_are_read(void)
{
    struct frame frame = {0};
    size_t place;

    begin(false);
    put_interface(&to, 1, 0, span_of(NULL, 0));
    place = open_block(&to, 2); /* obsolete: interface 2, drops 2 */
    put_u16(&to, 0);
    put_u16(&to, 0xffff);
    put_u32(&to, 0);
    put_u32(&to, 7);
    put_u32(&to, 3);
    put_u32(&to, 60);
    put_text(&to, "old");
    close_block(&to, place);
    place = open_block(&to, 3); /* simple */
    put_u32(&to, 6);
    put_text(&to, "simple");
    close_block(&to, place);
    open_reader(&r, done());
    ok(reader_next(&r, &frame) == READER_FRAME && frame.time_ns == 7000 &&
           span_equal(frame.bytes, span_of_text("old")),
       "an obsolete packet block");
    ok(reader_next(&r, &frame) == READER_FRAME && frame.time_ns == 7000 &&
           frame.wire_len == 6 && span_equal(frame.bytes, span_of_text("simple")),
       "a simple one, which has the time of the packet before");
    is_int(reader_next(&r, &frame), READER_END, "then comes the end");
}

static void unknown_blocks_are_skipped(void)
{
    static uint8_t large[1200000];
    struct span head, tail, all;
    struct frame frame = {0};
    size_t place;

    begin(false);
    put_interface(&to, 1, 0, span_of(NULL, 0));
    place = open_block(&to, 0x0bad);
    put_text(&to, "whatever");
    close_block(&to, place);
    put_u32(&to, 0x0bad);
    put_u32(&to, 1000000);
    head = done();
    to.w.len = 0;
    put_u32(&to, 1000000);
    put_packet(&to, 0, 1, "x");
    tail = done();
    memcpy(large, head.data, head.len);
    memcpy(large + head.len + 1000000 - 12, tail.data, tail.len);
    all = span_of(large, head.len + 1000000 - 12 + tail.len);
    open_reader(&r, all);
    is_int(reader_next(&r, &frame), READER_FRAME, "a block of a megabyte is skipped");
    is_span(frame.bytes, span_of_text("x"), "to the packet behind it");
}

static void processes_are_named(void)
{
    struct frame frame = {0};
    size_t place;

    begin(false);
    put_interface(&to, 1, 0, span_of(NULL, 0));
    place = open_block(&to, 0x80000001);
    put_u32(&to, 100);
    put_option(&to, 2, span_of_text("browser"));
    close_block(&to, place);
    place = open_block(&to, 0x80000001);
    put_u32(&to, 101);
    put_option(&to, 2, span_of_text("app"));
    close_block(&to, place);
    for (int with = 0; with < 3; with++) {
        place = open_block(&to, 6);
        wire_fill(&to.w, 0, 12);
        put_u32(&to, 1);
        put_u32(&to, 1);
        put_text(&to, "x");
        put_padding(&to);
        if (with > 0)
            put_option(&to, 0x8001, hex("00000000"));
        if (with > 1)
            put_option(&to, 0x8003, hex("01000000"));
        close_block(&to, place);
    }
    open_reader(&r, done());
    ok(reader_next(&r, &frame) == READER_FRAME && !frame.process,
       "a packet without a process");
    (void)reader_next(&r, &frame);
    is_text(frame.process, "browser", "one with");
    (void)reader_next(&r, &frame);
    is_text(frame.process, "app", "one on behalf of another");
}

static void expect_damage(const char *sentence)
{
    struct frame frame;
    enum reader_result end;

    open_reader(&r, done());
    while ((end = reader_next(&r, &frame)) == READER_FRAME)
        ;
    is_int(end, READER_DAMAGED, "damage");
    is_text(r.damage.text, sentence, "is told");
}

static void contradictions_are_damage(void)
{
    size_t place;

    begin(false);
    put_packet(&to, 0, 1, "x");
    expect_damage("test.pcap: damaged at byte 28: interface 0 was not described "
                  "(0 packets read before it)");
    begin(false);
    put_interface(&to, 1, 0, span_of(NULL, 0));
    place = open_block(&to, 6);
    wire_fill(&to.w, 0, 12);
    put_u32(&to, 5);
    put_u32(&to, 5);
    put_text(&to, "four");
    close_block(&to, place);
    expect_damage(
        "test.pcap: damaged at byte 48: record length 5 is more than its block holds "
        "(0 packets read before it)");
    begin(false);
    put_u32(&to, 1);
    put_u32(&to, 13);
    wire_fill(&to.w, 0, 20);
    expect_damage(
        "test.pcap: damaged at byte 28: a block length of 13 (0 packets read before it)");
    begin(false);
    put_u32(&to, 6);
    put_u32(&to, 0x10000000);
    wire_fill(&to.w, 0, 20);
    expect_damage(
        "test.pcap: damaged at byte 28: block length 268435456 is more than 524288 "
        "(0 packets read before it)");
    begin(false);
    put_interface(&to, 1, 0, span_of(NULL, 0));
    to.w.len -= 4;
    put_u32(&to, 24);
    expect_damage("test.pcap: damaged at byte 28: block lengths 20 and 24 differ "
                  "(0 packets read before it)");
    to.w.len = 0;
    put_u32(&to, 0x0a0d0d0a);
    put_u32(&to, 28);
    wire_fill(&to.w, 7, 20);
    expect_damage("test.pcap: damaged at byte 0: the byte order magic is 07070707 "
                  "(0 packets read before it)");
}

static void each_truncation_is_told(void)
{
    struct span whole;
    bool right = true;

    begin(true);
    put_interface(&to, 1, 0, span_of(NULL, 0));
    put_packet(&to, 0, 1, "first");
    put_packet(&to, 0, 2, "second");
    whole = done();
    for (size_t n = 4; n <= whole.len; n++) {
        enum reader_result end;
        size_t frames;

        open_reader(&r, exact(span_first(whole, n)));
        frames = read_all(&r, &end);
        right = right && frames == (size_t)(n >= 88) + (n >= 128) &&
                end == (n == 28 || n == 48 || n == 88 || n == 128 ? READER_END
                                                                  : READER_DAMAGED);
    }
    is_int(whole.len, 128, "a capture of 128 bytes");
    ok(right, "each truncation gives the frames before it, and is told");
}

int main(void)
{
    struct err why;

    if (reader_init(&r, NULL, &why) < 0)
        abort();
    both_byte_orders_are_read();
    units_of_time_are_minded();
    offsets_of_time_are_minded();
    interfaces_and_sections_are_minded();
    other_packet_blocks_are_read();
    unknown_blocks_are_skipped();
    processes_are_named();
    contradictions_are_damage();
    each_truncation_is_told();
    reader_fini(&r);
    return done_testing();
}
