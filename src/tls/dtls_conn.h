/*
 * One DTLS connection on the wire: its records and the handshake messages in the clear. What it sees
 * it tells by the same events as tls/conn.h; which way data went stands in the struct for
 * outcome/datagram_outcome.h.
 *
 * Datagrams come in any order, more than once, or not at all, so messages are told as they become
 * whole. The fragments of up to DTLS_WAITING_MAX messages a side wait at a time, of at most
 * DTLS_MESSAGE_MAX bytes each (tls/gather.h); what does not fit is counted and left out.
 */
#pragma once

#include "tls/conn.h"
#include "tls/datagram.h"
#include "tls/dtls.h"
#include "tls/gather.h"

#define DTLS_WAITING_MAX 4
/* A chain of certificates; its fragments are all in flight at once, so it is never large. */
#define DTLS_MESSAGE_MAX (64u * 1024u)

struct dtls_stats {
    uint64_t connections;
    uint64_t fragments; /* of messages that came in several */
    uint64_t shed_fragments;
    uint64_t hello_verifies; /* HelloVerifyRequest */
};

/* One worker's; `tls` is borrowed. */
struct dtls_context {
    struct tls_context *tls;
    struct dtls_stats stats;
};

struct dtls_waiting {
    struct gather bytes;
    uint32_t length;
    uint16_t number;
    uint8_t type;
    bool is_used;
};

struct dtls_direction {
    struct dtls_waiting waiting[DTLS_WAITING_MAX];
    uint64_t told;        /* bit for each message number below 64 that was told */
    uint64_t finished_ns; /* first protected handshake record; in DTLS 1.3 any */
    uint64_t data_ns;     /* first application data */
    uint64_t media_ns;    /* first packet of media that the handshake made keys for */
    bool has_replied;     /* ClientKeyExchange */
};

struct dtls_conn {
    struct dtls_direction directions[2]; /* by flow side */
    uint8_t client;                      /* flow side, valid when has_client */
    bool has_client;                     /* a hello was told */
    bool seen_client_hello;
    bool seen_server_hello;
    bool seen_certificate;
    bool seen_done;
    bool is_dtls13;
    uint8_t hello_datagrams; /* of the client, up to its hello */
};

/* True when a datagram begins with a hello, or the server's request to verify it. */
bool dtls_conn_begins(struct span datagram);

/* Take a datagram. Events are told to `tell`. */
void dtls_conn_push(struct dtls_conn *c, struct dtls_context *context,
                    const struct datagram *datagram, tls_event_fn tell, void *ctx);

/* A packet of media that came between: the handshake made keys for it (RFC 5764). */
void dtls_conn_note_media(struct dtls_conn *c, const struct datagram *datagram);

/* Give its memory back. */
void dtls_conn_clear(struct dtls_conn *c, struct dtls_context *context);
