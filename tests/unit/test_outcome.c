/*
 * What one connection is said to have come to. A connection is written as words, in the order of
 * time, each a millisecond after the one before it:
 *
 *   sh          ServerHello; TLS 1.3: with an encrypted flight of 900 bytes behind it,
 *               earlier versions: with Certificate and ServerHelloDone
 *   sh- sh=     the same without the flight; TLS 1.3 with a pre-shared key
 *   cc ch40     client: ChangeCipherSpec; a handshake record in the clear, of 40 bytes
 *   cf40 ce26   client: an encrypted handshake record or alert (TLS <= 1.2)
 *   ca53        client: application data of 53 bytes, which is all that TLS 1.3 shows
 *   cA48        client: fatal alert 48 in the clear; ca0 would be a record
 *   sa250 sA40  server: the same
 *   cF cR sF sR FIN or RST
 *   cF!         FIN of a client that had not acknowledged the server's flight
 *   psk early resumed request lost retry alone    facts of the hellos, of the messages and of the capture
 *   +400        time passes, in milliseconds
 */
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>

#include "outcome/outcome.h"
#include "tls/hello.h"

#define MS UINT64_C(1000000)

enum {
    AES_128_GCM_13 = 0x1301,
    AES_256_GCM_13 = 0x1302,
    AES_128_CCM_8_13 = 0x1305,
    AES_128_GCM_12 = 0xc02f,
};

static const struct outcome_tuning tuning = {.post_close_strong_ns = 300 * MS,
                                             .post_close_weak_ns = 5000 * MS,
                                             .enc_alert_close_ns = 5000 * MS,
                                             .stall_ns = 30000 * MS};

struct talk {
    struct outcome_state state;
    uint16_t version;
    uint16_t cipher;
    uint64_t now_ns;
};

static struct tls_event event_at(const struct talk *t, enum tls_event_kind kind,
                                 enum tls_side side)
{
    return (struct tls_event){.kind = kind, .side = side, .time_ns = t->now_ns};
}

static void put(struct talk *t, enum tls_event_kind kind, enum tls_side side)
{
    struct tls_event e = event_at(t, kind, side);

    outcome_push(&t->state, &e);
}

static void put_record(struct talk *t, enum tls_side side, uint8_t type,
                       unsigned long length, bool encrypted)
{
    struct tls_event e = event_at(t, TLS_EVENT_RECORD, side);

    e.record = (struct record_header){type, VERSION_TLS12, (uint16_t)length};
    e.encrypted = encrypted;
    outcome_push(&t->state, &e);
}

static void put_alert(struct talk *t, enum tls_side side, unsigned long description)
{
    struct tls_event e = event_at(t, TLS_EVENT_ALERT, side);

    put_record(t, side, RECORD_ALERT, 2, false);
    e.alert_level = 2;
    e.alert_description = (uint8_t)description;
    outcome_push(&t->state, &e);
}

static void put_server_hello(struct talk *t, char how)
{
    struct server_hello hello = {
        .version = t->version, .cipher = t->cipher, .has_psk = how == '='};
    struct tls_event e = event_at(t, TLS_EVENT_SERVER_HELLO, TLS_SERVER);

    e.server_hello = &hello;
    outcome_push(&t->state, &e);
    if (how)
        return;
    if (t->version == VERSION_TLS13) {
        put_record(t, TLS_SERVER, RECORD_APPLICATION_DATA, 900, true);
        return;
    }
    put(t, TLS_EVENT_CERTIFICATE, TLS_SERVER);
    put(t, TLS_EVENT_SERVER_HELLO_DONE, TLS_SERVER);
}

static void put_client_hello(struct talk *t, bool psk, bool early)
{
    struct client_hello hello = {
        .legacy_version = VERSION_TLS12, .has_psk = psk, .has_early_data = early};
    struct span versions = hex("04 0304 0303");
    struct tls_event e = event_at(t, TLS_EVENT_CLIENT_HELLO, TLS_CLIENT);

    if (t->version == VERSION_TLS13)
        hello.supported_versions = span_of(versions.data + 1, 4);
    e.client_hello = &hello;
    outcome_push(&t->state, &e);
}

