#include "outputs.h"

#include <stdlib.h>

#include "version.h"

/* What the options of the output point at while it is opened. */
struct plan {
    struct alert_options alert;
    struct sink_socket_options socket;
    struct sink_syslog_options syslog;
};

/* A path is a socket of this machine, whatever the transport. */
static bool is_path(const char *address)
{
    return address[0] == '/';
}

static int plan_socket(struct plan *p, const struct config_output *o, struct err *why)
{
    if (o->socket_transport == OUTPUT_TRANSPORT_UNIX && !is_path(o->socket_address))
        return err_set(why, "output.socket.address: %s: a Unix socket is given by its path",
                       o->socket_address);
    p->socket = (struct sink_socket_options){
        .address = o->socket_address,
        .unix_socket = is_path(o->socket_address),
    };
    p->alert.socket = &p->socket;
    return 0;
}

static int plan_syslog(struct plan *p, const struct config_output *o, struct err *why)
{
    static const enum receiver_transport transports[] = {
        [OUTPUT_TRANSPORT_UDP] = RECEIVER_UDP,
        [OUTPUT_TRANSPORT_TCP] = RECEIVER_TCP,
        [OUTPUT_TRANSPORT_TLS] = RECEIVER_TLS,
        [OUTPUT_TRANSPORT_UNIX] = RECEIVER_UNIX,
    };

    if (o->syslog_transport == OUTPUT_TRANSPORT_UNIX && !is_path(o->syslog_address))
        return err_set(why, "output.syslog.address: %s: a Unix socket is given by its path",
                       o->syslog_address);
    p->syslog = (struct sink_syslog_options){
        .address = o->syslog_address,
        .transport =
            is_path(o->syslog_address) ? RECEIVER_UNIX : transports[o->syslog_transport],
        .trust = {o->syslog_authorities, o->syslog_certificate, o->syslog_key},
        .facility = o->syslog_facility,
        .observer = &p->alert.observer,
    };
    p->alert.syslog = &p->syslog;
    return 0;
}

/* Receivers need a folder; both share what it may hold. */
static int plan_spool(struct plan *p, const struct config_output *o, bool live,
                      struct err *why)
{
    const char *path = o->spool_path ? o->spool_path : live ? OUTPUTS_SPOOL_LIVE : NULL;
    uint64_t share = p->alert.socket && p->alert.syslog ? 2 : 1;

    if (!p->alert.socket && !p->alert.syslog)
        return 0;
    if (!path)
        return err_set(why,
                       "output.spool.path: name a folder that keeps events until %s has "
                       "taken them",
                       p->alert.syslog ? o->syslog_address : o->socket_address);
    p->socket.spool_path = p->syslog.spool_path = path;
    p->socket.spool_bytes = p->syslog.spool_bytes = o->spool_size_bytes / share;
    return 0;
}

static void plan_file(struct plan *p, const struct config_output *o, bool live)
{
    static const enum sink_file_sync syncs[] = {
        [OUTPUT_SYNC_NO] = SINK_FILE_SYNC_NO,
        [OUTPUT_SYNC_ALERTS] = SINK_FILE_SYNC_ALERTS,
        [OUTPUT_SYNC_ALL] = SINK_FILE_SYNC_ALL,
    };
    bool has_receiver = o->socket_address || o->syslog_address;

    p->alert.file = (struct sink_file_options){
        .path = o->path                ? o->path
                : live && has_receiver ? NULL
                                       : "-",
        .append = live,
        .patient = live,
        .sync = syncs[o->sync],
        .rotate_bytes = o->rotate_size_bytes,
        .rotate_ns = o->rotate_interval_ns,
    };
}

static int plan_outputs(struct plan *p, const struct config *config, bool live,
                        struct err *why)
{
    const struct config_output *o = &config->output;

    *p = (struct plan){
        .alert =
            {
                .format =
                    o->format == OUTPUT_FORMAT_TEXT ? ALERT_FORMAT_TEXT : ALERT_FORMAT_ECS,
                .sessions = o->sessions == OUTPUT_SESSIONS_FULL  ? ALERT_SESSIONS_FULL
                            : o->sessions == OUTPUT_SESSIONS_YES ? ALERT_SESSIONS_YES
                                                                 : ALERT_SESSIONS_NO,
                .informational = o->informational,
                .flush_ns = o->flush_ns,
                .observer = {.name = config->sensor_name, .version = PINSIGHT_VERSION},
            },
    };
    plan_file(p, o, live);
    if ((o->socket_address && plan_socket(p, o, why) < 0) ||
        (o->syslog_address && plan_syslog(p, o, why) < 0))
        return -1;
    return plan_spool(p, o, live, why);
}

struct alert_output *outputs_open(const struct config *config, bool live, bool goes_on,
                                  struct err *why)
{
    struct alert_output *output;
    struct plan plan;

    if (plan_outputs(&plan, config, live, why) < 0)
        return NULL;
    output = malloc(sizeof(*output));
    if (!output) {
        (void)err_set(why, "no memory for the output");
        return NULL;
    }
    plan.alert.file.append = plan.alert.file.append || goes_on;
    if (alert_output_init(output, &plan.alert, why) < 0) {
        free(output);
        return NULL;
    }
    return output;
}

int outputs_test(const struct config *config, struct err *why)
{
    struct plan plan;

    return plan_outputs(&plan, config, true, why);
}

void outputs_close(struct alert_output *output)
{
    struct err why;

    if (!output)
        return;
    (void)alert_output_fini(output, &why);
    free(output);
}
