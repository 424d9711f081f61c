#include "alert/alert_json.h"

#include "alert/alert_pin_json.h"
#include "alert/alert_words.h"
#include "session/session_names.h"

/* Devices in the compact form: enough to begin with, and no more than a kilobyte. */
#define COMPACT_RELATED_MAX 16

static void write_event(const struct finding *f, bool whole, struct json_out *out)
{
    static const struct event_kind kind = {
        .kind = "alert",
        .dataset = "pinsight.alert",
        .categories = {"network", "intrusion_detection"},
        .types = {"info"},
    };
    struct uuid_name name;
    uint8_t id[UUID_BYTES];

    uuid_name_init(&name, "alert");
    uuid_name_add(&name, span_of(f->alert_id, sizeof(f->alert_id)));
    uuid_name_add_number(&name, f->revision);
    uuid_of_name(&name, id);
    event_head(&kind, f->time_ns, id, out);
    json_out_text(out, "action", finding_type_name(f->type));
    json_out_number(out, "severity", (uint64_t)f->severity);
    json_out_number(out, "risk_score", (uint64_t)f->risk_score);
    json_out_time(out, "start", f->start_ns);
    json_out_time(out, "end", f->end_ns);
    if (whole)
        json_out_fact(out, "reason", f->reason);
    json_out_number(out, "sequence", f->revision);
    json_out_end(out);
}

static void write_rule(const struct finding *f, struct json_out *out)
{
    json_out_object(out, "rule");
    json_out_text(out, "id", alert_rule_id(f));
    json_out_text(out, "name", alert_rule_name(f));
    json_out_text(out, "ruleset", "DET0646");
    json_out_text(out, "version", alert_rule_version(f));
    json_out_end(out);
}

/* An id and a name, each a list of one, as the schema wants them; left open. */
static void begin_threat(const char *key, const char *id, const char *name,
                         struct json_out *out)
{
    json_out_object(out, key);
    json_out_array(out, "id");
    json_out_text(out, NULL, id);
    json_out_end(out);
    json_out_array(out, "name");
    json_out_text(out, NULL, name);
    json_out_end(out);
}

static void write_threat(struct json_out *out)
{
    json_out_object(out, "threat");
    json_out_text(out, "framework", "MITRE ATT&CK");
    begin_threat("tactic", "TA0037", "Command and Control", out);
    json_out_end(out);
    begin_threat("technique", "T1521", "Encrypted Channel", out);
    begin_threat("subtechnique", "T1521.003", "SSL Pinning", out);
    json_out_end(out);
    json_out_end(out);
    json_out_end(out);
}

static bool is_system(const char *platform)
{
    return platform && strcmp(platform, "other") != 0;
}

static void write_host(const struct finding *f, struct json_out *out)
{
    const struct finding_identity *who = f->identity;

    json_out_object(out, "host");
    json_out_fact(out, "id", who ? who->id : NULL);
    json_out_fact(out, "hostname", who ? who->hostname : NULL);
    /* ECS names no system for "other" */
    if (is_system(f->platform) || (who && (who->os || who->os_version))) {
        json_out_object(out, "os");
        json_out_fact(out, "type",
                      is_system(f->platform) ? f->platform
                      : who                  ? who->os
                                             : NULL);
        json_out_fact(out, "version", who ? who->os_version : NULL);
        json_out_end(out);
    }
    json_out_end(out);
}

/* Device and user, where anything is known of them. */
static void write_identity(const struct finding_identity *who, struct json_out *out)
{
    if (who->id || who->manufacturer || who->model) {
        json_out_object(out, "device");
        json_out_fact(out, "id", who->id);
        json_out_fact(out, "manufacturer", who->manufacturer);
        if (who->model) {
            json_out_object(out, "model");
            json_out_text(out, "identifier", who->model);
            json_out_end(out);
        }
        json_out_end(out);
    }
    if (!who->user)
        return;
    json_out_object(out, "user");
    json_out_text(out, "name", who->user);
    json_out_end(out);
}

static void write_package(const struct finding_package *package, struct json_out *out)
{
    json_out_object(out, "package");
    json_out_text(out, "name", package->id);
    json_out_fact(out, "version", package->version);
    json_out_end(out);
}

