#include "tap.h"

#include <stdio.h>
#include <stdlib.h>

#include "flow/stream.h"

/* Two directions; what is handed on becomes text: bytes as they are, "(3)" for bytes that the snap
 * length cut, "<3>" for bytes that were lost. */
struct conversation {
    struct stream streams[2];
    struct stream_budget budget;
    struct stream_stats stats;
    char text[2][512];
    uint64_t last_ns[2];
    uint32_t chunks[2];
};

struct listener {
    struct conversation *conversation;
    int side;
};

static void on_chunk(void *ctx, const struct chunk *chunk)
{
    const struct listener *l = ctx;
    struct conversation *c = l->conversation;
    size_t len = strlen(c->text[l->side]);
    char *end = c->text[l->side] + len;

    (void)snprintf(end, sizeof(c->text[0]) - len, "%.*s", (int)chunk->bytes.len,
                   chunk->bytes.len ? (const char *)chunk->bytes.data : "");
    len = strlen(c->text[l->side]);
    end = c->text[l->side] + len;
    if (chunk->absent)
        (void)snprintf(end, sizeof(c->text[0]) - len, chunk->gap ? "<%u>" : "(%u)",
                       chunk->absent);
    c->last_ns[l->side] = chunk->time_ns;
    c->chunks[l->side]++;
}

static struct stream_context context_of(struct conversation *c, struct listener *l,
                                        int side)
{
    *l = (struct listener){c, side};
    return (struct stream_context){.other = &c->streams[!side],
                                   .budget = &c->budget,
                                   .stats = &c->stats,
                                   .deliver = on_chunk,
                                   .ctx = l};
}

/* A conversation whose sides start with sequence number 100. */
static void begin(struct conversation *c)
{
    *c = (struct conversation){.budget = {.most_bytes = 1u << 20}};
    stream_start(&c->streams[0], 100);
    stream_start(&c->streams[1], 100);
}

static void end(struct conversation *c)
{
    stream_clear(&c->streams[0], &c->budget);
    stream_clear(&c->streams[1], &c->budget);
    is_int(c->budget.bytes, 0, "all memory is given back");
}

static void push_segment(struct conversation *c, int side, struct segment segment)
{
    struct listener l;
    struct stream_context context = context_of(c, &l, side);

    stream_push(&c->streams[side], &context, &segment);
}

static void push(struct conversation *c, int side, uint32_t sequence, const char *bytes)
{
    struct span payload = exact(span_of_text(bytes));

    push_segment(c, side,
                 (struct segment){.sequence = sequence,
                                  .payload = payload,
                                  .len = (uint32_t)payload.len,
                                  .time_ns = sequence});
}

/* A segment that acknowledges bytes of the other side. */
static void push_after(struct conversation *c, int side, uint32_t sequence,
                       const char *bytes, uint32_t acknowledges)
{
    struct span payload = exact(span_of_text(bytes));

    push_segment(c, side,
                 (struct segment){.sequence = sequence,
                                  .payload = payload,
                                  .len = (uint32_t)payload.len,
                                  .acknowledges = acknowledges,
                                  .has_ack = true,
                                  .time_ns = sequence});
}

static bool release(struct conversation *c, int side)
{
    struct listener l;
    struct stream_context context = context_of(c, &l, side);

    return stream_release(&c->streams[side], &context);
}

static void skip_hole(struct conversation *c, int side, uint64_t now_ns)
{
    struct listener l;
    struct stream_context context = context_of(c, &l, side);

    stream_skip_hole(&c->streams[side], &context, now_ns);
}

static void bytes_in_order_are_handed_on_at_once(void)
{
    struct conversation c;

    begin(&c);
    push(&c, 0, 100, "abc");
    is_text(c.text[0], "abc", "bytes in order are handed on at once");
    push(&c, 0, 103, "def");
    is_text(c.text[0], "abcdef", "with those that follow");
    is_int(c.stats.out_of_order, 0, "none waited");
    end(&c);
}

static void without_a_syn_the_beginning_is_waited_for(void)
{
    struct conversation c = {.budget = {.most_bytes = 1000}};
    struct stream *s = &c.streams[0];

    ok(!stream_may_begin(s, 776) && !stream_has_hole(s),
       "a stream without bytes waits for nothing");
    push(&c, 0, 777, "abc");
    push(&c, 0, 774, "xyz");
    is_text(c.text[0], "", "bytes without a SYN wait for one");
    ok(stream_has_hole(s), "and are known to wait");
    ok(stream_may_begin(s, 774) && stream_may_begin(s, 770),
       "the stream may begin where the first segment does, or before it");
    ok(!stream_may_begin(s, 775), "but not behind its beginning");
    ok(!stream_may_begin(s, 773u - STREAM_BEGINNING_MAX), "nor far before it");
    ok(stream_reached(&c.streams[1], 12345),
       "a side of which there is nothing is waited for by none");
    skip_hole(&c, 0, 5);
    is_text(c.text[0], "xyzabc", "given up, the first segment is the beginning");
    is_int(c.stats.gaps, 0, "which is no gap");
    push(&c, 0, 770, "late");
    is_text(c.text[0], "xyzabc", "what stood before it is not handed on");
    ok(!stream_may_begin(s, 770), "a stream begins once");
    end(&c);
}

