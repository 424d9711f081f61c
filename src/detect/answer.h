/*
 * What one session shows of the machine that answered it, as far as it does not depend on the site:
 * who answered the SYN and how fast, how the hello was answered, and how the encrypted server
 * flight of TLS 1.3 is laid out. Everything is a number, so that answers can be compared.
 */
#pragma once

#include "session/session.h"

/* What the flight shows; 0 stands for nothing. */
enum answer_trait {
    /* Size of the CertificateVerify record: a box signs with one key type, sites with RSA and
     * elliptic curves. 1 is any elliptic curve, whose signatures vary by some bytes. */
    ANSWER_VERIFY,
    /* First session ticket, less the suite's hash length: it holds the resumption secret. A short
     * one is a mere number of a session that the server keeps, and stands as it is. */
    ANSWER_TICKET,
    /* EncryptedExtensions: whether the name is acknowledged, which is a habit of the software. */
    ANSWER_NAME,
    /* EncryptedExtensions: whether h2 was chosen where it was offered. */
    ANSWER_H2,
    ANSWER_TRAITS,
};

#define ANSWER_NAME_IGNORED 1
#define ANSWER_NAME_ACKNOWLEDGED 2
#define ANSWER_H2_DECLINED 1
#define ANSWER_H2_CHOSEN 2

struct answer {
    bool has_syn_ack;
    bool is_proxy;    /* an explicit proxy answered the SYN, whoever answers the hello */
    uint64_t machine; /* fingerprint of the SYN-ACK; of nothing when there was none */
    uint64_t stack;   /* the same without the time to live */
    uint8_t ttl;
    uint32_t rtt_us;  /* SYN to SYN-ACK, 0 when not seen */
    uint32_t network; /* the server's /16, or /32 of version 6, hashed; never 0 */
    uint32_t app;     /* what the client offered, hashed */
    uint32_t hello; /* what the server chose of it, hashed; 0 without a TLS 1.3 handshake */
    uint16_t traits[ANSWER_TRAITS]; /* by enum answer_trait */
};

void answer_of(const struct session *s, struct answer *out);
