#include "session/session.h"

#include "base/text.h"
#include "session/session_names.h"
#include "tls/names.h"

/* What a sentence needs to know. */
enum {
    CLIENT_ALERT = 1 << 0,  /* the client sent an alert in the clear */
    SERVER_ALERT = 1 << 1,  /* the server did */
    AFTER_FLIGHT = 1 << 2,  /* when the server's flight ended */
    PROTECTED = 1 << 3,     /* the client's first protected record */
    CLOSED = 1 << 4,        /* who closed, how and when */
    SHORT_RECORD = 1 << 5,  /* shape S4 */
    FINISHED_TIME = 1 << 6, /* how long after Finished it was closed */
    FLIGHT = 1 << 7,        /* the server answered */
    OVER_QUIC = 1 << 8,
    ENDED = 1 << 9,         /* a resumption that came to nothing */
    IMPERFECT = 1 << 10,    /* the capture misses something */
    UNIDENTIFIED = 1 << 11, /* no handshake of TLS */
};

/*
 * The first row of an outcome whose needs are met is used. In it %V is the version, %a the client's
 * alert and %b the server's, %t and %u the time of the client's alert and of its first protected
 * record after the server's flight, %r that record's length and %f a Finished's, %s the length of
 * the last short record, %h how it was closed, %c the time of the close after the flight, %d after
 * Finished, %e after the start, %B the bytes of the flight, %w the raw outcome, %g the capture's faults.
 */
