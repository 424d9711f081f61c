/*
 * A DTLS connection: datagrams with a byte for the side and two for the length before each.
 * Repeating every datagram tells no hello twice, all memory comes back, and what is read lies in
 * its datagram.
 */
#include "property.h"
#include "tls/dtls_conn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DATAGRAMS_MAX 64

struct told {
    size_t client_hellos, server_hellos, alerts;
    uint64_t shed;
};

static void on_event(void *ctx, const struct tls_event *e)
{
    struct told *told = ctx;

    must(e->kind != TLS_EVENT_LOST && e->kind != TLS_EVENT_MESSAGE_LOST);
    if (e->kind == TLS_EVENT_CLIENT_HELLO) {
        told->client_hellos++;
        must(e->side == TLS_CLIENT && e->client_hello->kind == HELLO_DTLS);
    } else if (e->kind == TLS_EVENT_SERVER_HELLO) {
        told->server_hellos++;
        must(e->side == TLS_SERVER);
    } else if (e->kind == TLS_EVENT_ALERT) {
        told->alerts++;
    }
}

static void check_fragments(struct span body)
{
    struct dtls_fragment f;

    while (!span_empty(body)) {
        struct span before = body;

        if (!dtls_fragment_next(&body, &f)) {
            must(body.data == before.data && body.len == before.len);
            return;
        }
        must(lies_in(f.body, before) && body.len < before.len);
        must(f.offset <= f.length && f.body.len <= f.length - f.offset);
    }
}

static void check_records(struct span datagram)
{
    struct dtls_record record;

    while (!span_empty(datagram)) {
        struct span before = datagram;

        if (!dtls_record_next(&datagram, &record)) {
            must(datagram.data == before.data && datagram.len == before.len);
            return;
        }
        must(lies_in(record.body, before) && datagram.len < before.len);
        check_fragments(record.body);
    }
}

static struct told run(struct span script, int copies)
{
    struct tls_context tls = {.budget.most_bytes = 1 << 20};
    struct dtls_context context = {.tls = &tls};
    struct dtls_conn conn = {.has_client = false};
    struct told told = {0};
    struct span bytes;
    uint8_t side;

    for (uint64_t n = 1; n <= DATAGRAMS_MAX && span_u8(&script, &side); n++) {
        struct datagram d = {.flow_side = side & 1, .time_ns = n};

        if (!span_vec(&script, 2, &bytes))
            break;
        d.bytes = bytes;
        check_records(bytes);
        for (int i = 0; i < copies; i++)
            dtls_conn_push(&conn, &context, &d, on_event, &told);
        if (side & 2)
            dtls_conn_note_media(&conn, &d);
    }
    must(told.client_hellos <= 1 && told.server_hellos <= 1);
    told.shed = context.stats.shed_fragments;
    dtls_conn_clear(&conn, &context);
    must(tls.budget.bytes == 0);
    return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span script = span_of(data, size);
    struct told once = run(script, 1), twice = run(script, 2);

    must(twice.alerts == 2 * once.alerts);
    if (once.shed == 0 && twice.shed == 0)
        must(once.client_hellos == twice.client_hellos &&
             once.server_hellos == twice.server_hellos);
    return 0;
}
