/*
 * Certificates in a file of the operator's: PEM, one or several among any other text, or DER.
 */
#pragma once

#include "base/err.h"
#include "base/span.h"

/* Ceiling of such a file; the bundle of all public roots has a quarter of a megabyte. */
#define PEM_FILE_MAX (16u * 1024u * 1024u)

/* Called with the DER of each certificate, valid until it returns; 0, or -1 to stop with `why`. */
typedef int pem_certificate(void *ctx, struct span der, struct err *why);

/*
 * Read all certificates of `file`. A file without any PEM block is given as one piece of DER.
 * -1 with a sentence when it cannot be read, or when `each` stopped.
 */
int pem_read_file(const char *file, pem_certificate *each, void *ctx, struct err *why);
