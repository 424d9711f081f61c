#include "detect/answer.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "outcome/record_sizes.h"
#include "tls/names.h"

/* CertificateVerify records of elliptic-curve keys vary by some bytes and are shorter than this. */
#define ELLIPTIC_MAX 160
/* Key name, nonce, tag and a secret alone take more. */
#define SEALED_TICKET_MIN 110
/* EncryptedExtensions: header of the message and length of the list; an empty answer to the name;
 * the answer with one protocol name, less the name. */
#define EXTENSIONS_EMPTY 6
#define NAME_EXTENSION 4
#define PROTOCOL_EXTENSION 7
/* EncryptedExtensions, Certificate, CertificateVerify, Finished. */
#define FLIGHT_MESSAGES 4

struct flight {
    size_t count; /* encrypted records up to and with the Finished; 0: it is not so */
    uint16_t extensions; /* length of the first */
    uint16_t verify;     /* length of the one before the Finished */
};

static bool has_flight(const struct session *s)
{
    return version_is_tls13(s->version) && !s->resumed && s->protocol == SESSION_TLS;
}

/*
 * EncryptedExtensions, Certificate, CertificateVerify, Finished, each a record of its own: the
 * Finished is told by its size.
 */
static struct flight flight_of(const struct session *s)
{
    uint16_t finished = record_size_finished(cipher_traits_of(s->cipher), 0);
    struct flight f = {0};
    uint16_t before = 0;

    for (size_t i = 0; i < s->flight_count; i++) {
        if (!s->flight[i].encrypted)
            continue;
        if (f.count++ == 0)
            f.extensions = s->flight[i].length;
        if (f.count >= 3 && s->flight[i].length == finished) {
            f.verify = before;
            return f;
        }
        before = s->flight[i].length;
    }
    return (struct flight){0};
}

static uint16_t verify_class(const struct flight *f)
{
    return f->verify && f->verify < ELLIPTIC_MAX ? 1 : f->verify;
}

static uint16_t ticket_class(const struct session *s)
{
    if (s->ticket_count == 0)
        return 0;
    if (s->tickets[0] < SEALED_TICKET_MIN)
        return s->tickets[0];
    return (uint16_t)(s->tickets[0] - cipher_traits_of(s->cipher).verify_hash);
}

/* Bytes of EncryptedExtensions with one protocol, or none. */
static size_t protocol_bytes(const char *name)
{
    return name[0] ? PROTOCOL_EXTENSION + strlen(name) : 0;
}

static bool could_choose(const struct session *s, const char *name)
{
    /* A hello that was not captured is taken to offer all, as most do. */
    return !name[0] || !s->ja4[0] || session_offers_alpn(s, name);
}

/*
 * The protocol that was chosen and the answer to the name are told by their lengths, which add up
 * to six different sums.
 */
static void read_extensions(const struct session *s, const struct flight *f,
                            uint16_t traits[ANSWER_TRAITS])
{
    static const char *const protocols[] = {"", "h2", "http/1.1"};
    bool names = !s->ja4[0] || s->server_name[0];
    size_t empty = record_size_alert(cipher_traits_of(s->cipher), 0) + EXTENSIONS_EMPTY - 2;

    if (f->count < FLIGHT_MESSAGES)
        return;
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        size_t ignored = empty + protocol_bytes(protocols[i]);
        bool fits = f->extensions == ignored || f->extensions == ignored + NAME_EXTENSION;

        if (!fits || !could_choose(s, protocols[i]))
            continue;
        if (names)
            traits[ANSWER_NAME] =
                f->extensions == ignored ? ANSWER_NAME_IGNORED : ANSWER_NAME_ACKNOWLEDGED;
        if (s->ja4[0] && session_offers_alpn(s, "h2"))
            traits[ANSWER_H2] = i == 1 ? ANSWER_H2_CHOSEN : ANSWER_H2_DECLINED;
    }
}

/* ---- hashes */

static void put16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static void hash_machine(const struct session *s, struct answer *out)
{
    const struct session_syn_ack *a = &s->syn_ack;
    uint8_t bytes[9 + SESSION_OPTIONS_MAX] = {0};

    put16(bytes + 1, a->mss);
    bytes[3] = a->window_scale;
    put16(bytes + 4, a->window);
    bytes[6] = address_is_v4(&s->server);
    bytes[7] = s->is_explicit_proxy;
    bytes[8] = a->seen;
    memcpy(bytes + 9, a->options, sizeof(a->options));
    out->stack = XXH3_64bits(bytes, sizeof(bytes));
    bytes[0] = a->ttl;
    out->machine = XXH3_64bits(bytes, sizeof(bytes));
}

static uint32_t hash_network(const struct address *server)
{
    bool v4 = address_is_v4(server);

    return (uint32_t)XXH3_64bits(server->bytes, v4 ? 14 : 4) | 1;
}

/* What was chosen says something only beside what was offered. */
static void hash_hello(const struct session *s, struct answer *out)
{
    uint8_t chosen[7];

    if (!s->ja4[0])
        return;
    out->app = (uint32_t)XXH3_64bits(s->app_key, strlen(s->app_key));
    put16(chosen, s->version);
    put16(chosen + 2, s->cipher);
    put16(chosen + 4, s->group);
    chosen[6] = s->hello_retry;
    out->hello = (uint32_t)XXH3_64bits_withSeed(s->ja3s, strlen(s->ja3s),
                                                XXH3_64bits(chosen, sizeof(chosen))) |
                 1;
}

void answer_of(const struct session *s, struct answer *out)
{
    struct answer a = {.has_syn_ack = s->syn_ack.seen,
                       .is_proxy = s->is_explicit_proxy,
                       .ttl = s->syn_ack.ttl,
                       .rtt_us = s->rtt_us,
                       .network = hash_network(&s->server)};

    hash_machine(s, &a);
    if (has_flight(s)) {
        struct flight f = flight_of(s);

        a.traits[ANSWER_VERIFY] = verify_class(&f);
        a.traits[ANSWER_TICKET] = ticket_class(s);
        read_extensions(s, &f, a.traits);
        hash_hello(s, &a);
    }
    *out = a;
}
