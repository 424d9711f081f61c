/*
 * Upgrades of protocols with heads like HTTP's: a client that asks for TLS in its request (RFC 2817
 * 3.1; printers do so on the port of IPP), and Gnutella, whose handshake is a request, an answer and
 * a word of thanks.
 *
 * A request that does not ask for TLS leads nowhere, which is known at the end of its head: so an
 * ordinary HTTP connection is looked at no longer than that.
 */
#pragma once

#include "preamble/line.h"
#include "preamble/talk.h"

#define HTTP_UPGRADE_HEAD_MAX 16384 /* bytes of one head before it is given up */

enum http_upgrade_stage {
    HTTP_UPGRADE_REQUEST, /* the client's head */
    HTTP_UPGRADE_ANSWER,  /* the server's */
    HTTP_UPGRADE_THANKS,  /* Gnutella: the client's second one */
};

struct http_upgrade {
    enum http_upgrade_stage stage;
    bool is_gnutella;
    bool names_tls; /* the head at hand has a field that upgrades to TLS */
    bool in_fields; /* its first line is behind us */
    bool consents;  /* its first line is a consent */
    uint16_t head_len;
    struct line line;
};

/* READY when `first` begins such a request, BROKEN when it cannot. */
enum progress http_upgrade_looks_like(struct span first);

enum progress http_upgrade_push(struct http_upgrade *u, struct talk *talk, enum talker from,
                                struct span *bytes);
