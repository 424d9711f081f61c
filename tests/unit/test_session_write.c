#include "session/session_write.h"

#include "session/session_end.h"
#include "session_sample.h"

static const struct observer observer = {.name = "sensor-a", .version = "1.0.0"};
static struct cipher_texts texts;

struct fixture {
    struct json_out out;
    char buffer[262144];
    char line[131072];
};

static void keep(void *ctx, struct span lines)
{
    struct fixture *f = ctx;

    if (lines.len < sizeof(f->line)) {
        memcpy(f->line, lines.data, lines.len);
        f->line[lines.len] = '\0';
    }
}

static const char *written(struct fixture *f, const struct session *s)
{
    f->line[0] = '\0';
    json_out_init(&f->out, f->buffer, sizeof(f->buffer), keep, f);
    session_write(s, &observer, &texts, &f->out);
    json_out_flush(&f->out);
    return f->line;
}

static void test_full(struct fixture *f)
{
    struct session s;

    sample_full(&s);
    is_text(
        written(f, &s),
        "{\"@timestamp\":\"2026-11-21T03:48:18.570000Z\","
        "\"ecs\":{\"version\":\"8.11.0\"},\"event\":{\"kind\":\"event\","
        "\"dataset\":\"pinsight.session\",\"module\":\"pinsight\","
        "\"id\":\"11111111-1111-1111-1111-111111111111\",\"category\":[\"network\"],"
        "\"type\":[\"connection\",\"protocol\"],"
        "\"start\":\"2026-11-21T03:48:18.537123Z\","
        "\"end\":\"2026-11-21T03:48:18.560000Z\",\"duration\":22877000},"
        "\"observer\":{\"type\":\"ids\",\"vendor\":\"pinsight\","
        "\"product\":\"pinsight\",\"name\":\"sensor-a\",\"version\":\"1.0.0\"},"
        "\"source\":{\"ip\":\"10.1.2.3\",\"port\":51234,"
        "\"mac\":\"00-00-5E-00-53-23\",\"bytes\":1000,\"packets\":10},"
        "\"destination\":{\"ip\":\"203.0.113.9\",\"port\":443,"
        "\"domain\":\"proxied.example.com\",\"mac\":\"00-00-5E-00-53-FF\","
        "\"bytes\":4000,\"packets\":12},\"network\":{\"transport\":\"tcp\","
        "\"protocol\":\"tls\",\"type\":\"ipv4\","
        "\"community_id\":\"1:rAK2OBUyxQc0CJyUC9yLsXkcue8=\","
        "\"vlan\":{\"id\":\"100\"},\"inner\":{\"vlan\":{\"id\":\"7\"}}},"
        "\"tls\":{\"version\":\"1.3\",\"version_protocol\":\"tls\","
        "\"cipher\":\"TLS_AES_128_GCM_SHA256\",\"curve\":\"x25519\","
        "\"established\":false,\"resumed\":false,\"next_protocol\":\"h2\","
        "\"client\":{\"server_name\":\"API.example.com.\","
        "\"ja3\":\"e7d705a3286e19ea42f587b344ee6865\","
        "\"supported_ciphers\":[\"0x5a5a\",\"TLS_AES_128_GCM_SHA256\"]},"
        "\"server\":{\"ja3s\":\"f4febc55ea12b31ae17cfb7e614afda8\","
        "\"subject\":\"C=US,O=Example \\\"Inc\\\",CN=api.example.com\","
        "\"issuer\":\"O=Corp,CN=Corp Inspection CA\","
        "\"not_before\":\"2026-11-18T11:06:40.000000Z\","
        "\"not_after\":\"2026-12-11T14:40:00.000000Z\","
        "\"hash\":{\"sha256\":"
        "\"aabbcc0000000000000000000000000000000000000000000000000000000000\"}}},"
        "\"pinsight\":{\"ja4\":\"t13d1516h2_8daaf6152771_e5627efa2ab1\","
        "\"alpn_offered\":[\"h2\",\"http/1.1\"],"
        "\"certificates\":[{\"subject\":\"C=US,O=Example \\\"Inc\\\","
        "CN=api.example.com\",\"issuer\":\"O=Corp,CN=Corp Inspection CA\","
        "\"common_name\":\"api.example.com\","
        "\"sha256\":\"aabbcc0000000000000000000000000000000000000000000000000000000000\","
        "\"spki_sha256_b64\":\"AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\","
        "\"not_before\":\"2026-11-18T11:06:40.000000Z\","
        "\"not_after\":\"2026-12-11T14:40:00.000000Z\",\"self_signed\":false,"
        "\"has_sct\":false,\"is_ca\":false,\"public_anchor\":false,\"authority\":0},"
        "{\"subject\":\"O=Corp,CN=Corp Inspection CA\",\"issuer\":\"O=Corp,"
        "CN=Corp Inspection CA\",\"common_name\":\"Corp Inspection CA\","
        "\"sha256\":\"dd00000000000000000000000000000000000000000000000000000000000000\","
        "\"spki_sha256_b64\":\"BAUGAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\","
        "\"not_before\":\"1950-01-01T00:00:00.000000Z\","
        "\"not_after\":\"9999-12-31T23:59:59.000000Z\",\"self_signed\":true,"
        "\"has_sct\":false,\"is_ca\":true,\"public_anchor\":false},"
        "{\"sha256\":\"ee00000000000000000000000000000000000000000000000000000000000000\","
        "\"public_anchor\":false}],\"alerts\":[{\"from\":\"client\","
        "\"level\":\"fatal\",\"description\":\"unknown_ca\",\"code\":48,"
        "\"encrypted\":false,\"at_ms\":21.800},{\"from\":\"server\","
        "\"encrypted\":true,\"at_ms\":22.000}],\"outcome\":\"rejected_alert\","
        "\"outcome_reason\":\"The client sent the fatal alert unknown_ca (48) in the clear "
        "1.8 ms after the server's flight: it does not accept the certificate.\","
        "\"outcome_raw\":\"rejected_alert\",\"shape\":\"S1\","
        "\"finished_to_close_ms\":0.500,\"records\":[{\"type\":21,\"length\":2,"
        "\"encrypted\":false,\"at_ms\":21.800},{\"type\":23,\"length\":19,"
        "\"encrypted\":true,\"at_ms\":21.900}],\"inspection\":{\"state\":\"yes\","
        "\"probability\":0.9091,\"authority\":\"Corp Inspection CA\","
        "\"authority_spki_sha256_b64\":\"BAUGAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\","
        "\"basis\":\"learned-profile\"},\"app\":{\"key\":\"0123456789abcdef\","
        "\"ndpi\":{\"protocol\":\"TLS\",\"application\":\"Example\","
        "\"category\":\"Web\"},\"package\":\"com.example.bank\","
        "\"package_source\":\"pktap\"},\"hello\":{\"ech\":true,"
        "\"ech_public_name\":\"API.example.com.\",\"hello_retry\":true,\"psk\":true,"
        "\"early_data\":true,\"certificate_request\":true,\"segments\":2,"
        "\"random_prefix\":\"0102030405060708\"},\"path\":{\"client_ttl\":64,"
        "\"syn_ack\":{\"ttl\":64,"
        "\"window\":65535,\"mss\":1460,\"window_scale\":7,\"options\":\"MSTNW\"},"
        "\"rtt_ms\":1.234,\"hello_to_server_hello_ms\":2.345},"
        "\"server_flight\":{\"records\":[{\"type\":22,\"length\":122,"
        "\"encrypted\":false,\"at_ms\":20.000},{\"type\":23,\"length\":2322,"
        "\"encrypted\":true,\"at_ms\":20.000}],\"bytes\":2454,\"tickets\":[250,251]},"
        "\"close\":{\"by\":\"client\",\"how\":\"fin\",\"after_ms\":22.300},"
        "\"decided\":\"2026-11-21T03:48:18.570000Z\","
        "\"proxy\":{\"target\":\"Proxied.Example.com\",\"port\":8443,"
        "\"explicit\":true},\"capture\":{\"one_sided\":true,\"gaps\":3,"
        "\"midstream\":true,\"truncated\":true,\"file\":\"phone.pcap\",\"clock_steps\":1,"
        "\"tunnel\":{\"kind\":\"gtpu\",\"id\":77,\"source\":\"2001:db8::1\","
        "\"destination\":\"2001:db8::2\"}}}}\n",
        "every key of a session has its place");
    session_release(&s);
}

