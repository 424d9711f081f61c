/*
 * A line of a file of session events. What is read is written, and what was written is read and
 * written again to the same bytes.
 */
#include "property.h"
#include "session/session_read.h"
#include "session/session_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BUFFER (512u * 1024u)

static const struct observer observer = {.name = "fuzz", .version = "0"};
static struct cipher_texts texts;

struct line {
    char bytes[BUFFER];
    size_t len;
};

static void keep(void *ctx, struct span lines)
{
    struct line *line = ctx;

    must(lines.len > 0 && lines.len <= sizeof(line->bytes));
    memcpy(line->bytes, lines.data, lines.len);
    line->len = lines.len - 1;
}

/* A session, or the totals of one. */
static void write_line(const struct session *s, const struct session_end *end,
                       struct line *line)
{
    static char buffer[BUFFER];
    struct json_out out;

    json_out_init(&out, buffer, sizeof(buffer), keep, line);
    if (s)
        session_write(s, &observer, &texts, &out);
    else
        session_end_write(end, &observer, &out);
    json_out_flush(&out);
    must(out.lines == 1 && out.dropped == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct line once, twice;
    static struct session_reader *reader;
    struct session_end end;
    struct session s;
    struct err why = {.text = ""};
    enum session_line result;
    bool is_session;

    if (!reader)
        reader = session_reader_new(&why);
    must(reader != NULL);
    result = session_read_any(reader, span_of(data, size), &s, &end, &why);
    must((result == SESSION_LINE_BROKEN) == (why.text[0] != '\0'));
    is_session = result == SESSION_LINE_READ;
    if (!is_session && result != SESSION_LINE_END)
        return 0;
    write_line(is_session ? &s : NULL, &end, &once);
    if (is_session)
        session_release(&s);
    must(session_read_any(reader, span_of(once.bytes, once.len), &s, &end, &why) == result);
    write_line(is_session ? &s : NULL, &end, &twice);
    if (is_session)
        session_release(&s);
    must(span_equal(span_of(once.bytes, once.len), span_of(twice.bytes, twice.len)));
    return 0;
}
