#include "session/session_write.h"

#include "base/base64.h"
#include "session/session_names.h"
#include "tls/names.h"

#define SENTENCE_MAX 320

static void write_source(const struct session *s, struct json_out *out)
{
    json_out_object(out, "source");
    json_out_address(out, "ip", &s->client);
    json_out_number(out, "port", s->client_port);
    if (s->has_macs)
        event_mac("mac", s->client_mac, out);
    json_out_number(out, "bytes", s->client_bytes);
    json_out_number(out, "packets", s->client_packets);
    json_out_end(out);
}

static void write_destination(const struct session *s, struct json_out *out)
{
    char name[SESSION_NAME_MAX];

    json_out_object(out, "destination");
    json_out_address(out, "ip", &s->server);
    json_out_number(out, "port", s->server_port);
    if (s->proxy_target[0] || s->server_name[0])
        json_out_text(out, "domain", session_destination(s, name));
    if (s->has_macs)
        event_mac("mac", s->server_mac, out);
    json_out_number(out, "bytes", s->server_bytes);
    json_out_number(out, "packets", s->server_packets);
    json_out_end(out);
}

static void write_vlan(const char *key, uint16_t vlan, struct json_out *out)
{
    char text[8];
    char *at = text + sizeof(text);

    do {
        *--at = (char)('0' + vlan % 10);
        vlan /= 10;
    } while (vlan);
    json_out_object(out, key);
    json_out_span(out, "id", span_of(at, (size_t)(text + sizeof(text) - at)));
    json_out_end(out);
}

static void write_network(const struct session *s, struct json_out *out)
{
    struct session_ends ends = session_ends_of(s);

    event_network(&ends, s->protocol, out);
    if (s->vlan_count > 0)
        write_vlan("vlan", s->vlans[0], out);
    if (s->vlan_count > 1) {
        json_out_object(out, "inner");
        write_vlan("vlan", s->vlans[1], out);
        json_out_end(out);
    }
    json_out_end(out);
}

static void write_ciphers(const struct session *s, struct cipher_texts *texts,
                          struct json_out *out)
{
    struct span list =
        cipher_texts_get(texts, s->supported_ciphers, s->supported_cipher_count);
    char buffer[SESSION_NUMBER_TEXT_MAX];

    if (!span_empty(list)) {
        json_out_rendered(out, "supported_ciphers", list);
        return;
    }
    json_out_array(out, "supported_ciphers");
    for (size_t i = 0; i < s->supported_cipher_count; i++)
        json_out_text(out, NULL, cipher_describe(s->supported_ciphers[i], buffer));
    json_out_end(out);
}

static void write_tls_client(const struct session *s, struct cipher_texts *texts,
                             struct json_out *out)
{
    json_out_object(out, "client");
    json_out_fact(out, "server_name", s->server_name);
    json_out_fact(out, "ja3", s->ja3);
    if (s->supported_cipher_count > 0)
        write_ciphers(s, texts, out);
    json_out_end(out);
}

static void write_tls_server(const struct session *s, struct json_out *out)
{
    const struct certificate *leaf = s->certificate_count ? s->certificates[0] : NULL;

    json_out_object(out, "server");
    json_out_fact(out, "ja3s", s->ja3s);
    if (leaf && leaf->readable) {
        json_out_text(out, "subject", leaf->subject);
        json_out_text(out, "issuer", leaf->issuer);
        json_out_seconds(out, "not_before", leaf->not_before_s);
        json_out_seconds(out, "not_after", leaf->not_after_s);
    }
    if (leaf) {
        json_out_object(out, "hash");
        json_out_hex(out, "sha256", span_of(leaf->sha256, SHA256_BYTES));
        json_out_end(out);
    }
    json_out_end(out);
}

static void write_tls(const struct session *s, struct cipher_texts *texts,
                      struct json_out *out)
{
    struct version_text version = version_describe(s->version);
    char buffer[SESSION_NUMBER_TEXT_MAX];

    json_out_object(out, "tls");
    if (s->version) {
        json_out_text(out, "version", version.number);
        json_out_text(out, "version_protocol", version.family);
    }
    if (s->has_server_hello)
        json_out_text(out, "cipher", cipher_describe(s->cipher, buffer));
    if (s->group)
        json_out_text(out, "curve", group_describe(s->group, buffer));
    json_out_bool(out, "established", s->established);
    json_out_bool(out, "resumed", s->resumed);
    json_out_fact(out, "next_protocol", s->next_protocol);
    write_tls_client(s, texts, out);
    write_tls_server(s, out);
    json_out_end(out);
}

static void write_alpn_offered(const struct session *s, struct json_out *out)
{
    const char *at = s->alpn_offered;

    if (!*at)
        return;
    json_out_array(out, "alpn_offered");
    while (*at) {
        size_t len = strcspn(at, "\n");

        json_out_span(out, NULL, span_of(at, len));
        at += len + (at[len] == '\n');
    }
    json_out_end(out);
}

