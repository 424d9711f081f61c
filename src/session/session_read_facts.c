#include "session/session_reading.h"

#include <json-c/json.h>

#include "session/session_names.h"

static void read_alert(struct reading *r, json_object *object, struct session_alert *alert)
{
    const char *from = json_in_lent(&r->in, object, "from");
    const char *level = json_in_lent(&r->in, object, "level");

    if (!from || !side_from_name(from, &alert->from))
        json_in_refuse(&r->in, "pinsight.alerts.from", "client or server");
    if (level && !alert_level_from_name(level, &alert->level))
        json_in_refuse(&r->in, "pinsight.alerts.level", "a level");
    alert->description = (uint8_t)json_in_number(&r->in, object, "code", UINT8_MAX);
    alert->encrypted = json_in_bool(&r->in, object, "encrypted");
    alert->at_us = json_in_us(&r->in, object, "at_ms");
}

static void read_alerts(struct reading *r)
{
    json_object *list = json_in_array(&r->in, r->pinsight, "alerts", SESSION_ALERTS_MAX);

    for (size_t i = 0; i < json_in_count(list); i++)
        read_alert(r, json_in_element(list, i), &r->s->alerts[r->s->alert_count++]);
}

/* At most `most` records of `parent`; returns how many there are. */
static uint8_t read_records(struct reading *r, json_object *parent,
                            struct session_record *records, uint8_t most)
{
    json_object *list = json_in_array(&r->in, parent, "records", most);
    uint8_t count = 0;

    for (size_t i = 0; i < json_in_count(list); i++) {
        json_object *object = json_in_element(list, i);
        struct session_record *record = &records[count++];

        record->type = (uint8_t)json_in_number(&r->in, object, "type", UINT8_MAX);
        record->length = (uint16_t)json_in_number(&r->in, object, "length", UINT16_MAX);
        record->encrypted = json_in_bool(&r->in, object, "encrypted");
        record->at_us = json_in_us(&r->in, object, "at_ms");
    }
    return count;
}

static void read_outcome(struct reading *r)
{
    const char *outcome = json_in_lent(&r->in, r->pinsight, "outcome");
    const char *raw = json_in_lent(&r->in, r->pinsight, "outcome_raw");
    const char *shape = json_in_lent(&r->in, r->pinsight, "shape");

    r->s->outcome = outcome_from_name(outcome ? outcome : "");
    if (r->s->outcome == OUTCOME_COUNT)
        json_in_refuse(&r->in, "pinsight.outcome", "an outcome");
    r->s->outcome_raw = raw ? outcome_from_name(raw) : r->s->outcome;
    if (r->s->outcome_raw == OUTCOME_COUNT)
        json_in_refuse(&r->in, "pinsight.outcome_raw", "an outcome");
    if (shape && !outcome_shape_from_name(shape, &r->s->shape))
        json_in_refuse(&r->in, "pinsight.shape", "S1 to S6");
    r->s->finished_to_close_us = json_in_us(&r->in, r->pinsight, "finished_to_close_ms");
}

static void read_inspection(struct reading *r)
{
    json_object *object = json_in_object(&r->in, r->pinsight, "inspection");
    const char *state = json_in_lent(&r->in, object, "state");
    const char *basis = json_in_lent(&r->in, object, "basis");
    struct session *s = r->s;

    if (state && !inspection_state_from_name(state, &s->inspection))
        json_in_refuse(&r->in, "pinsight.inspection.state", "yes, likely, unknown or no");
    if (basis && !inspection_basis_from_name(basis, &s->inspection_basis))
        json_in_refuse(&r->in, "pinsight.inspection.basis", "a basis");
    s->inspection_probability = json_in_share(&r->in, object, "probability");
    json_in_text(&r->in, object, "authority", s->inspection_authority,
                 sizeof(s->inspection_authority));
    s->has_authority_key =
        session_read_pin(r, object, "authority_spki_sha256_b64", s->authority_key);
}

static const char *pooled(struct reading *r, json_object *object, const char *key)
{
    return text_pool_put(r->texts, json_in_lent(&r->in, object, key));
}

static void read_app(struct reading *r)
{
    json_object *app = json_in_object(&r->in, r->pinsight, "app");
    json_object *ndpi = json_in_object(&r->in, app, "ndpi");
    struct session *s = r->s;

    json_in_text(&r->in, r->pinsight, "ja4", s->ja4, sizeof(s->ja4));
    json_in_text(&r->in, app, "key", s->app_key, sizeof(s->app_key));
    s->ndpi_protocol = pooled(r, ndpi, "protocol");
    s->ndpi_application = pooled(r, ndpi, "application");
    s->ndpi_category = pooled(r, ndpi, "category");
    json_in_text(&r->in, app, "package", s->package, sizeof(s->package));
    s->package_source = pooled(r, app, "package_source");
}

static void read_hello(struct reading *r)
{
    json_object *hello = json_in_object(&r->in, r->pinsight, "hello");
    struct session *s = r->s;

    s->ech = json_in_bool(&r->in, hello, "ech");
    s->hello_retry = json_in_bool(&r->in, hello, "hello_retry");
    s->psk_offered = json_in_bool(&r->in, hello, "psk");
    s->early_data = json_in_bool(&r->in, hello, "early_data");
    s->certificate_request = json_in_bool(&r->in, hello, "certificate_request");
    s->hello_segments = (uint8_t)json_in_number(&r->in, hello, "segments", UINT8_MAX);
    json_in_hex(&r->in, hello, "random_prefix", s->random_prefix, sizeof(s->random_prefix));
}

