#include "context/record.h"

#include <ctype.h>
#include <stdio.h>

#include "base/nanotime.h"

#define PORT_MAX 65535u

enum type {
    TYPE_TEXT,
    TYPE_NAME, /* of a host: lower case, no dot at its end */
    TYPE_BOOL,
    TYPE_ADDRESS,
    TYPE_MAC,
    TYPE_PORT,
    TYPE_DIGITS, /* lower case letters and digits: what identifies a device */
    TYPE_TIME,
    TYPE_SECONDS,
};

static const struct {
    const char *name;
    enum type type;
    bool list;
} fields[CONTEXT_FIELDS] = {
    [FIELD_DEVICE_ID] = {"device.id", TYPE_TEXT, false},
    [FIELD_DEVICE_HOSTNAME] = {"device.hostname", TYPE_TEXT, false},
    [FIELD_DEVICE_IP] = {"device.ip", TYPE_ADDRESS, true},
    [FIELD_DEVICE_MAC] = {"device.mac", TYPE_MAC, true},
    [FIELD_DEVICE_SERIAL] = {"device.serial", TYPE_TEXT, false},
    [FIELD_DEVICE_UDID] = {"device.udid", TYPE_DIGITS, false},
    [FIELD_DEVICE_IMEI] = {"device.imei", TYPE_DIGITS, false},
    [FIELD_DEVICE_IMSI] = {"device.imsi", TYPE_DIGITS, false},
    [FIELD_DEVICE_USER] = {"device.user", TYPE_TEXT, false},
    [FIELD_DEVICE_OWNER] = {"device.owner", TYPE_TEXT, false},
    [FIELD_DEVICE_OS] = {"device.os", TYPE_NAME, false},
    [FIELD_DEVICE_OS_VERSION] = {"device.os_version", TYPE_TEXT, false},
    [FIELD_DEVICE_MANUFACTURER] = {"device.manufacturer", TYPE_TEXT, false},
    [FIELD_DEVICE_MODEL] = {"device.model", TYPE_TEXT, false},
    [FIELD_DEVICE_MANAGED] = {"device.managed", TYPE_BOOL, false},
    [FIELD_DEVICE_SUPERVISED] = {"device.supervised", TYPE_BOOL, false},
    [FIELD_DEVICE_COMPLIANT] = {"device.compliant", TYPE_BOOL, false},
    [FIELD_DEVICE_RELEASED] = {"device.released", TYPE_BOOL, false},
    [FIELD_APP_ID] = {"app.id", TYPE_TEXT, false},
    [FIELD_APP_NAME] = {"app.name", TYPE_TEXT, false},
    [FIELD_APP_VERSION] = {"app.version", TYPE_TEXT, false},
    [FIELD_APP_SHA256] = {"app.sha256", TYPE_DIGITS, false},
    [FIELD_APP_CATEGORY] = {"app.category", TYPE_NAME, false},
    [FIELD_APP_EXPECTED_CATEGORY] = {"app.expected_category", TYPE_NAME, false},
    [FIELD_APP_MANAGED] = {"app.managed", TYPE_BOOL, false},
    [FIELD_APP_PINS] = {"app.pins", TYPE_BOOL, false},
    [FIELD_APP_DECLARES_PINNING] = {"app.declares_pinning", TYPE_BOOL, false},
    [FIELD_NET_DST_IP] = {"net.dst_ip", TYPE_ADDRESS, true},
    [FIELD_NET_DST_PORT] = {"net.dst_port", TYPE_PORT, false},
    [FIELD_NET_HOST] = {"net.host", TYPE_NAME, false},
    [FIELD_NET_SRC_PORT] = {"net.src_port", TYPE_PORT, false},
    [FIELD_NET_PROTO] = {"net.proto", TYPE_NAME, false},
    [FIELD_STATE_FOREGROUND] = {"state.foreground", TYPE_BOOL, false},
    [FIELD_STATE_LOCKED] = {"state.locked", TYPE_BOOL, false},
    [FIELD_STATE_INTERACTION] = {"state.recent_interaction", TYPE_BOOL, false},
    [FIELD_EDR_CUSTOM_TRUST] = {"edr.custom_trust", TYPE_BOOL, false},
    [FIELD_EDR_METHOD] = {"edr.method", TYPE_TEXT, false},
    [FIELD_PROXY_VERDICT] = {"proxy.verdict", TYPE_NAME, false},
    [FIELD_PROXY_ERROR] = {"proxy.error", TYPE_TEXT, false},
    [FIELD_PROXY_TLS_VERSION] = {"proxy.tls_version", TYPE_TEXT, false},
    [FIELD_PROXY_STAGE] = {"proxy.stage", TYPE_TEXT, false},
    [FIELD_ALERT_NAME] = {"alert.name", TYPE_TEXT, false},
    [FIELD_ALERT_SEVERITY] = {"alert.severity", TYPE_TEXT, false},
    [FIELD_AUTHORITY_NAME] = {"ca.name", TYPE_TEXT, false},
    [FIELD_AUTHORITY_INSTALLED] = {"ca.installed", TYPE_BOOL, false},
    [FIELD_SOURCE] = {"source", TYPE_TEXT, false},
    [FIELD_TIME] = {"ts", TYPE_TIME, false},
    [FIELD_UNTIL] = {"valid_until", TYPE_TIME, false},
    [FIELD_RECEIVED] = {"received", TYPE_TIME, false},
    [FIELD_LIFETIME] = {"lifetime", TYPE_SECONDS, false},
};

