#include "alert/stats_json.h"

#include "tls/hello.h"

/* Nothing was judged, or what was judged may not have been inspected. */
static bool is_without_verdict(const struct session *s)
{
    return s->outcome == OUTCOME_UNKNOWN || s->outcome == OUTCOME_IN_PROGRESS ||
           s->outcome == OUTCOME_RESUMED || s->inspection == INSPECTION_UNKNOWN;
}

void blind_spots_count(struct blind_spots *b, const struct session *s)
{
    bool unknown = s->version == VERSION_TLS13 && s->inspection == INSPECTION_UNKNOWN;

    b->sessions++;
    b->one_direction += s->one_sided;
    if (!is_without_verdict(s))
        return;
    b->without_verdict++;
    b->one_sided += s->one_sided;
    b->gaps += s->gaps > 0;
    b->midstream += s->midstream;
    b->truncated += s->truncated;
    b->ech += s->ech;
    b->resumed += s->resumed;
    b->inspection_unknown += unknown;
    b->other += !(s->one_sided || s->gaps > 0 || s->midstream || s->truncated || s->ech ||
                  s->resumed || unknown);
}

void stats_json_stages(const struct stats_row *rows, size_t count, struct json_out *out)
{
    const char *stage = NULL;

    json_out_object(out, "stats");
    for (size_t i = 0; i < count; i++) {
        if (!stage || strcmp(stage, rows[i].stage) != 0) {
            if (stage)
                json_out_end(out);
            json_out_object(out, rows[i].stage);
            stage = rows[i].stage;
        }
        json_out_number(out, rows[i].name, rows[i].value);
    }
    if (stage)
        json_out_end(out);
    json_out_end(out);
}

static void write_sources(const struct stats_report *report, struct json_out *out)
{
    if (report->source_count == 0)
        return;
    json_out_array(out, "sources");
    for (size_t i = 0; i < report->source_count; i++) {
        const struct stats_source *s = &report->sources[i];

        json_out_object(out, NULL);
        json_out_text(out, "name", s->name);
        json_out_bool(out, "up", s->up);
        json_out_number(out, "received", s->received);
        json_out_number(out, "dropped", s->dropped);
        json_out_number(out, "ring_freezes", s->freezes);
        json_out_number(out, "frames", s->frames);
        json_out_number(out, "bytes", s->bytes);
        json_out_number(out, "cut", s->cut);
        json_out_number(out, "oversize", s->oversize);
        json_out_number(out, "early", s->early);
        json_out_number(out, "outages", s->outages);
        json_out_end(out);
    }
    json_out_end(out);
}

static void write_list_entry(const struct stats_list_entry *e, struct json_out *out)
{
    json_out_object(out, NULL);
    json_out_text(out, "list", e->list);
    json_out_text(out, "match", e->match);
    json_out_fact(out, "owner", e->owner);
    json_out_number(out, "hits", e->hits);
    if (e->expires_ns)
        json_out_time(out, "expires", e->expires_ns);
    json_out_bool(out, "expired", e->is_expired);
    json_out_end(out);
}

static void write_lists(const struct stats_lists *lists, struct json_out *out)
{
    if (!lists || lists->count == 0)
        return;
    json_out_array(out, "lists");
    for (size_t i = 0; i < lists->count; i++)
        write_list_entry(&lists->entries[i], out);
    json_out_end(out);
    if (lists->left_out > 0)
        json_out_number(out, "lists_left_out", lists->left_out);
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

void blind_spots_reasons(const struct blind_spots *b,
                         struct stats_row out[BLIND_SPOTS_REASONS])
{
    const struct {
        const char *name;
        uint64_t count;
    } reasons[BLIND_SPOTS_REASONS] = {
        {"one_sided", b->one_sided},
        {"gaps", b->gaps},
        {"midstream", b->midstream},
        {"truncated", b->truncated},
        {"ech", b->ech},
        {"resumed", b->resumed},
        {"inspection_unknown", b->inspection_unknown},
        {"other", b->other},
    };

    for (size_t i = 0; i < BLIND_SPOTS_REASONS; i++)
        out[i] = (struct stats_row){
            .stage = "blind_spots", .name = reasons[i].name, .value = reasons[i].count};
}

void stats_json_blind_spots(const struct blind_spots *b, struct json_out *out)
{
    struct stats_row reasons[BLIND_SPOTS_REASONS];

    blind_spots_reasons(b, reasons);
    json_out_object(out, "blind_spots");
    json_out_number(out, "sessions", b->sessions);
    json_out_number(out, "one_direction", b->one_direction);
    json_out_number(out, "without_verdict", b->without_verdict);
    json_out_real(out, "share", share(b->without_verdict, b->sessions), 4);
    json_out_object(out, "reasons");
    for (size_t i = 0; i < BLIND_SPOTS_REASONS; i++)
        json_out_number(out, reasons[i].name, reasons[i].value);
    json_out_end(out);
    json_out_end(out);
}

bool stats_json_write(const struct stats_report *report, const struct observer *observer,
                      struct json_out *out)
{
    static const struct event_kind kind = {
        .kind = "metric",
        .dataset = "pinsight.stats",
        .categories = {"network"},
        .types = {"info"},
    };
    struct uuid_name name;
    uint8_t id[UUID_BYTES];

    uuid_name_init(&name, "stats");
    uuid_name_add(&name, span_of_text(observer->name ? observer->name : ""));
    uuid_name_add_number(&name, report->time_ns);
    uuid_name_add_number(&name, report->sequence);
    uuid_of_name(&name, id);
    json_out_begin(out);
    event_head(&kind, report->time_ns, id, out);
    json_out_number(out, "sequence", report->sequence);
    json_out_end(out);
    event_observer(observer, out);
    json_out_object(out, "pinsight");
    stats_json_stages(report->rows, report->row_count, out);
    write_sources(report, out);
    write_lists(report->lists, out);
    stats_json_blind_spots(&report->blind, out);
    json_out_end(out);
    return json_out_finish(out);
}
