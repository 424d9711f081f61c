#include "alert/alert_reading.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/uuid.h"
#include "session/session_names.h"

#define DEPTH_MAX 24
#define REAL_MAX 1e6

struct alert_reader {
    json_tokener *tokener;
    json_object *line; /* of the latest session event */
};

struct alert_reader *alert_reader_new(void)
{
    struct alert_reader *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->tokener = json_tokener_new_ex(DEPTH_MAX);
    if (!r->tokener) {
        free(r);
        return NULL;
    }
    json_tokener_set_flags(r->tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    return r;
}

void alert_reader_free(struct alert_reader *r)
{
    if (!r)
        return;
    json_tokener_free(r->tokener);
    json_object_put(r->line);
    free(r);
}

void alert_read_release(struct alert_read *a)
{
    json_object_put(a->line);
    free(a->related);
    free(a->hosts);
    *a = (struct alert_read){.line = NULL};
}

/* ---- values */

/* Shares, decibels, points. */
static double read_real(struct reading *r, json_object *parent, const char *key)
{
    json_object *value;
    double real;

    if (!parent || !json_object_object_get_ex(parent, key, &value) || !value)
        return 0;
    if (!json_object_is_type(value, json_type_double) &&
        !json_object_is_type(value, json_type_int)) {
        json_in_refuse(&r->in, key, "a number");
        return 0;
    }
    real = json_object_get_double(value);
    if (real >= -REAL_MAX && real <= REAL_MAX)
        return real;
    json_in_refuse(&r->in, key, "a number of this size");
    return 0;
}

static void read_uuid(struct reading *r, json_object *parent, const char *key,
                      uint8_t out[16])
{
    const char *text = json_in_lent(&r->in, parent, key);

    if (text && !uuid_parse(text, out))
        json_in_refuse(&r->in, key, "a UUID");
}

/* The number whose name it is; the first names that are none end the search. */
static uint32_t read_word(struct reading *r, json_object *parent, const char *key,
                          const char *(*name_of)(uint32_t number), uint32_t count)
{
    const char *text = json_in_lent(&r->in, parent, key);

    for (uint32_t i = 0; text && i < count; i++)
        if (name_of(i) && strcmp(name_of(i), text) == 0)
            return i;
    if (text)
        json_in_refuse(&r->in, key, "a word that this version knows");
    return 0;
}

static const char *type_name(uint32_t i)
{
    return finding_type_name((enum finding_type)i);
}

static const char *state_name(uint32_t i)
{
    return finding_state_name((enum finding_state)i);
}

static const char *outcome_word(uint32_t i)
{
    return outcome_name((enum outcome)i);
}

/* ---- parts of an alert */

static void read_shares(struct reading *r, json_object *shares, double out[HYPOTHESES])
{
    for (enum hypothesis h = HYPOTHESIS_PIN; h < HYPOTHESES; h++)
        out[h] = read_real(r, shares, hypothesis_name(h));
}

static void read_session(struct reading *r, json_object *item)
{
    struct finding_evidence *e;
    json_object *inspection = json_in_object(&r->in, item, "inspection");
    const char *text;

    if (r->f->evidence_count == FINDING_EVIDENCE_MAX)
        return;
    e = &r->alert->evidence[r->f->evidence_count++];
    read_uuid(r, item, "session_id", e->session_id);
    json_in_text(&r->in, item, "community_id", e->community_id, sizeof(e->community_id));
    e->time_ns = json_in_time(&r->in, item, "time");
    e->outcome = (enum outcome)read_word(r, item, "outcome", outcome_word, OUTCOME_COUNT);
    text = json_in_lent(&r->in, item, "shape");
    if (text && !outcome_shape_from_name(text, &e->shape))
        json_in_refuse(&r->in, "shape", "S1 to S6");
    text = json_in_lent(&r->in, inspection, "state");
    if (text && !inspection_state_from_name(text, &e->inspection))
        json_in_refuse(&r->in, "inspection.state", "yes, likely, unknown or no");
    text = json_in_lent(&r->in, inspection, "basis");
    if (text && !inspection_basis_from_name(text, &e->inspection_basis))
        json_in_refuse(&r->in, "inspection.basis", "a basis that this version knows");
    e->inspection_probability = read_real(r, inspection, "probability");
    e->weight_db = read_real(r, item, "weight_db");
    e->counted = json_in_bool(&r->in, item, "counted");
}

static void read_control(struct reading *r, json_object *item)
{
    json_object *likelihood = json_in_object(&r->in, item, "likelihood");
    struct finding_control *c;
    const char *name;

    if (r->f->control_count == FINDING_CONTROLS_MAX)
        return;
    c = &r->alert->controls[r->f->control_count++];
    name = json_in_lent(&r->in, item, "name");
    c->name = name ? name : "";
    name = json_in_lent(&r->in, item, "fact");
    (void)snprintf(c->fact, sizeof(c->fact), "%s", name ? name : "");
    c->has_likelihoods = likelihood != NULL;
    read_shares(r, likelihood, c->likelihood);
    c->weight_db = read_real(r, item, "weight_db");
}

static void read_evidence(struct reading *r)
{
    json_object *list = json_in_array(&r->in, r->pinsight, "evidence", ALERT_LIST_MAX);

    for (size_t i = 0; i < json_in_count(list); i++) {
        json_object *item = json_in_element(list, i);
        const char *kind = json_in_lent(&r->in, item, "kind");

        if (kind && strcmp(kind, "session") == 0)
            read_session(r, item);
        else if (kind && strcmp(kind, "control") == 0)
            read_control(r, item);
    }
    r->f->evidence = r->alert->evidence;
    r->f->controls = r->alert->controls;
}

static void read_risk(struct reading *r)
{
    json_object *risk = json_in_object(&r->in, r->pinsight, "risk");
    json_object *list = json_in_array(&r->in, risk, "contributors", ALERT_LIST_MAX);

    for (size_t i = 0; i < json_in_count(list) && i < FINDING_RISKS_MAX; i++) {
        json_object *item = json_in_element(list, i);
        const char *name = json_in_lent(&r->in, item, "name");

        r->alert->risks[i] = (struct finding_risk){
            .name = name ? name : "", .points = (int)read_real(r, item, "points")};
        r->f->risk_count++;
    }
    r->f->risks = r->alert->risks;
    r->f->risk_score = (int)json_in_number(&r->in, risk, "score", 100);
}

static void read_clauses(struct reading *r)
{
    json_object *list = json_in_array(&r->in, r->pinsight, "clauses", ALERT_LIST_MAX);

    for (size_t i = 0; i < json_in_count(list) && i < FINDING_CLAUSES_MAX; i++) {
        json_object *item = json_in_element(list, i);
        const char *id = json_in_lent(&r->in, item, "id");
        const char *state = json_in_lent(&r->in, item, "state");

        r->alert->clauses[i] =
            (struct finding_clause){.id = id ? id : "", .state = state ? state : ""};
        r->f->clause_count++;
    }
    r->f->clauses = r->alert->clauses;
}

static void read_counts(struct reading *r)
{
    json_object *counts = json_in_object(&r->in, r->pinsight, "counts");
    struct finding_counts *c = &r->f->counts;

    c->refused = (uint32_t)json_in_number(&r->in, counts, "refused", UINT32_MAX);
    c->episodes = (uint32_t)json_in_number(&r->in, counts, "episodes", UINT32_MAX);
    c->accepted = (uint32_t)json_in_number(&r->in, counts, "accepted", UINT32_MAX);
    c->direct = (uint32_t)json_in_number(&r->in, counts, "direct", UINT32_MAX);
    c->resumed = (uint32_t)json_in_number(&r->in, counts, "resumed", UINT32_MAX);
    c->quic = (uint32_t)json_in_number(&r->in, counts, "quic", UINT32_MAX);
    c->devices = (uint32_t)json_in_number(&r->in, counts, "devices", UINT32_MAX);
    c->withheld = (uint32_t)json_in_number(&r->in, counts, "withheld", UINT32_MAX);
}

static void read_device(struct reading *r)
{
    json_object *source = json_in_object(&r->in, r->root, "source");
    json_object *platform = json_in_object(&r->in, r->pinsight, "platform");
    json_object *app = json_in_object(&r->in, r->pinsight, "app");
    struct finding *f = r->f;
    const char *name = json_in_lent(&r->in, platform, "name");

    f->has_device = json_in_lent(&r->in, source, "ip") != NULL;
    if (f->has_device)
        json_in_address(&r->in, source, "ip", &f->device);
    f->device_ambiguous = json_in_bool(&r->in, r->pinsight, "device_ambiguous");
    f->platform = name && strcmp(name, "unknown") != 0 ? name : NULL;
    f->platform_basis = json_in_lent(&r->in, platform, "basis");
    json_in_text(&r->in, app, "key", f->app_key, sizeof(f->app_key));
    f->app_shared = json_in_bool(&r->in, app, "shared");
    json_in_text(&r->in, r->pinsight, "ja4", f->ja4, sizeof(f->ja4));
}

static void read_destination(struct reading *r)
{
    json_object *destination = json_in_object(&r->in, r->root, "destination");
    struct finding *f = r->f;

    f->has_destination = destination != NULL;
    json_in_text(&r->in, destination, "domain", f->destination, sizeof(f->destination));
    f->has_destination_address = json_in_lent(&r->in, destination, "ip") != NULL;
    if (f->has_destination_address)
        json_in_address(&r->in, destination, "ip", &f->destination_address);
    f->destination_port = (uint16_t)json_in_number(&r->in, destination, "port", UINT16_MAX);
}

static void read_related(struct reading *r)
{
    json_object *related = json_in_object(&r->in, r->root, "related");
    json_object *list = json_in_array(&r->in, related, "ip", ALERT_LIST_MAX);
    size_t count = json_in_count(list);

    r->alert->related = count ? calloc(count, sizeof(*r->alert->related)) : NULL;
    for (size_t i = 0; r->alert->related && i < count; i++) {
        const char *text = json_object_get_string(json_in_element(list, i));
        struct address *a = &r->alert->related[r->f->related_count];

        if (!text || !address_parse(text, a))
            json_in_refuse(&r->in, "related.ip", "a list of addresses");
        else if (!r->f->has_destination_address ||
                 !address_equal(a, &r->f->destination_address))
            r->f->related_count++;
    }
    r->f->related = r->alert->related;
}

static void read_event(struct reading *r)
{
    json_object *event = json_in_object(&r->in, r->root, "event");
    struct finding *f = r->f;
    const char *text;

    f->severity = (int)json_in_number(&r->in, event, "severity", 100);
    f->start_ns = json_in_time(&r->in, event, "start");
    f->end_ns = json_in_time(&r->in, event, "end");
    f->time_ns = json_in_time(&r->in, r->root, "@timestamp");
    text = json_in_lent(&r->in, event, "reason");
    (void)snprintf(f->reason, sizeof(f->reason), "%s", text ? text : "");
    text = json_in_lent(&r->in, r->root, "message");
    (void)snprintf(f->message, sizeof(f->message), "%s", text ? text : "");
    f->analytic = json_in_lent(&r->in, json_in_object(&r->in, r->root, "rule"), "id");
}

static void read_judgement(struct reading *r)
{
    json_object *hypotheses = json_in_object(&r->in, r->pinsight, "hypotheses");
    struct finding *f = r->f;
    const char *text;

    read_uuid(r, r->pinsight, "alert_id", f->alert_id);
    f->is_superseded = json_in_lent(&r->in, r->pinsight, "superseded_by") != NULL;
    read_uuid(r, r->pinsight, "superseded_by", f->superseded_by);
    f->revision = (uint32_t)json_in_number(&r->in, r->pinsight, "revision", UINT32_MAX);
    f->type =
        (enum finding_type)read_word(r, r->pinsight, "type", type_name, FINDING_TYPE_COUNT);
    f->state = (enum finding_state)read_word(r, r->pinsight, "state", state_name,
                                             FINDING_RETRACTED + 1);
    f->confidence = read_real(r, r->pinsight, "confidence");
    f->stage1_db = read_real(r, r->pinsight, "stage1_db");
    f->has_hypotheses = hypotheses != NULL;
    read_shares(r, hypotheses, f->hypotheses);
    f->informational = json_in_bool(&r->in, r->pinsight, "informational");
    f->bypass_actor = json_in_lent(&r->in, r->pinsight, "bypass_actor");
    text = json_in_lent(&r->in, r->pinsight, "allowed_by");
    (void)snprintf(f->allowed_by, sizeof(f->allowed_by), "%s", text ? text : "");
    json_in_text(&r->in, r->pinsight, "authority", f->authority, sizeof(f->authority));
}

static enum alert_line read_alert(json_object *root, struct alert_read *out,
                                  struct err *why)
{
    struct reading r = {.in = {.why = why}, .root = root, .alert = out, .f = &out->finding};

