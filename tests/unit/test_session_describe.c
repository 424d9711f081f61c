#include "session_sample.h"

#define SENTENCE_MAX 320

/* A TLS 1.3 session whose server flight of 2454 bytes ended 20 ms after the start. */
static void sample(struct session *s, enum outcome outcome)
{
    sample_bare(s);
    sample_hellos(s);
    s->flight[0] = (struct session_record){
        .type = 23, .encrypted = true, .length = 2322, .at_us = 20000};
    s->flight_count = 1;
    s->flight_bytes = 2454;
    s->outcome = outcome;
    s->outcome_raw = outcome;
    s->close_how = CLOSE_FIN;
    s->close_after_us = 23000;
}

static void add_alert(struct session *s, enum side from, uint8_t description)
{
    s->alerts[s->alert_count++] = (struct session_alert){
        .from = from, .level = 2, .description = description, .at_us = 21800};
}

static void add_record(struct session *s, uint16_t length, uint32_t at_us)
{
    s->records[s->record_count++] = (struct session_record){
        .type = 23, .encrypted = true, .length = length, .at_us = at_us};
}

static void says(const struct session *s, const char *want)
{
    char out[SENTENCE_MAX];

    is_text(session_describe_outcome(s, out, sizeof(out)), want, "%s is told",
            outcome_name(s->outcome));
}

static void test_alerts(void)
{
    struct session s;

    sample(&s, OUTCOME_REJECTED_ALERT);
    says(&s, "The client sent a fatal certificate alert in the clear.");
    add_alert(&s, SIDE_CLIENT, 48);
    says(&s,
         "The client sent the fatal alert unknown_ca (48) in the clear 1.8 ms after the "
         "server's flight: it does not accept the certificate.");
    s.flight_count = 0;
    says(&s,
         "The client sent the fatal alert unknown_ca (48) in the clear: it does not accept "
         "the certificate.");
    sample(&s, OUTCOME_CERTIFICATE_EXPIRED);
    add_alert(&s, SIDE_CLIENT, 45);
    says(&s, "The client sent the fatal alert certificate_expired (45) 1.8 ms after the "
             "server's flight: a clock or the certificate's lifetime, not a pin.");
    sample(&s, OUTCOME_PROTOCOL_FAILURE);
    add_alert(&s, SIDE_CLIENT, 250);
    says(&s, "The client ended the handshake with the fatal alert number 250: a matter of "
             "protocol, not of trust.");
}

static void test_encrypted_alert(void)
{
    struct session s;

    sample(&s, OUTCOME_REJECTED_ENCRYPTED_ALERT);
    add_record(&s, 19, 37000);
    says(
        &s,
        "17 ms after the server's flight the client's first protected record has 19 bytes, "
        "too few for a Finished (53): an encrypted alert in its place refuses the "
        "handshake.");
    s.cipher = 0x1302;
    s.flight_count = 0;
    says(
        &s,
        "The client's first protected record has 19 bytes, too few for a Finished (69): an "
        "encrypted alert in its place refuses the handshake.");
}

static void test_unseen_client(void)
{
    struct session s;

    sample(&s, OUTCOME_REJECTED_ENCRYPTED_ALERT);
    s.one_sided = true;
    says(&s,
         "The client's first protected record is too small for a Finished: an encrypted "
         "alert in its place refuses the handshake. So say the server's "
         "acknowledgements: the client was not captured.");
}

static void test_closes(void)
{
    struct session s;

    sample(&s, OUTCOME_REJECTED_CLOSE);
    says(&s,
         "The client closed (FIN) 3.0 ms after the server's whole flight of 2454 bytes, "
         "without an alert and without a Finished.");
    s.close_how = CLOSE_NONE;
    says(
        &s,
        "The client closed after the server's whole flight, without an alert and without a "
        "Finished.");
    sample(&s, OUTCOME_ABORTED_EARLY);
    s.close_how = CLOSE_RST;
    says(&s,
         "The client left (RST) 23 ms after the start, before it had the server's whole "
         "flight.");
}

static void test_after_handshake(void)
{
    struct session s;

    sample(&s, OUTCOME_REJECTED_AFTER_HANDSHAKE);
    s.shape = SHAPE_S4;
    s.finished_to_close_us = 2800;
    s.established = true;
    add_record(&s, 53, 21000);
    add_record(&s, 19, 22000);
    says(&s, "After a complete TLS 1.3 handshake the client closed within 2.8 ms without "
             "sending "
             "any data (an alert-sized record of 19 bytes, then FIN).");
    s.shape = SHAPE_S5;
    s.close_how = CLOSE_RST;
    s.version = 0x0303;
    says(&s, "After a complete TLS 1.2 handshake the client closed within 2.8 ms without "
             "sending "
             "any data (no alert, RST).");
    s.outcome = OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK;
    s.finished_to_close_us = 2410000;
    says(&s,
         "After a complete TLS 1.2 handshake the client waited 2.4 s and closed without "
         "sending any data (RST): a refusal or a connection that was not needed.");
    s.outcome = OUTCOME_IDLE_UNUSED;
    s.finished_to_close_us = 60000000;
    says(&s, "The TLS 1.2 handshake completed and the connection was closed 60.0 s later "
             "without "
             "any data: opened in advance and never used.");
}

