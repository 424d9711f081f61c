/*
 * Frames for tests, built from the inside out: each function puts one header before a payload.
 * The ends are always the same, so that what a tunnel carries can be told from what carries it.
 */
#pragma once

#include "decode/decode.h"
#include "tap.h"
#include "wire.h"

#define INNER_CLIENT "c0000201" /* 192.0.2.1 */
#define INNER_SERVER "c6336401" /* 198.51.100.1 */
#define OUTER_LEFT "0a000001"   /* 10.0.0.1 */
#define OUTER_RIGHT "0a000002"

static inline struct span put_before(const char *header, struct span payload)
{
    static struct wire w;

    w.len = 0;
    wire_span(&w, hex(header));
    wire_span(&w, payload);
    return exact(wire_done(&w));
}

static inline struct span ethernet(unsigned int type, struct span payload)
{
    static struct wire w;

    w.len = 0;
    wire_span(&w, hex("020000000002 020000000001"));
    wire_u16(&w, type);
    wire_span(&w, payload);
    return exact(wire_done(&w));
}

/* From `ends`, the digits of both addresses; `fragment` is the word of flags and offset. */
static inline struct span ipv4_between(const char *ends, unsigned int protocol,
                                       unsigned int fragment, struct span payload)
{
    static struct wire w;

    w.len = 0;
    wire_span(&w, hex("45 03"));
    wire_u16(&w, 20 + (unsigned int)payload.len);
    wire_u16(&w, 0x1234);
    wire_u16(&w, fragment);
    wire_u8(&w, 64);
    wire_u8(&w, protocol);
    wire_u16(&w, 0);
    wire_span(&w, hex(ends));
    wire_span(&w, payload);
    return exact(wire_done(&w));
}

static inline struct span ipv4(unsigned int protocol, struct span payload)
{
    return ipv4_between(INNER_CLIENT INNER_SERVER, protocol, 0x4000, payload);
}

static inline struct span outer(unsigned int protocol, struct span payload)
{
    return ethernet(0x0800, ipv4_between(OUTER_LEFT OUTER_RIGHT, protocol, 0, payload));
}

/* From 2001:db8::1 to 2001:db8::2. */
static inline struct span ipv6(unsigned int next, struct span payload)
{
    static struct wire w;

    w.len = 0;
    wire_span(&w, hex("60200000"));
    wire_u16(&w, (unsigned int)payload.len);
    wire_u8(&w, next);
    wire_u8(&w, 63);
    wire_span(&w, hex("20010db8 00000000 00000000 00000001"));
    wire_span(&w, hex("20010db8 00000000 00000000 00000002"));
    wire_span(&w, payload);
    return exact(wire_done(&w));
}

/* Port 40000 to 443, sequence 1000, acknowledgement 2000, window 512, one option word. */
static inline struct span tcp(const char *payload)
{
    return put_before("9c40 01bb 000003e8 000007d0 60 18 0200 0000 0000 01010101",
                      span_of_text(payload));
}

static inline struct span udp(unsigned int source, unsigned int destination,
                              struct span payload)
{
    static struct wire w;

    w.len = 0;
    wire_u16(&w, source);
    wire_u16(&w, destination);
    wire_u16(&w, 8 + (unsigned int)payload.len);
    wire_u16(&w, 0);
    wire_span(&w, payload);
    return exact(wire_done(&w));
}

/* What most tests carry: a TCP segment with five bytes, in IP. */
static inline struct span segment(void)
{
    return ipv4(PACKET_TCP, tcp("hello"));
}

static inline void begin_decoder(struct decoder *d)
{
    const struct decode_options options = {.fragment_bytes = 1u << 20,
                                           .fragment_timeout_ns = UINT64_C(30000000000)};
    struct err why;

    if (decoder_init(d, &options, &why) < 0)
        abort();
}

/* Decode one frame that the capture cut to `bytes.len` of `wire_len`. */
static inline bool decode_cut(struct decoder *d, uint32_t link_type, struct span bytes,
                              size_t wire_len, struct packet *out)
{
    struct frame frame = {.time_ns = 1,
                          .bytes = bytes,
                          .wire_len = (uint32_t)wire_len,
                          .link_type = link_type,
                          .file = "test"};

    return decode_frame(d, &frame, out);
}

static inline bool decode_one(struct decoder *d, uint32_t link_type, struct span bytes,
                              struct packet *out)
{
    return decode_cut(d, link_type, bytes, bytes.len, out);
}

/* True when the frame holds segment(), and all of it was found. */
static inline bool holds_segment(struct decoder *d, uint32_t link_type, struct span bytes)
{
    struct packet p;
    char source[ADDRESS_TEXT_MAX], destination[ADDRESS_TEXT_MAX];

    return decode_one(d, link_type, bytes, &p) && p.protocol == PACKET_TCP &&
           p.source_port == 40000 && p.destination_port == 443 && p.sequence == 1000 &&
           strcmp(address_describe(&p.source, source), "192.0.2.1") == 0 &&
           strcmp(address_describe(&p.destination, destination), "198.51.100.1") == 0 &&
           span_equal(p.payload, span_of_text("hello")) && p.payload_len == 5;
}

/* Frames are counted once: as packets, or for one reason. */
static inline bool stats_add_up(const struct decode_stats *s)
{
    return s->frames == s->packets + s->other_protocol + s->not_ip + s->unknown_link +
                            s->truncated + s->malformed + s->too_deep + s->bad_checksum +
                            s->fragments_held &&
           s->packets == s->tcp + s->udp;
}

/* True when no frame that the capture cut short is decoded to the whole payload of the segment. */
static inline bool every_cut_is_seen(struct decoder *d, uint32_t link_type,
                                     struct span whole)
{
    for (size_t n = 0; n < whole.len; n++) {
        struct packet p;

        if (decode_cut(d, link_type, exact(span_first(whole, n)), whole.len, &p) &&
            p.payload.len >= p.payload_len)
            return false;
    }
    return true;
}
