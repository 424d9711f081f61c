/*
 * The fingerprints of a ClientHello and of a ServerHello, remembered by what they are made of.
 *
 * A network has few kinds of clients and many hellos: what fingerprints depend on (versions,
 * suites, extension types and the lists in some of them) is digested by a fast keyed hash, and the
 * slow digests are made once for each value. The hash has 128 bits and a seed of this run, so
 * nobody can choose two hellos with one value. A cache of no entries computes every time.
 *
 * Limit: `entries`; a new value replaces an old one in its set.
 */
#pragma once

#include "base/err.h"
#include "fingerprint/ja3.h"
#include "fingerprint/ja4.h"

struct client_prints {
    char ja3[JA3_TEXT_MAX];
    char ja4[JA4_TEXT_MAX];
    char app_key[APP_KEY_TEXT_MAX];
};

struct prints_stats {
    uint64_t client_hits, client_misses;
    uint64_t server_hits, server_misses;
};

struct prints;

/* `entries` for each side, rounded up to a power of two; 0 for no cache. NULL with a sentence. */
struct prints *prints_new(size_t entries, uint64_t seed, struct err *why);
void prints_of_client(struct prints *p, const struct client_hello *hello,
                      enum ja4_transport transport, struct client_prints *out);
void prints_of_server(struct prints *p, const struct server_hello *hello,
                      char ja3s[JA3_TEXT_MAX]);
const struct prints_stats *prints_stats(const struct prints *p);
void prints_free(struct prints *p);
