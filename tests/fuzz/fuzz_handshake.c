/*
 * A flight of handshake messages. Its first byte tells into pieces of which size it is cut: whole
 * or in pieces, the same messages come out, and a message is waited for exactly as long as it is
 * not whole.
 */
#include "property.h"
#include "tls/handshake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What handshake_next answers must be what the header says. */
static void check_one(struct span before, struct span after, enum progress progress,
                      const struct handshake *message)
{
    size_t announced = before.len < 4 ? 0
                                      : (size_t)before.data[1] << 16 |
                                            (size_t)before.data[2] << 8 | before.data[3];

    switch (progress) {
    case READY:
        must(announced <= HANDSHAKE_MAX && before.len >= 4 + announced);
        must(message->type == before.data[0] && message->body.len == announced);
        must(lies_in(message->body, before));
        must(after.data == before.data + 4 + announced &&
             after.len == before.len - 4 - announced);
        return;
    case NEED_MORE:
        must(before.len < 4 || (announced <= HANDSHAKE_MAX && before.len < 4 + announced));
        must(after.data == before.data && after.len == before.len);
        return;
    case BROKEN:
        must(before.len >= 4 && announced > HANDSHAKE_MAX);
        must(after.data == before.data && after.len == before.len);
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size), whole, pieces;
    struct handshake message, again;
    enum progress progress, last = NEED_MORE;
    size_t arrived;
    uint8_t piece;

    if (!span_u8(&input, &piece))
        return 0;
    whole = input;
    pieces = input;
    arrived = 0;
    for (;;) {
        struct span before = whole;
        struct span look;

        progress = handshake_next(&whole, &message);
        check_one(before, whole, progress, &message);
        /* The same bytes, arriving piece by piece. */
        do {
            look = span_of(pieces.data, arrived - (size_t)(pieces.data - input.data));
            last = handshake_next(&look, &again);
            if (last != NEED_MORE || arrived == input.len)
                break;
            arrived += piece ? piece : 1;
            arrived = arrived < input.len ? arrived : input.len;
        } while (true);
        must(last == progress);
        if (progress != READY)
            return 0;
        must(again.type == message.type && again.body.data == message.body.data &&
             again.body.len == message.body.len);
        pieces.data = look.data;
    }
}
