/*
 * The certificates whose keys mean something: inspection authorities that the operator configured,
 * and the roots of a public bundle.
 *
 * In goes a certificate never seen before; out comes whose key signed it. Names only choose which
 * keys are tried. Owned by the certificate cache; not shared between threads.
 */
#pragma once

#include "base/err.h"
#include "tls/x509.h"

/* Authorities that are tried on a certificate which names none of them: a box whose certificate
 * was renamed is still found, and the cost for everyone else stays bounded. */
#define TRUST_TRIED_UNNAMED 8

struct trust;

struct trust_verdict {
    int authority; /* index of the authority whose key it has or was signed by, -1 none */
    bool
        public_anchor; /* signed by, or itself, a root of the bundle; never with an authority */
};

/* Roots from a PEM file; NULL or a missing file for none. NULL when memory is out. */
struct trust *trust_new(const char *public_bundle, struct err *why);

/* Add a certificate (copied) of authority number `index`; -1 when it or its key cannot be read. */
int trust_add_authority(struct trust *t, int index, struct span der, struct err *why);

/* True when there is neither an authority nor a root: every verdict is none. */
bool trust_is_empty(const struct trust *t);

struct trust_verdict trust_judge(struct trust *t, const struct x509 *certificate,
                                 struct span der);

/* True when the key of `issuer`, a CA whose subject `certificate` names, signed it. */
SPAN_CHECKED bool trust_is_link(const struct x509 *certificate, struct span der,
                                const struct x509 *issuer);

void trust_free(struct trust *t); /* NULL is fine */
