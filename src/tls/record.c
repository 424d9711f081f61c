#include "tls/record.h"

/* struct { ContentType type; ProtocolVersion legacy_record_version; uint16 length; } */
static bool parse_header(struct span bytes, struct record_header *out)
{
    struct record_header h;

    if (!span_u8(&bytes, &h.type) || !span_u16(&bytes, &h.version) ||
        !span_u16(&bytes, &h.length))
        return false;
    if (h.type < RECORD_CHANGE_CIPHER_SPEC || h.type > RECORD_HEARTBEAT)
        return false;
    /* Drafts of TLS 1.3 put 0x7fNN here. */
    if (h.version >> 8 != 3 && h.version >> 8 != 0x7f)
        return false;
    if (h.length > RECORD_LENGTH_MAX)
        return false;
    *out = h;
    return true;
}

static void lose(struct record_reader *r, const struct record_handler *h,
                 enum record_lost why)
{
    r->lost = true;
    h->lost(h->ctx, why);
}

/* Gather header bytes; true when a header is complete and was taken. */
static bool take_header(struct record_reader *r, const struct record_handler *h,
                        struct span *bytes, uint64_t time_ns)
{
    struct record_header header;
    struct span piece;
    size_t want = RECORD_HEADER_BYTES - r->have;

    if (want > bytes->len)
        want = bytes->len;
    if (!span_take(bytes, want, &piece))
        return false;
    memcpy(r->head + r->have, piece.data, piece.len);
    r->have = (uint8_t)(r->have + piece.len);
    if (r->have < RECORD_HEADER_BYTES)
        return false;
    r->have = 0;
    if (!parse_header(span_of(r->head, RECORD_HEADER_BYTES), &header)) {
        lose(r, h, RECORD_LOST_FORMAT);
        return false;
    }
    r->left = header.length;
    r->wanted = h->header(h->ctx, &header, time_ns);
    if (r->left == 0 && r->wanted)
        h->end(h->ctx, time_ns);
    return true;
}

static void take_body(struct record_reader *r, const struct record_handler *h,
                      struct span *bytes, uint64_t time_ns)
{
    struct span piece;
    size_t n = r->left < bytes->len ? r->left : bytes->len;

    if (!span_take(bytes, n, &piece))
        return;
    r->left -= (uint32_t)n;
    if (!r->wanted)
        return;
    h->body(h->ctx, piece, time_ns);
    if (r->left == 0)
        h->end(h->ctx, time_ns);
}

static void take_absent(struct record_reader *r, const struct record_handler *h,
                        uint32_t absent)
{
    if (absent > r->left || r->have) {
        lose(r, h, RECORD_LOST_GAP);
        return;
    }
    r->left -= absent;
    if (r->wanted)
        h->absent(h->ctx, absent);
}

void record_push(struct record_reader *r, const struct record_handler *h, struct span bytes,
                 uint32_t absent, uint64_t time_ns)
{
    while (!r->lost && !span_empty(bytes)) {
        if (r->left > 0)
            take_body(r, h, &bytes, time_ns);
        else if (!take_header(r, h, &bytes, time_ns))
            break;
    }
    if (!r->lost && absent > 0)
        take_absent(r, h, absent);
}
