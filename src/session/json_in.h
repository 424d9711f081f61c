/*
 * Reads the fields of a parsed JSON event into plain values.
 *
 * A field that is absent keeps the value 0 (or what stood in the output). A field of the wrong
 * type, range or spelling is told once, by the first sentence, and the event is then `bad`; the
 * readers after it go on harmlessly, so that a caller asks once at the end.
 */
#pragma once

#include <json-c/json_types.h>

#include "base/address.h"
#include "base/err.h"

struct json_in {
    struct err *why;
    bool bad;
};

/* The object or array of that key, NULL when there is none. An array has at most `most` elements. */
json_object *json_in_object(struct json_in *in, json_object *parent, const char *key);
json_object *json_in_array(struct json_in *in, json_object *parent, const char *key,
                           size_t most);

/* Elements of an array; the count of NULL is 0. */
size_t json_in_count(json_object *array);
json_object *json_in_element(json_object *array, size_t i);

/* The text, NULL when there is none; lent until the event is freed. Never with a NUL in it. */
const char *json_in_lent(struct json_in *in, json_object *parent, const char *key);

/* The same, copied; too long a text is an error. */
void json_in_text(struct json_in *in, json_object *parent, const char *key, char *out,
                  size_t size);

bool json_in_bool(struct json_in *in, json_object *parent, const char *key);
uint64_t json_in_number(struct json_in *in, json_object *parent, const char *key,
                        uint64_t most);

/* Milliseconds with a fraction, as microseconds. */
uint32_t json_in_us(struct json_in *in, json_object *parent, const char *key);
double json_in_share(struct json_in *in, json_object *parent, const char *key);

/* RFC 3339, as nanoseconds, or as seconds of any year from 0 to 9999. */
uint64_t json_in_time(struct json_in *in, json_object *parent, const char *key);
int64_t json_in_seconds(struct json_in *in, json_object *parent, const char *key);

void json_in_address(struct json_in *in, json_object *parent, const char *key,
                     struct address *out);

/* "00-00-5E-00-53-23"; true when there is one. */
bool json_in_mac(struct json_in *in, json_object *parent, const char *key, uint8_t mac[6]);

/* Bytes written as hexadecimal digits, exactly `size` of them. */
void json_in_hex(struct json_in *in, json_object *parent, const char *key, uint8_t *out,
                 size_t size);

/* Say that the text of a key is not what it should be. */
void json_in_refuse(struct json_in *in, const char *key, const char *wanted);
