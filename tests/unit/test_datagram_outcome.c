#include "tap.h"

#include "outcome/datagram_outcome.h"

#define S UINT64_C(1000000000)

static const struct outcome_tuning tuning = {.post_close_strong_ns = S / 3,
                                             .post_close_weak_ns = 5 * S,
                                             .enc_alert_close_ns = 5 * S,
                                             .stall_ns = 30 * S};

/* Client is flow side 0; a hello of each came at 1 s, the last packet at 2 s. */
static struct quic_conn quic(void)
{
    return (struct quic_conn){.has_client = true};
}

static struct outcome_state state(void)
{
    return (struct outcome_state){.client_hello = true,
                                  .server_hello = true,
                                  .has_client_packets = true,
                                  .has_server_packets = true,
                                  .last_ns = 2 * S};
}

static struct outcome_decision ask_quic(const struct quic_conn *conn,
                                        const struct outcome_state *s, enum outcome_ask ask,
                                        uint64_t now_ns)
{
    struct outcome_question question = {ask, now_ns};

    return outcome_decide_quic(conn, s, &tuning, &question);
}

static struct outcome_decision ask_dtls(const struct dtls_conn *conn,
                                        const struct outcome_state *s, enum outcome_ask ask,
                                        uint64_t now_ns)
{
    struct outcome_question question = {ask, now_ns};

    return outcome_decide_dtls(conn, s, &tuning, &question);
}

static void quic_is_accepted_by_packets_both_ways(void)
{
    struct quic_conn conn = quic();
    struct outcome_state s = state();
    struct outcome_decision d;

    conn.directions[1].used_ns = S;
    is_int(ask_quic(&conn, &s, ASK_NOW, 2 * S).outcome, OUTCOME_UNDECIDED,
           "the server's alone say nothing");
    conn.directions[0].used_ns = 2 * S;
    d = ask_quic(&conn, &s, ASK_NOW, 2 * S);
    is_int(d.outcome, OUTCOME_ACCEPTED, "both ways: accepted");
    is_int(d.decided_ns, 2 * S, "when the second came");
    s.resumed = true;
    is_int(ask_quic(&conn, &s, ASK_NOW, 2 * S).outcome, OUTCOME_RESUMED,
           "with a key from before: resumed");
}

static void a_hello_that_was_overtaken_is_waited_for(void)
{
    struct quic_conn conn = quic();
    struct outcome_state s = state();
    struct outcome_decision d;

    s.server_hello = false;
    conn.directions[0].used_ns = conn.directions[1].used_ns = 2 * S;
    d = ask_quic(&conn, &s, ASK_NOW, 2 * S);
    is_int(d.outcome, OUTCOME_UNDECIDED, "no ServerHello: not yet");
    is_int(d.again_ns, 2 * S + OUTCOME_SETTLE_NS, "but soon");
    is_int(ask_quic(&conn, &s, ASK_NOW, d.again_ns).outcome, OUTCOME_ACCEPTED,
           "then it is");
    is_int(ask_quic(&conn, &s, ASK_CAPTURE, 2 * S).outcome, OUTCOME_ACCEPTED,
           "and at the capture's end");
}

static void quic_without_answer_stalls(void)
{
    struct quic_conn conn = quic();
    struct outcome_state s = state();
    struct outcome_decision d;

    s.server_hello = s.has_server_packets = false;
    d = ask_quic(&conn, &s, ASK_NOW, 3 * S);
    is_int(d.outcome, OUTCOME_UNDECIDED, "it may still come");
    is_int(d.again_ns, 32 * S, "for 30 seconds");
    d = ask_quic(&conn, &s, ASK_NOW, 32 * S);
    is_int(d.outcome, OUTCOME_STALLED, "then it stalled");
    is_int(d.decided_ns, 32 * S, "at that time");
    is_int(ask_quic(&conn, &s, ASK_TIMEOUT, 9 * S).outcome, OUTCOME_STALLED,
           "so it did when the flow ended");
    is_int(ask_quic(&conn, &s, ASK_CAPTURE, 3 * S).outcome, OUTCOME_IN_PROGRESS,
           "the capture's end leaves it open");
    is_int(ask_quic(&conn, &s, ASK_CAPTURE, 40 * S).outcome, OUTCOME_STALLED,
           "unless the time was up");
}

static void quic_never_says_that_a_client_refused(void)
{
    struct quic_conn conn = quic();
    struct outcome_state s = state();
    struct outcome_decision d;

    is_int(ask_quic(&conn, &s, ASK_NOW, 40 * S).outcome, OUTCOME_UNKNOWN,
           "an answer, then nothing: unknown");
    conn.directions[0].close_ns = 2 * S;
    conn.directions[0].close_error = 0x0130;
    s.client_alert_ns = 2 * S;
    s.client_alert = 48;
    s.client_alert_level = 2;
    d = ask_quic(&conn, &s, ASK_NOW, 2 * S);
    is_int(d.outcome, OUTCOME_UNKNOWN, "the client's close with unknown_ca: unknown");
    is_int(d.shape, SHAPE_NONE, "without a shape");
    conn = quic();
    s = state();
    s.has_server_packets = s.server_hello = false;
    conn.directions[0].seen_handshake = true;
    is_int(ask_quic(&conn, &s, ASK_NOW, 40 * S).outcome, OUTCOME_UNKNOWN,
           "a client that goes on was answered, out of sight");
}

