#include "config/value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/nanotime.h"
#include "config/settings.h"

#define DAY_NS (UINT64_C(86400) * NS_PER_S)
#define NAME_MAX_DNS 253 /* RFC 1035, 2.3.4, in text form */

struct unit {
    const char *name;
    uint64_t size;
};

/* Largest first, so that a value is described in the largest unit that holds it exactly. */
static const struct unit time_units[] = {
    {"d", DAY_NS},
    {"h", UINT64_C(3600) * NS_PER_S},
    {"m", UINT64_C(60) * NS_PER_S},
    {"s", NS_PER_S},
    {"ms", NS_PER_MS},
};

static const struct unit size_units[] = {
    {"TiB", UINT64_C(1) << 40},
    {"GiB", UINT64_C(1) << 30},
    {"MiB", UINT64_C(1) << 20},
    {"KiB", UINT64_C(1) << 10},
    {"", 1},
};

static const struct unit *find_unit(const struct unit *units, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(units[i].name, name))
            return &units[i];
    return NULL;
}

/* Decimal digits from the front of `*text`. */
static bool take_digits(const char **text, uint64_t *out)
{
    const char *p = *text;
    uint64_t value = 0;

    while (*p >= '0' && *p <= '9') {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
            return false;
        p++;
    }
    if (p == *text)
        return false;
    *text = p;
    *out = value;
    return true;
}

bool value_parse_bool(const char *text, bool *out)
{
    static const struct {
        const char *text;
        bool value;
    } words[] = {{"yes", true}, {"no", false}, {"true", true}, {"false", false}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!strcmp(words[i].text, text)) {
            *out = words[i].value;
            return true;
        }
    }
    return false;
}

bool value_parse_count(const char *text, uint64_t *out)
{
    uint64_t value;

    if (!take_digits(&text, &value) || *text)
        return false;
    *out = value;
    return true;
}

bool value_parse_number(const char *text, double *out)
{
    double value;
    char *end;

    /* strtod takes more: hexadecimal, infinities, leading white space */
    if (!*text || strspn(text, "0123456789+-.eE") != strlen(text))
        return false;
    value = strtod(text, &end);
    if (*end || !isfinite(value))
        return false;
    *out = value;
    return true;
}

bool value_parse_duration(const char *text, uint64_t *ns)
{
    uint64_t whole, thousandths = 0, scale = 100, value, part;
    const struct unit *unit;

    if (!take_digits(&text, &whole))
        return false;
    if (*text == '.') {
        text++;
        if (*text < '0' || *text > '9')
            return false;
        for (; *text >= '0' && *text <= '9' && scale; text++, scale /= 10)
            thousandths += (uint64_t)(*text - '0') * scale;
    }
    unit = find_unit(time_units, sizeof(time_units) / sizeof(time_units[0]),
                     *text ? text : "s");
    if (!unit || __builtin_mul_overflow(whole, unit->size, &value))
        return false;
    part = unit->size / 1000 * thousandths;
    if (__builtin_add_overflow(value, part, &value))
        return false;
    *ns = value;
    return true;
}

bool value_parse_size(const char *text, uint64_t *bytes)
{
    const struct unit *unit;
    uint64_t value;

    if (!take_digits(&text, &value))
        return false;
    unit = find_unit(size_units, sizeof(size_units) / sizeof(size_units[0]), text);
    if (!unit || __builtin_mul_overflow(value, unit->size, &value))
        return false;
    *bytes = value;
    return true;
}

bool value_parse_date(const char *text, uint64_t *expires_ns)
{
    char moment[NANOTIME_TEXT_MAX], again[NANOTIME_TEXT_MAX];
    uint64_t ns;

    if (strlen(text) != 10 || strspn(text, "0123456789-") != 10)
        return false;
    (void)snprintf(moment, sizeof(moment), "%sT00:00:00Z", text);
    if (nanotime_parse(moment, &ns) != 0)
        return false;
    nanotime_describe(ns, again); /* 30 February would come back as 2 March */
    if (strncmp(text, again, 10) != 0)
        return false;
    *expires_ns = ns + DAY_NS;
    return true;
}

static bool parse_port(const char *text, uint16_t *out)
{
    uint64_t port;

    if (!value_parse_count(text, &port) || port < 1 || port > UINT16_MAX)
        return false;
    *out = (uint16_t)port;
    return true;
}

/* "HOST:PORT" or "[HOST]:PORT" into its parts; `bracketed` tells which. */
static bool split_host(const char *text, char host[NAME_MAX_DNS + 1], uint16_t *port,
                       bool *bracketed)
{
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;

    *bracketed = text[0] == '[';
    if (!len || !parse_port(colon + 1, port))
        return false;
    if (*bracketed) {
        if (len < 3 || text[len - 1] != ']')
            return false;
        text++;
        len -= 2;
    }
    if (len > NAME_MAX_DNS)
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    return true;
}

