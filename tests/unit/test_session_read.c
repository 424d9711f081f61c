#include "session/session_read.h"

#include "session/session_write.h"
#include "session_sample.h"

static const struct observer observer = {.name = "sensor-a", .version = "1.0.0"};
static struct cipher_texts texts;

#define LINE_MAX_BYTES 131073

struct fixture {
    struct session_reader *reader;
    struct json_out out;
    char buffer[262144];
    char line[LINE_MAX_BYTES];
};

static void keep(void *ctx, struct span lines)
{
    struct fixture *f = ctx;

    if (lines.len < sizeof(f->line)) {
        memcpy(f->line, lines.data, lines.len);
        f->line[lines.len] = '\0';
    }
}

/* The line of a session, without its end of line. */
static struct span written(struct fixture *f, const struct session *s)
{
    f->line[0] = '\0';
    json_out_init(&f->out, f->buffer, sizeof(f->buffer), keep, f);
    session_write(s, &observer, &texts, &f->out);
    json_out_flush(&f->out);
    f->line[strcspn(f->line, "\n")] = '\0';
    return span_of_text(f->line);
}

/* True when the line of `s` is read and written as it was. */
static bool comes_back(struct fixture *f, const struct session *s)
{
    static char before[LINE_MAX_BYTES];
    struct session read;
    struct err why;
    bool same;

    (void)written(f, s);
    memcpy(before, f->line, strlen(f->line) + 1);
    if (session_read(f->reader, exact(span_of_text(before)), &read, &why) !=
        SESSION_LINE_READ) {
        printf("# %s\n", why.text);
        return false;
    }
    same = span_equal(written(f, &read), span_of_text(before));
    if (!same)
        printf("# was %s\n# is  %s\n", before, f->line);
    session_release(&read);
    return same;
}

static void test_full(struct fixture *f)
{
    struct session s;

    sample_full(&s);
    ok(comes_back(f, &s), "a session with something in every field comes back");
    session_release(&s);
}

static void test_bare(struct fixture *f)
{
    struct session s;

    sample_bare(&s);
    ok(comes_back(f, &s), "and so does one with next to nothing");
}

static void test_fields(struct fixture *f)
{
    struct session s, read;
    struct err why;

    sample_full(&s);
    (void)written(f, &s);
    is_int(session_read(f->reader, span_of_text(f->line), &read, &why), SESSION_LINE_READ,
           "a session is read");
    ok(read.has_server_hello && read.cipher == 0x1301 && read.group == 29 &&
           read.supported_ciphers[0] == 0x5a5a,
       "names become numbers again");
    ok(read.start_ns == UINT64_C(1795232898537123000) && read.close_after_us == 22300 &&
           read.alerts[0].at_us == 21800,
       "times have their microseconds");
    ok(read.certificate_count == 3 && read.certificates[0]->authority == 0 &&
           read.certificates[1]->authority == -1 && read.certificates[1]->self_signed &&
           read.certificates[1]->not_before_s == -631152000 &&
           strcmp(read.certificates[0]->common_name, "api.example.com") == 0 &&
           memcmp(read.certificates[0]->spki_sha256, sample_leaf.spki_sha256, 32) == 0 &&
           !read.certificates[2]->readable,
       "certificates are made again");
    ok(read.vlan_count == 2 && read.vlans[1] == 7 && read.tunnel.id == 77 &&
           read.ticket_count == 2 && read.flight_count == 2 && read.is_explicit_proxy,
       "lists and tunnels as well");
    is_text(read.alpn_offered, "h2\nhttp/1.1\n", "and names have an end of line each");
    session_release(&read);
    session_release(&s);
}

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(uint64_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % below;
}

static void random_text(char *out, size_t size)
{
    static const char letters[] = "ab\"\\\x01\x7f,=\303\274\342\202\254\xff";
    size_t n = (size_t)next_random(size);

    for (size_t i = 0; i < n; i++)
        out[i] = letters[next_random(sizeof(letters) - 1)];
    out[n] = '\0';
}

static void random_session(struct session *s, struct certificate *certificate)
{
    sample_full(s);
    s->protocol = (enum session_protocol)next_random(3);
    s->version = (uint16_t)next_random(65536);
    s->cipher = (uint16_t)next_random(65536);
    s->group = (uint16_t)next_random(65536);
    s->outcome = (enum outcome)next_random(OUTCOME_COUNT);
    s->outcome_raw = (enum outcome)next_random(OUTCOME_COUNT);
    s->shape = (enum outcome_shape)next_random(SHAPE_S6 + 1);
    s->close_how = (enum close_how)next_random(CLOSE_TIMEOUT + 1);
    s->inspection_basis = (enum inspection_basis)next_random(BASIS_QUIC + 1);
    s->inspection_probability = (double)next_random(1000001) / 1000000;
    s->start_ns = next_random(UINT64_C(4000000000000000000));
    s->end_ns = s->start_ns + next_random(UINT64_C(1000000000000));
    s->decided_ns = s->end_ns;
    s->close_after_us = (uint32_t)next_random(UINT64_C(1) << 32);
    s->client_bytes = next_random(UINT64_MAX);
    s->vlan_count = (uint8_t)next_random(3);
    s->tunnel.kind = (enum tunnel_kind)next_random(TUNNEL_GTPU + 1);
    s->ech = next_random(2);
    s->syn_ack.seen = next_random(2);
    s->certificate_count = 1;
    *certificate = sample_leaf;
    certificate->readable = next_random(4) != 0;
    certificate->authority = (int)next_random(4) - 1;
    certificate->not_after_s = (int64_t)next_random(UINT64_C(253402300800));
    s->certificates[0] = certificate;
}

