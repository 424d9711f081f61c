#include "flow/app_label.h"

#include <stdlib.h>

#include "frames.h"

#define SECOND UINT64_C(1000000000)

static struct app_labels *labels(void)
{
    struct err why = {{0}};
    struct app_labels *l = app_labels_new(1, false, NULL, &why);

    if (!l) {
        ok(false, "nDPI is there: %s", why.text);
        exit(1);
    }
    return l;
}

/* A DNS query for "a.example", and its shape without any sense. */
#define DNS_QUERY "1234 0100 0001 0000 0000 0000 01 61 07 6578616d706c65 00 0001 0001"
#define NONSENSE "f1 e2 d3 c4 b5 a6 97 88 79 6a 5b 4c 3d 2e 1f 00"

/* The packet of a datagram between two ports, decoded as any other. */
static struct packet datagram(uint16_t from, uint16_t to, struct span payload,
                              uint64_t time_ns)
{
    struct decoder d;
    struct packet p = {0};

    begin_decoder(&d);
    (void)decode_one(&d, 101, ipv4(17, udp(from, to, payload)), &p);
    decoder_fini(&d);
    p.time_ns = time_ns;
    return p;
}

static void watch(struct app_labels *l, const struct packet *p)
{
    struct flow_key key = {.protocol = 0};

    (void)flow_key_of(p, 0, &key);
    (void)app_labels_watch(l, &key, false, p->time_ns);
}

static void watch_and_push(struct app_labels *l, const struct packet *p)
{
    watch(l, p);
    app_labels_push(l, p);
}

static uint64_t flows_of(const struct app_labels *l, const char *protocol)
{
    struct app_label_count rows[8];
    size_t count = app_labels_protocols(l, rows, 8);

    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].protocol, protocol) == 0)
            return rows[i].flows;
    return 0;
}

static void a_known_name_has_an_application(void)
{
    struct app_labels *l = labels();
    struct app_label label = app_labels_of_name(l, "graph.facebook.com");

    is_text(label.application, "Facebook", "the application of a name");
    is_text(label.category, "SocialNetwork", "and its category");
    label = app_labels_of_name(l, "GRAPH.Facebook.COM");
    is_text(label.application, "Facebook", "capitals make no difference");
    app_labels_free(l);
}

static void an_unknown_name_has_none(void)
{
    struct app_labels *l = labels();
    static const char *const names[] = {
        "host.example", "graph.facebook.com.example", "xfacebook.com.invalid", "-", "",
        "\x80\xff"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct app_label label = app_labels_of_name(l, names[i]);

        ok(!label.application && !label.category, "no label for \"%s\"", names[i]);
    }
    app_labels_free(l);
}

