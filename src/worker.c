#include "worker_state.h"

#include "base/nanotime.h"
#include "outcome/unseen_client.h"
#include "preamble/preamble.h"

/* An alert record of the server that crosses the client's close is no part of its flight. */
#define UNACKNOWLEDGED_ALERT 31u

/* Up to where most packets of a connection look. */
#define HOT_BYTES (offsetof(struct flow_state, preamble) + 64)

/* ---- the decision */

static struct outcome_decision decide(const struct worker *w,
                                      const struct flow_state *state, enum outcome_ask ask,
                                      uint64_t now_ns)
{
    struct outcome_question question = {.ask = ask, .now_ns = now_ns};

    if (state->is_datagram)
        return datagram_decide(&state->datagram, &state->outcome, &w->options.outcome,
                               &question);
    return outcome_decide(&state->outcome, &w->options.outcome, ask, now_ns);
}

/* Ask for the outcome; tell the session when it is decided and complete. */
static void judge(struct worker *w, struct connection *c, enum outcome_ask ask,
                  uint64_t now_ns)
{
    struct flow_state *state = state_of(c);
    uint64_t complete_ns;

    if (!state->decided) {
        state->outcome.last_ns = c->last_ns;
        if (c->packets[state->client] == 0)
            outcome_note_acknowledged(&state->outcome, c->ack_last[!state->client]);
        state->decision = decide(w, state, ask, now_ns);
        if (state->decision.outcome == OUTCOME_UNDECIDED) {
            if (state->decision.again_ns != UINT64_MAX)
                flows_set_timer(&w->flows, c, state->decision.again_ns);
            return;
        }
        state->decided = true;
    }
    complete_ns = outcome_complete_ns(&state->outcome, state->decision.decided_ns);
    if (ask == ASK_NOW && now_ns < complete_ns && !state->is_datagram) {
        flows_set_timer(&w->flows, c, complete_ns);
        return;
    }
    worker_tell_session(w, c, state, now_ns);
    worker_release(w, state);
    if (!w->options.on_session_end || !session_has_hello(&state->session)) {
        flows_forget(&w->flows, c);
        return;
    }
    state->told = true;
    if (ask == ASK_NOW)
        worker_watch_end(w, c, now_ns);
    else
        worker_tell_end(w, c, state, now_ns);
}

/* Something happened, or time has passed. */
static void look(struct worker *w, struct connection *c, uint64_t now_ns)
{
    if (state_of(c)->told)
        worker_watch_end(w, c, now_ns);
    else
        judge(w, c, ASK_NOW, now_ns);
}

/* ---- events of a connection */

/* The first event of a UDP flow. */
static void begin_datagram(struct turn *turn)
{
    struct flow_state *state = turn->state;

    state->tls = true;
    state->client = (uint8_t)datagram_client(&state->datagram);
    datagram_begin_session(&state->datagram, turn->connection, &state->session);
    turn->worker->stats.tls_connections++;
}

static void on_tls_event(void *ctx, const struct tls_event *event)
{
    struct turn *turn = ctx;
    struct flow_state *state = turn->state;

    if (!state->tls)
        begin_datagram(turn);
    if (event->kind == TLS_EVENT_RECORD && event->record.type == RECORD_APPLICATION_DATA)
        state->application_records[event->side]++;
    if (state->told)
        return;
    if (event->kind == TLS_EVENT_CLIENT_HELLO)
        state->session.hello_segments =
            state->is_datagram ? datagram_hello_count(&state->datagram) : state->segments;
    session_note(&state->session, event, &turn->worker->options.tools);
    outcome_push(&state->outcome, event);
}

/* What came before TLS tells whom the client means, and who speaks first in it. */
static void note_preamble(struct worker *w, const struct connection *c,
                          struct flow_state *state)
{
    const struct preamble *p = &state->preamble;
    bool tunneled = p->talk.target[0] != '\0';
    uint16_t port = tunneled ? p->talk.port : c->port[!state->client];

    state->outcome.server_first = !p->upgraded && outcome_server_speaks_first(port);
    if (tunneled)
        session_note_proxy(&state->session, p->talk.target, p->talk.port);
    for (int kind = 0; kind < PREAMBLE_KINDS; kind++)
        w->stats.preambles[kind] += p->kinds >> kind & 1;
    w->stats.preambles_refused += p->talk.refused;
}

