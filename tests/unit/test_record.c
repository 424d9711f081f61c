#include "tap.h"

#include <stdio.h>
#include <stdlib.h>

#include "tls/record.h"

/* What the reader told, as words: "h22:5" "b2" "e" "a3" "lost-gap". */
struct heard {
    char text[512];
    uint8_t body[64];
    size_t body_len;
    uint8_t wants; /* the type whose bodies are wanted */
};

static void note(struct heard *h, const char *word, unsigned number)
{
    size_t len = strlen(h->text);

    (void)snprintf(h->text + len, sizeof(h->text) - len, "%s%s%u", len ? " " : "", word,
                   number);
}

static bool on_header(void *ctx, const struct record_header *header, uint64_t time_ns)
{
    struct heard *h = ctx;

    (void)time_ns;
    note(h, "h", header->type);
    note(h, "l", header->length);
    return header->type == h->wants;
}

static void on_body(void *ctx, struct span piece, uint64_t time_ns)
{
    struct heard *h = ctx;

    (void)time_ns;
    if (h->body_len + piece.len > sizeof(h->body))
        abort();
    memcpy(h->body + h->body_len, piece.data, piece.len);
    h->body_len += piece.len;
}

static void on_end(void *ctx, uint64_t time_ns)
{
    (void)time_ns;
    note(ctx, "e", (unsigned)((struct heard *)ctx)->body_len);
}

static void on_absent(void *ctx, uint32_t count)
{
    note(ctx, "a", count);
}

static void on_lost(void *ctx, enum record_lost why)
{
    note(ctx, why == RECORD_LOST_GAP ? "gap" : "format", 0);
}

static struct record_handler handler(struct heard *h)
{
    return (struct record_handler){h, on_header, on_body, on_end, on_absent, on_lost};
}

static struct heard read_whole(const char *digits, uint8_t wants, uint32_t absent)
{
    struct heard h = {.wants = wants};
    struct record_handler to = handler(&h);
    struct record_reader r = {0};

    record_push(&r, &to, hex(digits), absent, 1);
    return h;
}

static void wanted_bodies_are_handed_on(void)
{
    struct heard h = read_whole("16 0301 0002 aabb 17 0303 0003 010203 15 0303 0002 0230",
                                RECORD_ALERT, 0);

    is_text(h.text, "h22 l2 h23 l3 h21 l2 e2",
            "every header, and the end of what is wanted");
    is_span(span_of(h.body, h.body_len), hex("0230"), "the body of that alone");
}

static void an_empty_body_ends_at_once(void)
{
    struct heard h = read_whole("16 0303 0000 16 0303 0001 77", RECORD_HANDSHAKE, 0);

    is_text(h.text, "h22 l0 e0 h22 l1 e1", "an empty record has an end");
}

static void every_cut_tells_the_same(void)
{
    struct span whole = hex("16 0301 0004 aabbccdd 14 0303 0001 01 16 0303 0002 eeff");
    struct heard want = {.wants = RECORD_HANDSHAKE};
    struct record_handler to = handler(&want);
    struct record_reader r = {0};
    bool same = true;

    record_push(&r, &to, whole, 0, 1);
    for (size_t cut = 0; cut <= whole.len; cut++) {
        struct heard got = {.wants = RECORD_HANDSHAKE};
        struct span rest = whole;

        to = handler(&got);
        r = (struct record_reader){0};
        record_push(&r, &to, exact(span_first(whole, cut)), 0, 1);
        if (!span_skip(&rest, cut))
            abort();
        record_push(&r, &to, exact(rest), 0, 1);
        same =
            same && strcmp(got.text, want.text) == 0 &&
            span_equal(span_of(got.body, got.body_len), span_of(want.body, want.body_len));
    }
    ok(same, "two pieces, cut anywhere");
}

static void absent_bytes_are_fine_in_what_is_skipped(void)
{
    struct heard h = {.wants = RECORD_HANDSHAKE};
    struct record_handler to = handler(&h);
    struct record_reader r = {0};

    record_push(&r, &to, hex("17 0303 0010 aa"), 15, 1);
    record_push(&r, &to, hex("15 0303 0002 0100"), 0, 2);
    is_text(h.text, "h23 l16 h21 l2", "records behind it are found");
    ok(!r.lost, "nothing is lost");
}

static void absent_bytes_of_what_is_wanted_are_told(void)
{
    struct heard h = {.wants = RECORD_HANDSHAKE};
    struct record_handler to = handler(&h);
    struct record_reader r = {0};

    record_push(&r, &to, hex("16 0303 0004 aa"), 3, 1);
    record_push(&r, &to, hex("16 0303 0001 bb"), 0, 2);
    is_text(h.text, "h22 l4 a3 h22 l1 e2", "and the next record is read");
}

static void absent_headers_lose_the_stream(void)
{
    static const struct {
        const char *bytes, *why;
        uint32_t absent;
    } cases[] = {
        {"17 0303 0004 aabbccdd", "more is absent than the body held", 1},
        {"17 0303 0004 aa", "the absence reaches behind the body", 4},
        {"17 03", "within a header", 1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct heard h = read_whole(cases[i].bytes, RECORD_HANDSHAKE, cases[i].absent);

        ok(strstr(h.text, "gap0") != NULL, "lost by a gap: %s", cases[i].why);
    }
}

static void what_is_no_record_loses_the_stream(void)
{
    static const char *const bad[] = {
        "13 0303 0001 00", /* type below ChangeCipherSpec */
        "19 0303 0001 00", /* above heartbeat */
        "16 0203 0001 00", /* version 2 */
        "16 0303 4801 00", /* longer than any version allows */
        "48 54 54 50 2f",  /* text */
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        is_text(read_whole(bad[i], RECORD_HANDSHAKE, 0).text, "format0", "%s is no record",
                bad[i]);
    is_text(read_whole("16 7f12 0001 00", 0, 0).text, "h22 l1", "drafts have own versions");
    is_text(read_whole("17 0303 4800", 0, 0).text, "h23 l18432", "the largest record");
}

static void a_lost_stream_says_nothing_more(void)
{
    struct heard h = {.wants = RECORD_HANDSHAKE};
    struct record_handler to = handler(&h);
    struct record_reader r = {0};

    record_push(&r, &to, hex("00 0000 0000"), 0, 1);
    record_push(&r, &to, hex("16 0303 0001 00"), 7, 2);
    is_text(h.text, "format0", "once, and that is all");
}

int main(void)
{
    wanted_bodies_are_handed_on();
    an_empty_body_ends_at_once();
    every_cut_tells_the_same();
    absent_bytes_are_fine_in_what_is_skipped();
    absent_bytes_of_what_is_wanted_are_told();
    absent_headers_lose_the_stream();
    what_is_no_record_loses_the_stream();
    a_lost_stream_says_nothing_more();
    return done_testing();
}
