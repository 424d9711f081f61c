#include "config/tuning_keys.h"

#include <math.h>
#include <stddef.h>

#include "config/config_keys.h"
#include "config/rules.h"

#define DAY 86400.0

#define AT(member) .required = true, .offset = offsetof(struct rules, tuning.member)

/* The kinds of number there are: decibans, seconds, hours, shares, counts, points. */
#define DB(name, member, text)                                                             \
    {                                                                                      \
        name, SCHEMA_NUMBER, .min = -100, .max = 100, AT(member), .help = text             \
    }
#define SECONDS(name, member, text)                                                        \
    {                                                                                      \
        name, SCHEMA_NUMBER, .min = 0, .max = 30 * DAY, AT(member), .help = text           \
    }
#define HOURS(name, member, text)                                                          \
    {                                                                                      \
        name, SCHEMA_NUMBER, .min = 0, .max = 8784, AT(member), .help = text               \
    }
#define SHARE(name, member, text)                                                          \
    {                                                                                      \
        name, SCHEMA_NUMBER, .min = 0, .max = 1, AT(member), .help = text                  \
    }
#define COUNT(name, member, text)                                                          \
    {                                                                                      \
        name, SCHEMA_COUNT, .min = 1, .max = 1000000, AT(member), .help = text             \
    }
/* A count of things that detection remembers a bounded number of: more could never be met. */
#define COUNT_TO(name, member, most, text)                                                 \
    {                                                                                      \
        name, SCHEMA_COUNT, .min = 1, .max = most, AT(member), .help = text                \
    }
#define POINTS(name, member, text) DB(name, member, text)
#define FLAG(name, member, text)                                                           \
    {                                                                                      \
        name, SCHEMA_BOOL, AT(member), .help = text                                        \
    }

/* A row of the hypothesis table is a map of four probabilities. */
#define FOUR(name, member, text)                                                           \
    SHARE(name ".PIN", member[HYPOTHESIS_PIN], text),                                      \
        SHARE(name ".APPCA", member[HYPOTHESIS_APPCA], text),                              \
        SHARE(name ".DEV", member[HYPOTHESIS_DEV], text),                                  \
        SHARE(name ".SITE", member[HYPOTHESIS_SITE], text)

#define PRIOR_ROW(name, index, text) FOUR("hypotheses.priors." name, priors[index], text)
#define LIKELIHOOD_ROW(name, index, text)                                                  \
    FOUR("hypotheses.likelihoods." name, likelihoods[index], text)

/* Another name, in `tuning`, for the value of an ATT&CK element. */
#define ALSO(name, kind, low, high, member, element)                                       \
    {                                                                                      \
        name, kind, .min = (low), .max = (high),                                           \
                    .offset = offsetof(struct rules, tuning.member), .twin = element,      \
                    .help = "Another name of " element "; give one of the two."            \
    }

