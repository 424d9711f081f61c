#include "preamble/framed.h"

#include "preamble/line.h"

#define MESSAGE_MAX (UINT32_C(1) << 20)

/* ---- messages */

/* READY with the length of the whole message that begins so, BROKEN when it cannot be one. */
typedef enum progress (*length_fn)(struct span head, uint32_t *length);

static enum progress size_message(struct framed_message *m, length_fn length_of,
                                  struct span *bytes)
{
    uint32_t length = 0;

    for (;;) {
        enum progress result = length_of(span_of(m->head, m->have), &length);

        if (result == READY) {
            m->sized = true;
            m->left = length - m->have;
            return length < m->have || length > MESSAGE_MAX ? BROKEN : READY;
        }
        if (result == BROKEN || m->have == sizeof(m->head))
            return BROKEN;
        if (!span_u8(bytes, &m->head[m->have]))
            return NEED_MORE;
        m->have++;
    }
}

/* READY when a whole message is in: its beginning stands in `head`, and the next push drops it. */
static enum progress take_message(struct framed_message *m, length_fn length_of,
                                  struct span *bytes)
{
    uint8_t byte;

    if (m->sized && m->left == 0)
        *m = (struct framed_message){.sized = false};
    if (!m->sized) {
        enum progress result = size_message(m, length_of, bytes);

        if (result != READY)
            return result;
    }
    while (m->left > 0 && span_u8(bytes, &byte)) {
        m->left--;
        if (m->have < sizeof(m->head))
            m->head[m->have++] = byte;
    }
    return m->left == 0 ? READY : NEED_MORE;
}

/* What each protocol makes of a message; those of the client stay in `f` until its next. */
typedef enum progress (*message_fn)(const struct framed *f, struct talk *talk,
                                    struct span message);

struct protocol {
    length_fn length_of[2]; /* by talker */
    message_fn on_message[2];
};

static enum progress push(struct framed *f, struct talk *talk, enum talker from,
                          struct span *bytes, const struct protocol *protocol)
{
    struct framed_message *m = &f->messages[from];
    enum progress result = NEED_MORE;

    while (result == NEED_MORE && !(from == TALK_CLIENT && talk->asked) &&
           !span_empty(*bytes)) {
        result = take_message(m, protocol->length_of[from], bytes);
        if (result != READY)
            return result;
        result = protocol->on_message[from](f, talk, span_of(m->head, m->have));
    }
    return result;
}

static enum progress refuse(struct talk *talk)
{
    talk->asked = false;
    talk->refused++;
    return BROKEN;
}

/* ---- LDAP */

enum { SEQUENCE = 0x30, INTEGER = 2, ENUMERATED = 10, NAME = 0x80 };
enum { BIND = 0x60, SEARCH = 0x63, EXTENDED_REQUEST = 0x77, EXTENDED_RESPONSE = 0x78 };

static const char start_tls[] = "1.3.6.1.4.1.1466.20037";

/* Tag 1, length 1, or 1 and up to 4 (X.690, 8.1.3): READY with both behind us. */
static enum progress take_header(struct span *bytes, uint8_t *tag, uint32_t *length)
{
    uint8_t first;
    uint64_t value;

    if (!span_u8(bytes, tag) || !span_u8(bytes, &first))
        return NEED_MORE;
    *length = first;
    if (first < 0x80)
        return READY;
    if (first == 0x80 || first > 0x84)
        return BROKEN;
    if (!span_uint(bytes, first - 0x80u, &value))
        return NEED_MORE;
    *length = (uint32_t)value;
    return READY;
}

static enum progress ldap_length(struct span head, uint32_t *length)
{
    struct span rest = head;
    uint8_t tag = SEQUENCE;
    uint32_t body;
    enum progress result = take_header(&rest, &tag, &body);

    if (tag != SEQUENCE || (result == READY && body > MESSAGE_MAX))
        return BROKEN;
    if (result == READY)
        *length = body + (uint32_t)(head.len - rest.len);
    return result;
}

/* SEQUENCE { messageID INTEGER, operation }: READY with the operation's header behind us. */
static enum progress take_operation(struct span *message, uint8_t *operation)
{
    uint8_t tag;
    uint32_t length;
    enum progress result = take_header(message, &tag, &length);

    if (result != READY)
        return result;
    if (tag != SEQUENCE || length == 0)
        return BROKEN;
    result = take_header(message, &tag, &length);
    if (result != READY)
        return result;
    if (tag != INTEGER || length == 0 || length > 4)
        return BROKEN;
    if (!span_skip(message, length))
        return NEED_MORE;
    return take_header(message, operation, &length);
}

enum progress ldap_looks_like(struct span first)
{
    struct span rest = first;
    uint8_t operation = 0;
    enum progress result;

    if (first.len > 0 && first.data[0] != SEQUENCE)
        return BROKEN;
    result = take_operation(&rest, &operation);
    if (result == NEED_MORE && operation == 0)
        return NEED_MORE;
    return operation == BIND || operation == SEARCH || operation == EXTENDED_REQUEST
               ? result
               : BROKEN;
}

