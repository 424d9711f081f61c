/*
 * DTLS records and handshake fragments as endpoints write them: for tests and fuzzing. What does not
 * fit ends the program.
 */
#pragma once

#include "base/span.h"

#define DTLS_WIRE_MAX 4096

/* A datagram under construction; records are put behind what is there. */
struct dtls_wire {
    size_t len;
    uint8_t data[DTLS_WIRE_MAX];
    uint16_t version; /* of its records */
};

struct span dtls_wire_done(const struct dtls_wire *w);

/* A record whose body is given. */
void dtls_wire_record(struct dtls_wire *w, uint8_t type, uint16_t epoch, struct span body);

/* What a fragment is of. */
struct dtls_wire_message {
    uint8_t type;
    uint16_t number;
    struct span body; /* all of it */
};

/* A handshake record in the clear with the bytes [from, to) of the message. */
void dtls_wire_fragment(struct dtls_wire *w, const struct dtls_wire_message *m, size_t from,
                        size_t to);

/* A DTLS 1.3 record under a unified header. */
void dtls_wire_unified(struct dtls_wire *w, unsigned int epoch, size_t len);
