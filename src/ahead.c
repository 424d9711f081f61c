#include "ahead.h"

#include "base/check.h"
#include "decode/share.h"

/* True when `frame` completes a packet that is ours. What is not ours leaves no count. */
static bool decode_share(const struct ahead_tools *t, const struct frame *frame,
                         struct packet *packet)
{
    struct decode_stats before = t->decoder->stats;
    unsigned share = 0;
    bool peeked = share_peek(frame, t->shares, &share), decoded;

    if (peeked && share != t->share)
        return false;
    decoded = decode_frame(t->decoder, frame, packet);
    if (decoded && !peeked)
        share = share_of(packet, t->shares);
    if (share != t->share)
        t->decoder->stats = before;
    return decoded && share == t->share;
}

/* True when the next frame's decoding leaves all that the packet points to alone. */
static bool outlives_decoder(const struct packet *packet, const struct frame *frame)
{
    return !packet->reassembled && packet->process == frame->process;
}

static void decode_some(struct ahead *a, const struct ahead_tools *t,
                        const struct frame *frames, size_t count)
{
    a->next = 0;
    a->count = 0;
    while (a->count < count && a->count < AHEAD_MAX) {
        const struct frame *frame = &frames[a->count];
        struct ahead_item *item = &a->items[a->count++];

        item->is_ours = t->shares > 1 ? decode_share(t, frame, &item->packet)
                                      : decode_frame(t->decoder, frame, &item->packet);
        if (item->is_ours && !outlives_decoder(&item->packet, frame))
            break;
    }
}

size_t ahead_look(struct ahead *a, const struct ahead_tools *tools,
                  const struct frame *frames, size_t count)
{
    decode_some(a, tools, frames, count);
    /* Three rounds, each with what the one before it had fetched. */
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].is_ours)
            flows_look(tools->flows, &a->items[i].packet, &a->items[i].look);
    for (size_t i = 0; i < a->count && a->count > 1; i++)
        if (a->items[i].is_ours)
            flows_fetch_flow(tools->flows, &a->items[i].look);
    for (size_t i = 0; i < a->count && a->count > 1; i++)
        if (a->items[i].is_ours)
            flows_fetch_connection(tools->flows, &a->items[i].look);
    return a->count;
}

const struct ahead_item *ahead_next(struct ahead *a)
{
    CHECK(a->next < a->count);
    return &a->items[a->next++];
}
