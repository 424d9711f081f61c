#include "loop.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/nanotime.h"

#define PROGRESS_STEPS 4096u /* look at the clock every so many steps of some frames */
#define LOOK_MESSAGES 256u   /* look at the signals every so many messages */
#define WAIT_MS 100          /* a signal may come just before the loop waits */
#define PULSE_STEPS 4u       /* and a little more often for what else there is */
#define PULSE_NS (5 * NS_PER_MS)
#define RECEIVERS_WAIT_MS 20
/* How long receivers may take nothing before nobody waits for them any more. */
#define PATIENCE_NS (8 * NS_PER_S)
#define PATIENCE_ALONE_NS (2 * NS_PER_S)
#define WANTS_MAX (1 + ALERT_OUTPUT_WANTS_MAX + MONITOR_WANTS_MAX)

static volatile sig_atomic_t stop_asked;
static volatile sig_atomic_t report_asked;
static volatile sig_atomic_t reload_asked;

static void on_stop(int signal_number)
{
    (void)signal_number;
    if (stop_asked)
        _exit(1);
    stop_asked = 1;
}

static void on_report(int signal_number)
{
    (void)signal_number;
    report_asked = 1;
}

static void on_reload(int signal_number)
{
    (void)signal_number;
    reload_asked = 1;
}

void loop_take_signals(void)
{
    struct sigaction stop = {.sa_handler = on_stop}, report = {.sa_handler = on_report};
    struct sigaction reload = {.sa_handler = on_reload}, ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGINT, &stop, NULL);
    (void)sigaction(SIGTERM, &stop, NULL);
    (void)sigaction(SIGUSR1, &report, NULL);
    (void)sigaction(SIGHUP, &reload, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL); /* a reader that leaves is a write error */
    (void)sigaction(SIGXFSZ, &ignore, NULL); /* and so is a file that may not grow */
}

/* ---- progress */

struct run {
    struct crew *crew;
    struct sensor *sensor;
    struct pulse *pulse;
    bool shown; /* progress */
    uint64_t start_ns;
    uint64_t shown_ns;
};

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void show_progress(struct run *r)
{
    uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
    struct source_stats stats;

    if (!r->pulse->options->progress || now_ns - r->shown_ns < NS_PER_S)
        return;
    r->shown_ns = now_ns;
    r->shown = true;
    stats = crew_progress(r->crew);
    (void)fprintf(stderr, "\r%.0f MB", (double)stats.read_bytes / 1e6);
    if (stats.total_bytes)
        (void)fprintf(stderr, " of %.0f MB", (double)stats.total_bytes / 1e6);
    (void)fprintf(stderr, ", %llu packets, %llu sessions, %llu alerts, %.0f MB/s ",
                  (unsigned long long)stats.frames,
                  (unsigned long long)r->sensor->correlator.stats.sessions,
                  (unsigned long long)r->sensor->correlator.stats.opened,
                  (double)stats.read_bytes * 1e3 / (double)(now_ns - r->start_ns));
}

/* ---- what a signal asked for */

static void pause_if_stopped(struct pulse *p)
{
    if (stop_asked)
        sensor_pause(p->sensor);
}

static void reload(struct pulse *p)
{
    reload_asked = 0;
    if (p->notify)
        notify_reloading(p->notify, clock_ns(CLOCK_MONOTONIC));
    sensor_reopen(p->sensor);
    if (p->options->reload)
        p->options->reload(p->options->ctx);
    if (p->notify)
        notify_ready(p->notify);
}

bool loop_look_at_signals(struct pulse *p)
{
    bool ends = stop_asked || sensor_check(p->sensor) < 0;

    if (reload_asked)
        reload(p);
    if (report_asked) {
        report_asked = 0;
        sensor_ask_report(p->sensor);
        if (p->crew)
            crew_ask_report(p->crew);
    }
    pause_if_stopped(p);
    if (ends && p->notify)
        notify_stopping(p->notify);
    if (ends && p->crew)
        crew_ask_stop(p->crew);
    return ends;
}

/* ---- what is done besides */

/* In a replay packets tell when counters are due. */
static void report_if_due(struct pulse *p, uint64_t now_ns)
{
    uint64_t interval = p->sensor->config->stats.interval_ns;

    if (!p->sensor->stats_on || !interval || now_ns < p->next_report_ns)
        return;
    if (p->next_report_ns)
        crew_ask_report(p->crew);
    p->next_report_ns = now_ns + interval;
}

static void poll_live(struct pulse *p, uint64_t now_ns)
{
    struct counters counters;

    crew_tend(p->crew, now_ns);
    report_if_due(p, now_ns);
    if (now_ns < p->next_look_ns)
        return;
    p->next_look_ns = now_ns + NS_PER_S;
    crew_ask_look(p->crew);
    sensor_count(p->sensor, &counters);
    complaints_look(&p->complaints, &counters, &p->sensor->output->blind, now_ns);
}

static void poll_all(struct pulse *p, uint64_t now_ns, bool closing)
{
    bool live = p->sensor->live;

    sensor_poll(p->sensor, now_ns, closing);
    if (live && !closing)
        poll_live(p, now_ns);
    if (p->notify)
        notify_poll(p->notify, now_ns);
    if (!p->monitor)
        return;
    if (p->crew && !live && !closing && monitor_is_due(p->monitor, now_ns))
        crew_ask_look(p->crew);
    monitor_poll(p->monitor, now_ns);
}

