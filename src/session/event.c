#include "session/event.h"

#include "base/nanotime.h"
#include "session/community_id.h"
#include "session/session_names.h"

#define MAC_TEXT_MAX 18

void event_uuid(const char *key, const uint8_t id[UUID_BYTES], struct json_out *out)
{
    char text[UUID_TEXT_MAX];

    json_out_text(out, key, uuid_describe(id, text));
}

void event_mac(const char *key, const uint8_t mac[6], struct json_out *out)
{
    static const char digits[] = "0123456789ABCDEF";
    char text[MAC_TEXT_MAX];
    char *at = text;

    for (size_t i = 0; i < 6; i++) {
        if (i > 0)
            *at++ = '-';
        *at++ = digits[mac[i] >> 4];
        *at++ = digits[mac[i] & 15];
    }
    json_out_span(out, key, span_of(text, (size_t)(at - text)));
}

static void write_words(const char *key, const char *const words[2], struct json_out *out)
{
    json_out_array(out, key);
    json_out_text(out, NULL, words[0]);
    if (words[1])
        json_out_text(out, NULL, words[1]);
    json_out_end(out);
}

void event_head(const struct event_kind *kind, uint64_t time_ns,
                const uint8_t id[UUID_BYTES], struct json_out *out)
{
    json_out_time(out, "@timestamp", time_ns);
    json_out_object(out, "ecs");
    json_out_text(out, "version", ECS_VERSION);
    json_out_end(out);
    json_out_object(out, "event");
    json_out_text(out, "kind", kind->kind);
    json_out_text(out, "dataset", kind->dataset);
    json_out_text(out, "module", "pinsight");
    event_uuid("id", id, out);
    write_words("category", kind->categories, out);
    write_words("type", kind->types, out);
}

/* Times of events have microseconds, so a length of time is taken between what is written. */
static uint64_t whole_us(uint64_t time_ns)
{
    return time_ns - time_ns % NS_PER_US;
}

void event_times(uint64_t start_ns, uint64_t end_ns, struct json_out *out)
{
    json_out_time(out, "start", start_ns);
    json_out_time(out, "end", end_ns);
    json_out_number(out, "duration", nanotime_since(whole_us(start_ns), whole_us(end_ns)));
}

void event_observer(const struct observer *observer, struct json_out *out)
{
    json_out_object(out, "observer");
    json_out_text(out, "type", "ids");
    json_out_text(out, "vendor", "pinsight");
    json_out_text(out, "product", "pinsight");
    json_out_fact(out, "name", observer->name);
    json_out_fact(out, "version", observer->version);
    json_out_end(out);
}

void event_network(const struct session_ends *ends, enum session_protocol protocol,
                   struct json_out *out)
{
    char community_id[COMMUNITY_ID_TEXT_MAX];

    json_out_object(out, "network");
    json_out_text(out, "transport", ends->transport == PACKET_UDP ? "udp" : "tcp");
    json_out_text(out, "protocol", session_protocol_name(protocol));
    json_out_text(out, "type", address_is_v4(&ends->client) ? "ipv4" : "ipv6");
    json_out_text(out, "community_id", community_id_of(ends, community_id));
}
