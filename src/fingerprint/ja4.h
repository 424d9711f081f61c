/*
 * JA4 of a ClientHello (FoxIO's published definition, BSD-3; see NOTICE), and our own app key.
 */
#pragma once

#include "tls/hello.h"

#define JA4_TEXT_MAX 37
#define APP_KEY_TEXT_MAX 17

enum ja4_transport { JA4_TCP = 't', JA4_QUIC = 'q', JA4_DTLS = 'd' };

/* Write "t13d1516h2_8daaf6152771_e5627efa2ab1" and a terminator. */
void ja4_of_client(const struct client_hello *hello, enum ja4_transport transport,
                   char out[JA4_TEXT_MAX]);

/*
 * The key that stands for the client program in detection: 16 hexadecimal digits of a digest over
 * versions, sorted ciphers and extensions, groups, signature algorithms and the first ALPN name.
 * Left out is what differs between connections of one program: GREASE, pre_shared_key, early_data,
 * cookie, padding, ECH, and whether a server name is sent.
 */
void app_key_of_client(const struct client_hello *hello, char out[APP_KEY_TEXT_MAX]);
