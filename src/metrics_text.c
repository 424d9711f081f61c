#include "base/nanotime.h"
#include "metrics.h"

/* Stages whose counters are one family, and what tells them apart: their names may be anything. */
static const struct {
    const char *stage, *label;
} families[] = {
    {"outcome", "outcome"},
    {"findings", "type"},
    {"protocols", "protocol"},
    {"preamble", "kind"},
};

static void add_name(struct text *out, const char *part)
{
    for (; *part; part++) {
        bool plain = (*part >= 'a' && *part <= 'z') || (*part >= '0' && *part <= '9');

        text_add_char(out, plain ? *part : '_');
    }
}

static void add_label(struct text *out, const char *label, const char *value)
{
    text_add_format(out, "{%s=\"", label);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            text_add_char(out, '\\');
        text_add_char(out, *value == '\n' ? ' ' : *value);
    }
    text_add(out, "\"}");
}

static void add_type(struct text *out, const char *name, bool is_level)
{
    text_add_format(out, "# TYPE %s %s\n", name, is_level ? "gauge" : "counter");
}

static void add_value(struct text *out, uint64_t value)
{
    text_add_format(out, " %llu\n", (unsigned long long)value);
}

static const char *label_of(const char *stage)
{
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
        if (strcmp(families[i].stage, stage) == 0)
            return families[i].label;
    return NULL;
}

static void write_row(const struct stats_row *row, struct text *out)
{
    char buffer[256];
    struct text name = text_in(buffer, sizeof(buffer));

    text_add(&name, "pinsight_");
    add_name(&name, row->stage);
    text_add(&name, "_");
    add_name(&name, row->name);
    text_add(&name, row->is_level ? "" : "_total");
    add_type(out, name.data, row->is_level);
    text_add(out, name.data);
    add_value(out, row->value);
}

/* A counter of a family, with the type before the first. */
static void write_member(const struct stats_row *row, const char *label, bool first,
                         struct text *out)
{
    char buffer[256];
    struct text name = text_in(buffer, sizeof(buffer));

    text_add_format(&name, "pinsight_%s_total", row->stage);
    if (first)
        add_type(out, name.data, false);
    text_add(out, name.data);
    add_label(out, label, row->name);
    add_value(out, row->value);
}

static void write_rows(const struct stats_row *rows, size_t count, struct text *out)
{
    const char *before = "";

    for (size_t i = 0; i < count; i++) {
        const char *label = label_of(rows[i].stage);

        if (label)
            write_member(&rows[i], label, strcmp(before, rows[i].stage) != 0, out);
        else
            write_row(&rows[i], out);
        before = rows[i].stage;
    }
}

static void write_sources(const struct counters *c, struct text *out)
{
    static const struct {
        const char *name;
        size_t offset;
    } columns[] = {
        {"pinsight_source_received_total", offsetof(struct stats_source, received)},
        {"pinsight_source_dropped_total", offsetof(struct stats_source, dropped)},
        {"pinsight_source_ring_freezes_total", offsetof(struct stats_source, freezes)},
        {"pinsight_source_frames_total", offsetof(struct stats_source, frames)},
        {"pinsight_source_bytes_total", offsetof(struct stats_source, bytes)},
        {"pinsight_source_cut_total", offsetof(struct stats_source, cut)},
        {"pinsight_source_oversize_total", offsetof(struct stats_source, oversize)},
        {"pinsight_source_early_total", offsetof(struct stats_source, early)},
        {"pinsight_source_outages_total", offsetof(struct stats_source, outages)},
    };

    if (c->source_count == 0)
        return;
    add_type(out, "pinsight_source_up", true);
    for (size_t i = 0; i < c->source_count; i++) {
        text_add(out, "pinsight_source_up");
        add_label(out, "source", c->sources[i].name);
        add_value(out, c->sources[i].up);
    }
    for (size_t k = 0; k < sizeof(columns) / sizeof(columns[0]); k++) {
        add_type(out, columns[k].name, false);
        for (size_t i = 0; i < c->source_count; i++) {
            uint64_t value;

            memcpy(&value, (const char *)&c->sources[i] + columns[k].offset, sizeof(value));
            text_add(out, columns[k].name);
            add_label(out, "source", c->sources[i].name);
            add_value(out, value);
        }
    }
}

static void write_blind_spots(const struct blind_spots *b, struct text *out)
{
    struct stats_row reasons[BLIND_SPOTS_REASONS];
    const struct stats_row totals[] = {
        {.stage = "blind_spots", .name = "sessions", .value = b->sessions},
        {.stage = "blind_spots", .name = "one_direction", .value = b->one_direction},
        {.stage = "blind_spots", .name = "without_verdict", .value = b->without_verdict},
    };

    blind_spots_reasons(b, reasons);
    write_rows(totals, sizeof(totals) / sizeof(totals[0]), out);
    add_type(out, "pinsight_blind_spots_reason_total", false);
    for (size_t i = 0; i < BLIND_SPOTS_REASONS; i++) {
        text_add(out, "pinsight_blind_spots_reason_total");
        add_label(out, "reason", reasons[i].name);
        add_value(out, reasons[i].value);
    }
}

/* A point in time or a length of it, in seconds; 0 is not known and left out. */
static void write_seconds(const char *name, uint64_t ns, struct text *out)
{
    if (ns == 0)
        return;
    add_type(out, name, true);
    text_add_format(out, "%s %llu.%03llu\n", name, (unsigned long long)(ns / NS_PER_S),
                    (unsigned long long)(ns % NS_PER_S / NS_PER_MS));
}

void metrics_write(const struct status *s, struct text *out)
{
    const struct alert_output *output = s->sensor->output;

    add_type(out, "pinsight_build_info", true);
    text_add(out, "pinsight_build_info");
    add_label(out, "version", output->options.observer.version);
    add_value(out, 1);
    write_seconds("pinsight_uptime_seconds", status_uptime_ns(s), out);
    write_seconds("pinsight_packet_time_seconds", s->counters.now_ns, out);
    write_seconds("pinsight_last_alert_time_seconds", output->last.time_ns, out);
    write_rows(s->counters.rows.rows, s->counters.rows.count, out);
    write_sources(&s->counters, out);
    write_blind_spots(&output->blind, out);
    while (out->cut && out->len > 0 && out->data[out->len - 1] != '\n')
        out->data[--out->len] = '\0';
}
