/*
 * Exports of device management products: Intune (Microsoft Graph) and Jamf Pro, as JSON of their
 * interfaces and as the tables that their consoles write.
 */
#include "context/format.h"

#define INTUNE_OS                                                                          \
    "Android=android;iOS=ios;iPadOS=ios;macOS=macos;Windows=windows;Linux=linux"

/* ---- Intune: managedDevices, with detectedApps where they were expanded */

static const struct mapping_row intune_device_rows[] = {
    {"lastSyncDateTime", FIELD_TIME, CONVERT_TIME, NULL},
    {"id", FIELD_DEVICE_ID, CONVERT_TEXT, NULL},
    {"deviceName", FIELD_DEVICE_HOSTNAME, CONVERT_TEXT, NULL},
    {"serialNumber", FIELD_DEVICE_SERIAL, CONVERT_TEXT, NULL},
    {"imei", FIELD_DEVICE_IMEI, CONVERT_TEXT, NULL},
    {"udid", FIELD_DEVICE_UDID, CONVERT_TEXT, NULL},
    {"wiFiMacAddress", FIELD_DEVICE_MAC, CONVERT_TEXT, NULL},
    {"operatingSystem", FIELD_DEVICE_OS, CONVERT_FIND, INTUNE_OS},
    {"osVersion", FIELD_DEVICE_OS_VERSION, CONVERT_TEXT, NULL},
    {"manufacturer", FIELD_DEVICE_MANUFACTURER, CONVERT_TEXT, NULL},
    {"model", FIELD_DEVICE_MODEL, CONVERT_TEXT, NULL},
    {"isSupervised", FIELD_DEVICE_SUPERVISED, CONVERT_TEXT, NULL},
    {"managementAgent", FIELD_DEVICE_MANAGED, CONVERT_CHOICE, "unknown=false;*=true"},
    {"userPrincipalName", FIELD_DEVICE_USER, CONVERT_TEXT, NULL},
    {"managedDeviceOwnerType", FIELD_DEVICE_OWNER, CONVERT_CHOICE,
     "company=company;personal=person"},
};

static const struct mapping_row intune_compliance_rows[] = {
    {"lastSyncDateTime", FIELD_TIME, CONVERT_TIME, NULL},
    {"id", FIELD_DEVICE_ID, CONVERT_TEXT, NULL},
    {"complianceState", FIELD_DEVICE_COMPLIANT, CONVERT_CHOICE,
     "compliant=true;noncompliant=false;conflict=false;error=false"},
    {"complianceState", FIELD_ALERT_NAME, CONVERT_TEXT, NULL},
};

static const struct mapping_row intune_jailbroken_rows[] = {
    {"lastSyncDateTime", FIELD_TIME, CONVERT_TIME, NULL},
    {"id", FIELD_DEVICE_ID, CONVERT_TEXT, NULL},
    {"jailBroken", FIELD_ALERT_NAME, CONVERT_PRESENT, "jailbroken or rooted"},
};

static const struct mapping_row intune_app_rows[] = {
    {"^lastSyncDateTime", FIELD_TIME, CONVERT_TIME, NULL},
    {"^id", FIELD_DEVICE_ID, CONVERT_TEXT, NULL},
    {"displayName", FIELD_APP_NAME, CONVERT_TEXT, NULL},
    {"version", FIELD_APP_VERSION, CONVERT_TEXT, NULL},
};

static const struct mapping intune_mappings[] = {
    {.needs = {"deviceName", "operatingSystem", "managementAgent"},
     .kind = CONTEXT_INVENTORY,
     FORMAT_ROWS(intune_device_rows)},
    {.needs = {"deviceName", "lastSyncDateTime", "complianceState=compliant"},
     .kind = CONTEXT_COMPLIANCE,
     FORMAT_ROWS(intune_compliance_rows)},
    {.needs = {"deviceName", "lastSyncDateTime", "complianceState=noncompliant"},
     .kind = CONTEXT_COMPLIANCE,
     FORMAT_ROWS(intune_compliance_rows)},
    {.needs = {"deviceName", "lastSyncDateTime", "jailBroken=True"},
     .kind = CONTEXT_ALERT,
     FORMAT_ROWS(intune_jailbroken_rows)},
    {.each = "detectedApps",
     .needs = {"displayName", "^deviceName"},
     .kind = CONTEXT_APP,
     FORMAT_ROWS(intune_app_rows)},
};

const struct format format_intune = {
    .name = "intune",
    .id = CONTEXT_FORMAT_INTUNE,
    .shape = SHAPE_JSON,
    FORMAT_MAPPINGS(intune_mappings),
};

