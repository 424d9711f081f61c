#include "capture/reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define MAGIC_LEN 4

enum reader_result reader_damaged(struct reader *r, uint64_t offset, const char *format,
                                  ...)
{
    char what[ERR_TEXT_MAX / 2];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    (void)err_set(
        &r->damage,
        "%s: damaged at byte %" PRIu64 "%s: %s (%" PRIu64 " packets read before it)",
        r->name, offset, buffer_is_packed(&r->buffer) ? " of what it unpacks to" : "", what,
        r->frames);
    return READER_DAMAGED;
}

enum reader_result reader_cut_short(struct reader *r, const char *what)
{
    const char *failure = buffer_failure(&r->buffer);

    if (failure)
        return reader_damaged(r, r->buffer.read_offset, "%s", failure);
    (void)err_set(&r->damage,
                  "%s: cut short at byte %" PRIu64 "%s inside %s (%" PRIu64
                  " packets read before it)",
                  r->name, r->buffer.read_offset,
                  buffer_is_packed(&r->buffer) ? " of what it unpacks to" : "", what,
                  r->frames);
    return READER_DAMAGED;
}

static enum reader_result begin(struct reader *r, struct frame *out)
{
    enum reader_result result;

    r->is_capture = false;
    if (!buffer_need(&r->buffer, MAGIC_LEN)) {
        if (buffer_failure(&r->buffer) || !span_empty(r->buffer.rest))
            return reader_cut_short(r, "the file header");
        r->is_capture = true;
        (void)err_set(&r->damage, "%s: the file is empty", r->name);
        return READER_DAMAGED;
    }
    r->is_capture = true;
    if (pcap_knows(r->buffer.rest))
        result = pcap_start(r);
    else if (pcapng_knows(r->buffer.rest))
        result = pcapng_start(r);
    else
        result = foreign_start(r);
    return result == READER_FRAME ? r->next(r, out) : result;
}

int reader_init(struct reader *r, const struct read_wait *wait, struct err *why)
{
    *r = (struct reader){.next = begin};
    return buffer_init(&r->buffer, wait, why);
}

void reader_fini(struct reader *r)
{
    reader_close(r);
    pcapng_free(r->pcapng);
    r->pcapng = NULL;
    buffer_fini(&r->buffer);
}

void reader_open(struct reader *r, const char *name, int fd)
{
    reader_close(r);
    buffer_open(&r->buffer, fd);
    r->name = name;
    r->next = begin;
    r->next_ready = NULL;
    r->frames = 0;
}

void reader_close(struct reader *r)
{
    foreign_free(r->foreign);
    r->foreign = NULL;
    buffer_close(&r->buffer);
}
