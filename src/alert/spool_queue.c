#include "alert/spool_queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define FILE_MODE 0640
#define NUMBER_DIGITS 16u
#define HEAD_LEN (2 * NUMBER_DIGITS + 2)
#define BUFFER_BYTES (SPOOL_MESSAGE_MAX + SPOOL_LINE_EXTRA)
#define FILE_NAME_MAX (SPOOL_NAME_MAX + NUMBER_DIGITS + 2)

/* ---- lines */

static uint64_t checksum(uint64_t sequence, struct span message)
{
    return XXH3_64bits_withSeed(message.data, message.len, sequence);
}

static bool parse_number(struct span *line, uint64_t *out)
{
    static const char all[] = "0123456789abcdef";
    uint64_t value = 0;
    struct span digits;

    if (!span_take(line, NUMBER_DIGITS, &digits))
        return false;
    for (size_t i = 0; i < NUMBER_DIGITS; i++) {
        const char *digit = memchr(all, digits.data[i], sizeof(all) - 1);

        if (!digit)
            return false;
        value = value << 4 | (uint64_t)(digit - all);
    }
    *out = value;
    return true;
}

static bool skip_blank(struct span *line)
{
    uint8_t blank;

    return span_u8(line, &blank) && blank == ' ';
}

static bool parse_line(struct span line, uint64_t *sequence, struct span *message)
{
    uint64_t number, sum;

    if (!parse_number(&line, &number) || !skip_blank(&line) || !parse_number(&line, &sum) ||
        !skip_blank(&line) || sum != checksum(number, line))
        return false;
    *sequence = number;
    *message = line;
    return true;
}

/* ---- files */

static void file_name(const struct spool_queue *q, uint64_t first, char out[FILE_NAME_MAX])
{
    (void)snprintf(out, FILE_NAME_MAX, "%s.%016llx", q->options.name,
                   (unsigned long long)first);
}

