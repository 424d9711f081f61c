#include "captures.h"

#include "base/nanotime.h"

static struct reader r;

/* A form that only libpcap knows: one vendor's version 543.0, with the lengths swapped. */
static struct span vendors_form(void)
{
    static struct writer to;

    to.w.len = 0;
    put_u32(&to, 0xa1b2c3d4);
    put_u16(&to, 543);
    put_u16(&to, 0);
    wire_fill(&to.w, 0, 8);
    put_u32(&to, 65535);
    put_u32(&to, 101);
    put_u32(&to, 10);
    put_u32(&to, 5);
    put_u32(&to, 60);
    put_u32(&to, 4);
    put_text(&to, "data");
    return exact(wire_done(&to.w));
}

static void other_forms_are_read_by_libpcap(void)
{
    struct span forms[3];

    forms[0] = vendors_form();
    forms[1] = gzip_of(forms[0]);
    forms[2] = zstd_of(forms[0]);
    for (size_t i = 0; i < 3; i++) {
        struct frame frame = {0};

        open_reader(&r, forms[i]);
        is_int(reader_next(&r, &frame), READER_FRAME, "form %zu: there is a frame", i);
        is_int(frame.time_ns, 10 * NS_PER_S + 5000, "its time");
        is_span(frame.bytes, span_of_text("data"), "its bytes");
        is_int(frame.wire_len, 60, "its length on the wire");
        is_int(frame.link_type, 101, "its link type, in the files' numbers");
        is_int(reader_next(&r, &frame), READER_END, "then comes the end");
    }
}

static void their_damage_is_told(void)
{
    struct span whole = vendors_form();
    enum reader_result end;

    open_reader(&r, exact(span_first(whole, whole.len - 1)));
    is_int(read_all(&r, &end), 0, "a record that is cut short is none");
    is_int(end, READER_DAMAGED, "but damage");
}

static void what_is_no_capture_is_refused(void)
{
    struct frame frame;

    open_reader(&r, span_of_text("no capture at all, but long enough for a header"));
    is_int(reader_next(&r, &frame), READER_DAMAGED, "a text is no capture");
    ok(!r.is_capture, "and not taken for one");
    is_text(r.damage.text,
            "test.pcap: it is no capture file that can be read (unknown file format)",
            "it says");
    open_reader(&r, span_of(NULL, 0));
    is_int(reader_next(&r, &frame), READER_DAMAGED, "an empty file is damage");
    ok(r.is_capture, "not something else");
    is_text(r.damage.text, "test.pcap: the file is empty", "it says");
}

int main(void)
{
    struct err why;

    if (reader_init(&r, NULL, &why) < 0)
        abort();
    other_forms_are_read_by_libpcap();
    their_damage_is_told();
    what_is_no_capture_is_refused();
    reader_fini(&r);
    return done_testing();
}
