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

static void write_line(const struct session *s, struct line *line)
{
    static char buffer[BUFFER];
    struct json_out out;

    json_out_init(&out, buffer, sizeof(buffer), keep, line);
    session_write(s, &observer, &out);
    json_out_flush(&out);
    must(out.lines == 1 && out.dropped == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct line once, twice;
    static struct session_reader *reader;
    struct session s;
    struct err why = {.text = ""};
    enum session_line result;

    if (!reader)
        reader = session_reader_new(&why);
    must(reader != NULL);
    result = session_read(reader, span_of(data, size), &s, &why);
    must((result == SESSION_LINE_BROKEN) == (why.text[0] != '\0'));
    if (result != SESSION_LINE_READ)
        return 0;
    write_line(&s, &once);
    session_release(&s);
    must(session_read(reader, span_of(once.bytes, once.len), &s, &why) ==
         SESSION_LINE_READ);
    write_line(&s, &twice);
    session_release(&s);
    must(span_equal(span_of(once.bytes, once.len), span_of(twice.bytes, twice.len)));
    return 0;
}
