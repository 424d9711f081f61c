#include "alert/alert_text.h"

#include "alert/alert_words.h"
#include "alert/paragraph.h"
#include "base/base64.h"
#include "base/nanotime.h"
#include "crypto/uuid.h"
#include "detect/pin_words.h"
#include "session/session_names.h"

/* Where the text of a block begins; labels stand before it. */
#define INDENT 15

/* Devices that are named; the others are counted. */
#define DEVICES_SHOWN 8

static const char *colour_of(int severity)
{
    return severity >= 73 ? "\033[1;31m" : severity >= 47 ? "\033[1;33m" : "\033[1m";
}

static int percent(double share)
{
    return (int)(share * 100 + 0.5);
}

static void add_ends(struct paragraph *p, const struct finding *f)
{
    char address[ADDRESS_TEXT_MAX];

    if (f->has_device)
        paragraph_format(p, "  %s", address_describe(&f->device, address));
    else if (f->counts.devices > 0)
        paragraph_format(p, "  %u device%s", f->counts.devices,
                         f->counts.devices == 1 ? "" : "s");
    if (!f->has_destination)
        return;
    paragraph_format(p, " -> %s",
                     f->destination[0]
                         ? f->destination
                         : address_describe(&f->destination_address, address));
}

/* "HIGH  Pinning suspected  10.1.2.3 -> api.example.com  (confidence 92 %, risk 65 of 100)" */
static void write_headline(const struct finding *f, bool colour, struct text *out)
{
    struct paragraph p = {.out = out, .indent = INDENT};
    char severity[16];
    struct text upper = text_in(severity, sizeof(severity));

    for (const char *c = alert_severity_name(f->severity); *c; c++)
        text_add_char(&upper, (char)(*c - 'a' + 'A'));
    text_add(out, colour ? colour_of(f->severity) : "");
    paragraph_format(&p, "%s  %s", severity, alert_title(f->type));
    text_add(out, colour ? "\033[0m" : "");
    add_ends(&p, f);
    if (alert_is_over(f))
        paragraph_add(&p, f->state == FINDING_CLOSED ? "  (closed)" : "  (withdrawn)");
    else if (alert_is_detection(f->type))
        paragraph_format(&p, "  (confidence %d%%, risk %d of 100)", percent(f->confidence),
                         f->risk_score);
    paragraph_end(&p);
}

static void write_identity(const struct finding *f, struct text *out)
{
    struct paragraph p = paragraph_begin(out, "Alert", INDENT);
    char id[UUID_TEXT_MAX];

    paragraph_format(&p, "%s, %s, revision %u, id %s", finding_type_name(f->type),
                     finding_state_name(f->state), f->revision,
                     uuid_describe(f->alert_id, id));
    if (f->is_superseded)
        paragraph_format(&p, ", told by alert %s from now on",
                         uuid_describe(f->superseded_by, id));
    paragraph_end(&p);
}

/* "2026-11-21 03:48:18", with as many characters of the time of day. */
static void add_time(struct paragraph *p, uint64_t time_ns, bool with_day, int precision)
{
    char text[NANOTIME_TEXT_MAX];

    (void)nanotime_describe(time_ns, text);
    if (with_day)
        paragraph_format(p, "%.10s ", text);
    paragraph_format(p, "%.*s", precision, text + 11);
}

/* The day stands at each session only where there are several. */
static bool spans_days(const struct finding *f)
{
    return f->start_ns / (86400 * NS_PER_S) != f->end_ns / (86400 * NS_PER_S);
}

static void write_when(const struct finding *f, struct text *out)
{
    struct paragraph p = paragraph_begin(out, "When", INDENT);

    add_time(&p, f->start_ns, true, 8);
    paragraph_add(&p, " to ");
    add_time(&p, f->end_ns, true, 8);
    paragraph_add(&p, " UTC");
    paragraph_end(&p);
}