static void write_certificate(const struct certificate *c, struct json_out *out)
{
    char pin[BASE64_TEXT_MAX(SHA256_BYTES)];

    json_out_object(out, NULL);
    if (c->readable) {
        json_out_text(out, "subject", c->subject);
        json_out_text(out, "issuer", c->issuer);
    }
    json_out_fact(out, "common_name", c->common_name);
    json_out_hex(out, "sha256", span_of(c->sha256, SHA256_BYTES));
    if (c->readable) {
        json_out_text(out, "spki_sha256_b64",
                      base64_encode(span_of(c->spki_sha256, SHA256_BYTES), pin));
        json_out_seconds(out, "not_before", c->not_before_s);
        json_out_seconds(out, "not_after", c->not_after_s);
        json_out_bool(out, "self_signed", c->self_signed);
        json_out_bool(out, "has_sct", c->has_sct);
        json_out_bool(out, "is_ca", c->is_ca);
    }
    json_out_bool(out, "public_anchor", c->public_anchor);
    if (c->authority >= 0)
        json_out_number(out, "authority", (uint64_t)c->authority);
    json_out_end(out);
}

static void write_certificates(const struct session *s, struct json_out *out)
{
    if (s->certificate_count == 0)
        return;
    json_out_array(out, "certificates");
    for (size_t i = 0; i < s->certificate_count; i++)
        write_certificate(s->certificates[i], out);
    json_out_end(out);
}

static void write_alert(const struct session_alert *alert, struct json_out *out)
{
    json_out_object(out, NULL);
    json_out_text(out, "from", side_name(alert->from));
    if (!alert->encrypted) {
        json_out_text(out, "level", alert_level_name(alert->level));
        json_out_fact(out, "description", name_of_alert(alert->description));
        json_out_number(out, "code", alert->description);
    }
    json_out_bool(out, "encrypted", alert->encrypted);
    json_out_ms(out, "at_ms", alert->at_us);
    json_out_end(out);
}

static void write_alerts(const struct session *s, struct json_out *out)
{
    if (s->alert_count == 0)
        return;
    json_out_array(out, "alerts");
    for (size_t i = 0; i < s->alert_count; i++)
        write_alert(&s->alerts[i], out);
    json_out_end(out);
}

static void write_records(const struct session_record *records, size_t count,
                          struct json_out *out)
{
    if (count == 0)
        return;
    json_out_array(out, "records");
    for (size_t i = 0; i < count; i++) {
        json_out_object(out, NULL);
        json_out_number(out, "type", records[i].type);
        json_out_number(out, "length", records[i].length);
        json_out_bool(out, "encrypted", records[i].encrypted);
        json_out_ms(out, "at_ms", records[i].at_us);
        json_out_end(out);
    }
    json_out_end(out);
}

static void write_outcome(const struct session *s, struct json_out *out)
{
    char sentence[SENTENCE_MAX];

    json_out_text(out, "outcome", outcome_name(s->outcome));
    json_out_text(out, "outcome_reason",
                  session_describe_outcome(s, sentence, sizeof(sentence)));
    json_out_text(out, "outcome_raw", outcome_name(s->outcome_raw));
    if (s->shape != SHAPE_NONE)
        json_out_text(out, "shape", outcome_shape_name(s->shape));
    if (s->finished_to_close_us)
        json_out_ms(out, "finished_to_close_ms", s->finished_to_close_us);
}

static void write_inspection(const struct session *s, struct json_out *out)
{
    char pin[BASE64_TEXT_MAX(SHA256_BYTES)];

    json_out_object(out, "inspection");
    json_out_text(out, "state", inspection_state_name(s->inspection));
    json_out_real(out, "probability", s->inspection_probability, 4);
    json_out_fact(out, "authority", s->inspection_authority);
    if (s->has_authority_key)
        json_out_text(out, "authority_spki_sha256_b64",
                      base64_encode(span_of(s->authority_key, SHA256_BYTES), pin));
    if (s->inspection_basis != BASIS_NONE)
        json_out_text(out, "basis", inspection_basis_name(s->inspection_basis));
    json_out_end(out);
}

static void write_app(const struct session *s, struct json_out *out)
{
    json_out_object(out, "app");
    json_out_fact(out, "key", s->app_key);
    if (s->ndpi_protocol || s->ndpi_application || s->ndpi_category) {
        json_out_object(out, "ndpi");
        json_out_fact(out, "protocol", s->ndpi_protocol);
        json_out_fact(out, "application", s->ndpi_application);
        json_out_fact(out, "category", s->ndpi_category);
        json_out_end(out);
    }
    json_out_fact(out, "package", s->package);
    json_out_fact(out, "package_source", s->package_source);
    json_out_end(out);
}

/* The name in a hello that carries an encrypted one: public, if the extension is no GREASE. */
static void write_hello(const struct session *s, struct json_out *out)
{
    json_out_object(out, "hello");
    json_out_bool(out, "ech", s->ech);
    if (s->ech)
        json_out_fact(out, "ech_public_name", s->server_name);
    json_out_bool(out, "hello_retry", s->hello_retry);
    json_out_bool(out, "psk", s->psk_offered);
    json_out_bool(out, "early_data", s->early_data);
    json_out_bool(out, "certificate_request", s->certificate_request);
    json_out_number(out, "segments", s->hello_segments);
    json_out_hex(out, "random_prefix", span_of(s->random_prefix, sizeof(s->random_prefix)));
    json_out_end(out);
}

