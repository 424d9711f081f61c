/*
 * The state database: rows of bytes, each of a kind and with an id, that survive the program. It
 * knows SQLite and files, and nothing of what the rows mean: detect/state_memory.h and the program's
 * keeper do.
 *
 * Rows change between state_begin and state_commit, all of them or none, whenever the program or
 * the machine stops: the database is written ahead (WAL) and a commit does not wait for the disk, so
 * a loss of power can undo the latest commits and never a part of one.
 *
 * Files, all of them opened here and held until state_close: PATH, PATH-wal and PATH-shm, and while
 * a database is made PATH-journal. Nothing is opened later, so rights can be given up in between;
 * state_close removes PATH-wal and PATH-shm where it may.
 *
 * A file that is no state database, is damaged, or was written by a version whose records lie
 * otherwise, is neither read nor overwritten: it is renamed to PATH.set-aside (or .set-aside.2 and
 * so on, up to STATE_FILE_ASIDE_MAX) and one sentence says why. A database that another pinsight holds
 * is refused.
 */
#pragma once

#include "base/err.h"
#include "base/span.h"

#define STATE_ID_BYTES 16

/* The numbers are those in the database and never change their meaning. */
enum state_kind {
    STATE_CORRELATOR = 1, /* what the correlator remembers beside its tables: one row */
    STATE_DEVICE,
    STATE_DEVICE_APP,
    STATE_APP,
    STATE_DESTINATION,
    STATE_APP_DESTINATION,
    STATE_DEVICE_DESTINATION,
    STATE_KEY,
    STATE_SCOPE,    /* inspection profiles */
    STATE_SETTLE,   /* keys and devices that are looked at again */
    STATE_EXPIRY,   /* open alerts that end when nothing more comes */
    STATE_HITS,     /* of entries of the allow-lists */
    STATE_POSITION, /* how far the output file is written: one row */
    STATE_OUTBOX,   /* alerts that may not have been written */
    STATE_ALERT,    /* the latest event of each alert */
    STATE_ISSUER,
    STATE_POLICY, /* what certificates showed of a destination */
    STATE_UPSTREAM_KEY,
    STATE_FLEET,
    STATE_GENUINE, /* a destination's own certificates */
    STATE_LINK,    /* MACs and tunnels, and whose they are */
    STATE_ALIAS,   /* addresses, and whose they are */
    STATE_AWAITED, /* direct sessions whose totals are of interest */
    STATE_KINDS,
};

struct state_row {
    enum state_kind kind;
    uint8_t id[STATE_ID_BYTES];
    uint64_t turn;   /* rows of a kind are read in this order */
    uint64_t used_s; /* when what it stands for was last used */
    struct span value;
};

struct state;

struct state_options {
    const char *path;    /* borrowed until state_close */
    const char *version; /* of the records; another one in the file is another version */
    uint64_t seed;       /* for a new database */
};

/* Open or make one. NULL with a sentence when it cannot be used; setting aside is no failure. */
struct state *state_open(const struct state_options *options, struct err *why);

/* Open one that is there, to look at. NULL with a sentence also where state_open sets aside. */
struct state *state_open_to_read(const struct state_options *options, struct err *why);

/* Accepts NULL. Without a commit what was begun is undone. */
void state_close(struct state *s);

/* Its rows turned out to be none of ours: set it aside for this reason and begin a new one. */
int state_begin_anew(struct state *s, const char *reason, struct err *why);

/* True when it had no rows when it was opened. */
bool state_is_new(const struct state *s);

/* What ids of rows are made with, the same as long as the database lives. */
uint64_t state_seed(const struct state *s);

/* Bytes of the database with what is written ahead. */
uint64_t state_bytes(const struct state *s);

/* Each of these: 0, or -1 with a sentence; after -1 use state_undo. */
int state_begin(struct state *s, struct err *why);
int state_commit(struct state *s, struct err *why);
void state_undo(struct state *s);
int state_put(struct state *s, const struct state_row *row, struct err *why);
int state_drop(struct state *s, enum state_kind kind, const uint8_t *id, struct err *why);
/* The same; how many rows there were, 0 or 1. */
int state_drop_counted(struct state *s, enum state_kind kind, const uint8_t *id,
                       struct err *why);
int state_drop_kind(struct state *s, enum state_kind kind, struct err *why);

/* Of a kind keep the rows of the highest turns, so many. */
int state_trim(struct state *s, enum state_kind kind, uint64_t most, struct err *why);

/* Give the room of dropped rows back to the disk. */
int state_shrink(struct state *s, struct err *why);

/* How many rows a kind has, and how many bytes they hold. */
int state_count(struct state *s, enum state_kind kind, uint64_t *rows, uint64_t *bytes,
                struct err *why);

/*
 * Every row of a kind in the order of turns, lent until `take` returns; `take` returns false for a
 * row that it cannot read. 0, or -1 with a sentence: the database cannot be read or is damaged.
 */
int state_each(struct state *s, enum state_kind kind,
               bool (*take)(void *ctx, const struct state_row *row), void *ctx,
               struct err *why);

/* "device" */
const char *state_kind_name(enum state_kind kind);