static void put_close(struct talk *t, enum tls_side side, bool by_reset, bool acknowledged)
{
    outcome_close(&t->state, side, by_reset, acknowledged, t->now_ns);
}

static void put_fact(struct talk *t, const char *word)
{
    if (strcmp(word, "psk") == 0)
        t->state.psk_offered = true;
    else if (strcmp(word, "early") == 0)
        t->state.early_data_offered = true;
    else if (strcmp(word, "resumed") == 0)
        put(t, TLS_EVENT_RESUMED, TLS_SERVER);
    else if (strcmp(word, "request") == 0)
        put(t, TLS_EVENT_CERTIFICATE_REQUEST, TLS_SERVER);
    else if (strcmp(word, "retry") == 0)
        put(t, TLS_EVENT_HELLO_RETRY, TLS_SERVER);
    else if (strcmp(word, "alone") == 0)
        return; /* from the beginning */
    else if (strcmp(word, "lost") == 0)
        put(t, TLS_EVENT_LOST, TLS_CLIENT);
    else
        abort();
}

/* A word of a side: what it sent, and how long that was. */
static void put_side(struct talk *t, enum tls_side side, const char *word)
{
    unsigned long number = strtoul(word + 1, NULL, 10);

    switch (word[0]) {
    case 'c':
        put_record(t, side, RECORD_CHANGE_CIPHER_SPEC, 1, false);
        return;
    case 'h':
        put_record(t, side, RECORD_HANDSHAKE, number, false);
        return;
    case 'f':
        put_record(t, side, RECORD_HANDSHAKE, number, true);
        return;
    case 'e':
        put_record(t, side, RECORD_ALERT, number, true);
        return;
    case 'a':
        put_record(t, side, RECORD_APPLICATION_DATA, number, true);
        return;
    case 'A':
        put_alert(t, side, number);
        return;
    case 'F':
    case 'R':
        put_close(t, side, word[0] == 'R', word[1] != '!');
        return;
    default:
        abort();
    }
}

static void put_word(struct talk *t, const char *word)
{
    if (word[0] == '+') {
        t->now_ns += strtoul(word + 1, NULL, 10) * MS;
        return;
    }
    t->now_ns += MS;
    t->state.last_ns = t->now_ns;
    if (strncmp(word, "sh", 2) == 0)
        put_server_hello(t, word[2]);
    else if (word[0] == 'c' && word[1])
        put_side(t, TLS_CLIENT, word + 1);
    else if (word[0] == 's' && word[1])
        put_side(t, TLS_SERVER, word + 1);
    else
        put_fact(t, word);
}

static struct talk talk_of(uint16_t version, uint16_t cipher, const char *words)
{
    struct talk t = {.version = version, .cipher = cipher, .now_ns = 1000 * MS};
    char text[256], *rest = text, *word;

    t.state.has_client_packets = true;
    t.state.has_server_packets = strncmp(words, "alone", 5) != 0;
    put_record(&t, TLS_CLIENT, RECORD_HANDSHAKE, 300, false);
    put_client_hello(&t, false, false);
    (void)snprintf(text, sizeof(text), "%s", words);
    while ((word = strsep(&rest, " ")) != NULL)
        put_word(&t, word);
    return t;
}

static struct outcome_decision ask_later(const struct talk *t, enum outcome_ask ask)
{
    return outcome_decide(&t->state, &tuning, ask, t->now_ns + 60000 * MS);
}

/* ---- what the record sizes and closes mean */

