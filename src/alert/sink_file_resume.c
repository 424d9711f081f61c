/*
 * Going on with a file that an earlier run of the program has written: how far it came is known, and
 * what stands behind that is not trusted to be whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alert/sink_file.h"

/* A line that was cut is looked for in so much of the end of a file: more than the longest line. */
#define LINE_MAX_BYTES (256u * 1024u)

void sink_file_forget_tail(struct sink_file *f)
{
    f->tail_len = 0;
}

void sink_file_note_tail(struct sink_file *f, struct span written)
{
    size_t keep = SINK_FILE_TAIL_BYTES;

    if (written.len >= keep) {
        memcpy(f->tail, written.data + (written.len - keep), keep);
        f->tail_len = SINK_FILE_TAIL_BYTES;
        return;
    }
    keep -= written.len;
    if (f->tail_len > keep)
        memmove(f->tail, f->tail + (f->tail_len - keep), keep);
    keep = f->tail_len < keep ? f->tail_len : keep;
    memcpy(f->tail + keep, written.data, written.len);
    f->tail_len = (uint16_t)(keep + written.len);
}

bool sink_file_tell(const struct sink_file *f, struct sink_file_position *out)
{
    if (f->folder < 0)
        return false;
    *out = (struct sink_file_position){.bytes = f->bytes, .tail_len = f->tail_len};
    memcpy(out->tail, f->tail, f->tail_len);
    return true;
}

static bool read_at(int fd, void *to, size_t len, uint64_t at)
{
    return pread(fd, to, len, (off_t)at) == (ssize_t)len;
}

/* True when it is the file of the position: long enough, and what stands before it is the same. */
static bool is_that_file(int fd, uint64_t size, const struct sink_file_position *p)
{
    uint8_t tail[SINK_FILE_TAIL_BYTES];

    return size >= p->bytes && p->tail_len <= p->bytes &&
           read_at(fd, tail, p->tail_len, p->bytes - p->tail_len) &&
           memcmp(tail, p->tail, p->tail_len) == 0;
}

/* True when the file goes on with a part of that, or all of it, and ends there. */
static bool goes_on_with(int fd, uint64_t from, uint64_t size, struct span expected)
{
    uint8_t piece[4096];

    if (size - from > expected.len)
        return false;
    while (from < size) {
        size_t n = size - from < sizeof(piece) ? (size_t)(size - from) : sizeof(piece);
        struct span part;

        if (!read_at(fd, piece, n, from) || !span_take(&expected, n, &part) ||
            memcmp(part.data, piece, n) != 0)
            return false;
        from += n;
    }
    return true;
}

/* Where the last whole line ends; the size itself when no end is found. */
static uint64_t end_of_lines(int fd, uint64_t size)
{
    size_t len = size < LINE_MAX_BYTES ? (size_t)size : LINE_MAX_BYTES, n = len;
    uint8_t *end = malloc(len + 1);
    uint64_t at = size;

    if (end && read_at(fd, end, len, size - len)) {
        while (n > 0 && end[n - 1] != '\n')
            n--;
        at = n > 0 || len == size ? size - len + n : size;
    }
    free(end);
    return at;
}

static int cut(struct sink_file *f, uint64_t size, uint64_t at, struct err *why)
{
    if (at < size && ftruncate(f->fd, (off_t)at) < 0)
        return err_set(why, "output %s: what was cut short cannot be taken back: %s",
                       f->options.path, strerror(errno));
    f->bytes = at;
    return 0;
}

/* Where to go on in the file of the position. */
static uint64_t place_in(int fd, uint64_t size, const struct sink_file_position *position,
                         struct span expected, bool rewind)
{
    if (rewind || goes_on_with(fd, position->bytes, size, expected))
        return position->bytes;
    return end_of_lines(fd, size);
}

int sink_file_resume(struct sink_file *f, const struct sink_file_position *position,
                     struct span expected, bool rewind, struct err *why)
{
    int fd = f->folder < 0 ? -1 : openat(f->folder, f->name, O_RDONLY | O_CLOEXEC);
    uint64_t size, at;
    uint8_t last = '\n';
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        if (fd >= 0)
            (void)close(fd);
        return 0;
    }
    size = at = (uint64_t)st.st_size;
    if (is_that_file(fd, size, position))
        at = place_in(fd, size, position, expected, rewind);
    else if (size > 0 && read_at(fd, &last, 1, size - 1))
        f->torn = last != '\n';
    (void)close(fd);
    if (cut(f, size, at, why) < 0)
        return -1;
    if (at == position->bytes)
        sink_file_note_tail(f, span_of(position->tail, position->tail_len));
    return 0;
}
