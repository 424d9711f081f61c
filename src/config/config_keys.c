#include "config/config_keys.h"

#include <stddef.h>

#include "config/settings.h"

#define HOUR 3600.0
#define DAY 86400.0
#define KIB 1024.0
#define MIB (1024.0 * KIB)
#define GIB (1024.0 * MIB)
#define TIB (1024.0 * GIB)

const struct schema_choice config_trust_models[] = {
    {"unknown", TRUST_MODEL_UNKNOWN},
    {"ios_managed", TRUST_MODEL_IOS_MANAGED},
    {"android_user", TRUST_MODEL_ANDROID_USER},
    {"android_system", TRUST_MODEL_ANDROID_SYSTEM},
    {NULL, 0},
};

static const struct schema_choice context_formats[] = {
    {"auto", CONTEXT_FORMAT_AUTO},
    {"ndjson", CONTEXT_FORMAT_NDJSON},
    {"dnsmasq", CONTEXT_FORMAT_DNSMASQ},
    {"isc-dhcpd", CONTEXT_FORMAT_ISC_DHCPD},
    {"kea", CONTEXT_FORMAT_KEA},
    {"radius", CONTEXT_FORMAT_RADIUS},
    {"android-management", CONTEXT_FORMAT_ANDROID_MANAGEMENT},
    {"apple-mdm", CONTEXT_FORMAT_APPLE_MDM},
    {"app-privacy", CONTEXT_FORMAT_APP_PRIVACY},
    {"intune", CONTEXT_FORMAT_INTUNE},
    {"jamf", CONTEXT_FORMAT_JAMF},
    {"lookout", CONTEXT_FORMAT_LOOKOUT},
    {"mobsf", CONTEXT_FORMAT_MOBSF},
    {"pan-os", CONTEXT_FORMAT_PAN_OS},
    {"squid", CONTEXT_FORMAT_SQUID},
    {"mitmproxy", CONTEXT_FORMAT_MITMPROXY},
    {NULL, 0},
};

static const struct schema_choice output_formats[] = {
    {"ecs", OUTPUT_FORMAT_ECS},
    {"text", OUTPUT_FORMAT_TEXT},
    {NULL, 0},
};

static const struct schema_choice output_sessions[] = {
    {"no", OUTPUT_SESSIONS_NO},
    {"yes", OUTPUT_SESSIONS_YES},
    {"full", OUTPUT_SESSIONS_FULL},
    {NULL, 0},
};

static const struct schema_choice syslog_transports[] = {
    {"udp", OUTPUT_TRANSPORT_UDP},
    {"tcp", OUTPUT_TRANSPORT_TCP},
    {"tls", OUTPUT_TRANSPORT_TLS},
    {"unix", OUTPUT_TRANSPORT_UNIX},
    {NULL, 0},
};

static const struct schema_choice output_syncs[] = {
    {"no", OUTPUT_SYNC_NO},
    {"alerts", OUTPUT_SYNC_ALERTS},
    {"all", OUTPUT_SYNC_ALL},
    {NULL, 0},
};

static const struct schema_choice socket_transports[] = {
    {"tcp", OUTPUT_TRANSPORT_TCP},
    {"unix", OUTPUT_TRANSPORT_UNIX},
    {NULL, 0},
};

/* RFC 5424, 6.2.1 */
static const struct schema_choice syslog_facilities[] = {
    {"user", 1},    {"daemon", 3},  {"auth", 4},    {"authpriv", 10}, {"local0", 16},
    {"local1", 17}, {"local2", 18}, {"local3", 19}, {"local4", 20},   {"local5", 21},
    {"local6", 22}, {"local7", 23}, {NULL, 0},
};

static const struct schema_choice log_levels[] = {
    {"error", CONFIG_LOG_ERROR},
    {"warn", CONFIG_LOG_WARN},
    {"info", CONFIG_LOG_INFO},
    {"debug", CONFIG_LOG_DEBUG},
    {NULL, 0},
};