static void write_device(const struct finding *f, struct text *out)
{
    char address[ADDRESS_TEXT_MAX];
    struct paragraph p;

    if (!f->has_device)
        return;
    p = paragraph_begin(out, "Device", INDENT);
    paragraph_add(&p, address_describe(&f->device, address));
    if (f->has_mac)
        paragraph_format(&p, ", %02X-%02X-%02X-%02X-%02X-%02X", f->mac[0], f->mac[1],
                         f->mac[2], f->mac[3], f->mac[4], f->mac[5]);
    paragraph_format(&p, ", %s", f->platform ? f->platform : "platform not known");
    if (f->platform && f->platform_basis)
        paragraph_format(&p, " (%s)", f->platform_basis);
    if (f->device_ambiguous)
        paragraph_add(&p, ", may stand for several devices");
    if (f->app_key[0])
        paragraph_format(&p, ", app fingerprint %s%s", f->app_key,
                         f->app_shared ? " (shared by many apps)" : "");
    paragraph_end(&p);
}

static void add_known(struct paragraph *p, const char *what, const char *value)
{
    if (value)
        paragraph_format(p, "%s%s%s", p->column <= p->indent ? "" : ", ", what, value);
}

static void add_truth(struct paragraph *p, enum told told, const char *yes, const char *no)
{
    if (told != TOLD_NOTHING)
        add_known(p, "", told == TOLD_YES ? yes : no);
}

/* Who and what it is, as feeds tell. */
static void write_identity_of(const struct finding *f, struct text *out)
{
    const struct finding_identity *who = f->identity;
    struct paragraph p;

    if (who) {
        p = paragraph_begin(out, "Known as", INDENT);
        add_known(&p, "", who->hostname);
        add_known(&p, "id ", who->id);
        add_known(&p, "", who->manufacturer);
        add_known(&p, "", who->model);
        add_known(&p, "system version ", who->os_version);
        add_known(&p, "user ", who->user);
        add_known(&p, "owned by ", who->owner);
        add_truth(&p, who->managed, "managed", "not managed");
        add_truth(&p, who->supervised, "supervised", "not supervised");
        paragraph_end(&p);
    }
    if (!f->package)
        return;
    p = paragraph_begin(out, "App", INDENT);
    add_known(&p, "", f->package->id);
    add_known(&p, "version ", f->package->version);
    add_known(&p, "", f->package->name);
    if (f->package->source)
        paragraph_format(&p, " (%s)", f->package->source);
    paragraph_end(&p);
}

/* Whose word stands behind it, and who says otherwise. */
static void write_context(const struct finding *f, struct text *out)
{
    for (size_t i = 0; i < f->context_count; i++) {
        const struct finding_context *e = &f->context[i];
        struct paragraph p = paragraph_begin(out, i ? "" : "Context", INDENT);

        if (e->source[0])
            paragraph_format(&p, "%s: ", e->source);
        paragraph_format(&p, "%s (%s)%s", e->fact, e->origin, e->used ? "" : ", outranked");
        paragraph_end(&p);
    }
}

/* The clauses of the analytic that it is told under. */
static void write_clauses(const struct finding *f, struct text *out)
{
    bool first = true;

    for (size_t i = 0; i < f->clause_count; i++) {
        const struct finding_clause *c = &f->clauses[i];
        struct paragraph p;

        if (!c->is_own)
            continue;
        p = paragraph_begin(out, first ? "Clauses" : "", INDENT);
        first = false;
        paragraph_format(&p, "%s: %s (%s)", alert_clause_words(c->state), c->words, c->id);
        paragraph_end(&p);
    }
}

/* The devices of a finding that concerns several; the one of a detection is named above. */
static void write_devices(const struct finding *f, struct text *out)
{
    char address[ADDRESS_TEXT_MAX];
    struct paragraph p;

    if (f->related_count == 0 || (f->related_count == 1 && f->has_device))
        return;
    p = paragraph_begin(out, "Devices", INDENT);
    for (size_t i = 0; i < f->related_count && i < DEVICES_SHOWN; i++)
        paragraph_format(&p, "%s%s", i ? ", " : "",
                         address_describe(&f->related[i], address));
    if (f->counts.devices > DEVICES_SHOWN)
        paragraph_format(&p, " and %u more", f->counts.devices - DEVICES_SHOWN);
    paragraph_end(&p);
}

/* Where no name was sent, the address stands in its place. */
static bool is_named(const struct finding *f)
{
    struct address address;

    return f->destination[0] && !address_parse(f->destination, &address);
}

