#include "metrics.h"

#include <stdlib.h>
#include <sys/types.h>

#include <microhttpd.h>

#define CONNECTIONS_MAX 8u
#define CONNECTION_BYTES (16u * 1024u)
#define PATIENCE_S 5u

struct metrics {
    struct listener listener;
    struct MHD_Daemon *daemon;
    const struct status *status;
    int epoll; /* the daemon's */
    char page[METRICS_TEXT_MAX];
};

/* Queue an answer; the library copies the text. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code,
                              const char *type, const struct text *body)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body->len, body->data, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_NO;

    if (!response)
        return MHD_NO;
    if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES)
        result = MHD_queue_response(connection, code, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_with_words(struct MHD_Connection *connection, unsigned code,
                                         const char *words)
{
    char buffer[128];
    struct text body = text_in(buffer, sizeof(buffer));

    text_add(&body, words);
    return answer(connection, code, "text/plain; charset=utf-8", &body);
}

/* One request, which the library has read up to the end of its head. */
/* NOLINTNEXTLINE(readability-function-size): the parameters are the library's */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection,
                                  const char *url, const char *method, const char *version,
                                  const char *data, size_t *data_size, void **request)
{
    struct metrics *m = ctx;
    struct text page = text_in(m->page, sizeof(m->page));

    (void)version;
    (void)data;
    (void)request;
    *data_size = 0;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
        strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer_with_words(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
    if (strcmp(url, "/metrics") != 0)
        return answer_with_words(connection, MHD_HTTP_NOT_FOUND, "see /metrics\n");
    metrics_write(m->status, &page);
    return answer(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8",
                  &page);
}

static int start(struct metrics *m, const char *target, struct err *why)
{
    const union MHD_DaemonInfo *info;

    if (listener_open(&m->listener, target, why) < 0)
        return -1;
    m->daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, on_request, m, MHD_OPTION_LISTEN_SOCKET,
        m->listener.fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, PATIENCE_S, MHD_OPTION_END);
    info = m->daemon ? MHD_get_daemon_info(m->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info)
        return err_set(why, "%s: the HTTP server does not start", target);
    m->epoll = info->epoll_fd;
    return 0;
}

struct metrics *metrics_new(const char *target, const struct status *status,
                            struct err *why)
{
    struct metrics *m = calloc(1, sizeof(*m));
    struct err reason;

    if (!m) {
        (void)err_set(why, "no memory for metrics");
        return NULL;
    }
    m->status = status;
    m->listener.fd = -1;
    if (start(m, target, &reason) < 0) {
        metrics_free(m);
        (void)err_set(why, "stats.listen: %s", reason.text);
        return NULL;
    }
    return m;
}

void metrics_free(struct metrics *m)
{
    if (!m)
        return;
    if (m->daemon) {
        (void)MHD_quiesce_daemon(m->daemon); /* gives the socket back */
        MHD_stop_daemon(m->daemon);
    }
    listener_close(&m->listener);
    free(m);
}

void metrics_poll(struct metrics *m)
{
    (void)MHD_run(m->daemon);
}

struct pollfd metrics_wants(const struct metrics *m)
{
    return (struct pollfd){.fd = m->epoll, .events = POLLIN};
}
