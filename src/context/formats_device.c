/*
 * What devices are and what is on them: exports of device management, and answers of devices to it.
 */
#include "context/format.h"

/* ---- Android Management API: devices.list, and the usage logs that it publishes */

static const struct mapping_row android_device_rows[] = {
    {"lastStatusReportTime", FIELD_TIME, CONVERT_TIME, NULL},
    {"name", FIELD_DEVICE_ID, CONVERT_LAST, NULL},
    {"hardwareInfo.serialNumber", FIELD_DEVICE_SERIAL, CONVERT_TEXT, NULL},
    {"hardwareInfo.manufacturer", FIELD_DEVICE_MANUFACTURER, CONVERT_TEXT, NULL},
    {"hardwareInfo.model", FIELD_DEVICE_MODEL, CONVERT_TEXT, NULL},
    {"networkInfo.imei", FIELD_DEVICE_IMEI, CONVERT_TEXT, NULL},
    {"networkInfo.wifiMacAddress", FIELD_DEVICE_MAC, CONVERT_TEXT, NULL},
    {"softwareInfo.androidVersion", FIELD_DEVICE_OS_VERSION, CONVERT_TEXT, NULL},
    {"hardwareInfo", FIELD_DEVICE_OS, CONVERT_PRESENT, "android"},
    {"managementMode", FIELD_DEVICE_MANAGED, CONVERT_CHOICE,
     "DEVICE_OWNER=true;PROFILE_OWNER=true"},
    /* Who owns the whole device can do on it what supervision is on the other platform. */
    {"managementMode", FIELD_DEVICE_SUPERVISED, CONVERT_CHOICE,
     "DEVICE_OWNER=true;PROFILE_OWNER=false"},
    {"ownership", FIELD_DEVICE_OWNER, CONVERT_CHOICE,
     "COMPANY_OWNED=company;PERSONALLY_OWNED=person"},
    {"userName", FIELD_DEVICE_USER, CONVERT_LAST, NULL},
};

static const struct mapping_row android_compliance_rows[] = {
    {"lastStatusReportTime", FIELD_TIME, CONVERT_TIME, NULL},
    {"name", FIELD_DEVICE_ID, CONVERT_LAST, NULL},
    {"policyCompliant", FIELD_DEVICE_COMPLIANT, CONVERT_TEXT, NULL},
};

static const struct mapping_row android_app_rows[] = {
    {"^lastStatusReportTime", FIELD_TIME, CONVERT_TIME, NULL},
    {"^name", FIELD_DEVICE_ID, CONVERT_LAST, NULL},
    {"packageName", FIELD_APP_ID, CONVERT_TEXT, NULL},
    {"displayName", FIELD_APP_NAME, CONVERT_TEXT, NULL},
    {"versionName", FIELD_APP_VERSION, CONVERT_TEXT, NULL},
    {"packageSha256Hash", FIELD_APP_SHA256, CONVERT_TEXT, NULL},
    /* Put there by policy, or by whoever held the device. */
    {"applicationSource", FIELD_APP_MANAGED, CONVERT_CHOICE,
     "INSTALLED_FROM_PLAY_STORE=true;APPLICATION_SOURCE_UNSPECIFIED=false"},
};

#define USAGE_ROWS                                                                         \
    {"eventTime", FIELD_TIME, CONVERT_TIME, NULL},                                         \
    {                                                                                      \
        "^device", FIELD_DEVICE_ID, CONVERT_LAST, NULL                                     \
    }

static const struct mapping_row android_connect_rows[] = {
    USAGE_ROWS,
    {"connectEvent.packageName", FIELD_APP_ID, CONVERT_TEXT, NULL},
    {"connectEvent.destinationIpAddress", FIELD_NET_DST_IP, CONVERT_TEXT, NULL},
    {"connectEvent.destinationPort", FIELD_NET_DST_PORT, CONVERT_TEXT, NULL},
};

static const struct mapping_row android_dns_rows[] = {
    USAGE_ROWS,
    {"dnsEvent.packageName", FIELD_APP_ID, CONVERT_TEXT, NULL},
    {"dnsEvent.hostname", FIELD_NET_HOST, CONVERT_TEXT, NULL},
    {"dnsEvent.ipAddresses", FIELD_NET_DST_IP, CONVERT_TEXT, NULL},
};

static const struct mapping_row android_locked_rows[] = {
    USAGE_ROWS,
    {"keyguardSecuredEvent", FIELD_STATE_LOCKED, CONVERT_PRESENT, "true"},
};

static const struct mapping_row android_unlocked_rows[] = {
    USAGE_ROWS,
    {"keyguardDismissedEvent", FIELD_STATE_LOCKED, CONVERT_PRESENT, "false"},
};

static const struct mapping_row android_installed_rows[] = {
    USAGE_ROWS,
    {"certAuthorityInstalledEvent.certificate", FIELD_AUTHORITY_NAME, CONVERT_TEXT, NULL},
    {"certAuthorityInstalledEvent", FIELD_AUTHORITY_INSTALLED, CONVERT_PRESENT, "true"},
};

static const struct mapping_row android_removed_rows[] = {
    USAGE_ROWS,
    {"certAuthorityRemovedEvent.certificate", FIELD_AUTHORITY_NAME, CONVERT_TEXT, NULL},
    {"certAuthorityRemovedEvent", FIELD_AUTHORITY_INSTALLED, CONVERT_PRESENT, "false"},
};

