/*
 * What apps do and what is in them: the privacy report of a device, a threat agent's events, the
 * analysis of an app's package.
 */
#include "context/format.h"

/* ---- iOS App Privacy Report: a line for each app and domain, over up to seven days */

static const struct mapping_row privacy_rows[] = {
    {"firstTimeStamp", FIELD_TIME, CONVERT_TIME, NULL},
    {"timeStamp", FIELD_UNTIL, CONVERT_TIME, NULL},
    {"bundleID", FIELD_APP_ID, CONVERT_TEXT, NULL},
    {"domain", FIELD_NET_HOST, CONVERT_TEXT, NULL},
};

/* The report's other lines: who used the camera, and the like. */
static const struct mapping privacy_mappings[] = {
    {.needs = {"type=networkActivity", "bundleID", "domain"},
     .kind = CONTEXT_NETWORK,
     FORMAT_ROWS(privacy_rows)},
};

const struct format format_app_privacy = {
    .name = "app-privacy",
    .id = CONTEXT_FORMAT_APP_PRIVACY,
    .shape = SHAPE_JSON,
    .passes = {"type=access", "_marker"},
    .snapshot = true,
    FORMAT_MAPPINGS(privacy_mappings),
};

/* ---- Lookout Mobile Endpoint Security: events of the Mobile Risk API */

#define LOOKOUT_ROWS                                                                       \
    {"eventTime", FIELD_TIME, CONVERT_TIME, NULL},                                         \
        {"target.externalId", FIELD_DEVICE_ID, CONVERT_TEXT, NULL},                        \
    {                                                                                      \
        "target.id", FIELD_DEVICE_ID, CONVERT_TEXT, NULL                                   \
    }

static const struct mapping_row lookout_threat_rows[] = {
    LOOKOUT_ROWS,
    {"details.classifications", FIELD_ALERT_NAME, CONVERT_TEXT, NULL},
    {"details.type", FIELD_ALERT_NAME, CONVERT_TEXT, NULL},
    {"details.severity", FIELD_ALERT_SEVERITY, CONVERT_TEXT, NULL},
    {"details.packageName", FIELD_APP_ID, CONVERT_TEXT, NULL},
    {"details.applicationName", FIELD_APP_NAME, CONVERT_TEXT, NULL},
    {"details.packageSha", FIELD_APP_SHA256, CONVERT_TEXT, NULL},
};

static const struct mapping_row lookout_device_rows[] = {
    LOOKOUT_ROWS,
    {"target.platform", FIELD_DEVICE_OS, CONVERT_CHOICE, "ANDROID=android;IOS=ios"},
    {"target.osVersion", FIELD_DEVICE_OS_VERSION, CONVERT_TEXT, NULL},
    {"target.manufacturer", FIELD_DEVICE_MANUFACTURER, CONVERT_TEXT, NULL},
    {"target.model", FIELD_DEVICE_MODEL, CONVERT_TEXT, NULL},
    {"target.emailAddress", FIELD_DEVICE_USER, CONVERT_TEXT, NULL},
};

static const struct mapping lookout_mappings[] = {
    {.needs = {"type=THREAT", "details", "target"},
     .kind = CONTEXT_ALERT,
     FORMAT_ROWS(lookout_threat_rows)},
    {.needs = {"eventTime", "target.platform"},
     .kind = CONTEXT_INVENTORY,
     FORMAT_ROWS(lookout_device_rows)},
};

const struct format format_lookout = {
    .name = "lookout",
    .id = CONTEXT_FORMAT_LOOKOUT,
    .shape = SHAPE_JSON,
    .telemetry = true,
    FORMAT_MAPPINGS(lookout_mappings),
};

/* ---- MobSF: the report of a static analysis, of an APK or an IPA */

static const struct mapping_row mobsf_rows[] = {
    {"package_name", FIELD_APP_ID, CONVERT_TEXT, NULL},
    {"bundle_id", FIELD_APP_ID, CONVERT_TEXT, NULL},
    {"app_name", FIELD_APP_NAME, CONVERT_TEXT, NULL},
    {"version_name", FIELD_APP_VERSION, CONVERT_TEXT, NULL},
    {"app_version", FIELD_APP_VERSION, CONVERT_TEXT, NULL},
    {"sha256", FIELD_APP_SHA256, CONVERT_TEXT, NULL},
    {"code_analysis.findings.android_ssl_pinning", FIELD_APP_PINS, CONVERT_PRESENT, "true"},
    {"code_analysis.findings.android_ssl_pinning.files", FIELD_APP_PINS, CONVERT_PRESENT,
     "true"},
    {"code_analysis.findings", FIELD_APP_PINS, CONVERT_PRESENT, "false"},
    /* Pins in the network security configuration are declared; pins in code alone are not. */
    {"network_security.network_findings", FIELD_APP_DECLARES_PINNING, CONVERT_FIND,
     "pinning=true;*=false"},
};

static const struct mapping mobsf_mappings[] = {
    {.needs = {"package_name", "code_analysis", "sha256"},
     .kind = CONTEXT_ANALYSIS,
     FORMAT_ROWS(mobsf_rows)},
    {.needs = {"bundle_id", "code_analysis", "sha256"},
     .kind = CONTEXT_ANALYSIS,
     FORMAT_ROWS(mobsf_rows)},
};

const struct format format_mobsf = {
    .name = "mobsf",
    .id = CONTEXT_FORMAT_MOBSF,
    .shape = SHAPE_JSON,
    FORMAT_MAPPINGS(mobsf_mappings),
};
