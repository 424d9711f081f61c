#include "context/feed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/nanotime.h"

#define READ_BYTES 65536u
#define POLL_READS 16u /* at one poll, so that a flood does not stop everything else */

static const char *path_of(const struct stream *s)
{
    return s->feed->options.config->path;
}

/* ---- what an intake tells */

static void on_record(void *ctx, const struct context_record *r,
                      const struct format *format, uint32_t line)
{
    struct stream *s = ctx;

    s->feed->options.on_record(s->feed->options.ctx, s, r, format, line);
}

static void on_broken(void *ctx, uint32_t line, const char *sentence)
{
    struct stream *s = ctx;
    const char *name = s->feed->kind == FEED_INPUT ? "standard input" : path_of(s);

    if (++s->told > FEED_TOLD)
        return;
    log_warn("%s%s%s:%u: %s; it is left out", name, s->name ? "/" : "",
             s->name ? s->name : "", line, sentence);
    if (s->told == FEED_TOLD)
        log_warn("%s%s%s: more of the kind is counted and not told", name,
                 s->name ? "/" : "", s->name ? s->name : "");
}

static void begin(struct stream *s)
{
    const struct config_context *config = s->feed->options.config;
    struct intake_options options = {.format = config->format,
                                     .utc_offset_s = (int32_t)(config->utc_offset_h * 3600),
                                     .device = config->device,
                                     .date_ns = config->date_ns,
                                     .ctx = s,
                                     .on_record = on_record,
                                     .on_broken = on_broken};
    struct intake_stats stats = s->intake.stats;

    if (s->begun)
        intake_fini(&s->intake);
    intake_init(&s->intake, &options);
    s->intake.stats = stats; /* of the stream, however often it begins anew */
    s->begun = true;
    s->offset = 0;
}

/* ---- streams */

static struct stream *add_stream(struct feed *f, const char *name, struct err *why)
{
    struct stream **grown =
        realloc(f->streams, (f->stream_count + 1) * sizeof(struct stream *));
    struct stream *s = calloc(1, sizeof(*s));

    if (grown)
        f->streams = grown;
    if (!grown || !s || (name && !(s->name = strdup(name)))) {
        free(s);
        (void)err_set(why, "no memory for a context feed");
        return NULL;
    }
    s->feed = f;
    s->fd = -1;
    s->number = f->options.number(f->options.ctx, s);
    f->streams[f->stream_count++] = s;
    begin(s);
    return s;
}

static void close_stream(struct stream *s)
{
    if (s->fd > STDIN_FILENO)
        (void)close(s->fd);
    s->fd = -1;
}

static void free_stream(struct stream *s)
{
    close_stream(s);
    intake_fini(&s->intake);
    free(s->name);
    free(s);
}

/* Read until nothing is there (or `most` times). 1 at the end of the file, 0 before, -1 broken. */
static int read_on(struct stream *s, size_t most, struct err *why)
{
    unsigned char buffer[READ_BYTES];

    for (size_t i = 0; i < most; i++) {
        ssize_t n = read(s->fd, buffer, sizeof(buffer));

        if (n == 0)
            return 1;
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        if (n < 0)
            return err_set(why, "%s%s%s cannot be read: %s", path_of(s), s->name ? "/" : "",
                           s->name ? s->name : "", strerror(errno));
        s->offset += (uint64_t)n;
        if (intake_push(&s->intake, span_of(buffer, (size_t)n), why) < 0)
            return -1;
    }
    return 0;
}

/* ---- files */

