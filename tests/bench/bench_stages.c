/*
 * What each stage costs, on the bundled captures: bench_stages [STAGE [ROUNDS]]
 *
 * Without arguments each stage is timed. With them one stage is run so many times, for who counts its
 * instructions (`valgrind --tool=callgrind --toggle-collect=stage_NAME`); it then says how many items
 * it took. Stages that stand on others (flow on decode, worker on all of the packet side) contain them.
 */
#include <glob.h>
#include <stdio.h>
#include <time.h>

#include "../lib/tap.h"
#include "../unit/hellos.h"
#include "../unit/wire.h"
#include "base/nanotime.h"
#include "capture/source.h"
#include "config/config.h"
#include "detect/correlate.h"
#include "fingerprint/prints.h"
#include "outcome/outcome.h"
#include "worker.h"

#define FRAMES_MAX 65536
#define SESSIONS_MAX 1024
#define ROUND_NS                                                                           \
    (UINT64_C(600) * NS_PER_S) /* so that a round's flows are gone in the next */

static struct {
    glob_t paths;
    struct frame frames[FRAMES_MAX];
    size_t frame_count;
    struct session sessions[SESSIONS_MAX];
    size_t session_count;
    uint64_t told; /* events of a stage, so that nothing is optimised away */
} all;

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct source *open_captures(void)
{
    struct source_options options = {.inputs = (const char *const *)all.paths.gl_pathv,
                                     .input_count = all.paths.gl_pathc};
    struct err why;
    struct source *s = source_open_files(&options, &why);

    if (!s || source_look(s, &why) < 0) {
        (void)fprintf(stderr, "bench_stages: %s\n", why.text);
        exit(1);
    }
    return s;
}

/* Frames of all captures, kept; in the order of their times, as if captured in one go. */
static void load_frames(void)
{
    struct source *s = open_captures();
    struct frame frame;
    uint64_t base_ns = 0, first_ns = 0;
    const char *file = NULL;

    while (all.frame_count < FRAMES_MAX && source_next(s, &frame)) {
        uint8_t *bytes = malloc(frame.bytes.len);

        if (!bytes)
            exit(1);
        memcpy(bytes, frame.bytes.data, frame.bytes.len);
        if (frame.file != file) { /* the next capture begins where the one before ended */
            base_ns = all.frame_count ? all.frames[all.frame_count - 1].time_ns : NS_PER_S;
            first_ns = frame.time_ns;
            file = frame.file;
        }
        frame.time_ns = base_ns + (frame.time_ns > first_ns ? frame.time_ns - first_ns : 0);
        frame.bytes = span_of(bytes, frame.bytes.len);
        frame.file = "bench";
        all.frames[all.frame_count++] = frame;
    }
    source_free(s);
}

/* ---- stages: each does its work `rounds` times */

__attribute__((noipa)) static uint64_t stage_capture(unsigned rounds)
{
    struct frame frames[AHEAD_MAX];
    uint64_t items = 0;

    for (unsigned i = 0; i < rounds; i++) {
        struct source *s = open_captures();
        size_t count;

        while ((count = source_next_some(s, frames, AHEAD_MAX)))
            items += count;
        source_free(s);
    }
    return items;
}

__attribute__((noipa)) static uint64_t stage_decode(unsigned rounds)
{
    struct decode_options options = {.fragment_bytes = 1u << 16,
                                     .fragment_timeout_ns = NS_PER_S};
    struct decoder d;
    struct packet packet;
    struct err why;

    if (decoder_init(&d, &options, &why) < 0)
        exit(1);
    for (unsigned i = 0; i < rounds; i++)
        for (size_t k = 0; k < all.frame_count; k++)
            all.told += decode_frame(&d, &all.frames[k], &packet);
    decoder_fini(&d);
    return rounds * all.frame_count;
}

static void no_bytes(void *ctx, struct connection *c, int side, const struct chunk *chunk)
{
    (void)ctx, (void)c, (void)side;
    all.told += chunk->bytes.len;
}

static void no_close(void *ctx, struct connection *c, int side, bool by_reset,
                     uint64_t time_ns)
{
    (void)ctx, (void)c, (void)side, (void)by_reset, (void)time_ns;
    all.told++;
}

static void no_datagram(void *ctx, struct connection *c, int side, const struct packet *p)
{
    (void)ctx, (void)c, (void)side, (void)p;
    all.told++;
}

