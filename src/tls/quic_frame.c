#include "tls/quic_frame.h"

#include "tls/quic_packet.h"

static bool read_padding(struct span *rest, struct quic_frame *frame)
{
    struct span look = *rest;
    uint64_t eight;
    uint8_t byte;

    (void)frame;
    while (span_u64(&look, &eight) && eight == 0)
        *rest = look;
    look = *rest;
    while (span_u8(&look, &byte) && byte == QUIC_FRAME_PADDING)
        *rest = look;
    return true;
}

static bool read_ping(struct span *rest, struct quic_frame *frame)
{
    (void)rest;
    (void)frame;
    return true;
}

/*
 *   Largest Acknowledged (i), ACK Delay (i), ACK Range Count (i), First ACK Range (i),
 *   ACK Range (..) ... = { Gap (i), ACK Range Length (i) },
 *   [ECN Counts (..)] = { ECT0 Count (i), ECT1 Count (i), ECN-CE Count (i) }     (RFC 9000 19.3)
 */
static bool read_ack(struct span *rest, struct quic_frame *frame)
{
    uint64_t ignored, ranges;

    if (!quic_varint(rest, &ignored) || !quic_varint(rest, &ignored) ||
        !quic_varint(rest, &ranges) || !quic_varint(rest, &ignored))
        return false;
    for (uint64_t i = 0; i < ranges; i++)
        if (!quic_varint(rest, &ignored) || !quic_varint(rest, &ignored))
            return false;
    if (frame->type == QUIC_FRAME_ACK)
        return true;
    return quic_varint(rest, &ignored) && quic_varint(rest, &ignored) &&
           quic_varint(rest, &ignored);
}

/* A number that tells how many bytes follow. */
static bool read_counted(struct span *rest, struct span *out)
{
    uint64_t len;

    return quic_varint(rest, &len) && len <= rest->len && span_take(rest, (size_t)len, out);
}

/* Offset (i), Length (i), Crypto Data (..)     (RFC 9000 19.6) */
static bool read_crypto(struct span *rest, struct quic_frame *frame)
{
    return quic_varint(rest, &frame->offset) && read_counted(rest, &frame->data);
}

/* Error Code (i), [Frame Type (i)], Reason Phrase Length (i), Reason Phrase (..)  (RFC 9000 19.19) */
static bool read_close(struct span *rest, struct quic_frame *frame)
{
    uint64_t ignored;

    if (!quic_varint(rest, &frame->error) ||
        (frame->type == QUIC_FRAME_CLOSE && !quic_varint(rest, &ignored)))
        return false;
    return read_counted(rest, &frame->data);
}

static const struct {
    enum quic_frame_type type;
    bool (*read)(struct span *rest, struct quic_frame *frame);
} rows[] = {
    {QUIC_FRAME_PADDING, read_padding},
    {QUIC_FRAME_PING, read_ping},
    {QUIC_FRAME_ACK, read_ack},
    {QUIC_FRAME_ACK_ECN, read_ack},
    {QUIC_FRAME_CRYPTO, read_crypto},
    {QUIC_FRAME_CLOSE, read_close},
    {QUIC_FRAME_CLOSE_APPLICATION, read_close},
};

bool quic_frame_next(struct span *payload, struct quic_frame *out)
{
    struct quic_frame frame = {.type = QUIC_FRAME_PADDING};
    struct span rest = *payload;
    uint64_t type;

    if (!quic_varint(&rest, &type))
        return false;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (type != rows[i].type)
            continue;
        frame.type = rows[i].type;
        if (!rows[i].read(&rest, &frame))
            return false;
        *payload = rest;
        *out = frame;
        return true;
    }
    return false;
}