/* Wait until receivers have taken more of what is there for them, as long as it is of use. */
static void wait_for_receivers(struct pulse *p, bool closing)
{
    const struct alert_output *output = p->sensor->output;
    uint64_t now_ns = clock_ns(CLOCK_MONOTONIC), since_ns = now_ns, least = UINT64_MAX;

    for (;;) {
        struct pollfd wants[ALERT_OUTPUT_WANTS_MAX];
        uint64_t pending, patience_ns;

        poll_all(p, now_ns, closing);
        pending = alert_output_pending(output);
        if (pending == 0 || (!closing && (stop_asked || !alert_output_is_behind(output))))
            return;
        if (pending < least)
            since_ns = now_ns;
        least = pending < least ? pending : least;
        patience_ns = alert_output_is_alone(output) ? PATIENCE_ALONE_NS : PATIENCE_NS;
        if (now_ns - since_ns > patience_ns)
            return;
        (void)poll(wants, alert_output_wants(output, wants), RECEIVERS_WAIT_MS);
        now_ns = clock_ns(CLOCK_MONOTONIC);
    }
}

/* What receivers and who asks wait for, behind `fds[1]`; how many descriptors in all. */
static size_t add_wants(const struct pulse *p, struct pollfd *fds)
{
    size_t count = 1 + alert_output_wants(p->sensor->output, fds + 1);

    return p->monitor ? count + monitor_wants(p->monitor, fds + count) : count;
}

static int wait_ms(const struct pulse *p)
{
    return alert_output_pending(p->sensor->output) > 0 ? RECEIVERS_WAIT_MS : WAIT_MS;
}

/* Until the input can be read, serve everything else; false when it is to be left. */
static bool until_readable(void *ctx, int fd)
{
    struct pulse *p = ctx;
    struct pollfd fds[WANTS_MAX] = {{.fd = fd, .events = POLLIN}};

    while (poll(fds, 1, 0) <= 0) {
        if (stop_asked)
            return false;
        /* Before the loop runs there is nobody to be served. */
        if (!p->options) {
            (void)poll(fds, 1, WAIT_MS);
            continue;
        }
        if (loop_look_at_signals(p))
            return false;
        poll_all(p, clock_ns(CLOCK_MONOTONIC), false);
        (void)poll(fds, add_wants(p, fds), wait_ms(p));
    }
    return true;
}

struct read_wait loop_read_wait(struct pulse *p)
{
    return (struct read_wait){&stop_asked, until_readable, p};
}

bool loop_is_stopped(void)
{
    return stop_asked != 0;
}

uint64_t loop_clock_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t loop_wall_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

void loop_pulse(struct pulse *p)
{
    uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);

    if (now_ns < p->next_ns)
        return;
    p->next_ns = now_ns + PULSE_NS;
    if (p->sensor->live)
        poll_all(p, now_ns, false);
    else
        wait_for_receivers(p, false);
}

void loop_settle(struct pulse *p)
{
    wait_for_receivers(p, true);
}

/* ---- one worker, no thread */

static void run_alone(struct run *r)
{
    uint64_t steps = 0;

    do {
        (void)loop_look_at_signals(r->pulse);
        if (++steps % PULSE_STEPS == 0)
            loop_pulse(r->pulse);
        if (steps % PROGRESS_STEPS == 0)
            show_progress(r);
    } while (crew_step(r->crew));
    pause_if_stopped(r->pulse);
    crew_finish(r->crew);
}

/* ---- workers in threads */

/* Take what is there; true when there was something. */
static bool take_messages(struct run *r)
{
    const struct message *message;
    unsigned n = 0;

    while (n < LOOK_MESSAGES && (message = merge_next(&r->crew->merge)) != NULL) {
        pause_if_stopped(r->pulse); /* who was asked to stop tells what it had pending */
        sensor_take(r->sensor, message);
        merge_drop(&r->crew->merge);
        n++;
    }
    pause_if_stopped(r->pulse);
    if (n < LOOK_MESSAGES && !merge_is_over(&r->crew->merge))
        sensor_tick(r->sensor, merge_now_ns(&r->crew->merge));
    return n > 0;
}

static void wait_for_messages(struct run *r)
{
    struct pollfd fds[WANTS_MAX] = {{.fd = r->crew->bell.fd, .events = POLLIN}};
    size_t count = add_wants(r->pulse, fds);

    bell_listen(&r->crew->bell);
    if (!take_messages(r) && !merge_is_over(&r->crew->merge))
        (void)poll(fds, count, wait_ms(r->pulse));
    bell_quiet(&r->crew->bell);
}

static int run_threads(struct run *r, struct err *why)
{
    if (crew_start(r->crew, why) < 0)
        return -1;
    while (!merge_is_over(&r->crew->merge)) {
        (void)loop_look_at_signals(r->pulse);
        loop_pulse(r->pulse);
        show_progress(r);
        if (!take_messages(r))
            wait_for_messages(r);
    }
    return 0;
}

int loop_run(struct pulse *p, const struct loop_options *options, struct err *why)
{
    struct run r = {.crew = p->crew, .sensor = p->sensor, .pulse = p};
    int result = 0;

    p->options = options;
    r.start_ns = r.shown_ns = clock_ns(CLOCK_MONOTONIC);
    if (p->crew->threads)
        result = run_threads(&r, why);
    else
        run_alone(&r);
    if (p->notify)
        notify_stopping(p->notify);
    if (r.shown)
        (void)fputs("\n", stderr);
    if (result == 0 && sensor_drain(p->sensor) < 0) {
        *why = p->sensor->why;
        result = -1;
    }
    loop_settle(p);
    return result;
}
