/*
 * Writer of JSON lines, one object a line, into one buffer of the caller's, without allocation.
 *
 * In goes a name and a value, out goes valid JSON in valid UTF-8 whatever the bytes are: in text,
 * control characters are escaped, and bytes that are no UTF-8 become \xNN as base/text.h writes
 * them. Objects and arrays nest to JSON_OUT_DEPTH_MAX; commas are set here. A key is NULL inside
 * an array; keys are literals and written as they stand.
 *
 * Finished lines gather in the buffer and are handed to the sink together, whole lines only, when
 * less than half of the buffer is free or they are some 128 KiB, and on json_out_flush. A line longer
 * than half of the buffer is left out and counted in `dropped`, so what is written depends on the
 * line alone.
 */
#pragma once

#include "base/address.h"
#include "base/span.h"

#define JSON_OUT_DEPTH_MAX 16

/* Takes finished lines, which are lent until it returns. */
typedef void (*json_out_sink)(void *ctx, struct span lines);

struct json_out {
    char *data;
    size_t size;
    size_t len;
    size_t line;  /* where the unfinished line begins */
    size_t limit; /* where it must end */
    char closers[JSON_OUT_DEPTH_MAX];
    uint8_t depth;
    bool comma;    /* a value stands before the next one */
    bool overflow; /* the unfinished line did not fit */
    json_out_sink sink;
    void *ctx;
    uint64_t lines;
    uint64_t dropped;
};

void json_out_init(struct json_out *out, char *buffer, size_t size, json_out_sink sink,
                   void *ctx);

/* Begin a line with its outermost object. */
void json_out_begin(struct json_out *out);

/* Close what is open and end the line; false when it did not fit and was left out. */
bool json_out_finish(struct json_out *out);

/* Hand the finished lines to the sink. Not between begin and finish. */
void json_out_flush(struct json_out *out);

/*
 * A key and its value. `object` and `array` open one, `end` closes the innermost; `span` is bytes
 * from anywhere as text; `decimal` is `value` divided by ten to the power `digits` (1 to 9), all
 * of them written (1800, 3 is 1.800); `real` is the same from a double, rounded, and 0 when it is
 * not finite or beyond 10^9; `time` has microseconds; `seconds` reaches from year 0 to 9999.
 */
void json_out_object(struct json_out *out, const char *key);
void json_out_array(struct json_out *out, const char *key);
void json_out_end(struct json_out *out);
void json_out_integer(struct json_out *out, const char *key, int64_t value);
void json_out_decimal(struct json_out *out, const char *key, int64_t value,
                      unsigned digits);
void json_out_real(struct json_out *out, const char *key, double value, unsigned digits);
void json_out_time(struct json_out *out, const char *key, uint64_t time_ns);
void json_out_seconds(struct json_out *out, const char *key, int64_t seconds);
void json_out_address(struct json_out *out, const char *key, const struct address *a);
void json_out_hex(struct json_out *out, const char *key, struct span bytes);

/* A value that is JSON already, and in one line. */
void json_out_rendered(struct json_out *out, const char *key, struct span value);

/* What follows a key. */
void json_out_put_span(struct json_out *out, struct span bytes);
void json_out_put_number(struct json_out *out, uint64_t value);

/* Room for `n` bytes of the line, which are then counted as written; NULL when it is full. */
static inline char *json_out_room(struct json_out *out, size_t n)
{
    char *at = out->data + out->len;

    if (out->overflow || out->limit - out->len < n) {
        out->overflow = true;
        return NULL;
    }
    out->len += n;
    return at;
}

/* A key, NULL in an array. Inline: the compiler knows how long a literal is, and copies no byte. */
static inline void json_out_key(struct json_out *out, const char *key)
{
    size_t len = key ? strlen(key) : 0;
    bool comma = out->comma;
    char *at = json_out_room(out, (key ? len + 3 : 0) + comma);

    out->comma = true;
    if (!at)
        return;
    if (comma)
        *at++ = ',';
    if (!key)
        return;
    at[0] = '"';
    memcpy(at + 1, key, len);
    at[len + 1] = '"';
    at[len + 2] = ':';
}

static inline void json_out_put_bool(struct json_out *out, bool value)
{
    char *at = json_out_room(out, value ? 4 : 5);

    if (at)
        memcpy(at, value ? "true" : "false", value ? 4 : 5);
}

static inline void json_out_span(struct json_out *out, const char *key, struct span bytes)
{
    json_out_key(out, key);
    json_out_put_span(out, bytes);
}

static inline void json_out_text(struct json_out *out, const char *key, const char *text)
{
    json_out_key(out, key);
    json_out_put_span(out, span_of_text(text));
}

static inline void json_out_bool(struct json_out *out, const char *key, bool value)
{
    json_out_key(out, key);
    json_out_put_bool(out, value);
}

static inline void json_out_number(struct json_out *out, const char *key, uint64_t value)
{
    json_out_key(out, key);
    json_out_put_number(out, value);
}

/* A text that is left out with its key when it is NULL or empty. */
static inline void json_out_fact(struct json_out *out, const char *key, const char *text)
{
    if (text && *text)
        json_out_text(out, key, text);
}

/* Microseconds as milliseconds with three digits. */
static inline void json_out_ms(struct json_out *out, const char *key, uint64_t us)
{
    json_out_decimal(out, key, (int64_t)us, 3);
}
