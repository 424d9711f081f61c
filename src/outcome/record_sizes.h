/*
 * What the length of a protected TLS 1.3 record says about its content (RFC 8446 5.2): body =
 * content + 1 + padding + tag. Only lengths, no keys.
 */
#pragma once

#include "tls/names.h"

/* JSSE pads every TLS 1.3 record by so many bytes. */
#define RECORD_PAD_JSSE 16

/* Body length of a record with one alert (2 bytes). */
uint16_t record_size_alert(struct cipher_traits traits, uint8_t pad);

/* Body length of a record with a Finished of the suite's hash. */
uint16_t record_size_finished(struct cipher_traits traits, uint8_t pad);

/* Body length of a record with an empty client Certificate (8 bytes). */
uint16_t record_size_empty_certificate(struct cipher_traits traits, uint8_t pad);

/* Body length of a record with EndOfEarlyData (4 bytes). */
uint16_t record_size_end_of_early_data(struct cipher_traits traits);