static const struct vector {
    uint16_t version;
    uint16_t cipher;
    const char *words;
    enum outcome outcome;
    enum outcome_shape shape;
} vectors[] = {
    /* S1: an alert in the clear, whatever follows */
    {VERSION_TLS13, AES_256_GCM_13, "sh cA48 cR", OUTCOME_REJECTED_ALERT, SHAPE_S1},
    {VERSION_TLS12, AES_128_GCM_12, "sh cA42 cF", OUTCOME_REJECTED_ALERT, SHAPE_S1},
    {VERSION_TLS12, AES_128_GCM_12, "sh cA46 cF", OUTCOME_REJECTED_ALERT, SHAPE_S1},
    {VERSION_TLS12, AES_128_GCM_12, "sh cA48", OUTCOME_REJECTED_ALERT, SHAPE_S1},
    {VERSION_TLS12, AES_128_GCM_12, "sh cA113 cF", OUTCOME_REJECTED_ALERT, SHAPE_S1},
    {VERSION_TLS12, AES_128_GCM_12, "lost sh cA48", OUTCOME_REJECTED_ALERT, SHAPE_S1},
    /* alerts that are no word on trust */
    {VERSION_TLS12, AES_128_GCM_12, "sh cA45 cF", OUTCOME_CERTIFICATE_EXPIRED, SHAPE_NONE},
    {VERSION_TLS13, AES_128_GCM_13, "sh cA121 cF", OUTCOME_ECH_RETRY, SHAPE_NONE},
    {VERSION_TLS12, AES_128_GCM_12, "sh cA90 cF", OUTCOME_CLIENT_CANCELLED, SHAPE_NONE},
    {VERSION_TLS12, AES_128_GCM_12, "sh cA40 cF", OUTCOME_PROTOCOL_FAILURE, SHAPE_NONE},
    {VERSION_TLS13, AES_128_GCM_13, "sh cA80 cF", OUTCOME_PROTOCOL_FAILURE, SHAPE_NONE},
    /* S2: the first protected record is too small for a Finished of the suite */
    {VERSION_TLS13, AES_128_GCM_13, "sh cc ca19 cF", OUTCOME_REJECTED_ENCRYPTED_ALERT,
     SHAPE_S2},
    {VERSION_TLS13, AES_256_GCM_13, "sh cc ca35 cF", OUTCOME_REJECTED_ENCRYPTED_ALERT,
     SHAPE_S2},
    {VERSION_TLS13, AES_128_CCM_8_13, "sh ca11 cF", OUTCOME_REJECTED_ENCRYPTED_ALERT,
     SHAPE_S2},
    {VERSION_TLS13, AES_128_GCM_13, "sh ca19 sF", OUTCOME_REJECTED_ENCRYPTED_ALERT,
     SHAPE_S2},
    {VERSION_TLS13, AES_128_GCM_13, "sh ca19 +6000 cF", OUTCOME_UNKNOWN, SHAPE_NONE},
    {VERSION_TLS13, AES_128_GCM_13, "sh ca19", OUTCOME_UNKNOWN, SHAPE_NONE},
    /* S3: a close that says nothing, once the certificate is known */
    {VERSION_TLS13, AES_256_GCM_13, "sh cF", OUTCOME_REJECTED_CLOSE, SHAPE_S3},
    {VERSION_TLS13, AES_256_GCM_13, "sh cc cR", OUTCOME_REJECTED_CLOSE, SHAPE_S3},
    {VERSION_TLS12, AES_128_GCM_12, "sh cF", OUTCOME_REJECTED_CLOSE, SHAPE_S3},
    {VERSION_TLS13, AES_256_GCM_13, "sh cF!", OUTCOME_ABORTED_EARLY, SHAPE_NONE},
    {VERSION_TLS13, AES_256_GCM_13, "sh- cF", OUTCOME_ABORTED_EARLY, SHAPE_NONE},
    {VERSION_TLS12, AES_128_GCM_12, "sh ch70 cF", OUTCOME_ABORTED_EARLY, SHAPE_NONE},
    {VERSION_TLS13, AES_256_GCM_13, "cF", OUTCOME_ABORTED_EARLY, SHAPE_NONE},
    {VERSION_TLS13, AES_256_GCM_13, "lost sh cF", OUTCOME_UNKNOWN, SHAPE_NONE},
    /* S4, S5: the handshake is complete, nothing useful follows */
    {VERSION_TLS13, AES_256_GCM_13, "sh cc ca69 ca19 cR", OUTCOME_REJECTED_AFTER_HANDSHAKE,
     SHAPE_S4},
    {VERSION_TLS13, AES_256_GCM_13, "sh cc ca85 ca35 ca35 cF",
     OUTCOME_REJECTED_AFTER_HANDSHAKE, SHAPE_S4},
    {VERSION_TLS13, AES_256_GCM_13, "sh cc ca69 sa250 cR", OUTCOME_REJECTED_AFTER_HANDSHAKE,
     SHAPE_S5},
    {VERSION_TLS13, AES_128_GCM_13, "sh ca53 +200 cF", OUTCOME_REJECTED_AFTER_HANDSHAKE,
     SHAPE_S5},
    {VERSION_TLS13, AES_128_GCM_13, "sh ca53 +2000 cF",
     OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK, SHAPE_S5},
    {VERSION_TLS13, AES_128_GCM_13, "sh cc ca53 +60000 ca19 cF", OUTCOME_IDLE_UNUSED,
     SHAPE_NONE},
    {VERSION_TLS12, AES_128_GCM_12, "sh ch70 cc cf40 ce26 cF",
     OUTCOME_REJECTED_AFTER_HANDSHAKE, SHAPE_S4},
    {VERSION_TLS12, AES_128_GCM_12, "sh ch70 cc cf40 cF", OUTCOME_REJECTED_AFTER_HANDSHAKE,
     SHAPE_S5},
    {VERSION_TLS13, AES_128_GCM_13, "lost sh ca53 cF", OUTCOME_UNKNOWN, SHAPE_NONE},
    /* S6: nothing more comes */
    {VERSION_TLS13, AES_128_GCM_13, "sh", OUTCOME_STALLED, SHAPE_S6},
    {VERSION_TLS12, AES_128_GCM_12, "sh ch70", OUTCOME_STALLED, SHAPE_S6},
    /* data was sent */
    {VERSION_TLS13, AES_256_GCM_13, "sh cc ca69 ca50", OUTCOME_ACCEPTED, SHAPE_NONE},
    {VERSION_TLS13, AES_256_GCM_13, "sh cc ca85 ca36 cF", OUTCOME_ACCEPTED, SHAPE_NONE},
    {VERSION_TLS13, AES_128_GCM_13, "sh cc ca25 ca53 ca120 sa300", OUTCOME_ACCEPTED,
     SHAPE_NONE},
    {VERSION_TLS12, AES_128_GCM_12, "sh ch70 cc cf40 ca103 ce26 cF", OUTCOME_ACCEPTED,
     SHAPE_NONE},
    /* no certificate was shown, so nothing is said of one */
    {VERSION_TLS13, AES_128_GCM_13, "sh= ca53 ca90", OUTCOME_RESUMED, SHAPE_NONE},
    {VERSION_TLS13, AES_128_GCM_13, "sh= ca19 cF", OUTCOME_RESUMED, SHAPE_NONE},
    {VERSION_TLS13, AES_128_GCM_13, "sh= ca53 cF", OUTCOME_RESUMED, SHAPE_NONE},
    {VERSION_TLS12, AES_128_GCM_12, "sh- resumed cA48 cF", OUTCOME_RESUMED, SHAPE_NONE},
    /* 0-RTT data and its end come before the Finished */
    {VERSION_TLS13, AES_128_GCM_13, "psk early sh ca300 ca21 ca53 ca80", OUTCOME_ACCEPTED,
     SHAPE_NONE},
    {VERSION_TLS13, AES_128_GCM_13, "psk early sh ca300 ca21 ca19 cF",
     OUTCOME_REJECTED_ENCRYPTED_ALERT, SHAPE_S2},
    /* the client alone was captured: sizes are judged against the smallest Finished */
    {VERSION_TLS13, AES_128_GCM_13, "alone cc ca19 cF", OUTCOME_REJECTED_ENCRYPTED_ALERT,
     SHAPE_S2},
    {VERSION_TLS13, AES_128_GCM_13, "alone cc ch300 retry ca35 cF",
     OUTCOME_REJECTED_ENCRYPTED_ALERT, SHAPE_S2},
    {VERSION_TLS13, AES_128_GCM_13, "alone cc ch300 retry ca53 ca19 cF",
     OUTCOME_REJECTED_AFTER_HANDSHAKE, SHAPE_S4},
    {VERSION_TLS13, AES_128_GCM_13, "alone cc ch300 retry ca53 ca80", OUTCOME_ACCEPTED,
     SHAPE_NONE},
    {VERSION_TLS13, AES_256_GCM_13, "alone cc ca85 ca35 ca35 cF",
     OUTCOME_REJECTED_AFTER_HANDSHAKE, SHAPE_S4},
    {VERSION_TLS13, AES_256_GCM_13, "alone cc ca85 ca60", OUTCOME_ACCEPTED, SHAPE_NONE},
    {VERSION_TLS13, AES_128_GCM_13, "alone ch70 cc cf40 ca80", OUTCOME_ACCEPTED,
     SHAPE_NONE},
    /* the server ended it */
    {VERSION_TLS13, AES_128_GCM_13, "sF", OUTCOME_SERVER_FAULT, SHAPE_NONE},
    {VERSION_TLS13, AES_128_GCM_13, "sA40 sF cF", OUTCOME_SERVER_FAULT, SHAPE_NONE},
    {VERSION_TLS12, AES_128_GCM_12, "sh sR", OUTCOME_SERVER_FAULT, SHAPE_NONE},
    {VERSION_TLS12, AES_128_GCM_12, "sh ch70 cc cf40 sF cF", OUTCOME_SERVER_CLOSED,
     SHAPE_NONE},
    {VERSION_TLS13, AES_128_GCM_13, "sh ca53 sa19 sF cF", OUTCOME_SERVER_CLOSED,
     SHAPE_NONE},
    /* it wanted a certificate of the client */
    {VERSION_TLS12, AES_128_GCM_12, "sh request ch7 ch70 cc cf40 sA40 sF cF",
     OUTCOME_CLIENT_CERTIFICATE_REQUIRED, SHAPE_NONE},
    {VERSION_TLS13, AES_128_GCM_13, "sh ca25 ca53 sa19 sF cF",
     OUTCOME_CLIENT_CERTIFICATE_REQUIRED, SHAPE_NONE},
    {VERSION_TLS13, AES_128_GCM_13, "sh ca25 ca53 ca90 sa19 sF",
     OUTCOME_CLIENT_CERTIFICATE_REQUIRED, SHAPE_NONE},
};