static void write_syn_ack(const struct session_syn_ack *a, struct json_out *out)
{
    json_out_object(out, "syn_ack");
    json_out_number(out, "ttl", a->ttl);
    json_out_number(out, "window", a->window);
    if (a->mss)
        json_out_number(out, "mss", a->mss);
    if (a->window_scale != SESSION_NO_WINDOW_SCALE)
        json_out_number(out, "window_scale", a->window_scale);
    json_out_fact(out, "options", a->options);
    json_out_end(out);
}

static void write_path(const struct session *s, struct json_out *out)
{
    json_out_object(out, "path");
    if (s->client_ttl)
        json_out_number(out, "client_ttl", s->client_ttl);
    if (s->syn_ack.seen)
        write_syn_ack(&s->syn_ack, out);
    if (s->rtt_us)
        json_out_ms(out, "rtt_ms", s->rtt_us);
    if (s->hello_to_server_hello_us)
        json_out_ms(out, "hello_to_server_hello_ms", s->hello_to_server_hello_us);
    json_out_end(out);
}

static void write_server_flight(const struct session *s, struct json_out *out)
{
    json_out_object(out, "server_flight");
    write_records(s->flight, s->flight_count, out);
    json_out_number(out, "bytes", s->flight_bytes);
    if (s->ticket_count > 0) {
        json_out_array(out, "tickets");
        for (size_t i = 0; i < s->ticket_count; i++)
            json_out_number(out, NULL, s->tickets[i]);
        json_out_end(out);
    }
    json_out_end(out);
}

static void write_close(const struct session *s, struct json_out *out)
{
    if (s->close_how == CLOSE_NONE)
        return;
    json_out_object(out, "close");
    json_out_text(out, "by", side_name(s->close_by));
    json_out_text(out, "how", close_how_name(s->close_how));
    json_out_ms(out, "after_ms", s->close_after_us);
    json_out_end(out);
}

static void write_proxy(const struct session *s, struct json_out *out)
{
    if (!s->is_explicit_proxy && !s->proxy_target[0])
        return;
    json_out_object(out, "proxy");
    json_out_fact(out, "target", s->proxy_target);
    if (s->proxy_port)
        json_out_number(out, "port", s->proxy_port);
    json_out_bool(out, "explicit", s->is_explicit_proxy);
    json_out_end(out);
}

static void write_tunnel(const struct tunnel *tunnel, struct json_out *out)
{
    if (tunnel->kind == TUNNEL_NONE)
        return;
    json_out_object(out, "tunnel");
    json_out_text(out, "kind", tunnel_kind_name(tunnel->kind));
    json_out_number(out, "id", tunnel->id);
    json_out_address(out, "source", &tunnel->source);
    json_out_address(out, "destination", &tunnel->destination);
    json_out_end(out);
}

static void write_capture(const struct session *s, struct json_out *out)
{
    json_out_object(out, "capture");
    json_out_bool(out, "one_sided", s->one_sided);
    json_out_number(out, "gaps", s->gaps);
    json_out_bool(out, "midstream", s->midstream);
    json_out_bool(out, "truncated", s->truncated);
    json_out_fact(out, "file", s->capture_file);
    if (s->clock_steps)
        json_out_number(out, "clock_steps", s->clock_steps);
    write_tunnel(&s->tunnel, out);
    json_out_end(out);
}

static void write_pinsight(const struct session *s, struct json_out *out)
{
    json_out_object(out, "pinsight");
    json_out_fact(out, "ja4", s->ja4);
    write_alpn_offered(s, out);
    write_certificates(s, out);
    write_alerts(s, out);
    write_outcome(s, out);
    write_records(s->records, s->record_count, out);
    write_inspection(s, out);
    write_app(s, out);
    write_hello(s, out);
    write_path(s, out);
    write_server_flight(s, out);
    write_close(s, out);
    json_out_time(out, "decided", s->decided_ns);
    write_proxy(s, out);
    write_capture(s, out);
    json_out_end(out);
}

void session_write(const struct session *s, const struct observer *observer,
                   struct cipher_texts *texts, struct json_out *out)
{
    static const struct event_kind kind = {
        .kind = "event",
        .dataset = "pinsight.session",
        .categories = {"network"},
        .types = {"connection", "protocol"},
    };

    json_out_begin(out);
    event_head(&kind, s->decided_ns, s->id, out);
    event_times(s->start_ns, s->end_ns, out);
    json_out_end(out);
    event_observer(observer, out);
    write_source(s, out);
    write_destination(s, out);
    write_network(s, out);
    if (s->protocol != SESSION_UNIDENTIFIED)
        write_tls(s, texts, out);
    write_pinsight(s, out);
    (void)json_out_finish(out);
}