/* ExtendedRequest { requestName [0] OID, ... } */
static enum progress ldap_request(const struct framed *f, struct talk *talk,
                                  struct span message)
{
    uint8_t operation, tag;
    uint32_t length;
    struct span name;

    (void)f;
    if (take_operation(&message, &operation) != READY)
        return BROKEN;
    talk->asked = operation == EXTENDED_REQUEST &&
                  take_header(&message, &tag, &length) == READY && tag == NAME &&
                  span_take(&message, length, &name) &&
                  span_equal(name, span_of_text(start_tls));
    return NEED_MORE;
}

/* ExtendedResponse { resultCode ENUMERATED, ... } */
static enum progress ldap_response(const struct framed *f, struct talk *talk,
                                   struct span message)
{
    uint8_t operation, tag, code;
    uint32_t length;

    (void)f;
    if (take_operation(&message, &operation) != READY)
        return BROKEN;
    if (!talk->asked || operation != EXTENDED_RESPONSE)
        return NEED_MORE;
    if (take_header(&message, &tag, &length) != READY || tag != ENUMERATED || length != 1 ||
        !span_u8(&message, &code) || code != 0)
        return refuse(talk);
    talk->asked = false;
    return READY;
}

enum progress ldap_push(struct framed *f, struct talk *talk, enum talker from,
                        struct span *bytes)
{
    static const struct protocol ldap = {{ldap_length, ldap_length},
                                         {ldap_request, ldap_response}};

    return push(f, talk, from, bytes, &ldap);
}

/* ---- PostgreSQL */

#define POSTGRES_REQUEST_LEN 8u
#define POSTGRES_SSL UINT32_C(80877103)
#define POSTGRES_GSSAPI UINT32_C(80877104) /* libpq may ask for this first */

static enum progress postgres_request_length(struct span head, uint32_t *length)
{
    *length = POSTGRES_REQUEST_LEN;
    return postgres_looks_like(head);
}

static enum progress postgres_answer_length(struct span head, uint32_t *length)
{
    *length = 1;
    return head.len == 1 ? READY : NEED_MORE;
}

/* length 4, code 4 */
enum progress postgres_looks_like(struct span first)
{
    static const uint8_t opening[7] = {0, 0, 0, POSTGRES_REQUEST_LEN, 0x04, 0xd2, 0x16};
    struct span head = span_first(first, sizeof(opening));

    if (!span_equal(head, span_of(opening, head.len)))
        return BROKEN;
    if (first.len < POSTGRES_REQUEST_LEN)
        return NEED_MORE;
    return first.data[7] == 0x2f || first.data[7] == 0x30 ? READY : BROKEN;
}

static enum progress postgres_request(const struct framed *f, struct talk *talk,
                                      struct span message)
{
    (void)f;
    (void)message;
    talk->asked = true;
    return NEED_MORE;
}

static enum progress postgres_answer(const struct framed *f, struct talk *talk,
                                     struct span message)
{
    struct span request =
        span_of(f->messages[TALK_CLIENT].head, f->messages[TALK_CLIENT].have);
    uint32_t length, code;
    uint8_t answer;

    if (!talk->asked || !span_u32(&request, &length) || !span_u32(&request, &code) ||
        !span_u8(&message, &answer))
        return BROKEN;
    talk->asked = false;
    if (answer == 'S' && code == POSTGRES_SSL)
        return READY;
    return answer == 'N' && code == POSTGRES_GSSAPI ? NEED_MORE : refuse(talk);
}

enum progress postgres_push(struct framed *f, struct talk *talk, enum talker from,
                            struct span *bytes)
{
    static const struct protocol postgres = {
        {postgres_request_length, postgres_answer_length},
        {postgres_request, postgres_answer}};

    return push(f, talk, from, bytes, &postgres);
}

/* ---- MySQL */

enum { MYSQL_PROTOCOL = 10, MYSQL_GREETING_MIN = 20, MYSQL_GREETING_MAX = 1024 };
enum { MYSQL_LOGIN_SSL = 32, MYSQL_41 = 0x0200, MYSQL_SSL = 0x0800 };

struct mysql_header {
    uint32_t length;
    uint8_t sequence;
};

/* payload length 3, little-endian, sequence number 1 */
static bool take_mysql_header(struct span *bytes, struct mysql_header *out)
{
    uint32_t word;

    if (!span_u32le(bytes, &word))
        return false;
    *out = (struct mysql_header){word & 0xffffff, (uint8_t)(word >> 24)};
    return true;
}

static enum progress mysql_length(struct span head, uint32_t *length)
{
    struct mysql_header header;

    if (!take_mysql_header(&head, &header))
        return NEED_MORE;
    *length = header.length + 4;
    return READY;
}

enum progress mysql_server_opens(struct span first)
{
    struct mysql_header header;
    uint8_t protocol, digit;

