#include "alert/sink_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE 0640

static const char *describe(const struct sink_file *f)
{
    return f->folder < 0 ? "standard output" : f->path;
}

static int open_file(struct sink_file *f, int flags, struct err *why)
{
    int fd = openat(f->folder, f->name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags,
                    FILE_MODE);

    if (fd < 0)
        return err_set(why, "output %s: %s", f->path, strerror(errno));
    return fd;
}

/* The folder of the path stays open, so that the file can be opened again under its name. */
static int open_folder(struct sink_file *f, struct err *why)
{
    const char *slash = strrchr(f->path, '/');
    size_t n = slash ? (size_t)(slash - f->path) : 0;
    char folder[4096];

    f->name = slash ? slash + 1 : f->path;
    if (n >= sizeof(folder))
        return err_set(why, "output %s: the name is too long", f->path);
    memcpy(folder, f->path, n);
    folder[n] = '\0';
    f->folder = open(!slash ? "." : n ? folder : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (f->folder < 0)
        return err_set(why, "output %s: folder %s: %s", f->path, !slash ? "." : folder,
                       strerror(errno));
    return 0;
}

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
static void mend(struct sink_file *f, struct span written)
{
    size_t torn = torn_bytes(written);
    struct stat st;

    if (torn == 0)
        return;
    f->torn = fstat(f->fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)torn ||
              ftruncate(f->fd, st.st_size - (off_t)torn) < 0;
}

static int file_write(struct sink *sink, struct span lines, struct err *why)
{
    struct sink_file *f = (struct sink_file *)sink;
    struct span left;
    int reason;

    if (f->torn && !span_empty(write_all(f->fd, span_of("\n", 1))))
        return err_set(why, "output %s: %s", describe(f), strerror(errno));
    f->torn = false;
    left = write_all(f->fd, lines);
    if (span_empty(left))
        return 0;
    reason = errno;
    mend(f, span_first(lines, lines.len - left.len));
    return err_set(why, "output %s: %s", describe(f),
                   reason == EPIPE ? "nobody reads it any more" : strerror(reason));
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
    (void)close(f->fd);
    f->fd = fd;
    f->torn = false;
    return 0;
}

static void file_close(struct sink *sink)
{
    struct sink_file *f = (struct sink_file *)sink;

    if (f->folder >= 0) {
        (void)close(f->folder);
        if (f->fd >= 0)
            (void)close(f->fd);
    }
    f->folder = -1;
    f->fd = -1;
}

int sink_file_init(struct sink_file *f, const char *path, bool append, struct err *why)
{
    static const struct sink_kind kind = {file_write, file_flush, file_reopen, file_close};

    *f = (struct sink_file){
        .sink = {&kind}, .fd = STDOUT_FILENO, .folder = -1, .path = path};
    if (strcmp(path, "-") == 0)
        return 0;
    f->fd = -1;
    if (open_folder(f, why) < 0)
        return -1;
    f->fd = open_file(f, append ? 0 : O_TRUNC, why);
    if (f->fd < 0) {
        file_close(&f->sink);
        return -1;
    }
    return 0;
}

bool sink_file_is_terminal(const struct sink_file *f)
{
    return isatty(f->fd) == 1;
}
