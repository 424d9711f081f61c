#include "detect/parties.h"

#include <string.h>

#include "detect_sample.h"

static struct lab lab;

static struct parties parties(const struct session *s)
{
    struct parties p = {.key = NULL};
    struct identity_ids ids;

    identity_name(&lab.correlator.identity, s, &ids);
    parties_name(&lab.correlator, s, &ids, &p);
    ok(parties_make(&lab.correlator, &p), "all records are there");
    return p;
}

static void test_same(void)
{
    struct session s = lab_session(&lab, "10.0.0.1", "app", "a.example", 0);
    struct parties first = parties(&s), again = parties(&s);

    ok(first.new_key && !again.new_key, "the first session of a key makes it");
    ok(first.key == again.key && first.device == again.device, "the next one finds it");
    is_text(first.destination->name, "a.example", "the destination keeps its name");
}

static void test_who_differs(void)
{
    struct session s = lab_session(&lab, "10.0.0.1", "app", "a.example", 0);
    struct parties first = parties(&s), other;

    SAMPLE_TEXT(s.server_name, "A.Example.");
    other = parties(&s);
    ok(other.key == first.key,
       "names are the same in any case, with or without the last dot");
    SAMPLE_TEXT(s.server_name, "b.example");
    other = parties(&s);
    ok(other.destination != first.destination && other.device == first.device,
       "another name is another destination");
    SAMPLE_TEXT(s.app_key, "else");
    other = parties(&s);
    ok(other.app != first.app, "another fingerprint is another app");
    s.client = sample_address("10.0.0.2");
    other = parties(&s);
    ok(other.device != first.device, "another address is another device");
}

/* The addresses of subscribers overlap. */
static void test_tunnels(void)
{
    struct session s = lab_session(&lab, "10.0.0.1", "app", "a.example", 0);
    struct parties first, other;

    s.tunnel = (struct tunnel){.kind = TUNNEL_VXLAN, .id = 7};
    first = parties(&s);
    s.tunnel.id = 8;
    other = parties(&s);
    ok(first.device != other.device,
       "the same address in another network is another device");
    s.tunnel = (struct tunnel){.kind = TUNNEL_GTPU, .id = 1};
    first = parties(&s);
    s.tunnel.id = 2;
    other = parties(&s);
    ok(first.device == other.device, "but a subscriber's tunnels come and go");
}

static void test_without_name(void)
{
    struct session s = lab_session(&lab, "10.0.0.1", "app", "", 0);
    struct parties p = parties(&s);

    ok(strstr(p.destination->name, "203.0.113.9"),
       "without a name the server's address: %s", p.destination->name);
    s.is_explicit_proxy = true;
    SAMPLE_TEXT(s.proxy_target, "target.example");
    p = parties(&s);
    is_text(p.destination->name, "target.example", "behind a proxy the target");
}

static void test_of_key(void)
{
    struct session s = lab_session(&lab, "10.0.0.1", "app", "a.example", 0);
    struct parties first = parties(&s), p;
    struct memory_id nobody = {1, 2};

    ok(parties_of_key(&lab.correlator, &first.key->entry.id, &p),
       "a key leads to all others");
    ok(p.device == first.device && p.app == first.app &&
           p.destination == first.destination && p.device_app == first.device_app &&
           p.app_destination == first.app_destination &&
           p.device_destination == first.device_destination,
       "the same records");
    ok(!parties_of_key(&lab.correlator, &nobody, &p), "one that is gone leads nowhere");
}

int main(void)
{
    lab_open(&lab);
    test_same();
    test_who_differs();
    test_tunnels();
    test_without_name();
    test_of_key();
    lab_close(&lab);
    return done_testing();
}
