/*
 * The record of one TLS or QUIC connection, or of one that looks encrypted, when it is decided: the boundary between the packet
 * side and the detection side. Everything that detection uses stands here, so a session that was
 * written as JSON and read back gives the same findings.
 *
 * A session is a plain value without pointers into packets. It holds references to certificates:
 * session_release gives them back. `capture_file` and the nDPI names are borrowed from the source
 * and from nDPI and live as long as the run.
 */
#pragma once

#include "base/address.h"
#include "decode/packet.h"
#include "fingerprint/ja3.h"
#include "fingerprint/ja4.h"
#include "outcome/outcome.h"
#include "tls/certificate.h"

#define SESSION_NAME_MAX 256
#define SESSION_NETWORK_BYTES 17
#define SESSION_ALPN_MAX 96
#define SESSION_RECORDS_MAX 8
#define SESSION_FLIGHT_MAX 12
#define SESSION_TICKETS_MAX 4
#define SESSION_ALERTS_MAX 4
#define SESSION_CIPHERS_MAX 64
#define SESSION_ID_BYTES 16
#define SESSION_OPTIONS_MAX 24
#define SESSION_PACKAGE_MAX 128
#define SESSION_AUTHORITY_MAX 160
#define SESSION_NO_WINDOW_SCALE 255

enum session_protocol {
    SESSION_TLS,
    SESSION_QUIC,
    SESSION_DTLS,
    SESSION_UNIDENTIFIED, /* encrypted, it seems, on the port of HTTPS; there is no hello */
};

enum side { SIDE_CLIENT, SIDE_SERVER };

enum close_how { CLOSE_NONE, CLOSE_FIN, CLOSE_RST, CLOSE_ALERT, CLOSE_TIMEOUT };

enum inspection_state {
    INSPECTION_UNKNOWN,
    INSPECTION_NO,     /* P < .1 */
    INSPECTION_LIKELY, /* P .5 to .9 */
    INSPECTION_YES,    /* P >= .9 */
};

enum inspection_basis {
    BASIS_NONE,
    BASIS_CERTIFICATE,
    BASIS_CONFIGURED,
    BASIS_LEARNED_PROFILE,
    BASIS_CONNECT_PROXY,
    BASIS_QUIC,
    BASIS_UNIDENTIFIED,
};

/* One TLS record as it was seen: type and length of its body; times are after `start_ns`. */
struct session_record {
    uint8_t type;
    bool encrypted;
    uint16_t length;
    uint32_t at_us;
};

struct session_alert {
    enum side from;
    uint8_t level; /* level and description are 0 when encrypted */
    uint8_t description;
    bool encrypted;
    uint32_t at_us;
};

/* The SYN-ACK: what tells one answering machine from many. */
struct session_syn_ack {
    bool seen;
    uint8_t ttl;
    uint16_t window;
    uint16_t mss;         /* 0 when the option is absent */
    uint8_t window_scale; /* SESSION_NO_WINDOW_SCALE when absent */
    char options
        [SESSION_OPTIONS_MAX]; /* kinds in order: "mss,sackOK,ts,nop,ws" as letters "MSTNW" */
};

struct session {
    uint8_t id[SESSION_ID_BYTES]; /* UUIDv5, see session_id.h */

    enum session_protocol protocol;
    uint8_t transport; /* PACKET_TCP or PACKET_UDP */
    struct address client;
    struct address server;
    uint16_t client_port;
    uint16_t server_port;
    bool has_macs;
    uint8_t client_mac[6];
    uint8_t server_mac[6];
    uint16_t vlans[PACKET_VLANS_MAX];
    uint8_t vlan_count;
    struct tunnel tunnel;
    uint64_t client_bytes; /* bytes of whole frames up to the decision */
    uint64_t server_bytes;
    uint64_t client_packets;
    uint64_t server_packets;

    uint64_t start_ns; /* first packet of the connection */
    uint64_t end_ns;   /* last packet before the decision */
    uint64_t decided_ns;

