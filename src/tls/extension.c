#include "tls/extension.h"

enum { SNI_HOST_NAME = 0, ECH_OUTER = 0 };

/* The one vector that fills `body`, a whole number of `unit` bytes; empty when it is malformed. */
static struct span list_in(struct span body, size_t width, size_t unit)
{
    struct span list;

    if (!span_vec(&body, width, &list) || !span_empty(body) || list.len % unit != 0)
        return span_of(NULL, 0);
    return list;
}

/*
 *   struct { NameType name_type; HostName host_name<1..2^16-1>; } ServerName;
 *   struct { ServerName server_name_list<1..2^16-1> } ServerNameList;      (RFC 6066 3)
 */
static void read_server_name(struct span body, struct client_hello *hello)
{
    struct span list = list_in(body, 2, 1);
    struct span found = span_of(NULL, 0), name;
    uint8_t kind;

    while (!span_empty(list)) {
        if (!span_u8(&list, &kind) || !span_vec(&list, 2, &name))
            return;
        if (kind == SNI_HOST_NAME && span_empty(found))
            found = name;
    }
    hello->server_name = found;
}

static void read_groups(struct span body, struct client_hello *hello)
{
    hello->supported_groups = list_in(body, 2, 2);
}

static void read_point_formats(struct span body, struct client_hello *hello)
{
    hello->point_formats = list_in(body, 1, 1);
}

static void read_signature_algorithms(struct span body, struct client_hello *hello)
{
    hello->signature_algorithms = list_in(body, 2, 2);
}

/*
 *   opaque ProtocolName<1..2^8-1>;
 *   struct { ProtocolName protocol_name_list<2..2^16-1> } ProtocolNameList;   (RFC 7301 3.1)
 */
static struct span protocol_names(struct span body)
{
    struct span list = list_in(body, 2, 1);
    struct span rest = list, name;

    while (!span_empty(rest))
        if (!span_vec(&rest, 1, &name))
            return span_of(NULL, 0);
    return list;
}

static void read_alpn(struct span body, struct client_hello *hello)
{
    hello->alpn = protocol_names(body);
}

static void read_session_ticket(struct span body, struct client_hello *hello)
{
    hello->has_session_ticket = !span_empty(body);
}

static void read_pre_shared_key(struct span body, struct client_hello *hello)
{
    (void)body;
    hello->has_psk = true;
}

static void read_early_data(struct span body, struct client_hello *hello)
{
    (void)body;
    hello->has_early_data = true;
}

static void read_supported_versions(struct span body, struct client_hello *hello)
{
    hello->supported_versions = list_in(body, 1, 2);
}

static void read_cookie(struct span body, struct client_hello *hello)
{
    (void)body;
    hello->has_cookie = true;
}

/*
 *   struct { NamedGroup group; opaque key_exchange<1..2^16-1>; } KeyShareEntry;
 *   struct { KeyShareEntry client_shares<0..2^16-1>; } KeyShareClientHello;   (RFC 8446 4.2.8)
 */
static void read_key_share(struct span body, struct client_hello *hello)
{
    struct span list = list_in(body, 2, 1);
    struct span rest = list, key;

    while (!span_empty(rest))
        if (!span_skip(&rest, 2) || !span_vec(&rest, 2, &key))
            return;
    hello->key_shares = list;
}

/*
 *   struct {
 *       ECHClientHelloType type;
 *       select (type) {
 *           case outer:
 *               HpkeSymmetricCipherSuite cipher_suite;   (two uint16)
 *               uint8 config_id;
 *               ...
 */
static void read_ech(struct span body, struct client_hello *hello)
{
    uint8_t type, config_id;

    hello->has_ech = true;
    if (!span_u8(&body, &type) || type != ECH_OUTER)
        return;
    if (!span_skip(&body, 4) || !span_u8(&body, &config_id))
        return;
    hello->ech_outer = true;
    hello->ech_config_id = config_id;
}

