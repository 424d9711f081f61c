#include "alert/alert.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "finding_sample.h"
#include "peers.h"

static char path[SCRATCH_PATH_MAX];
static char text[1 << 20];
static struct alert_output output;

static struct alert_options ecs_options(void)
{
    return (struct alert_options){
        .file = {.path = path},
        .format = ALERT_FORMAT_ECS,
        .sessions = ALERT_SESSIONS_FULL,
        .observer = {.name = "sensor-a", .version = "1.0.0"},
    };
}

static void opens(const struct alert_options *options)
{
    struct err why;

    ok(alert_output_init(&output, options, &why) == 0, "the output opens");
}

static const char *content(void)
{
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

    text[n] = '\0';
    if (file)
        (void)fclose(file);
    return text;
}

static size_t count(const char *part)
{
    size_t n = 0;

    for (const char *at = strstr(content(), part); at; at = strstr(at + 1, part))
        n++;
    return n;
}

static void put_session(void)
{
    struct session s;
    struct err why;

    sample_full(&s);
    ok(alert_output_session(&output, &s, &why) == 0, "a session is taken");
    session_release(&s);
}

static void put_session_end(void)
{
    struct session_end end = {.close_how = CLOSE_NONE};
    struct err why;

    ok(alert_output_session_end(&output, &end, &why) == 0, "its end is taken");
}

static void put_finding(int severity)
{
    struct finding f;
    struct err why;

    sample_finding(&f);
    f.severity = severity;
    ok(alert_output_finding(&output, &f, &why) == 0, "a finding is taken");
}

static void closes(void)
{
    struct err why;

    ok(alert_output_fini(&output, &why) == 0, "the output closes");
}

static void test_order(void)
{
    struct alert_options options = ecs_options();
    const char *session, *alert, *end;

    opens(&options);
    put_session();
    is_int(strlen(content()), 0, "a session waits in the buffer");
    put_finding(73);
    ok(count("pinsight.session\"") == 1 && count("pinsight.alert\"") == 1,
       "an alert is written at once, with what stands before it");
    put_session_end();
    closes();
    session = strstr(content(), "pinsight.session\"");
    alert = strstr(text, "pinsight.alert\"");
    end = strstr(text, "pinsight.session_end\"");
    ok(session && alert && end && session < alert && alert < end, "nothing changes places");
    is_int(output.stats.bytes, strlen(text), "bytes are counted");
    ok(output.stats.sessions == 1 && output.stats.alerts == 1 &&
           output.stats.session_ends == 1,
       "and so are events");
}

static void test_which_sessions(void)
{
    struct alert_options options = ecs_options();

    options.sessions = ALERT_SESSIONS_YES;
    opens(&options);
    put_session();
    put_session_end();
    closes();
    ok(count("pinsight.session\"") == 1 && count("pinsight.session_end\"") == 0,
       "without the totals, sessions alone are written");
    options.sessions = ALERT_SESSIONS_NO;
    opens(&options);
    put_session();
    put_session_end();
    closes();
    is_text(content(), "", "and none when they are not asked for");
    is_int(output.blind.sessions, 1, "but all are counted");
}

static void test_informational(void)
{
    struct alert_options options = ecs_options();

    opens(&options);
    put_finding(1);
    closes();
    is_text(content(), "", "an informational finding is withheld");
    is_int(output.stats.informational, 1, "and counted");
    options.informational = true;
    opens(&options);
    put_finding(1);
    closes();
    is_int(count("\"severity\":1,"), 1, "unless it is asked for");
}

static void test_text(void)
{
    struct alert_options options = ecs_options();
    struct stats_report report = {.time_ns = 1};
    struct err why;

    options.format = ALERT_FORMAT_TEXT;
    opens(&options);
    put_session();
    put_finding(73);
    put_finding(21);
    ok(alert_output_stats(&output, &report, &why) == 0, "stats are taken");
    closes();
    ok(strncmp(content(), "HIGH  Pinning suspected", 23) == 0 &&
           count("\n\nLOW  Pinning suspected") == 1 && count("{") == 0,
       "the format for persons has alerts alone");
    is_int(output.stats.alerts, 2, "which are counted");
}

