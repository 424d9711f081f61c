#include "detect/finding.h"

#include "tap.h"

static void test_types(void)
{
    static const char *const names[] = {
        "refused_then_direct", "pinning_suspected",     "opaque_direct_beacon",
        "opaque_direct",       "inspection_refused",    "short_lived_sessions",
        "app_ca_untrusted",    "device_not_onboarded",  "site_or_inspector_fault",
        "mtls_required",       "pin_rotation_breakage", "pinning_removed",
        "unknown_interceptor"};

    is_int(FINDING_TYPE_COUNT, 13, "thirteen types");
    for (int i = 0; i < FINDING_TYPE_COUNT; i++)
        is_text(finding_type_name((enum finding_type)i), names[i],
                "number %d in the order of precedence", i + 1);
}

static void test_states(void)
{
    is_text(finding_state_name(FINDING_OPEN), "open", "open");
    is_text(finding_state_name(FINDING_UPDATED), "updated", "updated");
    is_text(finding_state_name(FINDING_CLOSED), "closed", "closed");
    is_text(finding_state_name(FINDING_RETRACTED), "retracted", "retracted");
}

static void test_hypotheses(void)
{
    is_text(hypothesis_name(HYPOTHESIS_PIN), "app_pins", "the app pins");
    is_text(hypothesis_name(HYPOTHESIS_APPCA), "app_ca_untrusted", "the app distrusts");
    is_text(hypothesis_name(HYPOTHESIS_DEV), "device_not_onboarded", "the device lacks it");
    is_text(hypothesis_name(HYPOTHESIS_SITE), "site_or_inspector_fault",
            "the site is at fault");
}

int main(void)
{
    test_types();
    test_states();
    test_hypotheses();
    return done_testing();
}
