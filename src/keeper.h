/*
 * Memory that survives: keeps the correlator's memory, the alerts and the output file in step in a
 * state database (detect/state.h), so that a run that ended anywhere is gone on with as if it had
 * not: no alert is lost and none is told twice.
 *
 * Alerts wait in an outbox until the memory that knows them is committed, and with them how far the
 * output file is written; then they go to the sinks, and the outbox is committed as empty. Who
 * begins again finds either memory without the alert, and finds it again, or memory with it and the
 * alert in the outbox, and sends it. What the output file holds behind the committed place is taken
 * back: all of it in a replay, which will write it again, live only what stands in the outbox or was
 * cut. Standard output cannot be taken back, and receivers keep what they have: there an alert can
 * come twice when the program ended in the moment between sending and committing, with the same
 * event.id.
 *
 * Commits happen between two sessions: with each alert, each state.interval of packet time, and at
 * the end. In a replay, where a week passes in a second and all can be read again, an interval also
 * lasts KEEPER_SESSIONS_MIN sessions. A replay that is asked to stop keeps what is pending for the next run.
 *
 * A database that cannot be written (a full disk) is said once; alerts go out all the same.
 */
#pragma once

#include "alert/alert.h"
#include "config/config.h"
#include "detect/state_memory.h"

#define KEEPER_LIVE_PATH "/var/lib/pinsight/state.db"
/* Events of alerts that are kept for `explain`, the newest ones. */
#define KEEPER_ALERTS_MAX 10000u
#define KEEPER_SESSIONS_MIN 256u
#define KEEPER_EVENT_MAX (128u * 1024u)

struct keeper_stats {
    uint64_t commits;
    uint64_t failures;
    uint64_t
        resent; /* parts of alerts that an earlier run had not written, or not all of it */
};

struct keeper {
    struct state *state; /* NULL: nothing is kept, and nothing below is used */
    struct state_options options;
    char version[STATE_VERSION_MAX];
    struct correlator *correlator;
    struct alert_output *output;
    struct state_memory memory;
    struct outbox outbox;
    struct sink_file_position position;
    bool has_position; /* of the earlier run */
    bool live;
    bool begun;   /* a step is being written */
    bool changed; /* since the last commit; set by who changes something */
    bool failing;
    uint32_t alerts_since_trim;
    uint64_t interval_ns;
    uint64_t due_ns;       /* packet time of the next commit */
    uint64_t due_sessions; /* and, in a replay, how many are judged by then */
    uint64_t sequence;
    struct keeper_stats stats;
    char *event; /* an alert's, while it is written */
};

/* The database that the settings name; NULL: none. */
const char *keeper_path(const struct config *config, bool live);

/* Open the database that the configuration names, if it names one. -1 with a sentence. */
int keeper_open(struct keeper *k, const struct config *config, bool live, uint64_t seed,
                struct err *why);

/* The seed for the correlator's ids. */
uint64_t keeper_seed(const struct keeper *k, uint64_t otherwise);

/* An earlier run is gone on with. */
bool keeper_goes_on(const struct keeper *k);

/*
 * Fill the correlator, which is empty and outlives the keeper's last commit, from the database. 0;
 * -1 with a sentence; 1 when the database was damaged and set aside: make the correlator anew and
 * call it again.
 */
int keeper_load(struct keeper *k, struct correlator *correlator, struct err *why);

/* Bring the output to where the earlier run stopped, and send what that had not. */
int keeper_join(struct keeper *k, struct alert_output *output, struct err *why);

/* An alert was handed to the output: its event is kept with it. */
void keeper_note(struct keeper *k, const struct finding *f);

/* The correlator rests at that packet time: commit what is due, send what waits. */
void keeper_rest(struct keeper *k, uint64_t now_ns);

/* Commit and send everything. */
void keeper_commit(struct keeper *k);

/* The memory is a moment that can be gone on with; what is pending need not be decided now. */
bool keeper_can_pause(const struct keeper *k);

/* The correlator judges by other rules now; everything was committed before. */
void keeper_note_rules(struct keeper *k);

void keeper_close(struct keeper *k);
