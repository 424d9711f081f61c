#include "detect/sentence.h"

#include "base/nanotime.h"
#include "base/text.h"

static const char *plural(uint32_t n)
{
    return n == 1 ? "" : "s";
}

static void add_device(struct text *t, const struct suspicion *s)
{
    char address[ADDRESS_TEXT_MAX];

    text_add_format(t, "Device %s", address_describe(&s->client, address));
}

static void add_target(struct text *t, const struct suspicion *s)
{
    text_add(t, s->destination);
    if (!s->server_name && !s->is_proxy)
        text_add(t, " (no server name was sent)");
}

/* What the refusals looked like; where they differ, the clearest one. */
static void add_how(struct text *t, const struct suspicion *s)
{
    static const char *const words[] = {
        [SHAPE_S1] = "answered the inspection certificate with a fatal certificate alert",
        [SHAPE_S2] =
            ("answered the inspection certificate with an encrypted alert instead of "
             "finishing the handshake"),
        [SHAPE_S3] = "hung up as soon as it had seen the inspection certificate",
        [SHAPE_S4] = "finished the handshake and hung up at once without sending any data",
    };
    enum outcome_shape clearest = SHAPE_S4, faintest = SHAPE_S1;

    for (size_t i = 0; i < s->evidence_count; i++) {
        enum outcome_shape shape = s->evidence[i].shape;

        if (shape == SHAPE_NONE || shape == SHAPE_S6)
            continue;
        if (shape == SHAPE_S5) /* said in the same words */
            shape = SHAPE_S4;
        clearest = shape < clearest ? shape : clearest;
        faintest = shape > faintest ? shape : faintest;
    }
    text_add_format(t, "In %s attempt the client %s. ",
                    clearest == faintest ? "every" : "the clearest", words[clearest]);
}

static void add_seconds(struct text *t, uint64_t ns)
{
    if (ns < 10 * NS_PER_S)
        text_add_format(t, "%.1f s", (double)ns / 1e9);
    else if (ns < 600 * NS_PER_S)
        text_add_format(t, "%.0f s", (double)ns / 1e9);
    else
        text_add_format(t, "%.0f min", (double)ns / 6e10);
}

static void add_refusals(struct text *t, const struct report *r)
{
    const struct streak_sum *sum = &r->refusal.sum;

    text_add_format(t, "%u refused session%s in %u attempt%s", sum->attempts,
                    plural(sum->attempts), sum->episodes, plural(sum->episodes));
    text_add(t, " within ");
    add_seconds(t, nanotime_since(sum->first_ns, sum->last_ns));
}

static void add_contrast(struct text *t, const struct report *r)
{
    uint32_t sessions = r->refusal.contrast_sessions;

    if (sessions > 0)
        text_add_format(t,
                        ", while the device accepted inspection in %u session%s to other "
                        "destinations",
                        sessions, plural(sessions));
}

void sentence_message(const struct report *r, enum finding_type type, char *out,
                      size_t size)
{
    const struct suspicion *s = r->parties.key->suspicion;
    struct text t = text_in(out, size);

    add_device(&t, s);
    if (type == FINDING_OPAQUE_DIRECT || type == FINDING_OPAQUE_DIRECT_BEACON) {
        text_add_format(&t, " reaches ");
        add_target(&t, s);
        text_add_format(
            &t,
            " past TLS inspection%s: %u direct session%s with data%s, from a network "
            "whose TLS is meant to be inspected.",
            type == FINDING_OPAQUE_DIRECT_BEACON ? " as regularly as a beacon" : "",
            s->direct_total, plural(s->direct_total),
            s->protocol == SESSION_UNIDENTIFIED
                ? " in an encrypted protocol that is neither TLS nor known"
                : "");
        return;
    }
    text_add(&t, type == FINDING_PINNING_SUSPECTED ? " seems to run an app that pins "
                                                   : " refuses TLS inspection of ");
    add_target(&t, s);
    text_add(&t, ": ");
    add_refusals(&t, r);
    if (type == FINDING_REFUSED_THEN_DIRECT)
        text_add_format(&t, ", then %u direct session%s with data that nobody inspected.",
                        s->direct_total, plural(s->direct_total));
    else {
        add_contrast(&t, r);
        text_add_char(&t, '.');
    }
}

