#include "tls/x509.h"

#include "tls/der.h"

enum {
    TAG_VERSION = DER_CONTEXT_0_CONSTRUCTED,
    TAG_ISSUER_ID = DER_CONTEXT_0 + 1,
    TAG_SUBJECT_ID = DER_CONTEXT_0 + 2,
    TAG_EXTENSIONS = DER_CONTEXT_0_CONSTRUCTED + 3,
    TAG_KEY_IDENTIFIER = DER_CONTEXT_0,
    TAG_DNS_NAME = DER_CONTEXT_0 + 2,
    VALUE_TEXT_MAX = 512,
};

#define OID(...)                                                                           \
    .oid = (const uint8_t[]){__VA_ARGS__}, .oid_len = sizeof((const uint8_t[]){__VA_ARGS__})

static const struct {
    const uint8_t *oid;
    size_t oid_len;
    const char *name;
} attributes[] = {
    {OID(0x55, 4, 3), "CN"},
    {OID(0x55, 4, 5), "serialNumber"},
    {OID(0x55, 4, 6), "C"},
    {OID(0x55, 4, 7), "L"},
    {OID(0x55, 4, 8), "ST"},
    {OID(0x55, 4, 9), "STREET"},
    {OID(0x55, 4, 10), "O"},
    {OID(0x55, 4, 11), "OU"},
    {OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1), "emailAddress"},
    {OID(9, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1), "UID"},
    {OID(9, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25), "DC"},
};

static const uint8_t oid_common_name[] = {0x55, 4, 3};

/* SubjectKeyIdentifier ::= OCTET STRING */
static void read_subject_key_id(struct span value, struct x509 *out)
{
    struct span id;

    if (der_take(&value, DER_OCTET_STRING, &id))
        out->subject_key_id = id;
}

/* SEQUENCE { keyIdentifier [0] OPTIONAL, authorityCertIssuer [1] ..., serial [2] ... } */
static void read_authority_key_id(struct span value, struct x509 *out)
{
    struct span fields, id;

    if (der_take(&value, DER_SEQUENCE, &fields) &&
        der_take(&fields, TAG_KEY_IDENTIFIER, &id))
        out->authority_key_id = id;
}

static void read_alternative_names(struct span value, struct x509 *out)
{
    struct span names;

    if (der_take(&value, DER_SEQUENCE, &names))
        out->alternative_names = names;
}

/* SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL } */
static void read_basic_constraints(struct span value, struct x509 *out)
{
    struct span fields, boolean;
    uint8_t ca;

    if (der_take(&value, DER_SEQUENCE, &fields) &&
        der_take(&fields, DER_BOOLEAN, &boolean) && span_u8(&boolean, &ca))
        out->is_ca = ca != 0;
}

static void read_sct_list(struct span value, struct x509 *out)
{
    (void)value;
    out->has_sct = true;
}

