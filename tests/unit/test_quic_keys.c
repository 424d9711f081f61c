#include "tap.h"

#include "crypto/quic_keys.h"
#include "quic_vectors.h"
#include "quic_wire.h"

static struct quic_cipher *cipher;

struct vector {
    const char *name;
    uint32_t version;
    enum quic_sender sender;
    const char *key, *iv, *header_key;
    const char *packet;
    size_t header_len;
    const char *frames;
    size_t padding;
    uint64_t number;
};

static const struct vector vectors[] = {
    {"client of version 1", 1, QUIC_FROM_CLIENT, "1f369613dd76d5467730efcbe3b1a22d",
     "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2", VECTOR_CLIENT_V1, 18,
     VECTOR_CLIENT_FRAMES, 917, 2},
    {"server of version 1", 1, QUIC_FROM_SERVER, "cf3a5331653c364c88f0f379b6067e37",
     "0ac1493ca1905853b0bba03e", "c206b8d9b9f0f37644430b490eeaa314", VECTOR_SERVER_V1, 18,
     VECTOR_SERVER_FRAMES, 0, 1},
    {"client of version 2", QUIC_VERSION_2, QUIC_FROM_CLIENT,
     "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
     "45b95e15235d6f45a6b19cbcb0294ba9", VECTOR_CLIENT_V2, 18, VECTOR_CLIENT_FRAMES, 917,
     2},
    {"server of version 2", QUIC_VERSION_2, QUIC_FROM_SERVER,
     "82db637861d55e1d011f19ea71d5d2a7", "dd13c276499c0249d3310652",
     "edf6d05c83121201b436e16877593c3a", VECTOR_SERVER_V2, 18, VECTOR_SERVER_FRAMES, 0, 1},
};

#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static struct quic_keys keys_of(const struct vector *v)
{
    const struct quic_version *version = quic_version_find(v->version);
    struct quic_keys keys;

    quic_keys_derive(version->salts[0], version->labels, hex(VECTOR_CONNECTION_ID),
                     v->sender, &keys);
    return keys;
}

/* The packet, cut after `len` bytes of its payload. */
static struct quic_sealed sealed_of(const struct vector *v, size_t len)
{
    struct span packet = hex(v->packet), header;

    if (!span_take(&packet, v->header_len, &header))
        header = span_of(NULL, 0);
    return (struct quic_sealed){.header = header,
                                .payload = exact(span_first(packet, len))};
}

static void keys_are_those_of_the_rfcs(void)
{
    for (size_t i = 0; i < VECTORS; i++) {
        struct quic_keys keys = keys_of(&vectors[i]);

        is_span(span_of(keys.key, QUIC_KEY_BYTES), hex(vectors[i].key), "%s: key",
                vectors[i].name);
        is_span(span_of(keys.iv, QUIC_IV_BYTES), hex(vectors[i].iv), "%s: iv",
                vectors[i].name);
        is_span(span_of(keys.header_key, QUIC_KEY_BYTES), hex(vectors[i].header_key),
                "%s: header key", vectors[i].name);
    }
}

static void packets_of_the_rfcs_open(void)
{
    for (size_t i = 0; i < VECTORS; i++) {
        const struct vector *v = &vectors[i];
        struct quic_keys keys = keys_of(v);
        struct quic_sealed sealed = sealed_of(v, SIZE_MAX);
        struct span frames = hex(v->frames), rest, begin;
        struct quic_opened opened;

        if (!ok(quic_cipher_open(cipher, &keys, &sealed, &opened), "%s opens", v->name))
            continue;
        rest = opened.frames;
        is_int(opened.number, v->number, "%s: packet number", v->name);
        ok(span_take(&rest, frames.len, &begin) && span_equal(begin, frames), "%s: frames",
           v->name);
        is_int(rest.len, v->padding, "%s: padding", v->name);
    }
}

