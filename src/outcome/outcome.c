#include "outcome/outcome.h"

#include "base/nanotime.h"
#include "outcome/record_sizes.h"
#include "outcome/unseen_client.h"

/* A complete server flight of TLS 1.3 with a certificate is never smaller (encrypted bytes). */
#define FLIGHT_WITH_CERTIFICATE_MIN 500u
/* What a server says at once in a protocol in which it speaks first: a greeting, not a ticket. */
#define GREETING_MIN 100u

enum {
    ALERT_CLOSE_NOTIFY = 0,
    ALERT_CERTIFICATE_EXPIRED = 45,
    ALERT_USER_CANCELED = 90,
    ALERT_ECH_REQUIRED = 121,
    ALERT_LEVEL_FATAL = 2,
};

static struct outcome_decision decided(enum outcome outcome, enum outcome_shape shape,
                                       uint64_t at_ns)
{
    return (struct outcome_decision){
        .outcome = outcome, .shape = shape, .decided_ns = at_ns};
}

static struct outcome_decision undecided(uint64_t again_ns)
{
    return (struct outcome_decision){.outcome = OUTCOME_UNDECIDED, .again_ns = again_ns};
}

static uint64_t first_of(uint64_t a, uint64_t b)
{
    if (!a || !b)
        return a ? a : b;
    return a < b ? a : b;
}

static uint64_t last_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* ---- what the client said in the clear */

static bool is_certificate_alert(uint8_t description)
{
    static const uint8_t refusals[] = {
        42, /* bad_certificate */
        43, /* unsupported_certificate */
        44, /* certificate_revoked */
        46, /* certificate_unknown */
        48, /* unknown_ca */
        49, /* access_denied */
        113 /* bad_certificate_status_response */
    };

    for (size_t i = 0; i < sizeof(refusals); i++)
        if (refusals[i] == description)
            return true;
    return false;
}

/* An alert that ends the handshake; others (no_certificate of SSL 3) do not. */
static bool ends_handshake(const struct outcome_state *s)
{
    return s->client_alert_ns && (s->client_alert_level == ALERT_LEVEL_FATAL ||
                                  s->client_alert == ALERT_CLOSE_NOTIFY ||
                                  s->client_alert == ALERT_USER_CANCELED);
}

static struct outcome_decision decide_client_alert(const struct outcome_state *s)
{
    uint64_t at = s->client_alert_ns;

    if (is_certificate_alert(s->client_alert))
        return s->resumed ? decided(OUTCOME_RESUMED, SHAPE_NONE, at)
                          : decided(OUTCOME_REJECTED_ALERT, SHAPE_S1, at);
    switch (s->client_alert) {
    case ALERT_CERTIFICATE_EXPIRED:
        return decided(OUTCOME_CERTIFICATE_EXPIRED, SHAPE_NONE, at);
    case ALERT_ECH_REQUIRED:
        return decided(OUTCOME_ECH_RETRY, SHAPE_NONE, at);
    case ALERT_CLOSE_NOTIFY:
    case ALERT_USER_CANCELED:
        return decided(OUTCOME_CLIENT_CANCELLED, SHAPE_NONE, at);
    default:
        return decided(OUTCOME_PROTOCOL_FAILURE, SHAPE_NONE, at);
    }
}

/* ---- after the client's Finished */

static bool wants_certificate(const struct outcome_state *s)
{
    return s->certificate_request && !s->client_certificate;
}

static struct outcome_decision decide_server_ended(const struct outcome_state *s,
                                                   uint64_t at)
{
    if (s->client_lost)
        return decided(OUTCOME_UNKNOWN, SHAPE_NONE, at);
    if (!s->is_tls13 && wants_certificate(s))
        return decided(OUTCOME_CLIENT_CERTIFICATE_REQUIRED, SHAPE_NONE, at);
    /* TLS 1.3: an empty Certificate shows that one was asked for. */
    if (s->is_tls13 && s->empty_certificate)
        return decided(OUTCOME_CLIENT_CERTIFICATE_REQUIRED, SHAPE_NONE, at);
    return decided(OUTCOME_SERVER_CLOSED, SHAPE_NONE, at);
}

