#include <stdlib.h>
#include <unistd.h>

#include "capture/filter.h"
#include "capture/inputs.h"
#include "capture/reader.h"
#include "capture/source.h"

/* Sentences kept; further damage is counted only. */
#define DAMAGE_MAX 1000

#define LINK_TYPE_ETHERNET 1

struct source {
    struct inputs inputs;
    size_t next_input;
    int fd; /* of the current input, -1 between inputs */
    struct reader reader;
    struct filter *filter;
    struct source_stats stats;
    struct read_wait wait;
    uint64_t done_bytes; /* of the inputs before the current one */
    char *damage[DAMAGE_MAX];
    size_t damage_count;
};

/* The filter must compile for the link type of one input at least. */
static int check_filter(const struct source *s, struct err *why)
{
    bool any = false;

    for (size_t i = 0; i < s->inputs.count; i++) {
        if (!s->inputs.items[i].has_frame)
            continue;
        any = true;
        if (filter_check(s->filter, s->inputs.items[i].link_type, why) == 0)
            return 0;
    }
    return any ? -1 : filter_check(s->filter, LINK_TYPE_ETHERNET, why);
}

static int open_all(struct source *s, const struct source_options *options, struct err *why)
{
    if (reader_init(&s->reader, &s->wait, why) < 0)
        return -1;
    s->inputs.quiet = options->quiet;
    if (options->readers > 1)
        s->inputs.open_most = INPUTS_OPEN_MAX / options->readers;
    for (size_t i = 0; i < options->input_count; i++)
        if (inputs_add(&s->inputs, options->inputs[i], why) < 0)
            return -1;
    if (options->filter && !(s->filter = filter_new(options->filter, options->quiet)))
        return err_set(why, "no memory for the filter");
    return 0;
}

struct source *source_open_files(const struct source_options *options, struct err *why)
{
    struct source *s = calloc(1, sizeof(*s));

    if (!s) {
        (void)err_set(why, "no memory for reading captures");
        return NULL;
    }
    s->fd = -1;
    if (options->wait)
        s->wait = *options->wait;
    if (open_all(s, options, why) < 0) {
        source_free(s);
        return NULL;
    }
    return s;
}

int source_look(struct source *s, struct err *why)
{
    if (inputs_look(&s->inputs, &s->reader, why) < 0)
        return -1;
    s->stats.total_bytes = s->inputs.total_bytes;
    s->stats.skipped_files = s->inputs.skipped;
    return s->filter ? check_filter(s, why) : 0;
}

static void note_damage(struct source *s, const char *sentence)
{
    s->stats.damaged_files++;
    if (s->damage_count == DAMAGE_MAX)
        return;
    s->damage[s->damage_count] = strdup(sentence);
    s->damage_count += s->damage[s->damage_count] != NULL;
}

static void close_input(struct source *s)
{
    s->done_bytes += s->reader.buffer.raw_bytes;
    s->reader.buffer.raw_bytes = 0;
    s->stats.read_bytes = s->done_bytes;
    reader_close(&s->reader);
    if (s->fd > STDIN_FILENO)
        (void)close(s->fd);
    s->fd = -1;
}

/* Go to the next input that can be opened; false when there is none. */
static bool open_next(struct source *s)
{
    struct err why;

    while (s->next_input < s->inputs.count) {
        size_t i = s->next_input++;

        s->fd = inputs_take_fd(&s->inputs, i, &why);
        s->stats.files++;
        if (s->fd >= 0) {
            reader_open(&s->reader, s->inputs.items[i].name, s->fd);
            return true;
        }
        note_damage(s, why.text);
    }
    return false;
}

/* Count a frame that was read; false when the filter leaves it out. */
static bool count_frame(struct source *s, const struct frame *frame)
{
    if (s->filter && !filter_matches(s->filter, frame)) {
        s->stats.filtered++;
        return false;
    }
    s->stats.frames++;
    s->stats.captured_bytes += frame->bytes.len;
    s->stats.read_bytes = s->done_bytes + s->reader.buffer.raw_bytes;
    return true;
}

bool source_next(struct source *s, struct frame *out)
{
    for (;;) {
        enum reader_result result;

        if (s->fd < 0 && !open_next(s))
            return false;
        result = reader_next(&s->reader, out);
        if (result == READER_FRAME) {
            if (!count_frame(s, out))
                continue;
            return true;
        }
        if (result == READER_DAMAGED && !(s->wait.stop && *s->wait.stop))
            note_damage(s, s->reader.damage.text);
        close_input(s);
    }
}

size_t source_next_some(struct source *s, struct frame *out, size_t max)
{
    size_t ready, count = 1;

    if (!source_next(s, &out[0]))
        return 0;
    ready = reader_next_ready(&s->reader, &out[1], max - 1);
    for (size_t i = 1; i <= ready; i++)
        if (count_frame(s, &out[i]))
            out[count++] = out[i];
    return count;
}

const struct source_stats *source_stats(const struct source *s)
{
    return &s->stats;
}

const char *source_damage(const struct source *s, size_t i)
{
    return i < s->damage_count ? s->damage[i] : NULL;
}

void source_free(struct source *s)
{
    if (!s)
        return;
    close_input(s);
    reader_fini(&s->reader);
    filter_free(s->filter);
    inputs_fini(&s->inputs);
    for (size_t i = 0; i < s->damage_count; i++)
        free(s->damage[i]);
    free(s);
}
