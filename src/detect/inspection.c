#include "detect/inspection.h"

#include <math.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/nanotime.h"
#include "base/text.h"
#include "detect/upstream.h"

#define SCOPES_MAX 2048    /* segments and client networks with profiles of their own */
#define POLICIES_MAX 32768 /* destinations of a scope whose certificate was seen */
#define POLICY_MEMORY_S 86400u
/* A box that only its answers give away is never more than likely. */
#define LIKELY_MARGIN 0.01

void inspection_init(struct inspection *in, const struct inspection_options *options)
{
    *in = (struct inspection){.options = *options};
    memory_table_init(&in->scopes, sizeof(struct scope_record), SCOPES_MAX, NULL, NULL);
    issuers_init(&in->issuers, options->tuning, options->seed);
    memory_table_init(&in->policies, sizeof(struct policy_record), POLICIES_MAX, NULL,
                      NULL);
}

void inspection_fini(struct inspection *in)
{
    memory_table_fini(&in->scopes);
    issuers_fini(&in->issuers);
    memory_table_fini(&in->policies);
}

const struct config_segment *inspection_segment(const struct inspection *in,
                                                const struct address *client)
{
    const struct config_inspection *config = in->options.config;
    const struct config_segment *best = NULL;

    for (size_t i = 0; i < config->segment_count; i++) {
        const struct config_segment *segment = &config->segments[i];

        if (network_holds(&segment->network, client) &&
            (!best || segment->network.bits > best->network.bits))
            best = segment;
    }
    return best;
}

/* What names the place of a session: its segment, else the client network (/16, /48); never across
 * versions. `v4` is storage. */
static void place_of(const struct session *s, const struct config_segment *segment,
                     uint8_t *v4, struct span parts[3])
{
    *v4 = address_is_v4(&s->client);
    parts[0] = span_of(v4, 1);
    parts[1] = span_of_text(segment ? "segment" : "network");
    parts[2] = segment ? span_of(&segment->network, sizeof(segment->network))
                       : span_of(s->client.bytes, *v4 ? 14 : 6);
}

static uint32_t seconds_of(const struct session *s)
{
    return (uint32_t)(s->decided_ns / NS_PER_S);
}

static struct scope_record *scope_of(struct inspection *in, const struct session *s,
                                     const struct config_segment *segment, bool make)
{
    struct span parts[3];
    struct memory_id id;
    uint8_t v4;
    bool made;

    place_of(s, segment, &v4, parts);
    id = memory_id_of(in->options.seed, parts, 3);
    in->scopes.now_s = seconds_of(s);
    return make ? memory_get(&in->scopes, &id, &made) : memory_find(&in->scopes, &id);
}

static uint64_t name_hash(const struct session *s)
{
    char destination[SESSION_NAME_MAX];
    struct span name = span_of_text(session_destination(s, destination));

    if (s->server_name[0] || s->proxy_target[0])
        name = profile_registered_domain(name);
    return XXH3_64bits(name.data, name.len);
}

/* ---- what the box did with a destination before */

static struct memory_id policy_id(const struct inspection *in, const struct session *s,
                                  const struct config_segment *segment)
{
    char destination[SESSION_NAME_MAX];
    struct span parts[4];
    uint8_t v4;

    place_of(s, segment, &v4, parts);
    parts[3] = span_of_text(session_destination(s, destination));
    return memory_id_of(in->options.seed, parts, 4);
}

static void learn_policy(struct inspection *in, const struct session *s,
                         const struct config_segment *segment,
                         enum profile_certificate certificate)
{
    struct memory_id id = policy_id(in, s, segment);
    struct policy_record *record;
    bool made;

    in->policies.now_s = seconds_of(s);
    record = memory_get(&in->policies, &id, &made);
    if (!record)
        return;
    record->certificate = certificate;
    record->seen_s = seconds_of(s);
}

static enum profile_certificate policy_of(struct inspection *in, const struct session *s,
                                          const struct config_segment *segment)
{
    struct memory_id id = policy_id(in, s, segment);
    const struct policy_record *record = memory_find(&in->policies, &id);

    if (!record || seconds_of(s) > record->seen_s + POLICY_MEMORY_S)
        return PROFILE_CERTIFICATE_NONE;
    return record->certificate;
}

static const struct match_entry *bypass_of(const struct inspection *in,
                                           const struct session *s)
{
    char destination[SESSION_NAME_MAX];
    struct match_destination wanted = {
        .name = span_of_text(session_destination(s, destination)),
        .address = s->is_explicit_proxy ? NULL : &s->server,
        .port = s->is_explicit_proxy ? s->proxy_port : s->server_port,
    };

    if (!in->options.config->bypass_list)
        return NULL;
    return match_find_destination(in->options.config->bypass_list, &wanted, s->decided_ns);
}

