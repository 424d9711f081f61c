#include "preamble/xmpp.h"

#include "preamble/line.h"

enum progress xmpp_looks_like(struct span first)
{
    enum progress declaration = span_may_begin(first, "<?xml ");
    enum progress stream = span_may_begin(first, "<stream:stream");

    return declaration != BROKEN ? declaration : stream;
}

static void take_name_byte(struct xmpp_scan *s, uint8_t byte)
{
    switch (byte) {
    case '/':
        s->closes = s->closes || s->len == 0;
        s->empty = s->len > 0;
        s->place = s->len > 0 ? XMPP_ATTRIBUTES : XMPP_NAME;
        break;
    case ':':
        s->len = 0;
        break;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        s->place = XMPP_ATTRIBUTES;
        break;
    default:
        if (s->len < sizeof(s->name))
            s->name[s->len++] = (char)byte;
    }
}

/* Take one byte; true when it ended a tag. */
static bool take_byte(struct xmpp_scan *s, uint8_t byte)
{
    switch (s->place) {
    case XMPP_TEXT:
        if (byte == '<')
            *s = (struct xmpp_scan){.place = XMPP_NAME};
        return false;
    case XMPP_NAME:
    case XMPP_ATTRIBUTES:
        if (byte == '>') {
            s->place = XMPP_TEXT;
            return true;
        }
        break;
    case XMPP_QUOTED:
        if (byte == s->quote)
            s->place = XMPP_ATTRIBUTES;
        return false;
    }
    if (s->place == XMPP_NAME) {
        take_name_byte(s, byte);
        return false;
    }
    s->empty = byte == '/';
    if (byte == '"' || byte == '\'') {
        s->quote = byte;
        s->place = XMPP_QUOTED;
    }
    return false;
}

static bool is_named(const struct xmpp_scan *s, const char *name)
{
    return span_equal(span_of(s->name, s->len), span_of_text(name));
}

/* Of <proceed></proceed> the second tag is the end; <proceed/> has but one. */
static bool ends_element(const struct xmpp_scan *s)
{
    return s->closes || s->empty;
}

static enum progress take_tag(struct xmpp_scan *s, struct talk *talk, enum talker from)
{
    if (s->closes && is_named(s, "stream"))
        return BROKEN;
    if (from == TALK_CLIENT) {
        talk->asked = is_named(s, "starttls") && ends_element(s);
        return NEED_MORE;
    }
    if (!talk->asked)
        return NEED_MORE;
    if (is_named(s, "failure")) {
        talk->refused++;
        return BROKEN;
    }
    if (!is_named(s, "proceed") || !ends_element(s))
        return NEED_MORE;
    talk->asked = false;
    return READY;
}

enum progress xmpp_push(struct xmpp *x, struct talk *talk, enum talker from,
                        struct span *bytes)
{
    struct xmpp_scan *scan = &x->scans[from];
    uint8_t byte;

    while (!(from == TALK_CLIENT && talk->asked) && span_u8(bytes, &byte)) {
        enum progress result =
            take_byte(scan, byte) ? take_tag(scan, talk, from) : NEED_MORE;

        if (result != NEED_MORE)
            return result;
    }
    return NEED_MORE;
}
