#include "preamble/socks.h"

#include "base/address.h"

enum { VERSION4 = 4, VERSION5 = 5, CONNECT = 1, GRANTED4 = 90 };
enum { ADDRESS_V4 = 1, ADDRESS_NAME = 3, ADDRESS_V6 = 4 };
enum { METHOD_NONE = 0, METHOD_PASSWORD = 2, METHODS_MAX = 16, METHOD_LAST = 9 };

/* 4: command, port, an address that is no network's own; a host name stands in for 0.0.0.x */
static enum progress looks_like_4(struct span rest)
{
    uint16_t port;
    uint8_t command, first, second;

    if (!span_u8(&rest, &command))
        return NEED_MORE;
    if (command != CONNECT)
        return BROKEN;
    if (!span_u16(&rest, &port) || !span_u8(&rest, &first) || !span_u8(&rest, &second))
        return NEED_MORE;
    if (port == 0)
        return BROKEN;
    return (first > 0 && first < 224) || (first == 0 && second == 0) ? READY : BROKEN;
}

/* 5: number of methods, methods */
static enum progress looks_like_5(struct span rest)
{
    uint8_t count, method;

    if (!span_u8(&rest, &count))
        return NEED_MORE;
    if (count == 0 || count > METHODS_MAX)
        return BROKEN;
    if (!span_u8(&rest, &method))
        return NEED_MORE;
    return method <= METHOD_LAST || method >= 0x80 ? READY : BROKEN;
}

enum progress socks_looks_like(struct span first)
{
    uint8_t version;

    if (!span_u8(&first, &version))
        return NEED_MORE;
    if (version == VERSION4)
        return looks_like_4(first);
    return version == VERSION5 ? looks_like_5(first) : BROKEN;
}

/* ---- what the client says */

/* Step over `left` bytes, then go on. */
static void pass(struct socks *s, enum socks_step then)
{
    if (--s->left == 0)
        s->step = then;
}

static void pass_text(struct socks *s, uint8_t len, enum socks_step text,
                      enum socks_step then)
{
    s->left = len;
    s->step = len ? text : then;
}

static void describe_address(const struct socks *s, struct talk *talk)
{
    struct address address;

    if (address_from_span(span_of(s->address, s->type == ADDRESS_V6 ? 16 : 4), &address))
        (void)address_describe(&address, talk->target);
}

static bool take_name_byte(struct socks *s, struct talk *talk, uint8_t byte)
{
    if (byte == 0 || s->len == sizeof(talk->target) - 1)
        return false;
    talk->target[s->len++] = (char)byte;
    talk->target[s->len] = '\0';
    return true;
}

/* True with the last one. */
static bool take_port_byte(struct socks *s, struct talk *talk, uint8_t byte)
{
    talk->port = (uint16_t)(talk->port << 8 | byte);
    return --s->left == 0;
}

static bool take_address_byte(struct socks *s, struct talk *talk, uint8_t byte)
{
    if (s->type == ADDRESS_NAME) {
        if (!take_name_byte(s, talk, byte))
            return false;
    } else {
        s->address[s->len++] = byte;
    }
    if (--s->left == 0) {
        s->field_5 = SOCKS_PORT;
        s->left = 2;
    }
    return true;
}

/* command 1, reserved 1, address type 1, address, port 2 */
static bool take_request_5(struct socks *s, struct talk *talk, uint8_t byte)
{
    switch (s->field_5) {
    case SOCKS_COMMAND:
        s->field_5 = SOCKS_RESERVED;
        return byte == CONNECT;
    case SOCKS_RESERVED:
        s->field_5 = SOCKS_ADDRESS_TYPE;
        return byte == 0;
    case SOCKS_ADDRESS_TYPE:
        s->type = byte;
        s->left = byte == ADDRESS_V4 ? 4 : 16;
        s->field_5 = byte == ADDRESS_NAME ? SOCKS_NAME_LEN : SOCKS_ADDRESS;
        return byte == ADDRESS_V4 || byte == ADDRESS_NAME || byte == ADDRESS_V6;
    case SOCKS_NAME_LEN:
        s->left = byte;
        s->field_5 = SOCKS_ADDRESS;
        return byte > 0;
    case SOCKS_ADDRESS:
        return take_address_byte(s, talk, byte);
    case SOCKS_PORT:
        if (!take_port_byte(s, talk, byte))
            return true;
        if (s->type != ADDRESS_NAME)
            describe_address(s, talk);
        s->step = SOCKS_DONE;
        return true;
    }
    return false;
}

/* 4a: the address 0.0.0.x, x not 0, says that a host name follows the user. */
static bool has_name(const struct socks *s)
{
    return s->address[0] == 0 && s->address[1] == 0 && s->address[2] == 0 &&
           s->address[3] != 0;
}

/* command 1, port 2, address 4, user, 0; in 4a: host, 0 */
static bool take_request_4(struct socks *s, struct talk *talk, uint8_t byte)
{
    switch (s->field_4) {
    case SOCKS4_COMMAND:
        s->left = 2;
        s->field_4 = SOCKS4_PORT;
        return byte == CONNECT;
    case SOCKS4_PORT:
        if (take_port_byte(s, talk, byte)) {
            s->left = 4;
            s->field_4 = SOCKS4_ADDRESS;
        }
        return true;
    case SOCKS4_ADDRESS:
        s->address[s->len++] = byte;
        if (--s->left == 0)
            s->field_4 = SOCKS4_USER;
        return true;
    case SOCKS4_USER:
        if (byte != 0)
            return true;
        s->len = 0;
        s->field_4 = SOCKS4_NAME;
        if (!has_name(s)) {
            describe_address(s, talk);
            s->step = SOCKS_DONE;
        }
        return true;
    case SOCKS4_NAME:
        if (byte != 0)
            return take_name_byte(s, talk, byte);
        s->step = SOCKS_DONE;
        return s->len > 0;
    }
    return false;
}