/* What the visible certificate proves. Learns of its issuer, where nobody configured it. */
static enum profile_certificate certificate_says(struct inspection *in,
                                                 const struct session *s,
                                                 struct scope_record *scope,
                                                 struct inspection_context *context)
{
    const struct certificate *leaf;

    if (s->certificate_count == 0)
        return PROFILE_CERTIFICATE_NONE;
    leaf = s->certificates[0];
    if (leaf->authority >= 0)
        return PROFILE_CERTIFICATE_AUTHORITY;
    context->issuer = issuers_learn(&in->issuers, s, name_hash(s), &context->leaf);
    if (context->issuer && issuer_forges(context->issuer))
        return PROFILE_CERTIFICATE_AUTHORITY;
    if (in->options.authority_count > 0 || leaf->has_sct || leaf->public_anchor)
        return PROFILE_CERTIFICATE_OTHER;
    if (!scope || !context->issuer)
        return PROFILE_CERTIFICATE_NONE;
    if (context->issuer->is_public) /* by name alone it could be anybody */
        return context->issuer->has_key ? PROFILE_CERTIFICATE_OTHER
                                        : PROFILE_CERTIFICATE_NONE;
    (void)id_set_add(&scope->issuers, context->issuer->entry.id.low, s->decided_ns);
    return scope->issuers.count >= INSPECTION_ISSUERS_MIN ? PROFILE_CERTIFICATE_OTHER
                                                          : PROFILE_CERTIFICATE_NONE;
}

static void add(struct inspection_sum *sum, enum inspection_evidence evidence, double db)
{
    if (sum->count < INSPECTION_ROWS_MAX)
        sum->rows[sum->count++] = (struct inspection_row){evidence, db};
    sum->db += db;
}

static void begin(struct inspection_sum *sum, enum inspection_evidence evidence, double db,
                  enum inspection_basis basis)
{
    sum->db = 0;
    sum->count = 0;
    sum->basis = basis;
    add(sum, evidence, db);
}

static void add_match(struct inspection_sum *sum, enum box_match match,
                      struct inspection_row equal, struct inspection_row differs)
{
    if (match == BOX_EQUAL)
        add(sum, equal.evidence, equal.db);
    else if (match == BOX_DIFFERS)
        add(sum, differs.evidence, differs.db);
}

static void add_profile(const struct tuning_evidence_db *w, const struct box_answer *a,
                        bool bypassed, struct inspection_sum *sum)
{
    double before = sum->db;
    bool another = a->flight == BOX_DIFFERS || a->syn_ack == BOX_DIFFERS;

    add_match(sum, a->flight,
              (struct inspection_row){EVIDENCE_FLIGHT_MATCH, w->flight_layout_match},
              (struct inspection_row){EVIDENCE_FLIGHT_DIFFERS, w->flight_layout_differs});
    /* A box that splices a session through answers the SYN all the same: where the flight is
     * another's, or policy says to splice, the machine in front of it says nothing. */
    if (!another && a->syn_ack == BOX_EQUAL && !bypassed) {
        add(sum, EVIDENCE_SYN_ACK_MATCH, w->syn_ack_match);
        if (a->path == BOX_EQUAL)
            add(sum, EVIDENCE_PATH_MATCH, w->path_match);
    }
    /* Most servers choose alike: where all else is another's, the same choice is chance. */
    if (a->hello == BOX_DIFFERS)
        add(sum, EVIDENCE_HELLO_DIFFERS, w->server_hello_differs);
    else if (a->hello == BOX_EQUAL && !another && !bypassed)
        add(sum, EVIDENCE_HELLO_MATCH, w->server_hello_match);
    if (a->h2_differs)
        add(sum, EVIDENCE_H2_STRIPPED, w->h2_stripped);
    if (a->syn_ack == BOX_DIFFERS || a->open_network)
        add(sum, EVIDENCE_SYN_ACK_DIFFERS, w->syn_ack_differs);
    if (a->path == BOX_DIFFERS)
        add(sum, EVIDENCE_PATH_FAR, w->path_far);
    if (sum->db != before)
        sum->basis = BASIS_LEARNED_PROFILE;
}

static void add_policy(const struct tuning_evidence_db *w, enum profile_certificate before,
                       struct inspection_sum *sum)
{
    if (before == PROFILE_CERTIFICATE_NONE)
        return;
    if (before == PROFILE_CERTIFICATE_AUTHORITY)
        add(sum, EVIDENCE_DECRYPTED_BEFORE, w->decrypted_before);
    else
        add(sum, EVIDENCE_SPLICED_BEFORE, w->spliced_before);
    sum->basis = BASIS_LEARNED_PROFILE;
}

