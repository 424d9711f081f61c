#include "monitor.h"

#include "base/log.h"
#include "base/nanotime.h"

#define SAMPLE_NS NS_PER_S

static int open_control(struct monitor *m, const struct config *config, struct err *why)
{
    const char *path = config->stats.control;

    if (!path && m->status.sensor->live &&
        control_open(&m->control, MONITOR_CONTROL_DEFAULT, &m->status, why) < 0) {
        log_info("there is no control socket: %s", why->text);
        return 0;
    }
    if (path && control_open(&m->control, path, &m->status, why) < 0)
        return -1;
    m->has_control = path || m->status.sensor->live;
    return 0;
}

int monitor_open(struct monitor *m, const struct config *config,
                 const struct sensor *sensor, uint64_t clock_ns, struct err *why)
{
    *m = (struct monitor){.next_sample_ns = clock_ns};
    status_init(&m->status, config, sensor, clock_ns);
    if (open_control(m, config, why) < 0)
        return -1;
    if (!config->stats.listen)
        return 0;
    m->metrics = metrics_new(config->stats.listen, &m->status, why);
    if (m->metrics)
        return 0;
    monitor_close(m);
    return -1;
}

void monitor_close(struct monitor *m)
{
    if (m->has_control)
        control_close(&m->control);
    m->has_control = false;
    metrics_free(m->metrics);
    m->metrics = NULL;
}

bool monitor_is_idle(const struct monitor *m)
{
    return !m->has_control && !m->metrics;
}

bool monitor_is_due(const struct monitor *m, uint64_t clock_ns)
{
    return !monitor_is_idle(m) && clock_ns >= m->next_sample_ns;
}

void monitor_poll(struct monitor *m, uint64_t clock_ns)
{
    if (monitor_is_due(m, clock_ns)) {
        m->next_sample_ns = clock_ns + SAMPLE_NS;
        status_sample(&m->status, clock_ns);
    }
    if (m->has_control)
        control_poll(&m->control, clock_ns);
    if (m->metrics)
        metrics_poll(m->metrics);
}

size_t monitor_wants(const struct monitor *m, struct pollfd out[MONITOR_WANTS_MAX])
{
    size_t n = m->has_control ? control_wants(&m->control, out) : 0;

    if (m->metrics)
        out[n++] = metrics_wants(m->metrics);
    return n;
}
