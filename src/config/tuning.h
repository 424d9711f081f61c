/*
 * Every constant of the detection: the parsed form of rules/det0646.yaml.
 *
 * Names are those of the detection's own tables and of the file (`tuning:`, `hypotheses:`, `risk:`,
 * `severity:`); what each means stands beside it there. Units are in the names: `_s` seconds, `_h`
 * hours, `_d` days, `_ms` milliseconds, all as double; `_db` decibans (10 dB = odds x10); shares
 * and probabilities 0..1. All values are in range once loaded, priors add up to 1 and likelihoods
 * are above 0. Plain data, owns nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/hypothesis.h"

#define TUNING_PORTS_MAX 32

/* How much detection remembers of one thing; thresholds above it could never be met. */
#define TUNING_EPISODES_MAX 16     /* refusal episodes of a key */
#define TUNING_ACCEPTS_MAX 24      /* accepts of a device */
#define TUNING_DIRECT_MAX 4        /* direct sessions of a key */
#define TUNING_MTLS_MAX 8          /* demands for a client certificate of a destination */
#define TUNING_SET_MAX 8           /* apps, devices or destinations in a set */
#define TUNING_BOX_NAMES_MAX 24    /* names behind one answering machine */
#define TUNING_BOX_NETWORKS_MAX 16 /* and networks */

/* Names of the published defaults on which nothing rests here: a file that has them is right. */
struct tuning_spare {
    double stall_db, device_half_life_h, app_dest_half_life_d;
};

struct tuning_weights_db {
    double rej_alert, rej_enc_alert;
    double rej_post_h2, rej_post_h1, rej_post_rst, rej_post_fin;
    double rej_close_fin, rej_close_rst;
    double rej_post_weak;
    double accepted, resumed;
};

struct tuning_noise_guard {
    double share;
    uint32_t min_flows;
    double factor;
    double window_s;
};

/* Probability that a session was inspected: three-way label and least to count a refusal. */
struct tuning_inspected {
    double yes, count_min, no;
};

struct tuning_box_profile {
    uint32_t min_prefix16, min_domains;
    double max_ttl_entropy; /* bits */
    double rtt_iqr_ms;
    double other_ca_demote;
    uint32_t min_flows;                             /* in networks nobody configured */
    uint32_t configured_sessions, configured_names; /* in configured ones */
};

/* Evidence that one session is or is not inspected. */
struct tuning_evidence_db {
    double segment, elsewhere, bypass;
    double authority, other_authority;
    double syn_ack_match, syn_ack_differs;
    double server_hello_match, server_hello_differs;
    double path_match, path_far;
    double flight_layout_match, flight_layout_differs;
    double h2_stripped, quic, unidentified;
    double decrypted_before, spliced_before;
    double clip;
};

struct tuning_beacon {
    uint32_t min_n;
    double min_span_s, min_interval_s;
    double medium, strong;
};

struct tuning_opaque {
    uint32_t min_sessions;
    double
        max_device_share; /* destination is used by less than this share of the devices */
    uint32_t small_fleet; /* below so many known devices: by one device */
    uint32_t min_bytes;   /* of an upload */
};

/* What it takes for an observation of the hypothesis table to hold. */
struct tuning_observe {
    double look_back_s;
    uint32_t dev_never_attempts, dev_never_apps;
    uint32_t app_rejects_destinations;
    uint32_t site_rejected_apps, site_rejected_devices;
    uint32_t peer_devices;
    double edr_window_s;
    double app_window_s;
    uint32_t shared_domains;
    double shared_device_share;
};

/* Decimal points of risk, -100..100. */
struct tuning_risk {
    double rare_destination, rare_app, no_server_name, odd_port, private_upstream,
        shared_key;
    double beacon_medium, beacon_strong;
    double not_in_use, unmanaged_app, edr_trust_custom;
    double direct_elsewhere, upload_heavy;
    double allow_listed, popular_destination;

    double rare_share, rare_window_d;
    uint32_t rare_app_devices;
    double popular_share;
    double upload_ratio;
    uint16_t usual_ports[TUNING_PORTS_MAX];
    uint32_t usual_port_count;
};

struct tuning_severity {
    double high_confidence, medium_confidence;
    double high_risk, medium_risk;
    uint32_t informational, low, medium, high; /* numbers of event.severity */
};

struct tuning {
    /* The ATT&CK elements TimeWindow, InspectionFailureThreshold, RetryPatternWindow and
     * ForegroundStateRequired (AllowedAppList and AllowedDestinationList are in struct rules). */
    double time_window_s;
    uint32_t inspection_failure_threshold;
    double retry_pattern_window_s;
    bool foreground_state_required;

    double slow_window_s;
    uint32_t slow_threshold;
    double episode_gap_s;
    uint32_t strong_refusals,
        strong_episodes; /* S1 and S2: so many refusals in so many episodes */
    double contrast_db;
    uint32_t contrast_sessions;
    double hold_back_s;
    double settle_s; /* longest wait for the device to accept another destination */
    double stage1_prior_db, stage1_fire_db, episode_sum_cap_db;
    bool fast_path;
    double post_close_strong_s, post_close_weak_s, post_rst_s;
    double stall_s, supersede_s, enc_alert_close_s;

    struct tuning_weights_db weights_db;
    struct tuning_spare spare;
    struct tuning_noise_guard noise_guard;
    struct tuning_inspected inspected;
    struct tuning_evidence_db evidence_db;
    struct tuning_box_profile box_profile;
    enum trust_model
        trust_model; /* inspection.trust_model of the configuration, if given there */

    double pin_report_min;          /* PIN, and any other cause, leads from here */
    double refused_max_dev_site;    /* inspection_refused: DEV + SITE below this */
    double refused_max_appca;       /* and APPCA below this */
    double platform_min_db;         /* hints towards a platform, above those for others */
    double ambiguous_device_factor; /* confidence of a device behind translation */
    uint32_t short_lived_episodes;
    uint32_t mtls_sessions;
    uint32_t interceptor_names, interceptor_networks;
    double interceptor_fresh_s;
    uint32_t pinning_removed_sessions;
    double certificate_expiry_d;

    struct tuning_opaque opaque;
    struct tuning_observe observe;
    struct tuning_beacon beacon;
    double dedup_h, alert_expiry_d;
    double device_notice_h, app_notice_h, site_notice_h, mtls_notice_h;
    uint32_t fleet_collapse_devices;
    uint32_t device_alert_cap_per_day;

    double priors[PRIORS][HYPOTHESES];            /* by enum prior, enum hypothesis */
    double likelihoods[OBSERVATIONS][HYPOTHESES]; /* by enum observation, enum hypothesis */
    struct tuning_risk risk;
    struct tuning_severity severity;
};

/* A span of time in nanoseconds from seconds (0 or more), hours or days of the table. */
static inline uint64_t tuning_ns(double seconds)
{
    return (uint64_t)(seconds * 1e9 + 0.5);
}
