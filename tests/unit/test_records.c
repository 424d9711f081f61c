#include "detect/records.h"

#include <stddef.h>

#include "detect/breakage.h"
#include "detect/fleet.h"
#include "detect/inspection.h"
#include "detect/removal.h"
#include "detect/upstream.h"
#include "tap.h"

/* What docs/memory.md says; the sizes are those of 64-bit machines. */
static const struct {
    const char *name;
    size_t bytes;
    size_t wanted;
} sizes[] = {
    {"device", sizeof(struct device), 432},
    {"device_app", sizeof(struct device_app), 240},
    {"app", sizeof(struct app), 184},
    {"destination", sizeof(struct destination), 480},
    {"app_destination", sizeof(struct app_destination), 168},
    {"device_destination", sizeof(struct device_destination), 48},
    {"key", sizeof(struct key), 160},
    {"suspicion", sizeof(struct suspicion), 880},
    {"finding_evidence", sizeof(struct finding_evidence), 136},
    {"pair_refusals", sizeof(struct pair_refusals), 504},
    {"streak", sizeof(struct streak), 408},
    {"notice_record", sizeof(struct notice_record), 56},
    {"mtls_record", sizeof(struct mtls_record), 1248},
    {"removal", sizeof(struct removal), 1688},
    {"genuine", sizeof(struct genuine), 312},
    {"genuine_chain", sizeof(struct genuine_chain), 280},
    {"breakage", sizeof(struct breakage), 2008},
    {"overflow", sizeof(struct overflow), 32},
    {"fleet", sizeof(struct fleet), 1008},
    {"scope_record", sizeof(struct scope_record), 10936},
    {"issuer", sizeof(struct issuer), 264},
    {"issuer_proof", sizeof(struct issuer_proof), 2664},
    {"beacon", sizeof(struct beacon), 144},
    {"upstream_key", sizeof(struct upstream_key), 168},
    {"identity_link", sizeof(struct identity_link), 120},
    {"identity_alias", sizeof(struct identity_alias), 72},
    {"policy_record", sizeof(struct policy_record), 40},
};

static void test_sizes(void)
{
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        if (sizeof(void *) == 8)
            is_int(sizes[i].bytes, sizes[i].wanted, "a %s has %zu bytes", sizes[i].name,
                   sizes[i].wanted);
        else
            skip("not a 64-bit machine");
}

/* The parts of the two records that there are most of. */
static void test_layout(void)
{
    if (sizeof(void *) != 8) {
        skip("not a 64-bit machine");
        return;
    }
    is_int(offsetof(struct key, device), 32, "a key begins with its entry of 32 bytes");
    is_int(offsetof(struct key, accepted_ns), 80, "then three ids of 16");
    is_int(offsetof(struct key, window), 136,
           "three times each of accepts and resumptions");
    is_int(offsetof(struct device, accepted) - offsetof(struct device, apps), 68 + 4,
           "an id set has 68 bytes");
    is_int(sizeof(struct device_event), 16, "an event of a device's ring has 16");
    is_int(sizeof(struct device_ring), 16, "and the ring itself as much");
}

/* What one triple costs at most, all that it can own included. */
static void test_bounds(void)
{
    size_t triple = sizeof(struct key) + sizeof(struct device_app) +
                    sizeof(struct app_destination) + sizeof(struct device_destination) +
                    sizeof(struct destination) + SESSION_NAME_MAX;
    size_t refusing = sizeof(struct suspicion) + sizeof(struct pair_refusals) +
                      SUSPICION_EVIDENCE * sizeof(struct finding_evidence) +
                      SESSION_NAME_MAX;
    size_t device = sizeof(struct device) + sizeof(struct streak) +
                    DEVICE_WAITING * sizeof(struct memory_id) +
                    2 * DEVICE_RING * sizeof(struct device_event) +
                    DEVICE_OTHERS * sizeof(struct address);

    ok(triple <= 1400, "a quiet triple: %zu bytes", triple);
    ok(refusing <= 4920, "one that refuses: %zu more", refusing);
    ok(device <= 1810, "a refusing device with full rings: %zu bytes", device);
}

int main(void)
{
    test_sizes();
    test_layout();
    test_bounds();
    return done_testing();
}
