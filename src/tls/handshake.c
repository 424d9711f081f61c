#include "tls/handshake.h"

/*
 *   struct {
 *       HandshakeType msg_type;
 *       uint24 length;
 *       opaque body[length];
 *   } Handshake;
 */
enum progress handshake_next(struct span *flight, struct handshake *out)
{
    struct span look = *flight;
    struct handshake message;
    uint64_t len;

    if (!span_u8(&look, &message.type) || !span_uint(&look, 3, &len))
        return NEED_MORE;
    if (len > HANDSHAKE_MAX)
        return BROKEN;
    if (!span_take(&look, (size_t)len, &message.body))
        return NEED_MORE;
    *flight = look;
    *out = message;
    return READY;
}
