/*
 * DER: any bytes as a tree of elements, as a certificate, and as a Name.
 */
#include "property.h"
#include "tls/der.h"
#include "tls/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEPTH_MAX = 24, TEXT_MAX = 200, CONSTRUCTED = 0x20 };

static void check_text(const struct text *t)
{
    must(t->len < t->size && strlen(t->data) == t->len && is_printable(t->data));
}

/* Every reader of one element; what it refuses, it must leave no trace of. */
static void check_element(const struct der *element)
{
    char buffer[TEXT_MAX];
    struct text t = text_in(buffer, sizeof(buffer));
    struct span bits = span_of(NULL, 0);
    int64_t seconds;

    must(element->whole.len > element->body.len);
    must(lies_in(element->body, element->whole));
    if (element->body.len > 0)
        must(element->body.data + element->body.len ==
             element->whole.data + element->whole.len);
    if (der_add_string(&t, element))
        check_text(&t);
    else
        must(t.len == 0);
    t = text_in(buffer, sizeof(buffer));
    if (der_add_oid(&t, element->body))
        must(t.len >= 3 && strspn(buffer, "0123456789.") == t.len);
    else
        must(t.len == 0);
    if (der_bits(element->body, &bits))
        must(bits.len == element->body.len - 1);
    if (der_time(element, &seconds))
        must(seconds > -62200000000 && seconds < 253500000000);
}

static void walk(struct span input)
{
    struct span open[DEPTH_MAX];
    size_t depth = 0;

    open[depth++] = input;
    while (depth > 0) {
        struct span before = open[depth - 1];
        struct der element;

        if (!der_next(&open[depth - 1], &element)) {
            must(open[depth - 1].len == before.len);
            depth--;
            continue;
        }
        must(element.whole.data == before.data);
        must(open[depth - 1].len == before.len - element.whole.len);
        check_element(&element);
        if (element.tag & CONSTRUCTED && depth < DEPTH_MAX)
            open[depth++] = element.body;
    }
}

static void check_name(struct span name)
{
    char buffer[TEXT_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    x509_add_name(&t, name);
    check_text(&t);
    t = text_in(buffer, sizeof(buffer));
    x509_add_common_name(&t, name);
    check_text(&t);
}

static void check_certificate(struct span input)
{
    struct x509 x;
    struct span names, name;

    if (!x509_parse(input, &x))
        return;
    must(lies_in(x.tbs, input) && lies_in(x.algorithm, input) &&
         lies_in(x.signature, input));
    must(lies_in(x.issuer, x.tbs) && lies_in(x.subject, x.tbs) && lies_in(x.spki, x.tbs));
    must(lies_in(x.subject_key_id, x.tbs) && lies_in(x.authority_key_id, x.tbs));
    must(lies_in(x.alternative_names, x.tbs));
    must(x.self_signed == span_equal(x.issuer, x.subject));
    check_name(x.issuer);
    check_name(x.subject);
    names = x.alternative_names;
    while (x509_next_dns_name(&names, &name))
        must(lies_in(name, x.alternative_names));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);

    walk(input);
    check_certificate(input);
    check_name(input);
    return 0;
}
