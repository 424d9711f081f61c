/*
 * The client's side of a TLS connection over a socket that does not block, for sinks. The server's
 * certificate and name are always checked; TLS 1.2 is the least version.
 *
 * A trust holds what is read from files, at start; it outlives the clients made with it. A client
 * borrows the socket. Like the system calls, send and receive give -1 with EAGAIN when they have to
 * be called again, and with EPROTO when the connection is of no use any more.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "base/span.h"

struct tls_trust;
struct tls_client;

struct tls_trust_options {
    const char *authorities; /* PEM file; NULL: those of the system */
    const char
        *certificate; /* PEM file with our own certificate and its chain; NULL: none */
    const char *key;  /* PEM file of its key */
};

/* NULL with a sentence when a file cannot be read. */
struct tls_trust *tls_trust_new(const struct tls_trust_options *options, struct err *why);
void tls_trust_free(struct tls_trust *trust);

/* `host` is a name or an address, which the certificate must bear. NULL when out of memory. */
struct tls_client *tls_client_new(const struct tls_trust *trust, int fd, const char *host);
void tls_client_free(struct tls_client *client);

/* READY when the server is who it should be; NEED_MORE: call again; BROKEN with a sentence. */
enum progress tls_client_greet(struct tls_client *client, struct err *why);

ssize_t tls_client_send(struct tls_client *client, struct span bytes);
/* 0 when the server said that it has ended. */
ssize_t tls_client_receive(struct tls_client *client, void *buffer, size_t size);

/* Say that nothing more will be sent. */
void tls_client_end(struct tls_client *client);