static void write_device(const struct finding *f, struct json_out *out)
{
    if (f->has_device) {
        json_out_object(out, "source");
        json_out_address(out, "ip", &f->device);
        if (f->has_mac)
            event_mac("mac", f->mac, out);
        json_out_end(out);
    }
    if (f->identity || is_system(f->platform))
        write_host(f, out);
    if (f->identity)
        write_identity(f->identity, out);
    if (f->package)
        write_package(f->package, out);
}

static void write_destination(const struct finding *f, struct json_out *out)
{
    if (!f->has_destination)
        return;
    json_out_object(out, "destination");
    json_out_fact(out, "domain", f->destination);
    if (f->has_destination_address)
        json_out_address(out, "ip", &f->destination_address);
    if (f->destination_port)
        json_out_number(out, "port", f->destination_port);
    json_out_end(out);
}

/* True when an earlier session has the same Community ID: one connection, seen twice. */
static bool is_repeated(const struct finding *f, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(f->evidence[k].community_id, f->evidence[i].community_id) == 0)
            return true;
    return false;
}

static void write_network(const struct finding *f, struct json_out *out)
{
    if (f->evidence_count == 0)
        return;
    json_out_object(out, "network");
    json_out_array(out, "community_id");
    for (size_t i = 0; i < f->evidence_count; i++)
        if (!is_repeated(f, i))
            json_out_text(out, NULL, f->evidence[i].community_id);
    json_out_end(out);
    json_out_end(out);
}

/* Further addresses of the device; the one at hand and its first are listed before. */
static void write_others(const struct finding *f, struct json_out *out)
{
    for (size_t i = 0; i < f->device_other_count; i++)
        if (!address_equal(&f->device_others[i], &f->device))
            json_out_address(out, NULL, &f->device_others[i]);
}

/* Of one device: it and its destination. Of several, and of notices: the devices alone. */
static void write_related_ip(const struct finding *f, size_t most, struct json_out *out)
{
    bool listed = false;

    json_out_array(out, "ip");
    for (size_t i = 0; i < f->related_count && i < most; i++) {
        json_out_address(out, NULL, &f->related[i]);
        listed = listed || (f->has_device && address_equal(&f->related[i], &f->device));
    }
    if (f->has_device && !listed)
        json_out_address(out, NULL, &f->device);
    if (f->has_device)
        write_others(f, out);
    if (f->has_device && f->has_destination_address && alert_is_detection(f->type))
        json_out_address(out, NULL, &f->destination_address);
    json_out_end(out);
}

static void write_related_hosts(const struct finding *f, struct json_out *out)
{
    const struct finding_interceptor *i = f->interceptor;

    if (!f->destination[0] && !(i && i->host_count))
        return;
    json_out_array(out, "hosts");
    if (f->destination[0])
        json_out_text(out, NULL, f->destination);
    for (size_t k = 0; i && k < i->host_count; k++)
        json_out_text(out, NULL, i->hosts[k]);
    json_out_end(out);
}

static void write_related(const struct finding *f, size_t most, struct json_out *out)
{
    json_out_object(out, "related");
    write_related_ip(f, most, out);
    write_related_hosts(f, out);
    json_out_end(out);
}

static void write_hypotheses(const double shares[HYPOTHESES], const char *key,
                             unsigned digits, struct json_out *out)
{
    json_out_object(out, key);
    for (enum hypothesis h = HYPOTHESIS_PIN; h < HYPOTHESES; h++)
        json_out_real(out, hypothesis_name(h), shares[h], digits);
    json_out_end(out);
}

static void write_risk(const struct finding *f, struct json_out *out)
{
    json_out_object(out, "risk");
    json_out_number(out, "score", (uint64_t)f->risk_score);
    json_out_array(out, "contributors");
    for (size_t i = 0; i < f->risk_count; i++) {
        json_out_object(out, NULL);
        json_out_text(out, "name", f->risks[i].name);
        json_out_integer(out, "points", f->risks[i].points);
        json_out_end(out);
    }
    json_out_end(out);
    json_out_end(out);
}

static void write_clauses(const struct finding *f, struct json_out *out)
{
    json_out_array(out, "clauses");
    for (size_t i = 0; i < f->clause_count; i++) {
        json_out_object(out, NULL);
        json_out_text(out, "id", f->clauses[i].id);
        json_out_text(out, "state", f->clauses[i].state);
        json_out_end(out);
    }
    json_out_end(out);
}

