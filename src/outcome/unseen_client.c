#include "outcome/unseen_client.h"

#include "base/nanotime.h"
#include "outcome/record_sizes.h"
#include "tls/record.h"

enum {
    CLEAR_ALERT_BYTES = RECORD_HEADER_BYTES + 2,
    CHANGE_CIPHER_SPEC_BYTES = RECORD_HEADER_BYTES + 1,
    ALERTS_MAX = 2,
    FIN_BYTES = 1, /* a FIN takes one number */
};

/* What the bytes of a client of TLS 1.3 after the ServerHello are, by their sum. */
enum client_bytes {
    BYTES_NONE,
    BYTES_CLEAR_ALERT,
    BYTES_ALERT,
    BYTES_FINISHED,
    BYTES_FINISHED_AND_ALERT,
    BYTES_DATA,
    BYTES_EITHER, /* Finished and alerts, or a short request */
    BYTES_OTHER,
};

void outcome_note_acknowledged(struct outcome_state *s, uint32_t acknowledgement)
{
    if (!s->server_hello)
        return;
    if (!s->has_hello_acknowledgement) {
        s->has_hello_acknowledgement = true;
        s->hello_acknowledgement = acknowledgement;
    }
    s->unseen_bytes = acknowledgement - s->hello_acknowledgement;
}

/* `records` bytes, perhaps behind a ChangeCipherSpec. */
static bool is_sum(uint32_t bytes, uint32_t records)
{
    return bytes == records || bytes == records + CHANGE_CIPHER_SPEC_BYTES;
}

/* With every record padded by `pad`; BYTES_OTHER when the sum fits nothing. */
static enum client_bytes sum_with_padding(const struct outcome_state *s, uint8_t pad,
                                          uint32_t bytes)
{
    uint32_t alert = RECORD_HEADER_BYTES + record_size_alert(s->traits, pad);
    uint32_t finished = RECORD_HEADER_BYTES + record_size_finished(s->traits, pad);

    if (is_sum(bytes, alert))
        return BYTES_ALERT;
    if (is_sum(bytes, finished))
        return BYTES_FINISHED;
    /* Behind a Finished, only one alert without padding is too small for anything else. */
    for (uint32_t alerts = 1; alerts <= ALERTS_MAX; alerts++)
        if (is_sum(bytes, finished + alerts * alert))
            return alerts == 1 && pad == 0 ? BYTES_FINISHED_AND_ALERT : BYTES_EITHER;
    return BYTES_OTHER;
}

static enum client_bytes sum_of(const struct outcome_state *s, uint32_t bytes)
{
    enum client_bytes found;

    if (bytes == 0)
        return BYTES_NONE;
    if (bytes == CLEAR_ALERT_BYTES)
        return BYTES_CLEAR_ALERT;
    if (!s->is_tls13) /* key exchanges have any size */
        return BYTES_OTHER;
    found = sum_with_padding(s, 0, bytes);
    return found != BYTES_OTHER ? found : sum_with_padding(s, RECORD_PAD_JSSE, bytes);
}

/* `closed`: the sum is that of known records and a FIN. */
static enum client_bytes bytes_of(const struct outcome_state *s, bool *closed)
{
    uint32_t n = s->unseen_bytes;
    uint32_t handshake = RECORD_HEADER_BYTES + record_size_finished(s->traits, 0) +
                         RECORD_HEADER_BYTES + record_size_alert(s->traits, 0);
    enum client_bytes found = sum_of(s, n);

    *closed = found == BYTES_OTHER && sum_of(s, n - FIN_BYTES) != BYTES_OTHER;
    if (*closed)
        return sum_of(s, n - FIN_BYTES);
    if (found != BYTES_OTHER)
        return found;
    if (!s->is_tls13) /* servers answer data alone */
        return s->server_spoke ? BYTES_DATA : BYTES_OTHER;
    return n > handshake ? BYTES_DATA : BYTES_OTHER;
}

bool outcome_is_unseen(const struct outcome_state *s)
{
    return s->has_hello_acknowledgement && !s->has_client_packets;
}

bool outcome_unseen_finished(const struct outcome_state *s)
{
    bool closed;
    enum client_bytes bytes = bytes_of(s, &closed);

    return bytes == BYTES_FINISHED || bytes == BYTES_FINISHED_AND_ALERT ||
           bytes == BYTES_DATA;
}

