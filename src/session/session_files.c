#include "session/session_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/buffer.h"

#define TOO_LONG "the line is longer than any event"

/* One file, and the item at its front. */
struct input {
    const char *name;
    int fd;
    struct buffer buffer;
    uint64_t lines;
    uint64_t told; /* broken lines told */
    uint64_t broken;
    uint32_t clock_steps; /* of the last item taken */
    bool any;
    bool ended;
    bool is_end; /* the item at the front is `end`, else `session`; if `loaded` */
    bool loaded;
    struct session session;
    struct session_end end;
};

struct session_files {
    struct session_files_options options;
    struct session_reader *reader;
    struct input *inputs;
    size_t input_count;
    struct input *lent; /* whose item the caller has */
    struct session_files_stats stats;
};

/* ---- open and close */

static int open_file(const char *path)
{
    return strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
}

static void close_file(int fd)
{
    if (fd > STDIN_FILENO)
        (void)close(fd);
}

static int open_input(struct session_files *f, const char *path, struct err *why)
{
    struct input *in = &f->inputs[f->input_count];

    in->name = strcmp(path, "-") == 0 ? "standard input" : path;
    in->fd = open_file(path);
    if (in->fd < 0)
        return err_set(why, "%s: %s", in->name, strerror(errno));
    f->input_count++;
    if (buffer_init(&in->buffer, &f->options.wait, why) < 0)
        return -1;
    buffer_open(&in->buffer, in->fd);
    return 0;
}

static int open_all(struct session_files *f, const struct session_files_options *options,
                    struct err *why)
{
    if (options->path_count > SESSION_FILES_MAX)
        return err_set(why, "%zu files: at most %u are read at once", options->path_count,
                       SESSION_FILES_MAX);
    if (!f->inputs)
        return err_set(why, "no memory for %zu files", options->path_count);
    for (size_t i = 0; i < options->path_count; i++)
        if (open_input(f, options->paths[i], why) < 0)
            return -1;
    return 0;
}

struct session_files *session_files_open(const struct session_files_options *options,
                                         struct err *why)
{
    struct session_files *f = calloc(1, sizeof(*f));

    if (!f) {
        (void)err_set(why, "no memory for reading sessions");
        return NULL;
    }
    f->options = *options;
    f->inputs = calloc(options->path_count + 1, sizeof(*f->inputs));
    f->reader = session_reader_new(why);
    if (f->reader && open_all(f, options, why) == 0)
        return f;
    session_files_free(f);
    return NULL;
}

static void release(struct input *in)
{
    if (in->loaded && !in->is_end)
        session_release(&in->session);
    in->loaded = false;
}

void session_files_free(struct session_files *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->input_count; i++) {
        release(&f->inputs[i]);
        buffer_fini(&f->inputs[i].buffer);
        close_file(f->inputs[i].fd);
    }
    free(f->inputs);
    session_reader_free(f->reader);
    free(f);
}

const struct session_files_stats *session_files_stats(const struct session_files *f)
{
    return &f->stats;
}

/* ---- lines */

__attribute__((format(printf, 2, 3))) static void complain(const struct session_files *f,
                                                           const char *format, ...)
{
    struct err sentence;
    va_list args;

    va_start(args, format);
    (void)vsnprintf(sentence.text, sizeof(sentence.text), format, args);
    va_end(args);
    f->options.complain(f->options.ctx, sentence.text);
}

static void note_broken(struct session_files *f, struct input *in, const char *why)
{
    f->stats.broken++;
    in->broken++;
    if (in->told == SESSION_FILES_TOLD)
        return;
    in->told++;
    complain(f, "%s:%llu: %s", in->name, (unsigned long long)in->lines, why);
}

static bool is_stopped(const struct session_files *f)
{
    return f->options.wait.stop && *f->options.wait.stop;
}

static void end_input(struct session_files *f, struct input *in)
{
    const char *failure = buffer_failure(&in->buffer);

    in->ended = true;
    if (is_stopped(f))
        return;
    if (in->broken > in->told)
        complain(f, "%s: %llu more lines are broken", in->name,
                 (unsigned long long)(in->broken - in->told));
    if (failure) {
        f->stats.damaged++;
        complain(f, "%s: %s behind line %llu", in->name, failure,
                 (unsigned long long)in->lines);
    }
}

/* Drop what is left of a line that is too long. */
static void skip_line(struct buffer *b)
{
    const uint8_t *newline;

    do {
        if (!buffer_need(b, 1))
            return;
        newline = memchr(b->rest.data, '\n', b->rest.len);
    } while (
        buffer_skip(b, newline ? (uint64_t)(newline - b->rest.data) + 1 : b->rest.len) &&
        !newline);
}

