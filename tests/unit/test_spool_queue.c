#include "alert/spool_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "scratch.h"

#define SEGMENT 200 /* bytes: a few short messages */

static int folder = -1;

/* Bytes that may still be written; beyond it the disk is full. */
static size_t allowance = SIZE_MAX;

static ssize_t scarce_write(int fd, const void *data, size_t len, off_t at)
{
    ssize_t n;

    if (allowance == 0) {
        errno = ENOSPC;
        return -1;
    }
    n = pwrite(fd, data, len < allowance ? len : allowance, at);
    if (n > 0 && allowance != SIZE_MAX)
        allowance -= (size_t)n;
    return n;
}

static void opens(struct spool_queue *q, uint64_t settled, uint64_t want_waiting)
{
    struct spool_queue_options options = {
        .folder = folder, .name = "q", .segment_bytes = SEGMENT, .write = scarce_write};
    uint64_t waiting;
    struct err why;

    ok(spool_queue_open(q, &options, settled, &waiting, &why) == 0, "the queue opens");
    is_int(waiting, want_waiting, "%" PRIu64 " messages wait", want_waiting);
}

static int append(struct spool_queue *q, uint64_t sequence)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "message %" PRIu64, sequence);
    return spool_queue_append(q, sequence, span_of_text(text));
}

static void appends(struct spool_queue *q, uint64_t from, uint64_t to)
{
    int failed = 0;

    for (uint64_t i = from; i <= to; i++)
        failed += append(q, i) < 0;
    is_int(failed, 0, "messages %" PRIu64 " to %" PRIu64 " are taken", from, to);
}

/* Read messages; true when they are `from` to `to`, whole, and no more. */
static bool reads(struct spool_queue *q, uint64_t after, uint64_t from, uint64_t to)
{
    uint64_t sequence;
    struct span message;

    for (uint64_t i = from; i <= to; i++) {
        char text[32];

        (void)snprintf(text, sizeof(text), "message %" PRIu64, i);
        if (!spool_queue_peek(q, after, &sequence, &message) || sequence != i ||
            !span_equal(message, span_of_text(text)))
            return false;
        spool_queue_skip(q);
    }
    return !spool_queue_peek(q, after, &sequence, &message);
}

static void begins_anew(void)
{
    if (folder >= 0)
        (void)close(folder);
    scratch_remove(scratch("queue"));
    (void)mkdir(scratch("queue"), 0700);
    folder = open(scratch("queue"), O_RDONLY | O_DIRECTORY);
    allowance = SIZE_MAX;
}

static void test_order(void)
{
    struct spool_queue q;

    begins_anew();
    opens(&q, 0, 0);
    ok(reads(&q, 0, 1, 0), "there is nothing to read");
    appends(&q, 1, 3);
    ok(reads(&q, 0, 1, 3), "what was appended is read");
    appends(&q, 4, 20);
    ok(reads(&q, 0, 4, 20), "through all segments, in order");
    ok(q.count > 3, "there are several");
    spool_queue_rewind(&q, 5);
    ok(reads(&q, 5, 6, 20), "a rewound queue gives what comes after the number");
    spool_queue_rewind(&q, 0);
    ok(reads(&q, 0, 1, 20), "or everything");
    ok(reads(&q, 0, 1, 0), "once");
    is_int(spool_queue_sync(&q), 0, "it is brought to the disk");
    spool_queue_close(&q);
    spool_queue_close(&q);
    ok(q.buffer == NULL, "closing twice is harmless");
}

static void test_release(void)
{
    struct spool_queue q;
    size_t files = scratch_count(scratch("queue"), "q.");
    uint64_t bytes;

    opens(&q, 0, 20);
    bytes = q.bytes;
    ok(reads(&q, 0, 1, 20), "another program reads the same");
    spool_queue_release(&q, 10);
    ok(q.bytes < bytes && scratch_count(scratch("queue"), "q.") < files,
       "delivered segments go away");
    spool_queue_rewind(&q, 10);
    ok(reads(&q, 10, 11, 20), "the others stay");
    spool_queue_release(&q, 20);
    is_int(q.count, 1, "the last segment stays even if all is delivered");
    appends(&q, 21, 30);
    ok(reads(&q, 20, 21, 30), "and the queue goes on");
    spool_queue_close(&q);
    opens(&q, 25, 5);
    is_int(spool_queue_last(&q), 30, "the highest number is found again");
    ok(reads(&q, 25, 26, 30), "what was settled is not read again");
    spool_queue_close(&q);
}

