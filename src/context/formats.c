#include "context/format.h"

/* The documented form: a member for each field (docs/context.md). */
static const struct mapping_row native_rows[] = {
    {"ts", FIELD_TIME, CONVERT_TIME, NULL},
    {"valid_until", FIELD_UNTIL, CONVERT_TIME, NULL},
    {"received", FIELD_RECEIVED, CONVERT_TIME, NULL},
    {"lifetime", FIELD_LIFETIME, CONVERT_TEXT, NULL},
    {"source", FIELD_SOURCE, CONVERT_TEXT, NULL},
    {"device.id", FIELD_DEVICE_ID, CONVERT_TEXT, NULL},
    {"device.hostname", FIELD_DEVICE_HOSTNAME, CONVERT_TEXT, NULL},
    {"device.ip", FIELD_DEVICE_IP, CONVERT_TEXT, NULL},
    {"device.mac", FIELD_DEVICE_MAC, CONVERT_TEXT, NULL},
    {"device.serial", FIELD_DEVICE_SERIAL, CONVERT_TEXT, NULL},
    {"device.udid", FIELD_DEVICE_UDID, CONVERT_TEXT, NULL},
    {"device.imei", FIELD_DEVICE_IMEI, CONVERT_TEXT, NULL},
    {"device.imsi", FIELD_DEVICE_IMSI, CONVERT_TEXT, NULL},
    {"device.user", FIELD_DEVICE_USER, CONVERT_TEXT, NULL},
    {"device.owner", FIELD_DEVICE_OWNER, CONVERT_TEXT, NULL},
    {"device.os", FIELD_DEVICE_OS, CONVERT_TEXT, NULL},
    {"device.os_version", FIELD_DEVICE_OS_VERSION, CONVERT_TEXT, NULL},
    {"device.manufacturer", FIELD_DEVICE_MANUFACTURER, CONVERT_TEXT, NULL},
    {"device.model", FIELD_DEVICE_MODEL, CONVERT_TEXT, NULL},
    {"device.managed", FIELD_DEVICE_MANAGED, CONVERT_TEXT, NULL},
    {"device.supervised", FIELD_DEVICE_SUPERVISED, CONVERT_TEXT, NULL},
    {"device.compliant", FIELD_DEVICE_COMPLIANT, CONVERT_TEXT, NULL},
    {"device.released", FIELD_DEVICE_RELEASED, CONVERT_TEXT, NULL},
    {"app.id", FIELD_APP_ID, CONVERT_TEXT, NULL},
    {"app.name", FIELD_APP_NAME, CONVERT_TEXT, NULL},
    {"app.version", FIELD_APP_VERSION, CONVERT_TEXT, NULL},
    {"app.sha256", FIELD_APP_SHA256, CONVERT_TEXT, NULL},
    {"app.category", FIELD_APP_CATEGORY, CONVERT_TEXT, NULL},
    {"app.expected_category", FIELD_APP_EXPECTED_CATEGORY, CONVERT_TEXT, NULL},
    {"app.managed", FIELD_APP_MANAGED, CONVERT_TEXT, NULL},
    {"app.pins", FIELD_APP_PINS, CONVERT_TEXT, NULL},
    {"app.declares_pinning", FIELD_APP_DECLARES_PINNING, CONVERT_TEXT, NULL},
    {"net.dst_ip", FIELD_NET_DST_IP, CONVERT_TEXT, NULL},
    {"net.dst_port", FIELD_NET_DST_PORT, CONVERT_TEXT, NULL},
    {"net.host", FIELD_NET_HOST, CONVERT_TEXT, NULL},
    {"net.src_port", FIELD_NET_SRC_PORT, CONVERT_TEXT, NULL},
    {"net.proto", FIELD_NET_PROTO, CONVERT_TEXT, NULL},
    {"state.foreground", FIELD_STATE_FOREGROUND, CONVERT_TEXT, NULL},
    {"state.locked", FIELD_STATE_LOCKED, CONVERT_TEXT, NULL},
    {"state.recent_interaction", FIELD_STATE_INTERACTION, CONVERT_TEXT, NULL},
    {"state.last_interaction", FIELD_STATE_INTERACTION, CONVERT_RECENT, NULL},
    {"edr.custom_trust", FIELD_EDR_CUSTOM_TRUST, CONVERT_TEXT, NULL},
    {"edr.method", FIELD_EDR_METHOD, CONVERT_TEXT, NULL},
    {"proxy.verdict", FIELD_PROXY_VERDICT, CONVERT_TEXT, NULL},
    {"proxy.error", FIELD_PROXY_ERROR, CONVERT_TEXT, NULL},
    {"proxy.tls_version", FIELD_PROXY_TLS_VERSION, CONVERT_TEXT, NULL},
    {"proxy.stage", FIELD_PROXY_STAGE, CONVERT_TEXT, NULL},
    {"alert.name", FIELD_ALERT_NAME, CONVERT_TEXT, NULL},
    {"alert.severity", FIELD_ALERT_SEVERITY, CONVERT_TEXT, NULL},
    {"ca.name", FIELD_AUTHORITY_NAME, CONVERT_TEXT, NULL},
    {"ca.installed", FIELD_AUTHORITY_INSTALLED, CONVERT_TEXT, NULL},
};

static const struct mapping native_mappings[] = {
    {.needs = {"kind"}, .kind = CONTEXT_KINDS, FORMAT_ROWS(native_rows)},
};

const struct format format_native = {
    .name = "ndjson",
    .id = CONTEXT_FORMAT_NDJSON,
    .shape = SHAPE_JSON,
    .telemetry = true,
    FORMAT_MAPPINGS(native_mappings),
};

const struct format *const context_formats[] = {
    &format_app_privacy,  &format_native,     &format_android_management,
    &format_apple_mdm,    &format_intune,     &format_jamf,
    &format_lookout,      &format_mobsf,      &format_dnsmasq,
    &format_isc_dhcpd,    &format_radius,     &format_squid,
    &format_mitmproxy,    &format_pan_os,     &format_kea,
    &format_intune_table, &format_jamf_table,
};
const size_t context_format_count = sizeof(context_formats) / sizeof(context_formats[0]);

const struct format *format_find(enum context_format id)
{
    for (size_t i = 0; i < context_format_count; i++)
        if (context_formats[i]->id == id)
            return context_formats[i];
    return NULL;
}
