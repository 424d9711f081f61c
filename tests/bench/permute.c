/*
 * Copies a capture and gives every ClientHello an order of extensions of its own, as browsers do:
 *
 *     permute IN OUT
 *
 * So no two hellos have one fingerprint, and a cache of fingerprints is of no use. Only hellos that
 * lie in one TCP segment (IPv4, Ethernet, classic little-endian pcap) are changed; pre_shared_key
 * stays the last (RFC 8446 4.2.11). Deterministic.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define FRAME_MAX 262144u
#define EXTENSIONS_MAX 64
#define PRE_SHARED_KEY 41

struct extension {
    uint32_t at, len;
};

static uint32_t u16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t u32le(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static uint32_t chance(uint64_t *state, uint32_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 33) % below;
}

/* The list of extensions in a segment that holds a whole ClientHello; its length, 0 for none. */
static uint32_t find_extensions(const uint8_t *tcp, uint32_t len, uint32_t *at)
{
    uint32_t i = len > 20 ? (uint32_t)(tcp[12] >> 4) * 4 : len, end;

    if (i + 48 > len || tcp[i] != 22 || tcp[i + 5] != 1)
        return 0;
    end = i + 5 + u16(tcp + i + 3);
    if (end > len)
        return 0;
    i += 5 + 4 + 2 + 32;
    i += 1u + tcp[i];
    i += i + 2 <= end ? 2 + u16(tcp + i) : 0;
    i += i + 1 <= end ? 1u + tcp[i] : 0;
    if (i + 2 > end || i + 2 + u16(tcp + i) > end)
        return 0;
    *at = i + 2;
    return u16(tcp + i);
}

static void permute(uint8_t *list, uint32_t len, uint64_t *state)
{
    static uint8_t old[65536];
    struct extension e[EXTENSIONS_MAX];
    uint32_t count = 0, movable, to = 0;

    for (uint32_t i = 0; i + 4 <= len; i += e[count++].len) {
        if (count == EXTENSIONS_MAX || i + 4 + u16(list + i + 2) > len)
            return;
        e[count] = (struct extension){i, 4 + u16(list + i + 2)};
    }
    if (count < 2)
        return;
    movable = u16(list + e[count - 1].at) == PRE_SHARED_KEY ? count - 1 : count;
    for (uint32_t i = movable; i > 1; i--) {
        uint32_t k = chance(state, i);
        struct extension one = e[k];

        e[k] = e[i - 1];
        e[i - 1] = one;
    }
    memcpy(old, list, len);
    for (uint32_t i = 0; i < count; to += e[i++].len)
        memcpy(list + to, old + e[i].at, e[i].len);
}

static int change(uint8_t *f, uint32_t len, uint64_t *state)
{
    uint32_t header, at, n;

    if (len < 54 || u16(f + 12) != 0x0800 || f[23] != 6)
        return 0;
    header = 14 + (uint32_t)(f[14] & 15) * 4;
    n = header < len ? find_extensions(f + header, len - header, &at) : 0;
    if (n)
        permute(f + header + at, n, state);
    return n != 0;
}

int main(int argc, char **argv)
{
    static uint8_t bytes[FRAME_MAX];
    uint8_t head[24], record[16];
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15), hellos = 0;
    FILE *in = argc == 3 ? fopen(argv[1], "rb") : NULL;
    FILE *out = in ? fopen(argv[2], "wb") : NULL;

    if (!out || fread(head, 1, 24, in) != 24 || u32le(head) != 0xa1b2c3d4u) {
        (void)fprintf(stderr, "usage: permute IN OUT (classic little-endian pcap)\n");
        return 2;
    }
    (void)fwrite(head, 1, 24, out);
    while (fread(record, 1, 16, in) == 16) {
        uint32_t len = u32le(record + 8);

        if (len > FRAME_MAX || fread(bytes, 1, len, in) != len)
            break;
        hellos += (uint64_t)change(bytes, len, &state);
        (void)fwrite(record, 1, 16, out);
        (void)fwrite(bytes, 1, len, out);
    }
    (void)fprintf(stderr, "%llu hellos\n", (unsigned long long)hellos);
    (void)fclose(in);
    return fclose(out) != 0;
}
