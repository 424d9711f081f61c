#include "base/log.h"
#include "capture/filter.h"
#include "frames.h"

static bool matches(const char *expression, uint32_t link_type, struct span bytes)
{
    struct frame frame = {
        .bytes = bytes, .wire_len = (uint32_t)bytes.len, .link_type = link_type};
    struct filter *f = filter_new(expression, false);
    bool result;

    if (!f)
        abort();
    result = filter_matches(f, &frame);
    ok(filter_matches(f, &frame) == result, "asked twice, the answer is the same");
    filter_free(f);
    return result;
}

static void frames_are_matched(void)
{
    struct span frame = ethernet(0x0800, segment());

    ok(matches("tcp port 443", 1, frame), "a port matches");
    ok(!matches("tcp port 80", 1, frame), "another does not");
    ok(matches("", 1, frame), "an empty filter matches all");
    ok(matches("host 192.0.2.1", 101, segment()), "raw IP is matched in its own way");
    ok(matches("vlan 7 and port 443", 1,
               ethernet(0x8100, put_before("0007 0800", segment()))),
       "a tag is matched");
    ok(!matches("tcp port 443", 1, span_first(frame, 20)), "a cut frame does not match");
}

static void one_filter_serves_several_links(void)
{
    struct span ether = ethernet(0x0800, segment()), raw = segment();
    struct frame one = {.bytes = ether, .wire_len = (uint32_t)ether.len, .link_type = 1};
    struct frame two = {.bytes = raw, .wire_len = (uint32_t)raw.len, .link_type = 101};
    struct filter *f = filter_new("port 443", false);

    for (int i = 0; i < 3; i++)
        ok(filter_matches(f, &one) && filter_matches(f, &two), "links in turn");
    for (uint32_t link_type = 200; link_type < 300; link_type++) {
        two.link_type = link_type;
        (void)filter_matches(f, &two);
    }
    ok(filter_matches(f, &one), "after a hundred others the first still matches");
    filter_free(f);
}

static void bad_expressions_are_told(void)
{
    struct filter *f = filter_new("no such thing", false);
    struct err why = {""};

    is_int(filter_check(f, 1, &why), -1, "an expression that does not compile");
    ok(strstr(why.text, "filter \"no such thing\": ") == why.text, "is told: %s", why.text);
    filter_free(f);
    f = filter_new("ether host 02:00:00:00:00:01", false);
    is_int(filter_check(f, 1, &why), 0, "one for Ethernet compiles there");
    is_int(filter_check(f, 101, &why), -1, "but not for raw IP");
    ok(!matches("ether host 02:00:00:00:00:01", 101, segment()),
       "where it matches nothing");
    filter_free(f);
    filter_free(NULL);
}

int main(void)
{
    struct decoder d;

    begin_decoder(&d);
    ok(holds_segment(&d, 101, segment()), "the frames are as they should be");
    decoder_fini(&d);
    log_set_level(LOG_LEVEL_ERROR);
    frames_are_matched();
    one_filter_serves_several_links();
    bad_expressions_are_told();
    return done_testing();
}
