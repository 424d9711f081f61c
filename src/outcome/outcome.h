/*
 * How one TLS connection ended, from what it showed on the wire.
 *
 * The decision is a pure function of the facts that tls/conn.h gathered and of the time: it is
 * asked again after each event of a connection and answers UNDECIDED until the wire has said
 * enough. What needs several connections (superseded, ECH retry, learned profiles) is the
 * correlator's. The classes and shapes are those of the detection procedure in docs/detection.md.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum outcome {
    OUTCOME_UNDECIDED,
    OUTCOME_ACCEPTED,
    OUTCOME_REJECTED_ALERT,             /* S1: fatal certificate alert in the clear */
    OUTCOME_REJECTED_ENCRYPTED_ALERT,   /* S2: first protected record too small for a Finished */
    OUTCOME_REJECTED_CLOSE,             /* S3: bare close after the whole server flight */
    OUTCOME_REJECTED_AFTER_HANDSHAKE,   /* S4, S5: Finished, then close within 0.3 s without data */
    OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK, /* the same between 0.3 s and 5 s */
    OUTCOME_CERTIFICATE_EXPIRED,        /* alert 45: a clock or lifetime, not a pin */
    OUTCOME_PROTOCOL_FAILURE,           /* the client ends it for a reason that is not trust */
    OUTCOME_CLIENT_CANCELLED,           /* close_notify or user_canceled during the handshake */
    OUTCOME_ABORTED_EARLY,              /* the client left before it had the certificate */
    OUTCOME_STALLED,                    /* S6: silence */
    OUTCOME_SERVER_FAULT,               /* the server ended the handshake */
    OUTCOME_SERVER_CLOSED,              /* the server ended it after the client's Finished */
    OUTCOME_CLIENT_CERTIFICATE_REQUIRED,
    OUTCOME_IDLE_UNUSED,                /* completed, never used, closed after 5 s: a preconnect */
    OUTCOME_RESUMED,                    /* no certificate was shown */
    OUTCOME_SUPERSEDED,                 /* correlator: a sibling connection won the race */
    OUTCOME_ECH_RETRY,                  /* correlator or alert 121: encrypted hello was refused */
    OUTCOME_UNKNOWN,                    /* the capture misses bytes that would decide */
    OUTCOME_IN_PROGRESS,                /* the capture ended first */
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

/* "rejected_alert" and so on, as events name them. */
const char *outcome_name(enum outcome outcome);

/* The outcome of that name, OUTCOME_COUNT when there is none. */
enum outcome outcome_from_name(const char *name);

/* True for the classes S1 to S5 by which a client refuses a certificate. */
bool outcome_is_refusal(enum outcome outcome);
