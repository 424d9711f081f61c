#include "alert/blind_text.h"

#include "tap.h"

static const char *page_with(struct blind_spots blind, uint64_t other_on_443)
{
    static char buffer[BLIND_TEXT_MAX];
    struct text page = text_in(buffer, sizeof(buffer));

    blind_text_write(&blind, other_on_443, &page);
    return page.cut ? "(cut)" : buffer;
}

static const char *page_of(struct blind_spots blind)
{
    return page_with(blind, 0);
}

static void test_other(void)
{
    const char *page = page_with((struct blind_spots){.sessions = 7}, 3);

    ok(strstr(page, "nothing is said of 3 connections on port 443 that speak neither "),
       "what is no session stands behind them");
    ok(strstr(page, "to change it: see `protocols`"), "with what to do");
    page = page_with((struct blind_spots){.sessions = 7}, 1);
    ok(strstr(page, "of 1 connection on port 443 that speaks neither "), "one is one");
}

static void test_nothing(void)
{
    is_text(page_of((struct blind_spots){.sessions = 0}),
            "blind spots: no TLS or QUIC session was seen\n", "no session, no share");
    is_text(page_of((struct blind_spots){.sessions = 7}),
            "blind spots: of 7 sessions, 7 could be judged (100.0 %)\n",
            "without a blind spot there is nothing to explain");
}

static void test_reasons(void)
{
    const char *page = page_of((struct blind_spots){
        .sessions = 1000, .without_verdict = 300, .gaps = 100, .inspection_unknown = 200});
    const char *unknown = strstr(page, "   20.0 %  200  TLS 1.3, and nothing tells");
    const char *gaps = strstr(page, "   10.0 %  100  packets are missing\n");

    ok(strstr(page, "of 1000 sessions, 700 could be judged (70.0 %)\n") == page + 13,
       "the share of those that could be judged comes first");
    ok(unknown && gaps && unknown < gaps, "the most frequent reason stands before others");
    ok(strstr(page, "to change it: name the inspection authority"), "with what to do");
    ok(!strstr(page, "ECH"), "reasons that nobody had are left out");
}

static void test_all(void)
{
    const char *page = page_of((struct blind_spots){
        UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
        UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX});
    size_t lines = 0;

    for (const char *at = strchr(page, '\n'); at; at = strchr(at + 1, '\n'))
        lines++;
    is_int(lines, 2 + 2 * BLIND_SPOTS_REASONS, "all reasons with all digits fit a page");
}

int main(void)
{
    test_nothing();
    test_reasons();
    test_other();
    test_all();
    return done_testing();
}
