#include "session/session_id.h"

_Static_assert(SESSION_ID_BYTES == UUID_BYTES, "a session's id is a UUID");

struct session_ends session_ends_of(const struct session *s)
{
    return (struct session_ends){
        .client = s->client,
        .server = s->server,
        .client_port = s->client_port,
        .server_port = s->server_port,
        .transport = s->transport,
    };
}

static void add_address(struct uuid_name *name, const struct address *a)
{
    uuid_name_add(name, span_of(a->bytes, sizeof(a->bytes)));
}

/* Which outer address is the source depends on the packet's direction, so they are sorted. */
static void add_tunnel(struct uuid_name *name, const struct tunnel *tunnel)
{
    const struct address *low = &tunnel->source, *high = &tunnel->destination;

    if (tunnel->kind == TUNNEL_NONE)
        return;
    if (memcmp(low->bytes, high->bytes, sizeof(low->bytes)) > 0) {
        low = &tunnel->destination;
        high = &tunnel->source;
    }
    uuid_name_add_number(name, (uint64_t)tunnel->kind);
    uuid_name_add_number(name, tunnel->id);
    add_address(name, low);
    add_address(name, high);
}

void session_id_of(enum session_mark kind, struct span mark,
                   const struct session_ends *ends, const struct tunnel *tunnel,
                   uint8_t out[SESSION_ID_BYTES])
{
    static const char *const kinds[] = {
        [MARK_CLIENT_HELLO] = "client_hello",
        [MARK_SERVER_HELLO] = "server_hello",
        [MARK_FIRST_BYTES] = "first_bytes",
    };
    struct uuid_name name;

    uuid_name_init(&name, kinds[kind]);
    uuid_name_add(&name, mark);
    uuid_name_add_number(&name, ends->transport);
    add_address(&name, &ends->client);
    uuid_name_add_number(&name, ends->client_port);
    add_address(&name, &ends->server);
    uuid_name_add_number(&name, ends->server_port);
    add_tunnel(&name, tunnel);
    uuid_of_name(&name, out);
}
