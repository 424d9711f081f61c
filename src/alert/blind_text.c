#include "alert/blind_text.h"

struct reason {
    uint64_t count;
    const char *what;
    const char *advice;
};

#define REASONS 8
#define PERCENT 100.0

static double share(uint64_t part, uint64_t whole)
{
    return whole ? PERCENT * (double)part / (double)whole : 0;
}

/* The most frequent reasons first. */
static void sort(struct reason *reasons, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct reason one = reasons[i];
        size_t at = i;

        while (at > 0 && reasons[at - 1].count < one.count) {
            reasons[at] = reasons[at - 1];
            at--;
        }
        reasons[at] = one;
    }
}

static void write_reasons(const struct blind_spots *b, struct text *out)
{
    struct reason reasons[REASONS] = {
        {b->inspection_unknown, "TLS 1.3, and nothing tells whether it is inspected",
         "name the inspection authority and the segments that it serves"
         " (inspection.authorities, inspection.segments)"},
        {b->resumed, "resumed: no certificate is sent",
         "nothing; the session that was resumed counts, if the capture holds it"},
        {b->one_sided, "only one direction was seen",
         "mirror both directions of the link to this sensor, and look for asymmetric "
         "routes"},
        {b->gaps, "packets are missing",
         "look at the drops of the mirror port, of the interface and of this sensor"
         " (pinsight status)"},
        {b->midstream, "the capture begins inside the connection",
         "start the capture earlier; they end by themselves"},
        {b->truncated, "packets were cut",
         "raise capture.snaplen, or that of who captured"},
        {b->other, "ended before anything could be said, or not known to be inspected",
         "nothing, or name the inspection authority and the segments that it serves"},
        {b->ech, "the name is hidden (ECH)",
         "let the resolver of managed devices withhold HTTPS records, or feed app events "
         "in"},
    };

    sort(reasons, REASONS);
    for (size_t i = 0; i < REASONS && reasons[i].count > 0; i++)
        text_add_format(out, "  %5.1f %%  %llu  %s\n           to change it: %s\n",
                        share(reasons[i].count, b->sessions),
                        (unsigned long long)reasons[i].count, reasons[i].what,
                        reasons[i].advice);
}

static void write_sessions(const struct blind_spots *b, struct text *out)
{
    uint64_t judged = b->sessions - b->without_verdict;

    if (b->sessions == 0) {
        text_add(out, "blind spots: no TLS or QUIC session was seen\n");
        return;
    }
    text_add_format(out, "blind spots: of %llu sessions, %llu could be judged (%.1f %%)\n",
                    (unsigned long long)b->sessions, (unsigned long long)judged,
                    share(judged, b->sessions));
    if (b->without_verdict == 0)
        return;
    text_add(out, "why not the others (a session can have several reasons)\n");
    write_reasons(b, out);
}

void blind_text_write(const struct blind_spots *b, uint64_t other_on_443, struct text *out)
{
    write_sessions(b, out);
    if (other_on_443 == 0)
        return;
    text_add_format(out,
                    "nothing is said of %llu connection%s on port 443 that speak%s neither "
                    "TLS nor QUIC\n"
                    "           to change it: see `protocols` in the stats events; block "
                    "what no app of "
                    "yours needs\n",
                    (unsigned long long)other_on_443, other_on_443 == 1 ? "" : "s",
                    other_on_443 == 1 ? "s" : "");
}
