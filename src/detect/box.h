/*
 * Which of the learned profiles is an inspection box, and what a session says beside them.
 *
 * In a configured segment, or where a certificate of a configured authority was seen, a profile
 * serves as a box when it was seen in `configured_sessions` sessions over `configured_names`
 * unrelated names and is proven by a certificate of the authority, answers from one distance for
 * all of them, or signs and gives tickets alike for all of them. The distance of a name is the
 * shortest round trip that was seen for it, so that a busy moment makes no difference.
 *
 * Where nobody configured anything, more is asked: `min_flows` sessions over `min_domains` names in
 * `min_prefix16` unrelated networks, from one distance and with one time to live, signed alike, with
 * hardly any certificate of a public issuer; and it must answer most sessions of the place: a
 * network for content delivery answers for many names in many networks as well, but not for all.
 *
 * A machine that does none of it, and signs with keys of different kinds for names at different
 * distances, or shows certificates of others for unrelated names and never one of the authority, is
 * many machines: the open network.
 *
 * Two flights are compared by the traits that both show. A value belongs to the box when three
 * unrelated names had it, and no less than a part of the sessions. The size of the certificate
 * record is not used: it depends on the site.
 */
#pragma once

#include "detect/profile.h"

enum box_match {
    BOX_NONE, /* there is nothing to compare with, or nothing to compare */
    BOX_EQUAL,
    BOX_DIFFERS,
};

/* What a session says beside the boxes of its scope. */
struct box_answer {
    enum box_match syn_ack; /* the answering machine is one of the boxes */
    enum box_match path;    /* TTL and round-trip time are the box's; DIFFERS: far slower */
    enum box_match hello;   /* ServerHello, of what this client offered */
    enum box_match flight;  /* layout of the encrypted server flight */
    bool h2_differs;        /* h2 was chosen, which the boxes never do */
    bool served;            /* a profile serves in this scope */
    bool open_network;      /* who answers is many machines, not one box */
};

/* `configured`: the place is configured, or a certificate of the authority was seen there. */
struct box_answer box_compare(const struct profile_scope *scope, const struct session *s,
                              bool configured, const struct tuning *tuning);

/* After the profile learned: note whether it is a box, for the next time. */
void box_note(const struct profile_scope *scope, struct box_profile *p, bool configured,
              const struct tuning *tuning);
