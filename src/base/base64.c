#include "base/base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const char *base64_encode(struct span bytes, char *out)
{
    char *at = out;

    while (!span_empty(bytes)) {
        uint8_t three[3] = {0};
        size_t n = bytes.len < 3 ? bytes.len : 3;

        for (size_t i = 0; i < n; i++)
            if (!span_u8(&bytes, &three[i]))
                return out;
        at[0] = alphabet[three[0] >> 2];
        at[1] = alphabet[(three[0] & 3) << 4 | three[1] >> 4];
        at[2] = n > 1 ? alphabet[(three[1] & 15) << 2 | three[2] >> 6] : '=';
        at[3] = n > 2 ? alphabet[three[2] & 63] : '=';
        at += 4;
    }
    *at = '\0';
    return out;
}

static bool value_of(char c, uint32_t *value)
{
    const char *at = c ? strchr(alphabet, c) : NULL;

    if (!at)
        return false;
    *value = (uint32_t)(at - alphabet);
    return true;
}

bool base64_decode(const char *text, uint8_t *out, size_t size)
{
    uint32_t bits = 0, value;
    size_t n = 0, held = 0;

    if (strlen(text) != BASE64_TEXT_MAX(size) - 1)
        return false;
    for (; *text && *text != '='; text++) {
        if (!value_of(*text, &value))
            return false;
        bits = bits << 6 | value;
        held += 6;
        if (held < 8)
            continue;
        if (n == size)
            return false;
        held -= 8;
        out[n++] = (uint8_t)(bits >> held);
        bits &= (1u << held) - 1;
    }
    return n == size && bits == 0 && strspn(text, "=") == strlen(text);
}
