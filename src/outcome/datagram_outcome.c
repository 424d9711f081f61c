#include "outcome/datagram_outcome.h"

static struct outcome_decision decided(enum outcome outcome, uint64_t at_ns)
{
    return (struct outcome_decision){
        .outcome = outcome,
        .shape = outcome == OUTCOME_STALLED ? SHAPE_S6 : SHAPE_NONE,
        .decided_ns = at_ns,
    };
}

static struct outcome_decision undecided(uint64_t again_ns)
{
    return (struct outcome_decision){.outcome = OUTCOME_UNDECIDED, .again_ns = again_ns};
}

static uint64_t last_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static struct outcome_decision accepted(const struct outcome_state *s, uint64_t at_ns)
{
    return decided(s->resumed ? OUTCOME_RESUMED : OUTCOME_ACCEPTED, at_ns);
}

/* Nothing decides: `otherwise` when nothing more comes for the stall time. */
static struct outcome_decision wait(const struct outcome_state *s,
                                    const struct outcome_tuning *tuning,
                                    const struct outcome_question *q,
                                    enum outcome otherwise)
{
    uint64_t limit = s->last_ns + tuning->stall_ns;

    if (q->ask == ASK_TIMEOUT)
        return decided(otherwise, q->now_ns);
    if (q->now_ns >= limit)
        return decided(otherwise, limit);
    return q->ask == ASK_CAPTURE ? decided(OUTCOME_IN_PROGRESS, s->last_ns)
                                 : undecided(limit);
}

/* ---- QUIC */

/* A client that only sends Initials has no answer, whatever the capture may miss. */
static bool has_answer(const struct quic_direction *client, const struct outcome_state *s)
{
    return s->has_server_packets || client->seen_handshake || client->used_ns;
}

struct outcome_decision outcome_decide_quic(const struct quic_conn *conn,
                                            const struct outcome_state *s,
                                            const struct outcome_tuning *tuning,
                                            const struct outcome_question *question)
{
    const struct quic_direction *client = &conn->directions[conn->client];
    const struct quic_direction *server = &conn->directions[!conn->client];
    uint64_t used = last_of(client->used_ns, server->used_ns);

    if (client->used_ns && server->used_ns) {
        /* The ServerHello may come behind what overtook it. */
        if (!s->server_hello && question->ask == ASK_NOW &&
            question->now_ns < used + OUTCOME_SETTLE_NS)
            return undecided(used + OUTCOME_SETTLE_NS);
        return accepted(s, used);
    }
    /* After a Handshake packet of the client it may be the answer to a close that is hidden. */
    if (server->close_ns)
        return decided(client->seen_handshake || client->close_ns ? OUTCOME_UNKNOWN
                                                                  : OUTCOME_SERVER_FAULT,
                       server->close_ns);
    if (client->close_ns)
        return decided(OUTCOME_UNKNOWN, client->close_ns);
    return wait(s, tuning, question,
                has_answer(client, s) ? OUTCOME_UNKNOWN : OUTCOME_STALLED);
}

/* ---- DTLS */

static uint64_t both(uint64_t client_ns, uint64_t server_ns)
{
    return client_ns && server_ns ? last_of(client_ns, server_ns) : 0;
}

struct outcome_decision outcome_decide_dtls(const struct dtls_conn *conn,
                                            const struct outcome_state *s,
                                            const struct outcome_tuning *tuning,
                                            const struct outcome_question *question)
{
    const struct dtls_direction *client = &conn->directions[conn->client];
    const struct dtls_direction *server = &conn->directions[!conn->client];
    uint64_t finished = both(client->finished_ns, server->finished_ns);
    uint64_t data = both(client->data_ns, server->data_ns);
    uint64_t media = finished ? both(client->media_ns, server->media_ns) : 0;

    if (data || media)
        return accepted(s, data && media ? (data < media ? data : media)
                                         : last_of(data, media));
    if (conn->is_dtls13 && client->finished_ns)
        return wait(s, tuning, question, OUTCOME_UNKNOWN);
    if (s->phase == CLIENT_USEFUL || client->media_ns)
        return wait(s, tuning, question, OUTCOME_UNKNOWN);
    return outcome_decide(s, tuning, question->ask, question->now_ns);
}