/* The console's table of all devices. */
static const struct mapping_row intune_table_rows[] = {
    {"Last check-in", FIELD_TIME, CONVERT_TIME, NULL},
    {"Device ID", FIELD_DEVICE_ID, CONVERT_TEXT, NULL},
    {"Device name", FIELD_DEVICE_HOSTNAME, CONVERT_TEXT, NULL},
    {"Serial number", FIELD_DEVICE_SERIAL, CONVERT_TEXT, NULL},
    {"IMEI", FIELD_DEVICE_IMEI, CONVERT_TEXT, NULL},
    {"Wi-Fi MAC", FIELD_DEVICE_MAC, CONVERT_TEXT, NULL},
    {"OS", FIELD_DEVICE_OS, CONVERT_FIND, INTUNE_OS},
    {"OS version", FIELD_DEVICE_OS_VERSION, CONVERT_TEXT, NULL},
    {"Manufacturer", FIELD_DEVICE_MANUFACTURER, CONVERT_TEXT, NULL},
    {"Model", FIELD_DEVICE_MODEL, CONVERT_TEXT, NULL},
    {"Supervised", FIELD_DEVICE_SUPERVISED, CONVERT_TEXT, NULL},
    {"Managed by", FIELD_DEVICE_MANAGED, CONVERT_CHOICE, "=false;Unknown=false;*=true"},
    {"Primary user UPN", FIELD_DEVICE_USER, CONVERT_TEXT, NULL},
    {"Ownership", FIELD_DEVICE_OWNER, CONVERT_CHOICE, "Corporate=company;Personal=person"},
    {"Compliance", FIELD_DEVICE_COMPLIANT, CONVERT_CHOICE,
     "Compliant=true;Noncompliant=false;Not compliant=false"},
};

static const struct mapping intune_table_mappings[] = {
    {.needs = {"Device ID", "Device name", "OS version"},
     .kind = CONTEXT_INVENTORY,
     FORMAT_ROWS(intune_table_rows)},
};

const struct format format_intune_table = {
    .name = "intune",
    .id = CONTEXT_FORMAT_INTUNE,
    .shape = SHAPE_CSV,
    .snapshot = true,
    FORMAT_MAPPINGS(intune_table_mappings),
};

/* ---- Jamf Pro: mobile-devices/ID/detail, the classic interface, and the console's table */

static const struct mapping_row jamf_rows[] = {
    {"lastInventoryUpdateTimestamp", FIELD_TIME, CONVERT_TIME, NULL},
    {"udid", FIELD_DEVICE_UDID, CONVERT_TEXT, NULL},
    {"id", FIELD_DEVICE_ID, CONVERT_TEXT, NULL},
    {"name", FIELD_DEVICE_HOSTNAME, CONVERT_TEXT, NULL},
    {"serialNumber", FIELD_DEVICE_SERIAL, CONVERT_TEXT, NULL},
    {"wifiMacAddress", FIELD_DEVICE_MAC, CONVERT_TEXT, NULL},
    {"ipAddress", FIELD_DEVICE_IP, CONVERT_TEXT, NULL},
    {"osVersion", FIELD_DEVICE_OS_VERSION, CONVERT_TEXT, NULL},
    {"type", FIELD_DEVICE_OS, CONVERT_TEXT, NULL},
    {"managed", FIELD_DEVICE_MANAGED, CONVERT_TEXT, NULL},
    {"ios.supervised", FIELD_DEVICE_SUPERVISED, CONVERT_TEXT, NULL},
    {"ios.modelIdentifier", FIELD_DEVICE_MODEL, CONVERT_TEXT, NULL},
    {"location.username", FIELD_DEVICE_USER, CONVERT_TEXT, NULL},
    {"udid", FIELD_DEVICE_MANUFACTURER, CONVERT_PRESENT, "Apple"},
};

static const struct mapping_row jamf_app_rows[] = {
    {"^lastInventoryUpdateTimestamp", FIELD_TIME, CONVERT_TIME, NULL},
    {"^udid", FIELD_DEVICE_UDID, CONVERT_TEXT, NULL},
    {"identifier", FIELD_APP_ID, CONVERT_TEXT, NULL},
    {"name", FIELD_APP_NAME, CONVERT_TEXT, NULL},
    {"shortVersion", FIELD_APP_VERSION, CONVERT_TEXT, NULL},
    {"version", FIELD_APP_VERSION, CONVERT_TEXT, NULL},
    {"managementStatus", FIELD_APP_MANAGED, CONVERT_CHOICE,
     "Managed=true;Unmanaged=false;Not Managed=false"},
};