void sentence_end(const struct report *r, enum finding_type type, const char *how,
                  const char *why, char out[FINDING_TEXT_MAX])
{
    static const char *const deeds[FINDING_DETECTIONS_END] = {
        [FINDING_REFUSED_THEN_DIRECT] = "refuses TLS inspection of",
        [FINDING_PINNING_SUSPECTED] = "seems to run an app that pins",
        [FINDING_OPAQUE_DIRECT_BEACON] = "reaches past TLS inspection, like a beacon,",
        [FINDING_OPAQUE_DIRECT] = "reaches past TLS inspection",
        [FINDING_INSPECTION_REFUSED] = "refuses TLS inspection of",
        [FINDING_SHORT_LIVED_SESSIONS] = "refuses TLS inspection of",
    };
    const struct suspicion *s = r->parties.key->suspicion;
    char address[ADDRESS_TEXT_MAX];
    struct text t = text_in(out, FINDING_TEXT_MAX);

    text_add_format(&t, "The alert that device %s %s ",
                    address_describe(&r->parties.device->latest, address), deeds[type]);
    add_target(&t, s);
    text_add_format(&t, " is %s. %s", how, why);
}

static void add_percent(struct text *t, const char *what, double p)
{
    text_add_format(t, "%s %.0f%%", what, p * 100);
}

static void add_causes(struct text *t, const struct cause_verdict *v)
{
    text_add(t, " Likely causes: ");
    add_percent(t, "the app pins", v->probability[HYPOTHESIS_PIN]);
    add_percent(t, ", the app distrusts the authority", v->probability[HYPOTHESIS_APPCA]);
    add_percent(t, ", the device lacks it", v->probability[HYPOTHESIS_DEV]);
    add_percent(t, ", site or inspection at fault", v->probability[HYPOTHESIS_SITE]);
    text_add_char(t, '.');
}

/* The sum, so that a reader can redo it from the evidence. */
static void add_sum(struct text *t, const struct refusal_verdict *v, double fire_db)
{
    double start = v->db - v->sum_db - v->contrast_db - v->accepts_db - v->decay_db;

    text_add_format(t, "Evidence: %+.0f dB to start with, %+.0f dB for the attempts", start,
                    v->sum_db);
    if (v->sum.weight_db > v->sum_db)
        text_add_format(t, " (%.0f dB, counted up to %.0f)", v->sum.weight_db, v->sum_db);
    if (v->contrast_db > 0)
        text_add_format(t, ", %+.0f dB because the device accepts inspection elsewhere",
                        v->contrast_db);
    if (v->accepts_db < 0)
        text_add_format(t, ", %+.0f dB for accepted sessions", v->accepts_db);
    if (v->decay_db < 0)
        text_add_format(t, ", %+.0f dB for the time since", v->decay_db);
    text_add_format(t, ": %+.0f dB in all (alert from %+.0f).", v->db, fire_db);
}

static void add_beacon(struct text *t, const struct beacon_verdict *b)
{
    text_add_format(t, " Its %u latest attempts are about ", b->intervals + 1);
    add_seconds(t, (uint64_t)(b->median_s * 1e9));
    text_add_format(t, " apart (regularity %.2f of 1).", b->score);
}

void sentence_reason(const struct report *r, enum finding_type type, double stage1_fire_db,
                     char *out, size_t size)
{
    const struct suspicion *s = r->parties.key->suspicion;
    struct text t = text_in(out, size);

    if (type == FINDING_OPAQUE_DIRECT || type == FINDING_OPAQUE_DIRECT_BEACON) {
        bool often = r->direct_in_window >= r->direct_in_day;
        uint32_t n = often ? r->direct_in_window : r->direct_in_day;

        text_add_format(&t,
                        "%u established session%s with data in the %s window were not "
                        "inspected; the destination is on no bypass or allow-list and "
                        "hardly any other device uses it.",
                        n, plural(n), often ? "time" : "slow");
        if (type == FINDING_OPAQUE_DIRECT_BEACON)
            add_beacon(&t, &r->beacon);
        return;
    }
    add_how(&t, s);
    if (type == FINDING_SHORT_LIVED_SESSIONS)
        text_add_format(&t, "%u attempts ended without useful data.",
                        r->refusal.sum.vetoable_episodes);
    else
        add_sum(&t, &r->refusal, stage1_fire_db);
    if (r->refusal.early)
        text_add(&t, " It is told early (fast_path), below InspectionFailureThreshold.");
    if (r->bypass_actor && type == FINDING_REFUSED_THEN_DIRECT)
        text_add(
            &t,
            r->bypass_actor[0] == 'b'
                ? " Other apps went direct too, so the inspection itself let it through."
                : " Who let it through, the client or the inspection, stays open.");
    add_causes(&t, &r->cause);
}
