#include "alert/sink_syslog.h"

#include <stdio.h>
#include <unistd.h>

#include "alert/alert_json.h"
#include "alert/alert_words.h"
#include "base/nanotime.h"

/* The JSON writer leaves out a line longer than half of its buffer. */
#define JSON_BUFFER_BYTES (2 * (SYSLOG_MESSAGE_MAX - HEAD_MAX))
/* Priority, time, host, program, message id and the blanks between them. */
#define HEAD_MAX (SYSLOG_HOST_MAX + 128)

/* RFC 5424, 6.2.1 */
enum {
    SYSLOG_CRITICAL = 2,
    SYSLOG_ERROR,
    SYSLOG_WARNING,
    SYSLOG_NOTICE,
    SYSLOG_INFORMATIONAL
};

static unsigned severity_of(const struct finding *f)
{
    static const struct {
        int at_least;
        unsigned severity;
    } rows[] = {
        {99, SYSLOG_CRITICAL},
        {73, SYSLOG_ERROR},
        {47, SYSLOG_WARNING},
        {21, SYSLOG_NOTICE},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (f->severity >= rows[i].at_least)
            return rows[i].severity;
    return SYSLOG_INFORMATIONAL;
}

/* The text that takes finished lines. */
static void take_line(void *ctx, struct span lines)
{
    struct text *out = ctx;

    if (lines.len > 0)
        text_add_format(out, "%.*s", (int)(lines.len - 1), (const char *)lines.data);
}

bool sink_syslog_message(const struct sink_syslog *s, const struct finding *f,
                         struct text *out)
{
    char time[NANOTIME_TEXT_MAX], buffer[JSON_BUFFER_BYTES];
    struct json_out json;

    text_add_format(out,
                    "<%u>1 %s %s pinsight - %s - @cee: ", s->facility * 8 + severity_of(f),
                    nanotime_describe(f->time_ns, time), s->host, alert_rule_id(f));
    json_out_init(&json, buffer, sizeof(buffer), take_line, out);
    if (!alert_json_write_compact(f, &s->observer, &json))
        return false;
    json_out_flush(&json);
    return !out->cut;
}

/* PRINTUSASCII alone may stand in HOSTNAME; "-" means that there is none. */
static void set_host(struct sink_syslog *s, const char *host)
{
    size_t len = 0;

    if (host)
        len = (size_t)snprintf(s->host, sizeof(s->host), "%s", host);
    else if (gethostname(s->host, sizeof(s->host) - 1) == 0)
        len = strlen(s->host);
    for (size_t i = 0; i < len && s->host[i]; i++)
        if (s->host[i] <= ' ' || s->host[i] > '~')
            s->host[i] = '_';
    if (len == 0)
        memcpy(s->host, "-", 2);
}

int sink_syslog_init(struct sink_syslog *s, const struct sink_syslog_options *options,
                     struct err *why)
{
    struct delivery_options delivery = {
        .receiver =
            {
                .name = "output.syslog",
                .target = options->address,
                .transport = options->transport,
                .framing = FRAMING_COUNTED,
                .datagram_first = true,
            },
        .spool =
            {
                .path = options->spool_path,
                .name = "syslog",
                .bytes = options->spool_bytes,
            },
    };

    *s =
        (struct sink_syslog){.facility = options->facility, .observer = *options->observer};
    set_host(s, options->host);
    if (options->transport == RECEIVER_TLS) {
        struct err reason;

        s->trust = tls_trust_new(&options->trust, &reason);
        if (!s->trust)
            return err_set(why, "output.syslog: %s", reason.text);
        delivery.receiver.trust = s->trust;
    }
    if (delivery_init(&s->delivery, &delivery, why) < 0) {
        sink_syslog_fini(s);
        return -1;
    }
    return 0;
}

void sink_syslog_fini(struct sink_syslog *s)
{
    if (s->delivery.sink.kind)
        sink_close(&s->delivery.sink);
    tls_trust_free(s->trust);
    s->trust = NULL;
}
