/*
 * ClientHello and ServerHello (RFC 8446 4.1.2, 4.1.3; RFC 5246 7.4.1; RFC 6101; SSL 2 hello of
 * RFC 5246 E.2), parsed from the body of one handshake message.
 *
 * The spans point into that body. Lists are kept as they stand on the wire (without their length
 * prefix) so that fingerprints can be made from them; a list that is absent is an empty span.
 *
 * A hello is refused when its framing is broken: fields cut short, lengths that do not fill the
 * message exactly, cipher suites that are no whole number, bytes after the extensions. A missing
 * extensions block is fine. Real clients send odd extensions: where the body of a known one is
 * malformed (an empty SNI list, a version list of odd length), the hello still parses and that
 * value is left empty. Of two extensions of one type the first gives the value. Numbers, also of
 * draft versions (0x7fNN), are as on the wire.
 */
#pragma once

#include "base/span.h"

enum {
    VERSION_SSL2 = 0x0002,
    VERSION_SSL3 = 0x0300,
    VERSION_TLS10 = 0x0301,
    VERSION_TLS11 = 0x0302,
    VERSION_TLS12 = 0x0303,
    VERSION_TLS13 = 0x0304,
    VERSION_DTLS_BAD = 0x0100, /* OpenSSL's before DTLS 1.0, which some VPNs still speak */
    VERSION_DTLS10 = 0xfeff,
    VERSION_DTLS12 = 0xfefd,
    VERSION_DTLS13 = 0xfefc,
};

enum hello_kind { HELLO_TLS, HELLO_SSL2, HELLO_DTLS };

struct client_hello {
    enum hello_kind kind;
    uint16_t legacy_version;
    struct span random; /* 32 bytes (SSL 2: the challenge) */
    struct span session_id;
    struct span ciphers;     /* 2 bytes each (SSL 2: 3 bytes each) */
    struct span compression; /* 1 byte each */
    struct span extensions;  /* all of them, as on the wire */
    bool has_extensions;     /* an extensions block stands there, even an empty one */
    struct span server_name; /* host_name of SNI (RFC 6066 3) */
    struct span alpn;        /* ProtocolNameList: 1-byte length each (RFC 7301) */
    struct span supported_versions;
    struct span supported_groups;
    struct span point_formats;
    struct span signature_algorithms;
    struct span key_shares;  /* KeyShareEntry list */
    bool has_session_ticket; /* extension 35 with a ticket in it */
    bool has_psk;            /* pre_shared_key (41) */
    bool has_early_data;     /* early_data (42) */
    bool has_ech;            /* encrypted_client_hello (0xfe0d), real or GREASE */
    bool ech_outer;          /* its type is outer (0) */
    uint8_t ech_config_id;
    bool has_cookie; /* DTLS or TLS 1.3 cookie (44) */
};

struct server_hello {
    uint16_t legacy_version;
    uint16_t version; /* negotiated: supported_versions if it stands there, else legacy */
    struct span random;
    struct span session_id;
    uint16_t cipher;
    uint8_t compression;
    struct span extensions;
    bool has_extensions;
    struct span alpn; /* the one protocol chosen, without length prefix; empty in TLS 1.3 */
    uint16_t group;   /* of key_share, 0 when it has none */
    bool hello_retry; /* HelloRetryRequest: the special random of RFC 8446 4.1.3 */
    bool has_psk;     /* pre_shared_key: TLS 1.3 resumption */
    bool has_session_ticket; /* extension 35: a ticket will follow (RFC 5077) */
};

/* Body of a ClientHello message of `kind`; false when it is malformed. */
SPAN_CHECKED bool client_hello_parse(enum hello_kind kind, struct span body,
                                     struct client_hello *out);

/* Body of a ServerHello message (TLS or DTLS). */
SPAN_CHECKED bool server_hello_parse(struct span body, struct server_hello *out);

/* GREASE values of RFC 8701: 0x0a0a, 0x1a1a .. 0xfafa. */
static inline bool hello_is_grease(uint16_t value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/* TLS and DTLS 1.3, the drafts (0x7fNN), and those of a library that numbers its own (0xfbNN). */
static inline bool version_is_tls13(uint16_t version)
{
    return version == VERSION_TLS13 || version == VERSION_DTLS13 || version >> 8 == 0x7f ||
           version >> 8 == 0xfb;
}

/* Highest version in the supported_versions list that is no GREASE, else the legacy version. */
uint16_t client_hello_version(const struct client_hello *hello);