    if (first.len >= 3 && first.data[2] != 0)
        return BROKEN;
    if (!take_mysql_header(&first, &header))
        return NEED_MORE;
    if (header.sequence != 0 || header.length < MYSQL_GREETING_MIN ||
        header.length > MYSQL_GREETING_MAX)
        return BROKEN;
    if (!span_u8(&first, &protocol))
        return NEED_MORE;
    if (protocol != MYSQL_PROTOCOL)
        return BROKEN;
    if (!span_u8(&first, &digit))
        return NEED_MORE;
    return digit >= '0' && digit <= '9' ? READY : BROKEN;
}

/* flags 4, longest packet 4, character set 1, zeros 23, and nothing behind them */
static enum progress is_ssl_login(struct span message)
{
    static const uint8_t opening[4] = {MYSQL_LOGIN_SSL, 0, 0, 1};
    struct span head = span_first(message, sizeof(opening)), packet_max;
    uint16_t flags, more_flags;
    uint8_t charset, zero;

    if (!span_equal(head, span_of(opening, head.len)))
        return BROKEN;
    if (!span_skip(&message, sizeof(opening)) || !span_u16le(&message, &flags))
        return NEED_MORE;
    if (!(flags & MYSQL_41) || !(flags & MYSQL_SSL))
        return BROKEN;
    if (!span_u16le(&message, &more_flags) || !span_take(&message, 4, &packet_max) ||
        !span_u8(&message, &charset) || !span_u8(&message, &zero))
        return NEED_MORE;
    return zero == 0 ? READY : BROKEN;
}

enum progress mysql_client_opens(struct span first)
{
    return is_ssl_login(first);
}

static enum progress mysql_login(const struct framed *f, struct talk *talk,
                                 struct span message)
{
    (void)f;
    (void)talk;
    return is_ssl_login(message) == READY ? READY : BROKEN;
}

static enum progress mysql_greeting(const struct framed *f, struct talk *talk,
                                    struct span message)
{
    (void)f;
    (void)talk;
    return mysql_server_opens(message) == READY ? NEED_MORE : BROKEN;
}

enum progress mysql_push(struct framed *f, struct talk *talk, enum talker from,
                         struct span *bytes)
{
    static const struct protocol mysql = {{mysql_length, mysql_length},
                                          {mysql_login, mysql_greeting}};

    return push(f, talk, from, bytes, &mysql);
}

/* ---- RDP */

enum { TPKT_VERSION = 3, TPKT_MIN = 11, TPKT_MAX = 512 };
enum { CONNECTION_REQUEST = 0xe0, CONNECTION_CONFIRM = 0xd0, NEGOTIATION_RESPONSE = 2 };

/* TPKT: version 1, reserved 1, length 2 */
static enum progress rdp_length(struct span head, uint32_t *length)
{
    uint8_t version = TPKT_VERSION, reserved = 0;
    uint16_t value;

    if ((span_u8(&head, &version) && version != TPKT_VERSION) ||
        (span_u8(&head, &reserved) && reserved != 0))
        return BROKEN;
    if (!span_u16(&head, &value))
        return NEED_MORE;
    *length = value;
    return value < TPKT_MIN || value > TPKT_MAX ? BROKEN : READY;
}

/* X.224: length 1, type 1, destination 2, source 2, class 1 */
enum progress rdp_looks_like(struct span first)
{
    uint32_t length;
    enum progress result = rdp_length(first, &length);

    if (result != READY || first.len < 6)
        return result == BROKEN ? BROKEN : NEED_MORE;
    return first.data[4] == length - 5 && first.data[5] == CONNECTION_REQUEST ? READY
                                                                              : BROKEN;
}

static enum progress rdp_request(const struct framed *f, struct talk *talk,
                                 struct span message)
{
    (void)f;
    if (rdp_looks_like(message) != READY)
        return BROKEN;
    talk->asked = true;
    return NEED_MORE;
}

/* Behind both headers: type 1, flags 1, length 2, selected protocol 4, little-endian; 0 is RDP's. */
static enum progress rdp_confirm(const struct framed *f, struct talk *talk,
                                 struct span message)
{
    struct span header;
    uint8_t type, flags;
    uint16_t length;
    uint32_t selected;

    (void)f;
    if (!talk->asked || !span_take(&message, TPKT_MIN, &header) ||
        header.data[5] != CONNECTION_CONFIRM)
        return BROKEN;
    if (!span_u8(&message, &type) || type != NEGOTIATION_RESPONSE ||
        !span_u8(&message, &flags) || !span_u16(&message, &length) ||
        !span_u32le(&message, &selected) || selected == 0)
        return refuse(talk);
    talk->asked = false;
    return READY;
}

enum progress rdp_push(struct framed *f, struct talk *talk, enum talker from,
                       struct span *bytes)
{
    static const struct protocol rdp = {{rdp_length, rdp_length},
                                        {rdp_request, rdp_confirm}};

    return push(f, talk, from, bytes, &rdp);
}