bool value_parse_endpoint(const char *text, struct config_endpoint *out)
{
    struct config_endpoint endpoint;
    char host[NAME_MAX_DNS + 1];
    bool bracketed;

    if (!split_host(text, host, &endpoint.port, &bracketed) ||
        !address_parse(host, &endpoint.address) || bracketed != (strchr(host, ':') != NULL))
        return false;
    *out = endpoint;
    return true;
}

bool value_is_target(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    struct config_endpoint endpoint;
    char host[NAME_MAX_DNS + 1];
    bool bracketed;
    uint16_t port;

    if (text[0] == '/')
        return value_is_line(text);
    if (value_parse_endpoint(text, &endpoint))
        return true;
    return split_host(text, host, &port, &bracketed) && !bracketed &&
           host[strspn(host, allowed)] == '\0';
}

bool value_is_line(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;

    if (!*p)
        return false;
    for (; *p; p++) {
        if (*p < 0x20 || *p == 0x7f)
            return false;
        if (p[0] == 0xc2 && p[1] < 0xa0) /* U+0080..U+009F */
            return false;
        if (p[0] == 0xe2 && p[1] == 0x80 &&
            (p[2] == 0xa8 || p[2] == 0xa9)) /* U+2028, U+2029 */
            return false;
        if (p[0] == 0xef && ((p[1] == 0xbb && p[2] == 0xbf) || /* byte order mark */
                             (p[1] == 0xbf && p[2] >= 0xbe)))  /* U+FFFE, U+FFFF */
            return false;
    }
    return true;
}

const char *value_describe_number(double number, char out[VALUE_TEXT_MAX])
{
    for (int digits = 6; digits <= 17; digits++) { /* fewer would write 100 as 1e+02 */
        (void)snprintf(out, VALUE_TEXT_MAX, "%.*g", digits, number);
        if (!(strtod(out, NULL) < number) && !(strtod(out, NULL) > number))
            break;
    }
    return out;
}

static const struct unit *largest_unit(const struct unit *units, size_t n, uint64_t value)
{
    for (size_t i = 0; i + 1 < n; i++)
        if (value && value % units[i].size == 0)
            return &units[i];
    return &units[n - 1];
}

const char *value_describe_duration(uint64_t ns, char out[VALUE_TEXT_MAX])
{
    const struct unit *unit =
        largest_unit(time_units, sizeof(time_units) / sizeof(time_units[0]), ns);

    if (ns == 0)
        (void)snprintf(out, VALUE_TEXT_MAX, "0s");
    else if (ns % unit->size == 0)
        (void)snprintf(out, VALUE_TEXT_MAX, "%" PRIu64 "%s", ns / unit->size, unit->name);
    else
        (void)snprintf(out, VALUE_TEXT_MAX, "%" PRIu64 ".%03" PRIu64 "ms", ns / NS_PER_MS,
                       ns % NS_PER_MS / NS_PER_US);
    return out;
}

const char *value_describe_size(uint64_t bytes, char out[VALUE_TEXT_MAX])
{
    const struct unit *unit =
        largest_unit(size_units, sizeof(size_units) / sizeof(size_units[0]), bytes);

    (void)snprintf(out, VALUE_TEXT_MAX, "%" PRIu64 "%s", bytes / unit->size, unit->name);
    return out;
}

const char *value_describe_date(uint64_t expires_ns, char out[VALUE_TEXT_MAX])
{
    nanotime_describe(expires_ns - DAY_NS, out);
    out[10] = '\0';
    return out;
}

const char *value_describe_endpoint(const struct config_endpoint *endpoint,
                                    char out[VALUE_TEXT_MAX])
{
    char address[ADDRESS_TEXT_MAX];
    bool v4 = address_is_v4(&endpoint->address);

    address_describe(&endpoint->address, address);
    (void)snprintf(out, VALUE_TEXT_MAX, "%s%s%s:%u", v4 ? "" : "[", address, v4 ? "" : "]",
                   (unsigned)endpoint->port);
    return out;
}

const char *value_describe_network(const struct network *network, char out[VALUE_TEXT_MAX])
{
    char address[ADDRESS_TEXT_MAX];
    unsigned bits = network->bits;

    /* the text of a version 4 network counts its bits from the version 4 part */
    if (address_is_v4(&network->address) && bits >= 96)
        bits -= 96;
    address_describe(&network->address, address);
    (void)snprintf(out, VALUE_TEXT_MAX, "%s/%u", address, bits);
    return out;
}
