#include "base/json_out.h"

#include "base/check.h"
#include "base/nanotime.h"
#include "base/text.h"

#include <math.h>
#include <time.h>

#define NUMBER_MAX 24
#define REAL_MAX 1e9

/* How many bytes that are not ASCII are checked and escaped together. */
#define FOREIGN_MAX 64

/* So many bytes of lines are handed over together, where the buffer is larger: they are in the cache. */
#define TOGETHER (128u * 1024u)

/* How many characters are looked at together. */
#define BLOCK 16

static const char hex_digits[] = "0123456789abcdef";

static void put(struct json_out *out, const char *bytes, size_t n)
{
    char *at = json_out_room(out, n);

    if (at)
        memcpy(at, bytes, n);
}

static void put_char(struct json_out *out, char c)
{
    put(out, &c, 1);
}

static void open_nest(struct json_out *out, char opener, char closer)
{
    put_char(out, opener);
    out->comma = false;
    CHECK(out->depth < JSON_OUT_DEPTH_MAX);
    if (out->depth < JSON_OUT_DEPTH_MAX)
        out->closers[out->depth++] = closer;
    else
        out->overflow = true;
}

/* True for the characters that stand for themselves in a JSON string. */
static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_escaped(struct json_out *out, uint8_t c)
{
    char escape[6] = {'\\', 'u', '0', '0', hex_digits[c >> 4], hex_digits[c & 15]};

    switch (c) {
    case '"':
    case '\\':
        escape[1] = (char)c;
        put(out, escape, 2);
        return;
    case '\n':
        put(out, "\\n", 2);
        return;
    case '\t':
        put(out, "\\t", 2);
        return;
    default:
        put(out, escape, sizeof(escape));
    }
}

/* The next bytes that are not ASCII, at most FOREIGN_MAX, no character of them cut in two. */
static struct span foreign_run(struct span bytes)
{
    size_t n = 0, back;

    while (n < bytes.len && n < FOREIGN_MAX && bytes.data[n] >= 0x80)
        n++;
    if (n == FOREIGN_MAX && n < bytes.len) {
        for (back = 0; back < 3 && (bytes.data[n - back] & 0xc0) == 0x80; back++)
            ;
        n -= back;
    }
    return span_first(bytes, n);
}

static void put_foreign(struct json_out *out, struct span run)
{
    char buffer[FOREIGN_MAX * 4 + 1];
    struct text text = text_in(buffer, sizeof(buffer));

    text_add_span(&text, run);
    for (size_t i = 0; i < text.len; i++) {
        if (buffer[i] == '\\')
            put_char(out, '\\');
        put_char(out, buffer[i]);
    }
}

/* Note in `odd` which of BLOCK characters are not plain; no branches, so that all are done at once. */
static void mark_odd(const uint8_t *c, uint8_t odd[BLOCK])
{
    for (size_t i = 0; i < BLOCK; i++)
        odd[i] |=
            (uint8_t)((c[i] < 0x20) | (c[i] >= 0x7f) | (c[i] == '"') | (c[i] == '\\'));
}

/* The same of the eight characters of a word. A byte below n borrows when n is taken from it. */
static bool is_plain_word(uint64_t word)
{
    const uint64_t ones = UINT64_MAX / 0xff, tops = ones << 7;
    uint64_t quote = word ^ (ones * '"');
    uint64_t backslash = word ^ (ones * '\\');
    uint64_t delete = word ^ (ones * 0x7f);
    uint64_t odd = (word - ones * ' ') & ~word;

    odd |= ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash);
    odd |= (delete - ones) & ~delete;
    return ((word | odd) & tops) == 0;
}

