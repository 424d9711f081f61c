#include "alert/alert_text.h"

#include "finding_sample.h"

static const char *written(const struct finding *f, bool colour)
{
    static char buffer[ALERT_TEXT_MAX];
    struct text text = text_in(buffer, sizeof(buffer));

    alert_text_write(f, colour, &text);
    ok(!text.cut, "the block fits");
    return buffer;
}

/* Columns of the widest line; bytes inside a character take none. */
static size_t width(const char *text)
{
    size_t widest = 0, column = 0;

    for (; *text; text++) {
        column = *text == '\n' ? 0 : column + (((unsigned char)*text & 0xc0) != 0x80);
        widest = column > widest ? column : widest;
    }
    return widest;
}

static void test_detection(void)
{
    struct finding f;

    sample_finding(&f);
    is_text(written(&f, false),
            "HIGH  Pinning suspected  10.1.2.3 -> api.example.com  (confidence 92%, risk "
            "65 of 100)\n"
            "  Alert        pinning_suspected, updated, revision 2, id "
            "22222222-2222-2222-2222-222222222222\n"
            "  Device       10.1.2.3, 00-00-5E-00-53-23, ios (contacts Apple's push "
            "service), may stand for\n"
            "               several devices, app fingerprint 0123456789abcdef (shared by "
            "many apps)\n"
            "  Destination  api.example.com, 203.0.113.9 port 443\n"
            "  When         2026-11-21 03:45:01 to 2026-11-21 03:48:10 UTC\n"
            "  What         An app on 10.1.2.3 refuses inspection at api.example.com while "
            "it accepts it\n"
            "               elsewhere: it most likely pins its own certificate.\n"
            "  Why          4 refusals in 3 episodes within 15 minutes, 12 inspected "
            "sessions accepted to 5\n"
            "               other destinations.\n"
            "  Sessions     03:45:01.000  certificate alert in the clear (S1), inspected "
            "(certificate), +22.0 dB\n"
            "               03:45:01.050  closed right after the handshake (S4), probably "
            "inspected\n"
            "                             (learned-profile), same episode\n"
            "               03:48:10.000  accepted and used, not inspected\n"
            "  Compared     the device completed 12 inspected sessions to 5 other "
            "destinations, +10.0 dB\n"
            "               the device accepted inspection of other destinations [app pins "
            "95%, app distrusts\n"
            "               95%, device lacks it 2%, site at fault 95%]\n"
            "  Causes       the app pins 93%, the app does not trust the authority 4%, the "
            "device lacks the\n"
            "               authority 2%, the site or the box is at fault 1%\n"
            "  Risk         rare_destination +15, allowed_parent -60\n"
            "  Clauses      met: handshakes fail when inspected (AN1726.NSM:Inspection)\n"
            "               no data: a managed app runs in the background "
            "(AN1726.MobileEDR:telemetry)\n"
            "  Rule         AN1726, Detection of SSL Pinning on iOS (MITRE ATT&CK "
            "T1521.003)\n"
            "  Next         Learn from device management which app it is. If it may pin, "
            "list it in\n"
            "               AllowedAppList or AllowedDestinationList; if nobody knows it, "
            "examine the app.\n"
            "\n",
            "a detection is told from headline to advice");
}

static void test_notice(void)
{
    struct address devices[12];
    struct finding f;

    for (size_t i = 0; i < 12; i++) {
        devices[i] = sample_address("192.0.2.0");
        devices[i].bytes[15] = (uint8_t)(i + 1);
    }
    sample_notice(&f, devices, 12);
    is_text(written(&f, false),
            "LOW  Client certificate required  12 devices -> bank.example\n"
            "  Alert        mtls_required, open, revision 1, id "
            "00000000-0000-0000-0000-000000000000\n"
            "  Devices      192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4, 192.0.2.5, "
            "192.0.2.6, 192.0.2.7,\n"
            "               192.0.2.8 and 4 more\n"
            "  Destination  bank.example\n"
            "  When         2026-11-21 03:45:01 to 2026-11-21 03:48:10 UTC\n"
            "  What         bank.example asks for a client certificate.\n"
            "  Rule         PINSIGHT-MTLS-REQUIRED, Destination requires client "
            "certificates\n"
            "  Next         Exempt the destination from inspection: a client certificate "
            "cannot pass through it.\n"
            "\n",
            "a notice names some of its devices and counts the others");
}