static void each_talk_comes_to_its_outcome(void)
{
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        const struct vector *v = &vectors[i];
        struct talk t = talk_of(v->version, v->cipher, v->words);
        struct outcome_decision d = ask_later(&t, ASK_NOW);

        is_text(outcome_name(d.outcome), outcome_name(v->outcome), "%s, %s",
                v->version == VERSION_TLS13 ? "TLS 1.3" : "TLS 1.2", v->words);
        is_int(d.shape, v->shape, "%s: its shape", v->words);
    }
}

static void an_outcome_does_not_change_as_time_passes(void)
{
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        const struct vector *v = &vectors[i];
        struct talk t = talk_of(v->version, v->cipher, v->words);
        uint64_t now = t.now_ns, end = now + 60000 * MS;
        struct outcome_decision d = outcome_decide(&t.state, &tuning, ASK_NOW, now);

        while (d.outcome == OUTCOME_UNDECIDED && d.again_ns > now && d.again_ns <= end) {
            now = d.again_ns;
            d = outcome_decide(&t.state, &tuning, ASK_NOW, now);
        }
        is_int(d.outcome, v->outcome, "%s: asked when it wants to be asked, the same",
               v->words);
        ok(d.decided_ns <= now, "%s: decided by what was seen, not by what will be",
           v->words);
    }
}

