/*
 * What detection needs of an X.509 certificate (RFC 5280), read by our own DER walk.
 *
 * In comes one certificate in DER; out go spans into it, so it must outlive them. Only the framing
 * and the fields named here are checked; nothing is verified. Bytes after the certificate are an
 * error. Extensions are read as far as they are well-formed; of those met twice the first counts.
 */
#pragma once

#include "base/text.h"

struct x509 {
    struct span tbs;       /* what is signed: TBSCertificate with its header */
    struct span algorithm; /* AlgorithmIdentifier of the signature, with its header */
    struct span signature; /* its bytes; empty when they are no whole number */
    struct span issuer;    /* Name with its header, for comparison and x509_add_name */
    struct span subject;
    struct span spki;     /* SubjectPublicKeyInfo with its header */
    int64_t not_before_s; /* seconds since 1970, UTC */
    int64_t not_after_s;
    struct span alternative_names; /* body of GeneralNames; empty when there is none */
    struct span subject_key_id;    /* key identifiers, empty when there is none */
    struct span authority_key_id;
    bool is_ca;       /* basicConstraints cA */
    bool has_sct;     /* embedded signed certificate timestamps (RFC 6962 3.3) */
    bool self_signed; /* subject equals issuer, byte for byte */
};

/* False when it is no certificate. */
SPAN_CHECKED bool x509_parse(struct span der, struct x509 *out);

/*
 * Append a Name as text: "C=US,O=Example\, Inc.,CN=x", first RDN first, values escaped as in RFC
 * 4514, "+" between the parts of one RDN. Attributes without a short name are written as numbers
 * ("2.5.4.17=..."), values that are no string as "#" and their DER in hexadecimal. A name
 * that does not fit ends with its last whole attribute, or inside the first.
 */
void x509_add_name(struct text *t, struct span name);

/* Append the last CN of a Name, unescaped but printable; nothing when it has none. */
void x509_add_common_name(struct text *t, struct span name);

/* Take the next dNSName from the front of `alternative_names`; false when there is no more. */
SPAN_CHECKED bool x509_next_dns_name(struct span *alternative_names, struct span *name);
