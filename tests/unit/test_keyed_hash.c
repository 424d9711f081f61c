#include "tap.h"

#include "crypto/keyed_hash.h"

/* Key 00 01 .. 0f and messages 00 01 02 ..: the setting of the reference vectors. */
static void reference_values_come_out(void)
{
    static const struct {
        size_t len;
        uint64_t hash;
    } vectors[] = {
        {0, 0xabac0158050fc4dc},  {1, 0xc9f49bf37d57ca93},  {7, 0xd3927d989bb11140},
        {8, 0x369095118d299a8e},  {15, 0xd320d86d2a519956}, {16, 0xcc4fdd1a7d908b66},
        {63, 0x9d199062b7bbb3a8},
    };
    struct hash_seed seed = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};
    uint8_t message[64];

    for (size_t i = 0; i < sizeof(message); i++)
        message[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        ok(keyed_hash(&seed, exact(span_of(message, vectors[i].len))) == vectors[i].hash,
           "SipHash-1-3 of %zu bytes is the reference value", vectors[i].len);
}

static void seeds_differ_and_change_the_hash(void)
{
    struct hash_seed one = {{0, 0}}, two = {{0, 0}};
    struct span text = span_of_text("www.example.org");

    keyed_hash_seed(&one);
    keyed_hash_seed(&two);
    ok(memcmp(&one, &two, sizeof(one)) != 0, "two seeds are not the same");
    ok(keyed_hash(&one, text) != keyed_hash(&two, text), "another seed gives another hash");
    ok(keyed_hash(&one, text) == keyed_hash(&one, text),
       "the same seed gives the same hash");
}

int main(void)
{
    reference_values_come_out();
    seeds_differ_and_change_the_hash();
    return done_testing();
}
