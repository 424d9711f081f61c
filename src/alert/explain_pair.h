/*
 * Why there is an alert of a device and a destination, or why there is none: each session with what
 * it weighed, and each condition of a detection with what it takes and what there is.
 *
 * It listens to a correlator (correlator_options.on_observed, on_judged, on_finding) that is given
 * session records, or looks at what one remembers. Of each app of the device the latest judgement
 * stands, and the one with the highest sum if that was another; beside them what is known of the
 * destination's own certificates, and of what the app can pin of them.
 *
 * Limits: PAIR_SESSIONS_MAX sessions, the latest ones, and PAIR_APPS_MAX apps; others are counted.
 */
#pragma once

#include "base/text.h"
#include "detect/correlate.h"
#include "detect/judge.h"

#define PAIR_SESSIONS_MAX 100
#define PAIR_APPS_MAX 8
#define PAIR_ALERTS_MAX 16
#define PAIR_LINE_MAX 320
#define PAIR_TEXT_MAX (128u * 1024u)

struct pair_session {
    char text[PAIR_LINE_MAX];
};

/* An app of the device: as it was judged. */
struct pair_app {
    struct memory_id key;
    char name[APP_KEY_TEXT_MAX];
    char package[SESSION_PACKAGE_MAX]; /* that the capture names, else empty */
    char package_source[16];
    uint32_t pinning; /* as detect/genuine.h knows it */
    bool judged;
    bool had_better; /* `best` is of an earlier time, and its sum was higher */
    uint64_t now_ns, best_ns;
    struct judgement last, best;
    uint32_t direct; /* sessions in TimeWindow */
    bool in_segment, bypassed;
};

struct pair_alert {
    uint8_t id[16];
    enum finding_type type;
    enum finding_state state;
};

struct pair_story {
    const struct tuning *tuning;
    struct correlator *correlator;
    struct address device;
    const char *destination; /* borrowed, as asked */
    struct memory_id destination_id;
    bool has_destination_id;
    struct pair_session sessions[PAIR_SESSIONS_MAX];
    uint32_t session_count; /* ever */
    struct pair_app apps[PAIR_APPS_MAX];
    size_t app_count;
    struct pair_alert alerts[PAIR_ALERTS_MAX]; /* the latest revision of each */
    size_t alert_count;
};

void pair_begin(struct pair_story *p, struct correlator *c, const struct address *device,
                const char *destination);

/* What the correlator tells. */
void pair_observe(struct pair_story *p, const struct session *s,
                  const struct inspection_context *context, const struct parties *parties);
void pair_judge(struct pair_story *p, const struct judgement *j);
void pair_find(struct pair_story *p, const struct finding *f);

/* In place of sessions: what the correlator remembers of them, judged as it is now. */
void pair_remember(struct pair_story *p);

/* The destination's own certificates, as the first of the apps sees them; false when none is known. */
bool pair_pin(const struct pair_story *p, struct finding_pin *out);

/* For a person / as one JSON line. */
void pair_write_text(const struct pair_story *p, struct text *out);
bool pair_write_json(const struct pair_story *p, struct json_out *out);
