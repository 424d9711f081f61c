/*
 * JA3 and JA3S: MD5 over the decimal fields of a hello, GREASE left out.
 * JA3: version,ciphers,extensions,groups,point formats. JA3S: version,cipher,extensions.
 */
#pragma once

#include "tls/hello.h"

#define JA3_TEXT_MAX 33

/* Both write 32 hexadecimal digits and a terminator. */
void ja3_of_client(const struct client_hello *hello, char out[JA3_TEXT_MAX]);
void ja3_of_server(const struct server_hello *hello, char out[JA3_TEXT_MAX]);
