#include "tap.h"

#include "outcome/unseen_client.h"
#include "tls/hello.h"

#define MS UINT64_C(1000000)
#define HELLO_NS (1000 * MS)
#define FIRST_ACK (0u - 20) /* the numbers wrap */

static const struct outcome_tuning tuning = {.post_close_strong_ns = 300 * MS,
                                             .post_close_weak_ns = 5000 * MS,
                                             .enc_alert_close_ns = 5000 * MS,
                                             .stall_ns = 30000 * MS};

/* A server whose hello was captured, and nothing of its client. */
static struct outcome_state server_of(uint16_t version, uint16_t cipher)
{
    struct outcome_state s = {.has_server_packets = true, .last_ns = HELLO_NS};
    struct server_hello hello = {.version = version, .cipher = cipher};
    struct tls_event e = {.kind = TLS_EVENT_SERVER_HELLO,
                          .side = TLS_SERVER,
                          .time_ns = HELLO_NS,
                          .server_hello = &hello};

    outcome_push(&s, &e);
    outcome_note_acknowledged(&s, FIRST_ACK);
    return s;
}

/* It acknowledges so many bytes, and closes (or not) so long after its hello. */
static struct outcome_decision ask(struct outcome_state s, uint32_t bytes,
                                   uint64_t after_ms, bool closes)
{
    s.last_ns = HELLO_NS + after_ms * MS;
    outcome_note_acknowledged(&s, FIRST_ACK + bytes);
    if (closes)
        outcome_close(&s, TLS_SERVER, false, true, s.last_ns);
    return outcome_decide(&s, &tuning, closes ? ASK_NOW : ASK_CAPTURE,
                          s.last_ns + 100 * MS);
}

static const struct {
    uint16_t cipher;
    uint32_t bytes;
    enum outcome outcome;
    enum outcome_shape shape;
} sums[] = {
    /* a close alone may have many reasons */
    {0x1301, 0, OUTCOME_UNKNOWN, SHAPE_NONE},
    {0x1301, 1, OUTCOME_UNKNOWN, SHAPE_NONE},
    /* an alert in the clear, with a FIN */
    {0x1301, 7, OUTCOME_REJECTED_ALERT, SHAPE_S1},
    {0x1302, 8, OUTCOME_REJECTED_ALERT, SHAPE_S1},
    /* an alert, behind ChangeCipherSpec, with a FIN, with both; padded; of a short tag */
    {0x1301, 24, OUTCOME_REJECTED_ENCRYPTED_ALERT, SHAPE_S2},
    {0x1301, 30, OUTCOME_REJECTED_ENCRYPTED_ALERT, SHAPE_S2},
    {0x1302, 25, OUTCOME_REJECTED_ENCRYPTED_ALERT, SHAPE_S2},
    {0x1302, 31, OUTCOME_REJECTED_ENCRYPTED_ALERT, SHAPE_S2},
    {0x1302, 40, OUTCOME_REJECTED_ENCRYPTED_ALERT, SHAPE_S2},
    {0x1305, 16, OUTCOME_REJECTED_ENCRYPTED_ALERT, SHAPE_S2},
    /* a Finished of the suite, and one with an alert behind it */
    {0x1301, 58, OUTCOME_REJECTED_AFTER_HANDSHAKE, SHAPE_S5},
    {0x1302, 80, OUTCOME_REJECTED_AFTER_HANDSHAKE, SHAPE_S5},
    {0x1301, 64 + 24 + 1, OUTCOME_REJECTED_AFTER_HANDSHAKE, SHAPE_S4},
    {0x1302, 80 + 24, OUTCOME_REJECTED_AFTER_HANDSHAKE, SHAPE_S4},
    /* alerts of padded records, or a request */
    {0x1302, 90 + 40, OUTCOME_UNKNOWN, SHAPE_NONE},
    /* data */
    {0x1301, 64 + 120, OUTCOME_ACCEPTED, SHAPE_NONE},
    {0x1302, 80 + 100, OUTCOME_ACCEPTED, SHAPE_NONE},
    /* nothing that a client says */
    {0x1301, 3, OUTCOME_UNKNOWN, SHAPE_NONE},
};

static void a_sum_tells_what_the_client_sent(void)
{
    for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
        struct outcome_state s = server_of(VERSION_TLS13, sums[i].cipher);
        struct outcome_decision d = ask(s, sums[i].bytes, 50, true);

        is_text(outcome_name(d.outcome), outcome_name(sums[i].outcome), "%#x, %u bytes",
                sums[i].cipher, sums[i].bytes);
        is_int(d.shape, sums[i].shape, "%u bytes: its shape", sums[i].bytes);
    }
}

static void a_late_close_is_weak(void)
{
    struct outcome_state s = server_of(VERSION_TLS13, 0x1301);

    is_int(ask(s, 58, 2000, true).outcome, OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK,
           "two seconds after the hello");
    is_int(ask(s, 58, 60000, true).outcome, OUTCOME_IDLE_UNUSED, "a minute after it");
}

static void without_a_close_a_fin_or_a_clear_alert_counts(void)
{
    struct outcome_state s = server_of(VERSION_TLS13, 0x1301);

    is_int(ask(s, 31, 50, false).outcome, OUTCOME_REJECTED_ENCRYPTED_ALERT,
           "alert and FIN were acknowledged");
    is_int(ask(s, 7, 50, false).outcome, OUTCOME_REJECTED_ALERT, "an alert in the clear");
    is_int(ask(s, 30, 50, false).outcome, OUTCOME_IN_PROGRESS,
           "an alert's size alone, then the capture ends");
}

static void older_versions_tell_less(void)
{
    struct outcome_state s = server_of(VERSION_TLS12, 0xc02f);
    struct tls_event data = {.kind = TLS_EVENT_RECORD,
                             .side = TLS_SERVER,
                             .record = {RECORD_APPLICATION_DATA, VERSION_TLS12, 300},
                             .encrypted = true};

    is_int(ask(s, 7, 50, true).outcome, OUTCOME_REJECTED_ALERT, "an alert in the clear");
    is_int(ask(s, 126, 50, true).outcome, OUTCOME_UNKNOWN, "a key exchange of any size");
    outcome_push(&s, &data);
    is_int(ask(s, 300, 50, true).outcome, OUTCOME_ACCEPTED, "an answer answers data");
}

static void a_resumed_session_refuses_nothing(void)
{
    struct outcome_state s = server_of(VERSION_TLS13, 0x1301);

    s.resumed = true;
    is_int(ask(s, 30, 50, true).outcome, OUTCOME_UNKNOWN, "an alert");
    is_int(ask(s, 300, 50, true).outcome, OUTCOME_RESUMED, "data");
}

static void a_client_that_is_seen_is_judged_by_its_records(void)
{
    struct outcome_state s = server_of(VERSION_TLS13, 0x1301);

    ok(outcome_is_unseen(&s) && !outcome_is_established(&s), "nothing of it yet");
    outcome_note_acknowledged(&s, FIRST_ACK + 58);
    ok(outcome_is_established(&s), "a Finished was acknowledged: complete");
    s.has_client_packets = true;
    ok(!outcome_is_unseen(&s) && !outcome_is_established(&s), "records alone count now");
}

int main(void)
{
    a_sum_tells_what_the_client_sent();
    a_late_close_is_weak();
    without_a_close_a_fin_or_a_clear_alert_counts();
    older_versions_tell_less();
    a_resumed_session_refuses_nothing();
    a_client_that_is_seen_is_judged_by_its_records();
    return done_testing();
}
