#include "plan.h"

#include "detect/hold_back.h"
#include "detect/records.h"
#include "flow/table.h"

enum {
    INDEX_BYTES = 16,         /* of a table, for each record */
    NAME_BYTES = 48,          /* of a destination, on the heap */
    CERTIFICATE_BYTES = 4096, /* with its DER */
    SUSPICIOUS_SHARE = 16,    /* one key in so many has refused or gone direct */
    TIMER_BYTES = 24,
    LEAST = 64,
};

static uint64_t key_bytes(void)
{
    uint64_t pair = sizeof(struct device_destination) + sizeof(struct app_destination);
    uint64_t halves = sizeof(struct device_app) + sizeof(struct destination) + NAME_BYTES;
    uint64_t suspicion = sizeof(struct suspicion) + sizeof(struct pair_refusals) +
                         6 * sizeof(struct finding_evidence);

    return sizeof(struct key) + pair + halves / 2 + suspicion / SUSPICIOUS_SHARE +
           4 * INDEX_BYTES;
}

/* What does not depend on the counts. */
static uint64_t fixed_bytes(const struct config_limits *limits)
{
    return (uint64_t)HOLD_BACK_MAX * sizeof(struct session) + limits->memory_bytes / 16 +
           limits->fragments_bytes + limits->context_bytes;
}

uint64_t plan_bytes(const struct config_limits *limits, size_t connection_bytes)
{
    return fixed_bytes(limits) + limits->flows * (sizeof(struct flow) + INDEX_BYTES / 2) +
           limits->handshakes * (uint64_t)(connection_bytes + TIMER_BYTES) +
           limits->devices *
               (uint64_t)(sizeof(struct device) + sizeof(struct app) + INDEX_BYTES) +
           limits->keys * key_bytes() + limits->certificates * (uint64_t)CERTIFICATE_BYTES;
}

static uint32_t lower(uint32_t count, double factor)
{
    uint32_t lowered = (uint32_t)(count * factor);

    return lowered < LEAST ? LEAST : lowered;
}

bool plan_fit(struct config_limits *limits, size_t connection_bytes)
{
    uint64_t fixed = fixed_bytes(limits), all = plan_bytes(limits, connection_bytes);
    uint64_t room = limits->memory_bytes > fixed ? limits->memory_bytes - fixed : 0;
    double factor = (double)room / (double)(all - fixed);

    if (all <= limits->memory_bytes)
        return false;
    limits->flows = lower(limits->flows, factor);
    limits->handshakes = lower(limits->handshakes, factor);
    limits->devices = lower(limits->devices, factor);
    limits->keys = lower(limits->keys, factor);
    limits->certificates = lower(limits->certificates, factor);
    return true;
}

bool plan_config(struct config *config, size_t connection_bytes)
{
    if (config->context_count == 0)
        config->limits.context_bytes = 0;
    return plan_fit(&config->limits, connection_bytes);
}