static const struct mapping_row jamf_classic_rows[] = {
    {"mobile_device.general.last_inventory_update_utc", FIELD_TIME, CONVERT_TIME, NULL},
    {"mobile_device.general.udid", FIELD_DEVICE_UDID, CONVERT_TEXT, NULL},
    {"mobile_device.general.id", FIELD_DEVICE_ID, CONVERT_TEXT, NULL},
    {"mobile_device.general.device_name", FIELD_DEVICE_HOSTNAME, CONVERT_TEXT, NULL},
    {"mobile_device.general.serial_number", FIELD_DEVICE_SERIAL, CONVERT_TEXT, NULL},
    {"mobile_device.general.wifi_mac_address", FIELD_DEVICE_MAC, CONVERT_TEXT, NULL},
    {"mobile_device.general.ip_address", FIELD_DEVICE_IP, CONVERT_TEXT, NULL},
    {"mobile_device.general.os_type", FIELD_DEVICE_OS, CONVERT_FIND, "iOS=ios;iPadOS=ios"},
    {"mobile_device.general.os_version", FIELD_DEVICE_OS_VERSION, CONVERT_TEXT, NULL},
    {"mobile_device.general.model_identifier", FIELD_DEVICE_MODEL, CONVERT_TEXT, NULL},
    {"mobile_device.general.managed", FIELD_DEVICE_MANAGED, CONVERT_TEXT, NULL},
    {"mobile_device.general.supervised", FIELD_DEVICE_SUPERVISED, CONVERT_TEXT, NULL},
    {"mobile_device.location.username", FIELD_DEVICE_USER, CONVERT_TEXT, NULL},
    {"mobile_device.general", FIELD_DEVICE_MANUFACTURER, CONVERT_PRESENT, "Apple"},
};

static const struct mapping_row jamf_classic_app_rows[] = {
    {"^mobile_device.general.last_inventory_update_utc", FIELD_TIME, CONVERT_TIME, NULL},
    {"^mobile_device.general.udid", FIELD_DEVICE_UDID, CONVERT_TEXT, NULL},
    {"identifier", FIELD_APP_ID, CONVERT_TEXT, NULL},
    {"application_name", FIELD_APP_NAME, CONVERT_TEXT, NULL},
    {"application_short_version", FIELD_APP_VERSION, CONVERT_TEXT, NULL},
    {"application_version", FIELD_APP_VERSION, CONVERT_TEXT, NULL},
};

static const struct mapping jamf_mappings[] = {
    {.needs = {"udid", "lastInventoryUpdateTimestamp"},
     .kind = CONTEXT_INVENTORY,
     FORMAT_ROWS(jamf_rows)},
    {.each = "ios.applications",
     .needs = {"identifier", "^udid"},
     .kind = CONTEXT_APP,
     FORMAT_ROWS(jamf_app_rows)},
    {.needs = {"mobile_device.general.udid"},
     .kind = CONTEXT_INVENTORY,
     FORMAT_ROWS(jamf_classic_rows)},
    {.each = "mobile_device.applications",
     .needs = {"identifier", "^mobile_device.general.udid"},
     .kind = CONTEXT_APP,
     FORMAT_ROWS(jamf_classic_app_rows)},
};

const struct format format_jamf = {
    .name = "jamf",
    .id = CONTEXT_FORMAT_JAMF,
    .shape = SHAPE_JSON,
    FORMAT_MAPPINGS(jamf_mappings),
};

static const struct mapping_row jamf_table_rows[] = {
    {"Last Inventory Update", FIELD_TIME, CONVERT_TIME, NULL},
    {"UDID", FIELD_DEVICE_UDID, CONVERT_TEXT, NULL},
    {"Display Name", FIELD_DEVICE_HOSTNAME, CONVERT_TEXT, NULL},
    {"Serial Number", FIELD_DEVICE_SERIAL, CONVERT_TEXT, NULL},
    {"Wi-Fi MAC Address", FIELD_DEVICE_MAC, CONVERT_TEXT, NULL},
    {"OS Version", FIELD_DEVICE_OS_VERSION, CONVERT_TEXT, NULL},
    {"Model Identifier", FIELD_DEVICE_MODEL, CONVERT_TEXT, NULL},
    {"Model Identifier", FIELD_DEVICE_OS, CONVERT_FIND, "iPhone=ios;iPad=ios;iPod=ios"},
    {"Managed", FIELD_DEVICE_MANAGED, CONVERT_CHOICE,
     "Managed=true;Unmanaged=false;Yes=true;No=false"},
    {"Supervised", FIELD_DEVICE_SUPERVISED, CONVERT_TEXT, NULL},
    {"Username", FIELD_DEVICE_USER, CONVERT_TEXT, NULL},
};

static const struct mapping jamf_table_mappings[] = {
    {.needs = {"Display Name", "Serial Number", "UDID"},
     .kind = CONTEXT_INVENTORY,
     FORMAT_ROWS(jamf_table_rows)},
};

const struct format format_jamf_table = {
    .name = "jamf",
    .id = CONTEXT_FORMAT_JAMF,
    .shape = SHAPE_CSV,
    .snapshot = true,
    FORMAT_MAPPINGS(jamf_table_mappings),
};
