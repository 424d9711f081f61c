#include "session/session_names.h"

#include <stdlib.h>

#include "base/text.h"
#include "tls/hello.h"
#include "tls/names.h"

#define COUNT(names) (sizeof(names) / sizeof((names)[0]))

static const char *const protocol_names[] = {
    [SESSION_TLS] = "tls",
    [SESSION_QUIC] = "quic",
    [SESSION_DTLS] = "dtls",
    [SESSION_UNIDENTIFIED] = "unidentified",
};

static const char *const side_names[] = {
    [SIDE_CLIENT] = "client",
    [SIDE_SERVER] = "server",
};

static const char *const close_names[] = {
    [CLOSE_NONE] = "none",   [CLOSE_FIN] = "fin",         [CLOSE_RST] = "rst",
    [CLOSE_ALERT] = "alert", [CLOSE_TIMEOUT] = "timeout",
};

static const char *const state_names[] = {
    [INSPECTION_UNKNOWN] = "unknown",
    [INSPECTION_NO] = "no",
    [INSPECTION_LIKELY] = "likely",
    [INSPECTION_YES] = "yes",
};

static const char *const basis_names[] = {
    [BASIS_NONE] = "none",
    [BASIS_CERTIFICATE] = "certificate",
    [BASIS_CONFIGURED] = "configured",
    [BASIS_LEARNED_PROFILE] = "learned-profile",
    [BASIS_CONNECT_PROXY] = "connect-proxy",
    [BASIS_QUIC] = "quic",
    [BASIS_UNIDENTIFIED] = "unidentified",
};

static const char *const shape_names[] = {
    [SHAPE_NONE] = "none", [SHAPE_S1] = "S1", [SHAPE_S2] = "S2", [SHAPE_S3] = "S3",
    [SHAPE_S4] = "S4",     [SHAPE_S5] = "S5", [SHAPE_S6] = "S6",
};

static const char *const tunnel_names[] = {
    [TUNNEL_NONE] = "none",     [TUNNEL_GRE] = "gre",       [TUNNEL_ERSPAN] = "erspan",
    [TUNNEL_VXLAN] = "vxlan",   [TUNNEL_GENEVE] = "geneve", [TUNNEL_IPIP] = "ipip",
    [TUNNEL_TEREDO] = "teredo", [TUNNEL_GTPU] = "gtpu",     [TUNNEL_CAPWAP] = "capwap",
};

static const char *const level_names[] = {"unknown", "warning", "fatal"};

static const struct {
    uint16_t version;
    const char *family;
    const char *number;
} versions[] = {
    {VERSION_TLS13, "tls", "1.3"},   {VERSION_TLS12, "tls", "1.2"},
    {VERSION_TLS11, "tls", "1.1"},   {VERSION_TLS10, "tls", "1.0"},
    {VERSION_SSL3, "ssl", "3"},      {VERSION_SSL2, "ssl", "2"},
    {VERSION_DTLS13, "dtls", "1.3"}, {VERSION_DTLS12, "dtls", "1.2"},
    {VERSION_DTLS10, "dtls", "1.0"},
};

/* The word of a value; "unknown" for one that has none. */
static const char *word_of(const char *const *names, size_t count, unsigned value)
{
    return value < count && names[value] ? names[value] : "unknown";
}