static void a_server_that_closes_is_at_fault(void)
{
    struct quic_conn conn = quic();
    struct outcome_state s = state();

    conn.directions[1].close_ns = 2 * S;
    is_int(ask_quic(&conn, &s, ASK_NOW, 2 * S).outcome, OUTCOME_SERVER_FAULT,
           "the server's visible close");
    conn.directions[0].seen_handshake = true;
    is_int(ask_quic(&conn, &s, ASK_NOW, 2 * S).outcome, OUTCOME_UNKNOWN,
           "behind a client's Handshake packet it may be an answer");
    conn.directions[0].used_ns = conn.directions[1].used_ns = 2 * S;
    is_int(ask_quic(&conn, &s, ASK_NOW, 2 * S).outcome, OUTCOME_ACCEPTED,
           "says nothing once packets went both ways");
}

static void dtls_is_accepted_by_data_both_ways(void)
{
    struct dtls_conn conn = {.has_client = true};
    struct outcome_state s = state();
    struct outcome_decision d;

    s.phase = CLIENT_USEFUL;
    s.useful_ns = S;
    conn.directions[0].data_ns = S;
    is_int(ask_dtls(&conn, &s, ASK_NOW, 2 * S).outcome, OUTCOME_UNDECIDED,
           "the client's data alone do not decide");
    is_int(ask_dtls(&conn, &s, ASK_NOW, 40 * S).outcome, OUTCOME_UNKNOWN,
           "and are unknown in the end");
    conn.directions[1].data_ns = 2 * S;
    d = ask_dtls(&conn, &s, ASK_NOW, 2 * S);
    is_int(d.outcome, OUTCOME_ACCEPTED, "both ways: accepted");
    is_int(d.decided_ns, 2 * S, "when the second came");
}

static void media_after_the_handshake_accepts(void)
{
    struct dtls_conn conn = {.has_client = true};
    struct outcome_state s = state();

    s.phase = CLIENT_FINISHED;
    s.finished_ns = S;
    for (int i = 0; i < 2; i++)
        conn.directions[i].media_ns = 2 * S;
    is_int(ask_dtls(&conn, &s, ASK_NOW, 2 * S).outcome, OUTCOME_UNDECIDED,
           "media without the handshake say nothing");
    for (int i = 0; i < 2; i++)
        conn.directions[i].finished_ns = S;
    is_int(ask_dtls(&conn, &s, ASK_NOW, 2 * S).outcome, OUTCOME_ACCEPTED,
           "media both ways after it: accepted");
}

static void alerts_in_the_clear_count(void)
{
    struct dtls_conn conn = {.has_client = true};
    struct outcome_state s = state();

    s.client_alert_ns = 2 * S;
    s.client_alert = 48;
    s.client_alert_level = 2;
    is_int(ask_dtls(&conn, &s, ASK_NOW, 2 * S).outcome, OUTCOME_REJECTED_ALERT,
           "unknown_ca of the client");
    s.client_alert = 40;
    is_int(ask_dtls(&conn, &s, ASK_NOW, 2 * S).outcome, OUTCOME_PROTOCOL_FAILURE,
           "handshake_failure of the client");
    s = state();
    s.server_alert_ns = 2 * S;
    is_int(ask_dtls(&conn, &s, ASK_NOW, 3 * S).outcome, OUTCOME_SERVER_FAULT,
           "an alert of the server");
}

static void dtls13_says_no_more_than_it_shows(void)
{
    struct dtls_conn conn = {.has_client = true, .is_dtls13 = true};
    struct outcome_state s = state();

    s.is_tls13 = true;
    s.phase = CLIENT_SMALL;
    s.small_ns = 2 * S;
    s.small_length = 19;
    conn.directions[0].finished_ns = 2 * S;
    is_int(ask_dtls(&conn, &s, ASK_NOW, 3 * S).outcome, OUTCOME_UNDECIDED,
           "a small protected record is no refusal");
    is_int(ask_dtls(&conn, &s, ASK_NOW, 40 * S).outcome, OUTCOME_UNKNOWN, "but unknown");
}

static void dtls_without_answer_stalls(void)
{
    struct dtls_conn conn = {.has_client = true};
    struct outcome_state s = state();

    s.server_hello = false;
    is_int(ask_dtls(&conn, &s, ASK_NOW, 3 * S).outcome, OUTCOME_UNDECIDED,
           "it may still come");
    is_int(ask_dtls(&conn, &s, ASK_NOW, 40 * S).outcome, OUTCOME_STALLED,
           "then it stalled");
    is_int(ask_dtls(&conn, &s, ASK_CAPTURE, 3 * S).outcome, OUTCOME_IN_PROGRESS,
           "the capture's end leaves it open");
}

int main(void)
{
    quic_is_accepted_by_packets_both_ways();
    a_hello_that_was_overtaken_is_waited_for();
    quic_without_answer_stalls();
    quic_never_says_that_a_client_refused();
    a_server_that_closes_is_at_fault();
    dtls_is_accepted_by_data_both_ways();
    media_after_the_handshake_accepts();
    alerts_in_the_clear_count();
    dtls13_says_no_more_than_it_shows();
    dtls_without_answer_stalls();
    return done_testing();
}
