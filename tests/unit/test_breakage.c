#include "detect/breakage.h"

#include "detect_sample.h"

#define DAY 86400.0
#define X "api.example"

static struct lab lab;
static struct certificate leaf, other_leaf, authority, root;

/* A public certificate for the site: authority, key and certificate by number. */
static void make(struct certificate *c, uint8_t certificate, uint8_t key,
                 const char *issuer)
{
    *c = (struct certificate){.references = 1,
                              .readable = true,
                              .authority = -1,
                              .has_sct = true,
                              .not_before_s = LAB_START_S - 86400,
                              .not_after_s = LAB_START_S + 90 * 86400};
    SAMPLE_TEXT(c->issuer, issuer);
    c->sha256[0] = certificate;
    c->spki_sha256[0] = key;
}

static void begin(void)
{
    lab_close(&lab);
    lab_open_with(&lab, LAB_INSPECTED, 1);
    make(&leaf, 1, 1, "CN=Issuing 1");
    make(&other_leaf, 2, 2, "CN=Issuing 1");
    make(&authority, 9, 9, "CN=Root");
    SAMPLE_TEXT(authority.subject, "CN=Issuing 1");
    make(&root, 8, 8, "CN=Root");
}

/* In TLS 1.2, in a network that nobody inspects. */
static struct session direct(const char *device, const char *app, double at_s,
                             struct certificate *c)
{
    struct session s = lab_session(&lab, device, app, X, at_s);

    s.version = 0x0303;
    s.certificates[0] = certificate_ref(c);
    s.certificates[1] = certificate_ref(&authority);
    s.certificate_count = 2;
    return s;
}

static void accept(const char *device, const char *app, double at_s, struct certificate *c)
{
    struct session s = direct(device, app, at_s, c);

    lab_push(&lab, &s);
}

static void refuse(const char *device, const char *app, double at_s, struct certificate *c,
                   enum outcome_shape shape)
{
    struct session s = direct(device, app, at_s, c);

    lab_shape(&s, shape);
    lab_push(&lab, &s);
}

static void refuse_all(const char *device, const char *app, double at_s,
                       struct certificate *c, enum outcome_shape shape, int n)
{
    for (int i = 0; i < n; i++)
        refuse(device, app, at_s + 10 * i, c, shape);
    lab_tick(&lab, at_s + 10 * n + 20);
}

static uint8_t answer_ttl = 55;

/* A TLS 1.3 session, of which only the size of the flight tells. */
static struct session hidden(const char *device, const char *app, double at_s,
                             uint16_t size)
{
    struct session s = lab_session(&lab, device, app, X, at_s);

    s.flight[0] = (struct session_record){.type = 23, .encrypted = true, .length = 32};
    s.flight[1] = (struct session_record){.type = 23, .encrypted = true, .length = size};
    s.flight_count = 2;
    s.syn_ack = (struct session_syn_ack){.seen = true, .ttl = answer_ttl, .mss = 1460};
    return s;
}

static void accept_hidden(const char *device, const char *app, double at_s, uint16_t size)
{
    struct session s = hidden(device, app, at_s, size);

    lab_push(&lab, &s);
}

static void refuse_hidden(const char *device, const char *app, double at_s, uint16_t size,
                          int n)
{
    for (int i = 0; i < n; i++) {
        struct session s = hidden(device, app, at_s + 10 * i, size);

        lab_shape(&s, SHAPE_S2);
        lab_push(&lab, &s);
    }
    lab_tick(&lab, at_s + 10 * n + 20);
}

static const char *device(int i)
{
    static char text[32];

    (void)snprintf(text, sizeof(text), "192.168.1.%d", i);
    return text;
}

static const struct finding *found(size_t i)
{
    return &lab.found[i].finding;
}

static bool says(const struct finding *f, const char *text)
{
    return strstr(f->message, text) || strstr(f->reason, text);
}