static void test_stats(void)
{
    static const struct stats_row rows[] = {
        {"capture", "packets", 7, false},
        {"capture", "dropped", 0, false},
        {"decode", "malformed", UINT64_MAX, false},
    };
    static const struct stats_source sources[] = {
        {.name = "eth0",
         .up = true,
         .received = 9,
         .dropped = 2,
         .frames = 7,
         .bytes = 700},
    };
    struct stats_report report = {.time_ns = UINT64_C(1795232898537000000),
                                  .rows = rows,
                                  .row_count = 3,
                                  .sources = sources,
                                  .source_count = 1};
    struct alert_options options = ecs_options();
    struct err why;

    options.sessions = ALERT_SESSIONS_NO;
    opens(&options);
    put_session();
    ok(alert_output_stats(&output, &report, &why) == 0, "stats are taken");
    closes();
    is_text(content(),
            "{\"@timestamp\":\"2026-11-21T03:48:18.537000Z\","
            "\"ecs\":{\"version\":\"8.11.0\"},\"event\":{\"kind\":\"metric\","
            "\"dataset\":\"pinsight.stats\",\"module\":\"pinsight\","
            "\"id\":\"d8367b34-c1aa-565b-877a-5f10d620bb43\",\"category\":[\"network\"],"
            "\"type\":[\"info\"],\"sequence\":1},\"observer\":{\"type\":\"ids\","
            "\"vendor\":\"pinsight\",\"product\":\"pinsight\",\"name\":\"sensor-a\","
            "\"version\":\"1.0.0\"},\"pinsight\":{\"stats\":{\"capture\":{\"packets\":7,"
            "\"dropped\":0},\"decode\":{\"malformed\":18446744073709551615}},"
            "\"sources\":[{\"name\":\"eth0\",\"up\":true,\"received\":9,\"dropped\":2,"
            "\"ring_freezes\":0,\"frames\":7,\"bytes\":700,\"cut\":0,"
            "\"oversize\":0,\"early\":0,\"outages\":0}],"
            "\"blind_spots\":{\"sessions\":1,\"one_direction\":1,\"without_verdict\":0,"
            "\"share\":0.0000,"
            "\"reasons\":{\"one_sided\":0,\"gaps\":0,\"midstream\":0,\"truncated\":0,"
            "\"ech\":0,\"resumed\":0,\"inspection_unknown\":0,\"other\":0}}}}\n",
            "every stage has an object, and the blind spots theirs");
}

static void test_blind_spots(void)
{
    struct blind_spots b = {0};
    struct session s;

    sample_full(&s);
    blind_spots_count(&b, &s);
    ok(b.sessions == 1 && b.without_verdict == 0 && b.gaps == 0,
       "a session with a verdict is no blind spot, whatever the capture misses");
    s.outcome = OUTCOME_UNKNOWN;
    blind_spots_count(&b, &s);
    ok(b.without_verdict == 1 && b.one_sided == 1 && b.gaps == 1 && b.midstream == 1 &&
           b.truncated == 1 && b.ech == 1 && b.resumed == 0 && b.inspection_unknown == 0,
       "one without has all its reasons");
    sample_bare(&s);
    s.outcome = OUTCOME_ACCEPTED;
    s.version = 0x0304;
    blind_spots_count(&b, &s);
    is_int(b.inspection_unknown, 1, "unknown inspection under TLS 1.3 is one");
    s.version = 0x0303;
    is_int(b.other, 0, "which is a reason");
    blind_spots_count(&b, &s);
    is_int(b.other, 1, "a session without any counts as such");
    session_release(&s);
}

static void test_reopen(void)
{
    struct alert_options options = ecs_options();
    char renamed[SCRATCH_PATH_MAX + 2];
    struct err why;

    opens(&options);
    put_session();
    (void)snprintf(renamed, sizeof(renamed), "%s.1", path);
    ok(rename(path, renamed) == 0, "the file is renamed");
    ok(alert_output_reopen(&output, &why) == 0, "the output is reopened");
    is_text(content(), "", "a new file stands there");
    put_session();
    closes();
    is_int(count("\n"), 1, "and takes what comes then");
    (void)unlink(renamed);
}

