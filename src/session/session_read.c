#include "session/session_read.h"

#include <json-c/json.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/text.h"
#include "crypto/uuid.h"
#include "session/session_names.h"
#include "session/session_reading.h"
#include "tls/names.h"

struct session_reader {
    json_tokener *tokener;
    struct name_table ciphers;
    struct name_table groups;
    struct text_pool texts;
};

struct session_reader *session_reader_new(struct err *why)
{
    struct session_reader *r = calloc(1, sizeof(*r));

    if (r) {
        text_pool_init(&r->texts);
        r->tokener = json_tokener_new_ex(SESSION_DEPTH_MAX);
    }
    if (!r || !r->tokener || !name_table_init(&r->ciphers, name_of_cipher) ||
        !name_table_init(&r->groups, name_of_group)) {
        (void)err_set(why, "out of memory for reading sessions");
        session_reader_free(r);
        return NULL;
    }
    json_tokener_set_flags(r->tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    return r;
}

void session_reader_free(struct session_reader *r)
{
    if (!r)
        return;
    if (r->tokener)
        json_tokener_free(r->tokener);
    name_table_fini(&r->ciphers);
    name_table_fini(&r->groups);
    text_pool_fini(&r->texts);
    free(r);
}

static void read_mac(struct reading *r, json_object *side, uint8_t mac[6])
{
    if (json_in_mac(&r->in, side, "mac", mac))
        r->s->has_macs = true;
}

static void read_ends(struct reading *r)
{
    json_object *source = json_in_object(&r->in, r->event, "source");
    json_object *destination = json_in_object(&r->in, r->event, "destination");
    struct session *s = r->s;

    json_in_address(&r->in, source, "ip", &s->client);
    json_in_address(&r->in, destination, "ip", &s->server);
    s->client_port = (uint16_t)json_in_number(&r->in, source, "port", UINT16_MAX);
    s->server_port = (uint16_t)json_in_number(&r->in, destination, "port", UINT16_MAX);
    s->client_bytes = json_in_number(&r->in, source, "bytes", UINT64_MAX);
    s->server_bytes = json_in_number(&r->in, destination, "bytes", UINT64_MAX);
    s->client_packets = json_in_number(&r->in, source, "packets", UINT64_MAX);
    s->server_packets = json_in_number(&r->in, destination, "packets", UINT64_MAX);
    read_mac(r, source, s->client_mac);
    read_mac(r, destination, s->server_mac);
}

static void read_vlan(struct reading *r, json_object *parent)
{
    json_object *vlan = json_in_object(&r->in, parent, "vlan");
    const char *text = json_in_lent(&r->in, vlan, "id");
    unsigned long id;
    char *end;

    if (!text || r->s->vlan_count == PACKET_VLANS_MAX)
        return;
    id = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || id > UINT16_MAX)
        json_in_refuse(&r->in, "vlan.id", "a number");
    r->s->vlans[r->s->vlan_count++] = (uint16_t)id;
}

static void read_network(struct reading *r)
{
    json_object *network = json_in_object(&r->in, r->event, "network");
    const char *transport = json_in_lent(&r->in, network, "transport");
    const char *protocol = json_in_lent(&r->in, network, "protocol");

    r->s->transport = transport && strcmp(transport, "udp") == 0 ? PACKET_UDP : PACKET_TCP;
    if (protocol && !session_protocol_from_name(protocol, &r->s->protocol))
        json_in_refuse(&r->in, "network.protocol", "tls, quic, dtls or unidentified");
    read_vlan(r, network);
    read_vlan(r, json_in_object(&r->in, network, "inner"));
}

static uint16_t number_of(struct reading *r, const struct name_table *table,
                          const char *key, const char *name)
{
    uint16_t number = 0;

    if (!name_table_find(table, name, &number))
        json_in_refuse(&r->in, key, "a name that IANA knows");
    return number;
}

static void read_supported_ciphers(struct reading *r, json_object *client)
{
    json_object *list =
        json_in_array(&r->in, client, "supported_ciphers", SESSION_CIPHERS_MAX);

    for (size_t i = 0; i < json_in_count(list); i++) {
        const char *name = json_object_get_string(json_in_element(list, i));

        r->s->supported_ciphers[r->s->supported_cipher_count++] =
            number_of(r, r->ciphers, "supported_ciphers", name ? name : "");
    }
}

static void read_version(struct reading *r, json_object *tls)
{
    const char *version = json_in_lent(&r->in, tls, "version");
    const char *family = json_in_lent(&r->in, tls, "version_protocol");

    if (version && !version_from_text(family ? family : "tls", version, &r->s->version))
        json_in_refuse(&r->in, "tls.version", "a version");
}

