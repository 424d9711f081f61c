#include "loop.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_FRAMES 65536u /* look at the clock every so many frames */

static volatile sig_atomic_t stop_asked;
static volatile sig_atomic_t report_asked;

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

static void take_signals(void)
{
    struct sigaction stop = {.sa_handler = on_stop}, report = {.sa_handler = on_report};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGINT, &stop, NULL);
    (void)sigaction(SIGTERM, &stop, NULL);
    (void)sigaction(SIGUSR1, &report, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL); /* a reader that leaves is a write error */
}

struct progress_meter {
    bool on;
    bool shown;
    struct timespec start;
    struct timespec last;
};

static double seconds_between(const struct timespec *a, const struct timespec *b)
{
    return (double)(b->tv_sec - a->tv_sec) + (double)(b->tv_nsec - a->tv_nsec) / 1e9;
}

static void show_progress(struct progress_meter *m, const struct source *source,
                          const struct sensor *sensor)
{
    const struct source_stats *stats = source_stats(source);
    struct timespec now;
    double elapsed;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if (seconds_between(&m->last, &now) < 1)
        return;
    m->last = now;
    m->shown = true;
    elapsed = seconds_between(&m->start, &now);
    (void)fprintf(stderr, "\r%.0f MB", (double)stats->read_bytes / 1e6);
    if (stats->total_bytes)
        (void)fprintf(stderr, " of %.0f MB", (double)stats->total_bytes / 1e6);
    (void)fprintf(stderr, ", %llu packets, %llu sessions, %llu alerts, %.0f MB/s ",
                  (unsigned long long)stats->frames,
                  (unsigned long long)sensor->correlator.stats.sessions,
                  (unsigned long long)sensor->correlator.stats.opened,
                  (double)stats->read_bytes / 1e6 / elapsed);
}

int loop_run(struct source *source, struct lane *lane, struct sensor *sensor,
             const struct loop_options *options)
{
    struct progress_meter meter = {.on = options->progress};
    struct frame frame;

    take_signals();
    (void)clock_gettime(CLOCK_MONOTONIC, &meter.start);
    meter.last = meter.start;
    while (!stop_asked && sensor_check(sensor) == 0 && source_next(source, &frame)) {
        lane_push(lane, &frame);
        if (lane->frames == options->packet_limit)
            break;
        if (report_asked) {
            report_asked = 0;
            sensor_ask_report(sensor);
            lane_report(lane);
        }
        if (meter.on && lane->frames % PROGRESS_FRAMES == 0)
            show_progress(&meter, source, sensor);
    }
    if (meter.shown)
        (void)fputs("\n", stderr);
    lane_drain(lane);
    return sensor_drain(sensor);
}
