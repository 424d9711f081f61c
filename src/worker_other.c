#include "base/nanotime.h"
#include "worker_state.h"

/* Of the end that is no server; UNIDENTIFIED_PORT is the other's. */
static int client_side(const struct connection *c)
{
    return c->port[0] == UNIDENTIFIED_PORT ? 1 : 0;
}

/* The middle of TLS looks the same: the beginning must have been seen, and all of it. */
static bool is_whole(const struct connection *c, const struct preamble *p)
{
    return c->opening.syn_ack_seen && !c->midstream && !c->gaps && !c->truncated &&
           !p->missed[0] && !p->missed[1] && !p->is_record;
}

bool worker_begin_unidentified(struct worker *w, struct connection *c,
                               struct flow_state *state)
{
    const struct preamble p = state->preamble;
    struct flow_key key = worker_key_of(c, PACKET_TCP);
    int client = client_side(c);

    if (c->port[!client] != UNIDENTIFIED_PORT || c->port[client] == UNIDENTIFIED_PORT ||
        p.kinds || !is_whole(c, &p) ||
        !app_labels_watch(w->labels, &key, true, w->flows.now_ns))
        return false;
    worker_release(w, state);
    w->stats.other_connections++;
    state->is_unidentified = true;
    state->client = (uint8_t)client;
    memset(&state->unidentified, 0, sizeof(state->unidentified));
    for (int side = 0; side < 2; side++)
        if (side != p.hello_side)
            unidentified_push(&state->unidentified, side,
                              span_of(p.peeked[side], p.have[side]));
    return true;
}

static void leave(struct worker *w, struct connection *c)
{
    w->stats.other_on_443++;
    flows_forget(&w->flows, c);
}

static void tell(struct worker *w, struct connection *c, struct flow_state *state)
{
    const struct unidentified_side *client = &state->unidentified.sides[state->client];
    const struct outcome_decision decision = {.outcome = OUTCOME_ACCEPTED,
                                              .decided_ns = w->flows.now_ns};

    state->tls = true; /* from here on, as a session of TLS that was told */
    state->decided = true;
    state->told = true;
    state->decision = decision;
    session_begin_unidentified(&state->session, c, state->client,
                               span_of(client->first, sizeof(client->first)));
    session_finish(&state->session, c, &state->outcome, &decision);
    w->stats.unidentified++;
    w->options.on_session(w->options.ctx, &state->session);
}

/* At the `end` nothing more will come, to nDPI neither. */
static void look(struct worker *w, struct connection *c, struct flow_state *state, bool end)
{
    enum unidentified_verdict verdict = unidentified_judge(&state->unidentified);
    struct flow_key key = worker_key_of(c, PACKET_TCP);
    enum app_label_verdict label = app_labels_verdict(w->labels, &key);

    if (!end && verdict != UNIDENTIFIED_READABLE && label != APP_LABEL_KNOWN &&
        (verdict == UNIDENTIFIED_MORE || label == APP_LABEL_PENDING))
        return;
    app_labels_release(w->labels, &key);
    if (verdict != UNIDENTIFIED_ENCRYPTED || label == APP_LABEL_KNOWN) {
        leave(w, c);
        return;
    }
    tell(w, c, state);
    if (!w->options.on_session_end)
        flows_forget(&w->flows, c);
}

void worker_push_unidentified(struct turn *turn, int side, const struct chunk *chunk)
{
    struct flow_state *state = turn->state;

    if (state->told)
        return;
    unidentified_push(&state->unidentified, side, chunk->bytes);
    look(turn->worker, turn->connection, state, chunk->absent > 0);
}

void worker_end_unidentified(struct worker *w, struct connection *c,
                             struct flow_state *state, uint64_t now_ns)
{
    look(w, c, state, true);
    if (state->told && w->options.on_session_end)
        worker_tell_end(w, c, state, now_ns);
}