static void test_breaks(void)
{
    begin();
    for (int i = 1; i <= 3; i++)
        accept(device(i), "bank", i, &leaf);
    for (int i = 1; i <= 3; i++)
        refuse(device(i), "bank", 1000 + 10 * i, &other_leaf, SHAPE_S1);
    lab_tick(&lab, 1100);
    is_int(lab.count, 1, "three devices refuse the new certificate that each got: told");
    is_int(found(0)->type, FINDING_PIN_ROTATION_BREAKAGE, "as a rotation that breaks");
    is_int(found(0)->severity, 47, "which is worth a look");
    is_text(found(0)->destination, X, "of that destination");
    is_text(found(0)->ja4, "bank", "by that app");
    is_int(found(0)->counts.refused, 3, "with three sessions");
    is_int(found(0)->counts.devices, 3, "of three devices");
    ok(says(found(0), "3 devices refuse"), "which the sentence counts");
    ok(says(found(0), "the leaf certificate and the leaf's key changed"),
       "it says what changed");
    ok(says(found(0), "it is one of the leaf certificate or the leaf's key"),
       "and of what a pin can have broken");
    ok(found(0)->pin != NULL, "the certificates are there");
    refuse(device(3), "bank", 1200, &other_leaf, SHAPE_S1);
    lab_tick(&lab, 1300);
    is_int(lab.count, 1, "more of it is told in an hour at the earliest");
    refuse(device(3), "bank", 6000, &other_leaf, SHAPE_S1);
    lab_tick(&lab, 6100);
    is_int(found(1)->state, FINDING_UPDATED, "then by a revision");
    is_int(found(1)->counts.devices, 3, "of the same devices");
}

static void test_heals(void)
{
    begin();
    accept(device(1), "bank", 1, &leaf);
    refuse_all(device(1), "bank", 1000, &other_leaf, SHAPE_S1, 4);
    is_int(lab.count, 1, "one device breaks");
    accept(device(1), "bank", 5000, &other_leaf);
    lab_tick(&lab, 5100);
    is_int(found(1)->state, FINDING_CLOSED, "it accepts the new certificate: closed");
    is_int(found(1)->related_count, 1, "for that device");
    begin();
    accept(device(1), "bank", 1, &leaf);
    refuse_all(device(1), "bank", 1000, &other_leaf, SHAPE_S1, 4);
    accept(device(1), "bank", 5000, &leaf);
    lab_tick(&lab, 5100);
    is_int(found(1)->state, FINDING_CLOSED, "so does the old one, when it is back");
    begin();
    accept(device(1), "bank", 1, &leaf);
    refuse_all(device(1), "bank", 1000, &other_leaf, SHAPE_S1, 4);
    lab_tick(&lab, 1000 + DAY / 2);
    is_int(lab.count, 1, "silence for half a day");
    lab_tick(&lab, 1200 + DAY);
    is_int(found(1)->state, FINDING_CLOSED, "and for a day ends it as well");
}

/* Of many devices each has to accept again, however few are remembered by name. */
static void test_many_heal(void)
{
    const int many = 3 * BREAKAGE_MEMBERS;

    begin();
    for (int i = 1; i <= many; i++)
        accept(device(i), "bank", i, &leaf);
    for (int i = 1; i <= many; i++)
        refuse(device(i), "bank", 1000 + 10 * i, &other_leaf, SHAPE_S1);
    refuse(device(1), "bank", 4700, &other_leaf, SHAPE_S1);
    lab_tick(&lab, 4800);
    is_int(lab_last(&lab)->counts.devices, many, "many devices refuse");
    for (int i = 1; i < many; i++)
        accept(device(i), "bank", 5000 + i, &other_leaf);
    lab_tick(&lab, 6000);
    ok(lab_last(&lab)->state != FINDING_CLOSED, "while one of them does, it goes on");
    accept(device(1), "bank", 6100, &other_leaf);
    lab_tick(&lab, 6200);
    ok(lab_last(&lab)->state != FINDING_CLOSED, "one that accepts twice counts once");
    accept(device(many), "bank", 6300, &other_leaf);
    lab_tick(&lab, 6400);
    is_int(lab_last(&lab)->state, FINDING_CLOSED, "the last one ends it");
    is_int(lab_last(&lab)->related_count, many, "for all of them");
}

