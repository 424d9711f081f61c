/*
 * How one TLS connection ended, from what it showed on the wire.
 *
 * The decision is a pure function of the facts that tls/conn.h gathered and of the time: it is
 * asked again after each event of a connection and answers UNDECIDED until the wire has said
 * enough. What needs several connections (superseded, ECH retry, learned profiles) is the
 * correlator's. The classes and shapes are those of the detection procedure in docs/detection.md.
 */
#pragma once

#include "tls/conn.h"
#include "tls/names.h"

/* Times of the decision procedure that are no tuning: waiting for packets that come in disorder. */
#define OUTCOME_SETTLE_NS                                                                  \
    UINT64_C(10000000) /* after a close, for bytes that overtook each other */
#define OUTCOME_LINGER_NS                                                                  \
    UINT64_C(500000000) /* after the decision, for tickets and the close */
#define OUTCOME_LINGER_SERVER_RECORDS                                                      \
    4 /* ... which end early after so many server records */

enum outcome {
    OUTCOME_UNDECIDED,
    OUTCOME_ACCEPTED,
    OUTCOME_REJECTED_ALERT,           /* S1: fatal certificate alert in the clear */
    OUTCOME_REJECTED_ENCRYPTED_ALERT, /* S2: first protected record too small for a Finished */
    OUTCOME_REJECTED_CLOSE,           /* S3: bare close after the whole server flight */
    OUTCOME_REJECTED_AFTER_HANDSHAKE, /* S4, S5: Finished, then close within 0.3 s without data */
    OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK, /* the same between 0.3 s and 5 s */
    OUTCOME_CERTIFICATE_EXPIRED,           /* alert 45: a clock or lifetime, not a pin */
    OUTCOME_PROTOCOL_FAILURE, /* the client ends it for a reason that is not trust */
    OUTCOME_CLIENT_CANCELLED, /* close_notify or user_canceled during the handshake */
    OUTCOME_ABORTED_EARLY,    /* the client left before it had the certificate */
    OUTCOME_STALLED,          /* S6: silence */
    OUTCOME_SERVER_FAULT,     /* the server ended the handshake */
    OUTCOME_SERVER_CLOSED,    /* the server ended it after the client's Finished */
    OUTCOME_CLIENT_CERTIFICATE_REQUIRED,
    OUTCOME_IDLE_UNUSED, /* completed, never used, closed after 5 s: a preconnect */
    OUTCOME_RESUMED,     /* no certificate was shown */
    OUTCOME_SUPERSEDED,  /* correlator: a sibling connection won the race */
    OUTCOME_ECH_RETRY,   /* correlator or alert 121: encrypted hello was refused */
    OUTCOME_UNKNOWN,     /* the capture misses bytes that would decide */
    OUTCOME_IN_PROGRESS, /* the capture ended first */
    OUTCOME_COUNT,
};

/* Wire shape of a refusal, detection procedure section 1.1. */
enum outcome_shape {
    SHAPE_NONE,
    SHAPE_S1,
    SHAPE_S2,
    SHAPE_S3,
    SHAPE_S4,
    SHAPE_S5,
    SHAPE_S6,
};

struct outcome_tuning {
    uint64_t post_close_strong_ns;
    uint64_t post_close_weak_ns;
    uint64_t enc_alert_close_ns;
    uint64_t stall_ns;
};

/* What the client did after the ServerHello. */
enum client_phase {
    CLIENT_SILENT,   /* nothing but ChangeCipherSpec */
    CLIENT_REPLIED,  /* TLS <= 1.2: handshake messages, but no Finished */
    CLIENT_SMALL,    /* TLS 1.3: a first protected record too small for a Finished */
    CLIENT_FINISHED, /* a Finished or larger */
    CLIENT_USEFUL,   /* application data */
};