static void no_timer(void *ctx, struct connection *c, uint64_t now_ns)
{
    (void)ctx, (void)c, (void)now_ns;
}

static void no_end(void *ctx, struct connection *c, enum flow_end why, uint64_t now_ns)
{
    (void)ctx, (void)c, (void)why, (void)now_ns;
}

__attribute__((noipa)) static uint64_t stage_flow(unsigned rounds)
{
    struct flow_options options = {
        .max_flows = 65536,
        .max_connections = 4096,
        .state_size = 64,
        .state_hot = 64,
        .held_bytes = 1u << 24,
        .flow_timeout_ns = 300 * NS_PER_S,
        .handler = {NULL, no_bytes, no_close, no_datagram, no_timer, no_end}};
    struct decode_options decode = {.fragment_bytes = 1u << 16,
                                    .fragment_timeout_ns = NS_PER_S};
    struct decoder d;
    struct flows flows;
    struct packet packet;
    struct err why;

    if (decoder_init(&d, &decode, &why) < 0 || flows_init(&flows, &options, &why) < 0)
        exit(1);
    for (unsigned i = 0; i < rounds; i++) {
        for (size_t k = 0; k < all.frame_count; k++) {
            struct frame frame = all.frames[k];

            frame.time_ns += i * ROUND_NS;
            if (decode_frame(&d, &frame, &packet))
                flows_push(&flows, &packet);
        }
    }
    flows_drain(&flows);
    flows_fini(&flows);
    decoder_fini(&d);
    return rounds * all.frame_count;
}

static void keep_session(void *ctx, const struct session *s)
{
    (void)ctx;
    all.told++;
    if (all.session_count < SESSIONS_MAX)
        session_copy(&all.sessions[all.session_count++], s);
}

/* The whole packet side, from frame to decided session. */
__attribute__((noipa)) static void stage_worker(struct worker *w, unsigned rounds)
{
    struct frame frames[AHEAD_MAX];

    for (unsigned i = 0; i < rounds; i++) {
        for (size_t k = 0, n; k < all.frame_count; k += n) {
            size_t count =
                all.frame_count - k < AHEAD_MAX ? all.frame_count - k : AHEAD_MAX;

            memcpy(frames, &all.frames[k], count * sizeof(*frames));
            for (size_t f = 0; f < count; f++)
                frames[f].time_ns += i * ROUND_NS;
            n = worker_look(w, frames, count);
            for (size_t f = 0; f < n; f++)
                worker_push_next(w, &frames[f]);
        }
    }
    worker_drain(w);
}

static uint64_t run_worker(unsigned rounds)
{
    struct certificate_options certificates = {.capacity = 1024};
    struct worker_options options = {
        .decode = {.fragment_bytes = 1u << 16, .fragment_timeout_ns = NS_PER_S},
        .outcome = {.post_close_strong_ns = 300 * NS_PER_MS,
                    .post_close_weak_ns = 5 * NS_PER_S,
                    .enc_alert_close_ns = 5 * NS_PER_S,
                    .stall_ns = 30 * NS_PER_S},
        .max_flows = 65536,
        .max_connections = 4096,
        .held_bytes = 1u << 24,
        .message_bytes = 1u << 24,
        .flow_timeout_ns = 300 * NS_PER_S,
        .labels_lazy = true,
        .on_session = keep_session,
    };
    struct worker w;
    struct err why;

    options.tools.certificates = certificate_cache_new(&certificates, &why);
    options.tools.prints = prints_new(1024, 1, &why);
    if (!options.tools.certificates || !options.tools.prints ||
        worker_init(&w, &options, &why) < 0)
        exit(1);
    stage_worker(&w, rounds);
    worker_fini(&w);
    prints_free(options.tools.prints);
    certificate_cache_free(options.tools.certificates);
    return rounds * all.frame_count;
}

/* A ClientHello from its bytes to fields. */
__attribute__((noipa)) static uint64_t stage_hello(unsigned rounds)
{
    struct span body = hex(HELLO_OPENSSL_TLS13);
    struct client_hello hello;

    if (!span_skip(&body, 4))
        exit(1);
    for (unsigned i = 0; i < rounds; i++)
        all.told += client_hello_parse(HELLO_TLS, body, &hello);
    return rounds;
}

