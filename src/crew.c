#include "crew.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "crew_live.h"
#include "pin.h"
#include "stats.h"

/* ---- start */

/* True when all inputs can be read as often as one likes. */
static bool is_repeatable(const struct crew_options *o)
{
    struct stat about;

    for (size_t i = 0; i < o->input_count; i++)
        if (strcmp(o->inputs[i], "-") == 0 ||
            (stat(o->inputs[i], &about) == 0 && !S_ISREG(about.st_mode) &&
             !S_ISDIR(about.st_mode)))
            return false;
    return true;
}

/* The cores that this process may use. */
static unsigned core_count(void)
{
    cpu_set_t cores;

    return sched_getaffinity(0, sizeof(cores), &cores) < 0 ? 1
                                                           : (unsigned)CPU_COUNT(&cores);
}

static unsigned count_of(const struct crew_options *o)
{
    unsigned wanted = o->config->capture.workers ? o->config->capture.workers : 1;

    if (o->live)
        return o->config->capture.workers ? wanted : core_count();
    if (wanted > 1 && !is_repeatable(o)) {
        log_warn("one worker reads: standard input and pipes cannot be read by several");
        return 1;
    }
    return wanted;
}

static int open_source(struct hand *h, struct err *why)
{
    const struct crew_options *o = &h->crew->options;
    struct source_options options = {.inputs = o->inputs,
                                     .input_count = o->input_count,
                                     .filter = o->config->capture.filter,
                                     .readers = h->crew->count,
                                     .quiet = h->index > 0,
                                     .wait = h->crew->threads ? NULL : o->wait};

    h->source = source_open_files(&options, why);
    return h->source ? 0 : -1;
}

static int open_interfaces(struct crew *c, struct err *why)
{
    const struct config_capture *capture = &c->options.config->capture;
    struct interfaces_options options = {.names = capture->interfaces,
                                         .name_count = capture->interface_count,
                                         .ring = {.filter = capture->filter,
                                                  .snaplen = capture->snaplen,
                                                  .buffer_bytes = capture->buffer_bytes,
                                                  .promiscuous = capture->promiscuous,
                                                  .immediate = capture->immediate},
                                         .workers = c->count,
                                         .wait = capture->wait,
                                         .wall_ns = c->options.wall_ns};

    if (capture->pin && pin_count(capture->pin, why) < 0)
        return -1;
    if (interfaces_open(&c->interfaces, &options, why) < 0)
        return -1;
    for (unsigned i = 0; i < c->count; i++)
        live_init(&c->hands[i].live, c->interfaces.count);
    return 0;
}

int crew_open(struct crew *c, const struct crew_options *options, struct err *why)
{
    *c = (struct crew){.options = *options,
                       .count = count_of(options),
                       .interfaces.fd = -1,
                       .bell.fd = -1};
    (void)pthread_mutex_init(&c->labels_lock, NULL); /* cannot fail without attributes */
    c->threads = options->live || c->count > 1;
    c->hands = calloc(c->count, sizeof(*c->hands));
    if (!c->hands)
        return err_set(why, "no memory for %u workers", c->count);
    for (unsigned i = 0; i < c->count; i++) {
        c->hands[i].crew = c;
        c->hands[i].index = i;
        c->hands[i].queue.room_fd = -1;
    }
    if (options->live)
        return open_interfaces(c, why);
    for (unsigned i = 0; i < c->count; i++)
        if (open_source(&c->hands[i], why) < 0)
            return -1;
    return 0;
}

static void count_source(void *ctx, struct counters *out)
{
    struct hand *h = ctx;
    struct source_stats stats;

    if (h->crew->options.live)
        crew_count_live(h, out);
    if (!h->source || h->index > 0) /* all have read the same */
        return;
    stats = *source_stats(h->source);
    stats.frames -= h->lane.waiting.count;
    for (size_t i = 0; i < h->lane.waiting.count; i++)
        stats.captured_bytes -= h->lane.waiting.frames[i].bytes.len;
    stats_collect_files(out, &stats);
}