/* Some devices have the update, with the same fingerprint; one has not. */
static void test_goes_on(void)
{
    begin();
    accept(device(1), "bank", 1, &leaf);
    accept(device(2), "bank", 2, &leaf);
    accept(device(2), "bank", 990, &other_leaf);
    refuse_all(device(1), "bank", 1000, &other_leaf, SHAPE_S1, 4);
    is_int(lab.count, 1, "one device refuses what the updated app accepts on another");
    for (int i = 1; i <= 6; i++)
        refuse(device(1), "bank", 1000 + i * DAY / 2, &other_leaf, SHAPE_S1);
    lab_tick(&lab, 1100 + 3 * DAY);
    is_int(lab_last(&lab)->state, FINDING_UPDATED,
           "while it refuses the notice stays open");
    ok(memcmp(lab_last(&lab)->alert_id, found(0)->alert_id, 16) == 0, "the same one");
    is_int(lab_last(&lab)->counts.refused, 10, "and counts");
}

/* A renewal that the app accepted before tells that it pins no leaf. */
static void test_survived(void)
{
    struct certificate third;

    begin();
    accept(device(1), "bank", 1, &leaf);
    accept(device(1), "bank", 1000, &other_leaf);
    lab_tick(&lab, 1100);
    make(&third, 3, 3, "CN=Issuing 2");
    authority.spki_sha256[0] = 10;
    SAMPLE_TEXT(authority.subject, "CN=Issuing 2");
    refuse_all(device(1), "bank", 5000, &third, SHAPE_S1, 4);
    is_int(lab.count, 1, "a third certificate of another authority is refused");
    ok(says(found(0), "it is one of the issuing authority."),
       "its authority is what is pinned");
    ok(says(found(0), "does not pin the leaf certificate or the leaf's key"),
       "as changes of the leaf were survived");
    authority.spki_sha256[0] = 9;
}

static void test_same_key(void)
{
    begin();
    make(&other_leaf, 2, 1, "CN=Issuing 1");
    accept(device(1), "bank", 1, &leaf);
    refuse_all(device(1), "bank", 1000, &other_leaf, SHAPE_S1, 4);
    ok(says(found(0), "since the leaf certificate changed"),
       "a renewal of the same key changes the certificate alone");
}

static void test_root(void)
{
    begin();
    accept(device(1), "bank", 1, &leaf);
    lab_tick(&lab, 100);
    make(&other_leaf, 2, 1, "CN=Issuing 3");
    SAMPLE_TEXT(authority.subject, "CN=Issuing 3");
    SAMPLE_TEXT(authority.issuer, "CN=Other root");
    authority.spki_sha256[0] = 11;
    refuse_all(device(1), "bank", 1000, &other_leaf, SHAPE_S1, 4);
    is_int(lab.count, 1, "another public authority");
    ok(says(found(0), "the issuing authority and the root changed"),
       "changes the root, too");
    ok(says(found(0), "does not know the new root"), "which needs no pin to be refused");
}

/* ---- TLS 1.3 */

static void test_other_sessions(void)
{
    begin();
    accept_hidden(device(1), "bank", 1, 900);
    accept(device(2), "web", 2, &leaf);
    accept(device(2), "web", 1000, &other_leaf);
    refuse_hidden(device(1), "bank", 1100, 900, 4);
    is_int(lab.count, 1, "what TLS 1.3 hides, another client's session shows");
    ok(says(found(0), "seen in sessions of other clients"), "which is said");
    ok(says(found(0), "the leaf's key changed"), "with what changed");
}