static const struct schema_key keys[] = {
    {"version", SCHEMA_TEXT, .required = true, .offset = offsetof(struct rules, version),
     .help = "Version of the analytics AN1725 and AN1726 that the rules follow."},
    {"TimeWindow", SCHEMA_SECONDS, .min = 1, .max = 7 * DAY, AT(time_window_s),
     .help = "Window in which refusals of one device, app and destination are counted."},
    {"InspectionFailureThreshold", SCHEMA_COUNT, .min = 1, .max = TUNING_EPISODES_MAX,
     AT(inspection_failure_threshold),
     .help = "Refusal episodes in the window before a finding is possible."},
    {"RetryPatternWindow", SCHEMA_SECONDS, .min = 1, .max = DAY, AT(retry_pattern_window_s),
     .help = "Longest time from a refusal to the direct connection that belongs to it."},
    {"ForegroundStateRequired", SCHEMA_BOOL, AT(foreground_state_required),
     .help = "Pinned sessions belong to user-driven use; others raise the risk."},
    {"AllowedAppList", SCHEMA_LIST, .of = &config_app_schema, .required = true,
     .offset = offsetof(struct rules, allowed_apps),
     .count_offset = offsetof(struct rules, allowed_app_count),
     .help = "Apps expected to pin: package or bundle ids, app keys, JA4."},
    {"AllowedDestinationList", SCHEMA_LIST, .of = &config_destination_schema,
     .required = true, .offset = offsetof(struct rules, allowed_destinations),
     .count_offset = offsetof(struct rules, allowed_destination_count),
     .help = "Destinations where refusing is expected: names, networks, ports."},

    ALSO("tuning.time_window_s", SCHEMA_NUMBER, 1, 7 * DAY, time_window_s, "TimeWindow"),
    ALSO("tuning.inspection_failure_threshold", SCHEMA_COUNT, 1, TUNING_EPISODES_MAX,
         inspection_failure_threshold, "InspectionFailureThreshold"),
    ALSO("tuning.retry_pattern_window_s", SCHEMA_NUMBER, 1, DAY, retry_pattern_window_s,
         "RetryPatternWindow"),
    ALSO("tuning.foreground_state_required", SCHEMA_BOOL, 0, 0, foreground_state_required,
         "ForegroundStateRequired"),

    SECONDS("tuning.slow_window_s", slow_window_s, "Window of keys that beat slowly."),
    COUNT_TO("tuning.slow_threshold", slow_threshold, TUNING_EPISODES_MAX,
             "Refusal episodes needed in the slow window."),
    SECONDS("tuning.episode_gap_s", episode_gap_s,
            "Attempts this soon after the first of an episode belong to it."),
    COUNT("tuning.strong_refusals", strong_refusals,
          "Refusals by alert (S1, S2) that meet the threshold ..."),
    COUNT_TO("tuning.strong_episodes", strong_episodes, TUNING_EPISODES_MAX,
             "... when they lie in so many episodes."),
    DB("tuning.contrast_db", contrast_db,
       "The device completed inspected sessions elsewhere."),
    COUNT_TO("tuning.contrast_sessions", contrast_sessions, TUNING_ACCEPTS_MAX,
             "Sessions that this takes."),
    SECONDS("tuning.hold_back_s", hold_back_s,
            "Session records wait so long for what other flows tell."),
    SECONDS("tuning.settle_s", settle_s,
            "Longest wait, after a refusal, for the device to accept another destination."),
    DB("tuning.stage1_prior_db", stage1_prior_db,
       "Odds that a destination is refused at all."),
    DB("tuning.stage1_fire_db", stage1_fire_db, "Odds from which it counts as refused."),
    DB("tuning.episode_sum_cap_db", episode_sum_cap_db,
       "Most that all episodes together add."),
    FLAG("tuning.fast_path", fast_path,
         "Early alert of low severity after two clear refusals (S1, S2) in two episodes."),
    SECONDS("tuning.post_close_strong_s", post_close_strong_s,
            "Close after the handshake within this time: strong evidence."),
    SECONDS("tuning.post_close_weak_s", post_close_weak_s,
            "Close after the handshake within this time: weak evidence; later: none."),
    SECONDS("tuning.post_rst_s", post_rst_s,
            "A reset after Finished within this time has the weight rej_post_rst."),
    SECONDS("tuning.stall_s", stall_s, "A handshake silent for this long has stalled."),
    SECONDS("tuning.supersede_s", supersede_s,
            "An accepted connection this near takes the place of a dropped one."),
    SECONDS("tuning.enc_alert_close_s", enc_alert_close_s,
            "An encrypted alert counts when the connection ends within this time."),

    DB("tuning.weights_db.rej_alert", weights_db.rej_alert,
       "S1: certificate alert in clear."),
    DB("tuning.weights_db.rej_enc_alert", weights_db.rej_enc_alert, "S2: encrypted alert."),
    DB("tuning.weights_db.rej_post_h2", weights_db.rej_post_h2,
       "S4 of a client that offers h2 and would have spoken at once."),
    DB("tuning.weights_db.rej_post_h1", weights_db.rej_post_h1, "S4 with http/1.1 only."),
    DB("tuning.weights_db.rej_post_rst", weights_db.rej_post_rst, "S5 by an early reset."),
    DB("tuning.weights_db.rej_post_fin", weights_db.rej_post_fin, "S5 otherwise."),
    DB("tuning.weights_db.rej_close_fin", weights_db.rej_close_fin, "S3 by FIN."),
    DB("tuning.weights_db.rej_close_rst", weights_db.rej_close_rst, "S3 by RST."),
    DB("tuning.weights_db.rej_post_weak", weights_db.rej_post_weak,
       "Close after the handshake, but late."),
    DB("tuning.weights_db.stall", spare.stall_db,
       "Without effect: silence (S6) is never counted as a refusal."),
    DB("tuning.weights_db.accepted", weights_db.accepted,
       "An inspected session was accepted."),
    DB("tuning.weights_db.resumed", weights_db.resumed, "One was resumed, with data."),

    SHARE("tuning.noise_guard.share", noise_guard.share,
          "Share of aborted flows to accepted destinations from which the radio is bad."),
    COUNT("tuning.noise_guard.min_flows", noise_guard.min_flows, "Flows needed to tell."),
    SHARE("tuning.noise_guard.factor", noise_guard.factor, "Then S3 and S5 weigh so much."),
    SECONDS("tuning.noise_guard.window_s", noise_guard.window_s,
            "Time over which it is told."),

    SHARE("tuning.inspected.yes", inspected.yes,
          "Inspected for sure from this probability."),
    SHARE("tuning.inspected.count_min", inspected.count_min,
          "Refusals count, and inspection is likely, from this probability."),
    SHARE("tuning.inspected.no", inspected.no, "Below this probability: not inspected."),

    DB("tuning.evidence_db.segment", evidence_db.segment,
       "Client in a configured segment."),
    DB("tuning.evidence_db.elsewhere", evidence_db.elsewhere, "Client in none of them."),
    DB("tuning.evidence_db.bypass", evidence_db.bypass, "Destination on the bypass list."),
    DB("tuning.evidence_db.authority", evidence_db.authority,
       "Certificate seen of a configured authority."),
    DB("tuning.evidence_db.other_authority", evidence_db.other_authority,
       "Certificate seen of another."),
    DB("tuning.evidence_db.syn_ack_match", evidence_db.syn_ack_match,
       "SYN-ACK as the box answers."),
    DB("tuning.evidence_db.syn_ack_differs", evidence_db.syn_ack_differs,
       "SYN-ACK as no box of the segment answers."),
    DB("tuning.evidence_db.server_hello_match", evidence_db.server_hello_match,
       "ServerHello as the box answers this client."),
    DB("tuning.evidence_db.server_hello_differs", evidence_db.server_hello_differs,
       "ServerHello as the box never answers it."),
    DB("tuning.evidence_db.path_match", evidence_db.path_match,
       "Time to live and round trip of the box."),
    DB("tuning.evidence_db.path_far", evidence_db.path_far,
       "Round trip far above that of the box."),
    DB("tuning.evidence_db.flight_layout_match", evidence_db.flight_layout_match,
       "Layout of the server's flight equal to the box's over several names."),
    DB("tuning.evidence_db.flight_layout_differs", evidence_db.flight_layout_differs,
       "Layout of the server's flight different from it."),
    DB("tuning.evidence_db.h2_stripped", evidence_db.h2_stripped,
       "The peer speaks h2, the box never does."),
    DB("tuning.evidence_db.decrypted_before", evidence_db.decrypted_before,
       "The destination showed a certificate of the authority within a day."),
    DB("tuning.evidence_db.spliced_before", evidence_db.spliced_before,
       "It showed one of another issuer."),
    DB("tuning.evidence_db.quic", evidence_db.quic, "A QUIC session was established."),
    DB("tuning.evidence_db.unidentified", evidence_db.unidentified,
       "Encrypted by its looks on port 443, and not TLS: in place of all other evidence."),
    DB("tuning.evidence_db.clip", evidence_db.clip, "The sum is cut to this, both ways."),

    COUNT_TO("tuning.box_profile.min_prefix16", box_profile.min_prefix16,
             TUNING_BOX_NETWORKS_MAX,
             "Server networks (/16, /32 for version 6) behind one profile."),
    COUNT_TO("tuning.box_profile.min_domains", box_profile.min_domains,
             TUNING_BOX_NAMES_MAX, "Registered domains behind it."),
    {"tuning.box_profile.max_ttl_entropy", SCHEMA_NUMBER, .min = 0, .max = 8,
     AT(box_profile.max_ttl_entropy), .help = "Spread of its time to live, in bits."},
    {"tuning.box_profile.rtt_iqr_ms", SCHEMA_NUMBER, .min = 0, .max = 10000,
     AT(box_profile.rtt_iqr_ms), .help = "Spread of its round trip, in milliseconds."},
    SHARE("tuning.box_profile.other_ca_demote", box_profile.other_ca_demote,
          "Share of certificates of others from which it is no box."),
    COUNT("tuning.box_profile.min_flows", box_profile.min_flows,
          "Flows before a profile serves where nobody configured inspection."),
    COUNT("tuning.box_profile.configured_sessions", box_profile.configured_sessions,
          "Sessions before it serves in a configured segment ..."),
    COUNT_TO("tuning.box_profile.configured_names", box_profile.configured_names,
             TUNING_BOX_NAMES_MAX, "... over so many unrelated names."),

    {"tuning.trust_model", SCHEMA_CHOICE, .choices = config_trust_models, AT(trust_model),
     .help = "Used where the configuration gives no inspection.trust_model."},

    SHARE("tuning.pin_report_min", pin_report_min,
          "A cause is named from this probability."),
    SHARE("tuning.refused_max_dev_site", refused_max_dev_site,
          "inspection_refused needs DEV and SITE together below this ..."),
    SHARE("tuning.refused_max_appca", refused_max_appca, "... and APPCA below this."),
    {"tuning.platform_min_db", SCHEMA_NUMBER, .min = 0, .max = 1000, AT(platform_min_db),
     .help = "Hints from which a platform is named, above those towards others."},
    SHARE("tuning.ambiguous_device_factor", ambiguous_device_factor,
          "Confidence is multiplied by this where one address may be several devices."),
    COUNT_TO("tuning.short_lived_episodes", short_lived_episodes, TUNING_EPISODES_MAX,
             "Episodes of S3 to S5 for short_lived_sessions."),
    COUNT_TO("tuning.mtls_sessions", mtls_sessions, TUNING_MTLS_MAX,
             "Sessions that lack a client certificate for mtls_required."),
    COUNT_TO("tuning.interceptor_names", interceptor_names, TUNING_SET_MAX,
             "Unrelated names under one issuer for unknown_interceptor ..."),
    COUNT_TO("tuning.interceptor_networks", interceptor_networks, TUNING_SET_MAX,
             "... in so many networks."),
    SECONDS("tuning.interceptor_fresh_s", interceptor_fresh_s,
            "Certificates made for the visit: their ages differ by no more."),
    COUNT_TO("tuning.pinning_removed_sessions", pinning_removed_sessions, TUNING_SET_MAX,
             "Accepted sessions of what was refused for pinning_removed."),
    {"tuning.certificate_expiry_d", SCHEMA_NUMBER, .min = 0, .max = 366,
     AT(certificate_expiry_d),
     .help = "Alerts tell of a destination's certificate that expires in so many days."},

    COUNT_TO("tuning.opaque.min_sessions", opaque.min_sessions, TUNING_DIRECT_MAX,
             "Direct sessions with data for opaque_direct."),
    SHARE("tuning.opaque.max_device_share", opaque.max_device_share,
          "Destination used by less than this share of the devices ..."),
    COUNT("tuning.opaque.small_fleet", opaque.small_fleet,
          "... or by one device, while fewer than so many are known."),
    COUNT("tuning.opaque.min_bytes", opaque.min_bytes,
          "An upload of fewer bytes is none, whatever came back."),

    SECONDS("tuning.observe.look_back_s", observe.look_back_s,
            "Time over which observations for the hypotheses are made."),
    COUNT("tuning.observe.dev_never_attempts", observe.dev_never_attempts,
          "dev_never: inspected attempts without any accept ..."),
    COUNT_TO("tuning.observe.dev_never_apps", observe.dev_never_apps, TUNING_SET_MAX,
             "... by so many apps."),
    COUNT_TO("tuning.observe.app_rejects_destinations", observe.app_rejects_destinations,
             TUNING_SET_MAX, "app_rejects_all: destinations refused, none accepted."),
    COUNT_TO("tuning.observe.site_rejected_apps", observe.site_rejected_apps,
             TUNING_SET_MAX, "site_rejected_by_many: apps that refuse ..."),
    COUNT_TO("tuning.observe.site_rejected_devices", observe.site_rejected_devices,
             TUNING_SET_MAX, "... on so many devices."),
    COUNT_TO("tuning.observe.peer_devices", observe.peer_devices, TUNING_SET_MAX,
             "peers_reject, peers_accept: other devices that do."),
    SECONDS("tuning.observe.edr_window_s", observe.edr_window_s,
            "edr_trust_custom: time between the event on the device and the session."),
    SECONDS("tuning.observe.app_window_s", observe.app_window_s,
            "Time between an app's connection, as a feed tells it, and the session."),
    COUNT("tuning.observe.shared_domains", observe.shared_domains,
          "An app key is shared above so many registered domains ..."),
    SHARE("tuning.observe.shared_device_share", observe.shared_device_share,
          "... on more than this share of the devices."),

    COUNT("tuning.beacon.min_n", beacon.min_n, "Intervals needed for a beacon score."),
    SECONDS("tuning.beacon.min_span_s", beacon.min_span_s, "Time they must span."),
    SECONDS("tuning.beacon.min_interval_s", beacon.min_interval_s,
            "Shorter intervals are left out."),
    SHARE("tuning.beacon.medium", beacon.medium, "Score of a beacon."),
    SHARE("tuning.beacon.strong", beacon.strong, "Score of a strong one."),

    HOURS("tuning.half_life.device_h", spare.device_half_life_h,
          "Without effect: refusals count for TimeWindow, in episodes."),
    {"tuning.half_life.app_dest_d", SCHEMA_NUMBER, .min = 0, .max = 366,
     AT(spare.app_dest_half_life_d),
     .help = "Without effect: what is remembered is bounded by limits.keys."},
    HOURS("tuning.dedup_h", dedup_h,
          "An open alert is repeated after this time at the earliest."),
    {"tuning.alert_expiry_d", SCHEMA_NUMBER, .min = 0, .max = 366, AT(alert_expiry_d),
     .help = "An open alert without news is closed after so many days."},
    HOURS("tuning.device_notice_h", device_notice_h,
          "Least time between two notices of one device."),
    HOURS("tuning.app_notice_h", app_notice_h, "... of one app."),
    HOURS("tuning.site_notice_h", site_notice_h, "... of one destination."),
    HOURS("tuning.mtls_notice_h", mtls_notice_h,
          "... that one destination asks for client certificates."),
    COUNT_TO("tuning.fleet_collapse_devices", fleet_collapse_devices, TUNING_SET_MAX,
             "Devices with the same finding that become one fleet alert."),
    COUNT("tuning.device_alert_cap_per_day", device_alert_cap_per_day,
          "Alerts of one device in a day; the rest is summed up."),

    PRIOR_ROW("unknown", PRIOR_UNKNOWN, "Prior where nothing is known of the fleet."),
    PRIOR_ROW("ios_managed", PRIOR_IOS_MANAGED,
              "Prior: authority by device management, iOS."),
    PRIOR_ROW("android_user", PRIOR_ANDROID_USER, "Prior: authority in the user's store."),
    PRIOR_ROW("android_system", PRIOR_ANDROID_SYSTEM,
              "Prior: authority in the system store."),
    PRIOR_ROW("browser", PRIOR_BROWSER, "Prior of a browser's hello, whatever the fleet."),

    LIKELIHOOD_ROW("dev_accepts", OBSERVATION_DEV_ACCEPTS,
                   "Likelihood: the device accepted inspection with any app."),
    LIKELIHOOD_ROW("dev_never", OBSERVATION_DEV_NEVER,
                   "Likelihood: many inspected attempts of the device, none accepted."),
    LIKELIHOOD_ROW("app_accepts_other", OBSERVATION_APP_ACCEPTS_OTHER,
                   "Likelihood: this app, of its own key, accepted another destination."),
    LIKELIHOOD_ROW("app_accepts_other_shared", OBSERVATION_APP_ACCEPTS_OTHER_SHARED,
                   "Likelihood: the same with a key that many apps share."),
    LIKELIHOOD_ROW("app_rejects_all", OBSERVATION_APP_REJECTS_ALL,
                   "Likelihood: this app refused several destinations and accepted none."),
    LIKELIHOOD_ROW("site_ok_others", OBSERVATION_SITE_OK_OTHERS,
                   "Likelihood: another app accepted the destination under inspection."),
    LIKELIHOOD_ROW("site_rejected_by_many", OBSERVATION_SITE_REJECTED_BY_MANY,
                   "Likelihood: many apps on many devices refuse it, none accepts."),
    LIKELIHOOD_ROW("peers_reject", OBSERVATION_PEERS_REJECT,
                   "Likelihood: the same app refuses it on other devices."),
    LIKELIHOOD_ROW("peers_accept", OBSERVATION_PEERS_ACCEPT,
                   "Likelihood: the same app accepts it on other devices."),
    LIKELIHOOD_ROW("direct_ok", OBSERVATION_DIRECT_OK,
                   "Likelihood: it then went direct and worked."),
    LIKELIHOOD_ROW("edr_trust_custom", OBSERVATION_EDR_TRUST_CUSTOM,
                   "Likelihood: an app on the device was seen to validate by itself."),

    POINTS("risk.rare_destination", risk.rare_destination,
           "Destination that hardly any uses."),
    POINTS("risk.rare_app", risk.rare_app, "App key on few devices or on no list."),
    POINTS("risk.no_server_name", risk.no_server_name,
           "No server name, or an address as one."),
    POINTS("risk.odd_port", risk.odd_port, "Port not in usual_ports."),
    POINTS("risk.private_upstream", risk.private_upstream,
           "The real server has a private or self-signed certificate."),
    POINTS("risk.shared_key", risk.shared_key, "Its key serves unrelated addresses."),
    POINTS("risk.beacon_medium", risk.beacon_medium, "Regular as a beacon."),
    POINTS("risk.beacon_strong", risk.beacon_strong, "Very regular."),
    POINTS("risk.not_in_use", risk.not_in_use,
           "App in background, device locked or unused."),
    POINTS("risk.unmanaged_app", risk.unmanaged_app, "Unmanaged app or wrong category."),
    POINTS("risk.edr_trust_custom", risk.edr_trust_custom,
           "Own certificate check seen on the device."),
    POINTS("risk.direct_elsewhere", risk.direct_elsewhere,
           "Direct by another address, port or QUIC after the refusal."),
    POINTS("risk.upload_heavy", risk.upload_heavy, "Sends far more than it receives."),
    POINTS("risk.allow_listed", risk.allow_listed, "On an allow-list."),
    POINTS("risk.popular_destination", risk.popular_destination, "Used by many devices."),
    SHARE("risk.rare_share", risk.rare_share,
          "Rare: used by at most this share of the devices ..."),
    {"risk.rare_window_d", SCHEMA_NUMBER, .min = 0, .max = 366, AT(risk.rare_window_d),
     .help = "... over so many days."},
    COUNT("risk.rare_app_devices", risk.rare_app_devices,
          "Rare app: on at most so many devices."),
    SHARE("risk.popular_share", risk.popular_share,
          "Popular: used by this share of the devices."),
    {"risk.upload_ratio", SCHEMA_NUMBER, .min = 1, .max = 1000, AT(risk.upload_ratio),
     .help = "Upload-heavy: client bytes above so many times the server's."},
    {"risk.usual_ports", SCHEMA_PORTS, AT(risk.usual_ports),
     .count_offset = offsetof(struct rules, tuning.risk.usual_port_count),
     .help = "Ports where TLS is usual."},

    SHARE("severity.high_confidence", severity.high_confidence,
          "Confidence for high with high_risk, for medium with medium_risk."),
    SHARE("severity.medium_confidence", severity.medium_confidence,
          "Confidence for medium with high_risk."),
    {"severity.high_risk", SCHEMA_NUMBER, .min = 0, .max = 100, AT(severity.high_risk),
     .help = "Points of high risk."},
    {"severity.medium_risk", SCHEMA_NUMBER, .min = 0, .max = 100, AT(severity.medium_risk),
     .help = "Points of medium risk."},
    COUNT("severity.informational", severity.informational,
          "event.severity of allow-listed."),
    COUNT("severity.low", severity.low, "event.severity of low."),
    COUNT("severity.medium", severity.medium, "event.severity of medium."),
    COUNT("severity.high", severity.high, "event.severity of high."),
};

