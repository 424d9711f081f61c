/*
 * One app and one destination on many devices: when so many of them raise an alert within dedup_h
 * (fleet_collapse_devices), it is one fleet alert, of an app's roll-out, a site or a box, and no
 * longer one of each device. The members' open alerts are closed as superseded by it; a device that
 * raises the same later only joins, and the fleet alert is told anew when a fifth more devices have
 * joined, when the type or the severity rises, or after dedup_h. It is closed when the behaviour of
 * every member has ended or nothing was heard of it for alert_expiry_d, retracted when all of it was
 * refuted.
 *
 * Its id is made of the app key, the destination and the first contributing session of the member
 * that raised it first. Evidence, causes and risk are those of the members that joined last;
 * counts are sums over the members as they were when they joined.
 *
 * A record is made with the first alert of an app and destination and is plain data but for
 * `devices` and `removed`, which it owns. Limits: FINDING_RELATED_MAX addresses are told, all devices are counted
 * (beyond that limit one that comes back counts again).
 */
#pragma once

#include "detect/report.h"

#define FLEET_MEMBERS TUNING_SET_MAX

/* The latest devices that raised it. */
struct fleet_member {
    struct memory_id key;
    struct address device;
    uint8_t first_session[SESSION_ID_BYTES];
    uint64_t time_ns;
    struct finding_counts counts;
};

struct fleet {
    struct memory_entry entry; /* of app and destination */
    struct fleet_member members[FLEET_MEMBERS];
    uint8_t member_count; /* the oldest first */
    bool open;
    enum finding_type type;
    int severity;
    uint32_t revision;
    uint32_t told;      /* devices at the last revision */
    uint32_t total;     /* that ever joined */
    uint32_t active;    /* whose behaviour goes on */
    uint32_t retracted; /* that were refuted */
    uint8_t alert_id[16];
    uint64_t start_ns;
    uint64_t last_ns;
    uint64_t emitted_ns;
    uint64_t watch_ns; /* when it is looked at, 0 not */
    struct finding_counts counts;
    /* Keys that accept what they refused (detect/removal.h), and the notice of all of them. */
    struct memory_id turned[FLEET_MEMBERS];
    uint8_t turned_count;
    struct notice_record *removed; /* owned; NULL before the first */
    struct address *devices;       /* owned, at most FINDING_RELATED_MAX */
    uint32_t device_count;
    uint32_t device_room;
};

/* The id of the record of an app and a destination. */
struct memory_id fleet_id(uint64_t seed, const struct memory_id *app,
                          const struct memory_id *destination);

/*
 * A key shows what `f` says; its alert is filled in and not issued yet, `first_session` the first
 * that contributes. True when a fleet alert tells it: nothing is to be issued for the key, whose
 * `alert.in_fleet` is set.
 */
bool fleet_takes(struct correlator *c, struct report *r, const struct finding *f,
                 const uint8_t *first_session);

/* The behaviour of a member ended, or was refuted. */
void fleet_leave(struct correlator *c, struct parties *p, enum finding_state state);

/* The time has come to look whether the fleet alert still has news: close it, or look again. */
void fleet_expire(struct correlator *c, const struct memory_id *fleet_id);

/* The record of an app and destination, made when it is not there; NULL (counted) without memory. */
struct fleet *fleet_get(struct correlator *c, const struct parties *p);

/* Before its record goes. */
void fleet_fini(struct fleet *fleet);
