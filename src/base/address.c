#include "base/address.h"

#include <arpa/inet.h>
#include <stdlib.h>

static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool address_from_span(struct span bytes, struct address *out)
{
    if (bytes.len == 16) {
        memcpy(out->bytes, bytes.data, 16);
        return true;
    }
    if (bytes.len != 4)
        return false;
    memcpy(out->bytes, v4_prefix, sizeof(v4_prefix));
    memcpy(out->bytes + 12, bytes.data, 4);
    return true;
}

bool address_is_v4(const struct address *a)
{
    return memcmp(a->bytes, v4_prefix, sizeof(v4_prefix)) == 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool network_holds(const struct network *n, const struct address *a)
{
    size_t whole = n->bits / 8;
    uint8_t mask = (uint8_t)(0xff00u >> (n->bits % 8));

    if (memcmp(n->address.bytes, a->bytes, whole) != 0)
        return false;
    return whole == 16 || ((n->address.bytes[whole] ^ a->bytes[whole]) & mask) == 0;
}

bool address_parse(const char *text, struct address *out)
{
    uint8_t bytes[16];

    if (inet_pton(AF_INET, text, bytes) == 1)
        return address_from_span(span_of(bytes, 4), out);
    if (inet_pton(AF_INET6, text, bytes) == 1)
        return address_from_span(span_of(bytes, 16), out);
    return false;
}

static bool parse_bits(const char *text, long most, long *bits)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    *bits = strtol(text, &end, 10);
    return *end == '\0' && *bits <= most;
}

bool network_parse(const char *text, struct network *out)
{
    char copy[ADDRESS_TEXT_MAX + 4];
    struct network net;
    char *slash;
    long bits, most;

    if (strlen(text) >= sizeof(copy))
        return false;
    memcpy(copy, text, strlen(text) + 1);
    slash = strchr(copy, '/');
    if (slash)
        *slash = '\0';
    if (!address_parse(copy, &net.address))
        return false;
    most = strchr(copy, ':') ? 128 : 32;
    bits = most;
    if (slash && !parse_bits(slash + 1, most, &bits))
        return false;
    net.bits = (uint8_t)(bits + 128 - most);
    for (size_t i = net.bits; i < 128; i++)
        if (net.address.bytes[i / 8] & (0x80 >> (i % 8)))
            return false;
    *out = net;
    return true;
}

const char *address_describe(const struct address *a, char out[ADDRESS_TEXT_MAX])
{
    if (address_is_v4(a))
        (void)inet_ntop(AF_INET, a->bytes + 12, out, ADDRESS_TEXT_MAX);
    else
        (void)inet_ntop(AF_INET6, a->bytes, out, ADDRESS_TEXT_MAX);
    return out;
}