static void later_bytes_wait_for_earlier_ones(void)
{
    struct conversation c;

    begin(&c);
    push(&c, 0, 106, "ghi");
    push(&c, 0, 103, "def");
    is_text(c.text[0], "", "later bytes wait");
    ok(stream_has_hole(&c.streams[0]), "while something is missing before them");
    push(&c, 0, 100, "abc");
    is_text(c.text[0], "abcdefghi", "for the earlier ones");
    ok(!stream_has_hole(&c.streams[0]), "then nothing is missing");
    is_int(c.stats.out_of_order, 2, "two waited");
    end(&c);
}

static void duplicates_are_handed_on_once(void)
{
    struct conversation c;

    begin(&c);
    push(&c, 0, 100, "abc");
    push(&c, 0, 100, "abc");
    push(&c, 0, 103, "def");
    push(&c, 0, 101, "bcdef");
    is_text(c.text[0], "abcdef", "each byte is handed on once");
    is_int(c.stats.duplicate_bytes, 8, "copies are counted");
    push(&c, 0, 109, "jkl");
    push(&c, 0, 109, "jkl");
    push(&c, 0, 106, "ghi");
    is_text(c.text[0], "abcdefghijkl", "also those that waited twice");
    end(&c);
}

static void what_was_handed_on_stands(void)
{
    struct conversation c;

    begin(&c);
    push(&c, 0, 100, "abc");
    push(&c, 0, 101, "XYZW");
    is_text(c.text[0], "abcZW", "of an overlap the first copy stands, the rest is new");
    end(&c);
}

static void of_waiting_copies_the_one_that_begins_first_wins(void)
{
    struct conversation c;

    begin(&c);
    push(&c, 0, 104, "EFGH");
    push(&c, 0, 102, "cdefg");
    push(&c, 0, 100, "ab");
    is_text(c.text[0], "abcdefgH", "the copy that begins first wins");
    end(&c);
    begin(&c);
    push(&c, 0, 102, "CD");
    push(&c, 0, 102, "cdef");
    push(&c, 0, 100, "ab");
    is_text(c.text[0], "abCDef", "of two that begin together the first to come");
    end(&c);
}

static void bytes_that_were_cut_are_told(void)
{
    struct conversation c;

    begin(&c);
    push_segment(&c, 0,
                 (struct segment){.sequence = 100, .payload = hex("6162"), .len = 10});
    push(&c, 0, 110, "kl");
    is_text(c.text[0], "ab(8)kl", "bytes that the snap length cut are told as absent");
    push_segment(&c, 0, (struct segment){.sequence = 108, .payload = hex("58"), .len = 10});
    is_text(c.text[0], "ab(8)kl(6)", "also behind bytes that were known");
    is_int(c.stats.gaps, 0, "they are no gap");
    end(&c);
}

static void a_hole_is_given_up_when_told_to(void)
{
    struct conversation c;

    begin(&c);
    push(&c, 0, 100, "abc");
    push(&c, 0, 107, "hij");
    push(&c, 0, 112, "mno");
    skip_hole(&c, 0, 5000);
    is_text(c.text[0], "abc<4>hij", "the first hole is handed on as a gap");
    is_int(c.last_ns[0], 107, "what stood behind it keeps the time at which it came");
    ok(stream_has_hole(&c.streams[0]), "the second is still there");
    skip_hole(&c, 0, 6000);
    is_text(c.text[0], "abc<4>hij<2>mno", "then the second");
    is_int(c.stats.gaps, 2, "two gaps");
    is_int(c.stats.gap_bytes, 6, "of six bytes");
    skip_hole(&c, 0, 7000);
    is_text(c.text[0], "abc<4>hij<2>mno", "without a hole nothing happens");
    push(&c, 0, 103, "defg");
    is_text(c.text[0], "abc<4>hij<2>mno", "what comes too late is a duplicate");
    end(&c);
}