static void what_was_cut_or_changed_does_not_open(void)
{
    struct quic_opened opened;

    for (size_t i = 0; i < VECTORS; i++) {
        const struct vector *v = &vectors[i];
        struct quic_keys keys = keys_of(v);
        struct quic_sealed whole = sealed_of(v, SIZE_MAX);
        size_t cut = 0, changed = 0;
        uint8_t packet[1200];

        for (size_t len = 0; len < whole.payload.len; len++) {
            struct quic_sealed sealed = sealed_of(v, len);

            cut += quic_cipher_open(cipher, &keys, &sealed, &opened);
        }
        is_int(cut, 0, "%s: no truncation opens", v->name);
        memcpy(packet, whole.payload.data, whole.payload.len);
        whole.payload = span_of(packet, whole.payload.len);
        for (size_t n = 0; n < whole.payload.len; n++) {
            packet[n] ^= 0x10;
            changed += quic_cipher_open(cipher, &keys, &whole, &opened);
            packet[n] ^= 0x10;
        }
        is_int(changed, 0, "%s: no changed byte opens", v->name);
    }
}

static void keys_of_another_side_or_id_do_not_open(void)
{
    struct quic_sealed sealed = sealed_of(&vectors[0], SIZE_MAX);
    struct quic_keys keys = keys_of(&vectors[1]);
    struct quic_opened opened;

    ok(!quic_cipher_open(cipher, &keys, &sealed, &opened),
       "the server's keys do not open it");
    quic_keys_derive(quic_version_find(1)->salts[0], QUIC_LABELS_V1,
                     hex("8394c8f03e515709"), QUIC_FROM_CLIENT, &keys);
    ok(!quic_cipher_open(cipher, &keys, &sealed, &opened),
       "another id's keys do not open it");
    quic_keys_derive(quic_version_find(1)->salts[0], QUIC_LABELS_V1, span_of(NULL, 0),
                     QUIC_FROM_CLIENT, &keys);
    ok(!quic_cipher_open(cipher, &keys, &sealed, &opened), "an empty id has keys too");
}

/* Seal a packet of this number with so many bytes of it; what comes out after `largest`. */
static uint64_t number_after(uint64_t largest, uint64_t number, size_t number_len)
{
    static struct quic_wire wire;
    struct quic_wire_long p = {.version = 1,
                               .destination = hex(VECTOR_CONNECTION_ID),
                               .original = hex(VECTOR_CONNECTION_ID),
                               .number = number,
                               .number_len = number_len};
    struct quic_keys keys = keys_of(&vectors[0]);
    struct quic_sealed sealed = {.largest = largest};
    struct quic_opened opened;
    struct quic_packet packet;
    struct span datagram;
    uint8_t frames[64] = {0};

    wire.len = 0;
    quic_wire_initial(&wire, &p, span_of(frames, sizeof(frames)));
    datagram = quic_wire_done(&wire);
    if (!quic_packet_next(&datagram, &packet))
        return UINT64_MAX;
    sealed.header = packet.header;
    sealed.payload = packet.payload;
    return quic_cipher_open(cipher, &keys, &sealed, &opened) ? opened.number : UINT64_MAX;
}

/* RFC 9000 A.3, and the borders around it. */
static void cut_packet_numbers_become_whole(void)
{
    static const struct {
        uint64_t largest, number;
        size_t len;
    } rows[] = {
        {0xa82f30ea, 0xa82f9b32, 2},
        {0, 0, 1},
        {0, 1, 1},
        {0, 128, 1},
        {0, 0x12345678, 4},
        {255, 256, 1},
        {255, 300, 1},
        {300, 255, 1},
        {0xffff, 0x10000, 2},
        {0x10000, 0xffff, 2},
        {1000, 1001, 3},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        is_int(number_after(rows[i].largest, rows[i].number, rows[i].len), rows[i].number,
               "%llx after %llx in %zu bytes", (unsigned long long)rows[i].number,
               (unsigned long long)rows[i].largest, rows[i].len);
    is_int(number_after(0, 1000, 1), UINT64_MAX, "a number too far away does not open");
}

int main(void)
{
    struct err why;

    cipher = quic_cipher_new(&why);
    ok(cipher != NULL, "there is a cipher");
    keys_are_those_of_the_rfcs();
    packets_of_the_rfcs_open();
    what_was_cut_or_changed_does_not_open();
    keys_of_another_side_or_id_do_not_open();
    cut_packet_numbers_become_whole();
    quic_cipher_free(cipher);
    quic_cipher_free(NULL);
    return done_testing();
}