static struct outcome_decision decide_client_ended(const struct outcome_state *s,
                                                   const struct outcome_tuning *tuning,
                                                   uint64_t client_end)
{
    enum outcome_shape shape = s->short_ns ? SHAPE_S4 : SHAPE_S5;
    uint64_t after = nanotime_since(s->finished_ns, client_end);

    if (s->client_lost)
        return decided(OUTCOME_UNKNOWN, SHAPE_NONE, client_end);
    if (after <= tuning->post_close_strong_ns)
        return decided(OUTCOME_REJECTED_AFTER_HANDSHAKE, shape, client_end);
    if (after <= tuning->post_close_weak_ns)
        return decided(OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK, shape, client_end);
    return decided(OUTCOME_IDLE_UNUSED, SHAPE_NONE, client_end);
}

/* Nobody has ended it yet. */
static struct outcome_decision decide_finished_open(const struct outcome_state *s,
                                                    enum outcome_ask ask, uint64_t now_ns)
{
    if (ask == ASK_TIMEOUT)
        return decided(s->client_lost ? OUTCOME_UNKNOWN : OUTCOME_IDLE_UNUSED, SHAPE_NONE,
                       now_ns);
    return ask == ASK_CAPTURE ? decided(OUTCOME_IN_PROGRESS, SHAPE_NONE, s->last_ns)
                              : undecided(UINT64_MAX);
}

static struct outcome_decision decide_finished(const struct outcome_state *s,
                                               const struct outcome_tuning *tuning,
                                               enum outcome_ask ask, uint64_t now_ns)
{
    uint64_t client_closed = outcome_closed_ns(s, TLS_CLIENT);
    uint64_t client_end = first_of(s->short_ns, client_closed);
    uint64_t server_end = first_of(s->server_alert_ns, outcome_closed_ns(s, TLS_SERVER));
    uint64_t end = first_of(client_end, server_end);
    uint64_t confirmed = first_of(client_closed, server_end);

    if (s->server_first && s->server_late_bytes > GREETING_MIN && !client_end)
        return decided(OUTCOME_ACCEPTED, SHAPE_NONE, s->last_ns);
    if (!end)
        return decide_finished_open(s, ask, now_ns);
    if (ask == ASK_NOW && !confirmed && now_ns < end + tuning->enc_alert_close_ns)
        return undecided(end + tuning->enc_alert_close_ns);
    if (ask == ASK_NOW && confirmed && now_ns < confirmed + OUTCOME_SETTLE_NS)
        return undecided(confirmed + OUTCOME_SETTLE_NS);
    if (s->resumed)
        return decided(OUTCOME_RESUMED, SHAPE_NONE, end);
    if (!confirmed) /* an alert-sized record, and nobody closes: it was something else */
        return decided(ask == ASK_CAPTURE ? OUTCOME_IN_PROGRESS : OUTCOME_UNKNOWN,
                       SHAPE_NONE, last_of(end, s->last_ns));
    if (!client_end || (server_end && server_end < client_end))
        return decide_server_ended(s, server_end);
    return decide_client_ended(s, tuning, client_end);
}

/* ---- before the client's Finished */

/* TLS 1.3: a first protected record that is too small for a Finished. */
static struct outcome_decision decide_small(const struct outcome_state *s,
                                            const struct outcome_tuning *tuning,
                                            enum outcome_ask ask, uint64_t now_ns)
{
    uint64_t closed =
        first_of(outcome_closed_ns(s, TLS_CLIENT), outcome_closed_ns(s, TLS_SERVER));
    uint64_t limit = s->small_ns + tuning->enc_alert_close_ns;