static void test_server(void)
{
    struct session s;

    sample(&s, OUTCOME_SERVER_FAULT);
    says(&s,
         "The server ended the handshake (FIN) 23 ms after the start; the client refused "
         "nothing.");
    add_alert(&s, SIDE_SERVER, 40);
    says(&s,
         "The server ended the handshake with the alert handshake_failure (40); the client "
         "refused nothing.");
    s.outcome = OUTCOME_CLIENT_CERTIFICATE_REQUIRED;
    s.alerts[0].description = 116;
    says(&s, "The server wants a client certificate: it ended the handshake with the alert "
             "certificate_required (116) after the client had shown none that it takes.");
    s.outcome = OUTCOME_SERVER_CLOSED;
    s.alerts[0].encrypted = true;
    says(&s,
         "After the client's Finished, before any data of the client, the server ended the "
         "connection (FIN).");
}

static void test_unknown(void)
{
    struct session s;

    sample(&s, OUTCOME_UNKNOWN);
    says(&s, "What the wire shows does not say how the client judged the certificate.");
    s.gaps = 1;
    says(&s,
         "The capture does not show how the client judged the certificate: 1 gap in the "
         "data.");
    s.gaps = 3;
    s.one_sided = s.midstream = s.truncated = true;
    says(&s,
         "The capture does not show how the client judged the certificate: 3 gaps in the "
         "data, only one direction was captured, the capture begins in the middle of the "
         "connection, the snap length cut a handshake message.");
    sample_bare(&s);
    s.outcome = OUTCOME_UNKNOWN;
    s.protocol = SESSION_QUIC;
    says(&s,
         "QUIC hides how the client judged the certificate: no protected packets went both "
         "ways.");
}

static void test_no_judgement(void)
{
    struct session s;

    sample(&s, OUTCOME_ACCEPTED);
    says(
        &s,
        "The client accepted what it was shown: it completed the TLS 1.3 handshake and the "
        "connection was used.");
    sample(&s, OUTCOME_STALLED);
    says(&s,
         "After the server's flight of 2454 bytes nothing came from the client until the "
         "time was up.");
    sample_bare(&s);
    s.outcome = OUTCOME_STALLED;
    says(&s, "After the ClientHello nothing came until the time was up.");
    sample(&s, OUTCOME_RESUMED);
    says(&s,
         "An earlier session was to be resumed, without a certificate, but the handshake "
         "did not complete: no matter of trust.");
    s.established = true;
    says(&s,
         "An earlier session was resumed: the server showed no certificate, so there was "
         "none to judge.");
    sample(&s, OUTCOME_SUPERSEDED);
    s.outcome_raw = OUTCOME_REJECTED_CLOSE;
    says(&s,
         "The connection ended without data (rejected_close) while a parallel one of the "
         "same client to the same destination was used: it only lost the race.");
    sample(&s, OUTCOME_ECH_RETRY);
    says(&s,
         "The server did not take the encrypted ClientHello and the client tries again: no "
         "matter of trust.");
    sample(&s, OUTCOME_IN_PROGRESS);
    says(&s, "The record ends while the handshake was still under way.");
}

/* With all facts and with none, every outcome has one whole sentence. */
static void test_every_outcome(void)
{
    for (int bare = 0; bare < 2; bare++) {
        for (int o = OUTCOME_UNDECIDED; o < OUTCOME_COUNT; o++) {
            char out[SENTENCE_MAX];
            struct session s;
            size_t n;

            if (bare)
                sample_bare(&s);
            else
                sample_full(&s);
            s.outcome = (enum outcome)o;
            n = strlen(session_describe_outcome(&s, out, sizeof(out)));
            ok(n > 30 && n < sizeof(out) - 1 && out[n - 1] == '.' && !strchr(out, '%') &&
                   !strstr(out, "  ") && !strstr(out, "()"),
               "%s has a sentence: %s", outcome_name(s.outcome), out);
            session_release(&s);
        }
    }
}

static void test_names(void)
{
    for (int o = OUTCOME_UNDECIDED; o < OUTCOME_COUNT; o++)
        is_int(outcome_from_name(outcome_name((enum outcome)o)), o, "%s has its name",
               outcome_name((enum outcome)o));
    is_int(outcome_from_name("rejected"), OUTCOME_COUNT, "another name is none");
    ok(outcome_is_refusal(OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK) &&
           outcome_is_refusal(OUTCOME_REJECTED_ALERT) &&
           !outcome_is_refusal(OUTCOME_CERTIFICATE_EXPIRED) &&
           !outcome_is_refusal(OUTCOME_ACCEPTED),
       "refusals are the shapes S1 to S5");
}

int main(void)
{
    test_alerts();
    test_encrypted_alert();
    test_unseen_client();
    test_closes();
    test_after_handshake();
    test_server();
    test_unknown();
    test_no_judgement();
    test_every_outcome();
    test_names();
    return done_testing();
}