    uint16_t version; /* negotiated, 0 when no ServerHello was seen */
    uint16_t cipher;
    uint16_t group;
    bool has_server_hello;
    bool established;
    bool resumed;
    char next_protocol[SESSION_ALPN_MAX];
    char server_name[SESSION_NAME_MAX];
    char ja3[JA3_TEXT_MAX];
    char ja3s[JA3_TEXT_MAX];
    char ja4[JA4_TEXT_MAX];
    char app_key[APP_KEY_TEXT_MAX];
    uint16_t supported_ciphers[SESSION_CIPHERS_MAX];
    uint8_t supported_cipher_count;
    char alpn_offered[SESSION_ALPN_MAX]; /* names with a newline after each */

    struct certificate *certificates[CERTIFICATE_CHAIN_MAX]; /* leaf first; references */
    uint8_t certificate_count;

    struct session_alert alerts[SESSION_ALERTS_MAX];
    uint8_t alert_count;

    enum outcome outcome;
    enum outcome outcome_raw;
    enum outcome_shape shape;
    uint32_t finished_to_close_us;                      /* S4, S5 */
    struct session_record records[SESSION_RECORDS_MAX]; /* the client's after ServerHello */
    uint8_t record_count;

    enum inspection_state inspection;
    double inspection_probability;
    enum inspection_basis inspection_basis;
    char inspection_authority[SESSION_AUTHORITY_MAX];
    bool has_authority_key;
    uint8_t
        authority_key[SHA256_BYTES]; /* its pin, by which another configuration knows it */

    const char *ndpi_protocol; /* NULL when there is no label */
    const char *ndpi_application;
    const char *ndpi_category;
    char package[SESSION_PACKAGE_MAX]; /* app that the capture names, else empty */
    const char *package_source;        /* "pktap", "pcapdroid"; NULL without */

    bool ech;
    bool hello_retry;
    bool psk_offered;
    bool early_data;
    bool certificate_request;
    uint8_t
        hello_segments; /* TCP segments or QUIC datagrams that carried the ClientHello */
    uint8_t
        random_prefix[8]; /* first bytes of the ClientHello random: tells copies of one */

    uint8_t client_ttl; /* time to live of the client's packets, 0: not known */
    struct session_syn_ack syn_ack;
    uint32_t rtt_us;                   /* SYN to SYN-ACK, 0 when not seen */
    uint32_t hello_to_server_hello_us; /* 0 when not seen */

    struct session_record flight[SESSION_FLIGHT_MAX]; /* the server's first flight */
    uint8_t flight_count;
    uint32_t flight_bytes;
    uint16_t
        tickets[SESSION_TICKETS_MAX]; /* server records right after the client's Finished */
    uint8_t ticket_count;

    enum side close_by;
    enum close_how close_how;
    uint32_t close_after_us; /* after start */

    char proxy_target[SESSION_NAME_MAX]; /* host of HTTP CONNECT or SOCKS, else empty */
    uint16_t proxy_port;
    bool is_explicit_proxy;

    bool one_sided;
    uint16_t gaps; /* holes in the sequence space before the decision */
    bool midstream;
    bool truncated; /* snap length cut a handshake message */
    const char *capture_file;
    uint32_t
        clock_steps; /* how often the input's clock had stepped back before, by the correlator */

    /* Only while the record is being built. */
    uint64_t hello_ns;
    bool client_spoke; /* the client sent its Finished or more */
};

/* Back to what one connection shows: without what was concluded beside others. */
void session_forget_judgement(struct session *s);

/* Copy with its own certificate references. */
void session_copy(struct session *to, const struct session *from);

/* Give the certificate references back. */
void session_release(struct session *s);

/* What detection judges: CONNECT target, else server name, else the server's address as text. The
 * answer lies in the session or in `out`. */
const char *session_destination(const struct session *s, char out[SESSION_NAME_MAX]);

/*
 * What keeps clients of one address apart: the tunnel that they came through. It is kind and id;
 * for GTP-U, whose ids change with direction and hand-over, kind and the end on the network's side.
 */
void session_network(const struct session *s, uint8_t out[SESSION_NETWORK_BYTES]);

/* True when the client offered this ALPN name. */
bool session_offers_alpn(const struct session *s, const char *name);

/* One sentence on how it ended, for `pinsight.outcome_reason`; returns `out`. */
const char *session_describe_outcome(const struct session *s, char *out, size_t size);