static uint64_t prints_of(unsigned rounds, size_t entries)
{
    struct err why;
    struct prints *p = prints_new(entries, 1, &why);
    struct span body = hex(HELLO_OPENSSL_TLS13);
    struct client_hello hello;
    struct client_prints out;

    if (!p || !span_skip(&body, 4) || !client_hello_parse(HELLO_TLS, body, &hello))
        exit(1);
    for (unsigned i = 0; i < rounds; i++) {
        prints_of_client(p, &hello, JA4_TCP, &out);
        all.told += (uint64_t)out.ja4[0];
    }
    prints_free(p);
    return rounds;
}

/* JA3, JA4 and app key of a known hello, and computed anew. */
__attribute__((noipa)) static uint64_t stage_prints_known(unsigned rounds)
{
    return prints_of(rounds, 1024);
}

__attribute__((noipa)) static uint64_t stage_prints_new(unsigned rounds)
{
    return prints_of(rounds, 0);
}

static void no_session(void *ctx, const struct session *s)
{
    (void)ctx;
    all.told += s->id[0];
}

static void no_finding(void *ctx, const struct finding *f)
{
    (void)ctx, (void)f;
    all.told++;
}

static void begin_correlator(struct correlator *c, struct config *config)
{
    const char *text = "inspection: {segments: [10.0.0.0/8]}\n";
    struct correlator_options options = {.rules = &config->rules,
                                         .inspection = &config->inspection,
                                         .max_devices = 100000,
                                         .max_keys = 200000,
                                         .on_session = no_session,
                                         .on_finding = no_finding};
    struct err why;

    if (config_load_text(config, "bench", span_of_text(text), &why) < 0 ||
        correlator_init(c, &options, &why) < 0)
        exit(1);
}

/* The judgement: sessions of the captures again and again, each time of other devices. */
__attribute__((noipa)) static void stage_detect(struct correlator *c, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        for (size_t k = 0; k < all.session_count; k++) {
            struct session s = all.sessions[k];
            uint32_t device = i % 1000;

            memcpy(s.id, &i, sizeof(i));
            memcpy(s.client.bytes + 12, &device, sizeof(device));
            s.client.bytes[15] = 10;
            s.has_macs = false;
            s.start_ns += i * ROUND_NS;
            s.end_ns += i * ROUND_NS;
            s.decided_ns += i * ROUND_NS;
            correlator_push(c, &s);
            correlator_tick(c, s.decided_ns);
        }
    }
    correlator_drain(c);
}

static uint64_t run_detect(unsigned rounds)
{
    static struct config config;
    static struct correlator c;

    begin_correlator(&c, &config);
    stage_detect(&c, rounds);
    correlator_fini(&c);
    config_free(&config);
    return rounds * all.session_count;
}

static const struct stage {
    const char *name;
    const char *item;
    uint64_t (*run)(unsigned rounds);
    unsigned rounds; /* when it is timed */
} stages[] = {
    {"capture", "frame", stage_capture, 200},
    {"decode", "frame", stage_decode, 400},
    {"flow", "frame", stage_flow, 200},
    {"worker", "frame", run_worker, 100},
    {"hello", "ClientHello", stage_hello, 1000000},
    {"prints_known", "ClientHello", stage_prints_known, 1000000},
    {"prints_new", "ClientHello", stage_prints_new, 100000},
    {"detect", "session", run_detect, 400},
};

static void run(const struct stage *s, unsigned rounds, bool timed)
{
    double start = now_s();
    uint64_t items = s->run(rounds);
    double seconds = now_s() - start;

    if (timed)
        printf("stage %s: %.0f ns a %s\n", s->name, seconds / (double)items * 1e9, s->item);
    else
        printf("%llu %s\n", (unsigned long long)items, s->item);
}

int main(int argc, char **argv)
{
    const char *only = argc > 1 ? argv[1] : NULL;
    unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

    if (glob("pcaps/*.pcap", 0, NULL, &all.paths) != 0) {
        (void)fprintf(stderr, "bench_stages: there are no pcaps/*.pcap here\n");
        return 1;
    }
    load_frames();
    (void)run_worker(1); /* sessions for those that take them */
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
        if (!only || strcmp(only, stages[i].name) == 0)
            run(&stages[i], rounds ? rounds : stages[i].rounds, !only);
    for (size_t i = 0; i < all.session_count; i++)
        session_release(&all.sessions[i]);
    for (size_t i = 0; i < all.frame_count; i++)
        free((void *)(uintptr_t)all.frames[i].bytes.data);
    globfree(&all.paths);
    return all.told ? 0 : 1;
}
