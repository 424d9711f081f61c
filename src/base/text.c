#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

struct text text_in(char *buffer, size_t size)
{
    buffer[0] = '\0';
    return (struct text){.data = buffer, .len = 0, .size = size, .cut = false};
}

static void add_bytes(struct text *t, const char *bytes, size_t n)
{
    size_t room = t->size - t->len - 1;

    if (n > room) {
        t->cut = true;
        return;
    }
    memcpy(t->data + t->len, bytes, n);
    t->len += n;
    t->data[t->len] = '\0';
}

void text_add_first(struct text *t, const char *more, size_t n)
{
    size_t room = t->size - t->len - 1;

    if (n > room) {
        t->cut = true;
        /* Never within a character: continuation bytes are 10xxxxxx. */
        for (n = room; n > 0 && ((unsigned char)more[n] & 0xC0) == 0x80; n--)
            ;
    }
    add_bytes(t, more, n);
}

void text_add(struct text *t, const char *more)
{
    text_add_first(t, more, strlen(more));
}

void text_add_char(struct text *t, char c)
{
    add_bytes(t, &c, 1);
}

void text_add_number(struct text *t, uint64_t number)
{
    char digits[20];
    size_t n = sizeof(digits);

    do {
        digits[--n] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    add_bytes(t, digits + n, sizeof(digits) - n);
}

void text_add_format(struct text *t, const char *format, ...)
{
    size_t room = t->size - t->len;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(t->data + t->len, room, format, args);
    va_end(args);
    if (n < 0)
        n = 0;
    if ((size_t)n >= room) {
        t->cut = true;
        n = (int)room - 1;
    }
    t->len += (size_t)n;
}

/* Of a character that takes several bytes (Unicode table 3-7). */
static size_t sequence_length(struct span s)
{
    static const struct {
        uint8_t first_low, first_high, second_low, second_high;
        size_t len;
    } forms[] = {
        {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
        {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
        {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (s.data[0] < forms[i].first_low || s.data[0] > forms[i].first_high)
            continue;
        if (s.len < forms[i].len || s.data[1] < forms[i].second_low ||
            s.data[1] > forms[i].second_high)
            return 0;
        for (size_t k = 2; k < forms[i].len; k++)
            if (s.data[k] < 0x80 || s.data[k] > 0xBF)
                return 0;
        return forms[i].len;
    }
    return 0;
}

size_t text_character_length(struct span s)
{
    if (span_empty(s))
        return 0;
    return s.data[0] < 0x80 ? 1 : sequence_length(s);
}

static void add_escaped(struct text *t, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    char escaped[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};

    add_bytes(t, escaped, sizeof(escaped));
}

/* How many characters at the front stand for themselves: in a name that is all. */
static size_t plain_length(struct span s, size_t most)
{
    size_t n = 0;

    while (n < s.len && n < most && s.data[n] >= 0x20 && s.data[n] < 0x7F &&
           s.data[n] != '\\')
        n++;
    return n;
}

void text_add_span(struct text *t, struct span bytes)
{
    struct span taken;

    while (!span_empty(bytes) && !t->cut) {
        uint8_t c = bytes.data[0];
        size_t n = plain_length(bytes, t->size - t->len - 1);

        if (n > 0) {
            add_bytes(t, (const char *)bytes.data, n);
        } else if (c == '\\') {
            n = 1;
            add_bytes(t, "\\\\", 2);
        } else if (c >= 0x80 && (n = text_character_length(bytes)) > 0 &&
                   !(c == 0xC2 && bytes.data[1] < 0xA0)) {
            add_bytes(t, (const char *)bytes.data, n);
        } else {
            n = 1;
            add_escaped(t, c);
        }
        if (!span_take(&bytes, n, &taken))
            return;
    }
}

void text_add_hex(struct text *t, struct span bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.len; i++) {
        char two[2] = {digits[bytes.data[i] >> 4], digits[bytes.data[i] & 15]};

        add_bytes(t, two, sizeof(two));
    }
}

const char *text_from_span(char *out, size_t size, struct span bytes)
{
    struct text t = text_in(out, size);

    text_add_span(&t, bytes);
    return out;
}
