#include "packets.h"
#include "random.h"

static void a_conversation_is_told_in_order(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    is_text(told(&l), "", "a handshake of TCP says nothing");
    send_packet(&l, 0, ACK, 101, 501, "hello");
    send_packet(&l, 1, ACK, 501, 106, "answer");
    is_text(told(&l), "0:hello 1:answer", "bytes are told as they come");
    send_packet(&l, 0, FIN | ACK, 106, 507, "bye");
    send_packet(&l, 1, FIN | ACK, 507, 110, "");
    is_text(told(&l), "0:bye 0F 1F", "then both FINs");
    is_int(l.closed_ns, l.now_ns, "with their time");
    is_int(l.seen.start_ns, FIRST_NS + NS_PER_MS, "the connection began with its SYN");
    is_int(l.seen.opening.rtt_ns, NS_PER_MS, "the SYN-ACK came a millisecond later");
    is_int(l.seen.packets[0], 4, "four packets of the client");
    is_int(l.seen.packets[1], 3, "three of the server");
    is_int(l.seen.bytes[0], 4 * 54 + 8, "bytes are those of the frames");
    is_int(l.seen.payload_bytes[0], 8, "payload those of the stream");
    ok(!l.seen.midstream && l.seen.gaps == 0, "it is whole");
    flows_drain(&l.flows);
    is_text(told(&l), "Ec", "the capture ends it");
    end_log(&l);
}

static void send_from(struct flow_log *l, int side, uint8_t flags, const uint8_t mac[6])
{
    struct packet p = segment_of(l, side, flags, side ? 500 : 100, side ? 101 : 501, "");

    p.source_mac = mac;
    flows_push(&l->flows, &p);
}

/* As on a cooked link, where a packet has the hardware address of its sender alone. */
static void each_side_names_its_own_hardware(void)
{
    static const uint8_t macs[2][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}};
    struct flow_log l;

    begin_log(&l, 16, 16);
    send_from(&l, 0, SYN, macs[0]);
    send_from(&l, 1, SYN | ACK, macs[1]);
    send_packet(&l, 1, ACK, 501, 101, "x");
    ok(l.seen.has_mac[1] && !l.seen.has_mac[0], "one side alone has told its own");
    send_from(&l, 0, ACK, macs[0]);
    send_packet(&l, 1, ACK, 502, 101, "y");
    ok(l.seen.has_mac[0] && l.seen.has_mac[1], "then both");
    ok(memcmp(l.seen.mac, macs, sizeof(macs)) == 0, "they are kept by side");
    end_log(&l);
}

static void a_repeated_syn_is_the_same_connection(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    send_packet(&l, 0, SYN, 100, 0, "");
    l.now_ns += NS_PER_S;
    send_packet(&l, 0, SYN, 100, 0, "");
    is_int(l.flows.table.stats.created, 1, "a repeated SYN makes no second flow");
    send_packet(&l, 1, SYN | ACK, 500, 101, "");
    send_packet(&l, 0, SYN, 100, 0, "");
    send_packet(&l, 0, ACK, 101, 501, "hello");
    is_text(told(&l), "0:hello", "not even behind the SYN-ACK");
    is_int(l.seen.opening.rtt_ns, NS_PER_MS,
           "the last SYN before the answer counts for time");
    end_log(&l);
}

static void a_syn_behind_its_answer_is_understood(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    send_packet(&l, 1, SYN | ACK, 500, 101, "");
    send_packet(&l, 0, SYN, 100, 0, "");
    send_packet(&l, 0, ACK, 101, 501, "hello");
    is_text(told(&l), "0:hello",
            "a SYN that the capture holds behind its SYN-ACK does no harm");
    is_int(l.flows.table.stats.created, 1, "it is of the same flow");
    end_log(&l);
}