static void an_acknowledgement_shows_a_hole(void)
{
    struct conversation c;

    begin(&c);
    push(&c, 0, 100, "abc");
    stream_acknowledge(&c.streams[0], 103);
    ok(!stream_has_hole(&c.streams[0]), "what was handed on may be acknowledged");
    stream_acknowledge(&c.streams[0], 110);
    ok(stream_has_hole(&c.streams[0]), "more beyond is a hole");
    ok(stream_hole_is_acknowledged(&c.streams[0]), "that the receiver does not have");
    stream_acknowledge(&c.streams[0], 105);
    ok(stream_hole_is_acknowledged(&c.streams[0]),
       "an older acknowledgement takes nothing back");
    skip_hole(&c, 0, 9);
    is_text(c.text[0], "abc<7>", "it ends where the acknowledgement says");
    end(&c);
}

static void one_more_acknowledged_is_a_fin_when_nothing_comes(void)
{
    struct conversation c;

    begin(&c);
    push(&c, 0, 100, "abc");
    stream_acknowledge(&c.streams[0], 104);
    ok(stream_lacks_one(&c.streams[0]) && stream_has_hole(&c.streams[0]),
       "one byte more that was acknowledged is missing");
    ok(!stream_reached(&c.streams[0], 104), "and waited for");
    skip_hole(&c, 0, 9);
    is_text(c.text[0], "abc", "given up it was a FIN");
    ok(!stream_has_hole(&c.streams[0]) && stream_reached(&c.streams[0], 104),
       "and nobody waits any more");
    push(&c, 0, 103, "d");
    is_text(c.text[0], "abcd", "if it comes late it is handed on all the same");
    ok(!stream_reached(&c.streams[0], 105), "and the next one is waited for again");
    end(&c);
    begin(&c);
    c.streams[0].fin_seen = true;
    c.streams[0].fin_sequence = 100;
    stream_acknowledge(&c.streams[0], 101);
    ok(!stream_has_hole(&c.streams[0]) && stream_reached(&c.streams[0], 101),
       "where the FIN is known nothing is missing");
    end(&c);
}

static void far_acknowledgements_say_nothing(void)
{
    struct conversation c;

    begin(&c);
    stream_acknowledge(&c.streams[0], 100 + STREAM_WINDOW_MAX + 1);
    ok(!stream_has_hole(&c.streams[0]),
       "an acknowledgement far ahead is of another stream");
    stream_acknowledge(&c.streams[0], 100u - 0x70000000u);
    ok(!c.streams[0].has_ack, "one far behind too");
    stream_acknowledge(&c.streams[0], 110);
    ok(stream_hole_is_acknowledged(&c.streams[0]), "and a good one counts after it");
    end(&c);
}

static void a_fin_ends_behind_its_bytes(void)
{
    struct conversation c;
    struct stream *s = &c.streams[0];

    begin(&c);
    s->fin_seen = true;
    s->fin_sequence = 106;
    ok(!stream_is_finished(s) && stream_has_hole(s),
       "a FIN ahead of its bytes shows a hole");
    push(&c, 0, 103, "def");
    ok(!stream_is_finished(s), "and waits");
    push(&c, 0, 100, "abc");
    ok(stream_is_finished(s) && !stream_has_hole(s), "until they have been handed on");
    end(&c);
    begin(&c);
    s->fin_seen = true;
    s->fin_sequence = 106;
    skip_hole(&c, 0, 1);
    is_text(c.text[0], "<6>", "the hole before a FIN is given up like any other");
    ok(stream_is_finished(s), "and the stream is finished");
    end(&c);
}

static void a_segment_waits_for_what_it_acknowledges(void)
{
    struct conversation c;

    begin(&c);
    push_after(&c, 1, 100, "answer", 105);
    is_text(c.text[1], "", "an answer waits for the question that it acknowledges");
    push_after(&c, 0, 100, "quest", 100);
    is_text(c.text[0], "quest", "which has to wait for nothing");
    ok(release(&c, 1), "then there is something to release");
    is_text(c.text[1], "answer", "the answer");
    ok(!release(&c, 1), "once");
    end(&c);
}

static void waiting_for_the_other_side_is_not_in_vain(void)
{
    struct conversation c;

    begin(&c);
    push_after(&c, 1, 100, "greeting", 101 + STREAM_WINDOW_MAX);
    is_text(c.text[1], "greeting", "nobody waits for bytes far out of the window");
    end(&c);
    c = (struct conversation){.budget = {.most_bytes = 1000}};
    stream_start(&c.streams[1], 100);
    push_after(&c, 1, 100, "alone", 5000);
    is_text(c.text[1], "alone", "nor for a side of which nothing was captured");
    end(&c);
}

