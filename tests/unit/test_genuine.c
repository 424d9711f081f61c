#include "detect/genuine.h"

#include "session_sample.h"
#include "tap.h"

#define S UINT64_C(1000000000)

static struct genuine genuine;
static struct certificate leaves[6];
static struct genuine_change change;

/* Six public certificates of one issuer, each with a key of its own. */
static void begin(void)
{
    genuine_fini(&genuine);
    genuine = (struct genuine){.chain_count = 0};
    for (size_t i = 0; i < 6; i++) {
        leaves[i] = (struct certificate){.references = 1,
                                         .readable = true,
                                         .authority = -1,
                                         .has_sct = true,
                                         .subject = "CN=x.example",
                                         .issuer = "CN=Issuing"};
        leaves[i].sha256[0] = (uint8_t)(i + 1);
        leaves[i].spki_sha256[0] = (uint8_t)(i + 1);
    }
}

static struct session shows(size_t leaf, uint64_t at_s)
{
    struct session s = {.start_ns = at_s * S, .version = 0x0303, .certificate_count = 1};

    s.certificates[0] = &leaves[leaf];
    return s;
}

static void accept(size_t leaf, uint32_t app, uint64_t at_s)
{
    struct session s = shows(leaf, at_s);

    genuine_accept(&genuine, &s, app, at_s * S);
}

static bool refuse(size_t leaf, uint32_t app, uint64_t at_s)
{
    struct session s = shows(leaf, at_s);

    s.shape = SHAPE_S1;
    s.outcome = OUTCOME_REJECTED_ALERT;
    return genuine_refuse(&genuine, &s, app, at_s * S, &change);
}

static void test_change(void)
{
    begin();
    ok(!refuse(0, 1, 10), "who accepted nothing before refuses for another reason");
    accept(0, 2, 20);
    ok(refuse(1, 2, 100), "another certificate than the one it accepted is a change");
    is_int(change.basis, PIN_BASIS_CERTIFICATES, "which both certificates show");
    is_int(change.changed, PIN_LEAF | PIN_LEAF_KEY, "of the leaf and its key");
    is_int(change.broken, PIN_LEAF | PIN_LEAF_KEY, "either of which can be pinned");
    is_int((int64_t)(change.since_ns / S), 100, "since it was first seen");
    ok(!refuse(0, 2, 120), "the one it accepted itself is no change");
    ok(refuse(1, 3, 130) == false, "nor is it for an app that never accepted");
}

static void test_survived(void)
{
    struct finding_pin pin;

    begin();
    accept(0, 1, 10);
    ok(genuine_describe(&genuine, 1, &pin) && pin.target == 0,
       "one certificate tells nothing of the pin");
    accept(1, 1, 20);
    accept(0, 1, 30);
    (void)genuine_describe(&genuine, 1, &pin);
    is_int(pin.survived, PIN_LEAF | PIN_LEAF_KEY, "what changed while it accepted");
    is_int(pin.target, PIN_INTERMEDIATE | PIN_ROOT, "leaves what it can pin");
    ok(pin.has_before && pin.now.sha256[0] == 2 && pin.before.sha256[0] == 1,
       "the newest certificate and the one before");
    (void)genuine_describe(&genuine, 9, &pin);
    is_int(pin.survived, 0, "of another app it tells nothing");
    begin();
    ok(!genuine_describe(&genuine, 1, &pin),
       "without certificates there is nothing to say");
}

/* Refused at once and before: that is no rotation. */
static void test_refused_before(void)
{
    begin();
    accept(0, 1, 10);
    (void)refuse(0, 1, 20);
    ok(!refuse(1, 1, 100), "who refused the day before the change did not wait for it");
    begin();
    accept(0, 1, 10);
    (void)refuse(0, 1, 20);
    ok(refuse(1, 1, 20 + 90000), "longer ago is forgotten");
}

static void test_bounds(void)
{
    begin();
    for (size_t i = 0; i < 6; i++)
        accept(i, 1, 10 + i);
    is_int(genuine.chain_count, GENUINE_CHAINS, "so many chains are kept");
    ok(refuse(5, 1, 100), "the same app in an older version refuses the latest");
    ok(!refuse(5, 1, 90000), "a day later it must be for another reason");
    begin();
    for (uint32_t app = 0; app < 2 * GENUINE_APPS; app++)
        accept(0, app, 10 + app);
    is_int(genuine.app_count, GENUINE_APPS, "so many apps are kept");
    ok(!refuse(1, 3, 100), "the one that was not seen for longest is forgotten");
    ok(refuse(1, 2 * GENUINE_APPS - 1, 110), "the latest is not");
}

static void test_root(void)
{
    struct certificate issuing = {.references = 1,
                                  .readable = true,
                                  .authority = -1,
                                  .subject = "CN=Issuing",
                                  .issuer = "CN=Root"};
    struct session s;

    begin();
    s = shows(0, 10);
    s.certificates[1] = &issuing;
    s.certificate_count = 2;
    genuine_accept(&genuine, &s, 1, 10 * S);
    issuing = (struct certificate){.references = 1,
                                   .readable = true,
                                   .authority = -1,
                                   .subject = "CN=Issuing",
                                   .issuer = "CN=Other",
                                   .spki_sha256 = {7}};
    s = shows(1, 20);
    s.certificates[1] = &issuing;
    s.certificate_count = 2;
    ok(genuine_refuse(&genuine, &s, 1, 20 * S, &change), "another root");
    is_int(change.changed, PIN_ALL, "changes every part");
}

int main(void)
{
    test_change();
    test_survived();
    test_refused_before();
    test_bounds();
    test_root();
    genuine_fini(&genuine);
    return done_testing();
}
