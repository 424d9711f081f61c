/*
 * The cipher suites of the IANA registry "TLS Cipher Suites": number and name, sorted by number.
 * Only numbers that are assigned there; signalling values (0x00ff, 0x5600) are among them,
 * suites that were deployed without a registration (Fortezza, EXPORT1024, SSL 3 FIPS) are not.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct cipher_name {
    uint16_t cipher;
    const char *name;
};

extern const struct cipher_name cipher_table[];
extern const size_t cipher_table_rows;
