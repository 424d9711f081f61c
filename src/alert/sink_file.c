#include "alert/sink_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/nanotime.h"

#define FILE_MODE 0640
#define FOLDER_PATH_MAX 4096
#define NAME_BYTES_MAX 256 /* NAME_MAX and its end */
#define SAME_NAME_MAX 1000 /* files rotated at the same microsecond */
#define SYNC_NS (100 * NS_PER_MS)
#define RETRY_NS NS_PER_S

static const char *describe(const struct sink_file *f)
{
    return f->folder < 0 ? "standard output" : f->options.path;
}

/* ---- opening */

static int open_file(struct sink_file *f, int flags, struct err *why)
{
    int fd = openat(f->folder, f->name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags,
                    FILE_MODE);

    if (fd < 0)
        return err_set(why, "output %s: %s", f->options.path, strerror(errno));
    return fd;
}

/* The folder of the path stays open, so that the file can be opened again under its name. */
static int open_folder(struct sink_file *f, struct err *why)
{
    const char *path = f->options.path, *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    char folder[FOLDER_PATH_MAX];

    f->name = slash ? slash + 1 : path;
    if (n >= sizeof(folder))
        return err_set(why, "output %s: the name is too long", path);
    memcpy(folder, path, n);
    folder[n] = '\0';
    f->folder = open(!slash ? "." : n ? folder : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (f->folder < 0)
        return err_set(why, "output %s: folder %s: %s", path, !slash ? "." : folder,
                       strerror(errno));
    return 0;
}

/* How much the file holds, and from when it is. */
static void look_at(struct sink_file *f)
{
    struct stat st;

    f->bytes = 0;
    f->period = 0;
    sink_file_forget_tail(f);
    if (fstat(f->fd, &st) < 0 || !S_ISREG(st.st_mode))
        return;
    f->bytes = (uint64_t)st.st_size;
    if (f->bytes > 0 && f->options.rotate_ns)
        f->period = (uint64_t)st.st_mtim.tv_sec * NS_PER_S / f->options.rotate_ns;
}

/* ---- rotating */

bool sink_file_is_due(struct sink_file *f, uint64_t time_ns)
{
    uint64_t period = f->options.rotate_ns ? time_ns / f->options.rotate_ns : 0;

    if (time_ns > f->time_ns)
        f->time_ns = time_ns;
    if (f->period == 0)
        f->period = period;
    return period > f->period && f->folder >= 0 && !f->rotation_failed;
}

/* A name that is free; false when there is none. */
static bool choose_name(const struct sink_file *f, char out[NAME_BYTES_MAX])
{
    char time[NANOTIME_TEXT_MAX], *to = time;
    int len;

    (void)nanotime_describe(f->time_ns, time);
    for (const char *from = time; *from; from++)
        if (*from != '-' && *from != ':')
            *to++ = *from;
    *to = '\0';
    for (int i = 1; i <= SAME_NAME_MAX; i++) {
        len = i == 1 ? snprintf(out, NAME_BYTES_MAX, "%s.%s", f->name, time)
                     : snprintf(out, NAME_BYTES_MAX, "%s.%s.%d", f->name, time, i);
        if (len < 0 || len >= NAME_BYTES_MAX)
            return false;
        if (faccessat(f->folder, out, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
            return true;
    }
    return false;
}

static void sync_file(struct sink_file *f)
{
    if (f->unsynced && f->folder >= 0 && fdatasync(f->fd) < 0 && errno != EINVAL)
        f->stats.sync_errors++; /* EINVAL: it is no file on a disk */
    f->unsynced = false;
}

int sink_file_rotate(struct sink_file *f, struct err *why)
{
    char name[NAME_BYTES_MAX];
    int fd = -1;

    f->rotation_failed = true;
    f->stats.rotation_errors++;
    if (!choose_name(f, name))
        return err_set(why, "output %s: no name is free for the old file", f->options.path);
    /* Without a file under its name the rest was done before, or somebody else did it. */
    if (renameat(f->folder, f->name, f->folder, name) < 0 && errno != ENOENT)
        return err_set(why, "output %s: it cannot be renamed: %s", f->options.path,
                       strerror(errno));
    fd = open_file(f, 0, why);
    if (fd < 0)
        return -1;
    sync_file(f);
    (void)close(f->fd);
    f->fd = fd;
    f->torn = false;
    look_at(f);
    f->period = f->options.rotate_ns ? f->time_ns / f->options.rotate_ns : 0;
    f->rotation_failed = false;
    f->stats.rotation_errors--;
    f->stats.rotations++;
    return 0;
}

/* ---- writing */

/* Wait until a descriptor that somebody made non-blocking takes bytes again. */
static bool wait_for_room(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};

    return poll(&poll_fd, 1, -1) >= 0 || errno == EINTR;
}

/* Write all; `left` is what could not be written, with the reason in errno. */
static struct span write_all(int fd, struct span left)
{
    while (!span_empty(left)) {
        ssize_t n = write(fd, left.data, left.len);

        if (n > 0) {
            if (!span_skip(&left, (size_t)n))
                break;
        } else if (n < 0 && errno == EAGAIN) {
            if (!wait_for_room(fd))
                break;
        } else if (n == 0 || errno != EINTR) {
            break;
        }
    }
    return left;
}

/* How much of the bytes stands behind their last end of line. */
static size_t torn_bytes(struct span written)
{
    size_t n = 0;

    while (n < written.len && written.data[written.len - 1 - n] != '\n')
        n++;
    return n;
}

/* Take back what was written of the last line, where the file can be cut. */
static void mend(struct sink_file *f, size_t torn)
{
    struct stat st;

    if (torn == 0)
        return;
    f->torn = fstat(f->fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)torn ||
              ftruncate(f->fd, st.st_size - (off_t)torn) < 0;
}

/* Write whole lines; on failure `lines` keeps those that are not in the file. */
static int write_lines(struct sink_file *f, struct span *lines, struct err *why)
{
    struct span left, written;
    size_t torn;
    int reason;

    if (f->torn && !span_empty(write_all(f->fd, span_of("\n", 1))))
        return err_set(why, "output %s: %s", describe(f), strerror(errno));
    f->torn = false;
    left = write_all(f->fd, *lines);
    reason = errno;
    written = span_first(*lines, lines->len - left.len);
    torn = span_empty(left) ? 0 : torn_bytes(written);
    f->bytes += written.len - torn;
    f->written += written.len - torn;
    sink_file_note_tail(f, span_first(written, written.len - torn));
    if (!span_skip(lines, written.len - torn) || span_empty(left))
        return 0;
    mend(f, torn);
    return err_set(why, "output %s: %s", describe(f),
                   reason == EPIPE ? "nobody reads it any more" : strerror(reason));
}

/* The first lines, as many as fit into `room`, one at least. */
static struct span lines_within(struct span lines, uint64_t room)
{
    size_t len = 0;

    while (len < lines.len) {
        const uint8_t *end = memchr(lines.data + len, '\n', lines.len - len);
        size_t next = end ? (size_t)(end - lines.data) + 1 : lines.len;

        if (len > 0 && next > room)
            break;
        len = next;
    }
    return span_first(lines, len);
}

/* Write lines into one file after the other; on failure `lines` keeps what was not written. */
static int write_files(struct sink_file *f, struct span *lines, struct err *why)
{
    uint64_t limit = f->folder < 0 ? 0 : f->options.rotate_bytes;
    struct err reason;

    while (limit && !f->rotation_failed && !span_empty(*lines) &&
           f->bytes + lines->len > limit) {
        struct span piece = lines_within(*lines, limit > f->bytes ? limit - f->bytes : 0);
        struct span left = piece;

        if (f->bytes > 0 && f->bytes + piece.len > limit) {
            if (sink_file_rotate(f, &reason) < 0)
                log_warn("%s; going on with the old file", reason.text);
            continue;
        }
        if (write_lines(f, &left, why) < 0) {
            *lines = span_of(left.data, left.len + lines->len - piece.len);
            return -1;
        }
        if (!span_skip(lines, piece.len))
            break;
    }
    return write_lines(f, lines, why);
}

/* ---- alerts that wait in memory */

static bool hold(struct sink_file *f, struct span lines, const struct err *why)
{
    if (!f->held || SINK_FILE_HELD_BYTES - f->held_len < lines.len)
        return false;
    if (f->held_len == 0)
        log_warn("%s; alerts wait in memory", why->text);
    memcpy(f->held + f->held_len, lines.data, lines.len);
    f->held_len += lines.len;
    return true;
}

static int write_held(struct sink_file *f, struct err *why)
{
    struct span left = span_of(f->held, f->held_len);
    int result;

    if (f->held_len == 0)
        return 0;
    result = write_files(f, &left, why);
    memmove(f->held, left.data, left.len);
    f->held_len = left.len;
    f->unsynced = f->options.sync != SINK_FILE_SYNC_NO;
    if (result == 0)
        log_warn("output %s: it can be written again", describe(f));
    return result;
}

/* ---- the sink */

static int file_write(struct sink *sink, enum sink_class class, struct span lines,
                      struct err *why)
{
    struct sink_file *f = (struct sink_file *)sink;
    int result = write_held(f, why);

    if (result == 0)
        result = write_files(f, &lines, why);
    f->unsynced = f->unsynced || f->options.sync == SINK_FILE_SYNC_ALL ||
                  (f->options.sync == SINK_FILE_SYNC_ALERTS && class == SINK_ALERT);
    if (result < 0 && class == SINK_ALERT && hold(f, lines, why))
        return 0;
    return result;
}

static int file_flush(struct sink *sink, struct err *why)
{
    (void)sink;
    (void)why;
    return 0;
}

static int file_reopen(struct sink *sink, struct err *why)
{
    struct sink_file *f = (struct sink_file *)sink;
    int fd;

    if (f->folder < 0)
        return 0;
    fd = open_file(f, 0, why);
    if (fd < 0)
        return -1;
    sync_file(f);
    (void)close(f->fd);
    f->fd = fd;
    f->torn = false;
    look_at(f);
    return 0;
}

static void file_poll(struct sink *sink, uint64_t now_ns, bool closing)
{
    struct sink_file *f = (struct sink_file *)sink;
    struct err why;

    if (now_ns >= f->next_retry_ns || closing) {
        f->next_retry_ns = now_ns + RETRY_NS;
        f->rotation_failed = false;
        (void)write_held(f, &why);
    }
    if (now_ns >= f->next_sync_ns) {
        f->next_sync_ns = now_ns + SYNC_NS;
        sync_file(f);
    }
}

static void file_close(struct sink *sink)
{
    struct sink_file *f = (struct sink_file *)sink;
    struct err why;

    if (f->fd >= 0 && write_held(f, &why) < 0)
        log_error("%s; alerts in memory are lost", why.text);
    if (f->folder >= 0) {
        if (f->fd >= 0) {
            sync_file(f);
            (void)close(f->fd);
        }
        (void)close(f->folder);
    }
    free(f->held);
    f->held = NULL;
    f->held_len = 0;
    f->folder = -1;
    f->fd = -1;
}

int sink_file_init(struct sink_file *f, const struct sink_file_options *options,
                   struct err *why)
{
    static const struct sink_kind kind = {file_write, file_flush, file_reopen, file_poll,
                                          file_close};

    *f = (struct sink_file){
        .sink = {&kind}, .options = *options, .fd = STDOUT_FILENO, .folder = -1};
    if (options->patient && !(f->held = malloc(SINK_FILE_HELD_BYTES)))
        return err_set(why, "output %s: no memory", options->path);
    if (strcmp(options->path, "-") == 0)
        return 0;
    f->fd = -1;
    if (open_folder(f, why) == 0)
        f->fd = open_file(f, options->append ? 0 : O_TRUNC, why);
    if (f->fd < 0) {
        file_close(&f->sink);
        return -1;
    }
    look_at(f);
    return 0;
}

bool sink_file_is_terminal(const struct sink_file *f)
{
    return isatty(f->fd) == 1;
}