static int open_segment(const struct spool_queue *q, uint64_t first, int flags)
{
    char name[FILE_NAME_MAX];

    file_name(q, first, name);
    return openat(q->options.folder, name, flags | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
}

static void close_file(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* ---- reading */

static void read_from_start(struct spool_queue *q, size_t segment)
{
    close_file(&q->reading);
    q->at = segment;
    q->offset = 0;
    q->start = q->end = 0;
}

/* Move what is left to the front of the buffer and read on; false at the end of the segment. */
static bool fill(struct spool_queue *q)
{
    const struct spool_segment *segment = &q->segments[q->at];
    size_t room;
    ssize_t n;

    if (q->reading < 0)
        q->reading = open_segment(q, segment->first, O_RDONLY);
    if (q->reading < 0 || q->offset >= segment->bytes)
        return false;
    memmove(q->buffer, q->buffer + q->start, q->end - q->start);
    q->end -= q->start;
    q->start = 0;
    if (q->end == BUFFER_BYTES) { /* a line longer than any message */
        q->damaged++;
        q->end = 0;
    }
    room = BUFFER_BYTES - q->end;
    if (room > segment->bytes - q->offset)
        room = (size_t)(segment->bytes - q->offset);
    n = pread(q->reading, q->buffer + q->end, room, (off_t)q->offset);
    if (n <= 0)
        return false;
    q->end += (size_t)n;
    q->offset += (uint64_t)n;
    return true;
}

/* The next line of the segment at the cursor, without its end; false when there is none. */
static bool next_line(struct spool_queue *q, struct span *line)
{
    for (;;) {
        const char *from = q->buffer + q->start;
        const char *newline = memchr(from, '\n', q->end - q->start);

        if (newline) {
            *line = span_of(from, (size_t)(newline - from));
            return true;
        }
        if (!fill(q))
            return false;
    }
}

static void skip_line(struct spool_queue *q, struct span line)
{
    q->start += line.len + 1;
}

bool spool_queue_peek(struct spool_queue *q, uint64_t after, uint64_t *sequence,
                      struct span *message)
{
    struct span line;

    while (q->at < q->count) {
        while (next_line(q, &line)) {
            bool good = parse_line(line, sequence, message);

            if (good && *sequence > after)
                return true;
            q->damaged += !good;
            skip_line(q, line);
        }
        if (q->at + 1 == q->count)
            return false;
        read_from_start(q, q->at + 1);
    }
    return false;
}

void spool_queue_skip(struct spool_queue *q)
{
    struct span line;

    if (q->at < q->count && next_line(q, &line))
        skip_line(q, line);
}

void spool_queue_rewind(struct spool_queue *q, uint64_t after)
{
    size_t segment = 0;

    while (segment + 1 < q->count && q->segments[segment].last <= after)
        segment++;
    read_from_start(q, segment);
}

/* ---- appending */

/* Remove the last segment if it holds nothing: what was written of it could not be taken back. */
static void forget_empty_tail(struct spool_queue *q)
{
    char name[FILE_NAME_MAX];

    if (q->count == 0 || q->segments[q->count - 1].bytes > 0)
        return;
    q->count--;
    file_name(q, q->segments[q->count].first, name);
    (void)unlinkat(q->options.folder, name, 0);
    if (q->at >= q->count)
        read_from_start(q, q->at);
}

static bool begin_segment(struct spool_queue *q, uint64_t first)
{
    close_file(&q->tail);
    forget_empty_tail(q);
    if (q->count == SPOOL_SEGMENTS_MAX) {
        errno = ENOSPC;
        return false;
    }
    q->tail = open_segment(q, first, O_WRONLY | O_CREAT | O_TRUNC);
    if (q->tail < 0)
        return false;
    q->segments[q->count++] = (struct spool_segment){.first = first};
    q->unsynced_name = true;
    return true;
}

/* The end of the line goes out with the last part, so a half line never looks whole. */
static bool write_all(struct spool_queue *q, struct span left, uint64_t at)
{
    while (!span_empty(left)) {
        ssize_t n = q->options.write(q->tail, left.data, left.len, (off_t)at);

        if (n > 0 && span_skip(&left, (size_t)n)) {
            at += (uint64_t)n;
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else {
            if (n == 0)
                errno = ENOSPC;
            return false;
        }
    }
    return true;
}

static bool write_line(struct spool_queue *q, uint64_t sequence, struct span message,
                       uint64_t at)
{
    char *line = q->buffer + BUFFER_BYTES;

    (void)snprintf(line, HEAD_LEN + 1, "%016llx %016llx ", (unsigned long long)sequence,
                   (unsigned long long)checksum(sequence, message));
    memcpy(line + HEAD_LEN, message.data, message.len);
    line[HEAD_LEN + message.len] = '\n';
    return write_all(q, span_of(line, message.len + SPOOL_LINE_EXTRA), at);
}

int spool_queue_append(struct spool_queue *q, uint64_t sequence, struct span message)
{
    struct spool_segment *last = q->count ? &q->segments[q->count - 1] : NULL;
    int reason;

    if (message.len > SPOOL_MESSAGE_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    if (!last || last->bytes >= q->options.segment_bytes || q->tail < 0) {
        if (!begin_segment(q, sequence))
            return -1;
        last = &q->segments[q->count - 1];
    }
    if (!write_line(q, sequence, message, last->bytes)) {
        reason = errno;
        if (ftruncate(q->tail, (off_t)last->bytes) < 0)
            close_file(&q->tail); /* the next message begins a segment of its own */
        errno = reason;
        return -1;
    }
    last->last = sequence;
    last->bytes += message.len + SPOOL_LINE_EXTRA;
    q->bytes += message.len + SPOOL_LINE_EXTRA;
    q->unsynced = true;
    return 0;
}

int spool_queue_sync(struct spool_queue *q)
{
    if (q->unsynced && q->tail >= 0 && fdatasync(q->tail) < 0)
        return -1;
    q->unsynced = false;
    if (q->unsynced_name && fsync(q->options.folder) < 0)
        return -1;
    q->unsynced_name = false;
    return 0;
}

/* ---- letting go */

static void remove_first(struct spool_queue *q)
{
    char name[FILE_NAME_MAX];

    file_name(q, q->segments[0].first, name);
    (void)unlinkat(q->options.folder, name, 0);
    q->bytes -= q->segments[0].bytes;
    if (q->count == 1)
        close_file(&q->tail);
    q->count--;
    memmove(q->segments, q->segments + 1, q->count * sizeof(q->segments[0]));
    if (q->at > 0)
        q->at--;
    else
        read_from_start(q, 0);
}

void spool_queue_release(struct spool_queue *q, uint64_t settled)
{
    while (q->count > 1 && q->segments[0].last <= settled)
        remove_first(q);
}

int64_t spool_queue_drop(struct spool_queue *q, uint64_t after)
{
    struct span message;
    uint64_t sequence, last;
    int64_t unread = 0;

    if (q->count == 0)
        return -1;
    last = q->segments[0].last;
    while (q->at == 0 && spool_queue_peek(q, after, &sequence, &message) &&
           sequence <= last) {
        spool_queue_skip(q);
        unread++;
    }
    remove_first(q);
    return unread;
}

uint64_t spool_queue_last(const struct spool_queue *q)
{
    uint64_t last = 0;

    for (size_t i = 0; i < q->count; i++)
        if (q->segments[i].last > last)
            last = q->segments[i].last;
    return last;
}

/* ---- opening */

static bool is_segment(const struct spool_queue *q, const char *name, uint64_t *first)
{
    struct span rest = span_of_text(name), prefix;
    uint8_t dot;

    return span_take(&rest, strlen(q->options.name), &prefix) &&
           span_equal(prefix, span_of_text(q->options.name)) && span_u8(&rest, &dot) &&
           dot == '.' && parse_number(&rest, first) && span_empty(rest);
}

/* Keep the segments sorted; false when there are too many. */
static bool insert(struct spool_queue *q, uint64_t first)
{
    size_t at = q->count;

    if (q->count == SPOOL_SEGMENTS_MAX)
        return false;
    while (at > 0 && q->segments[at - 1].first > first) {
        q->segments[at] = q->segments[at - 1];
        at--;
    }
    q->segments[at] = (struct spool_segment){.first = first};
    q->count++;
    return true;
}

static int list_segments(struct spool_queue *q, struct err *why)
{
    int copy = openat(q->options.folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    bool fits = true;
    uint64_t first;

    if (!folder) {
        close_file(&copy);
        return err_set(why, "spool: its folder cannot be read: %s", strerror(errno));
    }
    while (fits && (entry = readdir(folder)) != NULL)
        if (is_segment(q, entry->d_name, &first))
            fits = insert(q, first);
    (void)closedir(folder);
    return fits ? 0
                : err_set(why, "spool: more than %d files are called %s.*",
                          SPOOL_SEGMENTS_MAX, q->options.name);
}

/* Read a whole segment: where its last message ends, and how many are waiting. */
static void measure(struct spool_queue *q, size_t i, uint64_t settled, uint64_t *waiting)
{
    struct spool_segment *segment = &q->segments[i];
    struct span line, message;
    uint64_t sequence, end = 0;
    struct stat st;

    read_from_start(q, i);
    q->reading = open_segment(q, segment->first, O_RDONLY);
    if (q->reading < 0 || fstat(q->reading, &st) < 0)
        return;
    segment->bytes = (uint64_t)st.st_size;
    while (next_line(q, &line)) {
        skip_line(q, line);
        if (!parse_line(line, &sequence, &message)) {
            q->damaged++;
            continue;
        }
        segment->last = sequence;
        end = q->offset - (q->end - q->start);
        *waiting += sequence > settled;
    }
    segment->bytes = end;
    q->bytes += end;
}

/* Go on in the last segment, behind its last message. */
static void open_tail(struct spool_queue *q)
{
    const struct spool_segment *last;

    if (q->count == 0)
        return;
    last = &q->segments[q->count - 1];
    q->tail = open_segment(q, last->first, O_WRONLY);
    if (q->tail >= 0 && ftruncate(q->tail, (off_t)last->bytes) < 0)
        close_file(&q->tail);
}

int spool_queue_open(struct spool_queue *q, const struct spool_queue_options *options,
                     uint64_t settled, uint64_t *waiting, struct err *why)
{
    *q = (struct spool_queue){.options = *options, .tail = -1, .reading = -1};
    if (!q->options.write)
        q->options.write = pwrite;
    q->buffer = calloc(2, BUFFER_BYTES);
    if (!q->buffer)
        return err_set(why, "spool: no memory");
    *waiting = 0;
    if (list_segments(q, why) < 0) {
        spool_queue_close(q);
        return -1;
    }
    for (size_t i = 0; i < q->count; i++)
        measure(q, i, settled, waiting);
    open_tail(q);
    spool_queue_release(q, settled);
    spool_queue_rewind(q, settled);
    return 0;
}

void spool_queue_close(struct spool_queue *q)
{
    if (!q->buffer)
        return;
    close_file(&q->tail);
    close_file(&q->reading);
    free(q->buffer);
    q->buffer = NULL;
}