static void bytes_before_their_syn_are_understood(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    send_packet(&l, 0, ACK, 104, 501, "lo");
    send_packet(&l, 0, ACK, 101, 501, "hel");
    is_text(told(&l), "", "bytes without a SYN wait a little");
    send_packet(&l, 0, SYN, 100, 0, "");
    send_packet(&l, 1, SYN | ACK, 500, 101, "");
    send_packet(&l, 1, ACK, 501, 106, "answer");
    is_text(told(&l), "0:hel 0:lo 1:answer", "for one that the capture holds behind them");
    ok(!l.seen.midstream && l.seen.gaps == 0, "the connection is whole");
    is_int(l.flows.table.stats.created, 1, "and one");
    end_log(&l);
}

static void acknowledgements_tell_where_bytes_begin(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    send_packet(&l, 0, ACK, 101, 501, "question");
    wait_until(&l, FLOW_DISORDER_NS + NS_PER_MS);
    is_text(told(&l), "0:question", "in the middle of a connection a question is told");
    send_packet(&l, 1, ACK, 501, 109, "answer");
    is_text(told(&l), "1:answer",
            "its answer need not wait: it goes on where it was acknowledged");
    end_log(&l);
}

static void used_again_ports_are_another_connection(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 0, ACK, 101, 501, "one");
    send_packet(&l, 0, SYN, 70000, 0, "");
    is_text(told(&l), "0:one Er", "a SYN with another number ends the connection");
    send_packet(&l, 1, SYN | ACK, 90000, 70001, "");
    send_packet(&l, 0, ACK, 70001, 90001, "two");
    is_text(told(&l), "0:two", "and begins one");
    send_packet(&l, 0, FIN | ACK, 70004, 90001, "");
    send_packet(&l, 1, FIN | ACK, 90001, 70005, "");
    (void)told(&l);
    flows_drain(&l.flows);
    send_packet(&l, 0, SYN, 70000, 0, "");
    send_packet(&l, 1, SYN | ACK, 95000, 70001, "");
    send_packet(&l, 0, ACK, 70001, 95001, "three");
    is_text(told(&l), "Ec 0:three", "behind the end even the same number does");
    end_log(&l);
}

/* Only the server's packets are captured. */
static void used_again_ports_show_by_the_syn_ack_alone(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    send_packet(&l, 1, SYN | ACK, 500, 101, "");
    send_packet(&l, 1, SYN | ACK, 500, 101, "");
    send_packet(&l, 1, ACK, 501, 120, "one");
    is_text(told(&l), "1:one", "a repeated SYN-ACK is of the same connection");
    send_packet(&l, 1, SYN | ACK, 90000, 70001, "");
    is_text(told(&l), "Er", "one that answers another SYN ends it");
    send_packet(&l, 1, ACK, 90001, 70020, "two");
    is_text(told(&l), "1:two", "and begins one");
    end_log(&l);
}

static void early_data_of_a_syn_is_told(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    send_packet(&l, 0, SYN, 100, 0, "fast");
    send_packet(&l, 1, SYN | ACK, 500, 105, "");
    send_packet(&l, 0, ACK, 105, 501, "er");
    is_text(told(&l), "0:fast 0:er", "bytes in a SYN come first");
    is_int(l.seen.packets[0], 2, "and count once");
    end_log(&l);
}

static void an_answer_that_is_repeated_with_another_number_counts(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    send_packet(&l, 0, SYN, 100, 0, "");
    send_packet(&l, 1, SYN | ACK, 500, 101, "");
    send_packet(&l, 1, SYN | ACK, 800, 101, "");
    send_packet(&l, 0, ACK, 101, 801, "hello");
    send_packet(&l, 1, ACK, 801, 106, "answer");
    is_text(told(&l), "0:hello 1:answer", "the SYN-ACK that the client took counts");
    end_log(&l);
}

