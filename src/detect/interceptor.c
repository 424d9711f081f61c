#include "detect/interceptor.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/nanotime.h"
#include "detect/notice_life.h"

#define QUIET_H 24 /* between two revisions */

/* The leaves that tell against an issuer, and what is said of it. */
struct charge {
    struct finding_interceptor who;
    struct finding_evidence evidence[ISSUER_LEAVES];
    const char *hosts[ISSUER_LEAVES];
    struct address devices[ISSUER_LEAVES];
    size_t count;
    char message[FINDING_TEXT_MAX];
};

static const char *kind_name(enum product_kind kind)
{
    static const char *const names[] = {[PRODUCT_INSPECTION] = "inspection",
                                        [PRODUCT_ANALYSIS_PROXY] = "analysis_proxy",
                                        [PRODUCT_ANTIVIRUS] = "antivirus"};

    return names[kind];
}

static const char *kind_words(enum product_kind kind)
{
    static const char *const words[] = {
        [PRODUCT_INSPECTION] = "a gateway that inspects TLS",
        [PRODUCT_ANALYSIS_PROXY] = "a tool by which a person reads an app's traffic",
        [PRODUCT_ANTIVIRUS] = "software on the device itself"};

    return words[kind];
}

static const struct product *product_of(const struct rules *rules, const struct issuer *i)
{
    char organization[ISSUER_NAME_MAX], common_name[ISSUER_NAME_MAX];
    char pin[BASE64_TEXT_MAX(SHA256_BYTES)] = "";

    if (i->has_key)
        (void)base64_encode(span_of(i->key, SHA256_BYTES), pin);
    return rules_find_product(
        rules,
        span_of_text(issuer_attribute(i->name, "O", organization, sizeof(organization))),
        span_of_text(issuer_attribute(i->name, "CN", common_name, sizeof(common_name))),
        span_of_text(pin));
}

/* In the order in which they were seen. */
static void gather(const struct issuer *issuer, struct charge *charge)
{
    const struct issuer_proof *p = issuer->proof;

    for (size_t i = 0; i < p->count; i++) {
        size_t first = p->count == ISSUER_LEAVES ? p->next + 1u : 0;
        const struct issuer_leaf *leaf = &p->leaves[(first + i) % p->count];

        charge->evidence[charge->count] = leaf->evidence;
        charge->devices[charge->count++] = leaf->device;
        if (leaf->host[0])
            charge->hosts[charge->who.host_count++] = leaf->host;
    }
    charge->who.hosts = charge->hosts;
    charge->who.issuer = issuer->name;
    charge->who.key = issuer->has_key ? issuer->key : NULL;
    if (!issuer->has_key && issuer->shares_key) {
        charge->who.key = p->leaf_key;
        charge->who.is_leaf_key = true;
    }
}

static void name_product(const struct rules *rules, const struct issuer *issuer,
                         struct charge *charge)
{
    const struct product *product = product_of(rules, issuer);
    size_t len = strlen(charge->message);

    if (!product)
        return;
    charge->who.product = product->name;
    charge->who.kind = kind_name(product->kind);
    (void)snprintf(charge->message + len, sizeof(charge->message) - len,
                   " It calls itself %s, %s.", product->name, kind_words(product->kind));
}

/* The issuer's key where it was seen, else its name and the key that its certificates share. */
static struct span scope_of(const struct issuer *issuer,
                            char scope[ISSUER_NAME_MAX + SHA256_BYTES])
{
    size_t len = strlen(issuer->name);

    if (issuer->has_key)
        return span_of(issuer->key, SHA256_BYTES);
    memcpy(scope, issuer->name, len);
    if (!issuer->shares_key)
        return span_of(scope, len);
    memcpy(scope + len, issuer->proof->leaf_key, SHA256_BYTES);
    return span_of(scope, len + SHA256_BYTES);
}

static struct notice notice_of(struct issuer *issuer, struct charge *charge)
{
    struct notice n = {.type = FINDING_UNKNOWN_INTERCEPTOR,
                       .evidence = charge->evidence,
                       .evidence_count = charge->count,
                       .interceptor = &charge->who,
                       .related = charge->devices,
                       .related_count = charge->count,
                       .confidence = 1,
                       .start_ns = charge->evidence[0].time_ns,
                       .end_ns = issuer->last_ns,
                       .message = charge->message};

    memcpy(n.first_session, charge->evidence[0].session_id, sizeof(n.first_session));
    return n;
}

static uint64_t expiry_of(const struct correlator *c, const struct issuer *issuer)
{
    return issuer->last_ns + tuning_ns(c->options.rules->tuning.alert_expiry_d * 86400);
}

static void watch(struct correlator *c, struct issuer *issuer)
{
    if (issuer->watch_ns || c->options.rules->tuning.alert_expiry_d <= 0)
        return;
    issuer->watch_ns = expiry_of(c, issuer);
    settle_put(&c->expiry, issuer->watch_ns, &issuer->entry.id, SETTLE_ISSUER);
}

static void raise_notice(struct correlator *c, struct issuer *issuer,
                         const struct address *device)
{
    struct charge charge = {.count = 0};
    char scope[ISSUER_NAME_MAX + SHA256_BYTES];
    struct notice n;

    gather(issuer, &charge);
    (void)snprintf(charge.message, sizeof(charge.message),
                   "An issuer that nobody configured, %s, signs certificates for unrelated "
                   "sites: %s and %zu others.",
                   issuer->name, charge.who.host_count ? charge.hosts[0] : "no name",
                   charge.count - 1);
    name_product(c->options.rules, issuer, &charge);
    n = notice_of(issuer, &charge);
    n.scope = scope_of(issuer, scope);
    n.reason =
        issuer->shares_key
            ? "Its certificates for unrelated names in several networks hold one and "
              "the same key, and none leads to a public authority."
            : "Its certificates for unrelated names in several networks were each "
              "made for the visit, and none leads to a public authority.";
    if (issuer->notice && issuer->notice->open) {
        n.related = device;
        n.related_count = 1;
    }
    notice_life_raise(c, &issuer->notice, &n, QUIET_H);
    watch(c, issuer);
}

void interceptor_observe(struct correlator *c, const struct session *s,
                         const struct inspection_context *context)
{
    struct issuer *issuer = context->issuer;

    if (context->leaf)
        report_evidence(s, 0, true, &context->leaf->evidence);
    if (issuer && issuer->proof && issuer_forges(issuer))
        raise_notice(c, issuer, &s->client);
}

void interceptor_expire(struct correlator *c, const struct memory_id *issuer_id)
{
    struct issuer *issuer = memory_peek(&c->inspection.issuers.table, issuer_id);
    struct charge charge = {.count = 0};
    struct notice n;

    if (!issuer)
        return;
    issuer->watch_ns = 0;
    if (!issuer->notice || !issuer->notice->open)
        return;
    if (expiry_of(c, issuer) > c->now_ns) {
        watch(c, issuer);
        return;
    }
    gather(issuer, &charge);
    (void)snprintf(charge.message, sizeof(charge.message),
                   "The unknown issuer %s is no longer seen.", issuer->name);
    n = notice_of(issuer, &charge);
    n.reason = "Nothing more of it was seen for a long time.";
    notice_life_end(c, issuer->notice, &n);
}
