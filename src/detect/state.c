#include "detect/state.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "detect/state_file.h"

#define FORMAT 1 /* of the tables below */
#define DETAIL_MAX 160

enum statement { PUT, DROP, DROP_KIND, EACH, COUNT, TRIM, STATEMENTS };

static const char *const statement_texts[STATEMENTS] = {
    [PUT] = "INSERT OR REPLACE INTO row (kind, id, turn, used_s, value, sum) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [DROP] = "DELETE FROM row WHERE kind = ?1 AND id = ?2",
    [DROP_KIND] = "DELETE FROM row WHERE kind = ?1",
    [EACH] =
        "SELECT id, turn, used_s, value, sum FROM row WHERE kind = ?1 ORDER BY turn, id",
    [COUNT] = "SELECT count(*), coalesce(sum(length(value)), 0) FROM row WHERE kind = ?1",
    [TRIM] =
        "DELETE FROM row WHERE kind = ?1 AND id IN (SELECT id FROM row WHERE kind = ?1 "
        "ORDER BY turn DESC LIMIT -1 OFFSET ?2)",
};

struct state {
    struct state_options options;
    int lock; /* holds the file against other programs; -1 when it is only read */
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENTS];
    uint64_t seed;
    bool is_new;
};

/* Why a file is not used. */
struct fault {
    bool found;
    char text[2 * DETAIL_MAX];
};

static bool blame(struct fault *f, const char *reason, const char *detail)
{
    f->found = true;
    (void)snprintf(f->text, sizeof(f->text), "%s%s%s", reason, detail ? ": " : "",
                   detail ? detail : "");
    return false;
}

static int fail(const struct state *s, struct err *why)
{
    return err_set(why, "state %s: %s", s->options.path,
                   s->database ? sqlite3_errmsg(s->database) : "no memory");
}

static int run(struct state *s, const char *text, struct err *why)
{
    return sqlite3_exec(s->database, text, NULL, NULL, NULL) == SQLITE_OK ? 0
                                                                          : fail(s, why);
}

/* The first value that a query gives, as text; empty when there is none. */
static void ask(struct state *s, const char *query, char out[DETAIL_MAX])
{
    sqlite3_stmt *statement = NULL;
    const unsigned char *text = NULL;

    if (sqlite3_prepare_v2(s->database, query, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        text = sqlite3_column_text(statement, 0);
    (void)snprintf(out, DETAIL_MAX, "%s", text ? (const char *)text : "");
    (void)sqlite3_finalize(statement);
}

/* ---- is it one of ours */

static bool check_version(struct state *s, struct fault *f)
{
    char text[DETAIL_MAX];

    ask(s, "PRAGMA user_version", text);
    if (strtoul(text, NULL, 10) != FORMAT)
        return blame(f, "is of another version of pinsight, format", text);
    ask(s, "SELECT version FROM about", text);
    if (strcmp(text, s->options.version) != 0)
        return blame(f, "is of another version of pinsight, whose records lie otherwise",
                     NULL);
    return true;
}

static bool check_database(struct state *s, struct fault *f)
{
    char text[DETAIL_MAX];

    ask(s, "PRAGMA quick_check(1)", text);
    if (strcmp(text, "ok") != 0)
        return blame(f, "is damaged", text[0] ? text : sqlite3_errmsg(s->database));
    return check_version(s, f);
}

/* ---- files */

/* SQLite first: closing any descriptor of the file gives its own locks away. */
static void close_files(struct state *s)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        (void)sqlite3_finalize(s->statements[i]);
        s->statements[i] = NULL;
    }
    (void)sqlite3_close(s->database);
    s->database = NULL;
    if (s->lock >= 0)
        (void)close(s->lock);
    s->lock = -1;
}

static int set_aside(struct state *s, const char *reason, struct err *why)
{
    close_files(s);
    return state_file_set_aside(s->options.path, reason, why);
}

/* ---- opening */

