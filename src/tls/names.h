/*
 * Names of TLS numbers as IANA registered them. NULL when a number has none.
 */
#pragma once

#include <stdint.h>

const char *name_of_cipher(uint16_t cipher);    /* "TLS_AES_128_GCM_SHA256" */
const char *name_of_group(uint16_t group);      /* "x25519" */
const char *name_of_alert(uint8_t description); /* "unknown_ca" */

/* What record sizes follow from a cipher suite (RFC 8446 5.2, RFC 5246 6.2.3). */
struct cipher_traits {
    uint8_t tag; /* bytes that protection adds to a TLS 1.3 record: AEAD tag, mostly 16 */
    uint8_t
        verify_hash; /* hash length of the suite's PRF: Finished of TLS 1.3, mostly 32 or 48 */
};

/* Traits of a TLS 1.3 suite; a suite that is not known is taken as tag 16 and hash 32. */
struct cipher_traits cipher_traits_of(uint16_t cipher);