static void the_end_of_the_capture_decides_nothing(void)
{
    static const char *const open[] = {"sh", "sh ca19", "sh ca53", "sh ca53 sa250", ""};

    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
        struct talk t = {.version = VERSION_TLS13, .cipher = AES_128_GCM_13};

        t = *open[i] ? talk_of(t.version, t.cipher, open[i]) : t;
        is_int(outcome_decide(&t.state, &tuning, ASK_CAPTURE, t.now_ns).outcome,
               OUTCOME_IN_PROGRESS, "\"%s\", then the capture ends: in progress", open[i]);
    }
}

/* ---- times */

static void a_close_settles_before_it_is_judged(void)
{
    struct talk t = talk_of(VERSION_TLS13, AES_128_GCM_13, "sh ca53 cF");
    struct outcome_decision d = outcome_decide(&t.state, &tuning, ASK_NOW, t.now_ns);

    is_int(d.outcome, OUTCOME_UNDECIDED, "bytes may still overtake the FIN");
    is_int(d.again_ns, t.now_ns + OUTCOME_SETTLE_NS, "for a moment");
    put_word(&t, "ca200");
    is_int(outcome_decide(&t.state, &tuning, ASK_NOW, d.again_ns).outcome, OUTCOME_ACCEPTED,
           "and if they were data, it was used");
}