enum line_result { LINE_READ, LINE_LONG, LINE_NONE };

/* The next line without its end; lent until the buffer moves. */
static enum line_result next_line(struct buffer *b, struct span *out, size_t *taken)
{
    size_t seen = 0;

    while (buffer_need(b, seen + 1)) {
        const uint8_t *newline = memchr(b->rest.data + seen, '\n', b->rest.len - seen);

        if (newline) {
            *out = span_of(b->rest.data, (size_t)(newline - b->rest.data));
            *taken = out->len + 1;
            return LINE_READ;
        }
        seen = b->rest.len;
        if (seen >= SESSION_FILES_LINE_MAX)
            return LINE_LONG;
    }
    *out = b->rest;
    *taken = b->rest.len;
    return b->rest.len > 0 ? LINE_READ : LINE_NONE;
}

static bool is_blank(struct span line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.data[i] != ' ' && line.data[i] != '\r' && line.data[i] != '\t')
            return false;
    return true;
}

/* Make an item of one line, if it holds one. */
static void take_line(struct session_files *f, struct input *in, struct span line)
{
    struct err why;

    in->lines++;
    f->stats.lines++;
    if (is_blank(line))
        return;
    if (line.len > SESSION_FILES_LINE_MAX) {
        note_broken(f, in, TOO_LONG);
        return;
    }
    switch (session_read_any(f->reader, line, &in->session, &in->end, &why)) {
    case SESSION_LINE_READ:
        f->stats.sessions++;
        in->loaded = true;
        in->is_end = false;
        break;
    case SESSION_LINE_END:
        f->stats.ends++;
        in->loaded = true;
        in->is_end = true;
        break;
    case SESSION_LINE_OTHER:
        f->stats.others++;
        break;
    case SESSION_LINE_BROKEN:
        note_broken(f, in, why.text);
        break;
    }
}

/* Read on until there is an item at the front of the file, or the file ends. */
static void load(struct session_files *f, struct input *in)
{
    uint64_t before = in->buffer.raw_bytes;
    struct span line;
    size_t taken;

    while (!in->loaded && !in->ended) {
        enum line_result result =
            is_stopped(f) ? LINE_NONE : next_line(&in->buffer, &line, &taken);

        if (result == LINE_READ) {
            take_line(f, in, line);
            in->ended = !buffer_skip(&in->buffer, taken);
        } else if (result == LINE_LONG) {
            in->lines++;
            note_broken(f, in, TOO_LONG);
            skip_line(&in->buffer);
        } else {
            end_input(f, in);
        }
    }
    f->stats.bytes += in->buffer.raw_bytes - before;
}

/* ---- one stream */

static bool before(const struct session *a, const struct session *b)
{
    if (a->decided_ns != b->decided_ns)
        return a->decided_ns < b->decided_ns;
    return memcmp(a->id, b->id, sizeof(a->id)) < 0;
}

/* The file whose turn it is: totals at once, they wait for their time elsewhere. NULL at the end. */
static struct input *choose(struct session_files *f)
{
    struct input *first = NULL;

    for (size_t i = 0; i < f->input_count; i++) {
        struct input *in = &f->inputs[i];

        load(f, in);
        if (in->loaded && in->is_end)
            return in;
        if (in->loaded && (!first || before(&in->session, &first->session)))
            first = in;
    }
    return first;
}

bool session_files_next(struct session_files *f, struct session_item *out)
{
    uint32_t clock_steps;
    struct input *in;

    if (f->lent)
        release(f->lent);
    in = choose(f);
    f->lent = in;
    if (!in)
        return false;
    clock_steps = in->is_end ? in->end.clock_steps : in->session.clock_steps;
    *out = (struct session_item){
        .session = in->is_end ? NULL : &in->session,
        .end = in->is_end ? &in->end : NULL,
        .stepped = in->any && clock_steps != in->clock_steps,
        .clock_steps = clock_steps,
    };
    in->any = true;
    in->clock_steps = clock_steps;
    return true;
}

bool session_files_is_one(const char *path)
{
    struct buffer buffer;
    struct err why;
    int fd = strcmp(path, "-") == 0 ? -1 : open_file(path);
    bool is_one;

    if (fd < 0 || buffer_init(&buffer, NULL, &why) < 0) {
        close_file(fd);
        return false;
    }
    buffer_open(&buffer, fd);
    is_one = buffer_need(&buffer, 1) && buffer.rest.data[0] == '{';
    buffer_fini(&buffer);
    close_file(fd);
    return is_one;
}