/* A kind, what a record of it must have (one of two fields) and whether it is of one moment. */
static const struct {
    const char *name;
    enum context_field one, other;
    bool is_event;
} kinds[CONTEXT_KINDS] = {
    [CONTEXT_LEASE] = {"lease", FIELD_DEVICE_IP, FIELD_DEVICE_IP, false},
    [CONTEXT_INVENTORY] = {"inventory", CONTEXT_FIELDS, CONTEXT_FIELDS, false},
    [CONTEXT_APP] = {"app", FIELD_APP_ID, FIELD_APP_NAME, false},
    [CONTEXT_NETWORK] = {"app_net", FIELD_APP_ID, FIELD_APP_NAME, true},
    [CONTEXT_STATE] = {"app_state", CONTEXT_FIELDS, CONTEXT_FIELDS, true},
    [CONTEXT_EDR] = {"edr", FIELD_EDR_CUSTOM_TRUST, FIELD_EDR_METHOD, true},
    [CONTEXT_PROXY] = {"proxy", FIELD_PROXY_VERDICT, FIELD_PROXY_ERROR, true},
    [CONTEXT_ANALYSIS] = {"analysis", FIELD_APP_ID, FIELD_APP_SHA256, false},
    [CONTEXT_COMPLIANCE] = {"compliance", FIELD_DEVICE_COMPLIANT, FIELD_DEVICE_COMPLIANT,
                            true},
    [CONTEXT_ALERT] = {"alert", FIELD_ALERT_NAME, FIELD_ALERT_NAME, true},
    [CONTEXT_AUTHORITY] = {"ca", FIELD_AUTHORITY_INSTALLED, FIELD_AUTHORITY_INSTALLED,
                           true},
};

const char *context_field_name(enum context_field field)
{
    return fields[field].name;
}

enum context_field context_field_find(const char *name, size_t len)
{
    for (enum context_field f = FIELD_DEVICE_ID; f < CONTEXT_FIELDS; f++)
        if (strlen(fields[f].name) == len && memcmp(fields[f].name, name, len) == 0)
            return f;
    return CONTEXT_FIELDS;
}

const char *context_kind_name(enum context_kind kind)
{
    return kinds[kind].name;
}

enum context_kind context_kind_find(const char *name)
{
    enum context_kind k = CONTEXT_LEASE;

    while (k < CONTEXT_KINDS && strcmp(kinds[k].name, name) != 0)
        k++;
    return k;
}

bool context_field_is_list(enum context_field field)
{
    return fields[field].list;
}

bool context_list_next(struct span *list, struct span *out)
{
    size_t n = 0;

    if (list->len == 0)
        return false;
    while (n < list->len && list->data[n] != ' ')
        n++;
    *out = span_of(list->data, n);
    if (n < list->len)
        n++;
    *list = span_of(list->data + n, list->len - n);
    return true;
}

/* ---- values in one spelling */

struct value {
    char text[CONTEXT_TEXT_MAX + 1];
    size_t len;
};

static struct span trim(struct span s)
{
    while (s.len > 0 && isspace(s.data[0]))
        s = span_of(s.data + 1, s.len - 1);
    while (s.len > 0 && isspace(s.data[s.len - 1]))
        s.len--;
    return s;
}

