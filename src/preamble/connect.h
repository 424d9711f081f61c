/*
 * HTTP CONNECT (RFC 9110 9.3.6): the request that opens a tunnel through an explicit proxy, the
 * proxy's answer, and the target, which is what detection judges.
 *
 * Read line by line in constant memory. An answer other than 2xx (407: log in first) ends that
 * request; the client may send another on the same connection.
 */
#pragma once

#include "base/span.h"

#define CONNECT_TARGET_MAX 256
#define CONNECT_HEAD_MAX 16384 /* bytes of one request or answer before it is given up */

enum connect_state {
    CONNECT_REQUEST_LINE,
    CONNECT_REQUEST_FIELDS,
    CONNECT_ANSWER_LINE,
    CONNECT_ANSWER_FIELDS,
    CONNECT_REFUSED, /* the proxy said no; the client may ask again */
    CONNECT_OPEN,    /* the tunnel is open: what follows belongs to it */
    CONNECT_BROKEN,
};

struct connect_preamble {
    enum connect_state state;
    uint8_t client;      /* flow side that sent the request */
    bool answer_ok;
    uint16_t status;
    uint16_t line_len;   /* bytes of the current line, CR and LF not counted */
    uint32_t head_len;
    uint16_t port;
    uint16_t refusals;   /* answers other than 2xx */
    char line[CONNECT_TARGET_MAX + 16]; /* start of the current line */
    char target[CONNECT_TARGET_MAX];    /* host, lower case as sent */
};

/* READY when `first` begins a CONNECT request, BROKEN when it cannot. */
enum progress connect_looks_like(struct span first);

/* Take bytes of `side` up to the end of the head they belong to; what follows stays in `*bytes`. */
void connect_push(struct connect_preamble *c, int side, struct span *bytes);
