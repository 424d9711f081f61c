#include "context/convert.h"

bool convert_choose(struct span text, const char *choices, bool anywhere, struct span *out)
{
    while (*choices) {
        const char *equals = strchr(choices, '=');
        const char *end = strchr(choices, ';');
        size_t len = end ? (size_t)(end - choices) : strlen(choices);
        size_t word = equals ? (size_t)(equals - choices) : len;

        *out = equals ? span_of(equals + 1, len - word - 1) : span_of(choices, len);
        if (word == 1 && *choices == '*')
            return true;
        if (anywhere && word > 0
                ? memmem(text.data, text.len, choices, word) != NULL
                : text.len == word && memcmp(text.data, choices, word) == 0)
            return true;
        choices += len + (end != NULL);
    }
    return false;
}

/* host:port, [address]:port, scheme://host:port/path */
void convert_split(struct span text, struct span *host, struct span *port)
{
    const uint8_t *scheme = memmem(text.data, text.len, "://", 3), *colon, *end;

    *port = span_of(text.data, 0);
    if (scheme)
        text = span_of(scheme + 3, text.len - (size_t)(scheme + 3 - text.data));
    end = memchr(text.data, '/', text.len);
    if (end)
        text.len = (size_t)(end - text.data);
    if (text.len > 0 && text.data[0] == '[') {
        end = memchr(text.data, ']', text.len);
        *host = span_of(text.data + 1, end ? (size_t)(end - text.data) - 1 : text.len - 1);
        colon = end && end + 1 < text.data + text.len ? end + 1 : NULL;
    } else {
        colon = memrchr(text.data, ':', text.len);
        if (colon && memchr(text.data, ':', (size_t)(colon - text.data)))
            colon = NULL; /* an address of version 6 without a port */
        *host = span_of(text.data, colon ? (size_t)(colon - text.data) : text.len);
    }
    if (colon && *colon == ':')
        *port = span_of(colon + 1, text.len - (size_t)(colon + 1 - text.data));
}

struct span convert_last(struct span text)
{
    const uint8_t *slash = text.len ? memrchr(text.data, '/', text.len) : NULL;

    return slash ? span_of(slash + 1, text.len - (size_t)(slash + 1 - text.data)) : text;
}

bool convert_is_nothing(struct span text)
{
    static const char *const words[] = {"", "-", "*", "0", "N/A", "unknown", NULL};

    for (size_t i = 0; words[i]; i++)
        if (span_equal(text, span_of_text(words[i])))
            return true;
    return false;
}
