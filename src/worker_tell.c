#include "base/nanotime.h"
#include "worker_state.h"

void worker_release(struct worker *w, struct flow_state *state)
{
    if (state->is_unidentified)
        return;
    if (state->is_datagram)
        datagram_flow_clear(&state->datagram, &w->datagrams);
    else
        tls_conn_clear(&state->conn, &w->tls);
    session_release(&state->session);
}

/* nDPI's word on the name; its own parser of the protocol never sees the bytes. */
static void label_session(struct worker *w, struct session *s)
{
    static const char *const protocols[] = {
        [SESSION_TLS] = "TLS", [SESSION_QUIC] = "QUIC", [SESSION_DTLS] = "DTLS"};
    const char *name = s->server_name[0] ? s->server_name : s->proxy_target;
    struct app_label label = app_labels_of_name(w->labels, name);

    if (!label.application)
        return;
    s->ndpi_protocol = protocols[s->protocol];
    s->ndpi_application = label.application;
    s->ndpi_category = label.category;
}

struct flow_key worker_key_of(const struct connection *c, uint8_t protocol)
{
    struct flow_key key = {.port = {c->port[0], c->port[1]}, .protocol = protocol};

    memcpy(key.address[0], c->address[0].bytes, sizeof(key.address[0]));
    memcpy(key.address[1], c->address[1].bytes, sizeof(key.address[1]));
    return key;
}

void worker_watch_other(struct worker *w, const struct connection *c, uint8_t protocol,
                        bool is_tls)
{
    struct flow_key key = worker_key_of(c, protocol);

    w->stats.other_connections++;
    w->stats.other_on_443 += !is_tls && (c->port[0] == 443 || c->port[1] == 443);
    if (!is_tls)
        (void)app_labels_watch(w->labels, &key, false, w->flows.now_ns);
}

/*
 * Records leave in the order of their decisions, and a decided connection is kept no longer than
 * the linger time. Where the wire had said enough earlier, but waiting for more took longer than
 * that, the decision counts from then.
 */
static void date(uint64_t *decided_ns, uint64_t now_ns)
{
    if (nanotime_since(*decided_ns, now_ns) > OUTCOME_LINGER_NS)
        *decided_ns = nanotime_whole_us(now_ns - OUTCOME_LINGER_NS);
}

void worker_tell_session(struct worker *w, struct connection *c, struct flow_state *state,
                         uint64_t now_ns)
{
    if (!session_has_hello(&state->session)) {
        w->stats.without_hello++;
        return;
    }
    date(&state->decision.decided_ns, now_ns);
    session_finish(&state->session, c, &state->outcome, &state->decision);
    if (state->is_datagram)
        datagram_finish_session(&state->datagram, &state->session);
    if (w->options.label_sessions)
        label_session(w, &state->session);
    w->stats.sessions++;
    w->stats.outcomes[state->decision.outcome]++;
    w->options.on_session(w->options.ctx, &state->session);
}

/* ---- totals of a connection whose session was told */

/* After both sides closed, late copies and answers are waited for this long. */
#define END_SETTLE_NS UINT64_C(100000000)

void worker_tell_end(struct worker *w, struct connection *c, struct flow_state *state,
                     uint64_t now_ns)
{
    struct session_end end;

    session_note_end(&state->session, c, state->application_records, &end);
    date(&end.decided_ns, now_ns);
    w->options.on_session_end(w->options.ctx, &end);
    worker_release(w, state);
    flows_forget(&w->flows, c);
}

void worker_watch_end(struct worker *w, struct connection *c, uint64_t now_ns)
{
    const struct outcome_state *o = &state_of(c)->outcome;
    uint64_t client = outcome_closed_ns(o, TLS_CLIENT);
    uint64_t server = outcome_closed_ns(o, TLS_SERVER);
    uint64_t closed = client > server ? client : server;
    bool reset = o->rst_ns[TLS_CLIENT] || o->rst_ns[TLS_SERVER];

    if (!reset && (!client || !server))
        return;
    if (now_ns < closed + END_SETTLE_NS)
        flows_set_timer(&w->flows, c, closed + END_SETTLE_NS);
    else
        worker_tell_end(w, c, state_of(c), now_ns);
}
