#include "alert/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/nanotime.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define SYNC_NS (100 * NS_PER_MS)
#define MARK_NS NS_PER_S
#define MARK_BYTES 34 /* two numbers of 16 digits, a blank, an end of line */
#define MARK_SLOTS 2
#define SEGMENTS 32 /* of a full spool */
#define FOLDER_MODE 0750
#define FILE_MODE 0640

/* ---- the mark */

static uint64_t mark_sum(uint64_t settled)
{
    return XXH3_64bits_withSeed("mark", 4, settled);
}

static int mark_text(uint64_t settled, char out[MARK_BYTES + 1])
{
    return snprintf(out, MARK_BYTES + 1, "%016llx %016llx\n", (unsigned long long)settled,
                    (unsigned long long)mark_sum(settled));
}

/* What a slot says; 0 when it says nothing that can be trusted. */
static uint64_t read_slot(int fd, unsigned slot)
{
    char found[MARK_BYTES + 1], want[MARK_BYTES + 1];
    unsigned long long settled;

    if (pread(fd, found, MARK_BYTES, (off_t)slot * MARK_BYTES) != MARK_BYTES)
        return 0;
    found[MARK_BYTES] = '\0';
    settled = strtoull(found, NULL, 16);
    (void)mark_text(settled, want);
    return memcmp(found, want, MARK_BYTES) == 0 ? settled : 0;
}

static void read_mark(struct spool *s)
{
    uint64_t a = read_slot(s->mark, 0), b = read_slot(s->mark, 1);

    s->marked = a > b ? a : b;
    s->slot = a > b ? 1 : 0; /* the older one is overwritten next */
}

static void write_mark(struct spool *s)
{
    char text[MARK_BYTES + 1];

    if (s->settled.sequence == s->marked)
        return;
    (void)mark_text(s->settled.sequence, text);
    if (s->queues[0].options.write(s->mark, text, MARK_BYTES,
                                   (off_t)s->slot * MARK_BYTES) != MARK_BYTES) {
        s->stats.write_errors++;
        return;
    }
    s->marked = s->settled.sequence;
    s->slot = (s->slot + 1) % MARK_SLOTS;
}

/* ---- alerts in memory: a struct held, then its bytes, one after the other */

struct held {
    uint64_t sequence;
    uint64_t len;
};

static bool held_at(const struct spool *s, size_t at, struct held *out, struct span *bytes)
{
    struct span rest = span_of(s->held + at, s->held_len - at), head;

    if (!span_take(&rest, sizeof(*out), &head))
        return false;
    memcpy(out, head.data, sizeof(*out));
    return span_take(&rest, (size_t)out->len, bytes);
}

static bool held_put(struct spool *s, uint64_t sequence, struct span bytes)
{
    struct held head = {.sequence = sequence, .len = bytes.len};

    if (SPOOL_HELD_BYTES - s->held_len < sizeof(head) + bytes.len)
        return false;
    memcpy(s->held + s->held_len, &head, sizeof(head));
    memcpy(s->held + s->held_len + sizeof(head), bytes.data, bytes.len);
    s->held_len += sizeof(head) + bytes.len;
    return true;
}

/* Let go of what stands before `at`. */
static void held_release(struct spool *s, size_t at)
{
    memmove(s->held, s->held + at, s->held_len - at);
    s->held_len -= at;
}

static void held_settle(struct spool *s)
{
    struct held head;
    struct span bytes;
    size_t at = 0;

    while (held_at(s, at, &head, &bytes) && head.sequence <= s->settled.sequence)
        at += sizeof(head) + bytes.len;
    held_release(s, at);
}

static void held_to_disk(struct spool *s)
{
    struct held head;
    struct span bytes;
    size_t at = 0;

    while (held_at(s, at, &head, &bytes) &&
           spool_queue_append(&s->queues[SINK_ALERT], head.sequence, bytes) == 0)
        at += sizeof(head) + bytes.len;
    held_release(s, at);
    s->full = s->held_len > 0;
}

/* ---- putting */

uint64_t spool_bytes(const struct spool *s)
{
    return s->queues[SINK_ALERT].bytes + s->queues[SINK_OBSERVATION].bytes;
}