/* The index of `name`, -1 when it is none of them. */
static int find(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (names[i] && strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

const char *session_protocol_name(enum session_protocol protocol)
{
    return word_of(protocol_names, COUNT(protocol_names), protocol);
}

bool session_protocol_from_name(const char *name, enum session_protocol *out)
{
    int found = find(protocol_names, COUNT(protocol_names), name);

    if (found >= 0)
        *out = (enum session_protocol)found;
    return found >= 0;
}

const char *side_name(enum side side)
{
    return word_of(side_names, COUNT(side_names), side);
}

bool side_from_name(const char *name, enum side *out)
{
    int found = find(side_names, COUNT(side_names), name);

    if (found >= 0)
        *out = (enum side)found;
    return found >= 0;
}

const char *close_how_name(enum close_how how)
{
    return word_of(close_names, COUNT(close_names), how);
}

bool close_how_from_name(const char *name, enum close_how *out)
{
    int found = find(close_names, COUNT(close_names), name);

    if (found >= 0)
        *out = (enum close_how)found;
    return found >= 0;
}

const char *inspection_state_name(enum inspection_state state)
{
    return word_of(state_names, COUNT(state_names), state);
}

bool inspection_state_from_name(const char *name, enum inspection_state *out)
{
    int found = find(state_names, COUNT(state_names), name);

    if (found >= 0)
        *out = (enum inspection_state)found;
    return found >= 0;
}

const char *inspection_basis_name(enum inspection_basis basis)
{
    return word_of(basis_names, COUNT(basis_names), basis);
}

bool inspection_basis_from_name(const char *name, enum inspection_basis *out)
{
    int found = find(basis_names, COUNT(basis_names), name);

    if (found >= 0)
        *out = (enum inspection_basis)found;
    return found >= 0;
}

const char *outcome_shape_name(enum outcome_shape shape)
{
    return word_of(shape_names, COUNT(shape_names), shape);
}

bool outcome_shape_from_name(const char *name, enum outcome_shape *out)
{
    int found = find(shape_names, COUNT(shape_names), name);

    if (found >= 0)
        *out = (enum outcome_shape)found;
    return found >= 0;
}

const char *tunnel_kind_name(enum tunnel_kind kind)
{
    return word_of(tunnel_names, COUNT(tunnel_names), kind);
}

bool tunnel_kind_from_name(const char *name, enum tunnel_kind *out)
{
    int found = find(tunnel_names, COUNT(tunnel_names), name);

    if (found >= 0)
        *out = (enum tunnel_kind)found;
    return found >= 0;
}

const char *alert_level_name(uint8_t level)
{
    return word_of(level_names, COUNT(level_names), level);
}

bool alert_level_from_name(const char *name, uint8_t *out)
{
    int found = find(level_names, COUNT(level_names), name);

    if (found >= 0)
        *out = (uint8_t)found;
    return found >= 0;
}

static void describe_hex(uint16_t number, char buffer[SESSION_NUMBER_TEXT_MAX])
{
    uint8_t bytes[2] = {(uint8_t)(number >> 8), (uint8_t)number};
    struct text text = text_in(buffer, SESSION_NUMBER_TEXT_MAX);

    text_add(&text, "0x");
    text_add_hex(&text, span_of(bytes, sizeof(bytes)));
}

/* Drafts of TLS 1.3 have 0x7f00 and the number of the draft (RFC 8446 4.2.1.1 of the drafts). */
struct version_text version_describe(uint16_t version)
{
    struct version_text out = {.family = version >> 8 == 0xfe ? "dtls" : "tls"};
    struct text text = text_in(out.number, sizeof(out.number));

    for (size_t i = 0; i < COUNT(versions); i++) {
        if (versions[i].version != version)
            continue;
        out.family = versions[i].family;
        text_add(&text, versions[i].number);
        return out;
    }
    if (version >> 8 == 0x7f) {
        text_add(&text, "1.3-draft");
        text_add_number(&text, version & 0xff);
    } else {
        describe_hex(version, out.number);
    }
    return out;
}

bool version_from_text(const char *family, const char *number, uint16_t *out)
{
    static const char draft[] = "1.3-draft";
    unsigned long value;
    char *end;

    for (size_t i = 0; i < COUNT(versions); i++) {
        if (strcmp(versions[i].family, family) == 0 &&
            strcmp(versions[i].number, number) == 0) {
            *out = versions[i].version;
            return true;
        }
    }
    if (strncmp(number, draft, sizeof(draft) - 1) == 0) {
        value = strtoul(number + sizeof(draft) - 1, &end, 10);
        *out = (uint16_t)(0x7f00 | (value & 0xff));
        return *end == '\0' && end > number + sizeof(draft) - 1 && value <= 0xff;
    }
    value = strtoul(number, &end, 16);
    *out = (uint16_t)value;
    return strncmp(number, "0x", 2) == 0 && *end == '\0' && value <= 0xffff;
}

const char *cipher_describe(uint16_t cipher, char buffer[SESSION_NUMBER_TEXT_MAX])
{
    const char *name = name_of_cipher(cipher);

    if (!name)
        describe_hex(cipher, buffer);
    return name ? name : buffer;
}

const char *group_describe(uint16_t group, char buffer[SESSION_NUMBER_TEXT_MAX])
{
    const char *name = name_of_group(group);

    if (!name)
        describe_hex(group, buffer);
    return name ? name : buffer;
}