static void put_text(struct value *v, struct span s)
{
    v->len = s.len < CONTEXT_TEXT_MAX ? s.len : CONTEXT_TEXT_MAX;
    /* Not in the middle of a character of UTF-8. */
    while (v->len < s.len && v->len > 0 && (s.data[v->len] & 0xc0) == 0x80)
        v->len--;
    for (size_t i = 0; i < v->len; i++)
        v->text[i] = s.data[i] == '\0' ? ' ' : (char)s.data[i];
    v->text[v->len] = '\0';
}

static void put_name(struct value *v, struct span s)
{
    put_text(v, s);
    if (v->len > 1 && v->text[v->len - 1] == '.')
        v->text[--v->len] = '\0';
    for (size_t i = 0; i < v->len; i++)
        v->text[i] = (char)tolower((unsigned char)v->text[i]);
}

/* Letters and digits in lower case: separators differ from source to source. */
static bool put_digits(struct value *v, struct span s, bool hex)
{
    v->len = 0;
    for (size_t i = 0; i < s.len && v->len < CONTEXT_TEXT_MAX; i++) {
        if (hex ? isxdigit(s.data[i]) : isalnum(s.data[i]))
            v->text[v->len++] = (char)tolower(s.data[i]);
        else if (!strchr(":-. ", s.data[i]))
            return false;
    }
    v->text[v->len] = '\0';
    return v->len > 0;
}

static bool put_bool(struct value *v, struct span s)
{
    static const char *const yes[] = {"true", "yes", "1", "enabled", NULL};
    static const char *const no[] = {"false", "no", "0", "disabled", NULL};

    put_name(v, s);
    for (size_t i = 0; yes[i]; i++)
        if (strcmp(v->text, yes[i]) == 0)
            return put_text(v, span_of_text("true")), true;
    for (size_t i = 0; no[i]; i++)
        if (strcmp(v->text, no[i]) == 0)
            return put_text(v, span_of_text("false")), true;
    return false;
}

static bool put_address(struct value *v, struct span s)
{
    char text[ADDRESS_TEXT_MAX];
    struct address address;
    const unsigned char *zone = memchr(s.data, '%', s.len);

    if (zone)
        s.len = (size_t)(zone - s.data);
    put_text(v, s);
    if (!address_parse(v->text, &address))
        return false;
    put_text(v, span_of_text(address_describe(&address, text)));
    return true;
}

static bool put_port(struct value *v, struct span s)
{
    uint32_t port = 0;

    put_text(v, s);
    for (size_t i = 0; i < v->len; i++) {
        if (!isdigit((unsigned char)v->text[i]))
            return false;
        port = port * 10 + (uint32_t)(v->text[i] - '0');
        if (port > PORT_MAX)
            return false;
    }
    v->len = (size_t)snprintf(v->text, sizeof(v->text), "%u", port);
    return true;
}

static bool put_value(struct value *v, enum type type, struct span s)
{
    switch (type) {
    case TYPE_TEXT:
    case TYPE_TIME:
    case TYPE_SECONDS:
        put_text(v, s);
        return true;
    case TYPE_NAME:
        put_name(v, s);
        return true;
    case TYPE_BOOL:
        return put_bool(v, s);
    case TYPE_ADDRESS:
        return put_address(v, s);
    case TYPE_MAC:
        return put_digits(v, s, true) && v->len == 12;
    case TYPE_PORT:
        return put_port(v, s);
    case TYPE_DIGITS:
        return put_digits(v, s, false);
    }
    return false;
}

static const char *wanted(enum type type)
{
    static const char *const words[] = {
        [TYPE_TEXT] = "a text",          [TYPE_NAME] = "a name",
        [TYPE_BOOL] = "true or false",   [TYPE_ADDRESS] = "an address",
        [TYPE_MAC] = "a MAC address",    [TYPE_PORT] = "a port",
        [TYPE_DIGITS] = "an identifier", [TYPE_TIME] = "a time",
        [TYPE_SECONDS] = "seconds",
    };

    return words[type];
}

/* ---- the record */

void record_init(struct context_record *r, enum context_kind kind)
{
    r->kind = kind;
    r->time_ns = r->until_ns = r->received_ns = r->lifetime_s = 0;
    r->format = "";
    r->telemetry = false;
    r->len = 0;
    memset(r->at, 0, sizeof(r->at));
}

