/*
 * Who has an address: DHCP servers' lease files and RADIUS accounting.
 */
#include "context/format.h"

/* ---- dnsmasq: expiry, MAC, address, name, client id; 0: the lease never ends */

static const struct line_rule dnsmasq_rules[] = {
    {"{expiry:d} {mac:m} {ip:a} {host} {client}", LINE_ITEM},
    {"duid {server}", LINE_SKIP},
    {"{expiry:d} {iaid} {ip:a} {host} {duid}", LINE_ITEM},
};

static const struct mapping_row dnsmasq_rows[] = {
    {"expiry", FIELD_UNTIL, CONVERT_SECONDS, NULL},
    {"mac", FIELD_DEVICE_MAC, CONVERT_TEXT, NULL},
    {"ip", FIELD_DEVICE_IP, CONVERT_TEXT, NULL},
    {"host", FIELD_DEVICE_HOSTNAME, CONVERT_TEXT, NULL},
};

static const struct mapping dnsmasq_mappings[] = {
    {.needs = {"expiry", "ip"}, .kind = CONTEXT_LEASE, FORMAT_ROWS(dnsmasq_rows)},
};

const struct format format_dnsmasq = {
    .name = "dnsmasq",
    .id = CONTEXT_FORMAT_DNSMASQ,
    .shape = SHAPE_LINES,
    .strict = true,
    .snapshot = true,
    FORMAT_RULES(dnsmasq_rules),
    FORMAT_MAPPINGS(dnsmasq_mappings),
};

/* ---- ISC dhcpd.leases(5) */

static const struct line_rule isc_rules[] = {
    {"lease {ip:a} {{", LINE_OPEN},
    {"starts {day:d} {starts*};", LINE_ADD},
    {"ends {day:d} {ends*};", LINE_ADD},
    {"starts epoch {starts};{note*}", LINE_ADD},
    {"ends epoch {ends};{note*}", LINE_ADD},
    {"binding state {state};", LINE_ADD},
    {"hardware ethernet {mac:m};", LINE_ADD},
    {"client-hostname \"{host*}\";", LINE_ADD},
    {"}", LINE_CLOSE},
    {"server-duid {duid*};", LINE_SKIP},
    {"authoring-byte-order {order};", LINE_SKIP},
    {"{other*};", LINE_SKIP},
};

static const struct mapping_row isc_rows[] = {
    {"starts", FIELD_TIME, CONVERT_TIME, NULL},
    {"ends", FIELD_UNTIL, CONVERT_TIME, NULL},
    {"mac", FIELD_DEVICE_MAC, CONVERT_TEXT, NULL},
    {"ip", FIELD_DEVICE_IP, CONVERT_TEXT, NULL},
    {"host", FIELD_DEVICE_HOSTNAME, CONVERT_TEXT, NULL},
};

/* Given back or taken away before its time: it ended with the last write, `ends`. */
static const struct mapping_row isc_released_rows[] = {
    {"ends", FIELD_TIME, CONVERT_TIME, NULL},
    {"mac", FIELD_DEVICE_MAC, CONVERT_TEXT, NULL},
    {"ip", FIELD_DEVICE_IP, CONVERT_TEXT, NULL},
    {"state", FIELD_DEVICE_RELEASED, CONVERT_PRESENT, "true"},
};

static const struct mapping isc_mappings[] = {
    {.needs = {"ip", "state=active"}, .kind = CONTEXT_LEASE, FORMAT_ROWS(isc_rows)},
    {.needs = {"ip", "state=free", "starts"}, .kind = CONTEXT_LEASE, FORMAT_ROWS(isc_rows)},
    {.needs = {"ip", "state=released", "ends"},
     .kind = CONTEXT_LEASE,
     FORMAT_ROWS(isc_released_rows)},
};

const struct format format_isc_dhcpd = {
    .name = "isc-dhcpd",
    .id = CONTEXT_FORMAT_ISC_DHCPD,
    .shape = SHAPE_LINES,
    .strict = true,
    .snapshot = true,
    FORMAT_RULES(isc_rules),
    FORMAT_MAPPINGS(isc_mappings),
};

/* ---- Kea's memfile, of version 4 and 6; state 0 is a lease, 1 declined, 2 reclaimed */

static const struct mapping_row kea_rows[] = {
    {"expire", FIELD_UNTIL, CONVERT_SECONDS, NULL},
    {"valid_lifetime", FIELD_LIFETIME, CONVERT_TEXT, NULL},
    {"address", FIELD_DEVICE_IP, CONVERT_TEXT, NULL},
    {"hwaddr", FIELD_DEVICE_MAC, CONVERT_TEXT, NULL},
    {"hostname", FIELD_DEVICE_HOSTNAME, CONVERT_TEXT, NULL},
};