static void put_message(void *ctx, const struct message *message)
{
    struct hand *h = ctx;

    if (h->crew->threads)
        queue_put(&h->queue, message);
    else
        h->crew->options.take(h->crew->options.ctx, message);
}

static int prepare_hand(struct hand *h, struct err *why)
{
    struct crew *c = h->crew;
    struct lane_options lane = {.config = c->options.config,
                                .verify_checksums = c->options.verify_checksums,
                                .seed = c->options.seed,
                                .index = h->index,
                                .count = c->count,
                                .live = c->options.live,
                                .stats = c->options.stats,
                                .labels_lock = &c->labels_lock,
                                .take = put_message,
                                .count_source = count_source,
                                .ctx = h};

    if (lane_init(&h->lane, &lane, why) < 0)
        return -1;
    if (!c->threads)
        return 0;
    if (queue_init(&h->queue, CREW_QUEUE_FILES, &c->bell, why) < 0)
        return -1;
    merge_join(&c->merge, h->index, &h->queue);
    return 0;
}

int crew_look(struct crew *c, struct err *why)
{
    for (unsigned i = 0; i < c->count; i++)
        if (c->hands[i].source && source_look(c->hands[i].source, why) < 0)
            return -1;
    return 0;
}

int crew_prepare(struct crew *c, struct err *why)
{
    if (c->threads &&
        (bell_init(&c->bell, why) < 0 || merge_init(&c->merge, c->count, why) < 0))
        return -1;
    for (unsigned i = 0; i < c->count; i++)
        if (prepare_hand(&c->hands[i], why) < 0)
            return -1;
    return 0;
}

/* ---- a reload */

void crew_changes_free(const struct crew *c, struct lane_change **changes)
{
    for (unsigned i = 0; changes && i < c->count; i++)
        lane_change_free(changes[i]);
    free(changes);
}

struct lane_change **crew_changes_new(const struct crew *c, const struct config *config,
                                      struct err *why)
{
    struct lane_change **changes = calloc(c->count, sizeof(struct lane_change *));

    if (!changes)
        (void)err_set(why, "no memory for a reload");
    for (unsigned i = 0; changes && i < c->count; i++) {
        changes[i] = lane_change_new(&c->hands[i].lane, config, why);
        if (changes[i])
            continue;
        crew_changes_free(c, changes);
        changes = NULL;
    }
    return changes;
}

void crew_offer(struct crew *c, struct lane_change **changes)
{
    for (unsigned i = 0; i < c->count; i++)
        lane_offer(&c->hands[i].lane, changes[i]);
    free(changes);
}

/* ---- a worker */

static void tell_progress(struct hand *h)
{
    const struct source_stats *stats = source_stats(h->source);

    if (h->index > 0)
        return;
    atomic_store_explicit(&h->crew->read_bytes, stats->read_bytes, memory_order_relaxed);
    atomic_store_explicit(&h->crew->frames, stats->frames, memory_order_relaxed);
}

static void report_if_asked(struct hand *h)
{
    unsigned asked = atomic_load_explicit(&h->crew->reports, memory_order_relaxed);

    if (asked == h->reports)
        return;
    h->reports = asked;
    lane_report(&h->lane);
}

static void look_if_asked(struct hand *h)
{
    unsigned asked = atomic_load_explicit(&h->crew->looks, memory_order_relaxed);

    if (asked == h->looks)
        return;
    h->looks = asked;
    lane_look(&h->lane);
}

void crew_tell_if_asked(struct hand *h)
{
    report_if_asked(h);
    look_if_asked(h);
}

