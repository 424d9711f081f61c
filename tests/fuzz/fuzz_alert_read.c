/*
 * A line of a file of events, for who explains alerts. An alert that is read can be shown to a
 * person; it is written, and what was written is read and written again to the same bytes.
 */
#include "alert/alert_json.h"
#include "alert/alert_read.h"
#include "alert/alert_text.h"
#include "property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BUFFER (2u * 1024u * 1024u)

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

static void write_line(const struct finding *f, struct line *line)
{
    static char buffer[BUFFER];
    struct json_out out;

    json_out_init(&out, buffer, sizeof(buffer), keep, line);
    must(alert_json_write(f, &observer, &out));
    json_out_flush(&out);
}

/* Whole, in lines without control characters. */
static void show(const struct finding *f)
{
    static char block[ALERT_TEXT_MAX];
    struct text text = text_in(block, sizeof(block));
    char *line = block, *end;

    alert_text_write_subject(f, false, &text);
    alert_text_write_background(f, &text);
    must(!text.cut);
    while ((end = strchr(line, '\n')) != NULL) {
        *end = '\0';
        must(is_printable(line));
        line = end + 1;
    }
    must(*line == '\0');
}

/* What the reader says of the line; an alert is shown and written. */
static enum alert_line read_and_write(struct alert_reader *reader, struct span in,
                                      struct line *out)
{
    static struct alert_read read;
    struct alert_session session = {.file = NULL};
    struct err why = {.text = ""};
    enum alert_line result = alert_read_line(reader, in, &read, &session, &why);

    must((result == ALERT_LINE_BROKEN) == (why.text[0] != '\0'));
    if (result == ALERT_LINE_ALERT) {
        show(&read.finding);
        write_line(&read.finding, out);
    }
    alert_read_release(&read);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct line once, twice;
    static struct alert_reader *reader;

    if (!reader)
        reader = alert_reader_new();
    must(reader != NULL);
    if (read_and_write(reader, span_of(data, size), &once) != ALERT_LINE_ALERT)
        return 0;
    must(read_and_write(reader, span_of(once.bytes, once.len), &twice) == ALERT_LINE_ALERT);
    must(span_equal(span_of(once.bytes, once.len), span_of(twice.bytes, twice.len)));
    return 0;
}
