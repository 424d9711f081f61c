#include "preamble/preamble.h"

enum { TLS_HANDSHAKE = 22, CLIENT_HELLO = 1, SERVER_HELLO = 2 };
enum { TLS_FIRST_TYPE = 20, TLS_LAST_TYPE = 24 };

enum look { LOOK_MORE, LOOK_CLIENT_HELLO, LOOK_SERVER_HELLO, LOOK_SSLV2, LOOK_NONE };

/* ---- the protocols that lead to TLS */

static enum progress push_connect(struct preamble *p, enum talker from, struct span *bytes)
{
    return connect_push(&p->state.connect, &p->talk, from, bytes);
}

static enum progress push_socks(struct preamble *p, enum talker from, struct span *bytes)
{
    return socks_push(&p->state.socks, &p->talk, from, bytes);
}

static enum progress push_proxy_v1(struct preamble *p, enum talker from, struct span *bytes)
{
    return proxy_v1_push(&p->state.proxy_protocol, from, bytes);
}

static enum progress push_proxy_v2(struct preamble *p, enum talker from, struct span *bytes)
{
    return proxy_v2_push(&p->state.proxy_protocol, from, bytes);
}

static enum progress push_starttls(struct preamble *p, enum talker from, struct span *bytes)
{
    return starttls_push(&p->state.starttls, &p->talk, from, bytes);
}

static enum progress push_xmpp(struct preamble *p, enum talker from, struct span *bytes)
{
    return xmpp_push(&p->state.xmpp, &p->talk, from, bytes);
}

static enum progress push_ldap(struct preamble *p, enum talker from, struct span *bytes)
{
    return ldap_push(&p->state.framed, &p->talk, from, bytes);
}

static enum progress push_postgres(struct preamble *p, enum talker from, struct span *bytes)
{
    return postgres_push(&p->state.framed, &p->talk, from, bytes);
}

static enum progress push_mysql(struct preamble *p, enum talker from, struct span *bytes)
{
    return mysql_push(&p->state.framed, &p->talk, from, bytes);
}

static enum progress push_rdp(struct preamble *p, enum talker from, struct span *bytes)
{
    return rdp_push(&p->state.framed, &p->talk, from, bytes);
}

static enum progress push_http_upgrade(struct preamble *p, enum talker from,
                                       struct span *bytes)
{
    return http_upgrade_push(&p->state.http_upgrade, &p->talk, from, bytes);
}

/* A row's first bytes come from `first`; no two rows may both be READY on the same bytes. */
static const struct protocol {
    enum preamble_kind kind;
    bool is_tunnel; /* anything may come behind it; else only TLS */
    enum talker first;
    enum progress (*looks_like)(struct span first);
    enum progress (*push)(struct preamble *p, enum talker from, struct span *bytes);
} protocols[] = {
    {PREAMBLE_CONNECT, true, TALK_CLIENT, connect_looks_like, push_connect},
    {PREAMBLE_SOCKS, true, TALK_CLIENT, socks_looks_like, push_socks},
    {PREAMBLE_PROXY_PROTOCOL, true, TALK_CLIENT, proxy_v1_looks_like, push_proxy_v1},
    {PREAMBLE_PROXY_PROTOCOL, true, TALK_CLIENT, proxy_v2_looks_like, push_proxy_v2},
    {PREAMBLE_STARTTLS, false, TALK_SERVER, starttls_server_opens, push_starttls},
    {PREAMBLE_STARTTLS, false, TALK_CLIENT, starttls_client_opens, push_starttls},
    {PREAMBLE_XMPP, false, TALK_CLIENT, xmpp_looks_like, push_xmpp},
    {PREAMBLE_LDAP, false, TALK_CLIENT, ldap_looks_like, push_ldap},
    {PREAMBLE_POSTGRES, false, TALK_CLIENT, postgres_looks_like, push_postgres},
    {PREAMBLE_MYSQL, false, TALK_SERVER, mysql_server_opens, push_mysql},
    {PREAMBLE_MYSQL, false, TALK_CLIENT, mysql_client_opens, push_mysql},
    {PREAMBLE_RDP, false, TALK_CLIENT, rdp_looks_like, push_rdp},
    {PREAMBLE_HTTP_UPGRADE, false, TALK_CLIENT, http_upgrade_looks_like, push_http_upgrade},
};

const char *preamble_kind_name(enum preamble_kind kind)
{
    static const char *const names[PREAMBLE_KINDS] = {
        [PREAMBLE_CONNECT] = "connect",
        [PREAMBLE_SOCKS] = "socks",
        [PREAMBLE_PROXY_PROTOCOL] = "proxy_protocol",
        [PREAMBLE_STARTTLS] = "starttls",
        [PREAMBLE_XMPP] = "xmpp",
        [PREAMBLE_LDAP] = "ldap",
        [PREAMBLE_POSTGRES] = "postgres",
        [PREAMBLE_MYSQL] = "mysql",
        [PREAMBLE_RDP] = "rdp",
        [PREAMBLE_HTTP_UPGRADE] = "http_upgrade",
    };

    return names[kind];
}

