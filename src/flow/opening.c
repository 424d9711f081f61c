#include "flow/opening.h"

/* TCP option kinds (RFC 9293 3.1, RFC 7323, RFC 2018). */
enum {
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_MSS = 2,
    OPTION_WINDOW_SCALE = 3,
    OPTION_SACK_PERMITTED = 4,
    OPTION_TIMESTAMPS = 8,
};

static char letter_of(uint8_t kind)
{
    static const char letters[] = {[OPTION_END] = 'E',
                                   [OPTION_NOP] = 'N',
                                   [OPTION_MSS] = 'M',
                                   [OPTION_WINDOW_SCALE] = 'W',
                                   [OPTION_SACK_PERMITTED] = 'S',
                                   [OPTION_TIMESTAMPS] = 'T'};

    return kind < sizeof(letters) && letters[kind] ? letters[kind] : '?';
}

/* Kind, then for all but END and NOP a length that counts both, then the value. */
static bool next_option(struct span *options, uint8_t *kind, struct span *value)
{
    uint8_t len;

    *value = span_of(NULL, 0);
    if (!span_u8(options, kind))
        return false;
    if (*kind == OPTION_END || *kind == OPTION_NOP)
        return true;
    return span_u8(options, &len) && len >= 2 && span_take(options, len - 2u, value);
}

void opening_read_syn_ack(struct flow_opening *o, const struct packet *packet)
{
    struct span options = packet->tcp_options;
    struct span value;
    size_t n = 0;
    uint8_t kind;

    o->syn_ack_seen = true;
    o->ttl = packet->ttl;
    o->window = packet->window;
    while (!span_empty(options) && next_option(&options, &kind, &value)) {
        if (n + 1 < sizeof(o->options))
            o->options[n++] = letter_of(kind);
        if (kind == OPTION_END)
            break;
        if (kind == OPTION_MSS && !span_u16(&value, &o->mss))
            break;
        if (kind == OPTION_WINDOW_SCALE && !span_u8(&value, &o->window_scale))
            break;
    }
    o->options[n] = '\0';
}