static void write_destination(const struct finding *f, struct text *out)
{
    char address[ADDRESS_TEXT_MAX];
    struct paragraph p;

    if (!f->has_destination)
        return;
    p = paragraph_begin(out, "Destination", INDENT);
    paragraph_add(&p, is_named(f) ? f->destination : "(no name)");
    if (f->has_destination_address)
        paragraph_format(&p, ", %s port %u",
                         address_describe(&f->destination_address, address),
                         f->destination_port);
    paragraph_end(&p);
}

static void write_sentence(const char *label, const char *sentence, struct text *out)
{
    struct paragraph p;

    if (!*sentence)
        return;
    p = paragraph_begin(out, label, INDENT);
    paragraph_add(&p, sentence);
    paragraph_end(&p);
}

static void write_session(const struct finding *f, const struct finding_evidence *e,
                          const char *label, struct text *out)
{
    struct paragraph p = paragraph_begin(out, label, INDENT);

    add_time(&p, e->time_ns, spans_days(f), 12);
    p.indent = p.column + 2;
    paragraph_format(&p, "  %s%s%s%s, %s", alert_outcome_words(e->outcome),
                     e->shape == SHAPE_NONE ? "" : " (",
                     e->shape == SHAPE_NONE ? "" : outcome_shape_name(e->shape),
                     e->shape == SHAPE_NONE ? "" : ")",
                     alert_inspection_words(e->inspection));
    if (e->inspection_basis != BASIS_NONE)
        paragraph_format(&p, " (%s)", inspection_basis_name(e->inspection_basis));
    if (!e->counted && outcome_is_refusal(e->outcome))
        paragraph_add(&p, ", same episode");
    else if (e->weight_db != 0)
        paragraph_format(&p, ", %+.1f dB", e->weight_db);
    paragraph_end(&p);
}

/* What was compared, and how probable it would be under each cause. */
static void write_control(const struct finding_control *c, bool with_causes,
                          const char *label, struct text *out)
{
    static const char *const brief[HYPOTHESES] = {
        [HYPOTHESIS_PIN] = "app pins",
        [HYPOTHESIS_APPCA] = "app distrusts",
        [HYPOTHESIS_DEV] = "device lacks it",
        [HYPOTHESIS_SITE] = "site at fault",
    };
    struct paragraph p = paragraph_begin(out, label, INDENT);

    paragraph_add(&p, c->fact[0] ? c->fact : c->name);
    if (!c->has_likelihoods || !with_causes) {
        if (c->weight_db != 0)
            paragraph_format(&p, ", %+.1f dB", c->weight_db);
        paragraph_end(&p);
        return;
    }
    for (enum hypothesis h = HYPOTHESIS_PIN; h < HYPOTHESES; h++)
        paragraph_format(&p, "%s%s %d%%", h == HYPOTHESIS_PIN ? " [" : ", ", brief[h],
                         percent(c->likelihood[h]));
    paragraph_add(&p, "]");
    paragraph_end(&p);
}

static void write_causes(const struct finding *f, struct text *out)
{
    struct paragraph p;

    if (!f->has_hypotheses)
        return;
    p = paragraph_begin(out, "Causes", INDENT);
    for (enum hypothesis h = HYPOTHESIS_PIN; h < HYPOTHESES; h++)
        paragraph_format(&p, "%s%s %d%%", h == HYPOTHESIS_PIN ? "" : ", ",
                         alert_hypothesis_words(h), percent(f->hypotheses[h]));
    paragraph_end(&p);
}

static void write_risk(const struct finding *f, struct text *out)
{
    struct paragraph p;

    if (f->risk_count == 0)
        return;
    p = paragraph_begin(out, "Risk", INDENT);
    for (size_t i = 0; i < f->risk_count; i++)
        paragraph_format(&p, "%s%s %+d", i ? ", " : "", f->risks[i].name,
                         f->risks[i].points);
    paragraph_end(&p);
}

/* " sha256/83G/7J82Q0AVkxJzRMCLX5t/FAk9Hp8y3eufA5xiNJY=": never cut where a line ends. */
static void add_key(struct paragraph *p, const uint8_t *key)
{
    char pin[BASE64_TEXT_MAX(SHA256_BYTES)];

    paragraph_format(p, " sha256/%s", base64_encode(span_of(key, SHA256_BYTES), pin));
}

