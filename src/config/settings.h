/*
 * The settings as plain structs, one for each group of keys of the configuration file; what a key
 * means, its default and its range are in the table of config_keys.c (docs/configuration.md).
 *
 * Texts that are not set are NULL. Everything pointed at is owned by the `struct config`.
 */
#pragma once

#include "config/rules.h"

struct yaml_node;

struct config_capture {
    const char **interfaces;
    size_t interface_count;
    const char *filter; /* BPF; NULL: all packets */
    uint32_t snaplen;
    uint64_t buffer_bytes;
    bool promiscuous;
    bool immediate;
    bool wait;        /* for interfaces that are not there at the start */
    const char *pin;  /* cores such as 2-5,8; NULL: wherever */
    uint32_t workers; /* 0: one in a replay, one a core live */
};

/* An address and a port; port 0: not set. */
struct config_endpoint {
    struct address address;
    uint16_t port;
};

struct config_authority {
    const char *file;
    const char *name;
    bool untrusted; /* signs for servers whose own certificate the box does not trust */
    bool retired; /* left the configuration while the program ran: holds its number only */
    struct place place;
};

struct config_segment {
    struct network network;
    enum trust_model
        trust_model; /* inspection.trust_model unless the segment says otherwise */
    struct config_endpoint proxy;
    struct place place;
};

struct config_proxy {
    struct config_endpoint endpoint;
    struct place place;
};

struct config_inspection {
    struct config_authority *authorities;
    size_t authority_count;
    struct config_segment *segments;
    size_t segment_count;
    struct match_entry *bypass;
    size_t bypass_count;
    struct match_list *bypass_list; /* `bypass`, compiled */
    struct config_proxy *proxies;
    size_t proxy_count;
    enum trust_model trust_model;
};

enum context_format {
    CONTEXT_FORMAT_AUTO, /* recognised by content */
    CONTEXT_FORMAT_NDJSON,
    CONTEXT_FORMAT_DNSMASQ,
    CONTEXT_FORMAT_ISC_DHCPD,
    CONTEXT_FORMAT_KEA,
    CONTEXT_FORMAT_RADIUS,
    CONTEXT_FORMAT_ANDROID_MANAGEMENT,
    CONTEXT_FORMAT_APPLE_MDM,
    CONTEXT_FORMAT_APP_PRIVACY,
    CONTEXT_FORMAT_INTUNE,
    CONTEXT_FORMAT_JAMF,
    CONTEXT_FORMAT_LOOKOUT,
    CONTEXT_FORMAT_MOBSF,
    CONTEXT_FORMAT_PAN_OS,
    CONTEXT_FORMAT_SQUID,
    CONTEXT_FORMAT_MITMPROXY,
};

struct config_context {
    const char *path; /* "-": standard input */
    enum context_format format;
    double utc_offset_h; /* of times that name no zone */
    const char *device;  /* whose records these are when they do not say; NULL */
    uint64_t date_ns;    /* the end of the day of the first time that names none; 0 */
    struct place place;
};

enum output_format { OUTPUT_FORMAT_ECS, OUTPUT_FORMAT_TEXT };
enum output_sessions { OUTPUT_SESSIONS_NO, OUTPUT_SESSIONS_YES, OUTPUT_SESSIONS_FULL };
enum output_transport {
    OUTPUT_TRANSPORT_UDP,
    OUTPUT_TRANSPORT_TCP,
    OUTPUT_TRANSPORT_TLS,
    OUTPUT_TRANSPORT_UNIX
};
enum output_sync { OUTPUT_SYNC_NO, OUTPUT_SYNC_ALERTS, OUTPUT_SYNC_ALL };

struct config_output {
    const char
        *path; /* "-": standard output; NULL: not set (standard output in a replay) */
    enum output_format format;
    enum output_sessions sessions;
    bool informational;
    uint64_t rotate_size_bytes;  /* 0: never by size */
    uint64_t rotate_interval_ns; /* 0: never by time */
    uint64_t flush_ns;           /* longest time an observation waits; alerts never wait */
    enum output_sync sync;
    const char *syslog_address; /* host:port or the path of a socket; NULL: no syslog */
    enum output_transport syslog_transport;
    const char *syslog_authorities; /* PEM files for TLS; NULL: the system's, none, none */
    const char *syslog_certificate;
    const char *syslog_key;
    uint32_t syslog_facility;   /* code of RFC 5424, 0..23 */
    const char *socket_address; /* host:port or the path of a socket; NULL: none */
    enum output_transport socket_transport;
    const char *spool_path; /* folder for alerts a sink did not take; NULL: none */
    uint64_t spool_size_bytes;
};

struct config_limits {
    uint64_t memory_bytes;
    uint32_t flows, handshakes, devices, keys, certificates, fingerprints;
    uint64_t fragments_bytes, context_bytes;
    uint64_t flow_timeout_ns, handshake_timeout_ns;
};

struct config_state {
    const char
        *path; /* ":memory:"; NULL: not set (the shipped place live, memory in a replay) */
    uint64_t interval_ns;
};

struct config_stats {
    uint64_t interval_ns; /* 0: no periodic stats events */
    const char *listen;   /* address:port or the path of a socket; NULL: no metrics */
    const char *control;  /* path of the control socket */
};

enum config_log_level {
    CONFIG_LOG_ERROR,
    CONFIG_LOG_WARN,
    CONFIG_LOG_INFO,
    CONFIG_LOG_DEBUG
};

struct config {
    struct config_capture capture;
    struct config_inspection inspection;
    const char *rules_path; /* NULL: built in */
    struct rules rules;     /* with the rules.* keys of the configuration applied */
    struct config_context *context;
    size_t context_count;
    struct config_output output;
    struct config_limits limits;
    struct config_state state;
    struct config_stats stats;
    const char *user; /* NULL: stay who started it, unless that is root */
    const char *sensor_name;
    enum config_log_level log_level; /* same order as enum log_level */

    const char *path;             /* file that was read; NULL: none */
    const struct yaml_node *root; /* what was written, for config_place */
    struct arena *arena;
};
