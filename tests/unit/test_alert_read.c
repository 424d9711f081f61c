#include "alert/alert_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "alert/alert_json.h"
#include "finding_sample.h"
#include "tap.h"

static struct alert_reader *reader;
static char line[65536];
static size_t len;

static void keep_line(void *ctx, struct span lines)
{
    (void)ctx;
    memcpy(line, lines.data, lines.len);
    len = lines.len;
}

static void write_sample(void)
{
    static char buffer[131072];
    struct observer observer = {.name = "sensor", .version = "1"};
    struct finding f;
    struct json_out out;

    sample_finding(&f);
    json_out_init(&out, buffer, sizeof(buffer), keep_line, NULL);
    (void)alert_json_write(&f, &observer, &out);
    json_out_flush(&out);
}

static enum alert_line read_text(const char *text, struct alert_read *out)
{
    struct alert_session session;
    struct err why;

    return alert_read_line(reader, exact(span_of_text(text)), out, &session, &why);
}

static void test_there_and_back(void)
{
    struct alert_read read = {.line = NULL};
    struct alert_session session;
    struct finding wanted, *f = &read.finding;
    struct err why;

    write_sample();
    sample_finding(&wanted);
    is_int(alert_read_line(reader, span_of(line, len), &read, &session, &why),
           ALERT_LINE_ALERT, "an alert's line is an alert");
    ok(f->type == wanted.type && f->state == wanted.state && f->revision == 2 &&
           memcmp(f->alert_id, wanted.alert_id, 16) == 0,
       "the same one");
    ok(f->severity == 73 && f->risk_score == 65 && fabs(f->confidence - .923) < 1e-6 &&
           fabs(f->stage1_db - 14.5) < 1e-6 && fabs(f->hypotheses[0] - .93) < 1e-6,
       "with its numbers, as they were rounded");
    ok(f->has_device && address_equal(&f->device, &wanted.device) &&
           strcmp(f->destination, "api.example.com") == 0 && f->destination_port == 443 &&
           strcmp(f->app_key, wanted.app_key) == 0 && strcmp(f->platform, "ios") == 0,
       "who and what");
    ok(strcmp(f->message, wanted.message) == 0 && strcmp(f->reason, wanted.reason) == 0,
       "its sentences");
    is_int(f->evidence_count, 3, "its sessions");
    ok(f->evidence[1].shape == SHAPE_S4 && f->evidence[1].inspection == INSPECTION_LIKELY &&
           !f->evidence[1].counted && f->evidence[0].weight_db > 21.9 &&
           f->evidence[0].time_ns == wanted.evidence[0].time_ns,
       "each as it was");
    ok(f->control_count == 2 && f->controls[1].has_likelihoods &&
           fabs(f->controls[1].likelihood[2] - .02) < 1e-6 &&
           fabs(f->controls[0].weight_db - 10) < 1e-6,
       "its controls");
    ok(f->risk_count == 2 && f->risks[1].points == -60 && f->clause_count == 2 &&
           strcmp(f->clauses[0].id, "AN1726.NSM:Inspection") == 0,
       "risks and clauses");
    alert_read_release(&read);
}

/* No cut line is taken for an alert, and none does harm. */
static void test_cut(void)
{
    struct alert_read read = {.line = NULL};
    struct alert_session session;
    struct err why;
    size_t taken = 0;

    write_sample();
    for (size_t n = 0; n + 2 < len; n += 7)
        taken += alert_read_line(reader, exact(span_of(line, n)), &read, &session, &why) !=
                 ALERT_LINE_BROKEN;
    is_int(taken, 0, "the beginning of a line is broken");
    alert_read_release(&read);
}

static void test_others(void)
{
    struct alert_read read = {.line = NULL};
    struct alert_session session = {.file = NULL};
    struct err why;
    static const char text[] =
        "{\"event\":{\"dataset\":\"pinsight.session\",\"id\":"
        "\"6db8192e-3d86-571e-8ad6-ee7de028fd45\"},\"pinsight\":{\"capture\":{\"file\":"
        "\"phone.pcap\"}}}";

    is_int(alert_read_line(reader, span_of_text(text), &read, &session, &why),
           ALERT_LINE_SESSION, "a session is one");
    ok(session.file && strcmp(session.file, "phone.pcap") == 0 &&
           session.session_id[0] == 0x6d,
       "with its id and its capture");
    is_int(read_text("{\"event\":{\"dataset\":\"other\"}}", &read), ALERT_LINE_OTHER,
           "events of others are passed over");
    is_int(read_text("{}", &read), ALERT_LINE_OTHER, "so is an empty object");
    is_int(read_text("[1, 2]", &read), ALERT_LINE_BROKEN, "a list is no event");
    is_int(read_text("words", &read), ALERT_LINE_BROKEN, "nor are words");
    alert_read_release(&read);
}

static void test_wrong(void)
{
    static const char *const wrong[] = {
        "{\"event\":{\"dataset\":\"pinsight.alert\"},\"pinsight\":{\"type\":\"unheard\"}}",
        "{\"event\":{\"dataset\":\"pinsight.alert\"},\"pinsight\":{\"alert_id\":\"12\"}}",
        "{\"event\":{\"dataset\":\"pinsight.alert\",\"severity\":\"high\"}}",
        "{\"event\":{\"dataset\":\"pinsight.alert\"},\"source\":{\"ip\":\"phone\"}}",
        "{\"event\":{\"dataset\":\"pinsight.alert\"},\"pinsight\":{\"evidence\":{}}}",
        "{\"event\":{\"dataset\":\"pinsight.alert\"},\"pinsight\":{\"evidence\":[{\"kind\":"
        "\"session\",\"shape\":\"S9\"}]}}",
    };
    struct alert_read read = {.line = NULL};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        is_int(read_text(wrong[i], &read), ALERT_LINE_BROKEN,
               "an alert that cannot be is broken (%zu)", i);
    alert_read_release(&read);
}

int main(void)
{
    reader = alert_reader_new();
    if (!reader)
        abort();
    test_there_and_back();
    test_cut();
    test_others();
    test_wrong();
    alert_reader_free(reader);
    return done_testing();
}