/* ---- first bytes */

/* ContentType 22, version 3.x, a length, then HandshakeType (RFC 8446 5.1, 4). */
static enum look look_for_tls(struct span first)
{
    uint8_t type, major, minor, message;
    uint16_t length;

    if (!span_u8(&first, &type))
        return LOOK_MORE;
    if (type != TLS_HANDSHAKE)
        return LOOK_NONE;
    if (!span_u8(&first, &major))
        return LOOK_MORE;
    if (major != 3)
        return LOOK_NONE;
    if (!span_u8(&first, &minor))
        return LOOK_MORE;
    if (minor > 4)
        return LOOK_NONE;
    if (!span_u16(&first, &length) || !span_u8(&first, &message))
        return LOOK_MORE;
    if (length == 0)
        return LOOK_NONE;
    if (message == CLIENT_HELLO)
        return LOOK_CLIENT_HELLO;
    return message == SERVER_HELLO ? LOOK_SERVER_HELLO : LOOK_NONE;
}

/* Two-byte record header with its high bit set, CLIENT-HELLO, version 2 or 3.x (RFC 5246 E.2). */
static enum look look_for_sslv2(struct span first)
{
    uint8_t high, low, message, major, minor;

    if (!span_u8(&first, &high))
        return LOOK_MORE;
    if (!(high & 0x80))
        return LOOK_NONE;
    if (!span_u8(&first, &low) || !span_u8(&first, &message))
        return LOOK_MORE;
    if (message != CLIENT_HELLO)
        return LOOK_NONE;
    if (!span_u8(&first, &major) || !span_u8(&first, &minor))
        return LOOK_MORE;
    return (major == 3 && minor <= 3) || (major == 0 && minor == 2) ? LOOK_SSLV2
                                                                    : LOOK_NONE;
}

static enum look look_for_hello(struct span first)
{
    enum look tls = look_for_tls(first);

    return tls != LOOK_NONE ? tls : look_for_sslv2(first);
}

/* Any record in the middle of a TLS connection. */
static bool is_record(struct span first)
{
    uint8_t type, major, minor;

    return span_u8(&first, &type) && type >= TLS_FIRST_TYPE && type <= TLS_LAST_TYPE &&
           span_u8(&first, &major) && major == 3 && span_u8(&first, &minor) && minor <= 4;
}

/* READY with the row of the table that begins so. */
static enum progress find_protocol(struct span first, uint8_t *row)
{
    enum progress best = BROKEN;

    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        enum progress one = protocols[i].looks_like(first);

        if (one == READY)
            *row = (uint8_t)(i + 1);
        if (one == READY || best == BROKEN)
            best = one;
        if (best == READY)
            break;
    }
    return best == NEED_MORE && first.len == PREAMBLE_PEEK_MAX ? BROKEN : best;
}

static void peek(struct preamble *p, int side, struct span *rest)
{
    uint8_t byte;

    while (p->have[side] < PREAMBLE_PEEK_MAX && span_u8(rest, &byte))
        p->peeked[side][p->have[side]++] = byte;
}

static struct span span_of_peeked(const struct preamble *p, int side)
{
    return span_of(p->peeked[side], p->have[side]);
}

/* ---- in a preamble */

static enum progress tell(struct preamble *p, int side, struct span *bytes)
{
    const struct protocol *protocol = &protocols[p->protocol - 1];
    enum talker from = side == p->client ? TALK_CLIENT : TALK_SERVER;
    size_t before = bytes->len;
    enum progress result = protocol->push(p, from, bytes);

    p->spoke = p->spoke || from == TALK_CLIENT;
    p->taken += (uint32_t)(before - bytes->len);
    if (p->taken > PREAMBLE_BYTES_MAX)
        return BROKEN;
    if (result != READY)
        return result;
    p->upgraded = !protocol->is_tunnel;
    p->kinds |= (uint16_t)(1u << protocol->kind);
    p->protocol = 0;
    return ++p->layers == PREAMBLE_LAYERS_MAX && !p->upgraded ? BROKEN : READY;
}

/* The bytes that were taken for a look, as far as the preamble wants them. */
static enum progress tell_peeked(struct preamble *p, int side)
{
    struct span bytes = span_of_peeked(p, side);
    enum progress result;

    if (span_empty(bytes))
        return NEED_MORE;
    result = tell(p, side, &bytes);
    memmove(p->peeked[side], bytes.data, bytes.len);
    p->have[side] = (uint8_t)bytes.len;
    return result;
}

static void give_up(struct preamble *p)
{
    p->verdict = PREAMBLE_OTHER;
}

