/*
 * What servers show of themselves where nobody inspects: whether a certificate that was seen directly
 * is private, and whether its key serves addresses that have nothing to do with each other. Operators
 * of malware tend to install one private certificate on all their machines; of public certificates
 * the same is said of every content network, so only private ones are looked at.
 */
#pragma once

#include "detect/memory.h"
#include "session/session.h"

/* One key of private certificates. */
struct upstream_key {
    struct memory_entry entry;
    struct id_set networks; /* /16, or /32 of version 6 */
    struct id_set names;    /* registered domains; the address where there is no name */
};

#define UPSTREAM_NETWORKS_MIN 2
#define UPSTREAM_NAMES_MIN 2

/* A certificate of no configured authority is seen, and no public authority vouches for it. */
bool upstream_is_private(const struct session *s);

/*
 * Note the key of a session whose certificate is private. True when it serves unrelated addresses:
 * several networks under several names since `since_ns`.
 */
bool upstream_note(struct memory_table *keys, uint64_t seed, const struct session *s,
                   uint64_t since_ns);
