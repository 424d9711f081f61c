/*
 * One line while it is read: shared by the two halves of the reader, for nobody else.
 */
#pragma once

#include "session/json_in.h"
#include "session/name_table.h"
#include "session/session.h"

struct reading {
    struct json_in in;
    const struct name_table *ciphers;
    const struct name_table *groups;
    struct text_pool *texts;
    json_object *event;
    json_object *pinsight;
    struct session *s;
};

/* A digest of a key in base64, of `object`; true when it has one. */
bool session_read_pin(struct reading *r, json_object *object, const char *key,
                      uint8_t out[SHA256_BYTES]);

/* Fill who closed the connection, and how. */
void session_read_close(struct reading *r);

/* How often the clock had stepped back. */
uint32_t session_read_clock_steps(struct reading *r);

/* Fill what stands under `pinsight`, but for certificates and ALPN. */
void session_read_facts(struct reading *r);
