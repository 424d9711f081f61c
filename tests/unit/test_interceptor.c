#include "detect/interceptor.h"

#include "detect_sample.h"

static struct lab lab;
static struct certificate forged[5];

static const char *const names[] = {"a.one", "b.two", "c.three", "d.four", "e.five"};

static void begin(const char *issuer, size_t authorities)
{
    lab_close(&lab);
    lab_open_with(&lab, LAB_INSPECTED, authorities);
    for (size_t i = 0; i < 5; i++) {
        forged[i] = (struct certificate){.references = 1,
                                         .readable = true,
                                         .authority = -1,
                                         .not_before_s = LAB_START_S};
        SAMPLE_TEXT(forged[i].issuer, issuer);
        forged[i].sha256[0] = (uint8_t)(i + 1);
        forged[i].spki_sha256[0] = 7;
    }
}

static void visit(const char *device, size_t i, double at_s)
{
    struct session s = lab_session(&lab, device, "app", names[i], at_s);
    char server[32];

    (void)snprintf(server, sizeof(server), "198.%zu.0.1", i + 1);
    s.server = sample_address(server);
    s.version = 0x0303;
    s.certificates[0] = certificate_ref(&forged[i]);
    s.certificate_count = 1;
    lab_push(&lab, &s);
}

static void visit_all(const char *device, double at_s)
{
    for (size_t i = 0; i < 5; i++)
        visit(device, i, at_s + (double)i);
}

static const struct finding *found(size_t i)
{
    return &lab.found[i].finding;
}

static void test_notice(void)
{
    const struct finding_interceptor *who;

    begin("O=Box,CN=Box Root", 1);
    visit_all("10.0.0.1", 10);
    lab_tick(&lab, 30);
    is_int(lab.count, 1, "an issuer that forges is told of once");
    is_int(found(0)->type, FINDING_UNKNOWN_INTERCEPTOR, "as an unknown interceptor");
    is_int(found(0)->severity, 47, "which is worth a look");
    is_int(found(0)->evidence_count, 5, "with the session of each name");
    is_int(found(0)->counts.devices, 1, "and the device that met it");
    who = found(0)->interceptor;
    ok(who != NULL, "it says who");
    ok(strstr(found(0)->message, "O=Box,CN=Box Root") != NULL, "by name");
    ok(!strstr(found(0)->message, "calls itself"), "and claims no product");
    ok(lab.judged[0].inspection == INSPECTION_NO,
       "before it is known, another issuer than the configured one is direct");
    ok(lab.judged[4].inspection == INSPECTION_YES &&
           lab.judged[4].inspection_basis == BASIS_CERTIFICATE,
       "once it is known, what it signs is inspected");
    is_text(lab.judged[4].inspection_authority, "O=Box,CN=Box Root", "by that issuer");
}

static void test_later(void)
{
    begin("O=Box,CN=Box Root", 0);
    visit_all("10.0.0.1", 10);
    visit("10.0.0.2", 0, 100);
    lab_tick(&lab, 200);
    is_int(lab.count, 1, "more devices do not repeat it the same day");
    visit("10.0.0.3", 1, 86500);
    lab_tick(&lab, 86600);
    is_int(lab.count, 2, "the next day's revision");
    is_int(found(1)->state, FINDING_UPDATED, "updates it");
    is_int(found(1)->counts.devices, 3, "and names all devices");
    ok(memcmp(found(0)->alert_id, found(1)->alert_id, 16) == 0, "under the same id");
    lab_tick(&lab, 86500 + 8 * 86400);
    is_int(lab.count, 3, "a week without it");
    is_int(found(2)->state, FINDING_CLOSED, "closes it");
    is_int(found(2)->related_count, 3, "for all of them");
}

static void test_product(void)
{
    begin("CN=mitmproxy,O=mitmproxy", 0);
    visit_all("10.0.0.1", 10);
    lab_tick(&lab, 30);
    is_int(lab.count, 1, "an analysis proxy");
    ok(strstr(found(0)->message, "mitmproxy, a tool by which a person reads") != NULL,
       "is named in the sentence");
}

static void test_quiet(void)
{
    begin("O=Vendor,CN=Vendor Root", 0);
    for (size_t i = 0; i < 5; i++)
        forged[i].spki_sha256[0] = (uint8_t)i;
    visit_all("10.0.0.1", 10);
    lab_tick(&lab, 30);
    is_int(lab.count, 0, "an authority whose sites have keys of their own is quiet");
    begin("O=Box,CN=Box Root", 0);
    visit("10.0.0.1", 0, 1);
    visit("10.0.0.2", 0, 2);
    lab_tick(&lab, 30);
    is_int(lab.count, 0, "so is one site of a private authority");
}

/* With no authority configured, several private issuers in one place are not one box. */
static void test_private_issuers(void)
{
    begin("O=Vendor,CN=1", 0);
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(forged[i].issuer, sizeof(forged[i].issuer), "O=Vendor,CN=%zu", i);
        visit("10.0.0.1", i, 10 + (double)i);
    }
    lab_end(&lab);
    ok(lab.judged[0].inspection == INSPECTION_YES, "one private issuer may be the box's");
    ok(lab.judged[2].inspection == INSPECTION_NO, "the third cannot be: it is direct");
}

int main(void)
{
    lab_open(&lab);
    test_notice();
    test_later();
    test_product();
    test_quiet();
    test_private_issuers();
    lab_close(&lab);
    return done_testing();
}
