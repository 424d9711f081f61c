#include "dtls_wire.h"

#include <stdlib.h>

struct span dtls_wire_done(const struct dtls_wire *w)
{
    return span_of(w->data, w->len);
}

static void put_bytes(struct dtls_wire *w, struct span bytes)
{
    if (bytes.len > sizeof(w->data) - w->len)
        abort();
    if (bytes.len)
        memcpy(w->data + w->len, bytes.data, bytes.len);
    w->len += bytes.len;
}

static void put_uint(struct dtls_wire *w, uint64_t value, size_t width)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> 8 * (width - 1 - i));
    put_bytes(w, span_of(bytes, width));
}

static void put_header(struct dtls_wire *w, uint8_t type, uint16_t epoch, size_t len)
{
    put_uint(w, type, 1);
    put_uint(w, w->version, 2);
    put_uint(w, epoch, 2);
    put_uint(w, 0, 6);
    put_uint(w, len, 2);
}

void dtls_wire_record(struct dtls_wire *w, uint8_t type, uint16_t epoch, struct span body)
{
    put_header(w, type, epoch, body.len);
    put_bytes(w, body);
}

void dtls_wire_fragment(struct dtls_wire *w, const struct dtls_wire_message *m, size_t from,
                        size_t to)
{
    put_header(w, 22, 0, 12 + to - from);
    put_uint(w, m->type, 1);
    put_uint(w, m->body.len, 3);
    put_uint(w, m->number, 2);
    put_uint(w, from, 3);
    put_uint(w, to - from, 3);
    put_bytes(w, span_of(m->body.data + from, to - from));
}

void dtls_wire_unified(struct dtls_wire *w, unsigned int epoch, size_t len)
{
    put_uint(w, 0x2cu | (epoch & 3u), 1);
    put_uint(w, 0, 2);
    put_uint(w, len, 2);
    for (size_t i = 0; i < len; i++)
        put_uint(w, (i * 31 + 5) & 0xff, 1);
}
