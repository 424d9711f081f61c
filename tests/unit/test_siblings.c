#include "detect/siblings.h"

#include "detect_sample.h"

static struct lab lab; /* for making sessions only */
static struct tuning tuning;
static struct siblings siblings;

static struct session shape(double start_s, double decided_s, enum outcome outcome)
{
    struct session s = lab_session(&lab, "10.0.0.1", "app", "a.example", start_s);

    s.decided_ns = lab_ns(decided_s);
    s.outcome = outcome;
    s.outcome_raw = outcome;
    s.established = outcome == OUTCOME_ACCEPTED || outcome == OUTCOME_RESUMED;
    return s;
}

static void begin(void)
{
    struct err why;

    siblings_fini(&siblings);
    if (siblings_init(&siblings, &why) < 0)
        abort();
}

/* The outcome of `s` beside `other`. */
static enum outcome beside(struct session s, struct session other)
{
    begin();
    siblings_note(&siblings, &s);
    siblings_note(&siblings, &other);
    siblings_judge(&siblings, &tuning, &s);
    return s.outcome;
}

static void test_superseded(void)
{
    struct session lost = shape(0, 0.2, OUTCOME_REJECTED_CLOSE);
    struct session won = shape(0.05, 0.25, OUTCOME_ACCEPTED);
    struct session other = won;

    is_int(beside(lost, won), OUTCOME_SUPERSEDED,
           "a sibling that won explains a bare close");
    lost.outcome = OUTCOME_REJECTED_AFTER_HANDSHAKE;
    is_int(beside(lost, won), OUTCOME_SUPERSEDED, "and a close after the handshake");
    lost.outcome = OUTCOME_ABORTED_EARLY;
    is_int(beside(lost, won), OUTCOME_SUPERSEDED, "and one before the certificate");
    lost.outcome = OUTCOME_REJECTED_ALERT;
    is_int(beside(lost, won), OUTCOME_REJECTED_ALERT, "never an alert (S1)");
    lost.outcome = OUTCOME_REJECTED_ENCRYPTED_ALERT;
    is_int(beside(lost, won), OUTCOME_REJECTED_ENCRYPTED_ALERT,
           "nor an encrypted one (S2)");
    lost.outcome = OUTCOME_REJECTED_CLOSE;
    other.outcome_raw = OUTCOME_RESUMED;
    is_int(beside(lost, other), OUTCOME_SUPERSEDED, "a resumed sibling with data will do");
    other.established = false;
    is_int(beside(lost, other), OUTCOME_REJECTED_CLOSE, "one without will not");
}

static void test_whose_sibling(void)
{
    struct session lost = shape(0, 0.2, OUTCOME_REJECTED_CLOSE);
    struct session won = shape(0.05, 0.25, OUTCOME_ACCEPTED);
    struct session other = won;

    SAMPLE_TEXT(other.server_name, "b.example");
    is_int(beside(lost, other), OUTCOME_REJECTED_CLOSE, "another name is no sibling");
    other = won;
    SAMPLE_TEXT(other.app_key, "else");
    is_int(beside(lost, other), OUTCOME_REJECTED_CLOSE, "nor is another program");
    other = won;
    other.client = sample_address("10.0.0.2");
    is_int(beside(lost, other), OUTCOME_REJECTED_CLOSE, "nor another device");
    other = shape(0.3, 0.4, OUTCOME_ACCEPTED);
    is_int(beside(lost, other), OUTCOME_REJECTED_CLOSE,
           "nor one that began after it ended");
    other = shape(0.1, 2.3, OUTCOME_ACCEPTED);
    is_int(beside(lost, other), OUTCOME_REJECTED_CLOSE,
           "nor one that was decided more than two seconds later");
    other = shape(0.1, 2.1, OUTCOME_ACCEPTED);
    is_int(beside(lost, other), OUTCOME_SUPERSEDED, "within two seconds it is");
}

static void test_ech_retry(void)
{
    struct session first = shape(0, 0.2, OUTCOME_REJECTED_AFTER_HANDSHAKE);
    struct session retry = shape(0.25, 0.5, OUTCOME_ACCEPTED);

    first.ech = true;
    retry.ech = true;
    is_int(beside(first, retry), OUTCOME_ECH_RETRY,
           "an encrypted hello that is tried again at once and works was refused itself");
    retry.outcome_raw = OUTCOME_REJECTED_AFTER_HANDSHAKE;
    is_int(beside(first, retry), OUTCOME_REJECTED_AFTER_HANDSHAKE,
           "where it fails again nothing is said");
    retry.ech = false;
    is_int(beside(first, retry), OUTCOME_ECH_RETRY, "a retry without one is one");
    retry.start_ns = lab_ns(2.3);
    is_int(beside(first, retry), OUTCOME_REJECTED_AFTER_HANDSHAKE, "not after two seconds");
    retry.start_ns = lab_ns(0.25);
    first.outcome = OUTCOME_REJECTED_CLOSE;
    is_int(beside(first, retry), OUTCOME_REJECTED_CLOSE,
           "not for a close in the handshake");
    first.outcome = OUTCOME_REJECTED_AFTER_HANDSHAKE;
    first.ech = false;
    is_int(beside(first, retry), OUTCOME_REJECTED_AFTER_HANDSHAKE,
           "not without such a hello");
}

static void test_raw_outcome(void)
{
    struct session lost = shape(0, 0.2, OUTCOME_REJECTED_CLOSE);
    struct session won = shape(0.05, 0.25, OUTCOME_ACCEPTED);

    begin();
    siblings_note(&siblings, &lost);
    siblings_note(&siblings, &won);
    siblings_judge(&siblings, &tuning, &lost);
    is_int(lost.outcome_raw, OUTCOME_REJECTED_CLOSE,
           "what the wire showed stays beside it");
}

static void test_forgetting(void)
{
    struct session lost = shape(0, 0.2, OUTCOME_REJECTED_CLOSE);
    struct session won = shape(0.05, 0.25, OUTCOME_ACCEPTED);

    begin();
    siblings_note(&siblings, &won);
    for (uint32_t i = 0; i < 40 * SIBLING_SETS * SIBLING_WAYS / 16; i++) {
        struct session other = won;
        char name[32];

        (void)snprintf(name, sizeof(name), "n%u.example", i);
        SAMPLE_TEXT(other.server_name, name);
        siblings_note(&siblings, &other);
    }
    siblings_judge(&siblings, &tuning, &lost);
    is_int(lost.outcome, OUTCOME_REJECTED_CLOSE,
           "the cache is bounded: old ones are forgotten");
}

int main(void)
{
    lab_open(&lab);
    tuning = lab.config.rules.tuning;
    test_superseded();
    test_whose_sibling();
    test_ech_retry();
    test_raw_outcome();
    test_forgetting();
    siblings_fini(&siblings);
    lab_close(&lab);
    return done_testing();
}