static void decide(struct preamble *p, int side, enum look hello)
{
    p->verdict = PREAMBLE_TLS;
    p->hello_side = (uint8_t)side;
    p->hello_from_server = hello == LOOK_SERVER_HELLO;
    p->is_sslv2 = hello == LOOK_SSLV2;
}

/* The client went on with TLS before the server's consent was captured, if there is any. */
static void decide_unanswered(struct preamble *p, enum look hello)
{
    const struct protocol *protocol = &protocols[p->protocol - 1];

    if (p->talk.asked) {
        p->owed = !p->missed[!p->client];
        p->upgraded = !protocol->is_tunnel;
        p->kinds |= (uint16_t)(1u << protocol->kind);
    }
    decide(p, p->client, hello);
}

/*
 * What the client says first, and what it says after it asked, may be TLS. False when that is still
 * open, or decided.
 */
static bool client_goes_on(struct preamble *p, struct span *rest)
{
    enum look hello;

    if (p->spoke && !p->talk.asked)
        return true;
    peek(p, p->client, rest);
    hello = look_for_hello(span_of_peeked(p, p->client));
    if (hello == LOOK_CLIENT_HELLO || hello == LOOK_SSLV2)
        decide_unanswered(p, hello);
    else if (hello != LOOK_MORE && p->talk.asked)
        give_up(p);
    else
        return hello != LOOK_MORE;
    return false;
}

/* Hand bytes to the preamble that we are in; true when there is more to do. */
static bool step_in_preamble(struct preamble *p, int side, struct span *rest)
{
    bool is_peeked, is_left;
    enum progress result;

    if (side == p->client && !client_goes_on(p, rest))
        return false;
    is_peeked = p->have[side] > 0;
    result = is_peeked ? tell_peeked(p, side) : tell(p, side, rest);
    is_left = is_peeked ? p->have[side] > 0 : !span_empty(*rest);
    /* Only a client that has asked may say more than the preamble wants. */
    if (result == BROKEN ||
        (result == NEED_MORE && is_left && !(side == p->client && p->talk.asked))) {
        give_up(p);
        return false;
    }
    return result == READY || is_peeked || is_left;
}

static void begin_protocol(struct preamble *p, int side, uint8_t row)
{
    enum talker first = protocols[row - 1].first;
    struct span nothing = {.len = 0};

    p->protocol = row;
    p->client = (uint8_t)(first == TALK_CLIENT ? side : !side);
    p->spoke = first == TALK_CLIENT;
    p->talk.asked = false;
    memset(&p->state, 0, sizeof(p->state));
    if (protocols[row - 1].kind == PREAMBLE_STARTTLS)
        starttls_begin(&p->state.starttls, first, span_of_peeked(p, side));
    /* The other side may have said something before it was known what it belongs to. */
    while (p->have[!side] && p->protocol && p->verdict == PREAMBLE_UNDECIDED &&
           step_in_preamble(p, !side, &nothing))
        ;
}

/* Look at the first bytes of a side; true when they begin a preamble. */
static bool step_outside(struct preamble *p, int side, struct span *rest)
{
    enum look hello;
    uint8_t row = 0;

    peek(p, side, rest);
    hello = look_for_hello(span_of_peeked(p, side));
    if (hello == LOOK_MORE)
        return false;
    if (hello != LOOK_NONE) {
        decide(p, side, hello);
        return false;
    }
    switch (p->upgraded ? BROKEN : find_protocol(span_of_peeked(p, side), &row)) {
    case READY:
        begin_protocol(p, side, row);
        return true;
    case BROKEN:
        p->is_record = is_record(span_of_peeked(p, side));
        give_up(p);
        return false;
    case NEED_MORE:
        break;
    }
    return false;
}

/* The rest of the server's consent, in front of its TLS; byte by byte, to stop behind a refusal. */
static void take_owed(struct preamble *p, int side, struct span *rest)
{
    struct span byte;

    while (side != p->client && p->owed && span_take(rest, 1, &byte))
        p->owed = tell(p, side, &byte) == NEED_MORE && p->talk.asked;
}

void preamble_miss(struct preamble *p, int side)
{
    bool unheard = p->protocol && side != p->client && p->talk.asked;

    p->missed[side] = true;
    if (p->missed[!side] || p->have[side] || (p->protocol && !unheard))
        give_up(p);
}

enum preamble_verdict preamble_push(struct preamble *p, int side, struct span bytes,
                                    struct span *rest)
{
    *rest = bytes;
    if (p->verdict == PREAMBLE_TLS && p->owed)
        take_owed(p, side, rest);
    if (p->verdict != PREAMBLE_UNDECIDED || p->missed[side])
        return p->verdict;
    while (p->verdict == PREAMBLE_UNDECIDED &&
           (p->protocol ? step_in_preamble(p, side, rest) : step_outside(p, side, rest)))
        ;
    return p->verdict;
}
