/*
 * The scalar values that an operator writes, from text and back.
 *
 * Parsers take all of the text or return false and leave the output alone; they know nothing of
 * ranges. Describers write what the parser of the same kind reads back to the same value.
 */
#pragma once

#include "base/address.h"
#include "base/span.h"

#define VALUE_TEXT_MAX 64

struct config_endpoint;

/* "yes", "no", "true", "false" */
SPAN_CHECKED bool value_parse_bool(const char *text, bool *out);

/* "65536": decimal digits only */
SPAN_CHECKED bool value_parse_count(const char *text, uint64_t *out);

/* "-0.5", "10", "1e-3" */
SPAN_CHECKED bool value_parse_number(const char *text, double *out);

/* "900", "900s", "300ms", "15m", "1.5h", "7d": seconds unless a unit follows; to the microsecond */
SPAN_CHECKED bool value_parse_duration(const char *text, uint64_t *ns);

/* "4096", "512KiB", "64MiB", "1GiB", "1TiB" */
SPAN_CHECKED bool value_parse_size(const char *text, uint64_t *bytes);

/* "2027-03-31" to the end of that day (UTC): the first moment of the next */
SPAN_CHECKED bool value_parse_date(const char *text, uint64_t *expires_ns);

/* "192.0.2.1:8080", "[2001:db8::1]:8080" */
SPAN_CHECKED bool value_parse_endpoint(const char *text, struct config_endpoint *out);

/* "/run/collector.sock", "collector.example:514", "[2001:db8::1]:514" */
SPAN_CHECKED bool value_is_target(const char *text);

/* One line of printable text, not empty: no control characters, line or paragraph separators. */
SPAN_CHECKED bool value_is_line(const char *text);

const char *value_describe_number(double number, char out[VALUE_TEXT_MAX]);
const char *value_describe_duration(uint64_t ns, char out[VALUE_TEXT_MAX]);
const char *value_describe_size(uint64_t bytes, char out[VALUE_TEXT_MAX]);
const char *value_describe_date(uint64_t expires_ns, char out[VALUE_TEXT_MAX]);
const char *value_describe_endpoint(const struct config_endpoint *endpoint,
                                    char out[VALUE_TEXT_MAX]);
const char *value_describe_network(const struct network *network, char out[VALUE_TEXT_MAX]);
