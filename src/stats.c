#include "stats.h"

#include "lane.h"
#include "sensor.h"

/* Protocols that are neither TLS nor QUIC, the most frequent ones. */
#define PROTOCOL_ROWS_MAX 32

static void put(struct stats_rows *out, const char *stage, const char *name, uint64_t value)
{
    if (out->count < STATS_ROWS_MAX)
        out->rows[out->count++] = (struct stats_row){stage, name, value, false};
}

/* What goes up and down. */
static void put_level(struct stats_rows *out, const char *stage, const char *name,
                      uint64_t value)
{
    put(out, stage, name, value);
    if (out->count > 0)
        out->rows[out->count - 1].is_level = true;
}

static void put_decode(struct stats_rows *out, const struct decode_stats *d)
{
    put(out, "decode", "frames", d->frames);
    put(out, "decode", "packets", d->packets);
    put(out, "decode", "tcp", d->tcp);
    put(out, "decode", "udp", d->udp);
    put(out, "decode", "other_protocol", d->other_protocol);
    put(out, "decode", "not_ip", d->not_ip);
    put(out, "decode", "unknown_link", d->unknown_link);
    put(out, "decode", "truncated", d->truncated);
    put(out, "decode", "malformed", d->malformed);
    put(out, "decode", "too_deep", d->too_deep);
    put(out, "decode", "bad_checksum", d->bad_checksum);
    put(out, "decode", "fragments", d->fragments);
    put(out, "decode", "reassembled", d->reassembled);
    put(out, "decode", "fragment_drops", d->fragment_drops);
}

static void put_flow(struct stats_rows *out, const struct flows *f)
{
    put(out, "flow", "created", f->table.stats.created);
    put_level(out, "flow", "live", f->table.stats.live);
    put_level(out, "flow", "capacity", f->table.stats.capacity);
    put(out, "flow", "evicted", f->table.stats.evicted);
    put(out, "flow", "timed_out", f->table.stats.timed_out);
    put(out, "flow", "udp", f->stats.udp_flows);
    put(out, "flow", "midstream", f->stats.midstream);
    put(out, "flow", "without_flow", f->stats.without_flow);
    put(out, "flow", "time_backwards", f->stats.backwards);
    put(out, "flow", "connections", f->pool.taken);
    put_level(out, "flow", "connections_live", f->pool.live);
    put(out, "flow", "connections_evicted", f->stats.connections_evicted);
    put(out, "flow", "out_of_order", f->stream_stats.out_of_order);
    put(out, "flow", "duplicate_bytes", f->stream_stats.duplicate_bytes);
    put(out, "flow", "gaps", f->stream_stats.gaps);
    put(out, "flow", "gap_bytes", f->stream_stats.gap_bytes);
    put(out, "flow", "shed_segments", f->stream_stats.shed_segments);
    put(out, "flow", "out_of_window", f->stream_stats.out_of_window);
}

static void put_tls(struct stats_rows *out, const struct worker *w,
                    const struct certificate_stats *c)
{
    put(out, "tls", "connections", w->stats.tls_connections);
    put(out, "tls", "client_hellos", w->tls.stats.client_hellos);
    put(out, "tls", "server_hellos", w->tls.stats.server_hellos);
    put(out, "tls", "hello_retries", w->tls.stats.hello_retries);
    put(out, "tls", "records", w->tls.stats.records);
    put(out, "tls", "alerts", w->tls.stats.alerts);
    put(out, "tls", "malformed_messages", w->tls.stats.malformed_messages);
    put(out, "tls", "shed_messages", w->tls.stats.shed_messages);
    put(out, "tls", "lost_streams", w->tls.stats.lost_streams);
    put(out, "tls", "without_hello", w->stats.without_hello);
    for (int kind = 0; kind < PREAMBLE_KINDS; kind++)
        put(out, "preamble", preamble_kind_name((enum preamble_kind)kind),
            w->stats.preambles[kind]);
    put(out, "preamble", "refused", w->stats.preambles_refused);
    put(out, "preamble", "undecided_connections", w->stats.undecided_connections);
    put(out, "preamble", "other_connections", w->stats.other_connections);
    put(out, "preamble", "other_on_443", w->stats.other_on_443);
    put(out, "preamble", "unidentified", w->stats.unidentified);
    put(out, "certificate", "seen", c->seen);
    put(out, "certificate", "hits", c->hits);
    put(out, "certificate", "new", c->new_certificates);
    put(out, "certificate", "malformed", c->malformed);
    put(out, "certificate", "evicted", c->evicted);
}

