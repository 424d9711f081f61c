#include "session/session.h"

void session_copy(struct session *to, const struct session *from)
{
    *to = *from;
    for (size_t i = 0; i < to->certificate_count; i++)
        to->certificates[i] = certificate_ref(to->certificates[i]);
}

void session_forget_judgement(struct session *s)
{
    s->outcome = s->outcome_raw;
    s->inspection = INSPECTION_UNKNOWN;
    s->inspection_probability = 0;
    s->inspection_basis = BASIS_NONE;
    s->inspection_authority[0] = '\0';
    s->has_authority_key = false;
    s->clock_steps = 0;
}

void session_release(struct session *s)
{
    for (size_t i = 0; i < s->certificate_count; i++) {
        certificate_unref(s->certificates[i]);
        s->certificates[i] = NULL;
    }
    s->certificate_count = 0;
}

/* Upper-case letters, and whatever is no ASCII, of eight characters at once; most have none. */
static bool may_have_upper(const char *eight)
{
    const uint64_t each = UINT64_C(0x0101010101010101), high = each * 0x80;
    uint64_t x, from_a, behind_z;

    memcpy(&x, eight, sizeof(x));
    from_a = (x & ~high) + each * (0x80 - 'A');
    behind_z = (x & ~high) + each * (0x80 - 'Z' - 1);
    return ((from_a ^ behind_z) | x) & high;
}

static bool is_normal(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i += 8) /* what lies behind the name is zero or harmless */
        if (may_have_upper(name + i))
            return false;
    return len < 2 || name[len - 1] != '.';
}

/* A host name as names are compared: lower case, without the dot of the root. `name` has room for
 * SESSION_NAME_MAX characters, and is the answer where nothing is to be changed. */
static const char *normalised(const char *name, char out[SESSION_NAME_MAX])
{
    size_t n = 0;

    if (is_normal(name, strlen(name)))
        return name;
    for (; name[n] && n < SESSION_NAME_MAX - 1; n++)
        out[n] = (char)(name[n] >= 'A' && name[n] <= 'Z' ? name[n] - 'A' + 'a' : name[n]);
    if (n > 1 && out[n - 1] == '.')
        n--;
    out[n] = '\0';
    return out;
}

const char *session_destination(const struct session *s, char out[SESSION_NAME_MAX])
{
    if (s->proxy_target[0])
        return normalised(s->proxy_target, out);
    if (s->server_name[0])
        return normalised(s->server_name, out);
    return address_describe(&s->server, out);
}

void session_network(const struct session *s, uint8_t out[SESSION_NETWORK_BYTES])
{
    memset(out, 0, SESSION_NETWORK_BYTES);
    out[0] = (uint8_t)s->tunnel.kind;
    if (s->tunnel.kind == TUNNEL_GTPU)
        memcpy(out + 1, s->tunnel.destination.bytes, sizeof(s->tunnel.destination.bytes));
    else
        memcpy(out + 1, &s->tunnel.id, sizeof(s->tunnel.id));
}

bool session_offers_alpn(const struct session *s, const char *name)
{
    size_t n = strlen(name);
    const char *at = s->alpn_offered;

    while (*at) {
        size_t len = strcspn(at, "\n");

        if (len == n && memcmp(at, name, n) == 0)
            return true;
        at += len + (at[len] == '\n');
    }
    return false;
}
