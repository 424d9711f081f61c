/*
 * QUIC packets as endpoints write them, sealed with the keys that crypto/quic_keys.h derives: for
 * tests, fuzzing and measuring. Nothing here fails softly: what does not fit ends the program.
 */
#pragma once

#include "tls/quic_packet.h"

#define QUIC_WIRE_MAX 65536

/* Bytes under construction: frames, or a datagram of one packet or more. */
struct quic_wire {
    size_t len;
    uint8_t data[QUIC_WIRE_MAX];
};

struct span quic_wire_done(const struct quic_wire *w);
void quic_wire_bytes(struct quic_wire *w, struct span bytes);
void quic_wire_varint(struct quic_wire *w, uint64_t value);

/* ---- frames */

void quic_wire_crypto(struct quic_wire *w, uint64_t offset, struct span data);
void quic_wire_padding(struct quic_wire *w, size_t count);
void quic_wire_ack(struct quic_wire *w, uint64_t largest);
void quic_wire_close(struct quic_wire *w, uint64_t error);

/* ---- packets: each is put behind what is there */

struct quic_wire_long {
    uint32_t version;
    enum quic_packet_type type;
    struct span destination;
    struct span source;
    struct span token;    /* of an Initial or a Retry */
    struct span original; /* INITIAL: connection id that the keys follow from */
    enum quic_sender sender;
    uint64_t number;
    size_t number_len; /* 0: four bytes */
    size_t salt;       /* which of the version's */
};

/* An Initial with these frames. */
void quic_wire_initial(struct quic_wire *w, const struct quic_wire_long *p,
                       struct span frames);

/* A Handshake or 0-RTT packet, whose `len` bytes nobody can open; a Retry with its token. */
void quic_wire_long(struct quic_wire *w, const struct quic_wire_long *p, size_t len);

void quic_wire_negotiation(struct quic_wire *w, struct span destination, struct span source,
                           uint32_t offered);

/* A 1-RTT packet of `len` bytes behind its connection id. */
void quic_wire_short(struct quic_wire *w, struct span destination, size_t len);
