#include "alert/alert_pin_json.h"

#include "base/base64.h"
#include "detect/pin_words.h"

void alert_interceptor_write(const struct finding_interceptor *i, struct json_out *out)
{
    char pin[BASE64_TEXT_MAX(SHA256_BYTES)];

    if (!i)
        return;
    json_out_object(out, "interceptor");
    json_out_text(out, "issuer", i->issuer);
    if (i->key) {
        json_out_text(out, "spki_sha256_b64",
                      base64_encode(span_of(i->key, SHA256_BYTES), pin));
        json_out_text(out, "key_of", i->is_leaf_key ? "certificates" : "issuer");
    }
    json_out_fact(out, "product", i->product);
    json_out_fact(out, "kind", i->kind);
    json_out_end(out);
}

static void write_parts(const char *key, uint8_t parts, struct json_out *out)
{
    if (!parts)
        return;
    json_out_array(out, key);
    for (unsigned part = PIN_LEAF; part <= PIN_ROOT; part <<= 1)
        if (parts & part)
            json_out_text(out, NULL, pin_part_name((enum pin_part)part));
    json_out_end(out);
}

static void write_genuine(const char *key, const struct finding_certificate *c,
                          struct json_out *out)
{
    char pin[BASE64_TEXT_MAX(SHA256_BYTES)];

    json_out_object(out, key);
    json_out_hex(out, "sha256", span_of(c->sha256, SHA256_BYTES));
    json_out_text(out, "spki_sha256_b64",
                  base64_encode(span_of(c->key, SHA256_BYTES), pin));
    json_out_text(out, "issuer", c->issuer);
    if (c->issuer_key)
        json_out_text(out, "issuer_spki_sha256_b64",
                      base64_encode(span_of(c->issuer_key, SHA256_BYTES), pin));
    json_out_seconds(out, "not_before", c->not_before_s);
    json_out_seconds(out, "not_after", c->not_after_s);
    json_out_time(out, "first_seen", c->first_ns);
    json_out_time(out, "last_seen", c->last_ns);
    json_out_end(out);
}

void alert_pin_write(const struct finding_pin *pin, struct json_out *out)
{
    if (!pin)
        return;
    json_out_object(out, "pin");
    json_out_fact(out, "basis", pin_basis_name(pin->basis));
    if (pin->changed_ns)
        json_out_time(out, "changed_at", pin->changed_ns);
    write_parts("changed", pin->changed, out);
    write_parts("survived", pin->survived, out);
    write_parts("target", pin->target, out);
    if (pin->has_now)
        write_genuine("certificate", &pin->now, out);
    if (pin->has_before)
        write_genuine("previous", &pin->before, out);
    json_out_end(out);
}
