/*
 * What the parsers of preambles share: who is heard, and what they tell of the talk before TLS.
 *
 * A parser takes bytes of one speaker from the front of a span and answers
 *   NEED_MORE  all is taken (but for what the client says after it has `asked`),
 *   READY      the talk is over: what is left of the span, and what either side says from now on,
 *              belongs to what comes next,
 *   BROKEN     this does not lead to anything.
 * It may be handed any number of bytes at a time and keeps none but the start of a line or message.
 */
#pragma once

#include "base/span.h"

#define TALK_TARGET_MAX 256

enum talker { TALK_CLIENT, TALK_SERVER };

struct talk {
    bool asked; /* the client asked for what comes next; the server has yet to answer */
    uint16_t refused; /* times it was answered no */
    uint16_t port;
    char target
        [TALK_TARGET_MAX]; /* where a proxy was asked to go: host as sent, else empty */
};
