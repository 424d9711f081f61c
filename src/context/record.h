/*
 * One context record: what a feed tells about a device, an app or a connection at a time, in the
 * one form that every adapter ends in (docs/context.md). A record is a set of fields; each value is
 * checked and written in one spelling when it is added, so that equal things compare equal:
 * addresses and names in lower case, MACs as twelve digits, truths as "true" and "false". A field
 * that is a list holds its values with a blank between them.
 *
 * Limits: a text is cut at CONTEXT_TEXT_MAX bytes; what does not fit into CONTEXT_RECORD_MAX
 * bytes altogether is refused.
 */
#pragma once

#include "base/address.h"
#include "base/err.h"
#include "base/span.h"

#define CONTEXT_TEXT_MAX 200
#define CONTEXT_RECORD_MAX 4096

enum context_kind {
    CONTEXT_LEASE,      /* an address is a device's for a time */
    CONTEXT_INVENTORY,  /* what a device is */
    CONTEXT_APP,        /* an app is installed on a device */
    CONTEXT_NETWORK,    /* an app connected, or asked for a name */
    CONTEXT_STATE,      /* app or device: foreground, locked, used */
    CONTEXT_EDR,        /* an app validated certificates by itself */
    CONTEXT_PROXY,      /* what the inspecting proxy says of a connection */
    CONTEXT_ANALYSIS,   /* what an app is, on any device */
    CONTEXT_COMPLIANCE, /* the device meets its policy, or not */
    CONTEXT_ALERT,      /* another product raised an alert about the device */
    CONTEXT_AUTHORITY,  /* an authority was installed on a device, or removed */
    CONTEXT_KINDS,
};

enum context_field {
    FIELD_DEVICE_ID,
    FIELD_DEVICE_HOSTNAME,
    FIELD_DEVICE_IP,  /* list */
    FIELD_DEVICE_MAC, /* list */
    FIELD_DEVICE_SERIAL,
    FIELD_DEVICE_UDID,
    FIELD_DEVICE_IMEI,
    FIELD_DEVICE_IMSI,
    FIELD_DEVICE_USER,
    FIELD_DEVICE_OWNER,
    FIELD_DEVICE_OS,
    FIELD_DEVICE_OS_VERSION,
    FIELD_DEVICE_MANUFACTURER,
    FIELD_DEVICE_MODEL,
    FIELD_DEVICE_MANAGED,
    FIELD_DEVICE_SUPERVISED,
    FIELD_DEVICE_COMPLIANT,
    FIELD_DEVICE_RELEASED, /* the lease ends with this record */
    FIELD_APP_ID,
    FIELD_APP_NAME,
    FIELD_APP_VERSION,
    FIELD_APP_SHA256,
    FIELD_APP_CATEGORY,
    FIELD_APP_EXPECTED_CATEGORY,
    FIELD_APP_MANAGED,
    FIELD_APP_PINS,
    FIELD_APP_DECLARES_PINNING,
    FIELD_NET_DST_IP, /* list */
    FIELD_NET_DST_PORT,
    FIELD_NET_HOST,
    FIELD_NET_SRC_PORT,
    FIELD_NET_PROTO,
    FIELD_STATE_FOREGROUND,
    FIELD_STATE_LOCKED,
    FIELD_STATE_INTERACTION,
    FIELD_EDR_CUSTOM_TRUST,
    FIELD_EDR_METHOD,
    FIELD_PROXY_VERDICT, /* "client_rejected", "accepted", "bypassed", "failed" */
    FIELD_PROXY_ERROR,
    FIELD_PROXY_TLS_VERSION,
    FIELD_PROXY_STAGE,
    FIELD_ALERT_NAME,
    FIELD_ALERT_SEVERITY,
    FIELD_AUTHORITY_NAME,
    FIELD_AUTHORITY_INSTALLED,
    FIELD_SOURCE, /* who says so, in its own words */
    CONTEXT_TEXTS,
    FIELD_TIME = CONTEXT_TEXTS, /* these are times and numbers, not texts */
    FIELD_UNTIL,
    FIELD_RECEIVED,
    FIELD_LIFETIME, /* seconds: `until` less `time` where one of them is missing */
    CONTEXT_FIELDS,
};

struct context_record {
    enum context_kind kind;
    uint64_t time_ns;     /* 0: not told */
    uint64_t until_ns;    /* 0: not told */
    uint64_t received_ns; /* when it became known, 0: at once */
    uint64_t lifetime_s;
    const char *format;         /* name of the format that it came in; static */
    bool telemetry;             /* of an agent on the device that sees what apps do */
    uint16_t at[CONTEXT_TEXTS]; /* where a value begins, plus 1; 0: absent */
    uint16_t len;
    char blob[CONTEXT_RECORD_MAX];
};

void record_init(struct context_record *r, enum context_kind kind);

/* Add a value; a list grows, anything else keeps its first value. Empty ones are left out. -1 with
 * what was expected when it is none of the field's type, or there is no room. */
int record_add(struct context_record *r, enum context_field field, struct span value,
               struct err *why);
void record_set_time(struct context_record *r, enum context_field field, uint64_t ns);

/* The value, NULL when it is absent. */
const char *record_text(const struct context_record *r, enum context_field field);

/* All is there: derive the times that follow from others and say what is missing (-1). */
int record_finish(struct context_record *r, struct err *why);

/* "device.id", "ts"; "lease". CONTEXT_FIELDS / CONTEXT_KINDS when there is none of that name. */
const char *context_field_name(enum context_field field);
enum context_field context_field_find(const char *name, size_t len);
const char *context_kind_name(enum context_kind kind);
enum context_kind context_kind_find(const char *name);

bool context_field_is_list(enum context_field field);

/* The next value of a list: `list` is consumed; false at its end. */
bool context_list_next(struct span *list, struct span *out);