/* Evidence of one connection. Zeroed at the start; fed by outcome_push and outcome_close. */
struct outcome_state {
    bool client_hello, server_hello;
    bool offers_tls13, is_tls13;
    bool retried; /* there was a HelloRetryRequest: TLS 1.3, whatever else is missing */
    bool resumed;
    bool psk_offered, early_data_offered;
    bool certificate, certificate_request, client_certificate;
    bool server_hello_done;
    bool client_lost, server_lost; /* its records can no longer be followed */
    bool server_is_not_tls;
    bool server_messages_lost;
    bool server_first;        /* the server speaks first in what the port or ALPN names */
    bool flight_acknowledged; /* all of the server's flight, when the client closed */
    bool has_server_packets, has_client_packets;
    bool
        has_hello_acknowledgement; /* of the server, where nothing of the client was captured */
    bool server_spoke;             /* application data of a server before TLS 1.3 */
    uint32_t hello_acknowledgement;
    uint32_t unseen_bytes; /* of the client, acknowledged since then; a FIN counts as one */
    enum client_phase phase;
    uint8_t pad; /* the client pads its TLS 1.3 records by so much */
    struct cipher_traits traits;
    uint16_t small_length;           /* of the record of CLIENT_SMALL */
    bool empty_certificate;          /* that record may be an empty client Certificate */
    uint32_t flight_encrypted_bytes; /* server's, before the client's first record */
    uint32_t server_late_bytes; /* server application data after the client's Finished */
    uint16_t server_late_records;
    uint8_t client_alert, client_alert_level;
    uint8_t server_alert, server_alert_level;
    uint64_t last_ns; /* last packet */
    uint64_t server_hello_ns;
    uint64_t small_ns, finished_ns, useful_ns, short_ns;
    uint64_t client_alert_ns;      /* in the clear; 0 none */
    uint64_t server_alert_ns;      /* in the clear, or alert-sized after the Finished */
    uint64_t fin_ns[2], rst_ns[2]; /* by enum tls_side; 0 none */
};

struct outcome_decision {
    enum outcome outcome; /* OUTCOME_UNDECIDED: ask again at `again_ns` or after an event */
    enum outcome_shape shape;
    uint64_t decided_ns; /* when the wire had said enough */
    uint64_t again_ns;
};

enum outcome_ask {
    ASK_NOW,     /* the connection goes on */
    ASK_TIMEOUT, /* nothing more came for the flow timeout, or a limit ended it */
    ASK_CAPTURE, /* the capture ended */
};

/* True for ports of protocols in which the server speaks first inside TLS (IMAPS, POP3S ...). */
bool outcome_server_speaks_first(uint16_t port);

/* Until when a decided connection is kept for its tickets and its close. */
uint64_t outcome_complete_ns(const struct outcome_state *s, uint64_t decided_ns);

/* Take one event of the connection. */
void outcome_push(struct outcome_state *s, const struct tls_event *event);

/*
 * A side closed, by FIN or RST. `acknowledged`: when the client closes, whether it had
 * acknowledged the server's flight, but for a last alert.
 */
void outcome_close(struct outcome_state *s, enum tls_side side, bool by_reset,
                   bool acknowledged, uint64_t time_ns);

struct outcome_decision outcome_decide(const struct outcome_state *s,
                                       const struct outcome_tuning *tuning,
                                       enum outcome_ask ask, uint64_t now_ns);

/* First of FIN and RST of a side, 0 when it did not close. */
uint64_t outcome_closed_ns(const struct outcome_state *s, enum tls_side side);

/*
 * True when both sides had finished the handshake, as far as it shows: the client's Finished was
 * seen, and up to TLS 1.2 the server did not answer it by an alert in the clear.
 */
bool outcome_is_established(const struct outcome_state *s);

/* "rejected_alert" and so on, as events name them. */
const char *outcome_name(enum outcome outcome);

/* The outcome of that name, OUTCOME_COUNT when there is none. */
enum outcome outcome_from_name(const char *name);

/* True for the classes S1 to S5 by which a client refuses a certificate. */
bool outcome_is_refusal(enum outcome outcome);