/* Text that no parser of names would make, but the first writing makes valid. */
static void test_random_sessions(struct fixture *f)
{
    static char before[LINE_MAX_BYTES];
    int wrong = 0;

    for (int i = 0; i < 3000; i++) {
        struct certificate certificate;
        struct session s, read;
        struct err why = {.text = ""};

        random_session(&s, &certificate);
        random_text(s.package, 30);
        random_text(s.inspection_authority, 30);
        random_text(s.server_name, 60);
        random_text(s.proxy_target, 60);
        random_text(certificate.subject, 100);
        (void)written(f, &s);
        memcpy(before, f->line, strlen(f->line) + 1);
        if (session_read(f->reader, span_of_text(before), &read, &why) !=
            SESSION_LINE_READ) {
            printf("# %s: %s\n", why.text, before);
            wrong++;
            continue;
        }
        wrong += !span_equal(written(f, &read), span_of_text(before));
        session_release(&read);
    }
    is_int(wrong, 0,
           "3000 random sessions are written, read and written to the same bytes");
}

static void test_cut_lines(struct fixture *f)
{
    struct session s, read;
    struct err why;
    struct span line;
    int wrong = 0;

    sample_full(&s);
    line = written(f, &s);
    for (size_t n = 0; n < line.len; n++)
        wrong += session_read(f->reader, exact(span_first(line, n)), &read, &why) !=
                 SESSION_LINE_BROKEN;
    is_int(wrong, 0, "a line cut anywhere is broken");
    is_text(why.text, "no JSON: the line ends too early", "and why is told");
    session_release(&s);
}

static void test_other_events(struct fixture *f)
{
    static const char *const others[] = {
        "{}",
        "{\"event\":{\"dataset\":\"pinsight.alert\"}}",
        "{\"event\":{\"dataset\":7}}",
        "{\"event\":\"pinsight.session\"}",
        "{\"event\":{\"dataset\":\"pinsight.session_end\"},\"pinsight\":[]}",
    };

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct session s;
        struct err why;

        is_int(session_read(f->reader, span_of_text(others[i]), &s, &why),
               SESSION_LINE_OTHER, "event %zu is no session", i);
    }
}

static void sample_end(struct session_end *end)
{
    struct session s;

    sample_bare(&s);
    *end = (struct session_end){
        .protocol = SESSION_QUIC,
        .ends = session_ends_of(&s),
        .client_bytes = 1,
        .server_bytes = 2,
        .client_packets = 3,
        .server_packets = 4,
        .client_records = 5,
        .server_records = 6,
        .start_ns = 1000,
        .end_ns = 2000,
        .decided_ns = 3000,
        .clock_steps = 7,
        .close_by = SIDE_SERVER,
        .close_how = CLOSE_RST,
    };
    memset(end->session_id, 9, sizeof(end->session_id));
    end->ends.transport = PACKET_UDP;
}

static struct span written_end(struct fixture *f, const struct session_end *end)
{
    f->line[0] = '\0';
    json_out_init(&f->out, f->buffer, sizeof(f->buffer), keep, f);
    session_end_write(end, &observer, &f->out);
    json_out_flush(&f->out);
    f->line[strcspn(f->line, "\n")] = '\0';
    return span_of_text(f->line);
}

static void test_totals(struct fixture *f)
{
    static char before[LINE_MAX_BYTES];
    struct session_end end, read;
    struct session s;
    struct err why;

    sample_end(&end);
    (void)written_end(f, &end);
    memcpy(before, f->line, strlen(f->line) + 1);
    is_int(session_read_any(f->reader, exact(span_of_text(before)), &s, &read, &why),
           SESSION_LINE_END, "the totals of a session are read");
    is_span(written_end(f, &read), span_of_text(before), "and come back");
    is_int(session_read(f->reader, span_of_text(before), &s, &why), SESSION_LINE_OTHER,
           "who asks for sessions only passes them over");
    strstr(before, "session_id")[0] = 'x';
    is_int(session_read_any(f->reader, span_of_text(before), &s, &read, &why),
           SESSION_LINE_BROKEN, "without the name of their session they are broken");
    is_text(why.text, "pinsight.session_id is not an identifier", "which is told");
}

