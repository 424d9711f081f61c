#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX STATUS_JSON_MAX

static void drop(struct control_client *client)
{
    (void)close(client->fd);
    free(client->answer);
    *client = (struct control_client){.fd = -1};
}

/* ---- answers, each into ANSWER_MAX bytes; the length */

static size_t answer_text(const struct status *s, char *to)
{
    struct text out = text_in(to, STATUS_TEXT_MAX);

    status_write_text(s, &out);
    return out.len;
}

/* The line stays in the buffer. */
static size_t answer_json(const struct status *s, char *to)
{
    struct json_out out;

    json_out_init(&out, to, ANSWER_MAX, NULL, NULL);
    return status_write_json(s, &out) ? out.len : 0;
}

static size_t answer_unknown(const struct status *s, char *to)
{
    struct text out = text_in(to, ANSWER_MAX);

    (void)s;
    text_add(&out, "unknown request; there are: status text, status json\n");
    return out.len;
}

static void answer(const struct control *c, struct control_client *client)
{
    static const struct {
        const char *request;
        size_t (*answer)(const struct status *s, char *to);
    } requests[] = {
        {"status text", answer_text},
        {"status json", answer_json},
    };
    size_t (*with)(const struct status *s, char *to) = answer_unknown;

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
        if (strcmp(client->request, requests[i].request) == 0)
            with = requests[i].answer;
    client->answer = malloc(ANSWER_MAX);
    if (client->answer)
        client->len = with(c->status, client->answer);
    else
        drop(client);
}

/* ---- clients */

static bool would_block(void)
{
    return errno == EAGAIN || errno == EINTR;
}

/* Read the request; true when it is whole. */
static bool read_request(struct control_client *client)
{
    ssize_t n = recv(client->fd, client->request + client->request_len,
                     CONTROL_REQUEST_MAX - 1 - client->request_len, MSG_DONTWAIT);
    char *end;

    if (n < 0 && would_block())
        return false;
    if (n <= 0) {
        drop(client);
        return false;
    }
    client->request_len += (size_t)n;
    client->request[client->request_len] = '\0';
    end = strchr(client->request, '\n');
    if (end)
        *end = '\0';
    else if (client->request_len == CONTROL_REQUEST_MAX - 1)
        drop(client);
    return end != NULL;
}

static void send_answer(struct control_client *client)
{
    ssize_t n = send(client->fd, client->answer + client->sent, client->len - client->sent,
                     MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n < 0 && would_block())
        return;
    if (n > 0)
        client->sent += (size_t)n;
    if (n <= 0 || client->sent == client->len)
        drop(client);
}

static void serve(struct control *c, struct control_client *client, uint64_t clock_ns)
{
    if (client->since_ns == 0)
        client->since_ns = clock_ns;
    if (clock_ns - client->since_ns > CONTROL_PATIENCE_NS) {
        drop(client);
        return;
    }
    if (!client->answer && read_request(client))
        answer(c, client);
    if (client->answer)
        send_answer(client);
}

static void take_clients(struct control *c)
{
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        if (c->clients[i].fd >= 0)
            continue;
        c->clients[i].fd =
            accept4(c->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (c->clients[i].fd < 0)
            return;
    }
}

void control_poll(struct control *c, uint64_t clock_ns)
{
    take_clients(c);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        if (c->clients[i].fd >= 0)
            serve(c, &c->clients[i], clock_ns);
}

size_t control_wants(const struct control *c, struct pollfd out[CONTROL_WANTS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        if (c->clients[i].fd >= 0)
            out[n++] = (struct pollfd){.fd = c->clients[i].fd,
                                       .events = c->clients[i].answer ? POLLOUT : POLLIN};
    if (n < CONTROL_CLIENTS_MAX)
        out[n++] = (struct pollfd){.fd = c->listener.fd, .events = POLLIN};
    return n;
}

/* ---- life */

int control_open(struct control *c, const char *path, const struct status *status,
                 struct err *why)
{
    struct err reason;

    *c = (struct control){.status = status, .listener = {.fd = -1}};
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        c->clients[i].fd = -1;
    if (listener_open_path(&c->listener, path, &reason) < 0)
        return err_set(why, "stats.control: %s", reason.text);
    return 0;
}

void control_close(struct control *c)
{
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        if (c->clients[i].fd >= 0)
            drop(&c->clients[i]);
    listener_close(&c->listener);
}