/* Both first copies were lost to the capture; each copy that came acknowledges the other's. */
static void two_sides_that_wait_for_each_other_are_not_lost(void)
{
    struct conversation c;

    begin(&c);
    stream_acknowledge(&c.streams[0], 105);
    push_after(&c, 1, 100, "answer", 105);
    stream_acknowledge(&c.streams[1], 106);
    push_after(&c, 0, 100, "quest", 106);
    is_text(c.text[0], "", "both wait");
    is_text(c.text[1], "", "for each other");
    ok(!stream_has_hole(&c.streams[0]) && stream_waits_for_other(&c.streams[0]),
       "though neither misses anything");
    skip_hole(&c, 0, 9000);
    is_text(c.text[0], "quest", "when time is up the waiting bytes are handed on");
    is_int(c.stats.gaps, 0, "for none was lost");
    (void)release(&c, 1);
    is_text(c.text[1], "answer", "and the other side follows");
    end(&c);
}

static void times_never_go_back(void)
{
    struct conversation c;

    begin(&c);
    push(&c, 0, 100, "abc");
    push_segment(
        &c, 0,
        (struct segment){.sequence = 103, .payload = hex("64"), .len = 1, .time_ns = 5});
    is_int(c.last_ns[0], 100, "a chunk is never older than the one before it");
    end(&c);
}

static void segments_out_of_the_window_are_none(void)
{
    struct conversation c;

    begin(&c);
    push(&c, 0, 100 + STREAM_WINDOW_MAX + 1, "far");
    push(&c, 0, 100 - STREAM_WINDOW_MAX - 1, "old");
    is_int(c.stats.out_of_window, 2, "segments far ahead or behind are not of this stream");
    push(&c, 0, 100 + STREAM_WINDOW_MAX, "near");
    is_int(c.stats.out_of_order, 1, "one at the edge waits");
    end(&c);
}

static void sequence_numbers_wrap(void)
{
    struct conversation c;

    begin(&c);
    stream_start(&c.streams[0], 0xfffffffe);
    push(&c, 0, 1, "def");
    push(&c, 0, 0xfffffffe, "abc");
    is_text(c.text[0], "abcdef", "sequence numbers wrap around");
    stream_acknowledge(&c.streams[0], 10);
    ok(stream_hole_is_acknowledged(&c.streams[0]), "so do acknowledgements");
    end(&c);
}

static void waiting_segments_are_bounded(void)
{
    static char large[60001];
    struct conversation c;

    memset(large, 'x', sizeof(large) - 1);
    begin(&c);
    for (uint32_t n = 0; n < 10; n++)
        push(&c, 0, 200 + n * 60000, large);
    ok(c.streams[0].held_bytes <= STREAM_HELD_MAX, "one direction holds %u bytes at most",
       STREAM_HELD_MAX);
    is_int(c.stats.shed_segments, 7, "what does not fit is counted");
    is_int(c.budget.bytes, c.streams[0].held_bytes, "and what is held is in the budget");
    for (uint32_t n = 0; n < 100000; n++)
        push(&c, 1, 200 + n * 2, "x");
    ok(c.streams[1].held_bytes <= STREAM_HELD_MAX, "bookkeeping counts as well");
    end(&c);
    c = (struct conversation){.budget = {.most_bytes = 150}};
    stream_start(&c.streams[0], 100);
    push(&c, 0, 103, "def");
    push(&c, 0, 106,
         "a segment for which all streams together have no room, though it is"
         "not large at all, in a budget as small as this");
    is_int(c.stats.shed_segments, 1, "the budget is over all streams");
    push(&c, 0, 100, "abc");
    is_text(c.text[0], "abcdef", "what was shed is a hole again");
    end(&c);
}

int main(void)
{
    bytes_in_order_are_handed_on_at_once();
    without_a_syn_the_beginning_is_waited_for();
    later_bytes_wait_for_earlier_ones();
    duplicates_are_handed_on_once();
    what_was_handed_on_stands();
    of_waiting_copies_the_one_that_begins_first_wins();
    bytes_that_were_cut_are_told();
    a_hole_is_given_up_when_told_to();
    an_acknowledgement_shows_a_hole();
    one_more_acknowledged_is_a_fin_when_nothing_comes();
    far_acknowledgements_say_nothing();
    a_fin_ends_behind_its_bytes();
    a_segment_waits_for_what_it_acknowledges();
    waiting_for_the_other_side_is_not_in_vain();
    two_sides_that_wait_for_each_other_are_not_lost();
    times_never_go_back();
    segments_out_of_the_window_are_none();
    sequence_numbers_wrap();
    waiting_segments_are_bounded();
    return done_testing();
}