static const struct {
    enum outcome outcome;
    unsigned needs;
    const char *sentence;
} sentences[] = {
    {OUTCOME_UNDECIDED, 0, "What was seen so far decides nothing."},
    {OUTCOME_ACCEPTED, OVER_QUIC,
     "The client accepted what it was shown: protected QUIC packets went both ways."},
    {OUTCOME_ACCEPTED, UNIDENTIFIED,
     "Data went both ways on the port of HTTPS, encrypted by its looks, in a protocol that "
     "is "
     "neither TLS nor known: there is nothing in it that an inspection could show."},
    {OUTCOME_ACCEPTED, 0,
     "The client accepted what it was shown: it completed the %V handshake and the "
     "connection "
     "was used."},
    {OUTCOME_REJECTED_ALERT, CLIENT_ALERT | AFTER_FLIGHT,
     "The client sent the fatal alert %a in the clear %t after the server's flight: it "
     "does not "
     "accept the certificate."},
    {OUTCOME_REJECTED_ALERT, CLIENT_ALERT,
     "The client sent the fatal alert %a in the clear: it does not accept the "
     "certificate."},
    {OUTCOME_REJECTED_ALERT, 0, "The client sent a fatal certificate alert in the clear."},
    {OUTCOME_REJECTED_ENCRYPTED_ALERT, PROTECTED | AFTER_FLIGHT,
     "%u after the server's flight the client's first protected record has %r bytes, too "
     "few for "
     "a Finished (%f): an encrypted alert in its place refuses the handshake."},
    {OUTCOME_REJECTED_ENCRYPTED_ALERT, PROTECTED,
     "The client's first protected record has %r bytes, too few for a Finished (%f): an "
     "encrypted "
     "alert in its place refuses the handshake."},
    {OUTCOME_REJECTED_ENCRYPTED_ALERT, 0,
     "The client's first protected record is too small for a Finished: an encrypted alert "
     "in its "
     "place refuses the handshake."},
    {OUTCOME_REJECTED_CLOSE, CLOSED | AFTER_FLIGHT,
     "The client closed (%h) %c after the server's whole flight of %B bytes, without an "
     "alert and "
     "without a Finished."},
    {OUTCOME_REJECTED_CLOSE, 0,
     "The client closed after the server's whole flight, without an alert and without a "
     "Finished."},
    {OUTCOME_REJECTED_AFTER_HANDSHAKE, SHORT_RECORD | CLOSED,
     "After a complete %V handshake the client closed within %d without sending any data "
     "(an "
     "alert-sized record of %s bytes, then %h)."},
    {OUTCOME_REJECTED_AFTER_HANDSHAKE, CLOSED,
     "After a complete %V handshake the client closed within %d without sending any data "
     "(no "
     "alert, %h)."},
    {OUTCOME_REJECTED_AFTER_HANDSHAKE, 0,
     "After a complete %V handshake the client closed within %d without sending any data."},
    {OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK, CLOSED,
     "After a complete %V handshake the client waited %d and closed without sending any "
     "data "
     "(%h): a refusal or a connection that was not needed."},
    {OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK, 0,
     "After a complete %V handshake the client waited %d and closed without sending any "
     "data: a "
     "refusal or a connection that was not needed."},
    {OUTCOME_CERTIFICATE_EXPIRED, CLIENT_ALERT | AFTER_FLIGHT,
     "The client sent the fatal alert %a %t after the server's flight: a clock or the "
     "certificate's lifetime, not a pin."},
    {OUTCOME_CERTIFICATE_EXPIRED, 0,
     "The client says that the certificate has expired: a clock or a lifetime, not a pin."},
    {OUTCOME_PROTOCOL_FAILURE, CLIENT_ALERT,
     "The client ended the handshake with the fatal alert %a: a matter of protocol, not of "
     "trust."},
    {OUTCOME_PROTOCOL_FAILURE, 0,
     "The client ended the handshake for a matter of protocol, not of trust."},
    {OUTCOME_CLIENT_CANCELLED, CLIENT_ALERT,
     "The client cancelled during the handshake (%a), without a word on the certificate."},
    {OUTCOME_CLIENT_CANCELLED, 0,
     "The client cancelled during the handshake, without a word on the certificate."},
    {OUTCOME_ABORTED_EARLY, CLOSED,
     "The client left (%h) %e after the start, before it had the server's whole flight."},
    {OUTCOME_ABORTED_EARLY, 0, "The client left before it had the server's whole flight."},
    {OUTCOME_STALLED, FLIGHT,
     "After the server's flight of %B bytes nothing came from the client until the time "
     "was up."},
    {OUTCOME_STALLED, 0, "After the ClientHello nothing came until the time was up."},
    {OUTCOME_SERVER_FAULT, SERVER_ALERT,
     "The server ended the handshake with the alert %b; the client refused nothing."},
    {OUTCOME_SERVER_FAULT, CLOSED,
     "The server ended the handshake (%h) %e after the start; the client refused nothing."},
    {OUTCOME_SERVER_FAULT, 0,
     "The server ended the handshake; the client refused nothing."},
    {OUTCOME_SERVER_CLOSED, SERVER_ALERT,
     "After the client's Finished, before any data of the client, the server ended the "
     "connection "
     "with the alert %b."},
    {OUTCOME_SERVER_CLOSED, CLOSED,
     "After the client's Finished, before any data of the client, the server ended the "
     "connection "
     "(%h)."},
    {OUTCOME_SERVER_CLOSED, 0,
     "After the client's Finished, before any data of the client, the server ended the "
     "connection."},
    {OUTCOME_CLIENT_CERTIFICATE_REQUIRED, SERVER_ALERT,
     "The server wants a client certificate: it ended the handshake with the alert %b "
     "after the "
     "client had shown none that it takes."},
    {OUTCOME_CLIENT_CERTIFICATE_REQUIRED, 0,
     "The server wants a client certificate: it ended the handshake after the client had "
     "shown "
     "none that it takes."},
    {OUTCOME_IDLE_UNUSED, FINISHED_TIME,
     "The %V handshake completed and the connection was closed %d later without any data: "
     "opened "
     "in advance and never used."},
    {OUTCOME_IDLE_UNUSED, 0,
     "The %V handshake completed and the connection was closed later without any data: "
     "opened in "
     "advance and never used."},
    {OUTCOME_RESUMED, ENDED,
     "An earlier session was to be resumed, without a certificate, but the handshake did "
     "not "
     "complete: no matter of trust."},
    {OUTCOME_RESUMED, 0,
     "An earlier session was resumed: the server showed no certificate, so there was none "
     "to "
     "judge."},
    {OUTCOME_SUPERSEDED, 0,
     "The connection ended without data (%w) while a parallel one of the same client to "
     "the same "
     "destination was used: it only lost the race."},
    {OUTCOME_ECH_RETRY, CLIENT_ALERT,
     "The server did not take the encrypted ClientHello (%a) and the client tries again: "
     "no "
     "matter of trust."},
    {OUTCOME_ECH_RETRY, 0,
     "The server did not take the encrypted ClientHello and the client tries again: no "
     "matter of "
     "trust."},
    {OUTCOME_UNKNOWN, IMPERFECT,
     "The capture does not show how the client judged the certificate: %g."},
    {OUTCOME_UNKNOWN, OVER_QUIC,
     "QUIC hides how the client judged the certificate: no protected packets went both "
     "ways."},
    {OUTCOME_UNKNOWN, 0,
     "What the wire shows does not say how the client judged the certificate."},
    {OUTCOME_IN_PROGRESS, 0, "The record ends while the handshake was still under way."},
};