static void a_capture_may_begin_in_the_middle(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    send_packet(&l, 0, ACK, 101, 501, "");
    is_int(l.flows.table.stats.created, 0, "a bare ACK of no flow is not worth one");
    is_int(l.flows.stats.without_flow, 1, "and is counted");
    send_packet(&l, 0, FIN | ACK, 101, 501, "");
    send_packet(&l, 0, RST, 101, 0, "");
    is_int(l.flows.stats.without_flow, 3, "a FIN or RST alone neither");
    send_packet(&l, 1, ACK, 501, 101, "middle");
    is_text(told(&l), "", "payload is; it waits for a SYN that is late");
    wait_until(&l, FLOW_DISORDER_NS + NS_PER_MS);
    is_text(told(&l), "1:middle", "but not for long");
    ok(l.seen.midstream, "its connection is known to lack its beginning");
    is_int(l.flows.stats.midstream, 1, "it is counted");
    end_log(&l);
    begin_log(&l, 16, 16);
    send_packet(&l, 1, SYN | ACK, 500, 101, "");
    send_packet(&l, 1, ACK, 501, 105, "begin");
    ok(!l.seen.midstream, "a SYN-ACK is a beginning");
    end_log(&l);
}

static void what_was_seen_enough_costs_no_connection(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    l.forget = true;
    send_packet(&l, 0, ACK, 101, 501, "hello");
    is_text(told(&l), "0:hello", "the handler has seen enough");
    is_int(l.flows.pool.live, 0, "and the connection is gone");
    send_packet(&l, 1, ACK, 501, 106, "answer");
    send_packet(&l, 0, ACK, 106, 507, "more");
    is_text(told(&l), "", "its payload is not looked at any more");
    is_int(l.flows.pool.taken, 1, "nor makes a new one");
    send_packet(&l, 0, FIN | ACK, 110, 507, "");
    is_int(flow_table_oldest(&l.flows.table, true), FLOW_NONE,
           "one FIN does not close the flow");
    send_packet(&l, 1, FIN | ACK, 507, 111, "");
    ok(flow_table_oldest(&l.flows.table, true) != FLOW_NONE, "the second one does");
    wait_until(&l, (FLOW_CLOSED_LINGER_S + 2) * NS_PER_S);
    is_int(l.flows.table.stats.live, 0, "and it goes a little later");
    end_log(&l);
}

static void a_flow_that_was_closed_before_it_was_decided_closes_too(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 0, FIN | ACK, 101, 501, "");
    send_packet(&l, 1, FIN | ACK, 501, 102, "");
    is_int(flow_table_oldest(&l.flows.table, true), FLOW_NONE,
           "a connection keeps its flow open");
    flows_drain(&l.flows);
    ok(flow_table_oldest(&l.flows.table, true) != FLOW_NONE,
       "and lets it close when it goes");
    end_log(&l);
}

static void a_fin_waits_for_the_bytes_before_it(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 0, FIN | ACK, 106, 501, "");
    is_text(told(&l), "", "a FIN ahead of bytes waits");
    send_packet(&l, 0, ACK, 101, 501, "hello");
    is_text(told(&l), "0:hello 0F", "for them");
    send_packet(&l, 0, FIN | ACK, 106, 501, "");
    is_text(told(&l), "", "and is told once");
    end_log(&l);
}

static void a_close_waits_for_what_it_acknowledges(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 0, FIN | ACK, 101, 507, "");
    is_text(told(&l), "",
            "a FIN waits for the bytes of the other side that it acknowledges");
    send_packet(&l, 1, ACK, 501, 101, "answer");
    is_text(told(&l), "1:answer 0F", "as the sender had them");
    is_int(l.closed_ns, l.now_ns + 1, "and is younger than they are");
    send_packet(&l, 1, FIN | ACK, 507, 102, "");
    (void)told(&l);
    end_log(&l);
    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 1, FIN | ACK, 501, 102, "");
    send_packet(&l, 0, FIN | ACK, 101, 501, "");
    is_text(told(&l), "0F 1F", "a FIN that acknowledges another one comes behind it");
    end_log(&l);
}