    if (!closed) {
        if (ask == ASK_NOW && now_ns < limit)
            return undecided(limit);
        return ask == ASK_CAPTURE ? decided(OUTCOME_IN_PROGRESS, SHAPE_NONE, s->last_ns)
                                  : decided(OUTCOME_UNKNOWN, SHAPE_NONE, limit);
    }
    if (ask == ASK_NOW && now_ns < closed + OUTCOME_SETTLE_NS)
        return undecided(closed + OUTCOME_SETTLE_NS);
    closed = last_of(closed, s->small_ns);
    if (s->resumed)
        return decided(OUTCOME_RESUMED, SHAPE_NONE, closed);
    if (closed > limit || (s->empty_certificate && !outcome_closed_ns(s, TLS_CLIENT)))
        return decided(OUTCOME_UNKNOWN, SHAPE_NONE, closed);
    return decided(OUTCOME_REJECTED_ENCRYPTED_ALERT, SHAPE_S2, closed);
}

/* The client has seen all that it needs to judge the server's certificate. */
static bool flight_is_complete(const struct outcome_state *s)
{
    if (!s->server_hello || !s->flight_acknowledged)
        return false;
    if (s->is_tls13)
        return s->flight_encrypted_bytes >= FLIGHT_WITH_CERTIFICATE_MIN;
    return s->server_hello_done;
}

static struct outcome_decision decide_silent_client_ended(const struct outcome_state *s,
                                                          uint64_t at)
{
    if (s->client_lost || s->server_lost || (!s->is_tls13 && s->server_messages_lost))
        return decided(OUTCOME_UNKNOWN, SHAPE_NONE, at);
    if (s->resumed)
        return decided(OUTCOME_RESUMED, SHAPE_NONE, at);
    if (s->phase == CLIENT_SILENT && flight_is_complete(s))
        return decided(OUTCOME_REJECTED_CLOSE, SHAPE_S3, at);
    return decided(OUTCOME_ABORTED_EARLY, SHAPE_NONE, at);
}

static struct outcome_decision decide_handshake_server_ended(const struct outcome_state *s,
                                                             uint64_t at)
{
    if (s->client_lost)
        return decided(OUTCOME_UNKNOWN, SHAPE_NONE, at);
    if (s->phase == CLIENT_REPLIED && wants_certificate(s))
        return decided(OUTCOME_CLIENT_CERTIFICATE_REQUIRED, SHAPE_NONE, at);
    return decided(OUTCOME_SERVER_FAULT, SHAPE_NONE, at);
}

/* Nobody has ended it yet. */
static struct outcome_decision decide_silent_open(const struct outcome_state *s,
                                                  const struct outcome_tuning *tuning,
                                                  enum outcome_ask ask, uint64_t now_ns)
{
    uint64_t limit = s->last_ns + tuning->stall_ns;

    if (ask == ASK_CAPTURE && now_ns < limit)
        return decided(OUTCOME_IN_PROGRESS, SHAPE_NONE, s->last_ns);
    if (ask == ASK_NOW && now_ns < limit)
        return undecided(limit);
    if (s->client_lost || s->server_lost)
        return decided(OUTCOME_UNKNOWN, SHAPE_NONE, ask == ASK_TIMEOUT ? now_ns : limit);
    return decided(s->server_is_not_tls ? OUTCOME_SERVER_FAULT : OUTCOME_STALLED, SHAPE_S6,
                   ask == ASK_TIMEOUT ? now_ns : limit);
}

static struct outcome_decision decide_silent(const struct outcome_state *s,
                                             const struct outcome_tuning *tuning,
                                             enum outcome_ask ask, uint64_t now_ns)
{
    uint64_t client_end = outcome_closed_ns(s, TLS_CLIENT);
    uint64_t server_end = first_of(s->server_alert_ns, outcome_closed_ns(s, TLS_SERVER));
    uint64_t end = first_of(client_end, server_end);