static const struct session_alert *clear_alert(const struct session *s, enum side from)
{
    for (size_t i = 0; i < s->alert_count; i++)
        if (s->alerts[i].from == from && !s->alerts[i].encrypted)
            return &s->alerts[i];
    return NULL;
}

static const struct session_record *first_protected(const struct session *s)
{
    for (size_t i = 0; i < s->record_count; i++)
        if (s->records[i].encrypted)
            return &s->records[i];
    return NULL;
}

static const struct session_record *last_protected(const struct session *s)
{
    for (size_t i = s->record_count; i > 0; i--)
        if (s->records[i - 1].encrypted)
            return &s->records[i - 1];
    return NULL;
}

/* When the server's flight ended; 0 when it was not seen. */
static uint32_t flight_end_us(const struct session *s)
{
    return s->flight_count ? s->flight[s->flight_count - 1].at_us : 0;
}

static uint32_t after_flight_us(const struct session *s, uint32_t at_us)
{
    uint32_t end = flight_end_us(s);

    return at_us > end ? at_us - end : 0;
}

static unsigned facts_of(const struct session *s)
{
    unsigned facts = 0;

    facts |= clear_alert(s, SIDE_CLIENT) ? CLIENT_ALERT : 0u;
    facts |= clear_alert(s, SIDE_SERVER) ? SERVER_ALERT : 0u;
    facts |= s->flight_count ? AFTER_FLIGHT : 0u;
    facts |= s->flight_count || s->has_server_hello ? FLIGHT : 0u;
    facts |= first_protected(s) ? PROTECTED : 0u;
    facts |= s->close_how != CLOSE_NONE ? CLOSED : 0u;
    facts |= s->shape == SHAPE_S4 && last_protected(s) ? SHORT_RECORD : 0u;
    facts |= s->finished_to_close_us ? FINISHED_TIME : 0u;
    facts |= s->protocol == SESSION_QUIC ? OVER_QUIC : 0u;
    facts |= s->protocol == SESSION_UNIDENTIFIED ? UNIDENTIFIED : 0u;
    facts |= !s->established ? ENDED : 0u;
    facts |= s->gaps || s->one_sided || s->midstream || s->truncated ? IMPERFECT : 0u;
    return facts;
}

/* "0.4 ms", "17 ms", "2.4 s" */
static void add_time(struct text *t, uint32_t us)
{
    uint32_t tenths = us < 1000000 ? us / 100 : us / 100000;
    const char *unit = us < 1000000 ? " ms" : " s";

    text_add_number(t, tenths / 10);
    if (tenths < 100 || us >= 1000000) {
        text_add_char(t, '.');
        text_add_number(t, tenths % 10);
    }
    text_add(t, unit);
}

static void add_alert(struct text *t, const struct session_alert *alert)
{
    const char *name = alert ? name_of_alert(alert->description) : NULL;

    if (!alert)
        return;
    text_add(t, name ? name : "number");
    text_add(t, name ? " (" : " ");
    text_add_number(t, alert->description);
    text_add(t, name ? ")" : "");
}

static void add_version(struct text *t, const struct session *s)
{
    static const struct {
        const char *family;
        const char *title;
    } titles[] = {{"tls", "TLS "}, {"ssl", "SSL "}, {"dtls", "DTLS "}};
    struct version_text version = version_describe(s->version);

    if (s->protocol == SESSION_QUIC || s->version == 0) {
        text_add(t, s->protocol == SESSION_QUIC ? "QUIC" : "TLS");
        return;
    }
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        if (strcmp(titles[i].family, version.family) == 0)
            text_add(t, titles[i].title);
    text_add(t, version.number);
}