static void an_rst_is_believed_in_the_window_only(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 0, RST, 101 + STREAM_WINDOW_MAX + 10, 0, "");
    send_packet(&l, 0, RST, 101 - STREAM_WINDOW_MAX - 10, 0, "");
    is_text(told(&l), "", "an RST out of the window is forged or of another connection");
    is_int(l.flows.stream_stats.out_of_window, 2, "and counted");
    wait_until(&l, 20 * NS_PER_S);
    is_text(told(&l), "", "also later");
    send_packet(&l, 0, RST, 101, 0, "");
    is_text(told(&l), "0R", "one at the next byte is believed at once");
    send_packet(&l, 0, RST, 101, 0, "");
    is_text(told(&l), "", "and told once");
    end_log(&l);
    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 0, ACK, 101, 501, "hello");
    send_packet(&l, 0, RST, 103, 0, "");
    is_text(told(&l), "0:hello 0R",
            "one behind the newest byte as well: it answered old data");
    end_log(&l);
}

static void an_rst_ahead_of_bytes_waits(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 0, RST, 106, 0, "");
    is_text(told(&l), "", "an RST ahead of bytes waits");
    send_packet(&l, 0, ACK, 101, 501, "hello");
    is_text(told(&l), "0:hello 0R", "for them");
    end_log(&l);
    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 0, RST, 106, 0, "");
    wait_until(&l, FLOW_HOLE_LOST_NS + NS_PER_S);
    is_text(told(&l), "0R", "but not for ever");
    end_log(&l);
}

static void a_fin_out_of_the_window_is_none(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 0, FIN | ACK, 101 + STREAM_WINDOW_MAX + 10, 501, "");
    wait_until(&l, 20 * NS_PER_S);
    is_text(told(&l), "", "a FIN out of the window neither closes nor shows a hole");
    end_log(&l);
}

static void nothing_comes_behind_a_fin(void)
{
    struct flow_log l;

    begin_log(&l, 8, 8);
    shake_hands(&l);
    send_packet(&l, 0, ACK, 131, 501, "held");
    send_packet(&l, 0, FIN | ACK, 111, 501, "");
    wait_until(&l, FLOW_HOLE_LOST_NS);
    is_text(told(&l), "0<10> 0F", "the hole before it, then the FIN");
    is_int(l.flows.budget.bytes, 0, "what was held beyond it is let go");
    send_packet(&l, 0, ACK, 141, 501, "later");
    wait_until(&l, FLOW_HOLE_LOST_NS);
    is_text(told(&l), "", "later bytes are not of this stream");
    end_log(&l);
}

static void acknowledged_holes_are_given_up_soon(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 0, ACK, 106, 501, "world");
    wait_until(&l, 5 * NS_PER_S);
    is_text(told(&l), "", "missing bytes are waited for");
    send_packet(&l, 1, ACK, 501, 111, "");
    wait_until(&l, FLOW_HOLE_ACKNOWLEDGED_NS / 2);
    is_text(told(&l), "",
            "a little even when the receiver has them: captures have disorder");
    wait_until(&l, FLOW_HOLE_ACKNOWLEDGED_NS);
    is_text(told(&l), "0<5> 0:world", "then they are given up");
    is_int(l.seen.gaps, 1, "and are a gap of the connection");
    end_log(&l);
}

static void other_holes_are_given_up_late(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 0, ACK, 106, 501, "world");
    wait_until(&l, FLOW_HOLE_LOST_NS - NS_PER_S);
    is_text(told(&l), "", "what nobody acknowledged may be sent again");
    wait_until(&l, 2 * NS_PER_S);
    is_text(told(&l), "0<5> 0:world", "for ten seconds");
    end_log(&l);
    begin_log(&l, 16, 16);
    send_packet(&l, 1, SYN | ACK, 500, 101, "");
    send_packet(&l, 1, ACK, 506, 101, "world");
    wait_until(&l, FLOW_HOLE_ONE_SIDED_NS + NS_PER_MS);
    is_text(told(&l), "1<5> 1:world",
            "where one direction is captured, for one: no acknowledgement will come");
    end_log(&l);
}