static uint64_t load_word(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

static uint64_t load_half(const uint8_t *at)
{
    uint32_t half;

    memcpy(&half, at, sizeof(half));
    return half;
}

/* True when all are plain. What is left of a text is looked at from its end, some of it twice. */
static bool is_plain_text(struct span bytes)
{
    const uint8_t *at = bytes.data, *end = at + bytes.len;
    bool plain = true;

    if (bytes.len >= BLOCK) {
        uint8_t odd[BLOCK] = {0};

        for (; end - at > BLOCK; at += BLOCK)
            mark_odd(at, odd);
        mark_odd(end - BLOCK, odd);
        return (load_word(odd) | load_word(odd + 8)) == 0;
    }
    if (bytes.len >= 8)
        return is_plain_word(load_word(at)) && is_plain_word(load_word(end - 8));
    if (bytes.len >= 4)
        return is_plain_word(load_half(at) | load_half(end - 4) << 32);
    while (at < end)
        plain &= is_plain(*at++);
    return plain;
}

/* How many plain characters stand at the front. */
static size_t plain_run(struct span bytes)
{
    size_t n = 0;

    while (n < bytes.len && is_plain(bytes.data[n]))
        n++;
    return n;
}

static void put_odd_string(struct json_out *out, struct span bytes)
{
    while (!span_empty(bytes) && !out->overflow) {
        struct span run = span_first(bytes, plain_run(bytes));

        if (!span_empty(run)) {
            put(out, (const char *)run.data, run.len);
        } else if (bytes.data[0] < 0x80) {
            run = span_first(bytes, 1);
            put_escaped(out, bytes.data[0]);
        } else {
            run = foreign_run(bytes);
            put_foreign(out, run);
        }
        if (!span_skip(&bytes, run.len))
            return;
    }
}

static void put_plain_string(struct json_out *out, struct span bytes)
{
    char *at = json_out_room(out, bytes.len + 2);

    if (!at)
        return;
    *at = '"';
    if (bytes.len)
        memcpy(at + 1, bytes.data, bytes.len);
    at[bytes.len + 1] = '"';
}

static void put_string(struct json_out *out, struct span bytes)
{
    if (is_plain_text(bytes)) {
        put_plain_string(out, bytes);
        return;
    }
    put_char(out, '"');
    put_odd_string(out, bytes);
    put_char(out, '"');
}

/* The decimal digits of `value`, at least `least` of them, ending at `end`; returns their start. */
static char *digits_before(char *end, uint64_t value, unsigned least)
{
    char *at = end;

    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value || (unsigned)(end - at) < least);
    return at;
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

void json_out_init(struct json_out *out, char *buffer, size_t size, json_out_sink sink,
                   void *ctx)
{
    *out = (struct json_out){.data = buffer, .size = size, .sink = sink, .ctx = ctx};
}

void json_out_begin(struct json_out *out)
{
    if (out->len > out->size / 2 || out->len >= TOGETHER)
        json_out_flush(out);
    out->line = out->len;
    out->limit = out->len + out->size / 2;
    out->overflow = false;
    out->closers[0] = '}';
    out->depth = 1;
    out->comma = false;
    put_char(out, '{');
}

bool json_out_finish(struct json_out *out)
{
    while (out->depth > 0)
        json_out_end(out);
    put_char(out, '\n');
    if (out->overflow) {
        out->len = out->line;
        out->overflow = false;
        out->dropped++;
        return false;
    }
    out->lines++;
    return true;
}

void json_out_flush(struct json_out *out)
{
    if (out->len > 0)
        out->sink(out->ctx, span_of(out->data, out->len));
    out->len = 0;
}

void json_out_object(struct json_out *out, const char *key)
{
    json_out_key(out, key);
    open_nest(out, '{', '}');
}

void json_out_array(struct json_out *out, const char *key)
{
    json_out_key(out, key);
    open_nest(out, '[', ']');
}

void json_out_end(struct json_out *out)
{
    CHECK(out->depth > 0);
    if (out->depth > 0)
        put_char(out, out->closers[--out->depth]);
    out->comma = true;
}

void json_out_rendered(struct json_out *out, const char *key, struct span value)
{
    json_out_key(out, key);
    put(out, (const char *)value.data, value.len);
}

void json_out_put_span(struct json_out *out, struct span bytes)
{
    put_string(out, bytes);
}

void json_out_put_number(struct json_out *out, uint64_t value)
{
    char buffer[NUMBER_MAX];
    char *end = buffer + sizeof(buffer);
    char *at = digits_before(end, value, 1);

    put(out, at, (size_t)(end - at));
}

void json_out_integer(struct json_out *out, const char *key, int64_t value)
{
    char buffer[NUMBER_MAX];
    char *end = buffer + sizeof(buffer);
    char *at = digits_before(end, magnitude(value), 1);

    if (value < 0)
        *--at = '-';
    json_out_key(out, key);
    put(out, at, (size_t)(end - at));
}

void json_out_decimal(struct json_out *out, const char *key, int64_t value, unsigned digits)
{
    char buffer[NUMBER_MAX];
    char *end = buffer + sizeof(buffer);
    char *at = digits_before(end, magnitude(value), digits + 1);

    if (value < 0)
        *--at = '-';
    json_out_key(out, key);
    put(out, at, (size_t)(end - at) - digits);
    put_char(out, '.');
    put(out, end - digits, digits);
}

void json_out_real(struct json_out *out, const char *key, double value, unsigned digits)
{
    double scale = 1;

    if (!isfinite(value) || fabs(value) > REAL_MAX)
        value = 0;
    for (unsigned i = 0; i < digits; i++)
        scale *= 10;
    json_out_decimal(out, key, (int64_t)llround(value * scale), digits);
}

void json_out_time(struct json_out *out, const char *key, uint64_t time_ns)
{
    char buffer[NANOTIME_TEXT_MAX];

    json_out_key(out, key);
    put_plain_string(out, span_of_text(nanotime_describe(time_ns, buffer)));
}

/* A four-digit or two-digit number at `at`; returns what follows it. */
static char *put_digits(char *at, unsigned width, int value)
{
    unsigned rest = value > 0 ? (unsigned)value : 0;

    for (unsigned i = width; i > 0; i--) {
        at[i - 1] = (char)('0' + rest % 10);
        rest /= 10;
    }
    return at + width;
}

void json_out_seconds(struct json_out *out, const char *key, int64_t seconds)
{
    static const char separators[] = "--T::";
    time_t given = (time_t)seconds;
    char buffer[NANOTIME_TEXT_MAX] = "";
    char *at = buffer;
    struct tm tm;

    if (seconds >= 0 && (uint64_t)seconds <= UINT64_MAX / NS_PER_S) {
        json_out_time(out, key, (uint64_t)seconds * NS_PER_S);
        return;
    }
    if (!gmtime_r(&given, &tm) || tm.tm_year > 9999 - 1900)
        tm = (struct tm){.tm_year = 9999 - 1900, .tm_mon = 11, .tm_mday = 31};
    at = put_digits(at, 4, tm.tm_year + 1900);
    for (unsigned i = 0; i < 5; i++) {
        const int rest[] = {tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec};

        *at++ = separators[i];
        at = put_digits(at, 2, rest[i]);
    }
    memcpy(at, ".000000Z", sizeof(".000000Z"));
    json_out_text(out, key, buffer);
}

void json_out_address(struct json_out *out, const char *key, const struct address *a)
{
    char buffer[ADDRESS_TEXT_MAX];
    char *end = buffer + sizeof(buffer);
    char *at = end;

    if (!address_is_v4(a)) {
        json_out_text(out, key, address_describe(a, buffer));
        return;
    }
    for (int i = 15; i >= 12; i--) {
        at = digits_before(at, a->bytes[i], 1);
        if (i > 12)
            *--at = '.';
    }
    json_out_key(out, key);
    put_plain_string(out, span_of(at, (size_t)(end - at)));
}

void json_out_hex(struct json_out *out, const char *key, struct span bytes)
{
    char *at;

    json_out_key(out, key);
    put_char(out, '"');
    at = json_out_room(out, bytes.len * 2);
    for (size_t i = 0; at && i < bytes.len; i++) {
        *at++ = hex_digits[bytes.data[i] >> 4];
        *at++ = hex_digits[bytes.data[i] & 15];
    }
    put_char(out, '"');
}