/* What stands beside the first key of an entry of a match list. */
#define ENTRY_KEYS                                                                         \
    {"reason", SCHEMA_TEXT, .offset = offsetof(struct match_entry, reason),                \
     .help = "Why it is on the list."},                                                    \
        {"owner", SCHEMA_TEXT, .offset = offsetof(struct match_entry, owner),              \
         .help = "Who answers for it."},                                                   \
        {"source", SCHEMA_TEXT, .offset = offsetof(struct match_entry, source),            \
         .help = "Where its publisher says so."},                                          \
        {"grade", SCHEMA_TEXT, .offset = offsetof(struct match_entry, grade),              \
         .help =                                                                           \
             "How it is known: M measured, C code, R reported, K from memory, U unsure."}, \
        {"expires", SCHEMA_DATE, .offset = offsetof(struct match_entry, expires_ns),       \
         .help = "Last day (UTC, packet time) on which it holds."},

static const struct schema_key destination_keys[] = {
    {"match", SCHEMA_DESTINATION, .required = true,
     .offset = offsetof(struct match_entry, match),
     .help = "Name, network or port; a list element may be this text alone."},
    ENTRY_KEYS};

static const struct schema_key app_keys[] = {
    {"match", SCHEMA_APP, .required = true, .offset = offsetof(struct match_entry, match),
     .help =
         "Package or bundle id, app key or JA4; a list element may be this text alone."},
    ENTRY_KEYS};

const struct schema config_destination_schema = {
    SCHEMA_ROWS(destination_keys),
    .element_bytes = sizeof(struct match_entry),
    .place_offset = offsetof(struct match_entry, place),
    .short_key = "match",
};

const struct schema config_app_schema = {
    SCHEMA_ROWS(app_keys),
    .element_bytes = sizeof(struct match_entry),
    .place_offset = offsetof(struct match_entry, place),
    .short_key = "match",
};

static const struct schema_key authority_keys[] = {
    {"file", SCHEMA_PATH, .required = true,
     .offset = offsetof(struct config_authority, file),
     .help = "Certificate file, PEM or DER; a PEM file may hold several."},
    {"name", SCHEMA_TEXT, .offset = offsetof(struct config_authority, name),
     .help = "What alerts call the authority; its subject if absent."},
    {"untrusted", SCHEMA_BOOL, .initial = "no",
     .offset = offsetof(struct config_authority, untrusted),
     .help = "The box signs with it for servers whose own certificate it does not trust."},
};

static const struct schema authority_schema = {
    SCHEMA_ROWS(authority_keys),
    .element_bytes = sizeof(struct config_authority),
    .place_offset = offsetof(struct config_authority, place),
    .short_key = "file",
};

static const struct schema_key segment_keys[] = {
    {"network", SCHEMA_NETWORK, .required = true,
     .offset = offsetof(struct config_segment, network),
     .help = "Client addresses; a list element may be this network alone."},
    {"trust_model", SCHEMA_CHOICE, .choices = config_trust_models,
     .offset = offsetof(struct config_segment, trust_model),
     .help = "As inspection.trust_model, for this segment."},
    {"proxy", SCHEMA_ENDPOINT, .offset = offsetof(struct config_segment, proxy),
     .help = "The explicit proxy that its clients use."},
};

static const struct schema segment_schema = {
    SCHEMA_ROWS(segment_keys),
    .element_bytes = sizeof(struct config_segment),
    .place_offset = offsetof(struct config_segment, place),
    .short_key = "network",
};

static const struct schema_key proxy_keys[] = {
    {"address", SCHEMA_ENDPOINT, .required = true,
     .offset = offsetof(struct config_proxy, endpoint),
     .help = "Address and port; a list element may be this text alone."},
};

static const struct schema proxy_schema = {
    SCHEMA_ROWS(proxy_keys),
    .element_bytes = sizeof(struct config_proxy),
    .place_offset = offsetof(struct config_proxy, place),
    .short_key = "address",
};

