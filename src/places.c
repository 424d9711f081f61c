#include "places.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor.h"
#include "outputs.h"

#define OPENED_MAX 8

/* What every run may have to read: names of hosts, the time zone, seeds of libraries. */
static const char *const system_files[] = {
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/run/systemd/resolve",
    "/etc/localtime",
    "/etc/ssl",
    "/usr/share/zoneinfo",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/dev/urandom",
    "/dev/null",
};

/* How libpcap learns what an interface is. */
static const char *const interface_files[] = {"/sys/class/net", "/sys/devices", "/proc/net",
                                              "/proc/sys/net"};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TOOLS_NEED_PROC true
#else
#define TOOLS_NEED_PROC false
#endif

static void add_all(struct allowed_places *places, const char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        allowed_places_add(places, PLACE_READ, NULL, paths[i]);
}

/* A file that is read again, and its folder, where another one may take its name. */
static void add_file(struct allowed_places *places, const char *key, const char *path)
{
    allowed_places_add(places, PLACE_READ, key, path);
    allowed_places_add_folder_of(places, PLACE_READ, NULL, path);
}

static void add_settings(struct allowed_places *places, const struct config *config)
{
    add_file(places, config->path ? "-c" : NULL,
             config->path ? config->path : CONFIG_DEFAULT_PATH);
    allowed_places_add(places, PLACE_READ, "rules.path", config->rules_path);
    for (size_t i = 0; i < config->inspection.authority_count; i++)
        add_file(places, "inspection.authorities", config->inspection.authorities[i].file);
    for (size_t i = 0; i < config->context_count; i++)
        add_file(places, "context", config->context[i].path);
    add_file(places, NULL, config->output.syslog_authorities);
    add_file(places, NULL, config->output.syslog_certificate);
    add_file(places, NULL, config->output.syslog_key);
}

static bool has_receiver(const struct config_output *o)
{
    return o->socket_address || o->syslog_address;
}

static void add_receiver(struct allowed_places *places, const char *key,
                         const char *address)
{
    if (address && address[0] == '/')
        allowed_places_add(places, PLACE_CONNECT, key, address);
}

static void add_outputs(struct allowed_places *places, const struct config *config,
                        bool live)
{
    const struct config_output *o = &config->output;
    bool rotates = o->rotate_size_bytes || o->rotate_interval_ns;
    const char *spool = o->spool_path ? o->spool_path : live ? OUTPUTS_SPOOL_LIVE : NULL;

    if (o->path && strcmp(o->path, "-") != 0)
        allowed_places_add_folder_of(places, rotates ? PLACE_NEEDED : PLACE_WRITE,
                                     "output.path", o->path);
    if (has_receiver(o))
        allowed_places_add(places, PLACE_NEEDED, "output.spool.path", spool);
    add_receiver(places, "output.socket.address", o->socket_address);
    add_receiver(places, "output.syslog.address", o->syslog_address);
}

static void add_listeners(struct allowed_places *places, const struct config *config,
                          bool live)
{
    const char *listen = config->stats.listen, *control = config->stats.control;

    if (control || live)
        allowed_places_add_folder_of(places, PLACE_WRITE, control ? "stats.control" : NULL,
                                     control ? control : MONITOR_CONTROL_DEFAULT);
    if (listen && listen[0] == '/')
        allowed_places_add_folder_of(places, PLACE_WRITE, "stats.listen", listen);
}

static void add_state(struct allowed_places *places, const struct config *config, bool live)
{
    const char *path = keeper_path(config, live);

    if (path)
        allowed_places_add_folder_of(places, PLACE_NEEDED, "state.path", path);
}

/* One alone stays open; of many, some are opened again when their turn comes. */
static void add_inputs(struct allowed_places *places, const struct places_options *o)
{
    struct stat about;

    for (size_t i = 0; i < o->input_count; i++) {
        bool again = o->input_count > 1 ||
                     (stat(o->inputs[i], &about) == 0 && S_ISDIR(about.st_mode));

        if (strcmp(o->inputs[i], "-") != 0)
            allowed_places_add(places, PLACE_READ, again ? "-r" : NULL, o->inputs[i]);
    }
}

static void fill(struct allowed_places *places, const struct places_options *o)
{
    add_all(places, system_files, sizeof(system_files) / sizeof(system_files[0]));
    if (o->live)
        add_all(places, interface_files,
                sizeof(interface_files) / sizeof(interface_files[0]));
    if (TOOLS_NEED_PROC)
        allowed_places_add(places, PLACE_WRITE, NULL, "/proc");
    allowed_places_add(places, PLACE_READ, NULL,
                       "."); /* what --set names is relative to it */
    add_settings(places, o->config);
    add_outputs(places, o->config, o->live);
    add_listeners(places, o->config, o->live);
    add_state(places, o->config, o->live);
    add_inputs(places, o);
}

/* Descriptors of what root has opened for writing, to be closed. */
struct opened {
    int all[OPENED_MAX];
    size_t count;
};

/* O_PATH: to close another one would end the locks that the database holds. */
static void add_opened(struct opened *opened, int folder, const char *name)
{
    int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0)
        opened->all[opened->count++] = fd;
}

static void add_opened_state(struct opened *opened, const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[ALLOWED_PATH_MAX];

    for (size_t i = 0; path && i < sizeof(ends) / sizeof(ends[0]); i++) {
        int n = snprintf(name, sizeof(name), "%s%s", path, ends[i]);

        if (n > 0 && (size_t)n < sizeof(name))
            add_opened(opened, AT_FDCWD, name);
    }
}

static void find_opened(struct opened *opened, const struct alert_output *o,
                        const struct places_options *options)
{
    if (o->has_file && o->file.folder >= 0)
        add_opened(opened, o->file.folder, o->file.name);
    if (o->has_socket)
        add_opened(opened, o->socket.spool.folder, ".");
    if (o->has_syslog)
        add_opened(opened, o->syslog.delivery.spool.folder, ".");
    add_opened_state(opened, keeper_path(options->config, options->live));
}

int places_leave_privileges(const struct places_options *options,
                            const struct sensor *sensor, struct err *why)
{
    struct allowed_places places = {0};
    struct opened opened = {.count = 0};
    struct privdrop_options drop = {
        .user = options->config->user,
        .live = options->live,
        .network = options->live || has_receiver(&options->config->output),
        .places = &places,
        .hand_over = opened.all,
    };
    int result;

    fill(&places, options);
    find_opened(&opened, sensor->output, options);
    drop.hand_over_count = opened.count;
    result = privdrop(&drop, why);
    for (size_t i = 0; i < opened.count; i++)
        (void)close(opened.all[i]);
    allowed_places_free(&places);
    return result;
}