/* A part of the sample's line and what stands there instead. */
static const struct {
    const char *part;
    const char *instead;
    const char *why;
} wrong_values[] = {
    {"\"port\":51234", "\"port\":65536", "port is not in its range"},
    {"\"port\":51234", "\"port\":-1", "port is not in its range"},
    {"\"port\":51234", "\"port\":\"51234\"", "port is not a whole number"},
    {"\"ip\":\"10.1.2.3\"", "\"ip\":\"10.1.2\"", "ip is not an address"},
    {"00-00-5E-00-53-23", "00-00-5e-00-53-23", "mac is not a hardware address"},
    {"\"protocol\":\"tls\"", "\"protocol\":\"ssh\"",
     "network.protocol is not tls, quic, dtls or unidentified"},
    {"\"id\":\"100\"", "\"id\":\"x\"", "vlan.id is not a number"},
    {"\"version\":\"1.3\"", "\"version\":\"1.9\"", "tls.version is not a version"},
    {"\"cipher\":\"TLS", "\"cipher\":\"SSL", "tls.cipher is not a name that IANA knows"},
    {"\"0x5a5a\"", "7", "supported_ciphers is not a name that IANA knows"},
    {"\"outcome\":\"rejected_alert\"", "\"outcome\":\"rejected\"",
     "pinsight.outcome is not an outcome"},
    {"\"from\":\"client\"", "\"from\":\"proxy\"",
     "pinsight.alerts.from is not client or server"},
    {"\"probability\":0.9091", "\"probability\":1.5", "probability is not in its range"},
    {"\"rtt_ms\":1.234", "\"rtt_ms\":-1.0", "rtt_ms is not in its range"},
    {"\"rtt_ms\":1.234", "\"rtt_ms\":1e300", "rtt_ms is not in its range"},
    {"0102030405060708", "010203040506070", "random_prefix is not in hexadecimal digits"},
    {"AQIDAAAA", "AQID", "spki_sha256_b64 is not a digest in base64"},
    {"\"self_signed\":false", "\"self_signed\":0", "self_signed is not true or false"},
    {"[250,251]", "[1,2,3,4,5]", "tickets is not as short as a session's list"},
    {"[250,251]", "[65536]", "pinsight.server_flight.tickets is not a list of lengths"},
    {"[250,251]", "{}", "tickets is not an array"},
    {"\"start\":\"2026", "\"start\":\"x", "start is not a time"},
    {"\"id\":\"11111111", "\"id\":\"1111111", "event.id is not an identifier"},
    {"\"path\":{", "\"path\":[],\"x\":{", "path is not an object"},
    {"\"h2\",\"http/1.1\"", "\"h2\",\"http\\n1\"",
     "pinsight.alpn_offered is not a list of short names"},
    {"com.example.bank", "com.\\u0000bank", "package is not a text without a NUL"},
};

static void test_wrong_values(struct fixture *f)
{
    static char line[LINE_MAX_BYTES + 64];
    struct session s;

    sample_full(&s);
    (void)written(f, &s);
    for (size_t i = 0; i < sizeof(wrong_values) / sizeof(wrong_values[0]); i++) {
        const char *at = strstr(f->line, wrong_values[i].part);
        struct session read;
        struct err why = {.text = ""};

        if (!ok(at != NULL, "the line holds %s", wrong_values[i].part))
            continue;
        (void)snprintf(line, sizeof(line), "%.*s%s%s", (int)(at - f->line), f->line,
                       wrong_values[i].instead, at + strlen(wrong_values[i].part));
        is_int(session_read(f->reader, exact(span_of_text(line)), &read, &why),
               SESSION_LINE_BROKEN, "%s breaks it", wrong_values[i].instead);
        ok(strncmp(why.text, wrong_values[i].why, strlen(wrong_values[i].why)) == 0,
           "because %s", why.text);
    }
    session_release(&s);
}

static void test_deep_and_long(struct fixture *f)
{
    static char line[SESSION_LINE_MAX + 2];
    struct session s;
    struct err why;

    memset(line, '[', sizeof(line));
    is_int(session_read(f->reader, span_of(line, 1000), &s, &why), SESSION_LINE_BROKEN,
           "a line that nests too deep is broken");
    is_int(session_read(f->reader, span_of(line, SESSION_LINE_MAX + 1), &s, &why),
           SESSION_LINE_BROKEN, "and one that is too long");
    is_int(session_read(f->reader, span_of_text("{} {}"), &s, &why), SESSION_LINE_BROKEN,
           "and one with two objects");
    is_int(session_read(f->reader, span_of_text("{\"a\":\"\xff\"}"), &s, &why),
           SESSION_LINE_BROKEN, "and one that is no UTF-8");
}

int main(void)
{
    static struct fixture f;
    struct err why;

    f.reader = session_reader_new(&why);
    ok(f.reader != NULL, "there is a reader");
    test_full(&f);
    test_bare(&f);
    test_fields(&f);
    test_random_sessions(&f);
    test_cut_lines(&f);
    test_other_events(&f);
    test_totals(&f);
    test_wrong_values(&f);
    test_deep_and_long(&f);
    session_reader_free(f.reader);
    session_reader_free(NULL);
    return done_testing();
}
