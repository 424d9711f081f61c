#include "detect/finding.h"

static const char *const type_names[FINDING_TYPE_COUNT] = {
    [FINDING_REFUSED_THEN_DIRECT] = "refused_then_direct",
    [FINDING_PINNING_SUSPECTED] = "pinning_suspected",
    [FINDING_OPAQUE_DIRECT_BEACON] = "opaque_direct_beacon",
    [FINDING_OPAQUE_DIRECT] = "opaque_direct",
    [FINDING_INSPECTION_REFUSED] = "inspection_refused",
    [FINDING_SHORT_LIVED_SESSIONS] = "short_lived_sessions",
    [FINDING_APP_CA_UNTRUSTED] = "app_ca_untrusted",
    [FINDING_DEVICE_NOT_ONBOARDED] = "device_not_onboarded",
    [FINDING_SITE_OR_INSPECTOR_FAULT] = "site_or_inspector_fault",
    [FINDING_MTLS_REQUIRED] = "mtls_required",
    [FINDING_PIN_ROTATION_BREAKAGE] = "pin_rotation_breakage",
    [FINDING_PINNING_REMOVED] = "pinning_removed",
    [FINDING_UNKNOWN_INTERCEPTOR] = "unknown_interceptor",
};

static const char *const state_names[] = {
    [FINDING_OPEN] = "open",
    [FINDING_UPDATED] = "updated",
    [FINDING_CLOSED] = "closed",
    [FINDING_RETRACTED] = "retracted",
};

static const char *const hypothesis_names[HYPOTHESES] = {
    [HYPOTHESIS_PIN] = "app_pins",
    [HYPOTHESIS_APPCA] = "app_ca_untrusted",
    [HYPOTHESIS_DEV] = "device_not_onboarded",
    [HYPOTHESIS_SITE] = "site_or_inspector_fault",
};

const char *finding_type_name(enum finding_type type)
{
    return type_names[type];
}

const char *finding_state_name(enum finding_state state)
{
    return state_names[state];
}

const char *hypothesis_name(enum hypothesis h)
{
    return hypothesis_names[h];
}
