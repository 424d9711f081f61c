#include "tap.h"

#include "tls/dtls.h"
#include "tls/hello.h"

#define RECORD(type, version, epoch)                                                       \
    type version epoch "000000000007"                                                      \
                       "0004"                                                              \
                       "a1a2a3a4"

static void records_are_read(void)
{
    static const struct {
        const char *name, *bytes;
        uint8_t type;
        uint16_t version, epoch;
    } rows[] = {
        {"DTLS 1.0 handshake", RECORD("16", "feff", "0000"), RECORD_HANDSHAKE,
         VERSION_DTLS10, 0},
        {"DTLS 1.2 alert", RECORD("15", "fefd", "0001"), RECORD_ALERT, VERSION_DTLS12, 1},
        {"DTLS 1.2 data", RECORD("17", "fefd", "0001"), RECORD_APPLICATION_DATA,
         VERSION_DTLS12, 1},
        {"before DTLS 1.0", RECORD("16", "0100", "0000"), RECORD_HANDSHAKE,
         VERSION_DTLS_BAD, 0},
        {"DTLS 1.3 in the clear", RECORD("16", "fefc", "0000"), RECORD_HANDSHAKE,
         VERSION_DTLS13, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span datagram = hex(rows[i].bytes), whole = datagram;
        struct dtls_record record;
        size_t taken = 0;

        ok(dtls_record_next(&datagram, &record) && span_empty(datagram), "%s",
           rows[i].name);
        is_int(record.type, rows[i].type, "type");
        is_int(record.version, rows[i].version, "version");
        is_int(record.epoch, rows[i].epoch, "epoch");
        ok(!record.is_unified, "not unified");
        is_span(record.body, hex("a1a2a3a4"), "body");
        for (size_t len = 0; len < whole.len; len++) {
            struct span cut = exact(span_first(whole, len));

            taken += dtls_record_next(&cut, &record);
        }
        is_int(taken, 0, "no truncation is a record");
    }
}

static void unified_headers_are_read(void)
{
    static const struct {
        const char *name, *bytes, *body;
        uint16_t epoch;
    } rows[] = {
        {"short sequence, no length", "22 07 b1b2b3", "b1b2b3", 2},
        {"long sequence, no length", "2b 0007 b1b2b3", "b1b2b3", 3},
        {"long sequence and length", "2f 0007 0003 b1b2b3", "b1b2b3", 3},
        {"short sequence and length", "26 07 0003 b1b2b3", "b1b2b3", 2},
        {"connection id: all that follows", "3f c1c2 0007 0003 b1b2b3",
         "c1c20007 0003 b1b2b3", 3},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span datagram = hex(rows[i].bytes);
        struct dtls_record record;

        ok(dtls_record_next(&datagram, &record) && span_empty(datagram), "%s",
           rows[i].name);
        ok(record.is_unified && record.version == VERSION_DTLS13, "is DTLS 1.3");
        is_int(record.epoch, rows[i].epoch, "epoch");
        is_span(record.body, hex(rows[i].body), "body");
    }
}

static void a_connection_id_hides_the_length(void)
{
    struct span datagram = hex("19 fefd 0001 000000000001 c1c2c3 0004 b1b2b3b4");
    struct dtls_record record;

    ok(dtls_record_next(&datagram, &record) && span_empty(datagram),
       "DTLS 1.2 with a connection id takes the rest");
    is_int(record.epoch, 1, "and is of its epoch");
}

static void what_is_no_record_is_refused(void)
{
    static const char *const rows[][2] = {
        {"16 0303 0000 000000000000 0001 00", "a version of TLS"},
        {"16 fe00 0000 000000000000 0001 00", "a version of nothing"},
        {"13 fefd 0000 000000000000 0001 00", "a type below"},
        {"1b fefd 0000 000000000000 0001 00", "a type above"},
        {"16 fefd 0000 000000000000 4801", "a length above the most"},
        {"2f 0007 0004 b1b2b3", "a unified length beyond the datagram"},
        {"22 07", "a unified header without body"},
        {"3f", "a connection id that is missing"},
        {"", "nothing"},
    };
    struct dtls_record record;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span datagram = hex(rows[i][0]), before = datagram;

        ok(!dtls_record_next(&datagram, &record) && datagram.len == before.len,
           "%s is refused", rows[i][1]);
    }
}

static void fragments_are_read(void)
{
    struct span record = hex("0b 000010 0003 000004 000005 d1d2d3d4d5"), whole = record;
    struct dtls_fragment f;
    size_t taken = 0;

    ok(dtls_fragment_next(&record, &f) && span_empty(record), "a fragment");
    is_int(f.type, 11, "type");
    is_int(f.length, 16, "length of the message");
    is_int(f.number, 3, "its number");
    is_int(f.offset, 4, "offset");
    is_span(f.body, hex("d1d2d3d4d5"), "bytes");
    for (size_t len = 0; len < whole.len; len++) {
        struct span cut = exact(span_first(whole, len));

        taken += dtls_fragment_next(&cut, &f);
    }
    is_int(taken, 0, "no truncation is a fragment");
}

static void fragments_lie_in_their_message(void)
{
    static const struct {
        const char *bytes;
        bool fits;
    } rows[] = {
        {"0b 000004 0000 000000 000004 d1d2d3d4", true},
        {"0b 000004 0000 000004 000000", true},
        {"0b 000004 0000 000005 000000", false},
        {"0b 000004 0000 000001 000004 d1d2d3d4", false},
        {"0b 000003 0000 000000 000004 d1d2d3d4", false},
        {"0b 000004 0000 ffffff 000004 d1d2d3d4", false},
    };
    struct dtls_fragment f;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span record = hex(rows[i].bytes);

        ok(dtls_fragment_next(&record, &f) == rows[i].fits, "%s %s", rows[i].bytes,
           rows[i].fits ? "fits" : "does not fit");
    }
}

int main(void)
{
    records_are_read();
    unified_headers_are_read();
    a_connection_id_hides_the_length();
    what_is_no_record_is_refused();
    fragments_are_read();
    fragments_lie_in_their_message();
    return done_testing();
}