static void test_many_sessions(void)
{
    struct alert_options options = ecs_options();
    struct session s;
    struct err why;
    int failed = 0;

    opens(&options);
    sample_full(&s);
    for (int i = 0; i < 200; i++)
        failed += alert_output_session(&output, &s, &why) < 0;
    session_release(&s);
    ok(failed == 0 && strlen(content()) > 0, "sessions leave when the buffer fills");
    is_int(text[strlen(text) - 1], '\n', "in whole lines");
    ok(alert_output_flush(&output, &why) == 0, "a flush writes the others");
    is_int(count("\n"), 200, "and none is missing");
    closes();
}

static void test_failure(void)
{
    struct alert_options options = ecs_options();
    struct finding f;
    struct err why;

    if (access("/dev/full", W_OK) != 0) {
        skip("there is no /dev/full");
        return;
    }
    options.file.path = "/dev/full";
    opens(&options);
    put_session();
    sample_finding(&f);
    ok(alert_output_finding(&output, &f, &why) < 0,
       "an alert that cannot be written is told");
    is_text(why.text, "output /dev/full: No space left on device", "with the reason");
    ok(output.stats.alerts == 0 && output.stats.alerts_lost == 1 &&
           output.stats.lines_lost == 2 && output.stats.write_errors == 2,
       "and counted as lost with what stood before it");
    closes();
}

static void test_no_such_folder(void)
{
    struct alert_options options = ecs_options();
    struct err why;

    options.file.path = "/no/such/folder/events";
    ok(alert_output_init(&output, &options, &why) < 0, "an output that cannot be opened");
    is_text(
        why.text,
        "output /no/such/folder/events: folder /no/such/folder: No such file or directory",
        "is told with its name");
}

/* ---- several sinks */

static struct peer socket_peer, syslog_peer;

static void opens_all(struct alert_options *options)
{
    static char socket_path[SCRATCH_PATH_MAX], syslog_path[SCRATCH_PATH_MAX];
    struct sink_socket_options socket = {.address = socket_path,
                                         .unix_socket = true,
                                         .spool_path = scratch("spool"),
                                         .spool_bytes = 1 << 20};
    struct sink_syslog_options syslog = {.address = syslog_path,
                                         .transport = RECEIVER_UNIX,
                                         .facility = 16,
                                         .host = "h",
                                         .observer = &options->observer,
                                         .spool_path = scratch("spool"),
                                         .spool_bytes = 1 << 20};

    (void)snprintf(socket_path, sizeof(socket_path), "%s", scratch("socket"));
    (void)snprintf(syslog_path, sizeof(syslog_path), "%s", scratch("log"));
    options->socket = &socket;
    options->syslog = &syslog;
    opens(options);
}

/* Poll until the receivers have all; how often it took. */
static int settles(void)
{
    struct pollfd wants[ALERT_OUTPUT_WANTS_MAX];
    uint64_t now = 0;
    int i;

    for (i = 0; i < 100 && alert_output_pending(&output) > 0; i++) {
        alert_output_poll(&output, now += 20000000, true);
        (void)alert_output_wants(&output, wants);
        peer_read(&socket_peer, 1 << 20);
        peer_read(&syslog_peer, 100);
    }
    return i;
}

static void test_all_sinks(enum alert_format format)
{
    struct alert_options options = ecs_options();

    scratch_remove(scratch("spool"));
    peer_begin(&socket_peer, "socket", false);
    peer_begin(&syslog_peer, "log", true);
    options.format = format;
    opens_all(&options);
    put_session();
    put_finding(73);
    put_session_end();
    is_int(alert_output_pending(&output), 3,
           "alerts wait for two receivers, the session before them for one");
    ok(settles() < 100, "all receivers get theirs");
    closes();
    if (format == ALERT_FORMAT_ECS)
        is_text(socket_peer.text, content(), "the socket gets what the file gets");
    else
        ok(strncmp(content(), "HIGH", 4) == 0 && socket_peer.text[0] == '{',
           "the file has text for persons, the socket JSON");
    ok(strncmp(syslog_peer.text, "<131>1 ", 7) == 0 && strstr(syslog_peer.text, "}}\n"),
       "syslog gets the alert");
    ok(!strstr(syslog_peer.text, "pinsight.session"), "and no session");
    peer_end(&socket_peer);
    peer_end(&syslog_peer);
}

