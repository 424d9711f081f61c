#include "context/describe.h"

#include "base/text.h"

/* " is " and the like before the value, and what stands behind it; nothing when it is absent. */
static void add_field(struct text *t, const struct context_fact *f, const char *before,
                      enum context_field field, const char *after)
{
    const char *value = fact_text(f, field);

    if (!value)
        return;
    text_add(t, before);
    text_add_span(t, span_of_text(value));
    text_add(t, after);
}

/* One of two words, or nothing when it is not told. */
static void add_truth(struct text *t, const struct context_fact *f,
                      enum context_field field, const char *yes, const char *no)
{
    if (fact_text(f, field))
        text_add(t, fact_bool(f, field, false) ? yes : no);
}

static void add_mac(struct text *t, const struct context_fact *f, const char *before)
{
    const char *mac = fact_text(f, FIELD_DEVICE_MAC);

    if (!mac)
        return;
    text_add(t, before);
    for (size_t i = 0; i < 12 && mac[i]; i++) {
        if (i > 0 && i % 2 == 0)
            text_add_char(t, '-');
        text_add_char(t, mac[i]);
    }
}

static void add_app(struct text *t, const struct context_fact *f)
{
    add_field(t, f, "", fact_text(f, FIELD_APP_ID) ? FIELD_APP_ID : FIELD_APP_NAME, "");
    if (!fact_text(f, FIELD_APP_ID) && !fact_text(f, FIELD_APP_NAME))
        text_add(t, "device");
}

static void describe_lease(struct text *t, const struct context_fact *f)
{
    add_field(t, f, "", FIELD_DEVICE_IP, "");
    text_add(t,
             fact_bool(f, FIELD_DEVICE_RELEASED, false) ? " given back by" : " leased to");
    add_mac(t, f, " ");
    add_field(t, f, ", imsi ", FIELD_DEVICE_IMSI, "");
    add_field(t, f, ", user ", FIELD_DEVICE_USER, "");
    add_field(t, f, " (", FIELD_DEVICE_HOSTNAME, ")");
}

static void describe_inventory(struct text *t, const struct context_fact *f)
{
    text_add(t, "device");
    add_field(t, f, " ", FIELD_DEVICE_ID, "");
    add_field(t, f, " serial ", FIELD_DEVICE_SERIAL, "");
    add_mac(t, f, " ");
    add_field(t, f, ": ", FIELD_DEVICE_OS, "");
    add_field(t, f, " ", FIELD_DEVICE_OS_VERSION, "");
    add_field(t, f, ", ", FIELD_DEVICE_MODEL, "");
    add_truth(t, f, FIELD_DEVICE_MANAGED, ", managed", ", not managed");
    add_truth(t, f, FIELD_DEVICE_SUPERVISED, ", supervised", ", not supervised");
    add_truth(t, f, FIELD_DEVICE_COMPLIANT, ", compliant", ", not compliant");
    add_field(t, f, ", user ", FIELD_DEVICE_USER, "");
}

static void describe_app(struct text *t, const struct context_fact *f)
{
    add_app(t, f);
    add_field(t, f, " ", FIELD_APP_VERSION, "");
    if (f->kind == CONTEXT_APP)
        text_add(t, " installed");
    add_truth(t, f, FIELD_APP_MANAGED, ", managed", ", not managed");
    add_field(t, f, ", category ", FIELD_APP_CATEGORY, "");
    add_field(t, f, " (expected ", FIELD_APP_EXPECTED_CATEGORY, ")");
    add_truth(t, f, FIELD_APP_PINS, ", its code pins", ", its code does not pin");
    add_truth(t, f, FIELD_APP_DECLARES_PINNING, ", declares pinning",
              ", declares no pinning");
}

static void describe_network(struct text *t, const struct context_fact *f)
{
    add_app(t, f);
    text_add(t, fact_text(f, FIELD_NET_DST_PORT) ? " connected to" : " asked for");
    add_field(t, f, " ", FIELD_NET_HOST, "");
    add_field(t, f, " ", FIELD_NET_DST_IP, "");
    add_field(t, f, " port ", FIELD_NET_DST_PORT, "");
}

static void describe_state(struct text *t, const struct context_fact *f)
{
    add_app(t, f);
    add_truth(t, f, FIELD_STATE_FOREGROUND, " in foreground", " in background");
    add_truth(t, f, FIELD_STATE_LOCKED, ", locked", ", unlocked");
    add_truth(t, f, FIELD_STATE_INTERACTION, ", in use", ", not used recently");
}

static void describe_edr(struct text *t, const struct context_fact *f)
{
    add_app(t, f);
    text_add(t, fact_bool(f, FIELD_EDR_CUSTOM_TRUST, true)
                    ? " validates certificates by itself"
                    : " leaves the validation of certificates to the system");
    add_field(t, f, ": ", FIELD_EDR_METHOD, "");
}

static void describe_proxy(struct text *t, const struct context_fact *f)
{
    text_add(t, "proxy:");
    add_field(t, f, " ", FIELD_PROXY_VERDICT, "");
    add_field(t, f, ", ", FIELD_NET_HOST, "");
    add_field(t, f, ", ", FIELD_PROXY_TLS_VERSION, "");
    add_field(t, f, ", ", FIELD_PROXY_ERROR, "");
}

static void describe_compliance(struct text *t, const struct context_fact *f)
{
    add_truth(t, f, FIELD_DEVICE_COMPLIANT, "device complies with its policy",
              "device does not comply with its policy");
    add_field(t, f, ": ", FIELD_ALERT_NAME, "");
}

static void describe_alert(struct text *t, const struct context_fact *f)
{
    add_field(t, f, "alert ", FIELD_ALERT_NAME, "");
    add_field(t, f, ", severity ", FIELD_ALERT_SEVERITY, "");
    add_field(t, f, ", app ", FIELD_APP_ID, "");
}

static void describe_authority(struct text *t, const struct context_fact *f)
{
    add_field(t, f, "authority ", FIELD_AUTHORITY_NAME, " ");
    add_truth(t, f, FIELD_AUTHORITY_INSTALLED, "installed on the device",
              "removed from the device");
}

const char *context_describe_fact(const struct context_fact *f, char out[CONTEXT_WORDS_MAX])
{
    static void (*const describe[CONTEXT_KINDS])(struct text * t,
                                                 const struct context_fact *f) = {
        [CONTEXT_LEASE] = describe_lease,
        [CONTEXT_INVENTORY] = describe_inventory,
        [CONTEXT_APP] = describe_app,
        [CONTEXT_NETWORK] = describe_network,
        [CONTEXT_STATE] = describe_state,
        [CONTEXT_EDR] = describe_edr,
        [CONTEXT_PROXY] = describe_proxy,
        [CONTEXT_ANALYSIS] = describe_app,
        [CONTEXT_COMPLIANCE] = describe_compliance,
        [CONTEXT_ALERT] = describe_alert,
        [CONTEXT_AUTHORITY] = describe_authority,
    };
    struct text t = text_in(out, CONTEXT_WORDS_MAX);

    describe[f->kind](&t, f);
    return out;
}