static void write_certificate(const struct finding_certificate *c, const char *label,
                              struct text *out)
{
    struct paragraph p = paragraph_begin(out, label, INDENT);
    char first[NANOTIME_TEXT_MAX], last[NANOTIME_TEXT_MAX], until[NANOTIME_TEXT_MAX];
    int64_t end_s = c->not_after_s > 0 ? c->not_after_s : 0;

    paragraph_add(&p, "key");
    add_key(&p, c->key);
    (void)nanotime_describe(c->first_ns, first);
    (void)nanotime_describe(c->last_ns, last);
    (void)nanotime_describe((uint64_t)end_s * NS_PER_S, until);
    paragraph_format(
        &p, ", signed by %s, seen from %.10s %.8s to %.10s %.8s UTC, valid until %.10s",
        c->issuer, first, first + 11, last, last + 11, until);
    paragraph_end(&p);
}

/* What is left that the app can pin; a broken pin's own sentence says it. */
static void write_target(const struct finding *f, struct text *out)
{
    char sentence[FINDING_TEXT_MAX];
    struct text t = text_in(sentence, sizeof(sentence));

    if (f->type == FINDING_PIN_ROTATION_BREAKAGE)
        return;
    pin_words_target(f->pin, &t);
    write_sentence("Pin", sentence, out);
}

/* The certificates that the destination itself shows, and who forges others. */
static void write_certificates(const struct finding *f, struct text *out)
{
    const struct finding_interceptor *i = f->interceptor;
    struct paragraph p;

    if (f->pin && f->pin->has_now)
        write_certificate(&f->pin->now, "Certificate", out);
    if (f->pin && f->pin->has_before)
        write_certificate(&f->pin->before, "Before", out);
    if (f->pin)
        write_target(f, out);
    if (!i)
        return;
    p = paragraph_begin(out, "Issuer", INDENT);
    paragraph_add(&p, i->issuer);
    if (i->key) {
        paragraph_add(&p, i->is_leaf_key ? ", whose certificates share the key" : ", key");
        add_key(&p, i->key);
    }
    add_known(&p, "known as ", i->product);
    paragraph_end(&p);
}

static void write_rule(const struct finding *f, struct text *out)
{
    struct paragraph p = paragraph_begin(out, "Rule", INDENT);

    paragraph_format(&p, "%s, %s", alert_rule_id(f), alert_rule_name(f));
    if (alert_is_detection(f->type))
        paragraph_add(&p, " (MITRE ATT&CK T1521.003)");
    if (alert_is_detection(f->type) && !f->platform)
        paragraph_add(&p, "; the platform is not known, so it stands for AN1726 as well");
    if (f->allowed_by[0])
        paragraph_format(&p, "; allowed by %s", f->allowed_by);
    paragraph_end(&p);
}

void alert_text_write_subject(const struct finding *f, bool colour, struct text *out)
{
    write_headline(f, colour, out);
    write_identity(f, out);
    write_device(f, out);
    write_identity_of(f, out);
    write_devices(f, out);
    write_destination(f, out);
    write_when(f, out);
    write_sentence("What", f->message, out);
}

void alert_text_write_background(const struct finding *f, struct text *out)
{
    write_context(f, out);
    write_certificates(f, out);
}

void alert_text_write(const struct finding *f, bool colour, struct text *out)
{
    alert_text_write_subject(f, colour, out);
    write_sentence("Why", f->reason, out);
    for (size_t i = 0; i < f->evidence_count; i++)
        write_session(f, &f->evidence[i], i ? "" : "Sessions", out);
    for (size_t i = 0; i < f->control_count; i++)
        write_control(&f->controls[i], f->has_hypotheses, i ? "" : "Compared", out);
    write_causes(f, out);
    write_risk(f, out);
    write_context(f, out);
    write_clauses(f, out);
    write_certificates(f, out);
    write_rule(f, out);
    if (!alert_is_over(f))
        write_sentence("Next", alert_advice(f->type), out);
    text_add_char(out, '\n');
}
