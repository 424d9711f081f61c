#include "alert/alert_words.h"

#include <string.h>

#define ANALYTIC_VERSION "1.1"
#define NOTICE_VERSION "1.0"

struct type_words {
    const char *rule_id; /* where detection names no analytic */
    const char *rule_name;
    const char *title;
    const char *advice;
};

static const struct type_words types[FINDING_TYPE_COUNT] = {
    [FINDING_REFUSED_THEN_DIRECT] = {"AN1725", "Detection of SSL Pinning",
                                     "Refused, then direct",
                                     "Find out who let the direct session pass. If the box "
                                     "did, give the bypass an owner and "
                                     "an expiry in inspection.bypass; if the client did, "
                                     "look at the app on the device."},
    [FINDING_PINNING_SUSPECTED] =
        {"AN1725", "Detection of SSL Pinning", "Pinning suspected",
         "Learn from device management which app it is. If it may pin, list it in "
         "AllowedAppList "
         "or AllowedDestinationList; if nobody knows it, examine the app."},
    [FINDING_OPAQUE_DIRECT_BEACON] = {"AN1725", "Detection of SSL Pinning",
                                      "Opaque direct beacon",
                                      "Treat it as possible command and control: identify "
                                      "the app, look up the destination, "
                                      "and block it until both are known."},
    [FINDING_OPAQUE_DIRECT] =
        {"AN1725", "Detection of SSL Pinning", "Opaque direct sessions",
         "Ask why this destination is not inspected. If that is meant, list it in "
         "inspection.bypass; if not, close the way around the inspection."},
    [FINDING_INSPECTION_REFUSED] =
        {"AN1725", "Detection of SSL Pinning", "Inspection refused",
         "Learn from device management which app it is, and whether it trusts the "
         "inspection "
         "authority at all: that tells a pin from a missing authority."},
    [FINDING_SHORT_LIVED_SESSIONS] = {"AN1725", "Detection of SSL Pinning",
                                      "Short-lived sessions",
                                      "Look at the app on the device: it connects again "
                                      "and again and never sends data."},
    [FINDING_APP_CA_UNTRUSTED] = {"PINSIGHT-APP-CA-UNTRUSTED",
                                  "App does not trust the inspection authority",
                                  "App does not trust the authority",
                                  "Put the authority into the store that this app uses, or "
                                  "exempt the app's destinations "
                                  "from inspection."},
    [FINDING_DEVICE_NOT_ONBOARDED] = {"PINSIGHT-DEVICE-NOT-ONBOARDED",
                                      "Device lacks the inspection authority",
                                      "Device not onboarded",
                                      "Install the inspection authority on the device, or "
                                      "move it to a network that is not "
                                      "inspected."},
    [FINDING_SITE_OR_INSPECTOR_FAULT] =
        {"PINSIGHT-SITE-OR-INSPECTOR-FAULT", "Destination or inspection box at fault",
         "Site or inspection at fault",
         "Look into the inspection box's log for this destination: the clients are not the "
         "cause."},
    [FINDING_MTLS_REQUIRED] = {"PINSIGHT-MTLS-REQUIRED",
                               "Destination requires client certificates",
                               "Client certificate required",
                               "Exempt the destination from inspection: a client "
                               "certificate cannot pass through it."},
    [FINDING_PIN_ROTATION_BREAKAGE] =
        {"PINSIGHT-PIN-ROTATION-BREAKAGE",
         "Clients refuse a genuine certificate after a change",
         "Pin rotation breaks clients",
         "Tell the app's owner: clients refuse the destination's own certificate since it "
         "changed."},
    [FINDING_PINNING_REMOVED] =
        {"PINSIGHT-PINNING-REMOVED", "App that refused inspection accepts it",
         "Pinning removed",
         "Confirm that the change came from the app's owner: a pin that vanishes can be a "
         "modified app."},
    [FINDING_UNKNOWN_INTERCEPTOR] =
        {"PINSIGHT-UNKNOWN-INTERCEPTOR", "Unknown party forges certificates",
         "Unknown interceptor",
         "Find the box that signs with this issuer. If it is yours, list its certificate "
         "in "
         "inspection.authorities; if not, somebody reads this traffic."},
};