static void each_hole_has_its_own_time(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 0, ACK, 103, 501, "c");
    wait_until(&l, 9 * NS_PER_S);
    send_packet(&l, 0, ACK, 106, 501, "f");
    send_packet(&l, 0, ACK, 101, 501, "ab");
    is_text(told(&l), "0:ab 0:c", "one hole was filled late");
    wait_until(&l, 5 * NS_PER_S);
    is_text(told(&l), "", "the next one is waited for as long");
    wait_until(&l, 6 * NS_PER_S);
    is_text(told(&l), "0<2> 0:f", "and no longer");
    end_log(&l);
}

/* The answer overtook the question in the capture. */
static void answers_do_not_overtake_questions(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 1, ACK, 501, 109, "answer");
    send_packet(&l, 0, ACK, 101, 501, "question");
    is_text(told(&l), "0:question 1:answer", "an answer is told behind its question");
    end_log(&l);
}

/* The capture lacks the first copies, and the second ones acknowledge each other. */
static void sides_that_wait_for_each_other_go_on(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 1, ACK, 501, 109, "answer");
    send_packet(&l, 0, ACK, 101, 507, "question");
    is_text(told(&l), "", "each side waits for what it acknowledges");
    wait_until(&l, FLOW_HOLE_ACKNOWLEDGED_NS + NS_PER_MS);
    is_text(told(&l), "0:question 1:answer", "but not for ever");
    is_int(l.seen.gaps, 0, "and nothing is lost");
    end_log(&l);
}

static void a_duplicated_capture_says_the_same(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    for (int i = 0; i < 2; i++)
        send_packet(&l, 0, SYN, 100, 0, "");
    for (int i = 0; i < 2; i++)
        send_packet(&l, 1, SYN | ACK, 500, 101, "");
    for (int i = 0; i < 2; i++)
        send_packet(&l, 0, ACK, 101, 501, "hello");
    for (int i = 0; i < 2; i++)
        send_packet(&l, 1, FIN | ACK, 501, 106, "answer");
    for (int i = 0; i < 2; i++)
        send_packet(&l, 0, RST, 106, 0, "");
    is_text(told(&l), "0:hello 1:answer 1F 0R", "each packet twice says the same");
    end_log(&l);
}

static void cut_payload_is_told(void)
{
    struct flow_log l;
    struct packet p;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    p = segment_of(&l, 0, ACK, 101, 501, "hel");
    p.payload_len = 5;
    flows_push(&l.flows, &p);
    is_text(told(&l), "0:hel 0(2)", "bytes cut by the snap length are absent");
    ok(l.seen.truncated && l.seen.gaps == 0, "and the connection is known to be cut");
    end_log(&l);
}

static void timers_fire_in_packet_time(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    l.timer_ns = l.now_ns + 2 * NS_PER_S;
    send_packet(&l, 0, ACK, 101, 501, "hello");
    l.timer_ns = 0;
    wait_until(&l, NS_PER_S);
    is_text(told(&l), "0:hello", "a timer does not fire early");
    wait_until(&l, 2 * NS_PER_S);
    is_text(told(&l), "T", "at its time it does");
    wait_until(&l, 20 * NS_PER_S);
    is_text(told(&l), "", "once");
    end_log(&l);
}

static void quiet_flows_end(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 0, ACK, 101, 501, "hello");
    wait_until(&l, 299 * NS_PER_S);
    is_text(told(&l), "0:hello", "a flow may be quiet for the time-out");
    wait_until(&l, 3 * NS_PER_S);
    is_text(told(&l), "Et", "and ends behind it");
    is_int(l.flows.table.stats.timed_out, 1, "it is counted");
    is_int(l.flows.table.stats.live, 0, "and gone");
    send_packet(&l, 1, ACK, 501, 106, "late");
    wait_until(&l, NS_PER_S);
    is_text(told(&l), "1:late", "what comes then is a new flow");
    end_log(&l);
}

