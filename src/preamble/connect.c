#include "preamble/connect.h"

static const char method[] = "CONNECT ";

enum progress connect_looks_like(struct span first)
{
    struct span wanted = span_of_text(method);
    struct span head = span_first(first, wanted.len);

    if (!span_equal(head, span_first(wanted, head.len)))
        return BROKEN;
    return head.len == wanted.len ? READY : NEED_MORE;
}

/* Length of the host in "host:port" or "[v6]:port"; 0 when there is no port. */
static size_t host_length(struct span target)
{
    for (size_t n = target.len; n > 0; n--)
        if (target.data[n - 1] == ':')
            return n - 1;
    return 0;
}

static bool parse_port(struct span digits, uint16_t *port)
{
    uint32_t value = 0;
    uint8_t digit;

    if (span_empty(digits))
        return false;
    while (span_u8(&digits, &digit)) {
        if (digit < '0' || digit > '9')
            return false;
        value = value * 10 + (uint32_t)(digit - '0');
        if (value > 65535)
            return false;
    }
    *port = (uint16_t)value;
    return true;
}

/* "CONNECT" SP host ":" port SP "HTTP/1.1" */
static bool parse_request_line(struct connect_preamble *c)
{
    struct span line = span_of(c->line, c->line_len < sizeof(c->line) ? c->line_len : 0);
    struct span target, host, brackets;
    size_t n = 0;
    uint8_t colon;

    if (!span_skip(&line, sizeof(method) - 1))
        return false;
    while (n < line.len && line.data[n] != ' ')
        n++;
    if (!span_take(&line, n, &target) || !span_take(&target, host_length(target), &host) ||
        !span_u8(&target, &colon) || !parse_port(target, &c->port))
        return false;
    brackets = host;
    if (brackets.len > 2 && brackets.data[0] == '[' && span_skip(&brackets, 1))
        host = span_first(brackets, brackets.len - 1);
    if (span_empty(host) || host.len >= sizeof(c->target))
        return false;
    memcpy(c->target, host.data, host.len);
    c->target[host.len] = '\0';
    return true;
}

/* "HTTP/1.1" SP 3DIGIT ... */
static bool parse_answer_line(struct connect_preamble *c)
{
    struct span line = span_of(c->line, c->line_len < sizeof(c->line) ? c->line_len : 0);
    struct span version, status;
    uint16_t value = 0;

    if (!span_take(&line, 9, &version) || memcmp(version.data, "HTTP/1.", 7) != 0 ||
        !span_take(&line, 3, &status))
        return false;
    for (size_t i = 0; i < status.len; i++) {
        if (status.data[i] < '0' || status.data[i] > '9')
            return false;
        value = (uint16_t)(value * 10 + (status.data[i] - '0'));
    }
    c->status = value;
    c->answer_ok = value >= 200 && value < 300;
    return true;
}

static void end_of_line(struct connect_preamble *c)
{
    switch (c->state) {
    case CONNECT_REQUEST_LINE:
        c->state = parse_request_line(c) ? CONNECT_REQUEST_FIELDS : CONNECT_BROKEN;
        break;
    case CONNECT_REQUEST_FIELDS:
        if (c->line_len == 0)
            c->state = CONNECT_ANSWER_LINE;
        break;
    case CONNECT_ANSWER_LINE:
        c->state = parse_answer_line(c) ? CONNECT_ANSWER_FIELDS : CONNECT_BROKEN;
        break;
    case CONNECT_ANSWER_FIELDS:
        if (c->line_len > 0)
            break;
        if (c->status >= 100 && c->status < 200) {
            c->state = CONNECT_ANSWER_LINE;
        } else {
            c->state = c->answer_ok ? CONNECT_OPEN : CONNECT_REFUSED;
            c->refusals = (uint16_t)(c->refusals + !c->answer_ok);
        }
        break;
    case CONNECT_REFUSED:
    case CONNECT_OPEN:
    case CONNECT_BROKEN:
        break;
    }
    c->line_len = 0;
}

/* True while the bytes of `side` belong to the head that is being read. */
static bool expects(const struct connect_preamble *c, int side)
{
    switch (c->state) {
    case CONNECT_REQUEST_LINE:
    case CONNECT_REQUEST_FIELDS:
        return side == c->client;
    case CONNECT_ANSWER_LINE:
    case CONNECT_ANSWER_FIELDS:
        return side != c->client;
    case CONNECT_REFUSED:
    case CONNECT_OPEN:
    case CONNECT_BROKEN:
        break;
    }
    return false;
}

/* After a refusal: the rest of the answer goes by, the client's next bytes begin a new request. */
static void after_refusal(struct connect_preamble *c, int side, struct span *bytes)
{
    if (side == c->client) {
        c->state = CONNECT_REQUEST_LINE;
        c->head_len = 0;
    } else {
        *bytes = span_of(NULL, 0);
    }
}

void connect_push(struct connect_preamble *c, int side, struct span *bytes)
{
    uint8_t byte;

    if (c->state == CONNECT_REFUSED)
        after_refusal(c, side, bytes);
    while (expects(c, side) && span_u8(bytes, &byte)) {
        if (++c->head_len > CONNECT_HEAD_MAX) {
            c->state = CONNECT_BROKEN;
        } else if (byte == '\n') {
            end_of_line(c);
        } else if (byte != '\r') {
            if (c->line_len < sizeof(c->line))
                c->line[c->line_len] = (char)byte;
            if (c->line_len < UINT16_MAX)
                c->line_len++;
        }
    }
}