static void test_drop(void)
{
    struct spool_queue q;
    uint64_t unread = 0, left;
    int64_t n;

    begins_anew();
    opens(&q, 0, 0);
    is_int(spool_queue_drop(&q, 0), -1, "nothing can be dropped of nothing");
    appends(&q, 1, 20);
    n = spool_queue_drop(&q, 0);
    ok(n > 0, "the oldest segment is dropped");
    ok(reads(&q, 0, (uint64_t)n + 1, 20), "reading goes on behind it");
    appends(&q, 21, 30);
    spool_queue_rewind(&q, 25);
    is_int(spool_queue_drop(&q, 25), 0, "what was read before counts as no loss");
    left = q.count;
    while ((n = spool_queue_drop(&q, 25)) >= 0)
        unread += (uint64_t)n;
    is_int(unread, 5, "of the others, the unread ones are counted");
    ok(left > 0 && q.count == 0 && q.bytes == 0, "until nothing is left");
    is_int(scratch_count(scratch("queue"), "q."), 0, "not even files");
    appends(&q, 31, 33);
    ok(reads(&q, 30, 31, 33), "an empty queue can be used again");
    spool_queue_close(&q);
}

/* Wherever writing stops, what was taken before is whole and nothing else is there. */
static void test_full_at_each_byte(void)
{
    bool fine = true;

    for (size_t bytes = 0; bytes < 4 * 46; bytes++) {
        struct spool_queue q;
        struct spool_queue_options options = {
            .folder = -1, .name = "q", .segment_bytes = 60, .write = scarce_write};
        uint64_t waiting, taken = 0;
        struct err why;

        begins_anew();
        options.folder = folder;
        fine &= spool_queue_open(&q, &options, 0, &waiting, &why) == 0;
        allowance = bytes;
        while (append(&q, taken + 1) == 0)
            taken++;
        fine &= errno == ENOSPC && taken == bytes / 44 && reads(&q, 0, 1, taken);
        allowance = SIZE_MAX;
        fine &= append(&q, taken + 1) == 0 && reads(&q, 0, taken + 1, taken + 1);
        spool_queue_close(&q);
        fine &= spool_queue_open(&q, &options, 0, &waiting, &why) == 0 &&
                waiting == taken + 1 && q.damaged == 0 && reads(&q, 0, 1, taken + 1);
        spool_queue_close(&q);
    }
    ok(fine, "a disk that is full after any number of bytes loses and invents nothing");
}

static void copy_first(const char *from, const char *to, size_t bytes)
{
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    char text[4096];
    size_t n = in ? fread(text, 1, sizeof(text), in) : 0;

    if (out && fwrite(text, 1, n < bytes ? n : bytes, out) == 0)
        (void)bytes;
    if (in)
        (void)fclose(in);
    if (out)
        (void)fclose(out);
}

/* A file as a crash can leave it: cut anywhere, then some bytes that were never written. */
static void check_torn(size_t cut, const char *rest, bool *fine)
{
    struct spool_queue q;
    struct spool_queue_options options = {
        .folder = folder, .name = "t", .segment_bytes = SEGMENT, .write = scarce_write};
    const char *torn = scratch("queue/t.0000000000000001");
    uint64_t waiting, whole = cut / 44;
    FILE *file;
    struct err why;

    copy_first(scratch("queue/q.0000000000000001"), torn, cut);
    file = fopen(torn, "a");
    if (file) {
        (void)fputs(rest, file);
        (void)fclose(file);
    }
    *fine &= spool_queue_open(&q, &options, 0, &waiting, &why) == 0 && waiting == whole &&
             reads(&q, 0, 1, whole);
    *fine &= append(&q, 90) == 0 && reads(&q, whole, 90, 90);
    spool_queue_close(&q);
    *fine &= spool_queue_open(&q, &options, whole, &waiting, &why) == 0 && waiting == 1 &&
             reads(&q, whole, 90, 90);
    spool_queue_close(&q);
    (void)unlink(torn);
}

