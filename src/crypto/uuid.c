#include "crypto/uuid.h"

#include "crypto/digest.h"

#define UUID_SPACE_BYTES 16

/* UUIDv5 of "urn:pinsight:events" in the namespace of URLs. */
static const uint8_t project_space[UUID_BYTES] = {
    0x48, 0x33, 0xa4, 0xc2, 0x1c, 0x60, 0x57, 0xb0,
    0x85, 0xd4, 0xc5, 0xf4, 0x1f, 0x87, 0xb2, 0x7f,
};

/* The name begins with the namespace, so that the digest runs over one piece. */
void uuid_name_init(struct uuid_name *name, const char *kind)
{
    memcpy(name->bytes, project_space, UUID_SPACE_BYTES);
    name->len = UUID_SPACE_BYTES;
    uuid_name_add(name, span_of_text(kind));
}

void uuid_name_add(struct uuid_name *name, struct span field)
{
    struct span kept = span_first(field, UUID_FIELD_MAX);

    if (UUID_NAME_MAX - name->len < kept.len + 2)
        return;
    name->bytes[name->len] = (uint8_t)(kept.len >> 8);
    name->bytes[name->len + 1] = (uint8_t)kept.len;
    if (kept.len)
        memcpy(name->bytes + name->len + 2, kept.data, kept.len);
    name->len += kept.len + 2;
}

void uuid_name_add_number(struct uuid_name *name, uint64_t number)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    uuid_name_add(name, span_of(bytes, sizeof(bytes)));
}

static void version_5_of(struct span space_and_name, uint8_t out[UUID_BYTES])
{
    uint8_t digest[SHA1_BYTES];

    sha1_digest(space_and_name, digest);
    memcpy(out, digest, UUID_BYTES);
    out[6] = (uint8_t)(0x50 | (out[6] & 0x0f));
    out[8] = (uint8_t)(0x80 | (out[8] & 0x3f));
}

void uuid_of_name(const struct uuid_name *name, uint8_t out[UUID_BYTES])
{
    version_5_of(span_of(name->bytes, name->len), out);
}

void uuid_v5(const uint8_t space[UUID_BYTES], struct span name, uint8_t out[UUID_BYTES])
{
    uint8_t bytes[UUID_NAME_MAX];
    struct span kept = span_first(name, UUID_NAME_MAX - UUID_SPACE_BYTES);

    memcpy(bytes, space, UUID_SPACE_BYTES);
    if (kept.len)
        memcpy(bytes + UUID_SPACE_BYTES, kept.data, kept.len);
    version_5_of(span_of(bytes, kept.len + UUID_SPACE_BYTES), out);
}

static bool has_dash_before(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

const char *uuid_describe(const uint8_t uuid[UUID_BYTES], char out[UUID_TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";
    char *at = out;

    for (size_t i = 0; i < UUID_BYTES; i++) {
        if (has_dash_before(i))
            *at++ = '-';
        *at++ = digits[uuid[i] >> 4];
        *at++ = digits[uuid[i] & 15];
    }
    *at = '\0';
    return out;
}

static bool digit_value(char c, uint8_t *value)
{
    if (c >= '0' && c <= '9')
        *value = (uint8_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
        *value = (uint8_t)(c - 'a' + 10);
    else
        return false;
    return true;
}

bool uuid_parse(const char *text, uint8_t out[UUID_BYTES])
{
    uint8_t uuid[UUID_BYTES];
    uint8_t high, low;

    if (strlen(text) != UUID_TEXT_MAX - 1)
        return false;
    for (size_t i = 0; i < UUID_BYTES; i++) {
        if (has_dash_before(i) && *text++ != '-')
            return false;
        if (!digit_value(text[0], &high) || !digit_value(text[1], &low))
            return false;
        uuid[i] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    memcpy(out, uuid, UUID_BYTES);
    return true;
}