static bool take_client_byte(struct socks *s, struct talk *talk, uint8_t byte)
{
    switch (s->step) {
    case SOCKS_VERSION:
        s->step = byte == VERSION5 ? SOCKS_METHOD_COUNT : SOCKS_REQUEST_4;
        return byte == VERSION5 || byte == VERSION4;
    case SOCKS_METHOD_COUNT:
        pass_text(s, byte, SOCKS_METHODS, SOCKS_NEXT);
        return byte > 0;
    case SOCKS_METHODS:
        pass(s, SOCKS_NEXT);
        return true;
    case SOCKS_NEXT: /* the password's message has a version of its own, 1 */
        s->step = byte == VERSION5 ? SOCKS_REQUEST_5 : SOCKS_USER_LEN;
        return byte == VERSION5 || byte == 1;
    case SOCKS_USER_LEN:
        pass_text(s, byte, SOCKS_USER, SOCKS_PASSWORD_LEN);
        return true;
    case SOCKS_USER:
        pass(s, SOCKS_PASSWORD_LEN);
        return true;
    case SOCKS_PASSWORD_LEN:
        pass_text(s, byte, SOCKS_PASSWORD, SOCKS_NEXT);
        return true;
    case SOCKS_PASSWORD:
        pass(s, SOCKS_NEXT);
        return true;
    case SOCKS_REQUEST_5:
        return take_request_5(s, talk, byte);
    case SOCKS_REQUEST_4:
        return take_request_4(s, talk, byte);
    case SOCKS_DONE:
        break;
    }
    return false;
}

/* ---- what the server says */

static void expect_answer(struct socks *s, enum socks_answer answer, uint16_t left)
{
    s->answer = left ? answer : SOCKS_ANSWERED;
    s->server_left = left;
}

/* The rest of an answer by the type of the address in it, port included. */
static bool expect_bound(struct socks *s, uint8_t type)
{
    if (type == ADDRESS_NAME)
        s->answer = SOCKS_BOUND_NAME_LEN;
    else
        expect_answer(s, SOCKS_BOUND, type == ADDRESS_V4 ? 6 : 18);
    return type == ADDRESS_V4 || type == ADDRESS_NAME || type == ADDRESS_V6;
}

static bool take_status(struct socks *s, struct talk *talk, bool granted)
{
    if (s->answer == SOCKS_STATUS)
        s->answer = SOCKS_BOUND_RESERVED;
    else
        expect_answer(s, SOCKS_BOUND, 6);
    talk->refused = (uint16_t)(talk->refused + !granted);
    return granted;
}

static bool take_server_byte(struct socks *s, struct talk *talk, uint8_t byte)
{
    switch (s->answer) {
    case SOCKS_ANSWER_VERSION: /* an answer of version 4 begins with 0 */
        s->answer = byte == VERSION5 ? SOCKS_CHOICE : SOCKS4_STATUS;
        return byte == VERSION5 || byte == 0;
    case SOCKS_CHOICE:
        s->answer = SOCKS_ANSWER_NEXT;
        return byte == METHOD_NONE || byte == METHOD_PASSWORD;
    case SOCKS_ANSWER_NEXT:
        s->answer = byte == VERSION5 ? SOCKS_STATUS : SOCKS_PASSWORD_STATUS;
        return byte == VERSION5 || byte == 1;
    case SOCKS_PASSWORD_STATUS:
        s->answer = SOCKS_ANSWER_NEXT;
        return byte == 0;
    case SOCKS_STATUS:
        return take_status(s, talk, byte == 0);
    case SOCKS_BOUND_RESERVED:
        s->answer = SOCKS_BOUND_TYPE;
        return true;
    case SOCKS_BOUND_TYPE:
        return expect_bound(s, byte);
    case SOCKS_BOUND_NAME_LEN:
        expect_answer(s, SOCKS_BOUND, (uint16_t)(byte + 2));
        return true;
    case SOCKS_BOUND:
        expect_answer(s, SOCKS_BOUND, (uint16_t)(s->server_left - 1));
        return true;
    case SOCKS4_STATUS:
        return take_status(s, talk, byte == GRANTED4);
    case SOCKS_ANSWERED:
        break;
    }
    return false;
}

enum progress socks_push(struct socks *s, struct talk *talk, enum talker from,
                         struct span *bytes)
{
    uint8_t byte;

    if (from == TALK_CLIENT) {
        while (s->step != SOCKS_DONE && span_u8(bytes, &byte))
            if (!take_client_byte(s, talk, byte))
                return BROKEN;
    } else {
        while (s->answer != SOCKS_ANSWERED && span_u8(bytes, &byte))
            if (!take_server_byte(s, talk, byte))
                return BROKEN;
    }
    talk->asked = s->step == SOCKS_DONE && s->answer != SOCKS_ANSWERED;
    if (s->step == SOCKS_DONE && s->answer == SOCKS_ANSWERED)
        return READY;
    /* An answer before its question was captured, and more behind it: no SOCKS. */
    return from == TALK_SERVER && !span_empty(*bytes) ? BROKEN : NEED_MORE;
}
