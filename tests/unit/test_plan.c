/* The limits fit into the memory that was given. */
#include "tap.h"

#include "config/config.h"
#include "plan.h"
#include "worker.h"

static struct config_limits limits_of(const char *setting)
{
    struct config cfg = {0};
    struct config_limits limits = {0};
    struct err why;

    if (config_load(&cfg, "/dev/null", &setting, setting ? 1 : 0, &why) == 0)
        limits = cfg.limits;
    config_free(&cfg);
    return limits;
}

int main(void)
{
    struct config_limits limits = limits_of(NULL);
    uint64_t bytes = plan_bytes(&limits, worker_connection_bytes());
    size_t flows = limits.flows;

    ok(!plan_fit(&limits, worker_connection_bytes()),
       "the defaults fit into 512 MiB (%llu)", (unsigned long long)bytes);
    is_int(limits.flows, flows, "and stay as they are");

    limits = limits_of("limits.memory=256MiB");
    ok(plan_fit(&limits, worker_connection_bytes()), "into 256 MiB they do not");
    ok(limits.flows < flows && limits.handshakes >= 64, "so they are lowered");
    ok(plan_bytes(&limits, worker_connection_bytes()) <= 256u << 20, "and fit then");

    limits = limits_of("limits.memory=64MiB");
    (void)plan_fit(&limits, worker_connection_bytes());
    ok(limits.flows >= 64 && limits.keys >= 64, "in the smallest memory something is left");

    limits = limits_of("limits.flows=16777216");
    ok(plan_fit(&limits, worker_connection_bytes()), "more flows do not fit by themselves");
    return done_testing();
}