static void test_torn_at_each_byte(void)
{
    struct spool_queue q;
    bool cut = true, followed = true;

    begins_anew();
    opens(&q, 0, 0);
    appends(&q, 1, 4);
    is_int(q.count, 1, "in one segment");
    spool_queue_close(&q);
    for (size_t n = 0; n <= 4 * 44; n++) {
        check_torn(n, "", &cut);
        check_torn(n, "x\n\n0000\n", &followed);
    }
    ok(cut, "a segment cut at any byte gives its whole messages, and takes new ones");
    ok(followed, "the same with garbage behind the cut");
}

/* Each byte of a segment changed in turn: one message is missing, the others are whole. */
static void test_damage(void)
{
    struct spool_queue q;
    struct spool_queue_options options = {
        .folder = folder, .name = "q", .segment_bytes = SEGMENT};
    int fd = open(scratch("queue/q.0000000000000001"), O_RDWR);
    uint64_t waiting, sequence;
    struct span message;
    uint8_t bytes[4 * 44];
    bool fine = pread(fd, bytes, sizeof(bytes), 0) == sizeof(bytes);
    struct err why;

    for (size_t at = 0; at < sizeof(bytes); at++) {
        uint64_t seen = 0;

        bytes[at] ^= 0x55;
        fine &= pwrite(fd, bytes, sizeof(bytes), 0) == sizeof(bytes);
        bytes[at] ^= 0x55;
        fine &= spool_queue_open(&q, &options, 0, &waiting, &why) == 0;
        while (spool_queue_peek(&q, 0, &sequence, &message)) {
            seen++;
            fine &= message.len == 9 && message.data[8] == '0' + sequence;
            spool_queue_skip(&q);
        }
        /* a damaged end of line makes one line of two */
        fine &= seen == waiting && (seen == 3 || (bytes[at] == '\n' && seen == 2));
        spool_queue_close(&q);
    }
    (void)close(fd);
    ok(fine, "a changed byte costs its message and no other, and is never delivered");
}

static void test_long_messages(void)
{
    static char text[SPOOL_MESSAGE_MAX + 1];
    struct spool_queue q;
    uint64_t sequence;
    struct span message;

    begins_anew();
    opens(&q, 0, 0);
    memset(text, 'x', sizeof(text));
    is_int(spool_queue_append(&q, 1, span_of(text, SPOOL_MESSAGE_MAX)), 0,
           "the longest message is taken");
    is_int(spool_queue_append(&q, 2, span_of(text, sizeof(text))), -1,
           "a longer one is not");
    is_int(errno, EMSGSIZE, "with the reason");
    is_int(spool_queue_append(&q, 3, span_of(text, 0)), 0, "an empty one is");
    ok(spool_queue_peek(&q, 0, &sequence, &message) && sequence == 1 &&
           message.len == SPOOL_MESSAGE_MAX,
       "the long one is read");
    spool_queue_skip(&q);
    ok(spool_queue_peek(&q, 0, &sequence, &message) && sequence == 3 && message.len == 0,
       "and the empty one");
    spool_queue_close(&q);
}

static void test_too_many(void)
{
    struct spool_queue q;
    struct spool_queue_options options = {
        .folder = folder, .name = "m", .segment_bytes = 1};
    uint64_t waiting, taken = 0;
    struct err why;
    char name[64];

    ok(spool_queue_open(&q, &options, 0, &waiting, &why) == 0, "a queue of tiny segments");
    while (append(&q, taken + 1) == 0)
        taken++;
    is_int(taken, SPOOL_SEGMENTS_MAX, "has a limit");
    spool_queue_release(&q, 1);
    is_int(append(&q, taken + 1), 0, "and goes on when one is delivered");
    spool_queue_close(&q);
    (void)snprintf(name, sizeof(name), "queue/m.%016x", 0xffff);
    copy_first("/dev/null", scratch(name), 0);
    ok(spool_queue_open(&q, &options, 0, &waiting, &why) < 0, "more than that is refused");
    is_text(why.text, "spool: more than 64 files are called m.*", "with the name");
}

int main(void)
{
    scratch_begin();
    test_order();
    test_release();
    test_drop();
    test_full_at_each_byte();
    test_torn_at_each_byte();
    test_damage();
    test_long_messages();
    test_too_many();
    if (folder >= 0)
        (void)close(folder);
    return done_testing();
}