const char *record_text(const struct context_record *r, enum context_field field)
{
    return r->at[field] ? r->blob + r->at[field] - 1 : NULL;
}

static bool holds(struct span list, const struct value *v)
{
    struct span one;

    while (context_list_next(&list, &one))
        if (one.len == v->len && memcmp(one.data, v->text, v->len) == 0)
            return true;
    return false;
}

/* A list that grows is written anew behind what is there. */
static int put(struct context_record *r, enum context_field field, const struct value *v,
               struct err *why)
{
    const char *old = record_text(r, field);
    size_t before = old ? strlen(old) + 1 : 0, place = r->len;

    if (old && (!fields[field].list || holds(span_of_text(old), v)))
        return 0;
    if (place + before + v->len + 1 > sizeof(r->blob))
        return err_set(why, "%s: the record is longer than %u bytes", fields[field].name,
                       CONTEXT_RECORD_MAX);
    if (old) {
        memcpy(r->blob + place, old, before - 1);
        r->blob[place + before - 1] = ' ';
    }
    memcpy(r->blob + place + before, v->text, v->len + 1);
    r->at[field] = (uint16_t)(place + 1);
    r->len = (uint16_t)(place + before + v->len + 1);
    return 0;
}

static int add_seconds(struct context_record *r, const struct value *v, struct err *why)
{
    uint64_t s = 0;

    for (size_t i = 0; i < v->len; i++) {
        if (!isdigit((unsigned char)v->text[i]) || s > UINT32_MAX)
            return err_set(why, "lifetime is not seconds: \"%.60s\"", v->text);
        s = s * 10 + (uint64_t)(v->text[i] - '0');
    }
    r->lifetime_s = s;
    return 0;
}

int record_add(struct context_record *r, enum context_field field, struct span value,
               struct err *why)
{
    struct value v;

    value = trim(value);
    if (value.len == 0)
        return 0;
    if (!put_value(&v, fields[field].type, value))
        return err_set(why, "%s is not %s: \"%.*s\"", fields[field].name,
                       wanted(fields[field].type), value.len < 60 ? (int)value.len : 60,
                       (const char *)value.data);
    if (field < CONTEXT_TEXTS)
        return put(r, field, &v, why);
    if (field == FIELD_LIFETIME)
        return add_seconds(r, &v, why);
    return err_set(why, "%s is a time", fields[field].name);
}

void record_set_time(struct context_record *r, enum context_field field, uint64_t ns)
{
    if (field == FIELD_TIME)
        r->time_ns = ns;
    else if (field == FIELD_UNTIL)
        r->until_ns = ns;
    else if (field == FIELD_RECEIVED)
        r->received_ns = ns;
}

static bool names_device(const struct context_record *r)
{
    for (enum context_field f = FIELD_DEVICE_ID; f <= FIELD_DEVICE_IMSI; f++)
        if (r->at[f] && f != FIELD_DEVICE_HOSTNAME)
            return true;
    return false;
}

/* Who of a family exports its own report may leave out whose it is; an app is one anywhere. */
static bool needs_device(enum context_kind kind)
{
    return kind != CONTEXT_NETWORK && kind != CONTEXT_ANALYSIS;
}

int record_finish(struct context_record *r, struct err *why)
{
    uint64_t lifetime_ns = r->lifetime_s * NS_PER_S;
    enum context_field one = kinds[r->kind].one, other = kinds[r->kind].other;

    if (!r->time_ns && r->until_ns && lifetime_ns)
        r->time_ns = r->until_ns > lifetime_ns ? r->until_ns - lifetime_ns : 1;
    if (!r->until_ns && r->time_ns && lifetime_ns)
        r->until_ns = r->time_ns + lifetime_ns;
    if (!r->time_ns && kinds[r->kind].is_event)
        return err_set(why, "a record of kind %s has no time", kinds[r->kind].name);
    if (r->until_ns && r->until_ns < r->time_ns)
        return err_set(why, "it ends before it begins");
    if (one < CONTEXT_TEXTS && !r->at[one] && !r->at[other])
        return err_set(why, "a record of kind %s has no %s", kinds[r->kind].name,
                       fields[one].name);
    if (needs_device(r->kind) && !names_device(r))
        return err_set(why, "it names no device (id, ip, mac, serial, udid, imei or imsi)");
    return 0;
}
