/*
 * Match lists: the compiled form of bypass and allow-lists, for destinations and for apps.
 *
 * In: entries as the operator wrote them. A destination entry is one of
 *
 *     host.example             that name, in any case, with or without a final dot
 *     *.example.com            every name below example.com, at any depth, but not example.com itself
 *     192.0.2.1, 10.0.0.0/8, 2001:db8::/32                     an address, a network
 *     5228, *:5228, *:5228-5230                                a port or ports, whatever the host
 *     host.example:443, *.example.com:5223, 10.0.0.0/8:443, [2001:db8::/32]:443      both
 *
 * and an app entry is a package or bundle id, an app key or a JA4, compared to the letter; a `*` at
 * its end stands for any rest (com.example.*, t13d1516h2_8daaf6152771_*).
 * Out: the entry that matches best, lent, so that the caller can count hits under its `index`.
 *
 * A list owns its entries' structs; the texts they point at are borrowed and must outlive it. It
 * does not change once filled. A look-up costs a hash for each parent of the name and for each
 * prefix length in use, whatever the number of entries; it allocates nothing and asks no clock.
 * The maps are filled by the operator alone, so they need no secret seed.
 */
#pragma once

#include "base/address.h"
#include "base/err.h"
#include "base/span.h"
#include "config/place.h"

/* Entries of one list; far above any list seen, low enough to bound memory to some 50 MiB. */
#define MATCH_ENTRIES_MAX 200000

enum match_subject { MATCH_DESTINATIONS, MATCH_APPS };

struct match_entry {
    const char *match;  /* as written */
    const char *reason; /* the rest may be NULL */
    const char *owner;
    const char *source; /* where the publisher says so */
    const char
        *grade; /* how it is known: M measured, C code, R reported, K memory, U unsure */
    const char *list;    /* file or key that holds it: "platform-services.yaml" */
    uint64_t expires_ns; /* no longer valid from here on, packet time; 0: never expires */
    size_t index;        /* number in its list, from 0: the caller's hit counter */
    struct place place;
};

/* What is known of a destination; what is not is an empty span, NULL, 0. */
struct match_destination {
    struct span name; /* server name or CONNECT host, as on the wire */
    const struct address *address;
    uint16_t port;
};

struct match_list;

/* True when the text is an entry of such a list. */
bool match_valid(enum match_subject subject, const char *text);

/* An empty list; NULL when out of memory. */
struct match_list *match_list_new(enum match_subject subject);

/* Accepts NULL. */
void match_list_free(struct match_list *list);

/*
 * Add a copy of `entry` and number it. -1 with a sentence naming its place when `match` cannot be
 * understood, the list is full or memory is out; the list is then as before.
 */
int match_list_add(struct match_list *list, const struct match_entry *entry,
                   struct err *why);

/* Number of entries, and one of them (`index` below that number), expired ones included. */
size_t match_list_count(const struct match_list *list);
const struct match_entry *match_list_get(const struct match_list *list, size_t index);

/*
 * The entry for a destination at packet time `now_ns`, or NULL. The first of these that holds and
 * has not expired: exact name, longest suffix, longest network, port alone. Among entries for the
 * same name or network, the one added first.
 */
const struct match_entry *match_find_destination(const struct match_list *list,
                                                 const struct match_destination *wanted,
                                                 uint64_t now_ns);

/* The entry for one identifier of an app (package, app key, JA4), or NULL; exact, then longest. */
const struct match_entry *match_find_app(const struct match_list *list, struct span id,
                                         uint64_t now_ns);

/*
 * True when `pattern` (with `*` for any run of characters and `?` for one) is all of `text`;
 * ASCII letters compare without case.
 */
bool match_pattern(const char *pattern, struct span text);