static const struct {
    const uint8_t *oid;
    size_t oid_len;
    void (*read)(struct span value, struct x509 *out);
} extensions[] = {
    {OID(0x55, 0x1d, 14), read_subject_key_id},
    {OID(0x55, 0x1d, 17), read_alternative_names},
    {OID(0x55, 0x1d, 19), read_basic_constraints},
    {OID(0x55, 0x1d, 35), read_authority_key_id},
    /* 1.3.6.1.4.1.11129.2.4.2 */
    {OID(0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 2), read_sct_list},
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/*
 *   Extension ::= SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE,
 *                            extnValue OCTET STRING }
 */
static bool read_extension(struct span fields, uint32_t *met, struct x509 *out)
{
    struct span oid, critical, value;
    bool present;

    if (!der_take(&fields, DER_OID, &oid) ||
        !der_take_optional(&fields, DER_BOOLEAN, &critical, &present) ||
        !der_take(&fields, DER_OCTET_STRING, &value))
        return false;
    for (size_t i = 0; i < ROWS(extensions); i++) {
        if (!span_equal(oid, span_of(extensions[i].oid, extensions[i].oid_len)) ||
            *met & UINT32_C(1) << i)
            continue;
        *met |= UINT32_C(1) << i;
        extensions[i].read(value, out);
    }
    return true;
}

/* Extensions ::= SEQUENCE OF Extension; what follows a malformed one is not read. */
static void read_extensions(struct span block, struct x509 *out)
{
    struct span list, fields;
    uint32_t met = 0;

    if (!der_take(&block, DER_SEQUENCE, &list))
        return;
    while (der_take(&list, DER_SEQUENCE, &fields))
        if (!read_extension(fields, &met, out))
            return;
}

/* Validity ::= SEQUENCE { notBefore Time, notAfter Time } */
static bool read_validity(struct span fields, struct x509 *out)
{
    struct der not_before, not_after;

    return der_next(&fields, &not_before) && der_next(&fields, &not_after) &&
           der_time(&not_before, &out->not_before_s) &&
           der_time(&not_after, &out->not_after_s);
}

static bool take_whole(struct span *s, uint8_t tag, struct span *whole)
{
    struct der element;

    if (!der_next(s, &element) || element.tag != tag)
        return false;
    *whole = element.whole;
    return true;
}

/*
 *   TBSCertificate ::= SEQUENCE {
 *       version [0] EXPLICIT Version DEFAULT v1, serialNumber INTEGER,
 *       signature AlgorithmIdentifier, issuer Name, validity Validity, subject Name,
 *       subjectPublicKeyInfo SubjectPublicKeyInfo,
 *       issuerUniqueID [1] IMPLICIT OPTIONAL, subjectUniqueID [2] IMPLICIT OPTIONAL,
 *       extensions [3] EXPLICIT Extensions OPTIONAL }
 */
static bool read_tbs(struct span s, struct x509 *out)
{
    struct span unused, validity, block;
    bool present;

    if (!der_take_optional(&s, TAG_VERSION, &unused, &present) ||
        !der_take(&s, DER_INTEGER, &unused) || !der_take(&s, DER_SEQUENCE, &unused) ||
        !take_whole(&s, DER_SEQUENCE, &out->issuer) ||
        !der_take(&s, DER_SEQUENCE, &validity) || !read_validity(validity, out) ||
        !take_whole(&s, DER_SEQUENCE, &out->subject) ||
        !take_whole(&s, DER_SEQUENCE, &out->spki))
        return false;
    if (!der_take_optional(&s, TAG_ISSUER_ID, &unused, &present) ||
        !der_take_optional(&s, TAG_SUBJECT_ID, &unused, &present) ||
        !der_take_optional(&s, TAG_EXTENSIONS, &block, &present))
        return false;
    if (present)
        read_extensions(block, out);
    return span_empty(s);
}

/*
 *   Certificate ::= SEQUENCE { tbsCertificate TBSCertificate,
 *                              signatureAlgorithm AlgorithmIdentifier, signatureValue BIT STRING }
 */
bool x509_parse(struct span der, struct x509 *out)
{
    struct span certificate, tbs, bits;
    struct x509 x = {0};

    if (!der_take(&der, DER_SEQUENCE, &certificate) || !span_empty(der) ||
        !take_whole(&certificate, DER_SEQUENCE, &x.tbs) ||
        !take_whole(&certificate, DER_SEQUENCE, &x.algorithm) ||
        !der_take(&certificate, DER_BIT_STRING, &bits) || !span_empty(certificate))
        return false;
    tbs = x.tbs;
    if (!der_take(&tbs, DER_SEQUENCE, &tbs) || !read_tbs(tbs, &x))
        return false;
    if (!der_bits(bits, &x.signature))
        x.signature = span_of(NULL, 0);
    x.self_signed = span_equal(x.issuer, x.subject);
    *out = x;
    return true;
}

/* AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY } */
static bool take_attribute(struct span *rdn, struct span *type, struct der *value)
{
    struct span fields;

    return der_take(rdn, DER_SEQUENCE, &fields) && der_take(&fields, DER_OID, type) &&
           der_next(&fields, value);
}

static bool add_type(struct text *t, struct span type)
{
    for (size_t i = 0; i < ROWS(attributes); i++) {
        if (span_equal(type, span_of(attributes[i].oid, attributes[i].oid_len))) {
            text_add(t, attributes[i].name);
            return true;
        }
    }
    return der_add_oid(t, type);
}

/* A character of valid UTF-8 as a whole, or not at all. Gives its length. */
static size_t add_character(struct text *t, const char *value)
{
    size_t n = 1;

    while (((unsigned char)value[n] & 0xc0) == 0x80)
        n++;
    if (n >= t->size - t->len)
        t->cut = true;
    for (size_t i = 0; i < n && !t->cut; i++)
        text_add_char(t, value[i]);
    return n;
}

/* RFC 4514 2.4, of printable text; its backslashes were doubled when the bytes became text. */
static void add_escaped(struct text *t, const char *value)
{
    const char *at = value;

    while (*at && !t->cut) {
        bool edge_space = *at == ' ' && (at == value || at[1] == '\0');

        if (edge_space || (*at == '#' && at == value) || strchr(",+\"<>;", *at))
            text_add_char(t, '\\');
        at += add_character(t, at);
    }
}

static void add_value(struct text *t, const struct der *value)
{
    char buffer[VALUE_TEXT_MAX];
    struct text plain = text_in(buffer, sizeof(buffer));

    if (der_add_string(&plain, value)) {
        add_escaped(t, plain.data);
        return;
    }
    text_add_char(t, '#');
    text_add_hex(t, value->whole);
}

/* "CN=x" after a separator; false when it did not fit. */
static bool add_attribute(struct text *t, char separator, struct span type,
                          const struct der *value)
{
    if (separator)
        text_add_char(t, separator);
    if (!add_type(t, type))
        text_add_char(t, '?');
    text_add_char(t, '=');
    add_value(t, value);
    return !t->cut;
}

void x509_add_name(struct text *t, struct span name)
{
    struct span rdns, rdn, type;
    struct der value;
    char separator = '\0';

    if (!der_take(&name, DER_SEQUENCE, &rdns))
        return;
    while (der_take(&rdns, DER_SET, &rdn)) {
        while (take_attribute(&rdn, &type, &value)) {
            size_t whole = t->len;

            if (!add_attribute(t, separator, type, &value)) {
                t->len = separator ? whole : t->len;
                t->data[t->len] = '\0';
                return;
            }
            separator = '+';
        }
        separator = separator ? ',' : '\0';
    }
}

void x509_add_common_name(struct text *t, struct span name)
{
    struct span rdns, rdn, type;
    struct der value, found = {0};

    if (!der_take(&name, DER_SEQUENCE, &rdns))
        return;
    while (der_take(&rdns, DER_SET, &rdn))
        while (take_attribute(&rdn, &type, &value))
            if (span_equal(type, span_of(oid_common_name, sizeof(oid_common_name))))
                found = value;
    if (found.tag != 0 && !der_add_string(t, &found))
        text_add_hex(t, found.body);
}

bool x509_next_dns_name(struct span *alternative_names, struct span *name)
{
    struct span look = *alternative_names;
    struct der element;

    while (der_next(&look, &element)) {
        if (element.tag != TAG_DNS_NAME)
            continue;
        *alternative_names = look;
        *name = element.body;
        return true;
    }
    return false;
}
