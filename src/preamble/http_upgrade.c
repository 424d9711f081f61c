#include "preamble/http_upgrade.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const char gnutella[] = "GNUTELLA CONNECT";

/* Requests whose bodies, if any, do not stand between the head and TLS. */
static const char *const openings[] = {"GET ", "HEAD ", "OPTIONS ", gnutella};

enum progress http_upgrade_looks_like(struct span first)
{
    enum progress result = BROKEN;

    for (size_t i = 0; i < COUNT(openings) && result != READY; i++) {
        enum progress one = span_may_begin(first, openings[i]);

        if (one != BROKEN)
            result = one;
    }
    return result;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* Take `text` from the front, in letters of any case. */
static bool take_word(struct span *bytes, const char *text)
{
    struct span look = *bytes;
    uint8_t byte;

    for (; *text; text++)
        if (!span_u8(&look, &byte) || lower(byte) != (uint8_t)*text)
            return false;
    *bytes = look;
    return true;
}

/* "Upgrade: TLS/1.0" */
static bool is_upgrade_to_tls(struct span field)
{
    if (!take_word(&field, "upgrade:"))
        return false;
    while (take_word(&field, " "))
        ;
    return take_word(&field, "tls/");
}

/* "HTTP/1.1 101 Switching Protocols", "GNUTELLA/0.6 200 OK" */
static bool is_consent(const struct http_upgrade *u, struct span line)
{
    struct span version;

    if (u->is_gnutella)
        return take_word(&line, "gnutella/") && span_take(&line, 3, &version) &&
               take_word(&line, " 200");
    return take_word(&line, "http/1.") && span_take(&line, 1, &version) &&
           take_word(&line, " 101");
}

static void take_line(struct http_upgrade *u)
{
    struct span line = span_of_line(&u->line);

    if (!u->in_fields) {
        u->in_fields = true;
        if (u->stage == HTTP_UPGRADE_REQUEST)
            u->is_gnutella = span_begins(line, gnutella);
        else
            u->consents = is_consent(u, line);
        return;
    }
    u->names_tls = u->names_tls || is_upgrade_to_tls(line);
}

/* A head of `from` is complete. */
static enum progress conclude(struct http_upgrade *u, struct talk *talk)
{
    enum http_upgrade_stage stage = u->stage;
    bool names_tls = u->names_tls, consents = u->consents;

    u->names_tls = u->consents = u->in_fields = false;
    u->head_len = 0;
    switch (stage) {
    case HTTP_UPGRADE_REQUEST:
        u->stage = HTTP_UPGRADE_ANSWER;
        talk->asked = names_tls;
        return names_tls ? NEED_MORE : BROKEN;
    case HTTP_UPGRADE_ANSWER:
        talk->asked = false;
        if (!consents || !names_tls) {
            talk->refused++;
            return BROKEN;
        }
        u->stage = HTTP_UPGRADE_THANKS;
        return u->is_gnutella ? NEED_MORE : READY;
    case HTTP_UPGRADE_THANKS:
        return consents ? READY : BROKEN;
    }
    return BROKEN;
}

enum progress http_upgrade_push(struct http_upgrade *u, struct talk *talk, enum talker from,
                                struct span *bytes)
{
    enum talker speaker = u->stage == HTTP_UPGRADE_ANSWER ? TALK_SERVER : TALK_CLIENT;

    while (from == speaker && !span_empty(*bytes)) {
        size_t before = bytes->len;
        bool ended = line_push(&u->line, bytes);

        if (before - bytes->len > (size_t)(HTTP_UPGRADE_HEAD_MAX - u->head_len))
            return BROKEN;
        u->head_len = (uint16_t)(u->head_len + (before - bytes->len));
        if (!ended)
            break;
        if (u->in_fields && u->line.len == 0)
            return conclude(u, talk);
        take_line(u);
    }
    return from == speaker || span_empty(*bytes) ? NEED_MORE : BROKEN;
}