static const struct schema_key context_keys[] = {
    {"path", SCHEMA_PATH, .required = true, .offset = offsetof(struct config_context, path),
     .help = "The feed: a file, a folder, a Unix socket, or - for standard input; a list "
             "element may be this name alone."},
    {"format", SCHEMA_CHOICE, .initial = "auto", .choices = context_formats,
     .offset = offsetof(struct config_context, format),
     .help = "How it is written; auto: what its content looks like."},
    {"utc_offset", SCHEMA_NUMBER, .initial = "0", .min = -14, .max = 14,
     .offset = offsetof(struct config_context, utc_offset_h),
     .help = "Hours by which times that name no zone are ahead of UTC."},
    {"device", SCHEMA_TEXT, .offset = offsetof(struct config_context, device),
     .help = "Id or address of the device whose records these are, when they do not say."},
    {"date", SCHEMA_DATE, .offset = offsetof(struct config_context, date_ns),
     .help = "Day of the first line, for logs that tell the time of day alone."},
};

static const struct schema context_schema = {
    SCHEMA_ROWS(context_keys),
    .element_bytes = sizeof(struct config_context),
    .place_offset = offsetof(struct config_context, place),
    .short_key = "path",
};

#define AT(member) .offset = offsetof(struct config, member)
#define COUNT_AT(member) .count_offset = offsetof(struct config, member)

