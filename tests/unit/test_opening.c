#include "tap.h"

#include "flow/opening.h"

static struct flow_opening read_options(struct span options)
{
    struct flow_opening o = {.window_scale = OPENING_NO_SCALE};
    struct packet p = {.ttl = 57, .window = 65160, .tcp_options = options};

    opening_read_syn_ack(&o, &p);
    return o;
}

static void a_syn_ack_of_linux_is_read(void)
{
    struct flow_opening o =
        read_options(hex("0204 05b4  0402  080a 00000001 00000002  01  0303 07"));

    ok(o.syn_ack_seen, "a SYN-ACK is noted");
    is_int(o.ttl, 57, "with its TTL");
    is_int(o.window, 65160, "its window");
    is_int(o.mss, 1460, "its segment size");
    is_int(o.window_scale, 7, "its window scale");
    is_text(o.options, "MSTNW", "and its options in order");
}

static void absent_options_show(void)
{
    struct flow_opening o = read_options(span_of(NULL, 0));

    is_int(o.mss, 0, "no segment size is 0");
    is_int(o.window_scale, OPENING_NO_SCALE, "no window scale is %d", OPENING_NO_SCALE);
    is_text(o.options, "", "no options are an empty text");
}

static void the_end_of_the_list_ends_it(void)
{
    is_text(read_options(hex("01 00 0204 05b4")).options, "NE",
            "nothing behind END counts");
    is_text(read_options(hex("fe 04 abcd 01")).options, "?N",
            "an unknown one is a question");
}

static void malformed_options_end_the_list(void)
{
    static const struct {
        const char *options, *letters, *what;
    } cases[] = {
        {"01 02", "N", "a kind without length"},
        {"01 02 01", "N", "a length that does not count itself"},
        {"01 02 00", "N", "a length of 0"},
        {"01 02 04 05", "N", "a value cut short"},
        {"01 02 03 05", "NM", "a segment size of one byte"},
        {"01 03 02", "NW", "a window scale of none"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct flow_opening o = read_options(hex(cases[i].options));

        is_text(o.options, cases[i].letters, "%s ends the list", cases[i].what);
        ok(o.mss == 0 && o.window_scale == OPENING_NO_SCALE, "and gives no value");
    }
}

static void every_truncation_ends_the_list(void)
{
    struct span whole = hex("0204 05b4  0402  080a 00000001 00000002  01  0303 07");
    struct flow_opening all = read_options(whole);
    bool shorter = true;

    for (size_t n = 0; n < whole.len; n++) {
        struct flow_opening o = read_options(exact(span_first(whole, n)));

        shorter = shorter && strlen(o.options) < 5 &&
                  strncmp(o.options, all.options, strlen(o.options)) == 0;
    }
    ok(shorter, "each truncation gives a beginning of the list");
}

static void a_long_list_is_cut(void)
{
    struct flow_opening o = read_options(
        hex("0101010101010101 0101010101010101 0101010101010101 0101010101010101"));

    is_int(strlen(o.options), sizeof(o.options) - 1, "more options than fit are left out");
}

int main(void)
{
    a_syn_ack_of_linux_is_read();
    absent_options_show();
    the_end_of_the_list_ends_it();
    malformed_options_end_the_list();
    every_truncation_ends_the_list();
    a_long_list_is_cut();
    return done_testing();
}