static void the_decision_has_the_time_of_what_decided_it(void)
{
    struct talk t = talk_of(VERSION_TLS13, AES_128_GCM_13, "sh ca53 ca200 +9000 cF");

    is_int(ask_later(&t, ASK_NOW).decided_ns, t.state.useful_ns, "accept: the first data");
    t = talk_of(VERSION_TLS12, AES_128_GCM_12, "sh cA48 +700 cF");
    is_int(ask_later(&t, ASK_NOW).decided_ns, t.state.client_alert_ns, "S1: the alert");
    t = talk_of(VERSION_TLS13, AES_128_GCM_13, "sh ca53 ca19 +100 cF");
    is_int(ask_later(&t, ASK_NOW).decided_ns, t.state.short_ns, "S4: the short record");
}

static void a_server_that_speaks_first_is_heard(void)
{
    struct talk t = talk_of(VERSION_TLS13, AES_128_GCM_13, "sh ca53 sa400");

    t.state.server_first = true;
    is_int(ask_later(&t, ASK_NOW).outcome, OUTCOME_ACCEPTED, "its greeting is use");
    ok(outcome_server_speaks_first(993) && !outcome_server_speaks_first(443),
       "by the port of the protocol");
}

/* ---- whether the handshake was complete */

static void a_handshake_is_complete_when_both_have_finished(void)
{
    struct talk t = talk_of(VERSION_TLS12, AES_128_GCM_12, "sh ch70 cc cf40 sF");

    ok(outcome_is_established(&t.state), "the client's Finished: complete");
    t = talk_of(VERSION_TLS12, AES_128_GCM_12, "sh ch70 cc cf40 ce26 cF");
    ok(outcome_is_established(&t.state), "refused behind it: complete all the same");
    t = talk_of(VERSION_TLS12, AES_128_GCM_12, "sh request ch7 ch70 cc cf40 sA40 sF");
    ok(!outcome_is_established(&t.state),
       "TLS 1.2: a server that answers in the clear has not finished");
    t = talk_of(VERSION_TLS13, AES_128_GCM_13, "sh ca19 cF");
    ok(!outcome_is_established(&t.state), "an encrypted alert is no Finished");
    t = talk_of(VERSION_TLS13, AES_128_GCM_13, "sh ca53 ca19 cR");
    ok(outcome_is_established(&t.state), "S4 in TLS 1.3: complete");
}

/* ---- names */

static void names_lead_back(void)
{
    for (enum outcome o = OUTCOME_UNDECIDED; o < OUTCOME_COUNT; o++)
        is_int(outcome_from_name(outcome_name(o)), o, "%s", outcome_name(o));
    is_int(outcome_from_name("pinned"), OUTCOME_COUNT, "no such outcome");
    ok(outcome_is_refusal(OUTCOME_REJECTED_CLOSE) &&
           !outcome_is_refusal(OUTCOME_CERTIFICATE_EXPIRED),
       "an expired certificate is no refusal");
}

int main(void)
{
    each_talk_comes_to_its_outcome();
    an_outcome_does_not_change_as_time_passes();
    the_end_of_the_capture_decides_nothing();
    a_close_settles_before_it_is_judged();
    the_decision_has_the_time_of_what_decided_it();
    a_server_that_speaks_first_is_heard();
    a_handshake_is_complete_when_both_have_finished();
    names_lead_back();
    return done_testing();
}