static void the_quiet_flow_makes_room(void)
{
    struct flow_log l;

    begin_log(&l, 2, 2);
    shake_hands(&l);
    send_packet(&l, 0, ACK, 101, 501, "one");
    l.port++;
    l.now_ns += NS_PER_S;
    shake_hands(&l);
    send_packet(&l, 0, ACK, 101, 501, "two");
    l.port++;
    l.now_ns += NS_PER_S;
    shake_hands(&l);
    is_text(told(&l), "0:one 0:two Ee",
            "a full table ends the flow that was quiet longest");
    is_int(l.seen.port[0], 40000, "the first");
    is_int(l.flows.table.stats.evicted, 1, "it is counted");
    end_log(&l);
    begin_log(&l, 16, 1);
    shake_hands(&l);
    send_packet(&l, 0, ACK, 101, 501, "one");
    l.port++;
    shake_hands(&l);
    is_text(told(&l), "0:one Ee", "so does a full pool of connections");
    is_int(l.flows.stats.connections_evicted, 1, "which is counted");
    is_int(l.flows.table.stats.live, 2, "but leaves the flow");
    end_log(&l);
}

static void closed_flows_make_room_first(void)
{
    struct flow_log l;

    begin_log(&l, 2, 2);
    l.forget = true;
    shake_hands(&l);
    send_packet(&l, 0, ACK, 101, 501, "one");
    l.port++;
    l.now_ns += NS_PER_S;
    shake_hands(&l);
    send_packet(&l, 0, ACK, 101, 501, "two");
    send_packet(&l, 0, RST, 104, 0, "");
    l.port++;
    shake_hands(&l);
    is_int(l.flows.table.stats.evicted, 0, "a closed flow goes first, and is no loss");
    l.port = 40000;
    send_packet(&l, 0, ACK, 104, 501, "more");
    is_text(told(&l), "0:one 0:two", "the open one is still known");
    end_log(&l);
}

static void time_that_steps_back_a_little_is_disorder(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    send_packet(&l, 0, SYN, 100, 0, "");
    l.now_ns -= 3 * NS_PER_MS;
    send_packet(&l, 1, SYN | ACK, 500, 101, "");
    l.now_ns += 10 * NS_PER_MS;
    send_packet(&l, 0, ACK, 101, 501, "hello");
    is_text(told(&l), "0:hello", "packets a little older than the newest are taken");
    is_int(l.seen.opening.rtt_ns, 0, "a SYN-ACK that is older than its SYN gives no time");
    ok(l.seen.start_ns + NS_PER_S > l.now_ns && l.seen.start_ns <= l.now_ns,
       "nor does it move the beginning by an hour");
    is_int(l.flows.stats.backwards, 1, "they are counted");
    end_log(&l);
}

static void time_that_steps_back_far_is_another_clock(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 0, ACK, 101, 501, "one");
    l.now_ns -= 60 * NS_PER_S;
    l.port++;
    shake_hands(&l);
    send_packet(&l, 0, ACK, 101, 501, "two");
    is_text(told(&l), "0:one Ec 0:two", "a clock that steps back ends what was open");
    is_int(l.flows.stats.clock_steps, 1, "once");
    end_log(&l);
}

static void a_wild_time_in_a_handshake_does_no_harm(void)
{
    struct flow_log l;
    uint64_t now_ns;

    begin_log(&l, 16, 16);
    send_packet(&l, 0, SYN, 100, 0, "");
    now_ns = l.now_ns;
    l.now_ns += UINT64_C(1000000) * NS_PER_S;
    send_packet(&l, 1, SYN | ACK, 500, 101, "");
    l.now_ns = now_ns;
    send_packet(&l, 0, ACK, 101, 501, "");
    (void)told(&l);
    send_packet(&l, 1, ACK, 501, 101, "greeting");
    send_packet(&l, 0, ACK, 101, 509, "answer");
    wait_until(&l, FLOW_DISORDER_NS + NS_PER_MS);
    is_text(
        told(&l), "1:greeting 0:answer",
        "a connection that was ended before it said anything comes back with its bytes");
    end_log(&l);
}