/* What the place says before anything else is known; `served`: a box is known there. */
static void begin_place(const struct tuning_evidence_db *w, const struct session *s,
                        bool authority_seen, bool served,
                        struct inspection_context *context)
{
    struct inspection_sum *sum = &context->sum;

    if (context->segment)
        begin(sum, EVIDENCE_SEGMENT, w->segment,
              s->is_explicit_proxy ? BASIS_CONNECT_PROXY : BASIS_CONFIGURED);
    else if (!served)
        begin(sum, EVIDENCE_ELSEWHERE, w->elsewhere, BASIS_NONE);
    else
        begin(sum, authority_seen ? EVIDENCE_AUTHORITY_PLACE : EVIDENCE_LEARNED_PLACE, 0,
              BASIS_NONE);
    sum->likely_only = !context->segment && !authority_seen;
    if (!context->bypassed)
        return;
    sum->basis = BASIS_CONFIGURED;
    if (context->segment || !served)
        add(sum, EVIDENCE_BYPASS, w->bypass);
}

static void add_up(struct inspection *in, const struct session *s,
                   const struct profile_scope *scope, enum profile_certificate certificate,
                   struct inspection_context *context)
{
    const struct tuning_evidence_db *w = &in->options.tuning->evidence_db;
    struct box_answer answer = {.syn_ack = BOX_NONE};
    bool authority_seen = scope && scope->authority_sessions > 0;
    bool configured = context->segment || authority_seen;
    struct inspection_sum *sum = &context->sum;

    if (scope)
        answer = box_compare(scope, s, configured, in->options.tuning);
    begin_place(w, s, authority_seen, answer.served, context);
    if (configured || answer.served) {
        add_profile(w, &answer, context->bypassed, sum);
        if (!context->bypassed)
            add_policy(w, policy_of(in, s, context->segment), sum);
    }
    if (s->protocol == SESSION_QUIC) {
        add(sum, EVIDENCE_QUIC, w->quic);
        sum->basis = BASIS_QUIC;
    }
    /* Whoever answers: where there is no TLS, nothing is inspected. */
    if (s->protocol == SESSION_UNIDENTIFIED)
        begin(sum, EVIDENCE_UNIDENTIFIED, w->unidentified, BASIS_UNIDENTIFIED);
    if (certificate == PROFILE_CERTIFICATE_AUTHORITY)
        begin(sum, context->issuer ? EVIDENCE_INTERCEPTOR : EVIDENCE_AUTHORITY,
              w->authority, BASIS_CERTIFICATE);
    else if (certificate == PROFILE_CERTIFICATE_OTHER)
        begin(sum, EVIDENCE_OTHER_AUTHORITY, w->other_authority, BASIS_CERTIFICATE);
    sum->likely_only = sum->likely_only && certificate == PROFILE_CERTIFICATE_NONE;
}

static void set_state(const struct inspection *in, struct session *s,
                      const struct inspection_sum *sum)
{
    const struct tuning *t = in->options.tuning;
    double clip = t->evidence_db.clip;
    double db = sum->db > clip ? clip : sum->db < -clip ? -clip : sum->db;

    s->inspection_probability = 1 / (1 + pow(10, -db / 10));
    if (sum->likely_only && s->inspection_probability > t->inspected.yes - LIKELY_MARGIN)
        s->inspection_probability = t->inspected.yes - LIKELY_MARGIN;
    s->inspection_basis = sum->basis;
    if (s->inspection_probability >= t->inspected.yes)
        s->inspection = INSPECTION_YES;
    else if (s->inspection_probability >= t->inspected.count_min)
        s->inspection = INSPECTION_LIKELY;
    else if (s->inspection_probability < t->inspected.no)
        s->inspection = INSPECTION_NO;
    else
        s->inspection = INSPECTION_UNKNOWN;
}

const char *inspection_evidence_name(enum inspection_evidence evidence)
{
    static const char *const names[EVIDENCE_COUNT] = {
        [EVIDENCE_SEGMENT] = "segment",
        [EVIDENCE_ELSEWHERE] = "elsewhere",
        [EVIDENCE_AUTHORITY_PLACE] = "authority_place",
        [EVIDENCE_LEARNED_PLACE] = "learned_place",
        [EVIDENCE_BYPASS] = "bypass",
        [EVIDENCE_SYN_ACK_MATCH] = "syn_ack_match",
        [EVIDENCE_SYN_ACK_DIFFERS] = "syn_ack_differs",
        [EVIDENCE_PATH_MATCH] = "path_match",
        [EVIDENCE_PATH_FAR] = "path_far",
        [EVIDENCE_FLIGHT_MATCH] = "flight_layout_match",
        [EVIDENCE_FLIGHT_DIFFERS] = "flight_layout_differs",
        [EVIDENCE_HELLO_MATCH] = "server_hello_match",
        [EVIDENCE_HELLO_DIFFERS] = "server_hello_differs",
        [EVIDENCE_H2_STRIPPED] = "h2_stripped",
        [EVIDENCE_DECRYPTED_BEFORE] = "decrypted_before",
        [EVIDENCE_SPLICED_BEFORE] = "spliced_before",
        [EVIDENCE_QUIC] = "quic",
        [EVIDENCE_UNIDENTIFIED] = "unidentified",
        [EVIDENCE_AUTHORITY] = "authority",
        [EVIDENCE_INTERCEPTOR] = "interceptor",
        [EVIDENCE_OTHER_AUTHORITY] = "other_authority",
    };

    return names[evidence];
}