const struct schema tuning_schema = {SCHEMA_ROWS(keys), .place_offset = SCHEMA_NO_PLACE};

/* Two numbers of which the first must not be above the second. */
struct order {
    const char *low, *high;
};

static const struct order orders[] = {
    {"tuning.post_close_strong_s", "tuning.post_close_weak_s"},
    {"tuning.stage1_prior_db", "tuning.stage1_fire_db"},
    {"tuning.inspected.no", "tuning.inspected.count_min"},
    {"tuning.inspected.count_min", "tuning.inspected.yes"},
    {"tuning.beacon.medium", "tuning.beacon.strong"},
    {"severity.medium_confidence", "severity.high_confidence"},
    {"severity.medium_risk", "severity.high_risk"},
};

static double number_of(const struct rules *rules, const char *name)
{
    bool element;
    const struct schema_key *row = schema_find(&tuning_schema, name, &element);

    return *(const double *)(const void *)((const char *)rules + row->offset);
}

/* Where a key is given, or the file. */
static struct place place_of(const struct yaml_node *root, const char *file,
                             const char *name)
{
    const struct yaml_node *node = yaml_node_find(root, name);

    return node ? node->place : (struct place){.file = file, .line = 1};
}

static int check_priors(const struct rules *rules, const struct yaml_node *root,
                        const char *file, struct err *why)
{
    static const char *const names[PRIORS] = {
        [PRIOR_UNKNOWN] = "hypotheses.priors.unknown",
        [PRIOR_IOS_MANAGED] = "hypotheses.priors.ios_managed",
        [PRIOR_ANDROID_USER] = "hypotheses.priors.android_user",
        [PRIOR_ANDROID_SYSTEM] = "hypotheses.priors.android_system",
        [PRIOR_BROWSER] = "hypotheses.priors.browser",
    };

    for (size_t i = 0; i < PRIORS; i++) {
        const double *prior = rules->tuning.priors[i];
        double sum = prior[HYPOTHESIS_PIN] + prior[HYPOTHESIS_APPCA] +
                     prior[HYPOTHESIS_DEV] + prior[HYPOTHESIS_SITE];
        struct place at = place_of(root, file, names[i]);

        if (fabs(sum - 1) > 0.001)
            return place_complain(why, &at, names[i], "the four add up to %g, not to 1",
                                  sum);
    }
    return 0;
}

static int check_likelihoods(const struct rules *rules, const char *file, struct err *why)
{
    struct place at = {.file = file, .line = 1};

    for (size_t i = 0; i < OBSERVATIONS; i++)
        for (size_t h = 0; h < HYPOTHESES; h++)
            if (!(rules->tuning.likelihoods[i][h] > 0))
                return place_complain(why, &at, "hypotheses.likelihoods",
                                      "%s of %s is 0, which nothing could outweigh",
                                      hypothesis_describe((enum hypothesis)h),
                                      observation_describe((enum observation)i));
    return 0;
}

int tuning_check(const struct rules *rules, const struct yaml_node *root, const char *file,
                 struct err *why)
{
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        double low = number_of(rules, orders[i].low),
               high = number_of(rules, orders[i].high);
        struct place at = place_of(root, file, orders[i].low);

        if (low > high)
            return place_complain(why, &at, orders[i].low, "%g is above %s, which is %g",
                                  low, orders[i].high, high);
    }
    if (check_priors(rules, root, file, why) < 0)
        return -1;
    return check_likelihoods(rules, file, why);
}
