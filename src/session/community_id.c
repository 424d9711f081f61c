#include "session/community_id.h"

#include "base/base64.h"
#include "crypto/digest.h"

#define INPUT_MAX (2 + 16 + 16 + 1 + 1 + 2 + 2)

struct input {
    uint8_t bytes[INPUT_MAX];
    size_t len;
};

static void add(struct input *input, const void *bytes, size_t n)
{
    memcpy(input->bytes + input->len, bytes, n);
    input->len += n;
}

static void add_number(struct input *input, uint16_t number)
{
    uint8_t bytes[2] = {(uint8_t)(number >> 8), (uint8_t)number};

    add(input, bytes, sizeof(bytes));
}

static void add_address(struct input *input, const struct address *a, bool v4)
{
    if (v4)
        add(input, a->bytes + 12, 4);
    else
        add(input, a->bytes, 16);
}

/* The smaller end stands first, so that both directions give the same. */
static bool in_order(const struct session_ends *ends)
{
    int order = memcmp(ends->client.bytes, ends->server.bytes, sizeof(ends->client.bytes));

    return order < 0 || (order == 0 && ends->client_port < ends->server_port);
}

const char *community_id_of(const struct session_ends *ends,
                            char out[COMMUNITY_ID_TEXT_MAX])
{
    bool forward = in_order(ends);
    bool v4 = address_is_v4(&ends->client) && address_is_v4(&ends->server);
    struct input input = {.len = 0};
    uint8_t digest[SHA1_BYTES];

    add_number(&input, 0); /* the seed */
    add_address(&input, forward ? &ends->client : &ends->server, v4);
    add_address(&input, forward ? &ends->server : &ends->client, v4);
    add_number(&input, (uint16_t)(ends->transport << 8)); /* the protocol and a zero */
    add_number(&input, forward ? ends->client_port : ends->server_port);
    add_number(&input, forward ? ends->server_port : ends->client_port);
    sha1_digest(span_of(input.bytes, input.len), digest);
    out[0] = '1';
    out[1] = ':';
    (void)base64_encode(span_of(digest, sizeof(digest)), out + 2);
    return out;
}
