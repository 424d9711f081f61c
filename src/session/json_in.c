#include "session/json_in.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/nanotime.h"
#include "base/text.h"

void json_in_refuse(struct json_in *in, const char *key, const char *wanted)
{
    if (!in->bad)
        (void)err_set(in->why, "%s is not %s", key, wanted);
    in->bad = true;
}

/* The value of a key when it has that type; JSON's null counts as absent. */
static json_object *value_of(struct json_in *in, json_object *parent, const char *key,
                             json_type type)
{
    static const char *const names[] = {
        [json_type_boolean] = "true or false", [json_type_double] = "a number",
        [json_type_int] = "a whole number",    [json_type_object] = "an object",
        [json_type_array] = "an array",        [json_type_string] = "a text",
    };
    json_object *value;

    if (!parent || !json_object_object_get_ex(parent, key, &value) || !value)
        return NULL;
    if (json_object_is_type(value, type) ||
        (type == json_type_double && json_object_is_type(value, json_type_int)))
        return value;
    json_in_refuse(in, key, names[type]);
    return NULL;
}

json_object *json_in_object(struct json_in *in, json_object *parent, const char *key)
{
    return value_of(in, parent, key, json_type_object);
}

json_object *json_in_array(struct json_in *in, json_object *parent, const char *key,
                           size_t most)
{
    json_object *array = value_of(in, parent, key, json_type_array);

    if (!array || json_object_array_length(array) <= most)
        return array;
    json_in_refuse(in, key, "as short as a session's list");
    return NULL;
}

size_t json_in_count(json_object *array)
{
    return array ? json_object_array_length(array) : 0;
}

json_object *json_in_element(json_object *array, size_t i)
{
    return json_object_array_get_idx(array, i);
}

/* json-c lets long forms of characters pass. */
static bool is_utf8(struct span text)
{
    size_t n;

    while ((n = text_character_length(text)) > 0)
        if (!span_skip(&text, n))
            return false;
    return span_empty(text);
}

const char *json_in_lent(struct json_in *in, json_object *parent, const char *key)
{
    json_object *value = value_of(in, parent, key, json_type_string);
    const char *text;

    if (!value)
        return NULL;
    text = json_object_get_string(value);
    if (strlen(text) != (size_t)json_object_get_string_len(value))
        json_in_refuse(in, key, "a text without a NUL");
    else if (!is_utf8(span_of_text(text)))
        json_in_refuse(in, key, "a text in UTF-8");
    else
        return text;
    return NULL;
}

void json_in_text(struct json_in *in, json_object *parent, const char *key, char *out,
                  size_t size)
{
    const char *text = json_in_lent(in, parent, key);
    size_t n = text ? strlen(text) : 0;

    if (!text)
        return;
    if (n < size)
        memcpy(out, text, n + 1);
    else
        json_in_refuse(in, key, "as short as a session's text");
}

bool json_in_bool(struct json_in *in, json_object *parent, const char *key)
{
    json_object *value = value_of(in, parent, key, json_type_boolean);

    return value && json_object_get_boolean(value);
}

uint64_t json_in_number(struct json_in *in, json_object *parent, const char *key,
                        uint64_t most)
{
    json_object *value = value_of(in, parent, key, json_type_int);

    if (!value)
        return 0;
    if (json_object_get_int64(value) >= 0 && json_object_get_uint64(value) <= most)
        return json_object_get_uint64(value);
    json_in_refuse(in, key, "in its range");
    return 0;
}

static double real_of(struct json_in *in, json_object *parent, const char *key, double most)
{
    json_object *value = value_of(in, parent, key, json_type_double);
    double number = value ? json_object_get_double(value) : 0;

    if (number >= 0 && number <= most)
        return number;
    json_in_refuse(in, key, "in its range");
    return 0;
}

uint32_t json_in_us(struct json_in *in, json_object *parent, const char *key)
{
    return (uint32_t)llround(real_of(in, parent, key, UINT32_MAX / 1000.0) * 1000);
}

double json_in_share(struct json_in *in, json_object *parent, const char *key)
{
    return real_of(in, parent, key, 1);
}

uint64_t json_in_time(struct json_in *in, json_object *parent, const char *key)
{
    const char *text = json_in_lent(in, parent, key);
    uint64_t time_ns = 0;

    if (text && nanotime_parse(text, &time_ns) < 0)
        json_in_refuse(in, key, "a time");
    return time_ns;
}

int64_t json_in_seconds(struct json_in *in, json_object *parent, const char *key)
{
    const char *text = json_in_lent(in, parent, key), *rest;
    struct tm tm = {0};

    if (!text)
        return 0;
    rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (rest && strcmp(rest, ".000000Z") == 0)
        return (int64_t)timegm(&tm);
    json_in_refuse(in, key, "a time in whole seconds");
    return 0;
}

void json_in_address(struct json_in *in, json_object *parent, const char *key,
                     struct address *out)
{
    const char *text = json_in_lent(in, parent, key);

    if (text && !address_parse(text, out))
        json_in_refuse(in, key, "an address");
}

/* "00-00-5E-00-53-23" */
static bool mac_parse(const char *text, uint8_t mac[6])
{
    static const char digits[] = "0123456789ABCDEF";

    if (strlen(text) != 17)
        return false;
    for (size_t i = 0; i < 6; i++) {
        const char *high = strchr(digits, text[3 * i]);
        const char *low = strchr(digits, text[3 * i + 1]);

        if (!high || !low || (i < 5 && text[3 * i + 2] != '-'))
            return false;
        mac[i] = (uint8_t)((high - digits) << 4 | (low - digits));
    }
    return true;
}

bool json_in_mac(struct json_in *in, json_object *parent, const char *key, uint8_t mac[6])
{
    const char *text = json_in_lent(in, parent, key);

    if (text && !mac_parse(text, mac))
        json_in_refuse(in, key, "a hardware address");
    return text != NULL;
}

static bool hex_value(char c, uint8_t *value)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;

    if (!at)
        return false;
    *value = (uint8_t)(at - digits);
    return true;
}

void json_in_hex(struct json_in *in, json_object *parent, const char *key, uint8_t *out,
                 size_t size)
{
    const char *text = json_in_lent(in, parent, key);
    uint8_t high, low;

    if (!text)
        return;
    for (size_t i = 0; strlen(text) == 2 * size && i < size; i++) {
        if (!hex_value(text[2 * i], &high) || !hex_value(text[2 * i + 1], &low))
            break;
        out[i] = (uint8_t)(high << 4 | low);
        if (i + 1 == size)
            return;
    }
    json_in_refuse(in, key, "in hexadecimal digits of its length");
}
