/*
 * The TLS record layer of one direction (RFC 8446 5.1): finds each record's header in the stream,
 * hands on the bodies that are wanted and skips the others without needing their bytes.
 *
 * Bytes that were not captured are fine inside a body that is skipped; anywhere else the reader
 * can no longer tell where records begin: it is lost, says so once, and stays so.
 */
#pragma once

#include "base/span.h"

enum record_type {
    RECORD_CHANGE_CIPHER_SPEC = 20,
    RECORD_ALERT = 21,
    RECORD_HANDSHAKE = 22,
    RECORD_APPLICATION_DATA = 23,
    RECORD_HEARTBEAT = 24,
};

/* 2^14 bytes and the most that SSL 3 to TLS 1.3 add (RFC 5246 6.2.3: 2048). */
#define RECORD_LENGTH_MAX (16384u + 2048u)
#define RECORD_HEADER_BYTES 5u

struct record_header {
    uint8_t type;
    uint16_t version;
    uint16_t length; /* of the body */
};

enum record_lost {
    RECORD_LOST_GAP,    /* bytes are missing where a header or a wanted body stands */
    RECORD_LOST_FORMAT, /* what stands there is no TLS record */
};

struct record_handler {
    void *ctx;
    /* A header is complete; true when the body is wanted. */
    bool (*header)(void *ctx, const struct record_header *header, uint64_t time_ns);
    /* The next piece of a wanted body. */
    void (*body)(void *ctx, struct span piece, uint64_t time_ns);
    /* The body of a wanted record is complete. */
    void (*end)(void *ctx, uint64_t time_ns);
    /* `count` bytes of a wanted body are absent. */
    void (*absent)(void *ctx, uint32_t count);
    void (*lost)(void *ctx, enum record_lost why);
};

struct record_reader {
    uint32_t left; /* of the current body */
    uint8_t head[RECORD_HEADER_BYTES];
    uint8_t have; /* bytes of the next header */
    bool wanted;
    bool lost;
};

/* Take bytes of the stream; `absent` bytes that were not captured follow them. */
void record_push(struct record_reader *r, const struct record_handler *h, struct span bytes,
                 uint32_t absent, uint64_t time_ns);
