#include "alert/delivery.h"

#include "base/log.h"
#include "base/nanotime.h"

#define SETTLE_NS (5 * NS_PER_S)
#define MARK_NS (SETTLE_NS / DELIVERY_MARKS) /* between two marks */
/* Sent without knowing that any of it has arrived. */
#define IN_FLIGHT_MAX (512u * 1024u)
#define POLL_BYTES (1024u * 1024u)

/* ---- settling */

static void forget_marks(struct delivery *d)
{
    d->mark_count = 0;
    d->in_flight = 0;
}

static void settle(struct delivery *d, const struct spool_position *to)
{
    spool_settle(&d->spool, to);
    for (int class = 0; class < SINK_CLASSES; class ++)
        d->stats.delivered[class] = to->read[class];
}

/* The marks that are old enough settle; the connection is known to live at this moment. */
static void settle_old(struct delivery *d, uint64_t now_ns)
{
    size_t n = 0;

    while (n < d->mark_count && now_ns - d->marks[n].at_ns >= SETTLE_NS)
        n++;
    if (n == 0)
        return;
    settle(d, &d->marks[n - 1].to);
    d->mark_count -= n;
    memmove(d->marks, d->marks + n, d->mark_count * sizeof(d->marks[0]));
}

static void add_mark(struct delivery *d, uint64_t now_ns)
{
    struct delivery_mark mark = {.to = spool_tell(&d->spool), .at_ns = now_ns};
    const struct delivery_mark *last = d->mark_count ? &d->marks[d->mark_count - 1] : NULL;

    if (d->mark_count == DELIVERY_MARKS || (last && now_ns - last->at_ns < MARK_NS) ||
        mark.to.sequence == (last ? last->to.sequence : d->spool.settled.sequence))
        return;
    d->marks[d->mark_count++] = mark;
}

static void confirm(struct delivery *d, uint64_t now_ns)
{
    if (d->spool.read.sequence == d->spool.settled.sequence)
        return;
    if (!receiver_caught_up(&d->receiver))
        return;
    d->in_flight = 0;
    settle_old(d, now_ns);
    add_mark(d, now_ns);
}

/* ---- sending */

static void send_some(struct delivery *d)
{
    struct spool_message m;
    uint64_t sent = 0;

    while (sent < POLL_BYTES && d->in_flight < IN_FLIGHT_MAX && spool_peek(&d->spool, &m)) {
        enum receiver_put result = receiver_put(&d->receiver, m.bytes);

        if (result == PUT_LATER)
            return;
        if (result == PUT_TOO_LONG)
            d->stats.too_long++;
        else
            d->stats.sent[m.class]++;
        d->in_flight += m.bytes.len;
        sent += m.bytes.len;
        spool_skip(&d->spool);
    }
}

static void go_back(struct delivery *d)
{
    spool_rewind(&d->spool);
    forget_marks(d);
}

static void note_state(struct delivery *d)
{
    bool up = d->receiver.state == RECEIVER_UP;

    if (d->was_up && !up)
        go_back(d);
    d->was_up = up;
}

/* All was sent: end the connection, and when the other side has ended it too, all has arrived. */
static void end(struct delivery *d)
{
    struct spool_message m;
    struct spool_position to;

    if (d->receiver.state != RECEIVER_UP || spool_peek(&d->spool, &m) ||
        !receiver_end(&d->receiver))
        return;
    to = spool_tell(&d->spool);
    settle(d, &to);
}

static void delivery_poll(struct sink *sink, uint64_t now_ns, bool closing)
{
    struct delivery *d = (struct delivery *)sink;

    spool_tick(&d->spool, now_ns);
    (void)receiver_poll(&d->receiver, now_ns);
    note_state(d);
    if (!d->was_up)
        return;
    send_some(d);
    confirm(d, now_ns);
    if (closing)
        end(d);
    note_state(d);
}

/* ---- taking */

static void put(struct delivery *d, enum sink_class class, struct span message)
{
    bool taken = spool_put(&d->spool, class, message);

    if (taken && class == SINK_OBSERVATION)
        d->shedding = false;
    if (taken || (d->shedding && class == SINK_OBSERVATION))
        return;
    d->shedding = d->shedding || class == SINK_OBSERVATION;
    log_warn("%s: the spool is full: %s", d->receiver.options.name,
             class == SINK_ALERT ? "an alert is lost" : "sessions are left out");
}

static int delivery_write(struct sink *sink, enum sink_class class, struct span lines,
                          struct err *why)
{
    struct delivery *d = (struct delivery *)sink;

    (void)why;
    while (!span_empty(lines)) {
        const uint8_t *newline = memchr(lines.data, '\n', lines.len);
        size_t len = newline ? (size_t)(newline - lines.data) : lines.len;
        struct span line;

        if (!span_take(&lines, len, &line) || (newline && !span_skip(&lines, 1)))
            break;
        put(d, class, line);
    }
    return 0;
}

static int delivery_flush(struct sink *sink, struct err *why)
{
    (void)sink;
    (void)why;
    return 0;
}

static int delivery_reopen(struct sink *sink, struct err *why)
{
    struct delivery *d = (struct delivery *)sink;

    go_back(d);
    d->was_up = false;
    return receiver_reopen(&d->receiver, why);
}

/* ---- life */

uint64_t delivery_pending(const struct delivery *d, enum sink_class class)
{
    return spool_unsettled(&d->spool, class);
}

uint64_t delivery_lost(const struct delivery *d)
{
    return d->spool.stats.shed[SINK_ALERT] + d->spool.stats.shed[SINK_OBSERVATION];
}

static void delivery_close(struct sink *sink)
{
    struct delivery *d = (struct delivery *)sink;
    uint64_t alerts = delivery_pending(d, SINK_ALERT);

    if (alerts > 0)
        log_warn("%s: %llu alerts that %s did not take wait in %s for the next start",
                 d->receiver.options.name, (unsigned long long)alerts,
                 d->receiver.options.target, d->spool.options.path);
    spool_close(&d->spool);
    receiver_fini(&d->receiver);
}

int delivery_init(struct delivery *d, const struct delivery_options *options,
                  struct err *why)
{
    static const struct sink_kind kind = {delivery_write, delivery_flush, delivery_reopen,
                                          delivery_poll, delivery_close};

    *d = (struct delivery){.sink = {&kind}};
    if (receiver_init(&d->receiver, &options->receiver, why) < 0 ||
        spool_open(&d->spool, &options->spool, why) < 0) {
        receiver_fini(&d->receiver);
        return -1;
    }
    return 0;
}
