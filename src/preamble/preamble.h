/*
 * What stands before TLS on a connection. Each side's bytes go in until the verdict is known: TLS
 * from the first byte, TLS behind one of the protocols that lead to it (a proxy that was asked for
 * a tunnel, a load balancer's word on the client, a protocol with an upgrade), or something else.
 * Ports are never looked at, and text is never taken for TLS: behind a preamble TLS begins where
 * its own command was agreed to, or where the client went on with a ClientHello.
 *
 * Preambles may follow each other, PREAMBLE_LAYERS_MAX of them. Nothing is buffered but the first
 * bytes of each side, the beginning of a line or message, and the target that a proxy was asked
 * for. A connection of which PREAMBLE_BYTES_MAX bytes have led nowhere is something else.
 */
#pragma once

#include "preamble/connect.h"
#include "preamble/framed.h"
#include "preamble/http_upgrade.h"
#include "preamble/proxy_protocol.h"
#include "preamble/socks.h"
#include "preamble/starttls.h"
#include "preamble/talk.h"
#include "preamble/xmpp.h"

#define PREAMBLE_PEEK_MAX 16
#define PREAMBLE_LAYERS_MAX 4
#define PREAMBLE_BYTES_MAX 65536u

enum preamble_verdict {
    PREAMBLE_UNDECIDED, /* more bytes are needed */
    PREAMBLE_TLS,   /* TLS begins with `rest`, preceded by `peeked` bytes of this side */
    PREAMBLE_OTHER, /* this connection is not TLS */
};

enum preamble_kind {
    PREAMBLE_CONNECT,
    PREAMBLE_SOCKS,
    PREAMBLE_PROXY_PROTOCOL,
    PREAMBLE_STARTTLS,
    PREAMBLE_XMPP,
    PREAMBLE_LDAP,
    PREAMBLE_POSTGRES,
    PREAMBLE_MYSQL,
    PREAMBLE_RDP,
    PREAMBLE_HTTP_UPGRADE,
    PREAMBLE_KINDS,
};

struct preamble {
    enum preamble_verdict verdict;
    bool hello_from_server; /* the first TLS message is a ServerHello */
    bool is_sslv2;
    bool is_record;     /* decided on a TLS record: bytes of TLS, whatever the verdict */
    bool upgraded;      /* by a protocol's own command: TLS or nothing comes now */
    bool owed;          /* TLS began while the server's consent was still to come */
    bool missed[2];     /* the first bytes of this side were not captured */
    bool spoke;         /* the client said something in this preamble */
    uint8_t hello_side; /* flow side that sent the first TLS bytes */
    uint8_t client;     /* flow side of the client of the preamble; valid with `protocol` */
    uint8_t protocol;   /* the preamble that we are in, counted from 1 in the table */
    uint8_t layers;
    uint16_t kinds; /* a bit for each enum preamble_kind that came by */
    uint32_t taken; /* bytes of preambles */
    uint8_t have[2];
    uint8_t peeked[2][PREAMBLE_PEEK_MAX];
    struct talk talk;
    union {
        struct connect connect;
        struct socks socks;
        struct proxy_protocol proxy_protocol;
        struct starttls starttls;
        struct xmpp xmpp;
        struct framed framed;
        struct http_upgrade http_upgrade;
    } state;
};

/* Bytes of `side` are missing here: where nothing was read of it, the other side can still tell. */
void preamble_miss(struct preamble *p, int side);

/*
 * Take bytes of `side`. With PREAMBLE_TLS, bytes that were taken to decide stand in
 * `peeked[side]` (`have[side]` of them, for both sides) and come before `*rest`. Once it is TLS,
 * bytes go through here until nothing of the preamble is `owed`: what is left in `*rest` is TLS.
 */
enum preamble_verdict preamble_push(struct preamble *p, int side, struct span bytes,
                                    struct span *rest);

/* "connect", "socks", ... */
const char *preamble_kind_name(enum preamble_kind kind);