    if (!end)
        return decide_silent_open(s, tuning, ask, now_ns);
    if (ask == ASK_NOW && now_ns < end + OUTCOME_SETTLE_NS)
        return undecided(end + OUTCOME_SETTLE_NS);
    if (s->server_is_not_tls)
        return decided(OUTCOME_SERVER_FAULT, SHAPE_NONE, end);
    if (!client_end || (server_end && server_end < client_end))
        return decide_handshake_server_ended(s, server_end);
    return decide_silent_client_ended(s, client_end);
}

/*
 * Data was sent, so the certificate was accepted. A client that was asked for a certificate and had
 * none (its first record was an empty one) may still be turned away: TLS 1.3 lets it speak first.
 */
static struct outcome_decision decide_useful(const struct outcome_state *s,
                                             enum outcome_ask ask, uint64_t now_ns)
{
    uint64_t server_end = first_of(s->server_alert_ns, outcome_closed_ns(s, TLS_SERVER));

    if (s->empty_certificate && s->server_late_records == 0) {
        if (server_end)
            return decided(OUTCOME_CLIENT_CERTIFICATE_REQUIRED, SHAPE_NONE, server_end);
        if (ask == ASK_NOW && now_ns < s->useful_ns + OUTCOME_LINGER_NS)
            return undecided(s->useful_ns + OUTCOME_LINGER_NS);
    }
    return decided(s->resumed ? OUTCOME_RESUMED : OUTCOME_ACCEPTED, SHAPE_NONE,
                   s->useful_ns);
}

struct outcome_decision outcome_decide(const struct outcome_state *s,
                                       const struct outcome_tuning *tuning,
                                       enum outcome_ask ask, uint64_t now_ns)
{
    if (outcome_is_unseen(s))
        return outcome_decide_unseen(s, tuning, ask, now_ns);
    if (s->phase == CLIENT_USEFUL)
        return decide_useful(s, ask, now_ns);
    if (s->phase != CLIENT_FINISHED && ends_handshake(s))
        return decide_client_alert(s);
    switch (s->phase) {
    case CLIENT_SMALL:
        return decide_small(s, tuning, ask, now_ns);
    case CLIENT_FINISHED:
        return decide_finished(s, tuning, ask, now_ns);
    case CLIENT_SILENT:
    case CLIENT_REPLIED:
    case CLIENT_USEFUL:
        break;
    }
    return decide_silent(s, tuning, ask, now_ns);
}

bool outcome_is_established(const struct outcome_state *s)
{
    /* A server that has finished encrypts its alerts. */
    bool answered_in_clear = !s->is_tls13 && s->server_alert_level == ALERT_LEVEL_FATAL;

    if (outcome_is_unseen(s))
        return outcome_unseen_finished(s);
    return (s->finished_ns || s->phase == CLIENT_USEFUL) && !answered_in_clear;
}

bool outcome_server_speaks_first(uint16_t port)
{
    static const uint16_t ports[] = {
        465, /* submissions */
        990, /* ftps */
        993, /* imaps */
        995, /* pop3s */
        563  /* nntps */
    };

    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
        if (ports[i] == port)
            return true;
    return false;
}

uint64_t outcome_complete_ns(const struct outcome_state *s, uint64_t decided_ns)
{
    uint64_t until = decided_ns + OUTCOME_LINGER_NS;
    uint64_t client = outcome_closed_ns(s, TLS_CLIENT);
    uint64_t server = outcome_closed_ns(s, TLS_SERVER);

    if (s->phase == CLIENT_USEFUL &&
        s->server_late_records >= OUTCOME_LINGER_SERVER_RECORDS)
        return decided_ns;
    /* A client that leaves early may still be sent the hello and the certificate. */
    if (client && server && last_of(client, server) + OUTCOME_SETTLE_NS < until)
        until = last_of(client, server) + OUTCOME_SETTLE_NS;
    return until;
}
