#include "tls/dtls.h"

#include "tls/hello.h"

enum {
    SEQUENCE_BYTES = 6,
    RECORD_CONNECTION_ID = 25, /* tls12_cid (RFC 9146 4) */
    RECORD_ACK = 26,           /* RFC 9147 7 */
    /* The bits 001CSLEE of a unified header (RFC 9147 4). */
    UNIFIED_MASK = 0xe0,
    UNIFIED = 0x20,
    UNIFIED_CONNECTION_ID = 0x10,
    UNIFIED_LONG_SEQUENCE = 0x08,
    UNIFIED_LENGTH = 0x04,
    UNIFIED_EPOCH = 0x03,
};

static bool is_version(uint16_t version)
{
    return version == VERSION_DTLS10 || version == VERSION_DTLS12 ||
           version == VERSION_DTLS13 || version == VERSION_DTLS_BAD;
}

/* 001CSLEE, [Connection ID], 8 or 16 bit Sequence Number, [16 bit Length], encrypted record */
static bool take_unified(struct span *rest, uint8_t first, struct dtls_record *record)
{
    bool has_length = (first & UNIFIED_LENGTH) != 0;

    record->type = RECORD_APPLICATION_DATA;
    record->version = VERSION_DTLS13;
    record->epoch = first & UNIFIED_EPOCH;
    record->is_unified = true;
    if (first & UNIFIED_CONNECTION_ID) {
        has_length = false; /* it stands behind an id of unknown length */
    } else if (!span_skip(rest, first & UNIFIED_LONG_SEQUENCE ? 2 : 1)) {
        return false;
    }
    if (has_length)
        return span_vec(rest, 2, &record->body) && !span_empty(record->body);
    return span_take(rest, rest->len, &record->body) && !span_empty(record->body);
}

/*
 *   struct {
 *       ContentType type;
 *       ProtocolVersion version;
 *       uint16 epoch;
 *       uint48 sequence_number;
 *       uint16 length;
 *       opaque fragment[DTLSPlaintext.length];
 *   } DTLSPlaintext;                                    (RFC 6347 4.1)
 */
static bool take_plain(struct span *rest, uint8_t type, struct dtls_record *record)
{
    record->type = type;
    if (type < RECORD_CHANGE_CIPHER_SPEC || type > RECORD_ACK ||
        !span_u16(rest, &record->version) || !is_version(record->version) ||
        !span_u16(rest, &record->epoch) || !span_skip(rest, SEQUENCE_BYTES))
        return false;
    if (type == RECORD_CONNECTION_ID)
        return span_take(rest, rest->len, &record->body) && !span_empty(record->body);
    return span_vec(rest, 2, &record->body) && record->body.len <= RECORD_LENGTH_MAX;
}

bool dtls_record_next(struct span *datagram, struct dtls_record *out)
{
    struct dtls_record record = {.is_unified = false};
    struct span rest = *datagram;
    uint8_t first;

    if (!span_u8(&rest, &first))
        return false;
    if ((first & UNIFIED_MASK) == UNIFIED ? !take_unified(&rest, first, &record)
                                          : !take_plain(&rest, first, &record))
        return false;
    *datagram = rest;
    *out = record;
    return true;
}

/*
 *   struct {
 *       HandshakeType msg_type;
 *       uint24 length;
 *       uint16 message_seq;
 *       uint24 fragment_offset;
 *       uint24 fragment_length;
 *       ...
 *   } Handshake;                                        (RFC 6347 4.2.2)
 */
bool dtls_fragment_next(struct span *record, struct dtls_fragment *out)
{
    struct dtls_fragment fragment;
    struct span rest = *record;
    uint64_t length, offset;

    if (!span_u8(&rest, &fragment.type) || !span_uint(&rest, 3, &length) ||
        !span_u16(&rest, &fragment.number) || !span_uint(&rest, 3, &offset) ||
        !span_vec(&rest, 3, &fragment.body) || offset > length ||
        fragment.body.len > length - offset)
        return false;
    fragment.length = (uint32_t)length;
    fragment.offset = (uint32_t)offset;
    *record = rest;
    *out = fragment;
    return true;
}
