/*
 * Versions of QUIC whose Initial packets can be read: what differs between them. Version 1
 * (RFC 9000, 9001), version 2 (RFC 9369), the drafts from 22, and the versions of Google and
 * Facebook that carry TLS.
 */
#pragma once

#include "crypto/quic_keys.h"

enum {
    QUIC_VERSION_NEGOTIATION = 0,
    QUIC_VERSION_1 = 1,
    QUIC_VERSION_2 = 0x6b3343cf,
};

#define QUIC_SALTS_MAX 2

struct quic_version {
    uint32_t mask; /* a version is this row's when its bits under the mask are `number` */
    uint32_t number;
    const uint8_t *salts[QUIC_SALTS_MAX]; /* of QUIC_SALT_BYTES; the rest NULL */
    enum quic_labels labels;
    uint8_t
        type_shift; /* long packet types are counted from here: 0, in version 2 it is 1 */
};

/* The row of a version, NULL when it is none that is known. */
const struct quic_version *quic_version_find(uint32_t number);
