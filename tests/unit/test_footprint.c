/* What the packet side takes for each flow and each handshake: docs/memory.md. */
#include "flow/conn_pool.h"
#include "session/session.h"
#include "tap.h"
#include "worker.h"

#define LINE 64

static void test_flow(void)
{
    struct flow_table t;
    struct err why;

    is_int(sizeof(struct flow), LINE, "a flow is one cache line");
    ok(flow_table_init(&t, 1000, 1, &why) == 0, "a table for 1000 flows");
    ok((t.index_mask + 1) * sizeof(t.index[0]) <= 1000 * 16,
       "and an index of at most 16 bytes for each");
    flow_table_fini(&t);
}

static void test_handshake(void)
{
    size_t bytes = worker_connection_bytes();

    if (sizeof(void *) != 8) {
        skip("not a 64-bit machine");
        return;
    }
    ok(sizeof(struct connection) <= 8 * LINE, "a connection: %zu bytes",
       sizeof(struct connection));
    ok(sizeof(struct session) <= 2304, "a session: %zu bytes", sizeof(struct session));
    ok(bytes <= 3584, "a handshake under way, all in all: %zu bytes", bytes);
}

int main(void)
{
    test_flow();
    test_handshake();
    return done_testing();
}
