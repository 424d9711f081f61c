#include "tap.h"

#include "quic_vectors.h"
#include "tls/quic_frame.h"

static void each_frame_is_read(void)
{
    static const struct {
        const char *name, *bytes;
        enum quic_frame_type type;
    } rows[] = {
        {"PADDING", "00", QUIC_FRAME_PADDING},
        {"a run of PADDING", "00000000000000000000000000", QUIC_FRAME_PADDING},
        {"PING", "01", QUIC_FRAME_PING},
        {"ACK", "02 00 00 00 00", QUIC_FRAME_ACK},
        {"ACK of three ranges", "02 4a12 10 02 03 01 02 05 07", QUIC_FRAME_ACK},
        {"ACK with ECN counts", "03 07 01 00 02 40ff 00 01", QUIC_FRAME_ACK_ECN},
        {"CRYPTO", "06 00 04 01020304", QUIC_FRAME_CRYPTO},
        {"CONNECTION_CLOSE", "1c 4130 06 02 6e6f", QUIC_FRAME_CLOSE},
        {"an application's CONNECTION_CLOSE", "1d 4100 00", QUIC_FRAME_CLOSE_APPLICATION},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span payload = hex(rows[i].bytes), whole = payload;
        struct quic_frame frame;
        size_t taken = 0;

        ok(quic_frame_next(&payload, &frame) && span_empty(payload), "%s is read",
           rows[i].name);
        is_int(frame.type, rows[i].type, "as what it is");
        for (size_t len = 0; len < whole.len; len++) {
            struct span cut = exact(span_first(whole, len));

            taken += quic_frame_next(&cut, &frame);
        }
        is_int(taken, rows[i].type == QUIC_FRAME_PADDING ? whole.len - 1 : 0,
               "no truncation of %s is one", rows[i].name);
    }
}

static void contents_come_out(void)
{
    struct span payload = hex("06 4123 03 aabbcc 1c 4130 06 02 6e6f");
    struct quic_frame frame;

    ok(quic_frame_next(&payload, &frame), "a CRYPTO frame");
    is_int(frame.offset, 0x123, "its offset");
    is_span(frame.data, hex("aabbcc"), "its data");
    ok(quic_frame_next(&payload, &frame), "a CONNECTION_CLOSE frame");
    is_int(frame.error, QUIC_ERROR_ALERT + 48, "its error");
    is_span(frame.data, hex("6e6f"), "its reason");
}

static void padding_ends_where_something_begins(void)
{
    for (size_t count = 1; count < 20; count++) {
        uint8_t bytes[21] = {0};
        struct span payload = span_of(bytes, count + 1);
        struct quic_frame frame;

        bytes[count] = QUIC_FRAME_PING;
        ok(quic_frame_next(&payload, &frame) && payload.len == 1,
           "%zu bytes of PADDING are one frame", count);
    }
}

static void frames_of_the_rfc_are_read(void)
{
    static const enum quic_frame_type types[] = {QUIC_FRAME_ACK, QUIC_FRAME_CRYPTO};
    struct span payload = hex(VECTOR_SERVER_FRAMES);
    struct quic_frame frame;

    for (size_t i = 0; i < 2; i++) {
        ok(quic_frame_next(&payload, &frame), "frame %zu", i);
        is_int(frame.type, types[i], "of its type");
    }
    ok(span_empty(payload), "and no more");
}

static void frames_of_other_packets_are_refused(void)
{
    static const char *const rows[] = {"04 00 00 00", "08 00 01", "1e",
                                       "4001",        "30 00",    "06 00 05 01020304"};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span payload = hex(rows[i]), before = payload;
        struct quic_frame frame;
        bool taken = quic_frame_next(&payload, &frame);

        /* A PING in two bytes is no shorter for it (RFC 9000 12.4 lets a receiver be lenient). */
        if (i == 3)
            ok(taken, "a long PING is a PING");
        else
            ok(!taken && payload.len == before.len, "%s is refused", rows[i]);
    }
}

int main(void)
{
    each_frame_is_read();
    contents_come_out();
    padding_ends_where_something_begins();
    frames_of_the_rfc_are_read();
    frames_of_other_packets_are_refused();
    return done_testing();
}
