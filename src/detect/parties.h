/*
 * Who is involved in a session: its ids, and its records in the tables.
 */
#pragma once

#include "detect/correlate.h"

struct parties {
    struct memory_id device_id, app_id, destination_id, key_id;
    struct identity_answer identity; /* of the session's client; zero for a key */
    struct device *device;
    struct app *app;
    struct destination *destination;
    struct key *key;
    /* Made for inspected sessions, device and app also for direct ones: NULL before, and when
     * they were dropped. */
    struct device_app *device_app;
    struct app_destination *app_destination;
    struct device_destination *device_destination;
    bool new_key; /* this device, app and destination meet for the first time */
    char name[SESSION_NAME_MAX]; /* of the destination; of a session, empty for a key */
};

/* The id of the record of two things, given theirs. */
struct memory_id parties_pair_id(uint64_t seed, const struct memory_id *a,
                                 const struct memory_id *b);

/* The ids of a session's parties, and its destination's name; `ids` by identity_name. */
void parties_name(struct correlator *c, const struct session *s,
                  const struct identity_ids *ids, struct parties *out);

/* The records of those ids will be needed soon: have their memory fetched. */
void parties_fetch(const struct correlator *c, const struct parties *p);

/* Find or make the records of what was named but for the pairs; false when memory is out. */
bool parties_make(struct correlator *c, struct parties *p);

/* The pairs of what is known: those that are there / made where they are not; the latter false
 * when memory is out. */
void parties_find_pairs(struct correlator *c, struct parties *p);
bool parties_make_pairs(struct correlator *c, struct parties *p);

/* The same of device and app alone. */
bool parties_make_device_app(struct correlator *c, struct parties *p);

/* The records of a key that is there; those that were dropped are NULL. False without a device. */
bool parties_of_key(struct correlator *c, const struct memory_id *key_id,
                    struct parties *out);