static void begin_tls(struct worker *w, struct connection *c, struct flow_state *state)
{
    const struct preamble *p = &state->preamble;
    int client = p->hello_from_server ? !p->hello_side : p->hello_side;

    state->tls = true;
    state->client = (uint8_t)client;
    w->stats.tls_connections++;
    tls_conn_begin(&state->conn, p->hello_side, p->hello_from_server, p->is_sslv2);
    session_begin(&state->session, c, client);
    note_preamble(w, c, state);
}

static void push_tls(struct turn *turn, int side, const struct chunk *chunk)
{
    const struct tls_listener listener = {on_tls_event, turn};
    struct flow_state *state = turn->state;

    if (side == state->client && state->segments < UINT8_MAX)
        state->segments++;
    state->outcome.has_client_packets = turn->connection->packets[state->client] > 0;
    state->outcome.has_server_packets = turn->connection->packets[!state->client] > 0;
    tls_conn_push(&state->conn, &turn->worker->tls, side, chunk, &listener);
}

/* The bytes that were taken to see that it is TLS, of both sides. */
static void push_peeked(struct turn *turn, uint64_t time_ns)
{
    const struct preamble *p = &turn->state->preamble;

    for (int i = 0; i < 2; i++) {
        int side = i == 0 ? p->hello_side : !p->hello_side;
        struct chunk chunk = {.bytes = span_of(p->peeked[side], p->have[side]),
                              .time_ns = time_ns};

        if (p->missed[side])
            chunk = (struct chunk){.absent = 1, .gap = true, .time_ns = time_ns};
        if (p->have[side] || p->missed[side])
            push_tls(turn, side, &chunk);
    }
    turn->state->segments = 0;
}

/* It ends, or will say no more, and it is still open what it is. */
static void end_undecided(struct worker *w, struct flow_state *state)
{
    if (state->is_datagram && state->datagram.kind == DATAGRAM_QUIC)
        w->stats.without_hello++; /* it never became whole */
    else
        w->stats.undecided_connections++;
    if (!state->is_datagram)
        w->stats.preambles_refused += state->preamble.talk.refused;
    worker_release(w, state);
}

/* Bytes before it is known what the connection is; true when they turned out to be TLS. */
static bool push_preamble(struct turn *turn, int side, struct chunk *chunk)
{
    struct flow_state *state = turn->state;
    struct worker *w = turn->worker;
    const struct chunk whole = *chunk;

    if (preamble_push(&state->preamble, side, chunk->bytes, &chunk->bytes) ==
            PREAMBLE_UNDECIDED &&
        chunk->absent > 0)
        preamble_miss(&state->preamble, side);
    switch (state->preamble.verdict) {
    case PREAMBLE_TLS:
        begin_tls(w, turn->connection, state);
        push_peeked(turn, chunk->time_ns);
        return true;
    case PREAMBLE_OTHER:
        w->stats.preambles_refused += state->preamble.talk.refused;
        if (worker_begin_unidentified(w, turn->connection, state)) {
            worker_push_unidentified(turn, side, &whole);
            return false;
        }
        worker_watch_other(w, turn->connection, PACKET_TCP, state->preamble.is_record);
        worker_release(w, state);
        flows_forget(&w->flows, turn->connection);
        return false;
    case PREAMBLE_UNDECIDED:
        break;
    }
    return false;
}

static void on_bytes(void *ctx, struct connection *c, int side, const struct chunk *chunk)
{
    struct turn turn = {ctx, c, state_of(c)};
    struct chunk rest = *chunk;

    if (turn.state->is_unidentified) {
        worker_push_unidentified(&turn, side, chunk);
        return;
    }
    if (!turn.state->tls && !push_preamble(&turn, side, &rest))
        return;
    if (turn.state->preamble.owed)
        (void)preamble_push(&turn.state->preamble, side, rest.bytes, &rest.bytes);
    push_tls(&turn, side, &rest);
    look(turn.worker, c, turn.worker->flows.now_ns);
}

static void on_datagram(void *ctx, struct connection *c, int side,
                        const struct packet *packet)
{
    struct turn turn = {ctx, c, state_of(c)};
    struct worker *w = turn.worker;
    struct flow_state *state = turn.state;
    struct datagram datagram = {side, packet->payload, packet->time_ns};

    if (state->told)
        return;
    state->is_datagram = true;
    if (datagram_push(&state->datagram, &w->datagrams, &datagram, on_tls_event, &turn) ==
        DATAGRAM_OTHER) {
        worker_watch_other(w, c, PACKET_UDP, datagram_may_be_quic(c, packet));
        worker_release(w, state);
        flows_forget(&w->flows, c);
    } else if (state->tls) {
        state->outcome.has_client_packets = c->packets[state->client] > 0;
        state->outcome.has_server_packets = c->packets[!state->client] > 0;
        judge(w, c, ASK_NOW, w->flows.now_ns);
    }
}