static void read_path(struct reading *r)
{
    json_object *path = json_in_object(&r->in, r->pinsight, "path");
    json_object *syn_ack = json_in_object(&r->in, path, "syn_ack");
    struct session_syn_ack *a = &r->s->syn_ack;

    r->s->client_ttl = (uint8_t)json_in_number(&r->in, path, "client_ttl", UINT8_MAX);
    a->seen = syn_ack != NULL;
    a->ttl = (uint8_t)json_in_number(&r->in, syn_ack, "ttl", UINT8_MAX);
    a->window = (uint16_t)json_in_number(&r->in, syn_ack, "window", UINT16_MAX);
    a->mss = (uint16_t)json_in_number(&r->in, syn_ack, "mss", UINT16_MAX);
    a->window_scale = SESSION_NO_WINDOW_SCALE;
    if (json_object_object_get_ex(syn_ack, "window_scale", NULL))
        a->window_scale =
            (uint8_t)json_in_number(&r->in, syn_ack, "window_scale", UINT8_MAX);
    json_in_text(&r->in, syn_ack, "options", a->options, sizeof(a->options));
    r->s->rtt_us = json_in_us(&r->in, path, "rtt_ms");
    r->s->hello_to_server_hello_us = json_in_us(&r->in, path, "hello_to_server_hello_ms");
}

static void read_tickets(struct reading *r, json_object *flight)
{
    json_object *list = json_in_array(&r->in, flight, "tickets", SESSION_TICKETS_MAX);

    for (size_t i = 0; i < json_in_count(list); i++) {
        int length = json_object_get_int(json_in_element(list, i));

        if (length < 0 || length > UINT16_MAX)
            json_in_refuse(&r->in, "pinsight.server_flight.tickets", "a list of lengths");
        r->s->tickets[r->s->ticket_count++] = (uint16_t)length;
    }
}

static void read_server_flight(struct reading *r)
{
    json_object *flight = json_in_object(&r->in, r->pinsight, "server_flight");

    r->s->flight_count = read_records(r, flight, r->s->flight, SESSION_FLIGHT_MAX);
    r->s->flight_bytes = (uint32_t)json_in_number(&r->in, flight, "bytes", UINT32_MAX);
    read_tickets(r, flight);
}

void session_read_close(struct reading *r)
{
    json_object *object = json_in_object(&r->in, r->pinsight, "close");
    const char *by = json_in_lent(&r->in, object, "by");
    const char *how = json_in_lent(&r->in, object, "how");

    if (by && !side_from_name(by, &r->s->close_by))
        json_in_refuse(&r->in, "pinsight.close.by", "client or server");
    if (how && !close_how_from_name(how, &r->s->close_how))
        json_in_refuse(&r->in, "pinsight.close.how", "fin, rst, alert or timeout");
    r->s->close_after_us = json_in_us(&r->in, object, "after_ms");
}

static void read_proxy(struct reading *r)
{
    json_object *proxy = json_in_object(&r->in, r->pinsight, "proxy");
    struct session *s = r->s;

    json_in_text(&r->in, proxy, "target", s->proxy_target, sizeof(s->proxy_target));
    s->proxy_port = (uint16_t)json_in_number(&r->in, proxy, "port", UINT16_MAX);
    s->is_explicit_proxy = json_in_bool(&r->in, proxy, "explicit");
}

static void read_tunnel(struct reading *r, json_object *capture)
{
    json_object *object = json_in_object(&r->in, capture, "tunnel");
    const char *kind = json_in_lent(&r->in, object, "kind");
    struct tunnel *tunnel = &r->s->tunnel;

    if (kind && !tunnel_kind_from_name(kind, &tunnel->kind))
        json_in_refuse(&r->in, "pinsight.capture.tunnel.kind", "a tunnel");
    tunnel->id = (uint32_t)json_in_number(&r->in, object, "id", UINT32_MAX);
    json_in_address(&r->in, object, "source", &tunnel->source);
    json_in_address(&r->in, object, "destination", &tunnel->destination);
}

uint32_t session_read_clock_steps(struct reading *r)
{
    json_object *capture = json_in_object(&r->in, r->pinsight, "capture");

    return (uint32_t)json_in_number(&r->in, capture, "clock_steps", UINT32_MAX);
}

static void read_capture(struct reading *r)
{
    json_object *capture = json_in_object(&r->in, r->pinsight, "capture");
    struct session *s = r->s;

    s->one_sided = json_in_bool(&r->in, capture, "one_sided");
    s->gaps = (uint16_t)json_in_number(&r->in, capture, "gaps", UINT16_MAX);
    s->midstream = json_in_bool(&r->in, capture, "midstream");
    s->truncated = json_in_bool(&r->in, capture, "truncated");
    s->capture_file = pooled(r, capture, "file");
    s->clock_steps = session_read_clock_steps(r);
    read_tunnel(r, capture);
}

void session_read_facts(struct reading *r)
{
    read_alerts(r);
    read_outcome(r);
    r->s->record_count = read_records(r, r->pinsight, r->s->records, SESSION_RECORDS_MAX);
    read_inspection(r);
    read_app(r);
    read_hello(r);
    read_path(r);
    read_server_flight(r);
    session_read_close(r);
    read_proxy(r);
    read_capture(r);
}