static const char *const outcome_words[OUTCOME_COUNT] = {
    [OUTCOME_UNDECIDED] = "not decided",
    [OUTCOME_ACCEPTED] = "accepted and used",
    [OUTCOME_REJECTED_ALERT] = "certificate alert in the clear",
    [OUTCOME_REJECTED_ENCRYPTED_ALERT] = "encrypted alert in place of Finished",
    [OUTCOME_REJECTED_CLOSE] = "closed on the server's flight",
    [OUTCOME_REJECTED_AFTER_HANDSHAKE] = "closed right after the handshake",
    [OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK] = "closed soon after the handshake",
    [OUTCOME_CERTIFICATE_EXPIRED] = "certificate expired",
    [OUTCOME_PROTOCOL_FAILURE] = "protocol failure",
    [OUTCOME_CLIENT_CANCELLED] = "cancelled by the client",
    [OUTCOME_ABORTED_EARLY] = "left before the certificate",
    [OUTCOME_STALLED] = "silence after the server's flight",
    [OUTCOME_SERVER_FAULT] = "ended by the server",
    [OUTCOME_SERVER_CLOSED] = "closed by the server",
    [OUTCOME_CLIENT_CERTIFICATE_REQUIRED] = "client certificate required",
    [OUTCOME_IDLE_UNUSED] = "opened and never used",
    [OUTCOME_RESUMED] = "resumed without a certificate",
    [OUTCOME_SUPERSEDED] = "lost the race to a sibling",
    [OUTCOME_ECH_RETRY] = "encrypted hello not taken",
    [OUTCOME_UNKNOWN] = "not seen",
    [OUTCOME_IN_PROGRESS] = "under way",
};

static const char *const hypothesis_words[HYPOTHESES] = {
    [HYPOTHESIS_PIN] = "the app pins",
    [HYPOTHESIS_APPCA] = "the app does not trust the authority",
    [HYPOTHESIS_DEV] = "the device lacks the authority",
    [HYPOTHESIS_SITE] = "the site or the box is at fault",
};

static const char *const inspection_words[] = {
    [INSPECTION_UNKNOWN] = "inspection unknown",
    [INSPECTION_NO] = "not inspected",
    [INSPECTION_LIKELY] = "probably inspected",
    [INSPECTION_YES] = "inspected",
};

static bool is_analytic(const char *id)
{
    return strncmp(id, "AN", 2) == 0;
}

const char *alert_rule_id(const struct finding *f)
{
    return f->analytic ? f->analytic : types[f->type].rule_id;
}

const char *alert_rule_name(const struct finding *f)
{
    const char *id = alert_rule_id(f);

    if (strcmp(id, "AN1725") == 0)
        return "Detection of SSL Pinning on Android";
    if (strcmp(id, "AN1726") == 0)
        return "Detection of SSL Pinning on iOS";
    return types[f->type].rule_name;
}

const char *alert_rule_version(const struct finding *f)
{
    return is_analytic(alert_rule_id(f)) ? ANALYTIC_VERSION : NOTICE_VERSION;
}

bool alert_is_detection(enum finding_type type)
{
    return type < FINDING_DETECTIONS_END;
}

const char *alert_title(enum finding_type type)
{
    return types[type].title;
}

bool alert_is_over(const struct finding *f)
{
    return f->state == FINDING_CLOSED || f->state == FINDING_RETRACTED;
}

const char *alert_advice(enum finding_type type)
{
    return types[type].advice;
}

const char *alert_severity_name(int severity)
{
    static const struct {
        int from;
        const char *name;
    } severities[] = {{99, "critical"}, {73, "high"}, {47, "medium"}, {21, "low"}};

    for (size_t i = 0; i < sizeof(severities) / sizeof(severities[0]); i++)
        if (severity >= severities[i].from)
            return severities[i].name;
    return "informational";
}

const char *alert_outcome_words(enum outcome outcome)
{
    return outcome_words[outcome];
}

const char *alert_hypothesis_words(enum hypothesis h)
{
    return hypothesis_words[h];
}

const char *alert_inspection_words(enum inspection_state state)
{
    return inspection_words[state];
}

const char *alert_clause_words(const char *state)
{
    if (strcmp(state, "not_met") == 0)
        return "not met";
    return strcmp(state, "no_data") == 0 ? "no data" : state;
}