static void test_flight(void)
{
    begin();
    accept_hidden(device(1), "bank", 1, 900);
    accept_hidden(device(1), "bank", 20, 902);
    refuse_hidden(device(1), "bank", 1000, 1400, 4);
    is_int(lab.count, 1, "where no certificate is seen, the flight tells of a change");
    ok(says(found(0), "what the server sends changed"), "of nothing more");
    ok(says(found(0), "which pin broke cannot be told"), "and says so");
    begin();
    accept_hidden(device(1), "bank", 1, 900);
    accept_hidden(device(1), "bank", 20, 902);
    refuse_hidden(device(1), "bank", 1000, 898, 6);
    is_int(lab.count, 0, "the same flight that is refused all at once is no rotation");
    begin();
    accept_hidden(device(1), "bank", 1, 900);
    accept_hidden(device(1), "bank", 20, 902);
    answer_ttl = 64;
    refuse_hidden(device(1), "bank", 1000, 1400, 6);
    answer_ttl = 55;
    is_int(lab.count, 0, "nor is another machine that answers: somebody is in between");
}

/* ---- what it is not */

static void test_quiet(void)
{
    begin();
    accept(device(1), "bank", 1, &leaf);
    for (int i = 0; i < 5; i++)
        accept(device(1), "bank", 1000 + 10 * i, &other_leaf);
    lab_tick(&lab, 2000);
    is_int(lab.count, 0, "a rotation that all accept is quiet");
    begin();
    refuse_all(device(1), "bank", 1000, &other_leaf, SHAPE_S1, 6);
    is_int(lab.count, 0, "a site that was always refused is none");
    begin();
    accept(device(1), "web", 1, &leaf);
    refuse_all(device(1), "bank", 100, &leaf, SHAPE_S1, 4);
    refuse_all(device(1), "bank", 1000, &other_leaf, SHAPE_S1, 4);
    is_int(lab.count, 0, "an app that refused before the change as well");
    begin();
    accept(device(1), "bank", 1, &leaf);
    accept(device(1), "bank", 900, &other_leaf);
    refuse_all(device(1), "bank", 1000, &other_leaf, SHAPE_S4, 8);
    is_int(lab.count, 0, "unused connections of an app that gets its data there");
    begin();
    accept(device(1), "bank", 1, &leaf);
    refuse_all(device(1), "bank", 1000, &other_leaf, SHAPE_S1, 2);
    is_int(lab.count, 0, "two refusals are too few");
}

/* Whoever is in between changes the issuer: that is no rotation of the site's. */
static void test_interceptor(void)
{
    begin();
    accept(device(1), "bank", 1, &leaf);
    lab_tick(&lab, 100);
    make(&other_leaf, 2, 2, "CN=Somebody");
    other_leaf.has_sct = false;
    authority.subject[0] = '\0';
    refuse_all(device(1), "bank", 1000, &other_leaf, SHAPE_S1, 5);
    is_int(lab.count, 0, "a new issuer that nobody vouches for is not the site's own");
}

static void test_new_device(void)
{
    begin();
    accept(device(1), "bank", 1, &leaf);
    accept(device(1), "web", 900, &other_leaf);
    refuse_all(device(7), "bank", 1000, &other_leaf, SHAPE_S1, 5);
    is_int(lab.count, 0, "a device that came after the change broke for another reason");
}

/* An alert on a destination whose own certificate is known tells of it. */
static void test_inventory(void)
{
    const struct finding *f;

    begin();
    leaf.not_after_s = LAB_START_S + 10 * 86400;
    accept(device(1), "bank", 1, &leaf);
    lab_refuse_all(&lab, "10.0.0.1", "bank", X, 1000, SHAPE_S1, 3);
    lab_accept(&lab, "10.0.0.1", "web", "web.example", 1004);
    lab_tick(&lab, 1100);
    f = lab_last(&lab);
    is_int(f->type, FINDING_PINNING_SUSPECTED, "inspection of the destination is refused");
    ok(f->pin != NULL, "its own certificate is listed");
    ok(says(f, "expires on 2026-12-"), "with the expiry to come");
    ok(says(f, "fatal certificate alert"), "after the reason");
}

int main(void)
{
    lab_open(&lab);
    test_breaks();
    test_heals();
    test_many_heal();
    test_goes_on();
    test_survived();
    test_same_key();
    test_root();
    test_other_sessions();
    test_flight();
    test_quiet();
    test_interceptor();
    test_new_device();
    test_inventory();
    lab_close(&lab);
    return done_testing();
}
