#include "alert/config_json.h"

#include "base/text.h"

bool config_json_write(const struct config_report *report, const struct observer *observer,
                       struct json_out *out)
{
    static const struct event_kind kind = {
        .kind = "event",
        .dataset = "pinsight.config",
        .categories = {"configuration"},
        .types = {"change"},
    };
    struct uuid_name name;
    uint8_t id[UUID_BYTES];

    uuid_name_init(&name, "config");
    uuid_name_add(&name, span_of_text(observer->name ? observer->name : ""));
    uuid_name_add(&name, span_of(report->sha256, sizeof(report->sha256)));
    uuid_name_add_number(&name, report->time_ns);
    uuid_name_add_number(&name, report->generation);
    uuid_of_name(&name, id);
    json_out_begin(out);
    event_head(&kind, report->time_ns, id, out);
    json_out_text(out, "action", "config_loaded");
    json_out_end(out);
    event_observer(observer, out);
    json_out_object(out, "pinsight");
    json_out_object(out, "config");
    json_out_number(out, "generation", report->generation);
    json_out_hex(out, "sha256", span_of(report->sha256, sizeof(report->sha256)));
    if (report->file)
        json_out_text(out, "file", report->file);
    json_out_end(out);
    json_out_end(out);
    return json_out_finish(out);
}
