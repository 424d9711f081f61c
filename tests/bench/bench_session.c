/*
 * Time to write a session as an event, and to read it back.
 */
#include <stdio.h>
#include <time.h>

#include "../unit/session_sample.h"
#include "session/session_read.h"
#include "session/session_write.h"

#define ROUNDS 300000
#define READ_ROUNDS 20000

static const struct observer observer = {.name = "sensor-a", .version = "1.0.0"};
static struct cipher_texts texts;

struct total {
    size_t bytes;
    char line[65536];
    size_t len;
};

static void count(void *ctx, struct span lines)
{
    struct total *total = ctx;

    total->bytes += lines.len;
    total->len = lines.len < sizeof(total->line) ? lines.len : 0;
    memcpy(total->line, lines.data, total->len);
}

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void bench_write(const char *name, const struct session *s)
{
    static char buffer[262144];
    static struct total total;
    struct json_out out;
    double start, seconds;

    total.bytes = 0;
    json_out_init(&out, buffer, sizeof(buffer), count, &total);
    start = now_s();
    for (int i = 0; i < ROUNDS; i++)
        session_write(s, &observer, &texts, &out);
    json_out_flush(&out);
    seconds = now_s() - start;
    printf("session_write %s: %zu bytes, %.0f ns, %.0f events/s\n", name,
           total.bytes / ROUNDS, seconds / ROUNDS * 1e9, ROUNDS / seconds);
}

static void bench_read(const char *name, const struct session *s)
{
    static char buffer[262144];
    static struct total total;
    struct session_reader *reader;
    struct json_out out;
    struct session read;
    struct err why;
    double start, seconds;

    json_out_init(&out, buffer, sizeof(buffer), count, &total);
    session_write(s, &observer, &texts, &out);
    json_out_flush(&out);
    reader = session_reader_new(&why);
    start = now_s();
    for (int i = 0; reader && i < READ_ROUNDS; i++)
        if (session_read(reader, span_of(total.line, total.len - 1), &read, &why) ==
            SESSION_LINE_READ)
            session_release(&read);
    seconds = now_s() - start;
    session_reader_free(reader);
    printf("session_read %s: %.0f ns, %.0f events/s\n", name, seconds / READ_ROUNDS * 1e9,
           READ_ROUNDS / seconds);
}

int main(void)
{
    struct session typical, full;

    sample_bare(&typical);
    sample_hellos(&typical);
    sample_traffic(&typical);
    typical.outcome = typical.outcome_raw = OUTCOME_REJECTED_ENCRYPTED_ALERT;
    typical.alert_count = 0;
    sample_full(&full);
    bench_write("of TLS 1.3, refused", &typical);
    bench_write("with all fields and 3 certificates", &full);
    bench_read("of TLS 1.3, refused", &typical);
    bench_read("with all fields and 3 certificates", &full);
    session_release(&full);
    return 0;
}