static void test_no_file(void)
{
    struct alert_options options = ecs_options();
    char before[8] = "before\n";
    FILE *file = fopen(path, "w");

    scratch_remove(scratch("spool"));
    if (file) {
        (void)fputs(before, file);
        (void)fclose(file);
    }
    peer_begin(&socket_peer, "socket", false);
    peer_begin(&syslog_peer, "log", true);
    options.file.path = NULL;
    opens_all(&options);
    put_finding(73);
    is_int(output.stats.alerts, 1, "an alert without a file is one");
    ok(settles() < 100 && socket_peer.len > 0, "the receivers get it");
    closes();
    is_text(content(), before, "and no file is touched");
    peer_end(&socket_peer);
    peer_end(&syslog_peer);
}

static void test_no_receiver(void)
{
    struct alert_options options = ecs_options();
    struct sink_socket_options socket = {
        .address = "/x", .unix_socket = true, .spool_path = "/no/such/folder"};
    struct err why;

    options.socket = &socket;
    ok(alert_output_init(&output, &options, &why) < 0, "a spool that cannot be is told");
    is_text(why.text, "spool /no/such/folder: No such file or directory", "by name");
}

/* ---- time */

static void test_rotation(void)
{
    struct alert_options options = ecs_options();
    struct session s;
    struct finding f;
    struct err why;
    int failed = 0;

    options.file.rotate_ns = UINT64_C(3600000000000);
    opens(&options);
    sample_full(&s);
    failed += alert_output_session(&output, &s, &why) < 0;
    s.decided_ns += options.file.rotate_ns;
    failed += alert_output_session(&output, &s, &why) < 0;
    sample_finding(&f);
    f.time_ns = s.decided_ns + 2 * options.file.rotate_ns;
    failed += alert_output_finding(&output, &f, &why) < 0;
    is_int(failed, 0, "events of three hours");
    is_int(output.file.stats.rotations, 2, "go into three files");
    ok(count("\n") == 1 && count("pinsight.alert\"") == 1, "each into that of its hour");
    session_release(&s);
    closes();
}

static void test_flush_in_time(void)
{
    struct alert_options options = ecs_options();

    options.flush_ns = 1000;
    opens(&options);
    alert_output_poll(&output, 5000, false);
    put_session();
    alert_output_poll(&output, 5999, false);
    is_text(content(), "", "a session waits");
    alert_output_poll(&output, 6000, false);
    is_int(count("\n"), 1, "as long as it may");
    closes();
}

static void test_patience(void)
{
    struct alert_options options = ecs_options();

    if (access("/dev/full", W_OK) != 0) {
        skip("there is no /dev/full");
        return;
    }
    options.file.path = "/dev/full";
    options.file.patient = true;
    opens(&options);
    put_session();
    put_finding(73);
    ok(output.stats.lines_lost == 1 && output.stats.alerts_lost == 0 &&
           output.stats.alerts == 1 && output.file.held_len > 0,
       "a patient output goes on, and keeps the alert");
    put_session();
    alert_output_poll(&output, 2000000000, false);
    is_int(output.stats.lines_lost, 2, "sessions are lost and counted");
    closes();
}

int main(void)
{
    scratch_begin();
    (void)snprintf(path, sizeof(path), "%s", scratch("events"));
    log_set_level(LOG_LEVEL_ERROR);
    test_order();
    test_which_sessions();
    test_informational();
    test_text();
    test_stats();
    test_blind_spots();
    test_reopen();
    test_many_sessions();
    test_failure();
    test_no_such_folder();
    test_all_sinks(ALERT_FORMAT_ECS);
    test_all_sinks(ALERT_FORMAT_TEXT);
    test_no_file();
    test_no_receiver();
    test_rotation();
    test_flush_in_time();
    test_patience();
    return done_testing();
}