static void read_alpn_chosen(struct span body, struct server_hello *hello)
{
    struct span list = protocol_names(body);
    struct span name;

    if (span_vec(&list, 1, &name) && span_empty(list))
        hello->alpn = name;
}

static void read_ticket_follows(struct span body, struct server_hello *hello)
{
    (void)body;
    hello->has_session_ticket = true;
}

static void read_psk_chosen(struct span body, struct server_hello *hello)
{
    (void)body;
    hello->has_psk = true;
}

static void read_version_chosen(struct span body, struct server_hello *hello)
{
    uint16_t version;

    if (span_u16(&body, &version) && span_empty(body))
        hello->version = version;
}

/* NamedGroup, and except in a HelloRetryRequest the key after it. */
static void read_group_chosen(struct span body, struct server_hello *hello)
{
    struct span key;
    uint16_t group;

    if (!span_u16(&body, &group))
        return;
    if (!span_empty(body) && (!span_vec(&body, 2, &key) || !span_empty(body)))
        return;
    hello->group = group;
}

typedef void client_reader(struct span body, struct client_hello *hello);
typedef void server_reader(struct span body, struct server_hello *hello);

static const struct {
    uint16_t type;
    client_reader *in_client; /* NULL: says nothing there that we keep */
    server_reader *in_server;
} rows[] = {
    {EXTENSION_SERVER_NAME, read_server_name, NULL},
    {EXTENSION_SUPPORTED_GROUPS, read_groups, NULL},
    {EXTENSION_POINT_FORMATS, read_point_formats, NULL},
    {EXTENSION_SIGNATURE_ALGORITHMS, read_signature_algorithms, NULL},
    {EXTENSION_ALPN, read_alpn, read_alpn_chosen},
    {EXTENSION_SESSION_TICKET, read_session_ticket, read_ticket_follows},
    {EXTENSION_KEY_SHARE_DRAFT, read_key_share, read_group_chosen},
    {EXTENSION_PRE_SHARED_KEY, read_pre_shared_key, read_psk_chosen},
    {EXTENSION_EARLY_DATA, read_early_data, NULL},
    {EXTENSION_SUPPORTED_VERSIONS, read_supported_versions, read_version_chosen},
    {EXTENSION_COOKIE, read_cookie, NULL},
    {EXTENSION_KEY_SHARE, read_key_share, read_group_chosen},
    {EXTENSION_ECH, read_ech, NULL},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* The row of a type that was not yet met, remembering it in `met`; ROWS when there is none. */
static size_t find_row(uint16_t type, uint32_t *met)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].type != type)
            continue;
        if (*met & UINT32_C(1) << i)
            return ROWS;
        *met |= UINT32_C(1) << i;
        return i;
    }
    return ROWS;
}

bool extension_next(struct span *list, struct extension *out)
{
    struct span look = *list;
    struct extension extension;

    if (!span_u16(&look, &extension.type) || !span_vec(&look, 2, &extension.body))
        return false;
    *list = look;
    *out = extension;
    return true;
}

bool extension_read_client(struct client_hello *hello)
{
    struct span list = hello->extensions;
    struct extension extension;
    uint32_t met = 0;

    while (!span_empty(list)) {
        size_t row;

        if (!extension_next(&list, &extension))
            return false;
        row = find_row(extension.type, &met);
        if (row < ROWS && rows[row].in_client)
            rows[row].in_client(extension.body, hello);
    }
    return true;
}

bool extension_read_server(struct server_hello *hello)
{
    struct span list = hello->extensions;
    struct extension extension;
    uint32_t met = 0;

    while (!span_empty(list)) {
        size_t row;

        if (!extension_next(&list, &extension))
            return false;
        row = find_row(extension.type, &met);
        if (row < ROWS && rows[row].in_server)
            rows[row].in_server(extension.body, hello);
    }
    return true;
}
