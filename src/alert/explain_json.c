#include "alert/alert_json.h"
#include "alert/alert_pin_json.h"
#include "alert/alert_words.h"
#include "alert/explain.h"
#include "base/json_out.h"
#include "session/event.h"

/* Who the device is, as feeds tell. */
static void write_known_as(const struct finding_identity *who, struct json_out *out)
{
    if (!who)
        return;
    json_out_object(out, "known_as");
    json_out_fact(out, "id", who->id);
    json_out_fact(out, "hostname", who->hostname);
    json_out_fact(out, "os", who->os);
    json_out_fact(out, "os_version", who->os_version);
    json_out_fact(out, "manufacturer", who->manufacturer);
    json_out_fact(out, "model", who->model);
    json_out_fact(out, "user", who->user);
    json_out_end(out);
}

static void write_app(const struct finding *f, struct json_out *out)
{
    if (!f->app_key[0] && !f->package)
        return;
    json_out_object(out, "app");
    json_out_fact(out, "key", f->app_key);
    if (f->package) {
        json_out_fact(out, "package", f->package->id);
        json_out_fact(out, "version", f->package->version);
        json_out_fact(out, "name", f->package->name);
        json_out_fact(out, "package_source", f->package->source);
    }
    json_out_end(out);
}

static void write_parties(const struct finding *f, struct json_out *out)
{
    if (f->has_device)
        json_out_address(out, "device", &f->device);
    write_known_as(f->identity, out);
    write_app(f, out);
    json_out_fact(out, "destination", f->destination);
    if (f->has_destination_address) {
        json_out_address(out, "destination_ip", &f->destination_address);
        json_out_number(out, "destination_port", f->destination_port);
    }
    alert_interceptor_write(f->interceptor, out);
    alert_pin_write(f->pin, out);
}

static void write_shares(const double of[HYPOTHESES], const char *key, struct json_out *out)
{
    json_out_object(out, key);
    for (enum hypothesis h = HYPOTHESIS_PIN; h < HYPOTHESES; h++)
        json_out_real(out, hypothesis_name(h), of[h], 3);
    json_out_end(out);
}

static void write_sum(const struct explanation *e, struct json_out *out)
{
    json_out_object(out, e->has_sum ? "refused" : "sessions");
    json_out_array(out, "lines");
    for (size_t i = 0; i < e->step_count; i++) {
        json_out_object(out, NULL);
        if (e->steps[i].counts)
            json_out_real(out, "db", e->steps[i].db, 2);
        json_out_bool(out, "counted", e->steps[i].counts);
        json_out_text(out, "text", e->steps[i].text);
        json_out_end(out);
    }
    json_out_end(out);
    if (e->has_sum) {
        json_out_real(out, "sum_db", e->finding->stage1_db, 2);
        json_out_real(out, "needed_db", e->tuning->stage1_fire_db, 2);
        json_out_real(out, "probability", e->refused, 4);
    }
    json_out_end(out);
}

static void write_causes(const struct explanation *e, struct json_out *out)
{
    if (!e->has_causes)
        return;
    json_out_object(out, "causes");
    json_out_array(out, "factors");
    for (size_t i = 0; i < e->factor_count; i++) {
        json_out_object(out, NULL);
        write_shares(e->factors[i].of, "of", out);
        json_out_text(out, "text", e->factors[i].text);
        json_out_end(out);
    }
    json_out_end(out);
    write_shares(e->finding->hypotheses, "shares", out);
    json_out_bool(out, "by_these_rules", e->knows_prior);
    json_out_end(out);
}

static void write_risk(const struct finding *f, struct json_out *out)
{
    json_out_array(out, "risk");
    for (size_t i = 0; i < f->risk_count; i++) {
        json_out_object(out, NULL);
        json_out_text(out, "name", f->risks[i].name);
        json_out_integer(out, "points", f->risks[i].points);
        json_out_end(out);
    }
    json_out_end(out);
}

static void write_clauses(const struct finding *f, struct json_out *out)
{
    json_out_array(out, "clauses");
    for (size_t i = 0; i < f->clause_count; i++) {
        json_out_object(out, NULL);
        json_out_text(out, "id", f->clauses[i].id);
        json_out_text(out, "state", f->clauses[i].state);
        json_out_text(out, "text", explain_clause_words(f->clauses[i].id));
        json_out_end(out);
    }
    json_out_end(out);
}

static void write_packets(const struct explanation *e, struct json_out *out)
{
    json_out_object(out, "packets");
    json_out_array(out, "community_id");
    for (size_t i = 0; i < e->finding->evidence_count; i++)
        json_out_text(out, NULL, e->finding->evidence[i].community_id);
    json_out_end(out);
    json_out_fact(out, "capture_filter", e->capture_filter);
    json_out_fact(out, "display_filter", e->display_filter);
    json_out_array(out, "files");
    for (size_t i = 0; i < e->file_count; i++)
        json_out_text(out, NULL, e->files[i]);
    json_out_end(out);
    json_out_end(out);
}

bool explain_write_json(const struct explanation *e, struct json_out *out)
{
    const struct finding *f = e->finding;

    json_out_begin(out);
    event_uuid("alert_id", f->alert_id, out);
    json_out_number(out, "revision", f->revision);
    json_out_text(out, "type", finding_type_name(f->type));
    json_out_text(out, "state", finding_state_name(f->state));
    json_out_text(out, "title", alert_title(f->type));
    if (f->is_superseded)
        event_uuid("superseded_by", f->superseded_by, out);
    write_parties(f, out);
    json_out_time(out, "start", f->start_ns);
    json_out_time(out, "end", f->end_ns);
    json_out_text(out, "message", f->message);
    json_out_fact(out, "reason", f->reason);
    write_sum(e, out);
    write_causes(e, out);
    json_out_real(out, "confidence", f->confidence, 3);
    json_out_fact(out, "confidence_text", e->confidence);
    json_out_number(out, "risk_score", (uint64_t)f->risk_score);
    write_risk(f, out);
    json_out_text(out, "severity", alert_severity_name(f->severity));
    json_out_fact(out, "severity_text", e->severity);
    write_clauses(f, out);
    alert_context_write(f, out);
    json_out_array(out, "changes");
    for (size_t i = 0; i < e->change_count; i++)
        json_out_text(out, NULL, e->changes[i]);
    json_out_end(out);
    json_out_fact(out, "next", alert_is_over(f) ? NULL : alert_advice(f->type));
    json_out_fact(out, "exclusion", e->exclusion);
    write_packets(e, out);
    return json_out_finish(out);
}