static int open_file(struct stream *s)
{
    const char *name = s->name ? s->name : s->feed->leaf;

    s->fd = openat(s->feed->folder_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return s->fd;
}

static int64_t changed_ns(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * (int64_t)NS_PER_S + st->st_mtim.tv_nsec;
}

/* Is there more than was read, or another file of the name? Then it is open at the right place. */
static bool has_news(struct stream *s)
{
    const char *name = s->name ? s->name : s->feed->leaf;
    struct stat st;
    bool anew;

    if (fstatat(s->feed->folder_fd, name, &st, 0) < 0 || !S_ISREG(st.st_mode))
        return false;
    if (s->fd >= 0 && st.st_ino == s->inode && st.st_dev == s->device &&
        changed_ns(&st) == s->changed_ns && (uint64_t)st.st_size == s->offset)
        return false;
    anew = s->fd < 0 || st.st_ino != s->inode || st.st_dev != s->device ||
           (uint64_t)st.st_size < s->offset || intake_is_whole(&s->intake);
    if (anew) {
        close_stream(s);
        if (open_file(s) < 0)
            return false;
        begin(s);
    }
    s->inode = st.st_ino;
    s->device = st.st_dev;
    s->changed_ns = changed_ns(&st);
    return true;
}

/* A file is at its end for now; what is written as a whole is complete. */
static int read_file(struct stream *s, bool last, size_t most, struct err *why)
{
    int end;

    if (!has_news(s))
        return 0;
    end = read_on(s, most, why);
    if (end < 0)
        return -1;
    if (end > 0 && (last || intake_is_whole(&s->intake)))
        intake_end(&s->intake);
    return 0;
}

/* ---- folders */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_known(const struct feed *f, const char *name)
{
    for (size_t i = 0; i < f->stream_count; i++)
        if (strcmp(f->streams[i]->name, name) == 0)
            return true;
    return false;
}

/* The names that are not known yet, FEED_STREAMS_MAX at most. */
static size_t list_folder(struct feed *f, char *names[FEED_STREAMS_MAX])
{
    int fd = openat(f->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    struct stat st;
    size_t count = 0;

    if (!folder && fd >= 0)
        (void)close(fd);
    while (folder && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.' || is_known(f, entry->d_name) ||
            fstatat(f->folder_fd, entry->d_name, &st, 0) < 0 || !S_ISREG(st.st_mode))
            continue;
        if (f->stream_count + count == FEED_STREAMS_MAX) {
            f->lost++;
            continue;
        }
        names[count] = strdup(entry->d_name);
        count += names[count] != NULL;
    }
    if (folder)
        (void)closedir(folder);
    qsort(names, count, sizeof(names[0]), by_name);
    return count;
}

static void find_files(struct feed *f)
{
    char *names[FEED_STREAMS_MAX];
    size_t count = list_folder(f, names);
    struct err why;

    for (size_t i = 0; i < count; i++) {
        if (!add_stream(f, names[i], &why))
            f->lost++;
        free(names[i]);
    }
}

/* ---- sockets */

/* Who listens but has too many callers is waited for at the start alone. */
static int connect_socket(struct feed *f, bool wait, struct err *why)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const char *path = f->options.config->path;
    int fd;

    if (strlen(path) >= sizeof(to.sun_path))
        return err_set(why, "%s: the path of a socket has at most %zu bytes", path,
                       sizeof(to.sun_path) - 1);
    memcpy(to.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (wait ? 0 : SOCK_NONBLOCK), 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0) {
        (void)close(fd);
        fd = -1;
    }
    if (fd < 0)
        return err_set(why, "%s cannot be connected to: %s", path, strerror(errno));
    f->streams[0]->fd = fd;
    begin(f->streams[0]);
    return 0;
}

static void poll_socket(struct feed *f)
{
    struct stream *s = f->streams[0];
    struct err why;
    int end;

    if (s->fd < 0) {
        if (connect_socket(f, false, &why) < 0) {
            if (!f->complained)
                log_warn("%s; trying again", why.text);
            f->complained = true;
            return;
        }
        f->complained = false;
    }
    (void)fcntl(s->fd, F_SETFL, O_NONBLOCK);
    end = read_on(s, POLL_READS, &why);
    if (end == 0)
        return;
    intake_end(&s->intake);
    close_stream(s);
    f->lost++;
}

/* ---- the feed */

static int open_folder_of(struct feed *f, struct err *why)
{
    const char *path = f->options.config->path, *slash = strrchr(path, '/');
    char *copy = strdup(path);

    if (!copy)
        return err_set(why, "no memory for a context feed");
    f->leaf = slash ? slash + 1 : path;
    f->folder_fd = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    return f->folder_fd < 0 ? err_set(why, "%s cannot be opened: %s", path, strerror(errno))
                            : 0;
}