static void put_datagrams(struct stats_rows *out, const struct datagram_context *d)
{
    put(out, "quic", "connections", d->quic.stats.connections);
    put(out, "quic", "initials", d->quic.stats.initials);
    put(out, "quic", "not_opened", d->quic.stats.not_opened);
    put(out, "quic", "malformed", d->quic.stats.malformed);
    put(out, "quic", "restarts", d->quic.stats.restarts);
    put(out, "quic", "retries", d->quic.stats.retries);
    put(out, "quic", "negotiations", d->quic.stats.negotiations);
    put(out, "quic", "closes", d->quic.stats.closes);
    put(out, "dtls", "connections", d->dtls.stats.connections);
    put(out, "dtls", "hello_verifies", d->dtls.stats.hello_verifies);
    put(out, "dtls", "fragments", d->dtls.stats.fragments);
    put(out, "dtls", "shed_fragments", d->dtls.stats.shed_fragments);
    put(out, "rdp_udp", "connections", d->rdp.stats.connections);
    put(out, "rdp_udp", "gaps", d->rdp.stats.gaps);
}

static void put_outcomes(struct stats_rows *out, const struct worker *w)
{
    for (int i = OUTCOME_ACCEPTED; i < OUTCOME_COUNT; i++)
        put(out, "outcome", outcome_name((enum outcome)i), w->stats.outcomes[i]);
}

static void put_labels(struct stats_rows *out, const struct app_labels *labels)
{
    const struct app_label_stats *l = app_labels_stats(labels);
    struct app_label_count protocols[PROTOCOL_ROWS_MAX];
    size_t count = app_labels_protocols(labels, protocols, PROTOCOL_ROWS_MAX);

    put(out, "labels", "names", l->names);
    put(out, "labels", "names_known", l->names_known);
    put(out, "labels", "names_evicted", l->names_evicted);
    put(out, "labels", "flows", l->flows);
    put_level(out, "labels", "flows_live", l->flows_live);
    put(out, "labels", "flows_unknown", l->flows_unknown);
    put(out, "labels", "flows_left_out", l->flows_left_out);
    put(out, "labels", "packets", l->packets);
    for (size_t i = 0; i < count; i++)
        put(out, "protocols", protocols[i].protocol, protocols[i].flows);
}