static void test_over(void)
{
    struct finding f;

    sample_finding(&f);
    f.state = FINDING_CLOSED;
    f.confidence = 0;
    f.has_hypotheses = false;
    f.platform = NULL;
    f.analytic = "AN1725";
    SAMPLE_TEXT(f.destination, "203.0.113.9");
    ok(strstr(written(&f, false),
              "HIGH  Pinning suspected  10.1.2.3 -> 203.0.113.9  (closed)\n"),
       "what is over has no confidence");
    ok(!strstr(written(&f, false), "  Next "), "and needs nothing");
    ok(!strstr(written(&f, false), "app pins"),
       "where no causes are weighed, what was compared has no shares of them");
    ok(strstr(written(&f, false), "  Destination  (no name), 203.0.113.9 port 443\n"),
       "an address in the place of a name is told once");
    ok(strstr(written(&f, false), "; the platform\n               is not known"),
       "an analytic by default says so");
    f.state = FINDING_RETRACTED;
    ok(strstr(written(&f, false), "(withdrawn)"), "what was wrong is withdrawn");
}

static void test_several_days(void)
{
    struct finding f;

    sample_finding(&f);
    f.start_ns -= UINT64_C(86400000000000);
    ok(strstr(written(&f, false), "  Sessions     2026-11-21 03:45:01.000  ") != NULL,
       "sessions of several days have the day");
}

static void test_colour(void)
{
    struct finding f;

    sample_finding(&f);
    ok(strncmp(written(&f, true), "\033[1;31mHIGH  Pinning suspected\033[0m  10", 38) == 0,
       "on a terminal the severity stands out");
    ok(!strchr(written(&f, false), '\033'), "and elsewhere there is no code");
}

static void test_long_words(void)
{
    struct finding f;

    sample_finding(&f);
    memset(f.destination, 'd', sizeof(f.destination) - 1);
    memset(f.message, 'm', sizeof(f.message) - 1);
    for (size_t i = 0; i + 3 < sizeof(f.reason); i += 3)
        memcpy(f.reason + i, "\342\202\254", 4);
    ok(width(written(&f, false)) <= ALERT_TEXT_COLUMNS, "words longer than a line are cut");
}

static void test_marks(void)
{
    struct finding f;

    sample_finding(&f);
    SAMPLE_TEXT(f.destination, "a\342\200\256b\342\201\246c\357\273\277d\342\202\254");
    ok(strstr(written(&f, false), "Destination  a\\u202Eb\\u2066c\\uFEFFd\342\202\254,") !=
           NULL,
       "marks that change how text is shown become visible");
    SAMPLE_TEXT(f.destination, "a\033[31mb\nc\177");
    ok(strstr(written(&f, false), "Destination  a\\x1b[31mb\\x0ac\\x7f,") != NULL,
       "and so do control characters");
}

/* The most that a finding can hold. */
static void test_largest(void)
{
    static struct finding_evidence evidence[FINDING_EVIDENCE_MAX];
    static struct finding_control controls[FINDING_CONTROLS_MAX];
    struct finding f;

    sample_finding(&f);
    for (size_t i = 0; i < FINDING_EVIDENCE_MAX; i++)
        evidence[i] = sample_evidence[1];
    for (size_t i = 0; i < FINDING_CONTROLS_MAX; i++) {
        controls[i] = sample_controls[1];
        memset(controls[i].fact, 'f', sizeof(controls[i].fact) - 1);
    }
    f.evidence = evidence;
    f.evidence_count = FINDING_EVIDENCE_MAX;
    f.controls = controls;
    f.control_count = FINDING_CONTROLS_MAX;
    memset(f.destination, 'd', sizeof(f.destination) - 1);
    memset(f.message, 'm', sizeof(f.message) - 1);
    memset(f.reason, 'r', sizeof(f.reason) - 1);
    ok(width(written(&f, false)) <= ALERT_TEXT_COLUMNS,
       "the largest block keeps its width");
}

static void test_every_type(void)
{
    struct finding f;

    sample_finding(&f);
    f.analytic = NULL;
    for (int type = 0; type < FINDING_TYPE_COUNT; type++) {
        f.type = (enum finding_type)type;
        ok(strstr(written(&f, false), "\n  Next         ") != NULL, "%s has advice",
           finding_type_name(f.type));
    }
}

int main(void)
{
    test_detection();
    test_notice();
    test_over();
    test_several_days();
    test_colour();
    test_long_words();
    test_marks();
    test_largest();
    test_every_type();
    return done_testing();
}
