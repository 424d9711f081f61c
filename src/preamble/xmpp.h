/*
 * STARTTLS of XMPP (RFC 6120, 5), between client and server and between servers: <starttls/> of
 * the one, <proceed/> of the other. Of the XML only the names of elements are looked at.
 */
#pragma once

#include "preamble/talk.h"

#define XMPP_NAME_MAX 16

enum xmpp_place {
    XMPP_TEXT,
    XMPP_NAME, /* of a tag, "<" is behind us */
    XMPP_ATTRIBUTES,
    XMPP_QUOTED, /* the value of an attribute */
};

/* Where a talker is in its XML. */
struct xmpp_scan {
    enum xmpp_place place;
    uint8_t quote;
    bool closes; /* "</name" */
    bool empty;  /* "/" came last: "<name/" */
    uint8_t len;
    char name[XMPP_NAME_MAX]; /* without its prefix; longer ones are cut */
};

struct xmpp {
    struct xmpp_scan scans[2]; /* by talker */
};

/* READY when `first` begins a stream of XML, BROKEN when it cannot. */
enum progress xmpp_looks_like(struct span first);

enum progress xmpp_push(struct xmpp *x, struct talk *talk, enum talker from,
                        struct span *bytes);