static void put_detect(struct stats_rows *out, const struct correlator *c)
{
    put(out, "detect", "sessions", c->stats.sessions);
    put(out, "detect", "superseded", c->stats.superseded);
    put(out, "detect", "ech_retries", c->stats.ech_retries);
    put(out, "detect", "refusals", c->stats.refusals);
    put(out, "detect", "accepts", c->stats.accepts);
    put(out, "detect", "direct", c->stats.direct);
    put(out, "detect", "inspected",
        c->inspection.stats.by_state[INSPECTION_YES] +
            c->inspection.stats.by_state[INSPECTION_LIKELY]);
    put(out, "detect", "not_inspected", c->inspection.stats.by_state[INSPECTION_NO]);
    put(out, "detect", "bypassed", c->inspection.stats.bypassed);
    put(out, "detect", "vetoed", c->stats.vetoed);
    put_level(out, "detect", "waiting", c->stats.waiting);
    put(out, "detect", "opened", c->stats.opened);
    put(out, "detect", "updated", c->stats.updated);
    put(out, "detect", "closed", c->stats.closed);
    put(out, "detect", "retracted", c->stats.retracted);
    put(out, "detect", "allow_listed", c->stats.allow_listed);
    put(out, "detect", "context_revisions", c->stats.context_revisions);
    put(out, "detect", "rate_capped", c->stats.rate_capped);
    put(out, "detect", "behind_inspection", c->stats.upstream);
    put(out, "detect", "unidentified_elsewhere", c->stats.elsewhere);
    put(out, "detect", "duplicates", c->stats.duplicates);
    put(out, "detect", "late", c->stats.late);
    put(out, "detect", "known", c->stats.known);
    put_level(out, "detect", "held_back", c->hold_back.count);
    put(out, "detect", "let_go_early", c->hold_back.early);
    put(out, "detect", "no_memory", c->stats.no_memory);
    put_level(out, "tables", "devices", c->devices.count);
    put(out, "tables", "devices_dropped", c->devices.dropped);
    put_level(out, "tables", "apps", c->apps.count);
    put(out, "tables", "apps_dropped", c->apps.dropped);
    put_level(out, "tables", "destinations", c->destinations.count);
    put(out, "tables", "destinations_dropped", c->destinations.dropped);
    put_level(out, "tables", "keys", c->keys.count);
    put(out, "tables", "keys_dropped", c->keys.dropped);
    put_level(out, "tables", "genuines", c->genuines.count);
    put(out, "tables", "genuines_dropped", c->genuines.dropped);
    put_level(out, "tables", "fleets", c->fleets.count);
    put(out, "tables", "fleets_dropped", c->fleets.dropped);
    put_level(out, "tables", "scopes", c->inspection.scopes.count);
    put(out, "tables", "scopes_dropped", c->inspection.scopes.dropped);
    put_level(out, "tables", "policies", c->inspection.policies.count);
    put(out, "tables", "policies_dropped", c->inspection.policies.dropped);
    put_level(out, "tables", "issuers", c->inspection.issuers.table.count);
    put(out, "tables", "issuers_dropped", c->inspection.issuers.table.dropped);
    put(out, "tables", "totals_shed", c->totals.shed);
    put_level(out, "tables", "links", c->identity.links.count);
    put(out, "tables", "links_dropped", c->identity.links.dropped);
    put_level(out, "tables", "addresses", c->identity.aliases.count);
    put(out, "tables", "addresses_dropped", c->identity.aliases.dropped);
    put_level(out, "tables", "upstream_keys", c->upstream_keys.count);
    put(out, "tables", "upstream_keys_dropped", c->upstream_keys.dropped);
}

static void put_list(struct stats_rows *out, const char *stage, const struct lists_sum *sum)
{
    put_level(out, stage, "entries", sum->entries);
    put(out, stage, "hits", sum->hits);
    put_level(out, stage, "never_hit", sum->unused);
    put_level(out, stage, "expired", sum->expired);
}

static void put_lists(struct stats_rows *out, const struct sensor *s)
{
    struct lists_sum own, shipped;

    lists_sum_up(&s->correlator.lists, s->now_ns, &own, &shipped);
    put_list(out, "own_lists", &own);
    put_list(out, "shipped_lists", &shipped);
}

void stats_collect_lists(struct stats_lists *out, const struct lists *lists,
                         uint64_t now_ns)
{
    *out = (struct stats_lists){.count = 0};
    for (size_t i = 0; i < lists_count(lists); i++) {
        struct list_entry_use use = lists_get(lists, i, now_ns);

        if (use.hits == 0 && use.is_shipped && !use.is_expired)
            continue;
        if (out->count == STATS_LIST_ENTRIES_MAX) {
            out->left_out++;
            continue;
        }
        out->entries[out->count++] =
            (struct stats_list_entry){.list = use.entry->list,
                                      .match = use.entry->match,
                                      .owner = use.entry->owner,
                                      .hits = use.hits,
                                      .expires_ns = use.entry->expires_ns,
                                      .is_expired = use.is_expired};
    }
}

static void put_context(struct stats_rows *out, const struct context *context)
{
    struct context_stats s = context_stats(context);
    const struct store *store = context_store(context);

    put(out, "context", "lines", s.lines);
    put(out, "context", "records", s.records);
    put(out, "context", "malformed", s.malformed);
    put(out, "context", "unknown", s.unknown);
    put(out, "context", "unknown_fields", s.unknown_fields);
    put(out, "context", "bad_values", s.bad_values);
    put(out, "context", "duplicates", store->stats.duplicates);
    put(out, "context", "late", s.late);
    put(out, "context", "feeds_lost", s.feeds_lost);
    put_level(out, "context", "held", s.held);
    for (int k = 0; k < CONTEXT_KINDS; k++)
        put_level(out, "context", context_kind_name((enum context_kind)k),
                  store->counts[k]);
    put(out, "context", "shed", store_shed(store));
}

