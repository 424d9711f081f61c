/*
 * What all events have in common: time, schema, kind, identifier, observer; and the objects that
 * several of them share. Names are those of the Elastic Common Schema. Each function writes whole
 * objects except event_head, which leaves the object `event` open for what the caller adds.
 */
#pragma once

#include "base/json_out.h"
#include "session/session.h"
#include "session/session_id.h"

/* Version of the Elastic Common Schema whose names the events use. */
#define ECS_VERSION "8.11.0"

/* Who saw it: the name of this sensor (or NULL), and the version of the program. */
struct observer {
    const char *name;
    const char *version;
};

struct event_kind {
    const char *kind;    /* "event", "alert", "metric" */
    const char *dataset; /* "pinsight.session" */
    const char *categories[2];
    const char *types[2]; /* NULL where there are fewer */
};

/* `@timestamp`, `ecs` and the beginning of `event`; json_out_end ends it. */
void event_head(const struct event_kind *kind, uint64_t time_ns,
                const uint8_t id[UUID_BYTES], struct json_out *out);

/* `start`, `end` and `duration` (nanoseconds between the two as written) inside `event`. */
void event_times(uint64_t start_ns, uint64_t end_ns, struct json_out *out);

void event_observer(const struct observer *observer, struct json_out *out);

/* The beginning of `network`; json_out_end ends it. */
void event_network(const struct session_ends *ends, enum session_protocol protocol,
                   struct json_out *out);

void event_uuid(const char *key, const uint8_t id[UUID_BYTES], struct json_out *out);

/* A hardware address: "00-00-5E-00-53-23". */
void event_mac(const char *key, const uint8_t mac[6], struct json_out *out);