static struct outcome_decision decided(enum outcome outcome, enum outcome_shape shape,
                                       uint64_t at_ns)
{
    return (struct outcome_decision){
        .outcome = outcome, .shape = shape, .decided_ns = at_ns};
}

static struct outcome_decision decide_finished(const struct outcome_state *s,
                                               const struct outcome_tuning *tuning,
                                               enum outcome_shape shape, uint64_t end_ns)
{
    uint64_t after = nanotime_since(s->server_hello_ns, end_ns);

    if (after <= tuning->post_close_strong_ns)
        return decided(OUTCOME_REJECTED_AFTER_HANDSHAKE, shape, end_ns);
    if (after <= tuning->post_close_weak_ns)
        return decided(OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK, shape, end_ns);
    return decided(OUTCOME_IDLE_UNUSED, SHAPE_NONE, end_ns);
}

/* It ended at `end_ns`, as the server's packets have it. */
static struct outcome_decision decide_ended(const struct outcome_state *s,
                                            const struct outcome_tuning *tuning,
                                            enum client_bytes bytes, uint64_t end_ns)
{
    if (s->resumed)
        return decided(bytes == BYTES_DATA ? OUTCOME_RESUMED : OUTCOME_UNKNOWN, SHAPE_NONE,
                       end_ns);
    switch (bytes) {
    case BYTES_CLEAR_ALERT:
        return decided(OUTCOME_REJECTED_ALERT, SHAPE_S1, end_ns);
    case BYTES_ALERT:
        return decided(OUTCOME_REJECTED_ENCRYPTED_ALERT, SHAPE_S2, end_ns);
    case BYTES_FINISHED:
        return decide_finished(s, tuning, SHAPE_S5, end_ns);
    case BYTES_FINISHED_AND_ALERT:
        return decide_finished(s, tuning, SHAPE_S4, end_ns);
    case BYTES_DATA:
        return decided(OUTCOME_ACCEPTED, SHAPE_NONE, end_ns);
    case BYTES_NONE:
    case BYTES_EITHER:
    case BYTES_OTHER:
        break;
    }
    return decided(OUTCOME_UNKNOWN, SHAPE_NONE, end_ns);
}

/* Alerts of the server, of which those behind its flight cannot be told from tickets, do not count. */
static uint64_t end_of(const struct outcome_state *s)
{
    uint64_t closed_ns = outcome_closed_ns(s, TLS_SERVER);

    return s->server_alert_level && (!closed_ns || s->server_alert_ns < closed_ns)
               ? s->server_alert_ns
               : closed_ns;
}

struct outcome_decision outcome_decide_unseen(const struct outcome_state *s,
                                              const struct outcome_tuning *tuning,
                                              enum outcome_ask ask, uint64_t now_ns)
{
    uint64_t end_ns = end_of(s), again_ns = s->last_ns + tuning->stall_ns;
    bool closed;
    enum client_bytes bytes = bytes_of(s, &closed);

    if (bytes == BYTES_DATA)
        return decided(s->resumed ? OUTCOME_RESUMED : OUTCOME_ACCEPTED, SHAPE_NONE,
                       s->last_ns);
    if (end_ns && ask == ASK_NOW && now_ns < end_ns + OUTCOME_SETTLE_NS)
        return (struct outcome_decision){.again_ns = end_ns + OUTCOME_SETTLE_NS};
    if (end_ns)
        return decide_ended(s, tuning, bytes, end_ns);
    /* The server says nothing more of its own: an alert in the clear, or a FIN, ended it. */
    if (ask != ASK_NOW && (closed || bytes == BYTES_CLEAR_ALERT))
        return decide_ended(s, tuning, bytes, s->last_ns);
    if (ask == ASK_CAPTURE && now_ns < again_ns)
        return decided(OUTCOME_IN_PROGRESS, SHAPE_NONE, s->last_ns);
    if (ask == ASK_NOW && now_ns < again_ns)
        return (struct outcome_decision){.again_ns = again_ns};
    return decided(OUTCOME_UNKNOWN, SHAPE_NONE, ask == ASK_TIMEOUT ? now_ns : again_ns);
}