static void datagrams_are_told_one_by_one(void)
{
    struct flow_log l;
    struct packet p;

    begin_log(&l, 16, 16);
    p = segment_of(&l, 0, 0, 0, 0, "query");
    p.protocol = PACKET_UDP;
    flows_push(&l.flows, &p);
    flows_push(&l.flows, &p);
    is_text(told(&l), "D", "a datagram is told until the handler has seen enough");
    is_int(l.flows.stats.udp_flows, 1, "its flow is counted");
    end_log(&l);
}

static void the_capture_end_gives_up_holes(void)
{
    struct flow_log l;

    begin_log(&l, 16, 16);
    shake_hands(&l);
    send_packet(&l, 0, FIN | ACK, 106, 501, "world");
    flows_drain(&l.flows);
    is_text(told(&l), "0<5> 0:world 0F Ec", "holes are given up, then the connection ends");
    end_log(&l);
}

static bool limits_hold(const struct flow_log *l)
{
    const struct flows *f = &l->flows;

    return f->budget.bytes <= f->budget.most_bytes && f->pool.live <= f->pool.capacity &&
           f->table.stats.live <= f->table.stats.capacity;
}

static void memory_is_bounded_whatever_comes(void)
{
    static const uint8_t flags[] = {ACK, ACK, ACK,       ACK,       ACK,
                                    ACK, SYN, SYN | ACK, FIN | ACK, RST};
    uint64_t seed = random_seed(3);
    struct random_numbers r = {seed};
    struct flow_log l;
    bool bounded = true;

    begin_log(&l, 64, 16);
    l.flows.budget.most_bytes = 1000;
    for (int i = 0; i < 200000 && bounded; i++) {
        l.port = (uint16_t)(40000 + random_below(&r, i < 100000 ? 12 : 200));
        l.now_ns += random_below(&r, 2000) * NS_PER_US;
        send_packet(&l, random_below(&r, 2) != 0, flags[random_below(&r, sizeof(flags))],
                    random_below(&r, 3000), random_below(&r, 3000),
                    "0123456789012345678901234567890" + random_below(&r, 32));
        l.len = 0;
        bounded = limits_hold(&l);
    }
    ok(bounded, "random packets of few and of many flows keep every limit (seed %llu)",
       (unsigned long long)seed);
    ok(l.flows.stream_stats.shed_segments > 0, "and reach that of waiting segments");
    ok(l.flows.table.stats.evicted > 0, "that of flows");
    ok(l.flows.stats.connections_evicted > 0, "and that of connections");
    end_log(&l);
}

int main(void)
{
    a_conversation_is_told_in_order();
    each_side_names_its_own_hardware();
    a_repeated_syn_is_the_same_connection();
    a_syn_behind_its_answer_is_understood();
    bytes_before_their_syn_are_understood();
    acknowledgements_tell_where_bytes_begin();
    used_again_ports_are_another_connection();
    used_again_ports_show_by_the_syn_ack_alone();
    early_data_of_a_syn_is_told();
    an_answer_that_is_repeated_with_another_number_counts();
    a_capture_may_begin_in_the_middle();
    what_was_seen_enough_costs_no_connection();
    a_flow_that_was_closed_before_it_was_decided_closes_too();
    a_fin_waits_for_the_bytes_before_it();
    a_close_waits_for_what_it_acknowledges();
    an_rst_is_believed_in_the_window_only();
    an_rst_ahead_of_bytes_waits();
    a_fin_out_of_the_window_is_none();
    nothing_comes_behind_a_fin();
    acknowledged_holes_are_given_up_soon();
    other_holes_are_given_up_late();
    each_hole_has_its_own_time();
    answers_do_not_overtake_questions();
    sides_that_wait_for_each_other_go_on();
    a_duplicated_capture_says_the_same();
    cut_payload_is_told();
    timers_fire_in_packet_time();
    quiet_flows_end();
    the_quiet_flow_makes_room();
    closed_flows_make_room_first();
    time_that_steps_back_a_little_is_disorder();
    time_that_steps_back_far_is_another_clock();
    a_wild_time_in_a_handshake_does_no_harm();
    datagrams_are_told_one_by_one();
    the_capture_end_gives_up_holes();
    memory_is_bounded_whatever_comes();
    return done_testing();
}