static void add_fault(struct text *t, bool *first, const char *fault)
{
    text_add(t, *first ? "" : ", ");
    text_add(t, fault);
    *first = false;
}

static void add_faults(struct text *t, const struct session *s)
{
    bool first = true;

    if (s->gaps) {
        text_add_number(t, s->gaps);
        text_add(t, s->gaps == 1 ? " gap in the data" : " gaps in the data");
        first = false;
    }
    if (s->one_sided)
        add_fault(t, &first, "only one direction was captured");
    if (s->midstream)
        add_fault(t, &first, "the capture begins in the middle of the connection");
    if (s->truncated)
        add_fault(t, &first, "the snap length cut a handshake message");
}

static void add_close(struct text *t, const struct session *s)
{
    static const char *const words[] = {
        [CLOSE_NONE] = "",          [CLOSE_FIN] = "FIN",         [CLOSE_RST] = "RST",
        [CLOSE_ALERT] = "an alert", [CLOSE_TIMEOUT] = "timeout",
    };

    text_add(t, words[s->close_how]);
}

/* Length of the body of a Finished record of TLS 1.3 (RFC 8446 4.4.4, 5.2). */
static unsigned finished_bytes(const struct session *s)
{
    struct cipher_traits traits = cipher_traits_of(s->cipher);

    return 4u + traits.verify_hash + 1u + traits.tag;
}

static void add_length(struct text *t, const struct session_record *record)
{
    text_add_number(t, record ? record->length : 0);
}

static void add_client_time(struct text *t, const struct session *s)
{
    const struct session_alert *alert = clear_alert(s, SIDE_CLIENT);

    add_time(t, after_flight_us(s, alert ? alert->at_us : 0));
}

static void add_protected_time(struct text *t, const struct session *s)
{
    const struct session_record *record = first_protected(s);

    add_time(t, after_flight_us(s, record ? record->at_us : 0));
}

static void add_placeholder(struct text *t, char which, const struct session *s)
{
    switch (which) {
    case 'V':
        add_version(t, s);
        return;
    case 'a':
        add_alert(t, clear_alert(s, SIDE_CLIENT));
        return;
    case 'b':
        add_alert(t, clear_alert(s, SIDE_SERVER));
        return;
    case 't':
        add_client_time(t, s);
        return;
    case 'u':
        add_protected_time(t, s);
        return;
    case 'r':
        add_length(t, first_protected(s));
        return;
    case 's':
        add_length(t, last_protected(s));
        return;
    case 'f':
        text_add_number(t, finished_bytes(s));
        return;
    case 'h':
        add_close(t, s);
        return;
    case 'c':
        add_time(t, after_flight_us(s, s->close_after_us));
        return;
    case 'd':
        add_time(t, s->finished_to_close_us);
        return;
    case 'e':
        add_time(t, s->close_after_us);
        return;
    case 'B':
        text_add_number(t, s->flight_bytes);
        return;
    case 'w':
        text_add(t, outcome_name(s->outcome_raw));
        return;
    case 'g':
        add_faults(t, s);
        return;
    default:
        text_add_char(t, which);
    }
}

static const char *sentence_of(const struct session *s)
{
    unsigned facts = facts_of(s);

    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
        if (sentences[i].outcome == s->outcome && (sentences[i].needs & ~facts) == 0)
            return sentences[i].sentence;
    return "";
}

const char *session_describe_outcome(const struct session *s, char *out, size_t size)
{
    struct text t = text_in(out, size);

    for (const char *c = sentence_of(s); *c;) {
        size_t plain = strcspn(c, "%");

        text_add_first(&t, c, plain);
        c += plain;
        if (*c == '%') {
            add_placeholder(&t, c[1], s);
            c += 2;
        }
    }
    if (s->one_sided && s->client_packets == 0 && s->outcome != OUTCOME_UNKNOWN &&
        s->outcome != OUTCOME_IN_PROGRESS)
        text_add(&t, " So say the server's acknowledgements: the client was not captured.");
    return out;
}