static void on_closed(void *ctx, struct connection *c, int side, bool by_reset,
                      uint64_t time_ns)
{
    struct worker *w = ctx;
    struct flow_state *state = state_of(c);
    bool by_client = side == state->client;

    if (!state->tls && (by_reset || (c->finished[0] && c->finished[1]))) {
        if (state->is_unidentified) {
            worker_end_unidentified(w, c, state, time_ns);
            return;
        }
        end_undecided(w, state);
        flows_forget(&w->flows, c);
    }
    if (!state->tls)
        return;
    outcome_close(&state->outcome, by_client ? TLS_CLIENT : TLS_SERVER, by_reset,
                  connection_is_acknowledged(c, !state->client, UNACKNOWLEDGED_ALERT),
                  time_ns);
    session_note_close(&state->session, by_client ? SIDE_CLIENT : SIDE_SERVER,
                       by_reset ? CLOSE_RST : CLOSE_FIN, time_ns);
    look(w, c, w->flows.now_ns);
}

static void on_timer(void *ctx, struct connection *c, uint64_t now_ns)
{
    if (state_of(c)->tls)
        look(ctx, c, now_ns);
}

static void on_end(void *ctx, struct connection *c, enum flow_end why, uint64_t now_ns)
{
    struct worker *w = ctx;
    struct flow_state *state = state_of(c);

    if (state->told)
        worker_tell_end(w, c, state, now_ns);
    else if (state->is_unidentified)
        worker_end_unidentified(w, c, state, now_ns);
    else if (state->tls)
        judge(w, c, why == FLOW_END_CAPTURE ? ASK_CAPTURE : ASK_TIMEOUT, now_ns);
    else
        end_undecided(w, state);
}

/* ---- the worker */

size_t worker_connection_bytes(void)
{
    return sizeof(struct connection) + sizeof(struct flow_state);
}

int worker_init(struct worker *w, const struct worker_options *options, struct err *why)
{
    struct flow_options flow = {
        .max_flows = options->max_flows,
        .max_connections = options->max_connections,
        .state_size = sizeof(struct flow_state),
        .state_hot = HOT_BYTES,
        .held_bytes = options->held_bytes,
        .flow_timeout_ns = options->flow_timeout_ns,
        .hash_seed = options->hash_seed,
        .handler = {w, on_bytes, on_closed, on_datagram, on_timer, on_end},
    };

    *w = (struct worker){.options = *options};
    w->tls.budget.most_bytes = options->message_bytes;
    w->labels =
        app_labels_new(options->hash_seed, options->labels_lazy, options->labels_lock, why);
    if (!w->labels || datagram_context_init(&w->datagrams, &w->tls, why) < 0 ||
        decoder_init(&w->decoder, &options->decode, why) < 0 ||
        flows_init(&w->flows, &flow, why) < 0) {
        worker_fini(w);
        return -1;
    }
    return 0;
}

size_t worker_look(struct worker *w, const struct frame *frames, size_t count)
{
    struct ahead_tools tools = {.decoder = &w->decoder,
                                .flows = &w->flows,
                                .share = w->options.share,
                                .shares = w->options.shares};

    return ahead_look(&w->ahead, &tools, frames, count);
}

void worker_push_next(struct worker *w, const struct frame *frame)
{
    const struct ahead_item *item = ahead_next(&w->ahead);

    if (item->is_ours) {
        flows_push_looked(&w->flows, &item->packet, &item->look);
        app_labels_push(w->labels, &item->packet);
    } else {
        flows_pass(&w->flows, frame->time_ns);
    }
}

void worker_push(struct worker *w, const struct frame *frame)
{
    (void)worker_look(w, frame, 1);
    worker_push_next(w, frame);
}

void worker_tick(struct worker *w, uint64_t now_ns)
{
    decode_tick(&w->decoder, now_ns);
    flows_pass(&w->flows, now_ns);
}

void worker_drain(struct worker *w)
{
    flows_drain(&w->flows);
}

uint64_t worker_now_ns(const struct worker *w)
{
    return w->flows.now_ns;
}

void worker_fini(struct worker *w)
{
    flows_fini(&w->flows);
    decoder_fini(&w->decoder);
    datagram_context_fini(&w->datagrams);
    app_labels_free(w->labels);
    w->labels = NULL;
}