static void test_bare(struct fixture *f)
{
    struct session s;

    sample_bare(&s);
    is_text(
        written(f, &s),
        "{\"@timestamp\":\"2026-11-21T03:48:18.570000Z\","
        "\"ecs\":{\"version\":\"8.11.0\"},\"event\":{\"kind\":\"event\","
        "\"dataset\":\"pinsight.session\",\"module\":\"pinsight\","
        "\"id\":\"11111111-1111-1111-1111-111111111111\",\"category\":[\"network\"],"
        "\"type\":[\"connection\",\"protocol\"],"
        "\"start\":\"2026-11-21T03:48:18.537123Z\","
        "\"end\":\"2026-11-21T03:48:18.560000Z\",\"duration\":22877000},"
        "\"observer\":{\"type\":\"ids\",\"vendor\":\"pinsight\","
        "\"product\":\"pinsight\",\"name\":\"sensor-a\",\"version\":\"1.0.0\"},"
        "\"source\":{\"ip\":\"10.1.2.3\",\"port\":51234,\"bytes\":0,\"packets\":0},"
        "\"destination\":{\"ip\":\"203.0.113.9\",\"port\":443,\"bytes\":0,"
        "\"packets\":0},\"network\":{\"transport\":\"tcp\",\"protocol\":\"tls\","
        "\"type\":\"ipv4\",\"community_id\":\"1:rAK2OBUyxQc0CJyUC9yLsXkcue8=\"},"
        "\"tls\":{\"established\":false,\"resumed\":false,\"client\":{},"
        "\"server\":{}},\"pinsight\":{\"outcome\":\"in_progress\","
        "\"outcome_reason\":\"The record ends while the handshake was still under way.\","
        "\"outcome_raw\":\"in_progress\",\"inspection\":{\"state\":\"unknown\","
        "\"probability\":0.0000},\"app\":{},\"hello\":{\"ech\":false,"
        "\"hello_retry\":false,\"psk\":false,\"early_data\":false,"
        "\"certificate_request\":false,\"segments\":1,"
        "\"random_prefix\":\"0000000000000000\"},\"path\":{},"
        "\"server_flight\":{\"bytes\":0},\"decided\":\"2026-11-21T03:48:18.570000Z\","
        "\"capture\":{\"one_sided\":false,\"gaps\":0,\"midstream\":false,"
        "\"truncated\":false}}}\n",
        "what is not known is left out");
}

