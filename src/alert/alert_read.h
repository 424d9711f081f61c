/*
 * An alert event read back: a line that alert_json.h wrote becomes a finding again, as far as the
 * event holds it. Fields of later versions are passed over; what is absent is empty.
 *
 * A read alert owns the parsed line, at which texts of its finding point, and the lists. Numbers are
 * as the event rounds them.
 */
#pragma once

#include "base/err.h"
#include "detect/finding.h"

#define ALERT_OTHERS_MAX 8 /* further addresses of a device */

struct alert_reader;

/* Of a certificate of `pinsight.pin`. */
struct alert_digests {
    uint8_t sha256[SHA256_BYTES], key[SHA256_BYTES], issuer_key[SHA256_BYTES];
};

/* One alert; zeroed, or released, it holds nothing. */
struct alert_read {
    struct finding finding; /* its pointers are those below, and into `line` */
    struct json_object *line;
    struct finding_evidence evidence[FINDING_EVIDENCE_MAX];
    struct finding_control controls[FINDING_CONTROLS_MAX];
    struct finding_risk risks[FINDING_RISKS_MAX];
    struct finding_clause clauses[FINDING_CLAUSES_MAX];
    struct finding_context context[FINDING_CONTEXT_MAX];
    struct finding_identity identity;
    struct finding_package package;
    struct finding_interceptor interceptor;
    struct finding_pin pin;
    uint8_t interceptor_key[SHA256_BYTES];
    struct alert_digests now, before;
    struct address others[ALERT_OTHERS_MAX];
    struct address *related;
    const char **hosts;
};

enum alert_line {
    ALERT_LINE_ALERT,
    ALERT_LINE_SESSION, /* `session_id` and `file` are set, where it has them */
    ALERT_LINE_OTHER,   /* JSON, but of another kind */
    ALERT_LINE_BROKEN,  /* with a sentence */
};

/* What a session event tells to who explains an alert. */
struct alert_session {
    uint8_t session_id[SESSION_ID_BYTES];
    const char *file; /* capture that held it, lent until the next line; NULL */
};

struct alert_reader *alert_reader_new(void); /* NULL: no memory */
void alert_reader_free(struct alert_reader *r);

/* Read a line. `out` is released first and holds the alert if it is one. */
enum alert_line alert_read_line(struct alert_reader *r, struct span line,
                                struct alert_read *out, struct alert_session *session,
                                struct err *why);

void alert_read_release(struct alert_read *a);