static void put_findings(struct stats_rows *out, const struct correlator *c)
{
    for (int i = 0; i < FINDING_TYPE_COUNT; i++)
        put(out, "findings", finding_type_name((enum finding_type)i), c->stats.findings[i]);
}

uint64_t stats_value(const struct stats_rows *rows, const char *stage, const char *name)
{
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->rows[i].stage, stage) == 0 &&
            strcmp(rows->rows[i].name, name) == 0)
            return rows->rows[i].value;
    return 0;
}

void stats_collect_lane(struct counters *out, const struct lane *lane)
{
    const struct worker *w = &lane->worker;
    const struct flows *f = &w->flows;

    out->lane = lane->options.index;
    out->now_ns = worker_now_ns(w);
    out->dropped += f->table.stats.evicted + f->stats.connections_evicted +
                    f->stream_stats.shed_segments + w->tls.stats.shed_messages +
                    w->datagrams.dtls.stats.shed_fragments +
                    w->decoder.stats.fragment_drops;
    put_decode(&out->rows, &w->decoder.stats);
    put_flow(&out->rows, f);
    /* In a replay every lane sees every step. */
    if (lane->options.live || lane->options.index == 0)
        put(&out->rows, "flow", "clock_steps", f->stats.clock_steps);
    put_tls(&out->rows, w, certificate_cache_stats(lane->certificates));
    put_datagrams(&out->rows, &w->datagrams);
    put_outcomes(&out->rows, w);
    put_labels(&out->rows, w->labels);
}

void stats_collect_files(struct counters *out, const struct source_stats *source)
{
    put(&out->rows, "capture", "files", source->files);
    put(&out->rows, "capture", "damaged_files", source->damaged_files);
    put(&out->rows, "capture", "skipped_files", source->skipped_files);
    put(&out->rows, "capture", "frames", source->frames);
    put(&out->rows, "capture", "bytes", source->captured_bytes);
    put(&out->rows, "capture", "filtered", source->filtered);
}

void stats_collect_queue(struct counters *out, uint64_t waits)
{
    put(&out->rows, "queue", "waits", waits);
}

/* Most rows of two lanes stand in one order; which protocols there are differs. */
static void add_row(struct stats_rows *sum, size_t i, const struct stats_row *row)
{
    struct stats_row *at = &sum->rows[i];

    if (i >= sum->count || strcmp(at->stage, row->stage) != 0 ||
        strcmp(at->name, row->name) != 0)
        for (at = sum->rows; at < sum->rows + sum->count; at++)
            if (strcmp(at->stage, row->stage) == 0 && strcmp(at->name, row->name) == 0)
                break;
    if (at < sum->rows + sum->count)
        at->value += row->value;
    else if (sum->count < STATS_LANE_ROWS_MAX)
        (row->is_level ? put_level : put)(sum, row->stage, row->name, row->value);
}

static void add_source(struct counters *sum, const struct stats_source *source)
{
    struct stats_source *at = sum->sources;

    while (at < sum->sources + sum->source_count && strcmp(at->name, source->name) != 0)
        at++;
    if (at == sum->sources + STATS_SOURCES_MAX)
        return;
    if (at == sum->sources + sum->source_count) {
        sum->source_count++;
        *at = *source;
        return;
    }
    at->up = at->up && source->up;
    at->received += source->received;
    at->dropped += source->dropped;
    at->freezes += source->freezes;
    at->frames += source->frames;
    at->bytes += source->bytes;
    at->cut += source->cut;
    at->oversize += source->oversize;
    at->early += source->early;
    if (source->outages > at->outages)
        at->outages = source->outages; /* one device, which all lanes see go down */
}