static void test_end(struct fixture *f)
{
    struct session s;
    struct session_end end = {.protocol = SESSION_QUIC};

    sample_bare(&s);
    memcpy(end.session_id, s.id, sizeof(end.session_id));
    end.ends = session_ends_of(&s);
    end.ends.transport = PACKET_UDP;
    end.client_bytes = 1;
    end.server_bytes = 2;
    end.client_packets = 3;
    end.server_packets = 4;
    end.client_records = 5;
    end.server_records = 6;
    end.start_ns = s.start_ns;
    end.end_ns = s.end_ns;
    end.decided_ns = s.decided_ns;
    end.close_by = SIDE_SERVER;
    end.close_how = CLOSE_TIMEOUT;
    f->line[0] = '\0';
    json_out_init(&f->out, f->buffer, sizeof(f->buffer), keep, f);
    session_end_write(&end, &observer, &f->out);
    json_out_flush(&f->out);
    is_text(f->line,
            "{\"@timestamp\":\"2026-11-21T03:48:18.560000Z\","
            "\"ecs\":{\"version\":\"8.11.0\"},\"event\":{\"kind\":\"event\","
            "\"dataset\":\"pinsight.session_end\",\"module\":\"pinsight\","
            "\"id\":\"00137b7d-92f8-527b-8071-cb3823e46c27\",\"category\":[\"network\"],"
            "\"type\":[\"connection\",\"end\"],\"start\":\"2026-11-21T03:48:18.537123Z\","
            "\"end\":\"2026-11-21T03:48:18.560000Z\",\"duration\":22877000},"
            "\"observer\":{\"type\":\"ids\",\"vendor\":\"pinsight\","
            "\"product\":\"pinsight\",\"name\":\"sensor-a\",\"version\":\"1.0.0\"},"
            "\"source\":{\"ip\":\"10.1.2.3\",\"port\":51234,\"bytes\":1,\"packets\":3},"
            "\"destination\":{\"ip\":\"203.0.113.9\",\"port\":443,\"bytes\":2,"
            "\"packets\":4},\"network\":{\"transport\":\"udp\",\"protocol\":\"quic\","
            "\"type\":\"ipv4\",\"community_id\":\"1:4BPTH4PLhxCV+1V+21xBnSu93RI=\"},"
            "\"pinsight\":{\"session_id\":\"11111111-1111-1111-1111-111111111111\","
            "\"counts\":{\"client_records\":5,\"server_records\":6},"
            "\"close\":{\"by\":\"server\",\"how\":\"timeout\"},"
            "\"decided\":\"2026-11-21T03:48:18.570000Z\"}}\n",
            "the end of a connection has its totals");
}

