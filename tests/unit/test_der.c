#include "tap.h"

#include "tls/der.h"

static void elements_are_taken_one_by_one(void)
{
    struct span s = hex("02 01 05  30 81 02 0500  04 00");
    struct der element;
    struct span body;
    bool present;

    ok(der_next(&s, &element), "an element is taken");
    is_int(element.tag, DER_INTEGER, "its tag");
    is_span(element.body, hex("05"), "its body");
    is_span(element.whole, hex("020105"), "the whole of it");
    ok(!der_take(&s, DER_INTEGER, &body), "another tag is not the one that was asked for");
    ok(der_take_optional(&s, DER_INTEGER, &body, &present) && !present,
       "what is optional may be missing");
    ok(der_take(&s, DER_SEQUENCE, &body), "a length may be longer than it must");
    is_span(body, hex("0500"), "the body of the sequence");
    ok(der_take_optional(&s, DER_OCTET_STRING, &body, &present) && present &&
           span_empty(body),
       "what is optional may be there");
    ok(der_take_optional(&s, DER_OCTET_STRING, &body, &present) && !present,
       "at the end it is missing");
    ok(!der_next(&s, &element), "at the end there is no element");
}

static void odd_elements_are_refused(void)
{
    static const struct {
        const char *digits, *why;
    } cases[] = {
        {"30", "a tag alone"},
        {"30 80 00 00", "an indefinite length"},
        {"30 85 0000000001 00", "a length of five bytes"},
        {"30 82 01", "a length cut short"},
        {"30 84 ffffffff 00", "a length of four gigabytes"},
        {"1f 01 00", "a tag number above 30"},
        {"04 02 00", "a body cut short"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct span s = hex(cases[i].digits);
        size_t len = s.len;
        struct der element = {.tag = 77};
        bool present;
        struct span body;

        ok(!der_next(&s, &element) && s.len == len && element.tag == 77, "%s is refused",
           cases[i].why);
        ok(!der_take_optional(&s, DER_SET, &body, &present), "%s is not merely missing",
           cases[i].why);
    }
}

static void bits_are_whole_bytes(void)
{
    struct span bytes;

    ok(der_bits(hex("00 aabb"), &bytes), "a bit string of whole bytes is read");
    is_span(bytes, hex("aabb"), "its bytes");
    ok(!der_bits(hex("01 aa80"), &bytes), "seven bits are refused");
    ok(!der_bits(hex(""), &bytes), "and so is nothing");
}

static int64_t time_of(uint8_t tag, const char *text)
{
    struct der element = {.tag = tag, .body = exact(span_of_text(text))};
    int64_t seconds = -77;

    return der_time(&element, &seconds) ? seconds : -77;
}

/* Expected values: date -u -d ... +%s */
static void times_become_seconds(void)
{
    is_int(time_of(DER_UTC_TIME, "700101000000Z"), 0, "the epoch");
    is_int(time_of(DER_UTC_TIME, "240229235959Z"), 1709251199, "a leap day");
    is_int(time_of(DER_UTC_TIME, "491231235959Z"), 2524607999, "49 is 2049");
    is_int(time_of(DER_UTC_TIME, "500101000000Z"), -631152000, "50 is 1950");
    is_int(time_of(DER_GENERALIZED_TIME, "20500101000000Z"), 2524608000,
           "a time of four digits");
    is_int(time_of(DER_GENERALIZED_TIME, "99991231235959Z"), 253402300799,
           "the end of time");
    is_int(time_of(DER_GENERALIZED_TIME, "19000301000000Z"), -2203891200,
           "a century without leap day");
    is_int(time_of(DER_UTC_TIME, "2402292359Z"), 1709251140, "seconds may be missing");
    is_int(time_of(DER_UTC_TIME, "240229235959+0130"), 1709251199 - 5400,
           "a zone to the east");
    is_int(time_of(DER_UTC_TIME, "240229235959-0130"), 1709251199 + 5400,
           "a zone to the west");
    is_int(time_of(DER_GENERALIZED_TIME, "20240229235959.123Z"), 1709251199,
           "fractions are dropped");
    is_int(time_of(DER_GENERALIZED_TIME, "20240229235959.5"), 1709251199,
           "even at the end");
    is_int(time_of(DER_GENERALIZED_TIME, "20240229235959"), 1709251199,
           "the zone may be missing");
}

static void odd_times_are_refused(void)
{
    static const char *const odd[] = {
        "",
        "2",
        "24",
        "240229",
        "24022923",
        "241329000000Z",
        "240032000000Z",
        "240229240000Z",
        "240229236000Z",
        "240229235961Z",
        "24022923595aZ",
        "240229235959Zx",
        "240229235959+01",
        "240229235959+2400",
        "240229235959+0160",
        "240229235959x",
        "2402292359:0Z",
    };

    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
        is_int(time_of(DER_UTC_TIME, odd[i]), -77, "\"%s\" is no time", odd[i]);
    is_int(time_of(DER_GENERALIZED_TIME, "00000101000000Z"), -77, "there is no year 0");
    is_int(time_of(DER_IA5_STRING, "240229235959Z"), -77, "a string is no time");
}

static const char *oid_text(const char *digits)
{
    static char buffer[128];
    struct text t = text_in(buffer, sizeof(buffer));

    return der_add_oid(&t, hex(digits)) ? buffer : NULL;
}

static void object_identifiers_become_text(void)
{
    is_text(oid_text("550403"), "2.5.4.3", "a short one");
    is_text(oid_text("2b06010401d679020402"), "1.3.6.1.4.1.11129.2.4.2", "a long one");
    is_text(oid_text("883703"), "2.999.3", "a first part above 79");
    is_text(oid_text("00"), "0.0", "the smallest");
    is_text(oid_text("828080808080808080 00"), NULL,
            "a part of more than 64 bits is refused");
    is_text(oid_text("2b86"), NULL, "a part cut short is refused");
    is_text(oid_text(""), NULL, "nothing is none");
}

static const char *string_text(uint8_t tag, const char *digits)
{
    static char buffer[128];
    struct text t = text_in(buffer, sizeof(buffer));
    struct der element = {.tag = tag, .body = hex(digits)};

    return der_add_string(&t, &element) ? buffer : NULL;
}

static void strings_become_utf8(void)
{
    is_text(string_text(DER_UTF8_STRING, "c3bc"), "\u00fc", "UTF8String stays");
    is_text(string_text(DER_UTF8_STRING, "fc"), "\\xfc", "unless it is none");
    is_text(string_text(DER_PRINTABLE_STRING, "4120"), "A ", "PrintableString stays");
    is_text(string_text(DER_IA5_STRING, "000a7f"), "\\x00\\x0a\\x7f",
            "control characters show");
    is_text(string_text(DER_T61_STRING, "41fc"), "A\u00fc", "T61String is read as Latin-1");
    is_text(string_text(DER_T61_STRING, "85"), "\\xc2\\x85", "its control characters show");
    is_text(string_text(DER_BMP_STRING, "0041 00fc 20ac"), "A\u00fc\u20ac",
            "BMPString is read");
    is_text(string_text(DER_BMP_STRING, "d800 0041 00"), "\ufffdA",
            "half a pair is no character");
    is_text(string_text(DER_UNIVERSAL_STRING, "0001f600 00110000"), "\U0001f600\ufffd",
            "UniversalString is read");
    is_text(string_text(DER_OCTET_STRING, "41"), NULL, "other types are no strings");
}

int main(void)
{
    elements_are_taken_one_by_one();
    odd_elements_are_refused();
    bits_are_whole_bytes();
    times_become_seconds();
    odd_times_are_refused();
    object_identifiers_become_text();
    strings_become_utf8();
    return done_testing();
}