static void write_counts(const struct finding_counts *c, struct json_out *out)
{
    json_out_object(out, "counts");
    json_out_number(out, "refused", c->refused);
    json_out_number(out, "episodes", c->episodes);
    json_out_number(out, "accepted", c->accepted);
    json_out_number(out, "direct", c->direct);
    json_out_number(out, "resumed", c->resumed);
    json_out_number(out, "quic", c->quic);
    json_out_number(out, "devices", c->devices);
    if (c->withheld)
        json_out_number(out, "withheld", c->withheld);
    json_out_end(out);
}

static void write_session(const struct finding_evidence *e, struct json_out *out)
{
    json_out_object(out, NULL);
    json_out_text(out, "kind", "session");
    event_uuid("session_id", e->session_id, out);
    json_out_text(out, "community_id", e->community_id);
    json_out_time(out, "time", e->time_ns);
    json_out_text(out, "outcome", outcome_name(e->outcome));
    if (e->shape != SHAPE_NONE)
        json_out_text(out, "shape", outcome_shape_name(e->shape));
    json_out_object(out, "inspection");
    json_out_text(out, "state", inspection_state_name(e->inspection));
    json_out_real(out, "probability", e->inspection_probability, 4);
    if (e->inspection_basis != BASIS_NONE)
        json_out_text(out, "basis", inspection_basis_name(e->inspection_basis));
    json_out_end(out);
    json_out_real(out, "weight_db", e->weight_db, 2);
    json_out_bool(out, "counted", e->counted);
    json_out_end(out);
}

static void write_control(const struct finding_control *c, struct json_out *out)
{
    json_out_object(out, NULL);
    json_out_text(out, "kind", "control");
    json_out_text(out, "name", c->name);
    json_out_fact(out, "fact", c->fact);
    if (c->has_likelihoods)
        write_hypotheses(c->likelihood, "likelihood", 3, out);
    else
        json_out_real(out, "weight_db", c->weight_db, 2);
    json_out_end(out);
}

static void write_evidence(const struct finding *f, struct json_out *out)
{
    json_out_array(out, "evidence");
    for (size_t i = 0; i < f->evidence_count; i++)
        write_session(&f->evidence[i], out);
    for (size_t i = 0; i < f->control_count; i++)
        write_control(&f->controls[i], out);
    json_out_end(out);
}

void alert_context_write(const struct finding *f, struct json_out *out)
{
    if (f->context_count == 0)
        return;
    json_out_array(out, "context");
    for (size_t i = 0; i < f->context_count; i++) {
        const struct finding_context *e = &f->context[i];

        json_out_object(out, NULL);
        json_out_text(out, "kind", e->kind);
        json_out_fact(out, "source", e->source);
        json_out_text(out, "origin", e->origin);
        if (e->time_ns)
            json_out_time(out, "time", e->time_ns);
        if (e->until_ns != UINT64_MAX && e->until_ns != e->time_ns)
            json_out_time(out, "until", e->until_ns);
        json_out_text(out, "fact", e->fact);
        json_out_bool(out, "used", e->used);
        json_out_end(out);
    }
    json_out_end(out);
}

static void write_app(const struct finding *f, struct json_out *out)
{
    if (!f->app_key[0])
        return;
    json_out_object(out, "app");
    json_out_text(out, "key", f->app_key);
    json_out_bool(out, "shared", f->app_shared);
    if (f->package) {
        json_out_text(out, "package", f->package->id);
        json_out_fact(out, "package_source", f->package->source);
        json_out_fact(out, "name", f->package->name);
    }
    json_out_end(out);
}

static void write_platform(const struct finding *f, struct json_out *out)
{
    if (!f->has_device)
        return;
    json_out_object(out, "platform");
    json_out_text(out, "name", f->platform ? f->platform : "unknown");
    json_out_fact(out, "basis", f->platform_basis);
    json_out_end(out);
}

