#include "metrics.h"

#include <stdlib.h>

#include "alert/receiver_address.h"
#include "peers.h"
#include "status_sample.h"

static struct sample sample;

static void test_page(void)
{
    static char buffer[METRICS_TEXT_MAX];
    struct text out = text_in(buffer, sizeof(buffer));

    sample_status(&sample);
    metrics_write(&sample.status, &out);
    ok(strncmp(buffer,
               "# TYPE pinsight_build_info gauge\n"
               "pinsight_build_info{version=\"1.0.0\"} 1\n"
               "# TYPE pinsight_uptime_seconds gauge\n"
               "pinsight_uptime_seconds 11.000\n"
               "# TYPE pinsight_packet_time_seconds gauge\n"
               "pinsight_packet_time_seconds 1795232898.537\n"
               "# TYPE pinsight_last_alert_time_seconds gauge\n"
               "pinsight_last_alert_time_seconds 1795232898.537\n"
               "# TYPE pinsight_flow_live gauge\n"
               "pinsight_flow_live 10\n",
               300) == 0,
       "the page begins with what is general");
    ok(strstr(buffer, "# TYPE pinsight_flow_created_total counter\n"
                      "pinsight_flow_created_total 40\n"),
       "a counter ends in _total");
    ok(strstr(buffer, "# TYPE pinsight_protocols_total counter\n"
                      "pinsight_protocols_total{protocol=\"DNS.x\"} 3\n"
                      "pinsight_protocols_total{protocol=\"NTP\"} 4\n"),
       "names that nDPI gives are labels, with one type for all");
    ok(strstr(buffer, "pinsight_source_dropped_total{source=\"eth0\"} 24\n") &&
           strstr(buffer, "pinsight_source_up{source=\"eth0\"} 1\n"),
       "each interface has its own");
    ok(strstr(buffer, "pinsight_blind_spots_without_verdict_total 50\n") &&
           strstr(buffer, "pinsight_blind_spots_reason_total{reason=\"resumed\"} 45\n"),
       "blind spots by reason");
    ok(strstr(buffer, "pinsight_socket_alerts_waiting 3\n") &&
           strstr(buffer, "pinsight_socket_up 0\n"),
       "and what waits for receivers");
}

/* Every line is a type or a value; no name has two types. */
static void test_form(void)
{
    static char buffer[METRICS_TEXT_MAX];
    struct text out = text_in(buffer, sizeof(buffer));
    const char *line = buffer;
    char type[128] = "";
    bool fine = true;

    sample_status(&sample);
    metrics_write(&sample.status, &out);
    while (*line) {
        const char *end = strchr(line, '\n');
        size_t name = strcspn(line, " {");

        fine &= end != NULL;
        if (!end)
            break;
        if (strncmp(line, "# TYPE ", 7) == 0) {
            size_t n = strcspn(line + 7, " ");

            (void)snprintf(type, sizeof(type), "# TYPE %.*s ", (int)n, line + 7);
            fine &= !strstr(end, type);
        } else {
            fine &= strlen(type) == name + 8 && strncmp(type + 7, line, name) == 0 &&
                    strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789_") == name;
        }
        line = end + 1;
    }
    ok(fine, "each value stands behind its type, each type stands once");
}

static void test_cut(void)
{
    char buffer[100];
    struct text out = text_in(buffer, sizeof(buffer));

    sample_status(&sample);
    metrics_write(&sample.status, &out);
    ok(out.len < sizeof(buffer) && buffer[out.len - 1] == '\n' && strlen(buffer) == out.len,
       "what does not fit is cut at the end of a line");
}

/* One request; what came back. */
static const char *ask(struct metrics *m, const char *path, const char *request)
{
    static char answer[METRICS_TEXT_MAX];
    struct receiver_addresses to;
    struct err why;
    size_t len = 0;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    (void)receiver_address_of_path(path, &to, &why);
    if (connect(fd, (struct sockaddr *)&to.all[0].storage, to.all[0].len) < 0)
        return "(no connection)";
    (void)!write(fd, request, strlen(request));
    for (int i = 0; i < 200; i++) {
        ssize_t n;

        metrics_poll(m);
        n = recv(fd, answer + len, sizeof(answer) - 1 - len, 0);
        len += n > 0 ? (size_t)n : 0;
        if (n == 0)
            break;
        peer_moment();
    }
    answer[len] = '\0';
    (void)close(fd);
    return answer;
}

static void test_server(void)
{
    static char path[SCRATCH_PATH_MAX];
    struct metrics *m;
    const char *answer;
    struct err why;

    (void)snprintf(path, sizeof(path), "%s", scratch("metrics"));
    sample_status(&sample);
    m = metrics_new(path, &sample.status, &why);
    if (!ok(m != NULL, "metrics are served at a Unix socket"))
        return;
    answer = ask(m, path, "GET /metrics HTTP/1.0\r\n\r\n");
    ok(strncmp(answer, "HTTP/1.", 7) == 0 && strstr(answer, " 200 OK\r\n"),
       "a request is answered");
    ok(strstr(answer, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"),
       "in the format's type");
    ok(strstr(answer, "\npinsight_flow_created_total 40\n"), "with the counters");
    ok(strstr(ask(m, path, "GET / HTTP/1.0\r\n\r\n"), " 404 "), "there is nothing else");
    ok(strstr(ask(m, path, "DELETE /metrics HTTP/1.0\r\n\r\n"), " 405 "),
       "nothing can be changed");
    ok(strstr(ask(m, path, "nonsense\r\n\r\n"), " 200 ") == NULL, "nonsense gets nothing");
    is_int(metrics_wants(m).events, POLLIN, "it can be waited for");
    metrics_free(m);
    ok(access(path, F_OK) < 0, "at the end the socket is gone");
    m = metrics_new("192.0.2.1:1", &sample.status, &why);
    ok(m == NULL, "the network is not served");
    is_text(why.text,
            "stats.listen: 192.0.2.1:1: only the loopback and Unix sockets are listened on",
            "which is said");
    metrics_free(m);
}

int main(void)
{
    scratch_begin();
    test_page();
    test_form();
    test_cut();
    test_server();
    return done_testing();
}