void stats_add(struct counters *sum, const struct counters *one)
{
    if (one->now_ns > sum->now_ns)
        sum->now_ns = one->now_ns;
    sum->dropped += one->dropped;
    for (size_t i = 0; i < one->rows.count; i++)
        add_row(&sum->rows, i, &one->rows.rows[i]);
    for (size_t i = 0; i < one->source_count; i++)
        add_source(sum, &one->sources[i]);
}

static void put_file(struct stats_rows *out, const struct sink_file *f)
{
    put(out, "file", "bytes_written", f->written);
    put(out, "file", "rotations", f->stats.rotations);
    put(out, "file", "rotation_errors", f->stats.rotation_errors);
    put(out, "file", "sync_errors", f->stats.sync_errors);
    put_level(out, "file", "held_bytes", f->held_len);
}

static void put_delivery(struct stats_rows *out, const char *stage,
                         const struct delivery *d)
{
    put_level(out, stage, "up", d->receiver.state == RECEIVER_UP);
    put(out, stage, "connects", d->receiver.stats.connects);
    put(out, stage, "losses", d->receiver.stats.losses);
    put(out, stage, "failures", d->receiver.stats.failures);
    put(out, stage, "alerts_delivered", d->stats.delivered[SINK_ALERT]);
    put(out, stage, "events_delivered", d->stats.delivered[SINK_OBSERVATION]);
    put_level(out, stage, "alerts_waiting", delivery_pending(d, SINK_ALERT));
    put_level(out, stage, "events_waiting", delivery_pending(d, SINK_OBSERVATION));
    put(out, stage, "alerts_lost", d->spool.stats.shed[SINK_ALERT]);
    put(out, stage, "events_shed", d->spool.stats.shed[SINK_OBSERVATION]);
    put(out, stage, "too_long", d->stats.too_long);
    put_level(out, stage, "spool_bytes", spool_bytes(&d->spool));
    put(out, stage, "spool_errors", d->spool.stats.write_errors);
    put(out, stage, "spool_damaged", d->spool.stats.damaged);
}

static void put_state(struct stats_rows *out, const struct keeper *k)
{
    put(out, "state", "commits", k->stats.commits);
    put(out, "state", "rows_written", k->memory.written);
    put(out, "state", "failures", k->stats.failures);
    put(out, "state", "alerts_resent", k->stats.resent);
    put(out, "state", "too_long", k->memory.too_long);
    put(out, "state", "alerts_not_kept", k->outbox.refused);
    put_level(out, "state", "bytes", state_bytes(k->state));
}

void stats_collect_sensor(struct stats_rows *out, const struct sensor *s)
{
    put_detect(out, &s->correlator);
    put_findings(out, &s->correlator);
    put_lists(out, s);
    if (s->context && context_has_feeds(s->context))
        put_context(out, s->context);
    put(out, "alert", "sessions", s->output->stats.sessions);
    put(out, "alert", "alerts", s->output->stats.alerts);
    put(out, "alert", "informational", s->output->stats.informational);
    put(out, "alert", "lines_lost", s->output->stats.lines_lost);
    put(out, "alert", "alerts_lost", s->output->stats.alerts_lost);
    put(out, "alert", "write_errors", s->output->stats.write_errors);
    if (s->output->has_file)
        put_file(out, &s->output->file);
    if (s->output->has_socket)
        put_delivery(out, "socket", &s->output->socket);
    if (s->output->has_syslog)
        put_delivery(out, "syslog", &s->output->syslog.delivery);
    if (s->keeper.state)
        put_state(out, &s->keeper);
}

uint64_t stats_dropped(const struct sensor *s)
{
    const struct correlator *c = &s->correlator;

    return c->hold_back.early + c->settle.lost + c->stats.no_memory + c->devices.dropped +
           c->keys.dropped + c->destinations.dropped + c->apps.dropped +
           c->inspection.scopes.dropped + c->inspection.policies.dropped +
           (s->context ? store_shed(context_store(s->context)) : 0) +
           c->upstream_keys.dropped + s->output->stats.lines_lost +
           delivery_lost(&s->output->socket) + delivery_lost(&s->output->syslog.delivery);
}
