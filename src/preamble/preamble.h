/*
 * What stands before TLS on a connection. Each side's bytes go in until the verdict is known:
 * TLS from the first byte, an HTTP CONNECT after which TLS begins, or something else.
 *
 * Of a preamble only the target and where it ends are kept; nothing else is buffered but the
 * first bytes of each side, PREAMBLE_PEEK_MAX at most.
 */
#pragma once

#include "base/span.h"
#include "preamble/connect.h"

#define PREAMBLE_PEEK_MAX 8

enum preamble_verdict {
    PREAMBLE_UNDECIDED, /* more bytes are needed */
    PREAMBLE_TLS,       /* TLS begins with `rest`, preceded by `peeked` bytes of this side */
    PREAMBLE_OTHER,     /* this connection is not TLS */
};

struct preamble {
    enum preamble_verdict verdict;
    bool is_connect;
    bool hello_from_server;   /* the first TLS message is a ServerHello */
    bool is_sslv2;
    bool missed[2];           /* the first bytes of this side were not captured */
    uint8_t hello_side;       /* flow side that sent the first TLS bytes */
    uint8_t have[2];
    uint8_t peeked[2][PREAMBLE_PEEK_MAX];
    struct connect_preamble connect;
};

/* The first bytes of `side` are missing: only the other side can still tell. */
void preamble_miss(struct preamble *p, int side);

/*
 * Take bytes of `side`. With PREAMBLE_TLS, bytes that were taken to decide stand in
 * `peeked[side]` (`have[side]` of them, for both sides) and come before `*rest`.
 */
enum preamble_verdict preamble_push(struct preamble *p, int side, struct span bytes,
                                    struct span *rest);
