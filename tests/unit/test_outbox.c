#include "alert/outbox.h"

#include <stdlib.h>

#include "tap.h"

static void test_order(void)
{
    struct outbox o = {0};

    ok(outbox_put(&o, OUTBOX_FILE, span_of_text("one\n")) &&
           outbox_put(&o, OUTBOX_SYSLOG, span_of_text("two")),
       "alerts wait");
    is_int(o.count, 2, "both of them");
    is_span(outbox_bytes(&o, 0), span_of_text("one\n"), "the first as it was put");
    is_span(outbox_bytes(&o, 1), span_of_text("two"), "then the second");
    is_int(o.items[1].sink, OUTBOX_SYSLOG, "for its sink");
    outbox_clear(&o);
    is_int(o.count, 0, "when they were sent none is left");
    outbox_fini(&o);
}

static void test_full(void)
{
    static char megabyte[1024 * 1024];
    struct outbox o = {0};
    int taken = 0;

    while (taken < 100 && outbox_put(&o, OUTBOX_FILE, span_of(megabyte, sizeof(megabyte))))
        taken++;
    is_int(taken, OUTBOX_BYTES_MAX / sizeof(megabyte), "so much has room");
    is_int(o.refused, 1, "what has none is counted");
    ok(outbox_put(&o, OUTBOX_FILE, span_of("", 0)), "nothing always has room");
    outbox_fini(&o);
}

int main(void)
{
    test_order();
    test_full();
    return done_testing();
}