#define USAGE(member, of_kind, table)                                                      \
    {                                                                                      \
        .each = "usageLogEvents", .needs = {member, "eventTime"}, .kind = (of_kind),       \
        FORMAT_ROWS(table)                                                                 \
    }

static const struct mapping android_mappings[] = {
    {.needs = {"name", "hardwareInfo"},
     .kind = CONTEXT_INVENTORY,
     FORMAT_ROWS(android_device_rows)},
    {.needs = {"name", "hardwareInfo", "policyCompliant"},
     .kind = CONTEXT_COMPLIANCE,
     FORMAT_ROWS(android_compliance_rows)},
    {.each = "applicationReports",
     .needs = {"packageName", "^hardwareInfo"},
     .kind = CONTEXT_APP,
     FORMAT_ROWS(android_app_rows)},
    USAGE("connectEvent", CONTEXT_NETWORK, android_connect_rows),
    USAGE("dnsEvent", CONTEXT_NETWORK, android_dns_rows),
    USAGE("keyguardSecuredEvent", CONTEXT_STATE, android_locked_rows),
    USAGE("keyguardDismissedEvent", CONTEXT_STATE, android_unlocked_rows),
    USAGE("certAuthorityInstalledEvent", CONTEXT_AUTHORITY, android_installed_rows),
    USAGE("certAuthorityRemovedEvent", CONTEXT_AUTHORITY, android_removed_rows),
};

const struct format format_android_management = {
    .name = "android-management",
    .id = CONTEXT_FORMAT_ANDROID_MANAGEMENT,
    .shape = SHAPE_JSON,
    FORMAT_MAPPINGS(android_mappings),
};

/* ---- Apple MDM: what a device answers to DeviceInformation and the lists of applications */

static const struct mapping_row apple_device_rows[] = {
    {"UDID", FIELD_DEVICE_ID, CONVERT_TEXT, NULL},
    {"UDID", FIELD_DEVICE_UDID, CONVERT_TEXT, NULL},
    {"QueryResponses.UDID", FIELD_DEVICE_UDID, CONVERT_TEXT, NULL},
    {"QueryResponses.DeviceName", FIELD_DEVICE_HOSTNAME, CONVERT_TEXT, NULL},
    {"QueryResponses.SerialNumber", FIELD_DEVICE_SERIAL, CONVERT_TEXT, NULL},
    {"QueryResponses.IMEI", FIELD_DEVICE_IMEI, CONVERT_TEXT, NULL},
    {"QueryResponses.WiFiMAC", FIELD_DEVICE_MAC, CONVERT_TEXT, NULL},
    {"QueryResponses.OSVersion", FIELD_DEVICE_OS_VERSION, CONVERT_TEXT, NULL},
    {"QueryResponses.ProductName", FIELD_DEVICE_MODEL, CONVERT_TEXT, NULL},
    {"QueryResponses.IsSupervised", FIELD_DEVICE_SUPERVISED, CONVERT_TEXT, NULL},
    {"QueryResponses", FIELD_DEVICE_MANAGED, CONVERT_PRESENT, "true"},
    {"QueryResponses", FIELD_DEVICE_MANUFACTURER, CONVERT_PRESENT, "Apple"},
    {"QueryResponses.ProductName", FIELD_DEVICE_OS, CONVERT_FIND,
     "iPhone=ios;iPad=ios;iPod=ios;Mac=macos;AppleTV=tvos"},
};

static const struct mapping_row apple_installed_rows[] = {
    {"^UDID", FIELD_DEVICE_UDID, CONVERT_TEXT, NULL},
    {"Identifier", FIELD_APP_ID, CONVERT_TEXT, NULL},
    {"Name", FIELD_APP_NAME, CONVERT_TEXT, NULL},
    {"ShortVersion", FIELD_APP_VERSION, CONVERT_TEXT, NULL},
    {"Version", FIELD_APP_VERSION, CONVERT_TEXT, NULL},
    {"Managed", FIELD_APP_MANAGED, CONVERT_TEXT, NULL},
};

/* The list's key is the app; whoever is on it is managed, whatever becomes of its installation. */
static const struct mapping_row apple_managed_rows[] = {
    {"^UDID", FIELD_DEVICE_UDID, CONVERT_TEXT, NULL},
    {"@key", FIELD_APP_ID, CONVERT_TEXT, NULL},
    {"Status", FIELD_APP_MANAGED, CONVERT_FIND,
     "Unmanaged=false;UserRejected=false;*=true"},
};

static const struct mapping apple_mappings[] = {
    {.needs = {"UDID", "QueryResponses"},
     .kind = CONTEXT_INVENTORY,
     FORMAT_ROWS(apple_device_rows)},
    {.each = "InstalledApplicationList",
     .needs = {"Identifier", "^UDID"},
     .kind = CONTEXT_APP,
     FORMAT_ROWS(apple_installed_rows)},
    {.each = "ManagedApplicationList",
     .needs = {"Status", "^UDID"},
     .kind = CONTEXT_APP,
     FORMAT_ROWS(apple_managed_rows)},
};

const struct format format_apple_mdm = {
    .name = "apple-mdm",
    .id = CONTEXT_FORMAT_APPLE_MDM,
    .shape = SHAPE_JSON,
    FORMAT_MAPPINGS(apple_mappings),
};