static const struct schema_key keys[] = {
    {"capture.interfaces", SCHEMA_TEXTS, AT(capture.interfaces),
     COUNT_AT(capture.interface_count), .help = "Devices to capture from."},
    {"capture.filter", SCHEMA_TEXT, AT(capture.filter),
     .help = "BPF filter; packets it refuses are not seen."},
    {"capture.snaplen", SCHEMA_COUNT, .initial = "262144", .min = 64, .max = 262144,
     AT(capture.snaplen),
     .help = "Bytes of a packet to take; below 1,600 certificates are cut."},
    {"capture.buffer", SCHEMA_SIZE, .initial = "64MiB", .min = MIB, .max = 4 * GIB,
     AT(capture.buffer_bytes),
     .help = "Kernel buffer of each device; its workers share it."},
    {"capture.promiscuous", SCHEMA_BOOL, .initial = "yes", AT(capture.promiscuous),
     .help = "Take frames for other hosts as well, as a mirror port needs."},
    {"capture.immediate", SCHEMA_BOOL, .initial = "no", AT(capture.immediate),
     .help = "Take each frame at once instead of in blocks of up to 10 ms; costs more."},
    {"capture.wait", SCHEMA_BOOL, .initial = "no", AT(capture.wait),
     .help = "Wait for interfaces that are not there at the start instead of ending."},
    {"capture.pin", SCHEMA_TEXT, AT(capture.pin),
     .help = "Cores for the workers, such as 2-5,8; each is bound to one, in turn."},
    {"capture.workers", SCHEMA_COUNT, .initial = "0", .min = 0, .max = 256,
     AT(capture.workers),
     .help = "Packet workers; 0 is one in a replay and one a core live."},

    {"inspection.authorities", SCHEMA_LIST, .of = &authority_schema,
     AT(inspection.authorities), COUNT_AT(inspection.authority_count),
     .help = "Certificates that inspection boxes sign with, that for untrusted sites "
             "included."},
    {"inspection.segments", SCHEMA_LIST, .of = &segment_schema, AT(inspection.segments),
     COUNT_AT(inspection.segment_count),
     .help = "Client networks whose TLS is supposed to be inspected."},
    {"inspection.bypass", SCHEMA_LIST, .of = &config_destination_schema,
     AT(inspection.bypass), COUNT_AT(inspection.bypass_count),
     .help = "Destinations that are deliberately not inspected."},
    {"inspection.proxies", SCHEMA_LIST, .of = &proxy_schema, AT(inspection.proxies),
     COUNT_AT(inspection.proxy_count), .help = "Explicit proxies."},
    {"inspection.trust_model", SCHEMA_CHOICE, .choices = config_trust_models,
     AT(inspection.trust_model),
     .help =
         "How devices come to trust the authority; unknown unless det0646.yaml says more."},

    {"rules.path", SCHEMA_PATH, AT(rules_path),
     .help =
         "Folder of rule files; one that is there replaces the built-in file of its name."},
    {"rules.TimeWindow", SCHEMA_SECONDS, .min = 1, .max = 7 * DAY,
     AT(rules.tuning.time_window_s),
     .help = "Window in which refusals of one device, app and destination are counted."},
    {"rules.InspectionFailureThreshold", SCHEMA_COUNT, .min = 1, .max = TUNING_EPISODES_MAX,
     AT(rules.tuning.inspection_failure_threshold),
     .help = "Refusal episodes in the window before a finding is possible."},
    {"rules.RetryPatternWindow", SCHEMA_SECONDS, .min = 1, .max = DAY,
     AT(rules.tuning.retry_pattern_window_s),
     .help = "Longest time from a refusal to the direct connection that belongs to it."},
    {"rules.AllowedAppList", SCHEMA_LIST, .of = &config_app_schema, AT(rules.allowed_apps),
     COUNT_AT(rules.allowed_app_count),
     .help = "Apps expected to pin: package or bundle ids, app keys, JA4."},
    {"rules.AllowedDestinationList", SCHEMA_LIST, .of = &config_destination_schema,
     AT(rules.allowed_destinations), COUNT_AT(rules.allowed_destination_count),
     .help = "Destinations where refusing is expected: names, networks, ports."},
    {"rules.ForegroundStateRequired", SCHEMA_BOOL,
     AT(rules.tuning.foreground_state_required),
     .help = "Pinned sessions belong to user-driven use; others raise the risk."},

    {"context", SCHEMA_LIST, .of = &context_schema, AT(context), COUNT_AT(context_count),
     .help = "Feeds that tell of devices and apps."},

    {"output.path", SCHEMA_PATH, AT(output.path),
     .help = "File for events; - is standard output, the default in a replay."},
    {"output.format", SCHEMA_CHOICE, .initial = "ecs", .choices = output_formats,
     AT(output.format),
     .help = "JSON lines in the Elastic Common Schema, or alerts as text."},
    {"output.sessions", SCHEMA_CHOICE, .initial = "no", .choices = output_sessions,
     AT(output.sessions),
     .help = "Also an event for each session; full adds totals at its end."},
    {"output.informational", SCHEMA_BOOL, .initial = "no", AT(output.informational),
     .help = "Also write alerts that an allow-list lowered to informational."},
    {"output.rotate.size", SCHEMA_SIZE, .initial = "0", .min = 0, .max = TIB,
     AT(output.rotate_size_bytes), .help = "Begin a new file at this size; 0 is never."},
    {"output.rotate.interval", SCHEMA_DURATION, .initial = "0s", .min = 0, .max = 366 * DAY,
     AT(output.rotate_interval_ns),
     .help = "Begin a new file after this time; 0 is never."},
    {"output.flush", SCHEMA_DURATION, .initial = "1s", .min = 0, .max = 60,
     AT(output.flush_ns),
     .help = "Longest time that a session event waits in memory; alerts never wait."},
    {"output.sync", SCHEMA_CHOICE, .initial = "alerts", .choices = output_syncs,
     AT(output.sync), .help = "After which events the file is brought to the disk."},
    {"output.syslog.address", SCHEMA_TARGET, AT(output.syslog_address),
     .help = "Send alerts to this syslog receiver; /dev/log is that of the machine."},
    {"output.syslog.transport", SCHEMA_CHOICE, .initial = "udp",
     .choices = syslog_transports, AT(output.syslog_transport),
     .help = "How it is reached."},
    {"output.syslog.facility", SCHEMA_CHOICE, .initial = "local0",
     .choices = syslog_facilities, AT(output.syslog_facility),
     .help = "Facility of RFC 5424."},
    {"output.syslog.authorities", SCHEMA_PATH, AT(output.syslog_authorities),
     .help = "PEM file: who may sign the receiver's certificate; the system's if absent."},
    {"output.syslog.certificate", SCHEMA_PATH, AT(output.syslog_certificate),
     .help = "PEM file: our own certificate, if the receiver wants one."},
    {"output.syslog.key", SCHEMA_PATH, AT(output.syslog_key),
     .help = "PEM file: its key; in the certificate's file if absent."},
    {"output.socket.address", SCHEMA_TARGET, AT(output.socket_address),
     .help = "Send events as JSON lines to this socket, stream or datagram."},
    {"output.socket.transport", SCHEMA_CHOICE, .initial = "tcp",
     .choices = socket_transports, AT(output.socket_transport),
     .help = "How it is reached."},
    {"output.spool.path", SCHEMA_PATH, AT(output.spool_path),
     .help = "Folder that keeps events until a receiver has them; both need one."},
    {"output.spool.size", SCHEMA_SIZE, .initial = "256MiB", .min = MIB, .max = TIB,
     AT(output.spool_size_bytes), .help = "Most that the folder may hold."},

    {"limits.memory", SCHEMA_SIZE, .initial = "512MiB", .min = 64 * MIB, .max = TIB,
     AT(limits.memory_bytes), .help = "Most memory that all tables together may take."},
    {"limits.flows", SCHEMA_COUNT, .initial = "1048576", .min = 1024, .max = 268435456,
     AT(limits.flows), .help = "Connections followed at a time, 64 bytes each."},
    {"limits.handshakes", SCHEMA_COUNT, .initial = "32768", .min = 64, .max = 16777216,
     AT(limits.handshakes), .help = "TLS handshakes in progress at a time."},
    {"limits.devices", SCHEMA_COUNT, .initial = "32768", .min = 64, .max = 16777216,
     AT(limits.devices), .help = "Devices remembered."},
    {"limits.keys", SCHEMA_COUNT, .initial = "131072", .min = 64, .max = 67108864,
     AT(limits.keys), .help = "Triples of device, app and destination remembered."},
    {"limits.certificates", SCHEMA_COUNT, .initial = "8192", .min = 0, .max = 16777216,
     AT(limits.certificates),
     .help = "Certificates whose parsed form is kept; 0 reads each one again."},
    {"limits.fingerprints", SCHEMA_COUNT, .initial = "4096", .min = 0, .max = 1048576,
     AT(limits.fingerprints),
     .help = "Kinds of hellos whose fingerprints are kept; 0 makes them for each hello."},
    {"limits.fragments", SCHEMA_SIZE, .initial = "16MiB", .min = 64 * KIB, .max = 4 * GIB,
     AT(limits.fragments_bytes),
     .help = "Memory for IP fragments that wait for their rest."},
    {"limits.context", SCHEMA_SIZE, .initial = "32MiB", .min = MIB, .max = 64 * GIB,
     AT(limits.context_bytes),
     .help = "Memory for what context feeds tell; the oldest of a kind goes first."},
    {"limits.flow_timeout", SCHEMA_DURATION, .initial = "5m", .min = 1, .max = DAY,
     AT(limits.flow_timeout_ns), .help = "A connection silent for this long has ended."},
    {"limits.handshake_timeout", SCHEMA_DURATION, .initial = "30s", .min = 1, .max = HOUR,
     AT(limits.handshake_timeout_ns),
     .help =
         "A handshake silent for this long is given up, if tuning.stall_s is no shorter."},

    {"state.path", SCHEMA_PATH, AT(state.path),
     .help =
         "State database; /var/lib/pinsight/state.db live, :memory: (none) in a replay."},
    {"state.interval", SCHEMA_DURATION, .initial = "1m", .min = 1, .max = HOUR,
     AT(state.interval_ns),
     .help = "Longest packet time between two writes of what was learned."},

    {"stats.interval", SCHEMA_DURATION, .initial = "1m", .min = 0, .max = DAY,
     AT(stats.interval_ns), .help = "Time between two stats events; 0 is none."},
    {"stats.listen", SCHEMA_TARGET, AT(stats.listen),
     .help =
         "Serve metrics for Prometheus here: a port of the loopback, or a socket's path."},
    {"stats.control", SCHEMA_PATH, AT(stats.control),
     .help = "Path of the control socket."},

    {"user", SCHEMA_TEXT, AT(user),
     .help = "Account to go on as, when root has started it, before a packet is read; "
             "pinsight (live) or nobody if not set."},
    {"sensor.name", SCHEMA_TEXT, .initial = "pinsight", AT(sensor_name),
     .help = "Name of this sensor in its events (observer.name)."},
    {"log.level", SCHEMA_CHOICE, .initial = "warn", .choices = log_levels, AT(log_level),
     .help = "Least important message that is still written to standard error."},
};

const struct schema config_schema = {SCHEMA_ROWS(keys), .place_offset = SCHEMA_NO_PLACE};