    out->line = root;
    r.pinsight = json_in_object(&r.in, root, "pinsight");
    read_event(&r);
    read_judgement(&r);
    read_device(&r);
    read_destination(&r);
    read_related(&r);
    read_evidence(&r);
    read_risk(&r);
    read_clauses(&r);
    read_counts(&r);
    alert_read_parties(&r);
    if (!r.in.bad)
        return ALERT_LINE_ALERT;
    alert_read_release(out);
    return ALERT_LINE_BROKEN;
}

/* ---- lines */

static enum alert_line read_other(struct alert_reader *r, json_object *root,
                                  const char *dataset, struct alert_session *session)
{
    struct err ignored;
    struct json_in in = {.why = &ignored};
    const char *id = json_in_lent(&in, json_in_object(&in, root, "event"), "id");
    json_object *pinsight = json_in_object(&in, root, "pinsight");

    json_object_put(r->line);
    r->line = root;
    if (!dataset || strcmp(dataset, "pinsight.session") != 0 || !id ||
        !uuid_parse(id, session->session_id))
        return ALERT_LINE_OTHER;
    session->file = json_in_lent(&in, json_in_object(&in, pinsight, "capture"), "file");
    return ALERT_LINE_SESSION;
}

enum alert_line alert_read_line(struct alert_reader *r, struct span line,
                                struct alert_read *out, struct alert_session *session,
                                struct err *why)
{
    struct err ignored; /* what is no alert may look as it likes */
    struct json_in in = {.why = &ignored};
    json_object *root;
    const char *dataset;

    alert_read_release(out);
    json_tokener_reset(r->tokener);
    root = json_tokener_parse_ex(r->tokener, (const char *)line.data, (int)line.len);
    if (!root || !json_object_is_type(root, json_type_object)) {
        (void)err_set(why, "no JSON object");
        json_object_put(root);
        return ALERT_LINE_BROKEN;
    }
    dataset = json_in_lent(&in, json_in_object(&in, root, "event"), "dataset");
    if (dataset && strcmp(dataset, "pinsight.alert") == 0)
        return read_alert(root, out, why);
    return read_other(r, root, dataset, session);
}
