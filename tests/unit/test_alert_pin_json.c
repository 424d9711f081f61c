#include "alert/alert_pin_json.h"

#include "base/nanotime.h"
#include "tap.h"

static char line[4096], buffer[65536];

static void keep(void *ctx, struct span lines)
{
    (void)ctx;
    if (lines.len < sizeof(line)) {
        memcpy(line, lines.data, lines.len);
        line[lines.len] = '\0';
    }
}

static const char *written(const struct finding_pin *pin,
                           const struct finding_interceptor *interceptor)
{
    struct json_out out;

    line[0] = '\0';
    json_out_init(&out, buffer, sizeof(buffer), keep, NULL);
    json_out_begin(&out);
    alert_interceptor_write(interceptor, &out);
    alert_pin_write(pin, &out);
    (void)json_out_finish(&out);
    json_out_flush(&out);
    return line;
}

static void test_pin(void)
{
    static const uint8_t digest[SHA256_BYTES] = {0xff};
    struct finding_pin pin = {
        .basis = PIN_BASIS_CERTIFICATES,
        .changed = PIN_LEAF | PIN_LEAF_KEY,
        .survived = PIN_LEAF,
        .target = PIN_LEAF_KEY,
        .changed_ns = UINT64_C(1795232898) * NS_PER_S,
        .has_now = true,
        .now = {.sha256 = digest,
                .key = digest,
                .issuer = "CN=Issuing",
                .not_before_s = 1700000000,
                .not_after_s = 1800000000,
                .first_ns = UINT64_C(1795232898) * NS_PER_S,
                .last_ns = UINT64_C(1795232899) * NS_PER_S},
    };

    is_text(written(&pin, NULL),
            "{\"pin\":{\"basis\":\"certificates\",\"changed_at\":\"2026-11-21T03:48:18."
            "000000Z\","
            "\"changed\":[\"leaf\",\"leaf_key\"],\"survived\":[\"leaf\"],"
            "\"target\":[\"leaf_key\"],\"certificate\":{\"sha256\":"
            "\"ff00000000000000000000000000000000000000000000000000000000000000\","
            "\"spki_sha256_b64\":\"/wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\","
            "\"issuer\":\"CN=Issuing\",\"not_before\":\"2023-11-14T22:13:20.000000Z\","
            "\"not_after\":\"2027-01-15T08:00:00.000000Z\","
            "\"first_seen\":\"2026-11-21T03:48:18.000000Z\","
            "\"last_seen\":\"2026-11-21T03:48:19.000000Z\"}}}\n",
            "what is known of a pin and of its certificates");
    is_text(written(NULL, NULL), "{}\n", "nothing where nothing is known");
}

static void test_interceptor(void)
{
    static const uint8_t key[SHA256_BYTES] = {1};
    struct finding_interceptor who = {.issuer = "CN=Box", .key = key, .is_leaf_key = true};

    is_text(
        written(NULL, &who),
        "{\"interceptor\":{\"issuer\":\"CN=Box\",\"spki_sha256_b64\":"
        "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"key_of\":\"certificates\"}}\n",
        "an issuer of which only the shared key is seen");
    who = (struct finding_interceptor){
        .issuer = "CN=mitmproxy", .product = "mitmproxy", .kind = "analysis_proxy"};
    is_text(written(NULL, &who),
            "{\"interceptor\":{\"issuer\":\"CN=mitmproxy\",\"product\":\"mitmproxy\","
            "\"kind\":\"analysis_proxy\"}}\n",
            "a product that is known by name");
}

int main(void)
{
    test_pin();
    test_interceptor();
    return done_testing();
}