static void read_tls(struct reading *r)
{
    json_object *tls = json_in_object(&r->in, r->event, "tls");
    json_object *client = json_in_object(&r->in, tls, "client");
    json_object *server = json_in_object(&r->in, tls, "server");
    const char *cipher = json_in_lent(&r->in, tls, "cipher");
    const char *group = json_in_lent(&r->in, tls, "curve");
    struct session *s = r->s;

    read_version(r, tls);
    s->has_server_hello = cipher != NULL;
    if (cipher)
        s->cipher = number_of(r, r->ciphers, "tls.cipher", cipher);
    if (group)
        s->group = number_of(r, r->groups, "tls.curve", group);
    s->established = json_in_bool(&r->in, tls, "established");
    s->resumed = json_in_bool(&r->in, tls, "resumed");
    json_in_text(&r->in, tls, "next_protocol", s->next_protocol, sizeof(s->next_protocol));
    json_in_text(&r->in, client, "server_name", s->server_name, sizeof(s->server_name));
    json_in_text(&r->in, client, "ja3", s->ja3, sizeof(s->ja3));
    json_in_text(&r->in, server, "ja3s", s->ja3s, sizeof(s->ja3s));
    read_supported_ciphers(r, client);
}

static void read_alpn_offered(struct reading *r)
{
    json_object *list =
        json_in_array(&r->in, r->pinsight, "alpn_offered", SESSION_ALPN_MAX);
    struct text text = text_in(r->s->alpn_offered, sizeof(r->s->alpn_offered));

    for (size_t i = 0; i < json_in_count(list); i++) {
        const char *name = json_object_get_string(json_in_element(list, i));

        if (!name || strchr(name, '\n') || text.len + strlen(name) + 1 >= text.size) {
            json_in_refuse(&r->in, "pinsight.alpn_offered", "a list of short names");
            return;
        }
        text_add(&text, name);
        text_add_char(&text, '\n');
    }
}

/* One block from malloc, as certificate_unref expects. */
static struct certificate *certificate_blank(void)
{
    struct certificate *c = calloc(1, sizeof(*c));

    if (c)
        atomic_init(&c->references, 1);
    return c;
}

bool session_read_pin(struct reading *r, json_object *object, const char *key,
                      uint8_t out[SHA256_BYTES])
{
    const char *pin = json_in_lent(&r->in, object, key);

    if (pin && !base64_decode(pin, out, SHA256_BYTES))
        json_in_refuse(&r->in, key, "a digest in base64");
    return pin != NULL;
}

static void read_certificate(struct reading *r, json_object *object, struct certificate *c)
{
    struct json_in *in = &r->in;
    json_object *authority;

    c->readable = json_object_object_get_ex(object, "subject", NULL);
    json_in_text(in, object, "subject", c->subject, sizeof(c->subject));
    json_in_text(in, object, "issuer", c->issuer, sizeof(c->issuer));
    json_in_text(in, object, "common_name", c->common_name, sizeof(c->common_name));
    json_in_hex(in, object, "sha256", c->sha256, sizeof(c->sha256));
    (void)session_read_pin(r, object, "spki_sha256_b64", c->spki_sha256);
    c->not_before_s = json_in_seconds(in, object, "not_before");
    c->not_after_s = json_in_seconds(in, object, "not_after");
    c->self_signed = json_in_bool(in, object, "self_signed");
    c->has_sct = json_in_bool(in, object, "has_sct");
    c->is_ca = json_in_bool(in, object, "is_ca");
    c->public_anchor = json_in_bool(in, object, "public_anchor");
    c->authority = -1;
    if (json_object_object_get_ex(object, "authority", &authority))
        c->authority = (int)json_in_number(in, object, "authority", INT32_MAX);
}

static void read_certificates(struct reading *r)
{
    json_object *list =
        json_in_array(&r->in, r->pinsight, "certificates", CERTIFICATE_CHAIN_MAX);

    for (size_t i = 0; i < json_in_count(list) && !r->in.bad; i++) {
        struct certificate *c = certificate_blank();

        if (!c) {
            json_in_refuse(&r->in, "pinsight.certificates", "kept: out of memory");
            return;
        }
        r->s->certificates[r->s->certificate_count++] = c;
        read_certificate(r, json_in_element(list, i), c);
    }
}

static void read_event(struct reading *r)
{
    json_object *event = json_in_object(&r->in, r->event, "event");
    const char *id = json_in_lent(&r->in, event, "id");

    if (!id || !uuid_parse(id, r->s->id))
        json_in_refuse(&r->in, "event.id", "an identifier");
    r->s->start_ns = json_in_time(&r->in, event, "start");
    r->s->end_ns = json_in_time(&r->in, event, "end");
    r->s->decided_ns = json_in_time(&r->in, r->pinsight, "decided");
}

