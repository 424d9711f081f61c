#include "tap.h"

#include "tls/der.h"
#include "tls/x509.h"
#include "wire.h"

#define CN "550403"

static const char *name_text(struct span name)
{
    static char buffer[512];
    struct text t = text_in(buffer, sizeof(buffer));

    x509_add_name(&t, name);
    return buffer;
}

static const char *common_name_text(struct span name)
{
    static char buffer[256];
    struct text t = text_in(buffer, sizeof(buffer));

    x509_add_common_name(&t, name);
    return buffer;
}

/* An element whose length is written in two bytes; close with wire_close(w, place, 2). */
static size_t open_element(struct wire *w, unsigned int tag)
{
    wire_u8(w, tag);
    wire_u8(w, 0x82);
    return wire_open(w, 2);
}

static void put_attribute(struct wire *w, const char *oid, unsigned int tag,
                          struct span value)
{
    size_t fields = open_element(w, DER_SEQUENCE), part = open_element(w, DER_OID);

    wire_span(w, hex(oid));
    wire_close(w, part, 2);
    part = open_element(w, tag);
    wire_span(w, value);
    wire_close(w, part, 2);
    wire_close(w, fields, 2);
}

/* A Name of one RDN with one attribute. */
static struct span name_with(const char *oid, unsigned int tag, struct span value)
{
    static struct wire w;
    size_t rdns, rdn;

    w.len = 0;
    rdns = open_element(&w, DER_SEQUENCE);
    rdn = open_element(&w, DER_SET);
    put_attribute(&w, oid, tag, value);
    wire_close(&w, rdn, 2);
    wire_close(&w, rdns, 2);
    return exact(wire_done(&w));
}

static void a_leaf_is_read(void)
{
    struct x509 x;
    struct span names, name;

    ok(x509_parse(exact(data_file("leaf.der")), &x), "a leaf is read");
    is_text(name_text(x.issuer), "C=US,O=Example\\, Inc.,CN=Example Inspection CA",
            "its issuer");
    is_text(name_text(x.subject), "CN=www.example.org", "its subject");
    is_text(common_name_text(x.subject), "www.example.org", "its common name");
    is_int(x.not_before_s, 1709294400, "since when it is valid");
    is_int(x.not_after_s, 2024827200, "until when");
    is_int(x.subject_key_id.len, 20, "it has a key identifier");
    is_int(x.authority_key_id.len, 20, "and its issuer's");
    ok(!x.is_ca && !x.has_sct && !x.self_signed, "it is a plain leaf");
    is_int(x.spki.len, 91, "its key is one of P-256");
    ok(x.signature.len >= 68 && x.tbs.len > 300 && x.algorithm.len == 12, "it is signed");
    names = x.alternative_names;
    ok(x509_next_dns_name(&names, &name), "it has an alternative name");
    is_span(name, span_of_text("www.example.org"), "the first");
    ok(x509_next_dns_name(&names, &name), "and another");
    is_span(name, span_of_text("example.org"), "the second, addresses passed over");
    ok(!x509_next_dns_name(&names, &name), "and no more");
}

static void kinds_are_told_apart(void)
{
    struct x509 authority, sub, logged, old;

    ok(x509_parse(data_file("authority.der"), &authority), "an authority is read");
    ok(authority.is_ca && authority.self_signed, "it is a CA and signs itself");
    ok(x509_parse(data_file("sub.der"), &sub), "an intermediate is read");
    ok(sub.is_ca && !sub.self_signed, "it is a CA and does not sign itself");
    ok(span_equal(sub.issuer, authority.subject), "the authority issued it");
    ok(span_equal(sub.authority_key_id, authority.subject_key_id), "and names its key");
    is_text(name_text(sub.subject),
            "C=US,O=Example\\, Inc.,OU=Branch+CN=Example Inspection Sub-CA",
            "the parts of one RDN are joined by a plus");
    ok(x509_parse(data_file("logged.der"), &logged) && logged.has_sct,
       "a logged leaf shows it");
    ok(x509_parse(data_file("old.der"), &old), "version 1 without extensions is read");
    ok(!old.is_ca && span_empty(old.alternative_names) && span_empty(old.subject_key_id),
       "and has nothing of what they say");
}

static void every_truncation_is_refused(void)
{
    static const char *const files[] = {"leaf.der", "authority.der", "old.der",
                                        "pss-leaf.der"};
    static struct wire w;

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct span whole = data_file(files[i]);
        struct x509 x = {.not_after_s = 77};
        bool refused = true;

        for (size_t n = 0; n < whole.len; n++)
            refused = refused && !x509_parse(exact(span_first(whole, n)), &x);
        ok(refused && x.not_after_s == 77, "each truncation of %s is refused", files[i]);
        w.len = 0;
        wire_span(&w, whole);
        wire_u8(&w, 0);
        ok(!x509_parse(exact(wire_done(&w)), &x), "a byte behind %s is refused", files[i]);
    }
}