static bool has_room(const struct spool *s, struct span bytes)
{
    return spool_bytes(s) + bytes.len + SPOOL_LINE_EXTRA <= s->options.bytes;
}

/* Remove the oldest observations; false when there are none. */
static bool shed(struct spool *s)
{
    int64_t unread = spool_queue_drop(&s->queues[SINK_OBSERVATION], s->read.sequence);

    if (unread < 0)
        return false;
    s->stats.shed[SINK_OBSERVATION] += (uint64_t)unread;
    s->waiting[SINK_OBSERVATION] -= (uint64_t)unread < s->waiting[SINK_OBSERVATION]
                                        ? (uint64_t)unread
                                        : s->waiting[SINK_OBSERVATION];
    return true;
}

static bool append(struct spool *s, enum sink_class class, struct span bytes)
{
    if (spool_queue_append(&s->queues[class], s->next, bytes) == 0)
        return true;
    s->stats.write_errors++;
    s->full = true;
    return false;
}

static bool put_alert(struct spool *s, struct span bytes)
{
    if (s->held_len > 0)
        return held_put(s, s->next, bytes);
    while (!has_room(s, bytes))
        if (!shed(s))
            return false;
    do {
        if (append(s, SINK_ALERT, bytes))
            return true;
    } while (shed(s));
    return held_put(s, s->next, bytes);
}

static bool put_observation(struct spool *s, struct span bytes)
{
    uint64_t after = s->queues[SINK_OBSERVATION].bytes + bytes.len + SPOOL_LINE_EXTRA;

    return !s->full && has_room(s, bytes) && after <= s->options.bytes / 2 &&
           append(s, SINK_OBSERVATION, bytes);
}

bool spool_put(struct spool *s, enum sink_class class, struct span bytes)
{
    bool taken = bytes.len <= SPOOL_MESSAGE_MAX &&
                 (class == SINK_ALERT ? put_alert(s, bytes) : put_observation(s, bytes));

    if (!taken) {
        s->stats.shed[class]++;
        return false;
    }
    s->next++;
    s->waiting[class]++;
    s->stats.put[class]++;
    return true;
}

/* ---- reading */

static bool peek_held(struct spool *s, struct spool_message *out)
{
    struct held head;
    size_t at = 0;

    while (held_at(s, at, &head, &out->bytes)) {
        if (head.sequence > s->read.sequence) {
            s->peeked_held = at;
            out->class = SINK_ALERT;
            out->sequence = head.sequence;
            return true;
        }
        at += sizeof(head) + out->bytes.len;
    }
    return false;
}

bool spool_peek(struct spool *s, struct spool_message *out)
{
    struct spool_message m;
    bool found = false;

    for (int class = SINK_ALERT; class < SINK_CLASSES; class ++) {
        m.class = (enum sink_class) class;
        if (spool_queue_peek(&s->queues[class], s->read.sequence, &m.sequence, &m.bytes) &&
            (!found || m.sequence < out->sequence)) {
            *out = m;
            s->peeked = class;
            found = true;
        }
    }
    if (peek_held(s, &m) && (!found || m.sequence < out->sequence)) {
        *out = m;
        s->peeked = SINK_CLASSES;
        found = true;
    }
    if (!found) /* whatever was counted: files can be damaged or gone */
        memset(s->waiting, 0, sizeof(s->waiting));
    return found;
}

void spool_skip(struct spool *s)
{
    struct spool_message m;

    if (!spool_peek(s, &m))
        return;
    if (s->peeked < SINK_CLASSES)
        spool_queue_skip(&s->queues[s->peeked]);
    s->read.sequence = m.sequence;
    s->read.read[m.class]++;
    s->waiting[m.class] -= s->waiting[m.class] > 0;
}

struct spool_position spool_tell(const struct spool *s)
{
    return s->read;
}

void spool_settle(struct spool *s, const struct spool_position *to)
{
    if (to->sequence <= s->settled.sequence)
        return;
    s->settled = *to;
    for (int class = 0; class < SINK_CLASSES; class ++)
        spool_queue_release(&s->queues[class], to->sequence);
    held_settle(s);
}