static void a_name_that_is_too_long_is_not_asked_for(void)
{
    struct app_labels *l = labels();
    char name[APP_LABEL_NAME_MAX + 1];

    memset(name, 'a', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    ok(!app_labels_of_name(l, name).application, "a name of 256 bytes has no label");
    is_int(app_labels_stats(l)->names, 0, "and was not asked for");
    name[sizeof(name) - 2] = '\0';
    (void)app_labels_of_name(l, name);
    is_int(app_labels_stats(l)->names, 1, "one of 255 bytes was");
    app_labels_free(l);
}

static void a_name_is_asked_for_once(void)
{
    struct app_labels *l = labels();
    const char *first = app_labels_of_name(l, "www.google.com").application;

    for (int i = 0; i < 10; i++)
        ok(app_labels_of_name(l, "www.google.com").application == first,
           "the same text again");
    is_int(app_labels_stats(l)->names, 1, "asked for once");
    is_int(app_labels_stats(l)->names_known, 1, "and known");
    app_labels_free(l);
}

static void the_name_not_used_for_longest_goes(void)
{
    struct app_labels *l = labels();
    char name[32];

    (void)app_labels_of_name(l, "www.google.com");
    (void)app_labels_of_name(l, "www.netflix.com");
    for (unsigned i = 2; i < APP_LABEL_NAMES_MAX; i++) {
        (void)snprintf(name, sizeof(name), "host-%u.example", i);
        (void)app_labels_of_name(l, name);
    }
    is_int(app_labels_stats(l)->names_evicted, 0, "the table is just full");
    (void)app_labels_of_name(l, "www.google.com");
    (void)app_labels_of_name(l, "one-more.example");
    is_int(app_labels_stats(l)->names_evicted, 1, "one more name, one goes");
    is_int(app_labels_stats(l)->names, APP_LABEL_NAMES_MAX + 1, "all were asked for once");
    is_text(app_labels_of_name(l, "www.google.com").application, "Google",
            "a name used late");
    is_int(app_labels_stats(l)->names, APP_LABEL_NAMES_MAX + 1, "is still there");
    is_text(app_labels_of_name(l, "www.netflix.com").application, "NetFlix",
            "the other one");
    is_int(app_labels_stats(l)->names, APP_LABEL_NAMES_MAX + 2, "was asked for again");
    app_labels_free(l);
}

static void a_watched_flow_is_counted_by_its_protocol(void)
{
    struct app_labels *l = labels();
    struct packet p = datagram(40000, 53, hex(DNS_QUERY), SECOND);

    watch_and_push(l, &p);
    is_int(flows_of(l, "DNS"), 1, "a flow of DNS");
    is_int(app_labels_stats(l)->flows_live, 0, "is watched no longer");
    app_labels_push(l, &p);
    is_int(app_labels_stats(l)->packets, 1,
           "and none of its packets is looked at any more");
    app_labels_free(l);
}

static void a_flow_that_is_not_watched_is_let_by(void)
{
    struct app_labels *l = labels();
    struct packet watched = datagram(40000, 53, hex(NONSENSE), SECOND);
    struct packet other = datagram(40001, 53, hex(DNS_QUERY), SECOND);

    watch(l, &watched);
    app_labels_push(l, &other);
    is_int(app_labels_stats(l)->packets, 0, "a packet of another flow");
    app_labels_free(l);
}

static void both_directions_are_one_flow(void)
{
    struct app_labels *l = labels();
    struct packet there = datagram(40000, 50000, hex(NONSENSE), SECOND);
    struct packet back = there;

    back.source = there.destination;
    back.destination = there.source;
    back.source_port = there.destination_port;
    back.destination_port = there.source_port;
    watch_and_push(l, &there);
    app_labels_push(l, &back);
    is_int(app_labels_stats(l)->packets, 2, "a packet of each direction");
    watch(l, &back);
    is_int(app_labels_stats(l)->flows, 1, "belongs to one flow");
    app_labels_free(l);
}

static void a_flow_is_given_up_after_its_first_packets(void)
{
    struct app_labels *l = labels();
    struct packet p = datagram(40000, 50000, hex(NONSENSE), SECOND);

    watch(l, &p);
    for (unsigned i = 0; i < 3 * APP_LABEL_PACKETS_MAX; i++)
        app_labels_push(l, &p);
    is_int(app_labels_stats(l)->packets, APP_LABEL_PACKETS_MAX, "so many packets");
    is_int(flows_of(l, "unknown"), 1, "then it counts as unknown");
    is_int(app_labels_stats(l)->flows_unknown, 1, "once");
    app_labels_free(l);
}

static void a_packet_that_is_not_whole_is_let_by(void)
{
    struct app_labels *l = labels();
    struct packet p = datagram(40000, 50000, hex(NONSENSE), SECOND);
    struct packet empty = p, reassembled = p, cut = p;

    empty.payload = span_of(NULL, 0);
    reassembled.network = span_of(NULL, 0);
    cut.payload = span_first(p.payload, p.payload.len - 1);
    watch(l, &p);
    app_labels_push(l, &empty);
    app_labels_push(l, &reassembled);
    app_labels_push(l, &cut);
    is_int(app_labels_stats(l)->packets, 0, "none of them is looked at");
    app_labels_free(l);
}

static void every_truncation_of_a_packet_is_harmless(void)
{
    struct app_labels *l = labels();
    struct packet p = datagram(40000, 53, hex(DNS_QUERY), SECOND);

    for (size_t n = 1; n < p.network.len; n++) {
        struct packet cut = p;

        cut.network = exact(span_first(p.network, n));
        cut.source_port = (uint16_t)(1000 + n);
        watch_and_push(l, &cut);
    }
    ok(app_labels_stats(l)->packets == p.network.len - 1, "all were looked at");
    app_labels_free(l);
}

static void there_are_only_so_many_flows_at_once(void)
{
    struct app_labels *l = labels();
    struct packet p = datagram(1, 50000, hex(NONSENSE), SECOND);
    unsigned wanted = APP_LABEL_FLOWS_MAX + 10;

    for (unsigned i = 0; i < wanted; i++) {
        p.source_port = (uint16_t)(i + 1);
        p.time_ns = SECOND + i / APP_LABEL_FLOWS_A_SECOND * SECOND;
        watch_and_push(l, &p);
    }
    is_int(app_labels_stats(l)->flows_live, APP_LABEL_FLOWS_MAX, "the table is full");
    is_int(app_labels_stats(l)->flows_left_out, 10, "the rest is left out and counted");
    p.time_ns += APP_LABEL_IDLE_NS + 10 * SECOND;
    p.source_port = 60000;
    watch_and_push(l, &p);
    is_int(app_labels_stats(l)->flows_live, 1, "quiet flows make room");
    is_int(flows_of(l, "unknown"), APP_LABEL_FLOWS_MAX, "and count as unknown");
    app_labels_free(l);
}

static void only_so_many_flows_begin_in_a_second(void)
{
    struct app_labels *l = labels();
    struct packet p = datagram(1, 53, hex(DNS_QUERY), SECOND);

    for (unsigned i = 0; i < APP_LABEL_FLOWS_A_SECOND + 5; i++) {
        p.source_port = (uint16_t)(i + 1);
        watch_and_push(l, &p);
    }
    is_int(app_labels_stats(l)->flows, APP_LABEL_FLOWS_A_SECOND, "so many in a second");
    is_int(app_labels_stats(l)->flows_left_out, 5, "the rest is left out");
    p.time_ns += SECOND;
    watch_and_push(l, &p);
    is_int(app_labels_stats(l)->flows, APP_LABEL_FLOWS_A_SECOND + 1,
           "the next second has room");
    app_labels_free(l);
}

static void what_nDPI_knows_of_a_flow_is_kept_for_who_asks(void)
{
    struct app_labels *l = labels();
    struct packet dns = datagram(40000, 53, hex(DNS_QUERY), SECOND);
    struct packet other = datagram(40000, 50000, hex(NONSENSE), SECOND);
    struct flow_key known = {.protocol = 0}, unknown = {.protocol = 0};

    (void)flow_key_of(&dns, 0, &known);
    (void)flow_key_of(&other, 0, &unknown);
    ok(app_labels_watch(l, &known, true, SECOND) &&
           app_labels_watch(l, &unknown, true, SECOND),
       "two flows");
    is_int(app_labels_verdict(l, &known), APP_LABEL_PENDING, "it has seen nothing yet");
    app_labels_push(l, &dns);
    is_int(app_labels_verdict(l, &known), APP_LABEL_KNOWN, "then it knows");
    for (unsigned i = 0; i < APP_LABEL_PACKETS_MAX; i++) {
        is_int(app_labels_verdict(l, &unknown), APP_LABEL_PENDING, "or wants more");
        app_labels_push(l, &other);
    }
    is_int(app_labels_verdict(l, &unknown), APP_LABEL_UNKNOWN, "until it gives up");
    other.time_ns += 2 * APP_LABEL_IDLE_NS;
    watch(l, &other);
    is_int(app_labels_verdict(l, &known), APP_LABEL_KNOWN, "what is known stays known");
    app_labels_release(l, &known);
    is_int(app_labels_verdict(l, &known), APP_LABEL_UNKNOWN, "until it is released");
    is_int(app_labels_stats(l)->flows_live, 1, "and only the new one is watched");
    app_labels_free(l);
}

static void protocols_come_with_the_most_frequent_first(void)
{
    struct app_labels *l = labels();
    struct packet dns = datagram(40000, 53, hex(DNS_QUERY), SECOND);
    struct packet ntp =
        datagram(40000, 123,
                 hex("23 02 06 e8 00000000 00000000 00000000 00000000 00000000"
                     "00000000 00000000 00000000 00000000 00000000 00000000"),
                 SECOND);
    struct app_label_count rows[2];

    watch_and_push(l, &ntp);
    for (uint16_t i = 1; i <= 3; i++) {
        dns.source_port = i;
        watch_and_push(l, &dns);
    }
    is_int(app_labels_protocols(l, rows, 2), 2, "two protocols");
    is_text(rows[0].protocol, "DNS", "the first");
    is_int(rows[0].flows, 3, "has three flows");
    is_text(rows[1].protocol, "NTP", "the second");
    is_int(rows[1].flows, 1, "has one");
    is_int(app_labels_protocols(l, rows, 1), 1, "when there is room for one");
    is_text(rows[0].protocol, "DNS", "it is the first");
    app_labels_free(l);
}

int main(void)
{
    a_known_name_has_an_application();
    an_unknown_name_has_none();
    a_name_that_is_too_long_is_not_asked_for();
    a_name_is_asked_for_once();
    the_name_not_used_for_longest_goes();
    a_watched_flow_is_counted_by_its_protocol();
    a_flow_that_is_not_watched_is_let_by();
    both_directions_are_one_flow();
    a_flow_is_given_up_after_its_first_packets();
    a_packet_that_is_not_whole_is_let_by();
    every_truncation_of_a_packet_is_harmless();
    there_are_only_so_many_flows_at_once();
    only_so_many_flows_begin_in_a_second();
    what_nDPI_knows_of_a_flow_is_kept_for_who_asks();
    protocols_come_with_the_most_frequent_first();
    return done_testing();
}
