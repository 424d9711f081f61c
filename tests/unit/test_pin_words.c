#include "detect/pin_words.h"

#include "base/nanotime.h"
#include "tap.h"

#define NOW_S UINT64_C(1795232898)

static char out[FINDING_TEXT_MAX];

static void test_names(void)
{
    is_text(pin_part_name(PIN_LEAF), "leaf", "parts have names");
    is_text(pin_part_name(PIN_ROOT), "root", "all of them");
    ok(!pin_part_name((enum pin_part)3), "two at once have none");
    is_text(pin_basis_name(PIN_BASIS_OTHER_SESSIONS), "other_sessions", "so have bases");
    ok(!pin_basis_name(PIN_BASIS_NONE), "no basis has none");
}

static void test_breakage(void)
{
    struct finding_pin pin = {.changed = PIN_LEAF, .changed_ns = NOW_S * NS_PER_S};
    struct finding_counts counts = {.devices = 1, .refused = 1};

    pin_words_breakage(&pin, "x.example", &counts, out, sizeof(out));
    is_text(out,
            "1 device refuses the genuine certificate of x.example since the leaf "
            "certificate changed (2026-11-21 03:48:18 UTC): 1 refused session, none "
            "inspected.",
            "one device");
    counts = (struct finding_counts){.devices = 3, .refused = 9};
    pin.changed = 0;
    pin_words_breakage(&pin, "x.example", &counts, out, sizeof(out));
    is_text(out,
            "3 devices refuse the genuine certificate of x.example since what the server "
            "sends changed (2026-11-21 03:48:18 UTC): 9 refused sessions, none inspected.",
            "several, and nothing but the flight tells");
}

static void test_reason(void)
{
    struct finding_pin pin = {.basis = PIN_BASIS_CERTIFICATES,
                              .changed = PIN_ALL,
                              .survived = PIN_LEAF | PIN_LEAF_KEY,
                              .target = PIN_INTERMEDIATE | PIN_ROOT};

    pin_words_reason(&pin, out, sizeof(out));
    is_text(
        out,
        "Both certificates were seen, and the app accepted the one before. If a pin "
        "broke, it is one of the issuing authority or the root. It does not pin the leaf "
        "certificate or the leaf's key: it accepted such a change before. A client that "
        "does not know the new root refuses as well, pin or none.",
        "what can be pinned, what cannot, and what else can be the reason");
    pin = (struct finding_pin){.basis = PIN_BASIS_SERVER_FLIGHT};
    pin_words_reason(&pin, out, sizeof(out));
    ok(strstr(out, "cannot be told.") && !strstr(out, "If a pin"),
       "where nothing is seen nothing is claimed");
}

static const char *expiry(struct finding_pin *pin, int64_t in_days)
{
    struct text t = text_in(out, sizeof(out));

    pin->now.not_after_s = (int64_t)NOW_S + in_days * 86400 + 60;
    pin_words_expiry(pin, NOW_S * NS_PER_S, 30 * 86400, &t);
    return out;
}

static void test_expiry(void)
{
    struct finding_pin pin = {.has_now = true};

    is_text(expiry(&pin, 31), "", "a month is time enough");
    is_text(expiry(&pin, 9),
            " The destination's own certificate expires on 2026-11-30, in 9 days: whoever "
            "pins it has to follow.",
            "nine days are told");
    is_text(expiry(&pin, -2), " The destination's own certificate expired on 2026-11-19.",
            "so is the past");
    pin.has_now = false;
    is_text(expiry(&pin, 9), "", "without a certificate nothing expires");
}

int main(void)
{
    test_names();
    test_breakage();
    test_reason();
    test_expiry();
    return done_testing();
}
