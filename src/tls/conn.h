/*
 * One TLS connection on the wire: both record layers and the handshake messages that are in the
 * clear. What it sees it tells by events, in stream order of each direction; it judges nothing.
 *
 * Memory: a message that is split over records or segments is gathered in a heap buffer of at most
 * HANDSHAKE_MAX bytes, bounded over all connections by the budget; it is given back at once. A
 * message that does not fit, or of which the capture misses bytes, is counted and told as lost.
 */
#pragma once

#include "flow/stream.h"
#include "tls/handshake.h"
#include "tls/hello.h"
#include "tls/record.h"

enum tls_side { TLS_CLIENT, TLS_SERVER };

enum tls_event_kind {
    TLS_EVENT_CLIENT_HELLO, /* the first one of the connection */
    TLS_EVENT_HELLO_RETRY, /* HelloRetryRequest, or the client's answer where it is missing */
    TLS_EVENT_SERVER_HELLO, /* the final one */
    TLS_EVENT_CERTIFICATE,  /* body of a Certificate message in the clear, of either side */
    TLS_EVENT_CERTIFICATE_REQUEST,
    TLS_EVENT_SERVER_HELLO_DONE,
    TLS_EVENT_RESUMED,      /* TLS <= 1.2: the server goes on without certificate */
    TLS_EVENT_RECORD,       /* a record header */
    TLS_EVENT_ALERT,        /* an alert in the clear, whole */
    TLS_EVENT_LOST,         /* the records of this side can no longer be followed */
    TLS_EVENT_MESSAGE_LOST, /* a handshake message cannot be read */
};

struct tls_event {
    enum tls_event_kind kind;
    enum tls_side side; /* who sent it */
    uint64_t time_ns;
    const struct client_hello *client_hello;
    const struct server_hello *server_hello;
    struct span message; /* CERTIFICATE */
    struct record_header record;
    bool encrypted; /* RECORD: its body is protected */
    uint8_t alert_level;
    uint8_t alert_description;
    enum record_lost lost;
    bool truncated; /* LOST, MESSAGE_LOST: by the snap length, not by loss */
};

typedef void (*tls_event_fn)(void *ctx, const struct tls_event *event);

struct tls_stats {
    uint64_t client_hellos;
    uint64_t server_hellos;
    uint64_t hello_retries;
    uint64_t records;
    uint64_t alerts;
    uint64_t malformed_messages;
    uint64_t shed_messages; /* no room to gather them */
    uint64_t lost_streams;
};

/* Memory for split messages over all connections. */
struct tls_budget {
    uint64_t bytes;
    uint64_t most_bytes;
};

struct tls_context {
    struct tls_budget budget;
    struct tls_stats stats;
};

/* Bytes of a handshake message that is not complete. */
struct tls_pending {
    uint8_t *data;
    uint32_t len;
    uint32_t size;
};

struct tls_direction {
    struct record_reader reader;
    struct tls_pending pending;
    uint8_t type; /* of the record whose body is wanted */
    uint8_t alert[2];
    uint8_t alert_have;
    bool protected;     /* TLS <= 1.2: its ChangeCipherSpec was seen */
    bool messages_lost; /* handshake messages are no longer read */
    bool sslv2;         /* an SSL 2 ClientHello comes first */
};

struct tls_conn {
    struct tls_direction directions[2]; /* by flow side */
    uint8_t client;                     /* flow side of the client; valid when has_client */
    bool has_client;
    bool seen_client_hello;
    bool seen_server_hello;
    bool seen_retry;
    bool seen_certificate;
    bool seen_done;
    bool is_tls13;
    bool offers_tls13;
};

/* TLS begins: `flow_side` sends the first hello, which is the client's or (`from_server`) not. */
void tls_conn_begin(struct tls_conn *c, int flow_side, bool from_server, bool sslv2);

/* Who hears of the events. */
struct tls_listener {
    tls_event_fn tell;
    void *ctx;
};

/* Take what `flow_side` (0, 1) sent. */
void tls_conn_push(struct tls_conn *c, struct tls_context *context, int flow_side,
                   const struct chunk *chunk, const struct tls_listener *listener);

/* Give its memory back. */
void tls_conn_clear(struct tls_conn *c, struct tls_context *context);
