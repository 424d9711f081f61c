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

/* A host name as names are compared: lower case, without the dot of the root. */
static const char *normalised(const char *name, char out[SESSION_NAME_MAX])
{
    size_t n = 0;

    for (; name[n] && n < SESSION_NAME_MAX - 1; n++)
        out[n] = (char)(name[n] >= 'A' && name[n] <= 'Z' ? name[n] - 'A' + 'a' : name[n]);
    if (n > 1 && out[n - 1] == '.')
        n--;
    out[n] = '\0';
    return out;
}

const char *session_destination(const struct session *s, char out[SESSION_NAME_MAX])
{
    char address[ADDRESS_TEXT_MAX];

    if (s->proxy_target[0])
        return normalised(s->proxy_target, out);
    if (s->server_name[0])
        return normalised(s->server_name, out);
    return normalised(address_describe(&s->server, address), out);
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