static int open_database(struct state *s, int flags, struct err *why)
{
    if (sqlite3_open_v2(s->options.path, &s->database, flags | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        return fail(s, why);
    return run(s,
               "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
               "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192",
               why);
}

/* Everything in one step, and only then the log: the header of the file says whose it is. */
static int make_tables(struct state *s, struct err *why)
{
    char text[1024];

    (void)snprintf(text, sizeof(text),
                   "BEGIN EXCLUSIVE; PRAGMA application_id = %d; PRAGMA user_version = %d;"
                   "CREATE TABLE about (version TEXT NOT NULL, seed INTEGER NOT NULL);"
                   "INSERT INTO about VALUES ('%s', %lld);"
                   "CREATE TABLE row (kind INTEGER NOT NULL, id BLOB NOT NULL,"
                   " turn INTEGER NOT NULL, used_s INTEGER NOT NULL, value BLOB NOT NULL,"
                   " sum INTEGER NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID; COMMIT",
                   STATE_FILE_APPLICATION, FORMAT, s->options.version,
                   (long long)s->options.seed);
    return run(s, text, why);
}

static bool has_tables(struct state *s)
{
    char text[DETAIL_MAX];

    ask(s, "SELECT count(*) FROM sqlite_schema", text);
    return strcmp(text, "0") != 0;
}

static int prepare(struct state *s, struct err *why)
{
    char text[DETAIL_MAX];

    for (size_t i = 0; i < STATEMENTS; i++)
        if (sqlite3_prepare_v3(s->database, statement_texts[i], -1,
                               SQLITE_PREPARE_PERSISTENT, &s->statements[i],
                               NULL) != SQLITE_OK)
            return fail(s, why);
    ask(s, "SELECT seed FROM about", text);
    s->seed = (uint64_t)strtoll(text, NULL, 10);
    return 0;
}

/* What failed is the content of the file: that is a fault of it; anything else is a failure. */
static int fail_or_blame(struct state *s, struct fault *f)
{
    int code = s->database ? sqlite3_errcode(s->database) & 0xff : SQLITE_NOMEM;

    if (code != SQLITE_CORRUPT && code != SQLITE_NOTADB)
        return -1;
    (void)blame(f, "is damaged", sqlite3_errmsg(s->database));
    return 0;
}

/* A file of ours or a new one; false with the fault when it is neither. -1: it cannot be opened. */
static int open_ours(struct state *s, struct fault *f, struct err *why)
{
    s->lock = state_file_hold(s->options.path, why);
    if (s->lock < 0)
        return -1;
    if (!state_file_may_be_ours(s->lock)) {
        (void)blame(f, "is no state database of pinsight", NULL);
        return 0;
    }
    if (open_database(s, SQLITE_OPEN_READWRITE, why) < 0)
        return fail_or_blame(s, f);
    s->is_new = !has_tables(s);
    if (s->is_new && make_tables(s, why) < 0)
        return fail_or_blame(s, f);
    if (!s->is_new && !check_database(s, f))
        return 0;
    if (run(s,
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
            "PRAGMA wal_autocheckpoint = 8192; PRAGMA journal_size_limit = 33554432;"
            "BEGIN IMMEDIATE; COMMIT",
            why) < 0 ||
        prepare(s, why) < 0)
        return fail_or_blame(s, f);
    return 0;
}

static int open_whatever(struct state *s, struct err *why)
{
    struct fault fault = {.found = false};

    if (open_ours(s, &fault, why) < 0)
        return -1;
    if (!fault.found)
        return 0;
    if (set_aside(s, fault.text, why) < 0)
        return -1;
    fault.found = false;
    if (open_ours(s, &fault, why) < 0)
        return -1;
    return fault.found ? err_set(why, "state %s %s", s->options.path, fault.text) : 0;
}

static struct state *new_state(const struct state_options *options, struct err *why)
{
    struct state *s = calloc(1, sizeof(*s));

    if (!s || strlen(options->path) >= STATE_FILE_PATH_MAX) {
        (void)err_set(why, "state %s: %s", options->path,
                      s ? "the name is too long" : "no memory");
        free(s);
        return NULL;
    }
    s->options = *options;
    s->lock = -1;
    return s;
}

struct state *state_open(const struct state_options *options, struct err *why)
{
    struct state *s = new_state(options, why);

    if (s && open_whatever(s, why) < 0) {
        state_close(s);
        return NULL;
    }
    return s;
}

static int open_to_read(struct state *s, struct err *why)
{
    struct fault fault = {.found = false};
    int fd = state_file_look(s->options.path, why);

    if (fd < 0)
        return -1;
    if (!state_file_may_be_ours(fd))
        (void)blame(&fault, "is no state database of pinsight", NULL);
    (void)close(fd);
    if (!fault.found && open_database(s, SQLITE_OPEN_READONLY, why) < 0)
        return -1;
    if (!fault.found && !has_tables(s))
        (void)blame(&fault, "is empty", NULL);
    if (!fault.found)
        (void)check_database(s, &fault);
    if (fault.found)
        return err_set(why, "state %s %s", s->options.path, fault.text);
    return prepare(s, why);
}

struct state *state_open_to_read(const struct state_options *options, struct err *why)
{
    struct state *s = new_state(options, why);

    if (s && open_to_read(s, why) < 0) {
        state_close(s);
        return NULL;
    }
    return s;
}

int state_begin_anew(struct state *s, const char *reason, struct err *why)
{
    return set_aside(s, reason, why) < 0 ? -1 : open_whatever(s, why);
}

void state_close(struct state *s)
{
    if (!s)
        return;
    close_files(s);
    free(s);
}

bool state_is_new(const struct state *s)
{
    return s->is_new;
}

uint64_t state_seed(const struct state *s)
{
    return s->seed;
}

uint64_t state_bytes(const struct state *s)
{
    return state_file_bytes(s->options.path);
}

/* ---- rows */

/* Over everything in a row: SQLite does not notice a byte that changed on the disk. */
static uint64_t sum_of(const struct state_row *row)
{
    uint64_t head[3] = {(uint64_t)row->kind, row->turn, row->used_s};
    uint64_t sum = XXH3_64bits_withSeed(head, sizeof(head), FORMAT);

    sum = XXH3_64bits_withSeed(row->id, sizeof(row->id), sum);
    return XXH3_64bits_withSeed(row->value.data, row->value.len, sum);
}

/* Run a statement that gives no rows, and make it ready for the next time. */
static int finish(struct state *s, sqlite3_stmt *statement, struct err *why)
{
    int result = sqlite3_step(statement) == SQLITE_DONE ? 0 : fail(s, why);

    (void)sqlite3_reset(statement);
    return result;
}

int state_begin(struct state *s, struct err *why)
{
    return run(s, "BEGIN IMMEDIATE", why);
}

int state_commit(struct state *s, struct err *why)
{
    return run(s, "COMMIT", why);
}

void state_undo(struct state *s)
{
    if (!sqlite3_get_autocommit(s->database))
        (void)sqlite3_exec(s->database, "ROLLBACK", NULL, NULL, NULL);
}

int state_put(struct state *s, const struct state_row *row, struct err *why)
{
    sqlite3_stmt *put = s->statements[PUT];

    (void)sqlite3_bind_int(put, 1, (int)row->kind);
    (void)sqlite3_bind_blob(put, 2, row->id, sizeof(row->id), SQLITE_STATIC);
    (void)sqlite3_bind_int64(put, 3, (sqlite3_int64)row->turn);
    (void)sqlite3_bind_int64(put, 4, (sqlite3_int64)row->used_s);
    (void)sqlite3_bind_blob64(put, 5, row->value.len ? (const void *)row->value.data : "",
                              row->value.len, SQLITE_STATIC);
    (void)sqlite3_bind_int64(put, 6, (sqlite3_int64)sum_of(row));
    return finish(s, put, why);
}

int state_drop(struct state *s, enum state_kind kind, const uint8_t *id, struct err *why)
{
    sqlite3_stmt *drop = s->statements[DROP];

    (void)sqlite3_bind_int(drop, 1, (int)kind);
    (void)sqlite3_bind_blob(drop, 2, id, STATE_ID_BYTES, SQLITE_STATIC);
    return finish(s, drop, why);
}

int state_drop_counted(struct state *s, enum state_kind kind, const uint8_t *id,
                       struct err *why)
{
    return state_drop(s, kind, id, why) < 0 ? -1 : sqlite3_changes(s->database);
}

int state_drop_kind(struct state *s, enum state_kind kind, struct err *why)
{
    (void)sqlite3_bind_int(s->statements[DROP_KIND], 1, (int)kind);
    return finish(s, s->statements[DROP_KIND], why);
}

int state_trim(struct state *s, enum state_kind kind, uint64_t most, struct err *why)
{
    (void)sqlite3_bind_int(s->statements[TRIM], 1, (int)kind);
    (void)sqlite3_bind_int64(s->statements[TRIM], 2, (sqlite3_int64)most);
    return finish(s, s->statements[TRIM], why);
}

int state_shrink(struct state *s, struct err *why)
{
    return run(s, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", why);
}

int state_count(struct state *s, enum state_kind kind, uint64_t *rows, uint64_t *bytes,
                struct err *why)
{
    sqlite3_stmt *count = s->statements[COUNT];
    int result = 0;

    (void)sqlite3_bind_int(count, 1, (int)kind);
    if (sqlite3_step(count) == SQLITE_ROW) {
        *rows = (uint64_t)sqlite3_column_int64(count, 0);
        *bytes = (uint64_t)sqlite3_column_int64(count, 1);
    } else {
        result = fail(s, why);
    }
    (void)sqlite3_reset(count);
    return result;
}

/* The row at hand; false when it is not as it was written. */
static bool read_row(sqlite3_stmt *each, enum state_kind kind, struct state_row *row)
{
    const void *id = sqlite3_column_blob(each, 0), *value = sqlite3_column_blob(each, 3);
    int len = sqlite3_column_bytes(each, 3);

    *row = (struct state_row){.kind = kind,
                              .turn = (uint64_t)sqlite3_column_int64(each, 1),
                              .used_s = (uint64_t)sqlite3_column_int64(each, 2),
                              .value = span_of(value, len > 0 ? (size_t)len : 0)};
    if (!id || sqlite3_column_bytes(each, 0) != STATE_ID_BYTES)
        return false;
    memcpy(row->id, id, STATE_ID_BYTES);
    return (uint64_t)sqlite3_column_int64(each, 4) == sum_of(row);
}

int state_each(struct state *s, enum state_kind kind,
               bool (*take)(void *ctx, const struct state_row *row), void *ctx,
               struct err *why)
{
    sqlite3_stmt *each = s->statements[EACH];
    struct state_row row;
    int step = SQLITE_DONE, result = 0;

    (void)sqlite3_bind_int(each, 1, (int)kind);
    while (result == 0 && (step = sqlite3_step(each)) == SQLITE_ROW)
        if (!read_row(each, kind, &row) || !take(ctx, &row))
            result = err_set(why, "state %s is damaged: a row of kind %s cannot be read",
                             s->options.path, state_kind_name(kind));
    if (result == 0 && step != SQLITE_DONE)
        result = fail(s, why);
    (void)sqlite3_reset(each);
    return result;
}

const char *state_kind_name(enum state_kind kind)
{
    static const char *const names[STATE_KINDS] = {
        [STATE_CORRELATOR] = "correlator",
        [STATE_DEVICE] = "device",
        [STATE_DEVICE_APP] = "device_app",
        [STATE_APP] = "app",
        [STATE_DESTINATION] = "destination",
        [STATE_APP_DESTINATION] = "app_destination",
        [STATE_DEVICE_DESTINATION] = "device_destination",
        [STATE_KEY] = "key",
        [STATE_SCOPE] = "profile",
        [STATE_SETTLE] = "settle",
        [STATE_EXPIRY] = "expiry",
        [STATE_HITS] = "hits",
        [STATE_POSITION] = "position",
        [STATE_OUTBOX] = "outbox",
        [STATE_ALERT] = "alert",
        [STATE_ISSUER] = "issuer",
        [STATE_POLICY] = "policy",
        [STATE_UPSTREAM_KEY] = "upstream_key",
        [STATE_FLEET] = "fleet",
        [STATE_GENUINE] = "genuine",
        [STATE_LINK] = "link",
        [STATE_ALIAS] = "address",
        [STATE_AWAITED] = "awaited",
    };

    return names[kind];
}