static void test_versions(struct fixture *f)
{
    static const struct {
        uint16_t version;
        const char *part;
    } rows[] = {
        {0x0002, "\"tls\":{\"version\":\"2\",\"version_protocol\":\"ssl\""},
        {0x0300, "\"tls\":{\"version\":\"3\",\"version_protocol\":\"ssl\""},
        {0x0301, "\"tls\":{\"version\":\"1.0\",\"version_protocol\":\"tls\""},
        {0x7f17, "\"tls\":{\"version\":\"1.3-draft23\",\"version_protocol\":\"tls\""},
        {0xfefd, "\"tls\":{\"version\":\"1.2\",\"version_protocol\":\"dtls\""},
        {0xfefe, "\"tls\":{\"version\":\"0xfefe\",\"version_protocol\":\"dtls\""},
        {0x1234, "\"tls\":{\"version\":\"0x1234\",\"version_protocol\":\"tls\""},
    };
    struct session s;

    sample_bare(&s);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        s.version = rows[i].version;
        ok(strstr(written(f, &s), rows[i].part) != NULL, "version %04x has its name",
           rows[i].version);
    }
}

static void test_numbers_without_name(struct fixture *f)
{
    struct session s;

    sample_bare(&s);
    s.has_server_hello = true;
    s.version = 0x0303;
    s.cipher = 0xfffe;
    s.group = 0x7777;
    s.alerts[0] = (struct session_alert){.level = 7, .description = 250};
    s.alert_count = 1;
    ok(strstr(written(f, &s), "\"cipher\":\"0xfffe\",\"curve\":\"0x7777\"") != NULL,
       "a cipher or group without a name is its number");
    ok(strstr(f->line, "{\"from\":\"client\",\"level\":\"unknown\",\"code\":250,") != NULL,
       "and so is an alert");
}

/* Whatever stands in the texts of a record, the line is one line of valid UTF-8. */
static void test_hostile_names(struct fixture *f)
{
    struct session s;
    int wrong = 0;

    sample_full(&s);
    for (unsigned byte = 1; byte < 256; byte++) {
        memset(s.server_name, (int)byte, sizeof(s.server_name) - 1);
        memset(s.next_protocol, (int)byte, sizeof(s.next_protocol) - 1);
        memset(s.alpn_offered, (int)byte, sizeof(s.alpn_offered) - 1);
        (void)written(f, &s);
        for (const char *c = f->line; *c; c++)
            wrong += ((unsigned char)*c < 0x20 && c[1]) || (unsigned char)*c >= 0x7f;
        wrong += strncmp(f->line, "{\"@timestamp\":", 14) != 0;
        wrong += strcmp(f->line + strlen(f->line) - 4, "}}}\n") != 0;
    }
    is_int(wrong, 0, "no byte of a name breaks the line");
    session_release(&s);
}

/* The most that a record can hold, with names that all have to be escaped. */
static void test_largest(struct fixture *f)
{
    static struct certificate worst;
    struct session s;

    sample_full(&s);
    session_release(&s);
    worst = sample_leaf;
    memset(worst.subject, 0xff, sizeof(worst.subject) - 1);
    memset(worst.issuer, 0xff, sizeof(worst.issuer) - 1);
    for (size_t i = 0; i < CERTIFICATE_CHAIN_MAX; i++)
        s.certificates[i] = &worst;
    s.certificate_count = CERTIFICATE_CHAIN_MAX;
    s.record_count = SESSION_RECORDS_MAX;
    s.flight_count = SESSION_FLIGHT_MAX;
    s.alert_count = SESSION_ALERTS_MAX;
    s.supported_cipher_count = SESSION_CIPHERS_MAX;
    for (size_t i = 0; i < SESSION_CIPHERS_MAX; i++)
        s.supported_ciphers[i] = 0xc02b;
    (void)written(f, &s);
    is_int(f->out.dropped, 0, "the largest session fits into a line");
    ok(strlen(f->line) > 60000, "and it is large: %zu bytes", strlen(f->line));
}

int main(void)
{
    static struct fixture f;

    test_full(&f);
    test_bare(&f);
    test_end(&f);
    test_versions(&f);
    test_numbers_without_name(&f);
    test_hostile_names(&f);
    test_largest(&f);
    return done_testing();
}