/* Some frames of a capture; false at its end, or where it has to stop. */
static bool walk(struct hand *h)
{
    struct crew *c = h->crew;
    struct frame frames[AHEAD_MAX];
    uint64_t before = h->lane.frames, limit = c->options.packet_limit;
    uint64_t most = limit && limit - before < AHEAD_MAX ? limit - before : AHEAD_MAX;
    size_t count;

    if (atomic_load_explicit(&c->stop, memory_order_relaxed) || most == 0)
        return false;
    count = source_next_some(h->source, frames, most);
    lane_push(&h->lane, frames, count);
    if (before / LANE_MARK_FRAMES != h->lane.frames / LANE_MARK_FRAMES) {
        tell_progress(h);
        crew_tell_if_asked(h);
    }
    return count > 0;
}

static void *run(void *arg)
{
    struct hand *h = arg;

    while (walk(h))
        continue;
    lane_drain(&h->lane);
    return NULL;
}

/* Whoever may not bind threads runs all the same. */
static void pin(const struct hand *h)
{
    const char *list = h->crew->options.config->capture.pin;
    struct err why;

    if (h->crew->options.live && list && pin_thread(h->thread, list, h->index, &why) < 0)
        log_warn("%s", why.text);
}

static int start_hands(struct crew *c, struct err *why)
{
    void *(*work)(void *hand) = c->options.live ? crew_run_live : run;

    for (unsigned i = 0; i < c->count; i++) {
        int failure = pthread_create(&c->hands[i].thread, NULL, work, &c->hands[i]);

        if (failure)
            return err_set(why, "cannot start worker %u: %s", i, strerrordesc_np(failure));
        c->hands[i].running = true;
        pin(&c->hands[i]);
    }
    return 0;
}

int crew_start(struct crew *c, struct err *why)
{
    sigset_t all, before;
    int result;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    result = start_hands(c, why);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

bool crew_step(struct crew *c)
{
    return walk(&c->hands[0]);
}

void crew_finish(struct crew *c)
{
    tell_progress(&c->hands[0]);
    lane_drain(&c->hands[0].lane);
}

/* ---- from outside */

void crew_ask_report(struct crew *c)
{
    atomic_fetch_add(&c->reports, 1);
    if (!c->threads)
        report_if_asked(&c->hands[0]);
}

void crew_ask_look(struct crew *c)
{
    atomic_fetch_add(&c->looks, 1);
    if (!c->threads)
        look_if_asked(&c->hands[0]);
}

void crew_tend(struct crew *c, uint64_t clock_ns)
{
    if (c->options.live)
        interfaces_tend(&c->interfaces, clock_ns);
}

void crew_ask_stop(struct crew *c)
{
    atomic_store(&c->stop, true);
}

struct source_stats crew_progress(const struct crew *c)
{
    struct source_stats stats;

    if (c->options.live)
        return (struct source_stats){0};
    if (!c->threads)
        return *source_stats(c->hands[0].source);
    stats =
        (struct source_stats){.total_bytes = source_stats(c->hands[0].source)->total_bytes,
                              .read_bytes = atomic_load(&c->read_bytes),
                              .frames = atomic_load(&c->frames)};
    return stats;
}

const struct source *crew_source(const struct crew *c)
{
    return c->hands[0].source;
}

static void end_hand(struct hand *h)
{
    if (h->running)
        (void)pthread_join(h->thread, NULL);
    queue_fini(&h->queue);
    lane_fini(&h->lane);
    source_free(h->source);
    live_fini(&h->live);
}

void crew_fini(struct crew *c)
{
    crew_ask_stop(c);
    if (c->threads && c->merge.places)
        merge_leave(&c->merge);
    for (unsigned i = 0; c->hands && i < c->count; i++)
        end_hand(&c->hands[i]);
    if (c->options.live)
        interfaces_fini(&c->interfaces);
    free(c->hands);
    merge_fini(&c->merge);
    bell_fini(&c->bell);
    (void)pthread_mutex_destroy(&c->labels_lock);
    c->hands = NULL;
}
