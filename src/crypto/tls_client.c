#include "crypto/tls_client.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/address.h"

#define SYSTEM_BUNDLE "/etc/ssl/certs/ca-certificates.crt"

struct tls_trust {
    SSL_CTX *context;
};

struct tls_client {
    SSL *ssl;
};

/* What OpenSSL says last is the file or the reason; what it says first is where. */
static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());

    return text ? text : "unknown reason";
}

/* The system's are read as one file now: later, its folder may be out of reach. */
static int load_authorities(SSL_CTX *context, const char *file, struct err *why)
{
    if (!file && access(SYSTEM_BUNDLE, R_OK) == 0)
        file = SYSTEM_BUNDLE;
    if (!file && SSL_CTX_set_default_verify_paths(context) != 1)
        return err_set(why, "the system's certificates: %s", reason());
    if (file && SSL_CTX_load_verify_locations(context, file, NULL) != 1)
        return err_set(why, "%s: no certificate in PEM form can be read: %s", file,
                       reason());
    return 0;
}

static int load_files(SSL_CTX *context, const struct tls_trust_options *options,
                      struct err *why)
{
    if (load_authorities(context, options->authorities, why) < 0)
        return -1;
    if (!options->certificate)
        return 0;
    if (SSL_CTX_use_certificate_chain_file(context, options->certificate) != 1)
        return err_set(why, "%s: no certificate in PEM form can be read: %s",
                       options->certificate, reason());
    if (SSL_CTX_use_PrivateKey_file(context,
                                    options->key ? options->key : options->certificate,
                                    SSL_FILETYPE_PEM) != 1)
        return err_set(why, "%s: no key that belongs to %s can be read: %s",
                       options->key ? options->key : options->certificate,
                       options->certificate, reason());
    return 0;
}

struct tls_trust *tls_trust_new(const struct tls_trust_options *options, struct err *why)
{
    struct tls_trust *trust = calloc(1, sizeof(*trust));

    ERR_clear_error();
    if (trust)
        trust->context = SSL_CTX_new(TLS_client_method());
    if (!trust || !trust->context) {
        (void)err_set(why, "no memory for TLS");
        free(trust);
        return NULL;
    }
    SSL_CTX_set_verify(trust->context, SSL_VERIFY_PEER, NULL);
    (void)SSL_CTX_set_min_proto_version(trust->context, TLS1_2_VERSION);
    (void)SSL_CTX_set_mode(trust->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                               SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (load_files(trust->context, options, why) < 0) {
        tls_trust_free(trust);
        return NULL;
    }
    return trust;
}

void tls_trust_free(struct tls_trust *trust)
{
    if (!trust)
        return;
    SSL_CTX_free(trust->context);
    free(trust);
}

/* An address is looked for among the certificate's addresses and is no server name. */
static bool expect_host(SSL *ssl, const char *host)
{
    struct address address;

    if (address_parse(host, &address))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

struct tls_client *tls_client_new(const struct tls_trust *trust, int fd, const char *host)
{
    struct tls_client *client = calloc(1, sizeof(*client));

    if (client)
        client->ssl = SSL_new(trust->context);
    if (!client || !client->ssl || SSL_set_fd(client->ssl, fd) != 1 ||
        !expect_host(client->ssl, host)) {
        tls_client_free(client);
        return NULL;
    }
    SSL_set_connect_state(client->ssl);
    return client;
}

void tls_client_free(struct tls_client *client)
{
    if (!client)
        return;
    SSL_free(client->ssl);
    free(client);
}

static bool wants_more(const struct tls_client *client, int result)
{
    int error = SSL_get_error(client->ssl, result);

    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

enum progress tls_client_greet(struct tls_client *client, struct err *why)
{
    long verdict;
    int result;

    ERR_clear_error();
    result = SSL_do_handshake(client->ssl);
    if (result == 1)
        return READY;
    if (wants_more(client, result))
        return NEED_MORE;
    verdict = SSL_get_verify_result(client->ssl);
    (void)err_set(why, "TLS: %s",
                  verdict != X509_V_OK ? X509_verify_cert_error_string(verdict) : reason());
    return BROKEN;
}

static ssize_t again_or_broken(const struct tls_client *client, int result)
{
    errno = wants_more(client, result) ? EAGAIN : EPROTO;
    return -1;
}

ssize_t tls_client_send(struct tls_client *client, struct span bytes)
{
    size_t written;
    int result;

    ERR_clear_error();
    result = SSL_write_ex(client->ssl, bytes.data, bytes.len, &written);
    return result == 1 ? (ssize_t)written : again_or_broken(client, result);
}

ssize_t tls_client_receive(struct tls_client *client, void *buffer, size_t size)
{
    size_t n;
    int result;

    ERR_clear_error();
    result = SSL_read_ex(client->ssl, buffer, size, &n);
    if (result == 1)
        return (ssize_t)n;
    if (SSL_get_error(client->ssl, result) == SSL_ERROR_ZERO_RETURN)
        return 0;
    return again_or_broken(client, result);
}

void tls_client_end(struct tls_client *client)
{
    ERR_clear_error();
    (void)SSL_shutdown(client->ssl);
}
