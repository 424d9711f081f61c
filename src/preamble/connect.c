#include "preamble/connect.h"

static const char method[] = "CONNECT ";

enum progress connect_looks_like(struct span first)
{
    return span_may_begin(first, method);
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

/* "host:port" or "[v6]:port", which stands in the target: leave the host there. */
static bool split_target(struct talk *talk, size_t len)
{
    struct span target = span_of(talk->target, len), host, brackets;
    size_t n = len;
    uint8_t colon;

    while (n > 0 && talk->target[n - 1] != ':')
        n--;
    if (n < 2 || !span_take(&target, n - 1, &host) || !span_u8(&target, &colon) ||
        !parse_port(target, &talk->port))
        return false;
    brackets = host;
    if (brackets.len > 2 && brackets.data[0] == '[' && span_skip(&brackets, 1))
        host = span_first(brackets, brackets.len - 1);
    memmove(talk->target, host.data, host.len);
    talk->target[host.len] = '\0';
    return true;
}

/* "CONNECT" SP host ":" port SP "HTTP/1.1" CR LF, fields, CR LF */
static bool take_request_byte(struct connect *c, struct talk *talk, struct span *bytes)
{
    uint8_t byte = 0;

    switch (c->request) {
    case CONNECT_METHOD:
        if (!span_u8(bytes, &byte) || byte != (uint8_t)method[c->method_len++])
            return false;
        if (method[c->method_len] == '\0') {
            c->request = CONNECT_TARGET;
            c->target_len = 0;
        }
        return true;
    case CONNECT_TARGET:
        if (!span_u8(bytes, &byte) || byte <= ' ') {
            c->request = CONNECT_VERSION;
            return byte == ' ' && split_target(talk, c->target_len);
        }
        if (c->target_len == sizeof(talk->target) - 1)
            return false;
        talk->target[c->target_len++] = (char)byte;
        return true;
    case CONNECT_VERSION:
        if (line_push(&c->lines[TALK_CLIENT], bytes))
            c->request = CONNECT_FIELDS;
        return true;
    case CONNECT_FIELDS:
        if (line_push(&c->lines[TALK_CLIENT], bytes) && c->lines[TALK_CLIENT].len == 0)
            c->request = CONNECT_SENT;
        return true;
    case CONNECT_SENT:
        break;
    }
    return false;
}

/* "HTTP/1.1" SP 3DIGIT ... */
static bool parse_status(struct connect *c)
{
    struct span line = span_of_line(&c->lines[TALK_SERVER]), version, digits;

    if (!span_take(&line, 9, &version) || memcmp(version.data, "HTTP/1.", 7) != 0)
        return false;
    digits = span_first(line, 3);
    return digits.len == 3 && parse_port(digits, &c->status);
}

static bool take_answer_line(struct connect *c)
{
    switch (c->answer) {
    case CONNECT_STATUS:
        c->answer = CONNECT_ANSWER_FIELDS;
        return parse_status(c);
    case CONNECT_ANSWER_FIELDS:
        /* 1xx is no answer yet. */
        if (c->lines[TALK_SERVER].len == 0)
            c->answer = c->status < 200 ? CONNECT_STATUS : CONNECT_ANSWERED;
        return true;
    case CONNECT_ANSWERED:
    case CONNECT_BODY:
        break;
    }
    return true;
}

/* Count bytes of a head; false when there are too many. */
static bool fits(struct connect *c, enum talker from, size_t taken)
{
    if (taken > (size_t)(CONNECT_HEAD_MAX - c->head_len[from]))
        return false;
    c->head_len[from] = (uint16_t)(c->head_len[from] + taken);
    return true;
}

/* Both heads are in, in whichever order they were captured. */
static enum progress conclude(struct connect *c, struct talk *talk)
{
    talk->asked = c->request == CONNECT_SENT;
    if (c->request != CONNECT_SENT || c->answer != CONNECT_ANSWERED)
        return NEED_MORE;
    talk->asked = false;
    if (c->status < 300)
        return READY;
    talk->refused++;
    talk->target[0] = '\0';
    *c = (struct connect){.request = CONNECT_METHOD, .answer = CONNECT_BODY};
    return NEED_MORE;
}

static enum progress push_request(struct connect *c, struct talk *talk, struct span *bytes)
{
    while (!span_empty(*bytes) && c->request != CONNECT_SENT) {
        size_t before = bytes->len;

        if (!take_request_byte(c, talk, bytes) ||
            !fits(c, TALK_CLIENT, before - bytes->len))
            return BROKEN;
    }
    if (c->request == CONNECT_SENT && c->answer == CONNECT_BODY)
        c->answer = CONNECT_STATUS;
    return conclude(c, talk);
}

static enum progress push_answer(struct connect *c, struct talk *talk, struct span *bytes)
{
    while (!span_empty(*bytes) && c->answer < CONNECT_ANSWERED) {
        size_t before = bytes->len;
        bool ended = line_push(&c->lines[TALK_SERVER], bytes);

        if (!fits(c, TALK_SERVER, before - bytes->len) || (ended && !take_answer_line(c)))
            return BROKEN;
    }
    /* Without a request there is nothing that more could belong to. */
    if (c->answer == CONNECT_ANSWERED && c->request != CONNECT_SENT && !span_empty(*bytes))
        return BROKEN;
    if (conclude(c, talk) == READY)
        return READY;
    if (c->answer == CONNECT_BODY)
        *bytes = span_of(NULL, 0);
    return NEED_MORE;
}

enum progress connect_push(struct connect *c, struct talk *talk, enum talker from,
                           struct span *bytes)
{
    return from == TALK_CLIENT ? push_request(c, talk, bytes) : push_answer(c, talk, bytes);
}
