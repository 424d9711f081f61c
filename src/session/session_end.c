#include "session/session_end.h"

#include "session/session_names.h"

static void write_side(const char *key, const struct session_end *end, enum side side,
                       struct json_out *out)
{
    bool client = side == SIDE_CLIENT;

    json_out_object(out, key);
    json_out_address(out, "ip", client ? &end->ends.client : &end->ends.server);
    json_out_number(out, "port", client ? end->ends.client_port : end->ends.server_port);
    json_out_number(out, "bytes", client ? end->client_bytes : end->server_bytes);
    json_out_number(out, "packets", client ? end->client_packets : end->server_packets);
    json_out_end(out);
}

static void write_pinsight(const struct session_end *end, struct json_out *out)
{
    json_out_object(out, "pinsight");
    event_uuid("session_id", end->session_id, out);
    json_out_object(out, "counts");
    json_out_number(out, "client_records", end->client_records);
    json_out_number(out, "server_records", end->server_records);
    json_out_end(out);
    if (end->close_how != CLOSE_NONE) {
        json_out_object(out, "close");
        json_out_text(out, "by", side_name(end->close_by));
        json_out_text(out, "how", close_how_name(end->close_how));
        json_out_end(out);
    }
    json_out_time(out, "decided", end->decided_ns);
    if (end->clock_steps) {
        json_out_object(out, "capture");
        json_out_number(out, "clock_steps", end->clock_steps);
        json_out_end(out);
    }
    json_out_end(out);
}

void session_end_write(const struct session_end *end, const struct observer *observer,
                       struct json_out *out)
{
    static const struct event_kind kind = {
        .kind = "event",
        .dataset = "pinsight.session_end",
        .categories = {"network"},
        .types = {"connection", "end"},
    };
    struct uuid_name name;
    uint8_t id[UUID_BYTES];

    uuid_name_init(&name, "session_end");
    uuid_name_add(&name, span_of(end->session_id, SESSION_ID_BYTES));
    uuid_of_name(&name, id);
    json_out_begin(out);
    event_head(&kind, end->end_ns, id, out);
    event_times(end->start_ns, end->end_ns, out);
    json_out_end(out);
    event_observer(observer, out);
    write_side("source", end, SIDE_CLIENT, out);
    write_side("destination", end, SIDE_SERVER, out);
    event_network(&end->ends, end->protocol, out);
    json_out_end(out);
    write_pinsight(end, out);
    (void)json_out_finish(out);
}
