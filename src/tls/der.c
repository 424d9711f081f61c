#include "tls/der.h"

enum {
    TAG_NUMBER = 0x1f,
    LENGTH_LONG = 0x80,
    LENGTH_BYTES_MAX = 4,
    LATIN1_CHARACTER = 1,
    BMP_CHARACTER = 2,
    UNIVERSAL_CHARACTER = 4,
};

static bool take_length(struct span *s, size_t *len)
{
    uint64_t value;
    uint8_t first;

    if (!span_u8(s, &first))
        return false;
    if (first < LENGTH_LONG) {
        *len = first;
        return true;
    }
    first = (uint8_t)(first & ~LENGTH_LONG);
    if (first == 0 || first > LENGTH_BYTES_MAX || !span_uint(s, first, &value))
        return false;
    *len = (size_t)value;
    return true;
}

bool der_next(struct span *s, struct der *out)
{
    struct span look = *s;
    struct der element;
    size_t len;

    if (!span_u8(&look, &element.tag) || (element.tag & TAG_NUMBER) == TAG_NUMBER ||
        !take_length(&look, &len) || !span_take(&look, len, &element.body))
        return false;
    element.whole = span_first(*s, s->len - look.len);
    *s = look;
    *out = element;
    return true;
}

bool der_take(struct span *s, uint8_t tag, struct span *body)
{
    struct span look = *s;
    struct der element;

    if (!der_next(&look, &element) || element.tag != tag)
        return false;
    *s = look;
    *body = element.body;
    return true;
}

bool der_take_optional(struct span *s, uint8_t tag, struct span *body, bool *present)
{
    struct span look = *s;
    struct der element;

    *present = false;
    if (span_empty(look))
        return true;
    if (!der_next(&look, &element))
        return false;
    if (element.tag != tag)
        return true;
    *s = look;
    *body = element.body;
    *present = true;
    return true;
}

bool der_bits(struct span body, struct span *bytes)
{
    uint8_t unused;

    if (!span_u8(&body, &unused) || unused != 0)
        return false;
    *bytes = body;
    return true;
}

/* A decimal number of `width` digits. */
static bool take_decimal(struct span *s, size_t width, int64_t *out)
{
    struct span look = *s, digits;
    int64_t value = 0;
    uint8_t c;

    if (!span_take(&look, width, &digits))
        return false;
    while (span_u8(&digits, &c)) {
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *s = look;
    *out = value;
    return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar, by counting from 1 March. */
static int64_t days_since_1970(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* "Z", "+hhmm", "-hhmm" or nothing, to the end; fractions of a second are passed over. */
static bool take_zone(struct span s, int64_t *offset_s)
{
    int64_t hours, minutes;
    uint8_t c;

    *offset_s = 0;
    if (!span_u8(&s, &c))
        return true;
    if (c == '.' || c == ',') {
        do {
            if (!span_u8(&s, &c))
                return true;
        } while (c >= '0' && c <= '9');
    }
    if (c == 'Z')
        return span_empty(s);
    if ((c != '+' && c != '-') || !take_decimal(&s, 2, &hours) ||
        !take_decimal(&s, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset_s = (hours * 60 + minutes) * (c == '+' ? 60 : -60);
    return span_empty(s);
}

/* Seconds may be left out, as BER allows and old certificates do. */
static bool take_clock(struct span *s, int64_t *seconds)
{
    int64_t hour, minute, second = 0;

    if (!take_decimal(s, 2, &hour) || !take_decimal(s, 2, &minute) || hour > 23 ||
        minute > 59)
        return false;
    if (take_decimal(s, 2, &second) && second > 60)
        return false;
    *seconds = (hour * 60 + minute) * 60 + second;
    return true;
}

bool der_time(const struct der *element, int64_t *seconds)
{
    int64_t year, month, day, clock, offset;
    struct span s = element->body;

    if (element->tag == DER_UTC_TIME) {
        if (!take_decimal(&s, 2, &year))
            return false;
        year += year < 50 ? 2000 : 1900; /* RFC 5280 4.1.2.5.1 */
    } else if (element->tag != DER_GENERALIZED_TIME || !take_decimal(&s, 4, &year)) {
        return false;
    }
    if (!take_decimal(&s, 2, &month) || !take_decimal(&s, 2, &day) || month < 1 ||
        month > 12 || day < 1 || day > 31 || year < 1)
        return false;
    if (!take_clock(&s, &clock) || !take_zone(s, &offset))
        return false;
    *seconds = days_since_1970(year, month, day) * 86400 + clock - offset;
    return true;
}

/* One part of an object identifier: seven bits a byte, the highest bit set but in the last. */
static bool take_oid_part(struct span *s, uint64_t *out)
{
    uint64_t value = 0;
    uint8_t c;

    do {
        if (!span_u8(s, &c) || value > UINT64_MAX >> 7)
            return false;
        value = value << 7 | (c & 0x7f);
    } while (c & 0x80);
    *out = value;
    return true;
}

bool der_add_oid(struct text *t, struct span body)
{
    struct span rest = body;
    uint64_t part;

    if (span_empty(body))
        return false;
    while (!span_empty(rest))
        if (!take_oid_part(&rest, &part))
            return false;
    for (bool first = true; take_oid_part(&body, &part); first = false) {
        if (first) {
            uint64_t root = part < 80 ? part / 40 : 2;

            text_add_number(t, root);
            part -= root * 40;
        }
        text_add_char(t, '.');
        text_add_number(t, part);
    }
    return true;
}

/* A character as UTF-8; what is no Unicode scalar value becomes U+FFFD. */
static void add_character(struct text *t, uint64_t c)
{
    uint8_t bytes[4];
    size_t n = 0;

    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        c = 0xfffd;
    if (c < 0x80) {
        bytes[n++] = (uint8_t)c;
    } else if (c < 0x800) {
        bytes[n++] = (uint8_t)(0xc0 | c >> 6);
    } else if (c < 0x10000) {
        bytes[n++] = (uint8_t)(0xe0 | c >> 12);
        bytes[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    } else {
        bytes[n++] = (uint8_t)(0xf0 | c >> 18);
        bytes[n++] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
        bytes[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    }
    if (c >= 0x80)
        bytes[n++] = (uint8_t)(0x80 | (c & 0x3f));
    text_add_span(t, span_of(bytes, n));
}

/* Characters of fixed width; a rest that is no whole character is left out. */
static void add_characters(struct text *t, struct span body, size_t width)
{
    uint64_t c;

    while (!t->cut && span_uint(&body, width, &c))
        add_character(t, c);
}

bool der_add_string(struct text *t, const struct der *element)
{
    switch (element->tag) {
    case DER_UTF8_STRING:
    case DER_NUMERIC_STRING:
    case DER_PRINTABLE_STRING:
    case DER_IA5_STRING:
    case DER_VISIBLE_STRING:
        text_add_span(t, element->body);
        return true;
    case DER_T61_STRING: /* in practice Latin-1 */
        add_characters(t, element->body, LATIN1_CHARACTER);
        return true;
    case DER_BMP_STRING:
        add_characters(t, element->body, BMP_CHARACTER);
        return true;
    case DER_UNIVERSAL_STRING:
        add_characters(t, element->body, UNIVERSAL_CHARACTER);
        return true;
    default:
        return false;
    }
}