static void write_addresses(const struct finding *f, struct json_out *out)
{
    if (!f->has_device)
        return;
    json_out_object(out, "device");
    json_out_fact(out, "basis", f->device_basis);
    json_out_bool(out, "random_mac", f->random_mac);
    json_out_bool(out, "translated", f->translated);
    if (f->device_other_count > 0) {
        json_out_array(out, "other_ips");
        if (!address_equal(&f->device_first, &f->device))
            json_out_address(out, NULL, &f->device_first);
        write_others(f, out);
        json_out_end(out);
    }
    json_out_end(out);
    json_out_bool(out, "device_ambiguous", f->device_ambiguous);
}

static void write_pinsight(const struct finding *f, struct json_out *out)
{
    json_out_object(out, "pinsight");
    event_uuid("alert_id", f->alert_id, out);
    json_out_number(out, "revision", f->revision);
    json_out_text(out, "type", finding_type_name(f->type));
    json_out_text(out, "state", finding_state_name(f->state));
    if (f->is_superseded)
        event_uuid("superseded_by", f->superseded_by, out);
    json_out_real(out, "confidence", f->confidence, 3);
    if (f->has_hypotheses)
        write_hypotheses(f->hypotheses, "hypotheses", 3, out);
    json_out_real(out, "stage1_db", f->stage1_db, 2);
    write_risk(f, out);
    write_clauses(f, out);
    write_counts(&f->counts, out);
    write_evidence(f, out);
    alert_context_write(f, out);
    write_app(f, out);
    json_out_fact(out, "ja4", f->ja4);
    write_platform(f, out);
    json_out_fact(out, "authority", f->authority);
    alert_interceptor_write(f->interceptor, out);
    alert_pin_write(f->pin, out);
    json_out_fact(out, "bypass_actor", f->bypass_actor);
    write_addresses(f, out);
    json_out_bool(out, "informational", f->informational);
    json_out_fact(out, "allowed_by", f->allowed_by);
    json_out_end(out);
}

bool alert_json_write(const struct finding *f, const struct observer *observer,
                      struct json_out *out)
{
    json_out_begin(out);
    write_event(f, true, out);
    json_out_text(out, "message", f->message);
    event_observer(observer, out);
    write_rule(f, out);
    if (alert_is_detection(f->type))
        write_threat(out);
    write_device(f, out);
    write_destination(f, out);
    write_network(f, out);
    write_related(f, FINDING_RELATED_MAX, out);
    write_pinsight(f, out);
    return json_out_finish(out);
}

/* What is left out stands in the whole event, which has the same event.id. */
static void write_compact_pinsight(const struct finding *f, bool whole,
                                   struct json_out *out)
{
    json_out_object(out, "pinsight");
    event_uuid("alert_id", f->alert_id, out);
    json_out_number(out, "revision", f->revision);
    json_out_text(out, "type", finding_type_name(f->type));
    json_out_text(out, "state", finding_state_name(f->state));
    if (f->is_superseded)
        event_uuid("superseded_by", f->superseded_by, out);
    json_out_real(out, "confidence", f->confidence, 3);
    if (f->has_hypotheses)
        write_hypotheses(f->hypotheses, "hypotheses", 3, out);
    write_counts(&f->counts, out);
    write_app(f, out);
    json_out_fact(out, "ja4", f->ja4);
    write_platform(f, out);
    if (whole)
        json_out_fact(out, "authority", f->authority);
    alert_interceptor_write(f->interceptor, out);
    json_out_fact(out, "bypass_actor", f->bypass_actor);
    json_out_bool(out, "informational", f->informational);
    if (whole)
        json_out_fact(out, "allowed_by", f->allowed_by);
    json_out_bool(out, "compact", true);
    json_out_end(out);
}

static bool write_compact(const struct finding *f, const struct observer *observer,
                          bool whole, struct json_out *out)
{
    json_out_begin(out);
    write_event(f, whole, out);
    if (whole)
        json_out_text(out, "message", f->message);
    event_observer(observer, out);
    write_rule(f, out);
    if (alert_is_detection(f->type))
        write_threat(out);
    write_device(f, out);
    write_destination(f, out);
    write_related(f, COMPACT_RELATED_MAX, out);
    write_compact_pinsight(f, whole, out);
    return json_out_finish(out);
}

bool alert_json_write_compact(const struct finding *f, const struct observer *observer,
                              struct json_out *out)
{
    return write_compact(f, observer, true, out) || write_compact(f, observer, false, out);
}
