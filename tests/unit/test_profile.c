#include "detect/profile.h"

#include "detect_sample.h"

static const char *domain(const char *name)
{
    static char out[64];
    struct span d = profile_registered_domain(span_of_text(name));

    (void)snprintf(out, sizeof(out), "%.*s", (int)d.len, (const char *)d.data);
    return out;
}

static void test_registered_domain(void)
{
    is_text(domain("www.example.com"), "example.com", "the last two labels");
    is_text(domain("a.b.c.example.com"), "example.com", "however deep the name");
    is_text(domain("example.com"), "example.com", "the domain itself");
    is_text(domain("localhost"), "localhost", "a single label");
    is_text(domain("www.example.co.uk"), "example.co.uk",
            "three where a public suffix has two");
    is_text(domain("example.co.uk"), "example.co.uk", "also of the domain itself");
    is_text(domain("www.example.de"), "example.de", "two below a country where none has");
    is_text(domain(""), "", "nothing of nothing");
    is_text(domain("."), ".", "a lone dot survives");
}

/* Sets count few names exactly and many about right, whatever they are thinned. */
static void test_sets(void)
{
    struct profile_set set = {0};

    is_int(profile_names(&set), 0, "no name");
    set.bits = 7;
    is_int(profile_names(&set), 3, "three names");
    set.bits = UINT64_C(0xffffffff);
    is_int(profile_names(&set), 44, "half of the bits stand for more names than bits");
    set.bits = UINT64_MAX;
    is_int(profile_names(&set), 266, "a full set is the most that it can tell");
}

static void test_thinning(void)
{
    struct profile_scope scope = {.count = 0};
    struct lab lab;
    uint32_t often, seldom;

    lab_open(&lab);
    for (uint32_t i = 0; i < 4000; i++) {
        struct session s = lab_session(&lab, "10.0.0.1", "app", "a.example", 0);

        s.tickets[0] = i % 16 == 0 ? 200 : 250;
        s.ticket_count = 1;
        (void)profile_learn(&scope, &s, i * 2654435761u >> 8, PROFILE_CERTIFICATE_NONE);
        session_release(&s);
    }
    often = profile_names(&scope.profiles[0].traits[ANSWER_TICKET].values[0].names);
    seldom = profile_names(&scope.profiles[0].traits[ANSWER_TICKET].values[1].names);
    if (often < seldom) {
        uint32_t t = often;

        often = seldom;
        seldom = t;
    }
    ok(often >= 3 * seldom, "a value of few names stays one of few");
    lab_close(&lab);
}

int main(void)
{
    test_registered_domain();
    test_sets();
    test_thinning();
    return done_testing();
}