void spool_rewind(struct spool *s)
{
    for (int class = 0; class < SINK_CLASSES; class ++) {
        s->waiting[class] += s->read.read[class] - s->settled.read[class];
        spool_queue_rewind(&s->queues[class], s->settled.sequence);
    }
    s->read = s->settled;
}

uint64_t spool_unsettled(const struct spool *s, enum sink_class class)
{
    return s->waiting[class] + s->read.read[class] - s->settled.read[class];
}

/* ---- time */

void spool_tick(struct spool *s, uint64_t now_ns)
{
    if (now_ns >= s->next_mark_ns) {
        s->next_mark_ns = now_ns + MARK_NS;
        s->full = false; /* let the next write find out */
        if (s->held_len > 0)
            held_to_disk(s);
        write_mark(s);
    }
    if (now_ns >= s->next_sync_ns) {
        s->next_sync_ns = now_ns + SYNC_NS;
        s->stats.write_errors += spool_queue_sync(&s->queues[SINK_ALERT]) < 0;
    }
    s->stats.damaged = s->queues[SINK_ALERT].damaged + s->queues[SINK_OBSERVATION].damaged;
}

/* ---- opening */

static int open_folder(struct spool *s, struct err *why)
{
    char name[SPOOL_NAME_MAX + 8];

    if (mkdir(s->options.path, FOLDER_MODE) < 0 && errno != EEXIST)
        return err_set(why, "spool %s: %s", s->options.path, strerror(errno));
    s->folder = open(s->options.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->folder < 0)
        return err_set(why, "spool %s: %s", s->options.path, strerror(errno));
    (void)snprintf(name, sizeof(name), "%s.mark", s->options.name);
    s->mark = openat(s->folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (s->mark < 0)
        return err_set(why, "spool %s/%s: %s", s->options.path, name, strerror(errno));
    if (flock(s->mark, LOCK_EX | LOCK_NB) < 0)
        return err_set(why, "spool %s/%s: %s", s->options.path, name,
                       errno == EWOULDBLOCK ? "another program uses it" : strerror(errno));
    read_mark(s);
    return 0;
}

static int open_queues(struct spool *s, struct err *why)
{
    static const char *const classes[SINK_CLASSES] = {"alert", "event"};

    s->next = s->marked;
    for (int class = 0; class < SINK_CLASSES; class ++) {
        struct spool_queue_options options = {
            .folder = s->folder,
            .name = s->queue_names[class],
            .segment_bytes = s->options.bytes / SEGMENTS,
            .write = s->options.write,
        };
        uint64_t last;

        (void)snprintf(s->queue_names[class], SPOOL_NAME_MAX, "%s.%s", s->options.name,
                       classes[class]);
        if (spool_queue_open(&s->queues[class], &options, s->marked, &s->waiting[class],
                             why) < 0)
            return -1;
        last = spool_queue_last(&s->queues[class]);
        s->next = last > s->next ? last : s->next;
        s->stats.recovered += s->waiting[class];
    }
    s->next++;
    return 0;
}

int spool_open(struct spool *s, const struct spool_options *options, struct err *why)
{
    *s = (struct spool){.options = *options, .folder = -1, .mark = -1};
    s->held = malloc(SPOOL_HELD_BYTES);
    if (!s->held)
        return err_set(why, "spool: no memory");
    if (open_folder(s, why) < 0 || open_queues(s, why) < 0) {
        spool_close(s);
        return -1;
    }
    s->read.sequence = s->settled.sequence = s->marked;
    return 0;
}

void spool_close(struct spool *s)
{
    if (!s->held)
        return;
    if (s->queues[SINK_ALERT].buffer) {
        held_to_disk(s);
        if (s->held_len > 0)
            log_error("spool %s: it cannot be written: alerts in memory are lost",
                      s->options.path);
        (void)spool_queue_sync(&s->queues[SINK_ALERT]);
        write_mark(s);
    }
    for (int class = 0; class < SINK_CLASSES; class ++)
        spool_queue_close(&s->queues[class]);
    if (s->folder >= 0)
        (void)close(s->folder);
    if (s->mark >= 0)
        (void)close(s->mark);
    free(s->held);
    *s = (struct spool){.folder = -1, .mark = -1};
}
