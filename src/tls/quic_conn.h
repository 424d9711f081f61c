/*
 * One QUIC connection on the wire: what its Initial packets say in the clear, and which packets go
 * each way. The client is who sends the first Initial that opens with a client's keys.
 *
 * Hellos are told as TLS events; a TLS alert in a visible CONNECTION_CLOSE is told as an alert. The
 * rest (1-RTT packets, closes) stands in the struct for outcome/datagram_outcome.h. Nothing that
 * matters is believed without its tag: an Initial that does not open counts for nothing.
 *
 * Keys follow the connection id that the client chose for its first Initial. A client that begins
 * anew under another id (after a Retry or a version negotiation) is followed, and so is a server
 * that answers in another version. A client that begins anew in another version says another
 * hello, which is told again. What comes after the Initials is known by its connection id as
 * far as the long headers told it.
 *
 * Memory: the state below, and for hellos that come in pieces a heap buffer of at most
 * QUIC_CRYPTO_MAX places a side (tls/gather.h). At most QUIC_FAILURES_MAX packets that do not open
 * are tried.
 */
#pragma once

#include "crypto/quic_keys.h"
#include "tls/conn.h"
#include "tls/datagram.h"
#include "tls/gather.h"
#include "tls/quic_packet.h"

/* Hellos with several post-quantum key shares have some KiB. */
#define QUIC_CRYPTO_MAX (16u * 1024u)
#define QUIC_FAILURES_MAX 32

struct quic_stats {
    uint64_t connections;
    uint64_t initials;   /* opened */
    uint64_t not_opened; /* Initials of keys that are not known, and damage */
    uint64_t malformed;  /* Initials that open and hold what they must not */
    uint64_t restarts;   /* clients that began anew, after a Retry or negotiation mostly */
    uint64_t retries;
    uint64_t negotiations;
    uint64_t closes; /* visible ones */
};

/* One worker's; `tls` and `cipher` are borrowed. */
struct quic_context {
    struct tls_context *tls;
    struct quic_cipher *cipher;
    struct quic_stats stats;
};

struct quic_id {
    uint8_t len;
    uint8_t bytes[QUIC_CONNECTION_ID_MAX];
};

struct quic_direction {
    struct gather crypto;
    uint64_t done;    /* bytes of the CRYPTO stream before the front of `crypto` */
    uint64_t largest; /* packet number of an Initial */
    struct quic_keys keys;
    uint32_t keys_version; /* 0 without keys */
    struct quic_id id;     /* that this side gave itself, valid when has_id */
    bool has_id;
    bool messages_done;   /* its CRYPTO stream says nothing more that is of interest */
    bool seen_handshake;  /* a Handshake packet */
    uint8_t other_ids;    /* short packets to an id that no long header told */
    uint16_t close_error; /* of a visible CONNECTION_CLOSE, valid when close_ns */
    uint64_t close_ns;
    uint64_t used_ns; /* first 1-RTT packet, 0 without */
};

struct quic_conn {
    struct quic_direction directions[2]; /* by flow side */
    struct quic_id original; /* the client's destination that the keys follow from */
    struct quic_id left;     /* that and the version before the client began anew */
    uint32_t left_version;
    uint8_t client;  /* flow side, valid when has_client */
    bool has_client; /* an Initial was opened: this is QUIC without doubt */
    bool seen_client_hello;
    bool seen_server_hello;
    uint8_t hello_datagrams; /* of the client, up to its hello */
    uint8_t failures;
};

/* Take a datagram. Events are told to `tell`. */
void quic_conn_push(struct quic_conn *c, struct quic_context *context,
                    const struct datagram *datagram, tls_event_fn tell, void *ctx);

/* Give its memory back. */
void quic_conn_clear(struct quic_conn *c, struct quic_context *context);