static const struct mapping kea_mappings[] = {
    {.needs = {"address", "expire", "state=0"},
     .kind = CONTEXT_LEASE,
     FORMAT_ROWS(kea_rows)},
    {.needs = {"address", "expire", "state=2"},
     .kind = CONTEXT_LEASE,
     FORMAT_ROWS(kea_rows)},
};

const struct format format_kea = {
    .name = "kea",
    .id = CONTEXT_FORMAT_KEA,
    .shape = SHAPE_CSV,
    .passes = {"state=1"}, /* declined */
    FORMAT_MAPPINGS(kea_mappings),
};

/* ---- RADIUS accounting: FreeRADIUS detail files, and the same attributes as JSON */

static const struct line_rule radius_rules[] = {
    {"{weekday} {month} {day:d} {clock} {year:d}", LINE_OPEN},
    {"{key} = \"{value*}\"", LINE_PAIR},
    {"{key} = {value*}", LINE_PAIR},
    {"", LINE_CLOSE},
};

#define RADIUS_ROWS                                                                        \
    {"Timestamp", FIELD_TIME, CONVERT_SECONDS, NULL},                                      \
        {"Event-Timestamp", FIELD_TIME, CONVERT_TIME, NULL},                               \
        {"Framed-IP-Address", FIELD_DEVICE_IP, CONVERT_TEXT, NULL},                        \
        {"Framed-IPv6-Address", FIELD_DEVICE_IP, CONVERT_TEXT, NULL},                      \
        {"Calling-Station-Id", FIELD_DEVICE_MAC, CONVERT_STATION, NULL},                   \
        {"3GPP-IMSI", FIELD_DEVICE_IMSI, CONVERT_TEXT, NULL},                              \
        {"3GPP-IMEISV", FIELD_DEVICE_IMEI, CONVERT_TEXT, NULL},                            \
    {                                                                                      \
        "User-Name", FIELD_DEVICE_USER, CONVERT_TEXT, NULL                                 \
    }

static const struct mapping_row radius_rows[] = {RADIUS_ROWS};

/* The session is over: it began Acct-Session-Time ago. */
static const struct mapping_row radius_stop_rows[] = {
    RADIUS_ROWS,
    {"Acct-Status-Type", FIELD_DEVICE_RELEASED, CONVERT_PRESENT, "true"},
};

static const struct mapping_row radius_past_rows[] = {
    {"Timestamp", FIELD_UNTIL, CONVERT_SECONDS, NULL},
    {"Event-Timestamp", FIELD_UNTIL, CONVERT_TIME, NULL},
    {"Acct-Session-Time", FIELD_LIFETIME, CONVERT_TEXT, NULL},
    {"Framed-IP-Address", FIELD_DEVICE_IP, CONVERT_TEXT, NULL},
    {"Framed-IPv6-Address", FIELD_DEVICE_IP, CONVERT_TEXT, NULL},
    {"Calling-Station-Id", FIELD_DEVICE_MAC, CONVERT_STATION, NULL},
    {"3GPP-IMSI", FIELD_DEVICE_IMSI, CONVERT_TEXT, NULL},
    {"3GPP-IMEISV", FIELD_DEVICE_IMEI, CONVERT_TEXT, NULL},
    {"User-Name", FIELD_DEVICE_USER, CONVERT_TEXT, NULL},
};

static const struct mapping radius_mappings[] = {
    {.needs = {"Acct-Status-Type=Start"}, .kind = CONTEXT_LEASE, FORMAT_ROWS(radius_rows)},
    {.needs = {"Acct-Status-Type=Interim-Update"},
     .kind = CONTEXT_LEASE,
     FORMAT_ROWS(radius_rows)},
    {.needs = {"Acct-Status-Type=Stop"},
     .kind = CONTEXT_LEASE,
     FORMAT_ROWS(radius_stop_rows)},
    {.needs = {"Acct-Status-Type=Stop", "Acct-Session-Time"},
     .kind = CONTEXT_LEASE,
     FORMAT_ROWS(radius_past_rows)},
};

const struct format format_radius = {
    .name = "radius",
    .id = CONTEXT_FORMAT_RADIUS,
    .shape = SHAPE_LINES,
    .strict = true,
    FORMAT_RULES(radius_rules),
    FORMAT_MAPPINGS(radius_mappings),
};