static int open_path(struct feed *f, struct err *why)
{
    const char *path = f->options.config->path;
    struct stat st;

    if (stat(path, &st) < 0)
        return err_set(why, "%s cannot be read: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode)) {
        f->kind = FEED_FOLDER;
        f->folder_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return f->folder_fd < 0
                   ? err_set(why, "%s cannot be opened: %s", path, strerror(errno))
                   : 0;
    }
    f->kind = S_ISSOCK(st.st_mode) ? FEED_SOCKET : FEED_FILE;
    if (!add_stream(f, NULL, why) || open_folder_of(f, why) < 0)
        return -1;
    if (f->kind == FEED_SOCKET)
        return connect_socket(f, true, why);
    if (S_ISREG(st.st_mode))
        return 0;
    f->kind = FEED_INPUT; /* a pipe, say: read once, as it comes */
    f->streams[0]->fd = open(path, O_RDONLY | O_CLOEXEC);
    return f->streams[0]->fd < 0
               ? err_set(why, "%s cannot be opened: %s", path, strerror(errno))
               : 0;
}

int feed_open(struct feed *f, const struct feed_options *options, struct err *why)
{
    *f = (struct feed){.options = *options, .kind = FEED_INPUT, .folder_fd = -1};
    if (strcmp(options->config->path, "-") != 0)
        return open_path(f, why);
    if (!add_stream(f, NULL, why))
        return -1;
    f->streams[0]->fd = STDIN_FILENO;
    return 0;
}

void feed_close(struct feed *f)
{
    for (size_t i = 0; i < f->stream_count; i++)
        free_stream(f->streams[i]);
    free(f->streams);
    if (f->folder_fd >= 0)
        (void)close(f->folder_fd);
    *f = (struct feed){.folder_fd = -1};
}

int feed_load(struct feed *f, struct err *why)
{
    if (f->kind == FEED_FOLDER)
        find_files(f);
    for (size_t i = 0; i < f->stream_count; i++) {
        struct stream *s = f->streams[i];

        if (f->kind == FEED_FILE || f->kind == FEED_FOLDER) {
            if (read_file(s, true, SIZE_MAX, why) < 0)
                return -1;
            continue;
        }
        if (read_on(s, SIZE_MAX, why) < 0)
            return -1;
        intake_end(&s->intake);
        close_stream(s);
    }
    return 0;
}

static void poll_stream(struct feed *f, struct stream *s, size_t most)
{
    struct err why;
    int end;

    if (f->kind != FEED_INPUT) {
        if (read_file(s, false, most, &why) == 0)
            return;
    } else {
        if (s->fd < 0)
            return;
        (void)fcntl(s->fd, F_SETFL, O_NONBLOCK);
        end = read_on(s, most, &why);
        if (end == 0)
            return;
        intake_end(&s->intake);
        close_stream(s);
        if (end > 0)
            return;
    }
    log_warn("%s", why.text);
    f->lost++;
}

static void poll_streams(struct feed *f, size_t most)
{
    if (f->kind == FEED_SOCKET) {
        poll_socket(f);
        return;
    }
    if (f->kind == FEED_FOLDER)
        find_files(f);
    for (size_t i = 0; i < f->stream_count; i++)
        poll_stream(f, f->streams[i], most);
}

void feed_catch_up(struct feed *f)
{
    poll_streams(f, f->kind == FEED_INPUT ? POLL_READS : SIZE_MAX);
}

void feed_poll(struct feed *f)
{
    poll_streams(f, POLL_READS);
}

void feed_count(const struct feed *f, struct intake_stats *sum)
{
    for (size_t i = 0; i < f->stream_count; i++) {
        const struct intake_stats *one = &f->streams[i]->intake.stats;

        sum->lines += one->lines;
        sum->records += one->records;
        sum->malformed += one->malformed;
        sum->mapping.unknown += one->mapping.unknown;
        sum->mapping.unknown_fields += one->mapping.unknown_fields;
        sum->mapping.bad_values += one->mapping.bad_values;
    }
}