/* A handshake that reached no certificate says nothing about who would have shown it. */
static bool reached_certificate(const struct session *s)
{
    return s->has_server_hello && s->outcome_raw != OUTCOME_SERVER_FAULT;
}

/* The authority that signed the visible certificate; one that is not configured keeps its name. */
static void name_authority(struct inspection *in, struct session *s,
                           const struct issuer *interceptor)
{
    size_t i = (size_t)s->certificates[0]->authority;

    if (interceptor) {
        memcpy(s->inspection_authority, interceptor->name, sizeof(interceptor->name));
        return;
    }
    in->stats.authority_sessions++;
    if (i >= in->options.authority_count)
        return;
    (void)text_from_span(s->inspection_authority, sizeof(s->inspection_authority),
                         span_of_text(in->options.authority_names[i]));
    s->has_authority_key = in->options.authority_keys != NULL;
    if (s->has_authority_key)
        memcpy(s->authority_key, in->options.authority_keys[i], SHA256_BYTES);
}

static bool is_for_untrusted(const struct inspection *in, int authority)
{
    const struct config_inspection *config = in->options.config;

    return (size_t)authority < config->authority_count &&
           config->authorities[authority].untrusted;
}

/* What it proves by what is known when it enters, without learning of its issuer. */
static enum profile_certificate certificate_shows(const struct inspection *in,
                                                  const struct session *s)
{
    const struct certificate *leaf;
    const struct issuer *issuer;

    if (s->certificate_count == 0)
        return PROFILE_CERTIFICATE_NONE;
    leaf = s->certificates[0];
    issuer = leaf->authority >= 0 ? NULL : issuers_peek(&in->issuers, s);
    if (leaf->authority >= 0 || (issuer && issuer_forges(issuer)))
        return PROFILE_CERTIFICATE_AUTHORITY;
    if (in->options.authority_count > 0 || leaf->has_sct || leaf->public_anchor)
        return PROFILE_CERTIFICATE_OTHER;
    return PROFILE_CERTIFICATE_NONE;
}

void inspection_learn(struct inspection *in, const struct session *s)
{
    enum profile_certificate certificate = certificate_shows(in, s);
    const struct config_segment *segment = inspection_segment(in, &s->client);
    struct scope_record *record;
    struct box_profile *profile;
    bool configured;

    if (!reached_certificate(s) || s->protocol != SESSION_TLS || bypass_of(in, s))
        return;
    record = scope_of(in, s, segment, true);
    if (!record)
        return;
    profile = profile_learn(&record->profile, s, (uint32_t)name_hash(s), certificate);
    configured = segment || record->profile.authority_sessions > 0;
    box_note(&record->profile, profile, configured, in->options.tuning);
    if (certificate != PROFILE_CERTIFICATE_NONE)
        learn_policy(in, s, segment, certificate);
}

void inspection_judge(struct inspection *in, struct session *s,
                      struct inspection_context *out)
{
    struct inspection_context context = {.segment = inspection_segment(in, &s->client)};
    struct scope_record *scope = scope_of(in, s, context.segment, true);
    enum profile_certificate certificate = certificate_says(in, s, scope, &context);
    const struct profile_scope *profile = scope ? &scope->profile : NULL;

    context.bypass = bypass_of(in, s);
    context.bypassed = context.bypass != NULL;
    context.other_authority = certificate == PROFILE_CERTIFICATE_OTHER;
    context.untrusted_upstream = certificate == PROFILE_CERTIFICATE_AUTHORITY
                                     ? is_for_untrusted(in, s->certificates[0]->authority)
                                     : context.other_authority && upstream_is_private(s);
    add_up(in, s, profile, certificate, &context);
    set_state(in, s, &context.sum);
    if (certificate == PROFILE_CERTIFICATE_AUTHORITY)
        name_authority(in, s, context.issuer);
    in->stats.bypassed += context.bypassed;
    in->stats.by_state[s->inspection]++;
    *out = context;
}