static bool is_dataset(json_object *event, const char *name)
{
    json_object *object, *dataset;

    return json_object_object_get_ex(event, "event", &object) &&
           json_object_is_type(object, json_type_object) &&
           json_object_object_get_ex(object, "dataset", &dataset) &&
           json_object_is_type(dataset, json_type_string) &&
           strcmp(json_object_get_string(dataset), name) == 0;
}

static struct reading begin(struct session_reader *reader, json_object *event,
                            struct session *out, struct err *why)
{
    struct reading r = {
        .in = {.why = why},
        .ciphers = &reader->ciphers,
        .groups = &reader->groups,
        .texts = &reader->texts,
        .event = event,
        .s = out,
    };

    memset(out, 0, sizeof(*out));
    r.pinsight = json_in_object(&r.in, event, "pinsight");
    return r;
}

static bool read_session(struct session_reader *reader, json_object *event,
                         struct session *out, struct err *why)
{
    struct reading r = begin(reader, event, out, why);

    read_event(&r);
    read_ends(&r);
    read_network(&r);
    read_tls(&r);
    read_alpn_offered(&r);
    read_certificates(&r);
    session_read_facts(&r);
    if (r.in.bad)
        session_release(out);
    return !r.in.bad;
}

/* What it has in common with a session is read as one, into `scratch`. */
static bool read_end(struct session_reader *reader, json_object *event,
                     struct session *scratch, struct session_end *out, struct err *why)
{
    struct reading r = begin(reader, event, scratch, why);
    json_object *counts = json_in_object(&r.in, r.pinsight, "counts");
    const char *id = json_in_lent(&r.in, r.pinsight, "session_id");
    struct session_end end = {.close_how = CLOSE_NONE};

    if (!id || !uuid_parse(id, end.session_id))
        json_in_refuse(&r.in, "pinsight.session_id", "an identifier");
    read_event(&r);
    read_ends(&r);
    read_network(&r);
    session_read_close(&r);
    end.client_records = json_in_number(&r.in, counts, "client_records", UINT64_MAX);
    end.server_records = json_in_number(&r.in, counts, "server_records", UINT64_MAX);
    end.protocol = scratch->protocol;
    end.ends = session_ends_of(scratch);
    end.client_bytes = scratch->client_bytes;
    end.server_bytes = scratch->server_bytes;
    end.client_packets = scratch->client_packets;
    end.server_packets = scratch->server_packets;
    end.start_ns = scratch->start_ns;
    end.end_ns = scratch->end_ns;
    end.decided_ns = scratch->decided_ns;
    end.clock_steps = session_read_clock_steps(&r);
    end.close_by = scratch->close_by;
    end.close_how = scratch->close_how;
    *out = end;
    return !r.in.bad;
}

/* Parse the whole line; NULL when it is no JSON object. */
static json_object *parse(struct session_reader *r, struct span line, struct err *why)
{
    json_object *event;
    enum json_tokener_error error;

    if (span_empty(line) || line.len > SESSION_LINE_MAX) {
        (void)err_set(why, "a line of %zu bytes is no event", line.len);
        return NULL;
    }
    json_tokener_reset(r->tokener);
    event = json_tokener_parse_ex(r->tokener, (const char *)line.data, (int)line.len);
    error = json_tokener_get_error(r->tokener);
    if (error != json_tokener_success)
        (void)err_set(why, "no JSON: %s",
                      error == json_tokener_continue ? "the line ends too early"
                                                     : json_tokener_error_desc(error));
    else if (json_tokener_get_parse_end(r->tokener) != line.len)
        (void)err_set(why, "no JSON line: something follows the object");
    else if (!json_object_is_type(event, json_type_object))
        (void)err_set(why, "the line holds no JSON object");
    else
        return event;
    json_object_put(event);
    return NULL;
}

enum session_line session_read_any(struct session_reader *r, struct span line,
                                   struct session *out, struct session_end *end,
                                   struct err *why)
{
    json_object *event = parse(r, line, why);
    enum session_line result = SESSION_LINE_OTHER;

    if (!event)
        return SESSION_LINE_BROKEN;
    if (is_dataset(event, "pinsight.session"))
        result = read_session(r, event, out, why) ? SESSION_LINE_READ : SESSION_LINE_BROKEN;
    else if (end && is_dataset(event, "pinsight.session_end"))
        result = read_end(r, event, out, end, why) ? SESSION_LINE_END : SESSION_LINE_BROKEN;
    json_object_put(event);
    return result;
}

enum session_line session_read(struct session_reader *r, struct span line,
                               struct session *out, struct err *why)
{
    return session_read_any(r, line, out, NULL, why);
}