/* Whatever one byte becomes, nothing is read behind the end and the text stays text. */
static void every_changed_byte_is_survived(void)
{
    struct span whole = data_file("leaf.der");
    static struct wire w;
    bool terminated = true;

    w.len = 0;
    wire_span(&w, whole);
    for (size_t i = 0; i < whole.len; i++) {
        for (unsigned int flip = 1; flip < 256; flip <<= 1) {
            struct x509 x;
            struct span copy;

            w.data[i] = (uint8_t)(whole.data[i] ^ flip);
            copy = exact(wire_done(&w));
            if (x509_parse(copy, &x))
                terminated = terminated && strlen(name_text(x.issuer)) < 512 &&
                             strlen(common_name_text(x.subject)) < 256;
        }
        w.data[i] = whole.data[i];
    }
    ok(terminated, "a leaf with any one bit turned over is refused or read");
}

static void special_characters_are_escaped(void)
{
    static const struct {
        const char *value, *want;
    } cases[] = {
        {"a,b", "CN=a\\,b"},
        {"a+b", "CN=a\\+b"},
        {"\"a\"", "CN=\\\"a\\\""},
        {"a\\b", "CN=a\\\\b"},
        {"<a>", "CN=\\<a\\>"},
        {"a;b", "CN=a\\;b"},
        {"#a#", "CN=\\#a#"},
        {" a b ", "CN=\\ a b\\ "},
        {" ", "CN=\\ "},
        {"a=b", "CN=a=b"},
        {"a\nb", "CN=a\\x0ab"},
        {"", "CN="},
        {"\xc3\xa9\xff", "CN=\xc3\xa9\\xff"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        is_text(name_text(name_with(CN, DER_UTF8_STRING, span_of_text(cases[i].value))),
                cases[i].want, "value %zu is escaped as RFC 4514 says", i);
}

static void attributes_have_short_names(void)
{
    static const struct {
        const char *oid, *want;
    } cases[] = {
        {"550403", "CN=x"},
        {"550405", "serialNumber=x"},
        {"550406", "C=x"},
        {"550407", "L=x"},
        {"550408", "ST=x"},
        {"550409", "STREET=x"},
        {"55040a", "O=x"},
        {"55040b", "OU=x"},
        {"2a864886f70d010901", "emailAddress=x"},
        {"0992268993f22c640101", "UID=x"},
        {"0992268993f22c640119", "DC=x"},
        {"550411", "2.5.4.17=x"},
        {"5584", "?=x"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        is_text(name_text(name_with(cases[i].oid, DER_PRINTABLE_STRING, span_of_text("x"))),
                cases[i].want, "attribute %s is written %s", cases[i].oid, cases[i].want);
    is_text(name_text(name_with("550403", DER_INTEGER, hex("05"))), "CN=#0282000105",
            "a value that is no string is written in hexadecimal");
    is_text(name_text(name_with("550403", DER_BMP_STRING, hex("0041002c"))), "CN=A\\,",
            "a BMPString is text");
    is_text(name_text(hex("3000")), "", "an empty name is empty text");
    is_text(name_text(hex("0500")), "", "and so is what is no name");
}

static void long_names_are_cut_at_a_character(void)
{
    static struct wire w;
    const char *text;
    size_t len;

    for (size_t extra = 0; extra < 3; extra++) {
        w.len = 0;
        wire_fill(&w, 'x', extra);
        for (size_t i = 0; i < 400; i++)
            wire_u16(&w, 0xc3a9);
        text = name_text(name_with(CN, DER_UTF8_STRING, wire_done(&w)));
        len = strlen(text);
        ok(len >= 508 && len < 512, "a long name of %zu fills the text", extra);
        is_int((uint8_t)text[len - 1], 0xa9, "and ends with a whole character");
    }
}

static void long_names_end_with_a_whole_attribute(void)
{
    static struct wire w;
    size_t rdns, rdn;

    w.len = 0;
    rdns = open_element(&w, DER_SEQUENCE);
    for (int i = 0; i < 60; i++) {
        rdn = open_element(&w, DER_SET);
        put_attribute(&w, CN, DER_UTF8_STRING, span_of_text("ten bytes."));
        wire_close(&w, rdn, 2);
    }
    wire_close(&w, rdns, 2);
    is_int(strlen(name_text(exact(wire_done(&w)))), 14 * 36 - 1,
           "36 attributes of 14 characters fit, the next one is left out");
}

static void the_last_common_name_counts(void)
{
    static struct wire w;
    size_t rdns = open_element(&w, DER_SEQUENCE), rdn = open_element(&w, DER_SET);

    put_attribute(&w, CN, DER_UTF8_STRING, span_of_text("first"));
    wire_close(&w, rdn, 2);
    rdn = open_element(&w, DER_SET);
    put_attribute(&w, "550406", DER_PRINTABLE_STRING, span_of_text("DE"));
    put_attribute(&w, CN, DER_UTF8_STRING, span_of_text("a,b"));
    wire_close(&w, rdn, 2);
    wire_close(&w, rdns, 2);
    is_text(common_name_text(exact(wire_done(&w))), "a,b", "the last CN, without escapes");
    is_text(name_text(exact(wire_done(&w))), "CN=first,C=DE+CN=a\\,b", "the name has both");
    is_text(common_name_text(name_with("55040a", DER_UTF8_STRING, span_of_text("x"))), "",
            "a name without CN has none");
}

int main(void)
{
    a_leaf_is_read();
    kinds_are_told_apart();
    every_truncation_is_refused();
    every_changed_byte_is_survived();
    special_characters_are_escaped();
    attributes_have_short_names();
    long_names_are_cut_at_a_character();
    long_names_end_with_a_whole_attribute();
    the_last_common_name_counts();
    return done_testing();
}
