#include "preamble/starttls.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* How each protocol begins, by who speaks. */
static const struct opening {
    const char *text;
    enum talker from;
    enum dialect dialect;
} openings[] = {
    {"220", TALK_SERVER, DIALECT_NUMBERED},
    {"200 ", TALK_SERVER, DIALECT_NUMBERED},
    {"201 ", TALK_SERVER, DIALECT_NUMBERED},
    {"+OK", TALK_SERVER, DIALECT_POP3},
    {"* OK", TALK_SERVER, DIALECT_IMAP},
    {"* PREAUTH", TALK_SERVER, DIALECT_IMAP},
    {"\"IMPLEMENTATION", TALK_SERVER, DIALECT_SIEVE},
    {"NOTICE ", TALK_SERVER, DIALECT_IRC},
    {"EHLO ", TALK_CLIENT, DIALECT_NUMBERED},
    {"HELO ", TALK_CLIENT, DIALECT_NUMBERED},
    {"LHLO ", TALK_CLIENT, DIALECT_NUMBERED},
    {"AUTH TLS", TALK_CLIENT, DIALECT_NUMBERED},
    {"AUTH SSL", TALK_CLIENT, DIALECT_NUMBERED},
    {"CAPA", TALK_CLIENT, DIALECT_POP3},
    {"STLS", TALK_CLIENT, DIALECT_POP3},
    {"STARTTLS", TALK_CLIENT, DIALECT_IRC},
    {"CAP ", TALK_CLIENT, DIALECT_IRC},
    {"NICK ", TALK_CLIENT, DIALECT_IRC},
};

/* The commands, as they stand in a line (behind the tag in IMAP), and the answers of consent. */
static const struct upgrade {
    enum dialect dialect;
    const char *command;
    const char *consent[2];
} upgrades[] = {
    {DIALECT_NUMBERED, "STARTTLS", {"220", "382"}},
    {DIALECT_NUMBERED, "AUTH TLS", {"234"}},
    {DIALECT_NUMBERED, "AUTH TLS-C", {"234"}},
    {DIALECT_NUMBERED, "AUTH SSL", {"234"}},
    {DIALECT_POP3, "STLS", {"+OK"}},
    {DIALECT_IMAP, "STARTTLS", {"OK"}},
    {DIALECT_SIEVE, "STARTTLS", {"OK"}},
    {DIALECT_IRC, "STARTTLS", {"670"}},
};

static enum progress opens(struct span first, enum talker from)
{
    enum progress result = BROKEN;

    for (size_t i = 0; i < COUNT(openings) && result != READY; i++) {
        enum progress one =
            openings[i].from == from ? span_may_begin(first, openings[i].text) : BROKEN;

        if (one != BROKEN)
            result = one;
    }
    return result;
}

enum progress starttls_server_opens(struct span first)
{
    return opens(first, TALK_SERVER);
}

enum progress starttls_client_opens(struct span first)
{
    return opens(first, TALK_CLIENT);
}

void starttls_begin(struct starttls *s, enum talker from, struct span first)
{
    *s = (struct starttls){.owed = 1}; /* the greeting, if it is not just being given */
    for (size_t i = 0; i < COUNT(openings); i++)
        if (openings[i].from == from && span_begins(first, openings[i].text))
            s->dialect = openings[i].dialect;
}

/* ---- commands */

static uint8_t upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

/* True when the bytes are the text, in letters of any case, and spaces behind it. */
static bool is_command(struct span bytes, const char *text)
{
    uint8_t byte;

    for (; *text; text++)
        if (!span_u8(&bytes, &byte) || upper(byte) != (uint8_t)*text)
            return false;
    while (span_u8(&bytes, &byte))
        if (byte != ' ')
            return false;
    return true;
}

/* Take the first word and the space behind it. */
static struct span take_word(struct span *line)
{
    struct span word = {.len = 0};
    size_t n = 0;

    while (n < line->len && line->data[n] != ' ')
        n++;
    if (!span_take(line, n, &word) || !span_skip(line, 1))
        return word;
    return word;
}

static bool find_upgrade(struct starttls *s, struct span command)
{
    for (size_t i = 0; i < COUNT(upgrades); i++) {
        if (upgrades[i].dialect == s->dialect && is_command(command, upgrades[i].command)) {
            s->upgrade = (uint8_t)i;
            return true;
        }
    }
    return false;
}

/* False when the client has said too much without asking. */
static bool take_command(struct starttls *s, struct talk *talk)
{
    struct span command = span_of_line(&s->lines[TALK_CLIENT]), tag = {.len = 0};

    if (++s->commands > STARTTLS_COMMANDS_MAX)
        return false;
    if (s->dialect == DIALECT_IMAP)
        tag = take_word(&command);
    if (find_upgrade(s, command) && tag.len <= sizeof(s->tag)) {
        talk->asked = true;
        s->ahead = s->owed;
        s->tag_len = (uint8_t)tag.len;
        if (tag.len)
            memcpy(s->tag, tag.data, tag.len);
    }
    s->owed++;
    return true;
}

/* ---- answers */

enum answer { ANSWER_NONE, ANSWER_OTHER, ANSWER_CONSENT };

static bool is_consent(const struct starttls *s, struct span word)
{
    const struct upgrade *row = &upgrades[s->upgrade];

    return is_command(word, row->consent[0]) ||
           (row->consent[1] && is_command(word, row->consent[1]));
}

static bool is_number(struct span word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.data[i] < '0' || word.data[i] > '9')
            return false;
    return word.len == 3;
}

/* What stands in a line of the server for an answer; nothing in lines that are none. */
static struct span answer_word(const struct starttls *s)
{
    struct span line = span_of_line(&s->lines[TALK_SERVER]);
    struct span word = take_word(&line), none = {.len = 0};

    switch (s->dialect) {
    case DIALECT_NUMBERED:
        return is_number(word) ? word : none;
    case DIALECT_POP3:
        return span_begins(word, "+OK") || span_begins(word, "-ERR") ? word : none;
    case DIALECT_SIEVE:
        return span_begins(word, "OK") || span_begins(word, "NO") ||
                       span_begins(word, "BYE")
                   ? word
                   : none;
    case DIALECT_IMAP:
        return span_equal(word, span_of(s->tag, s->tag_len)) ? take_word(&line) : none;
    case DIALECT_IRC:
        word = take_word(&line);
        return is_command(word, "670") || is_command(word, "691") ? word : none;
    }
    return none;
}

static enum progress take_answer(struct starttls *s, struct talk *talk)
{
    bool in_turn = s->dialect != DIALECT_IMAP && s->dialect != DIALECT_IRC;
    struct span word = answer_word(s);

    if (span_empty(word))
        return NEED_MORE;
    if (s->owed > 0)
        s->owed--;
    if (!talk->asked)
        return NEED_MORE;
    if (in_turn && s->ahead > 0) {
        s->ahead--;
        return NEED_MORE;
    }
    talk->asked = false;
    if (is_consent(s, word))
        return READY;
    talk->refused++;
    return NEED_MORE;
}

enum progress starttls_push(struct starttls *s, struct talk *talk, enum talker from,
                            struct span *bytes)
{
    while (!(from == TALK_CLIENT && talk->asked) && line_push(&s->lines[from], bytes)) {
        enum progress result = NEED_MORE;

        if (from == TALK_SERVER)
            result = take_answer(s, talk);
        else if (!take_command(s, talk))
            result = BROKEN;
        if (result != NEED_MORE)
            return result;
    }
    return NEED_MORE;
}
