#include "detect/layout_parts.h"

#include <stddef.h>

#include "detect/record_layouts.h"
#include "detect/records.h"
#include "detect/settle.h"

const char *layout_finding_word(uint64_t type)
{
    return type < FINDING_TYPE_COUNT ? finding_type_name((enum finding_type)type) : NULL;
}

static const struct layout_field address_fields[] = {
    {.name = "ip", .type = LAYOUT_ADDRESS, .size = sizeof(struct address), .elements = 1},
};
const struct layout layout_address = LAYOUT_OF(address, address_fields);

static const struct layout_field id_set_fields[] = {
    {LAYOUT_ROWS(LAYOUT_NUMBER, id_set, ids)},
    {LAYOUT_ROWS(LAYOUT_NUMBER, id_set, times_s)},
    {LAYOUT_ROW(LAYOUT_NUMBER, id_set, count), .most = ID_SET_MAX},
};
const struct layout layout_id_set = LAYOUT_OF(id_set, id_set_fields);

static const struct layout_field memory_id_fields[] = {
    {LAYOUT_ROW(LAYOUT_BYTES, memory_id, low)},
    {LAYOUT_ROW(LAYOUT_BYTES, memory_id, high)},
};
const struct layout layout_memory_id = LAYOUT_OF(memory_id, memory_id_fields);

static const struct layout_field episode_fields[] = {
    {LAYOUT_ROW(LAYOUT_TIME, episode, start_ns)},
    {LAYOUT_ROW(LAYOUT_NUMBER, episode, last_us)},
    {LAYOUT_ROW(LAYOUT_REAL, episode, weight_db)},
    {LAYOUT_ROW(LAYOUT_NUMBER, episode, attempts)},
    {LAYOUT_ROW(LAYOUT_NUMBER, episode, strong)},
    {LAYOUT_ROW(LAYOUT_NUMBER, episode, flags)},
};
static const struct layout layout_episode = LAYOUT_OF(episode, episode_fields);

static const struct layout_field streak_fields[] = {
    {LAYOUT_ROWS(LAYOUT_PART, streak, episodes), .of = &layout_episode},
    {LAYOUT_ROW(LAYOUT_NUMBER, streak, count), .most = STREAK_EPISODES},
    {LAYOUT_ROW(LAYOUT_TIME, streak, first_ns)},
    {LAYOUT_ROW(LAYOUT_NUMBER, streak, refusals)},
    {LAYOUT_ROW(LAYOUT_NUMBER, streak, all_episodes)},
};
const struct layout layout_streak = LAYOUT_OF(streak, streak_fields);

static const struct layout_field evidence_fields[] = {
    {LAYOUT_ROW(LAYOUT_BYTES, finding_evidence, session_id)},
    {LAYOUT_ROW(LAYOUT_TEXT, finding_evidence, community_id)},
    {LAYOUT_ROW(LAYOUT_TIME, finding_evidence, time_ns)},
    {LAYOUT_ROW(LAYOUT_NUMBER, finding_evidence, outcome), .most = OUTCOME_COUNT - 1},
    {LAYOUT_ROW(LAYOUT_NUMBER, finding_evidence, shape), .most = SHAPE_S6},
    {LAYOUT_ROW(LAYOUT_NUMBER, finding_evidence, inspection), .most = INSPECTION_YES},
    {LAYOUT_ROW(LAYOUT_REAL, finding_evidence, inspection_probability)},
    {LAYOUT_ROW(LAYOUT_NUMBER, finding_evidence, inspection_basis), .most = BASIS_QUIC},
    {LAYOUT_ROW(LAYOUT_REAL, finding_evidence, weight_db)},
    {LAYOUT_ROW(LAYOUT_BOOL, finding_evidence, counted)},
    {LAYOUT_ROW(LAYOUT_NUMBER, finding_evidence, client_port)},
    {LAYOUT_ROW(LAYOUT_NUMBER, finding_evidence, server_port)},
    {LAYOUT_ROW(LAYOUT_ADDRESS, finding_evidence, server)},
    {LAYOUT_ROW(LAYOUT_TIME, finding_evidence, start_ns)},
};
const struct layout layout_evidence = LAYOUT_OF(finding_evidence, evidence_fields);

static const struct layout_field counts_fields[] = {
    {LAYOUT_ROW(LAYOUT_NUMBER, finding_counts, refused)},
    {LAYOUT_ROW(LAYOUT_NUMBER, finding_counts, episodes)},
    {LAYOUT_ROW(LAYOUT_NUMBER, finding_counts, accepted)},
    {LAYOUT_ROW(LAYOUT_NUMBER, finding_counts, direct)},
    {LAYOUT_ROW(LAYOUT_NUMBER, finding_counts, resumed)},
    {LAYOUT_ROW(LAYOUT_NUMBER, finding_counts, quic)},
    {LAYOUT_ROW(LAYOUT_NUMBER, finding_counts, devices)},
    {LAYOUT_ROW(LAYOUT_NUMBER, finding_counts, withheld)},
};
const struct layout layout_counts = LAYOUT_OF(finding_counts, counts_fields);

static const struct layout_field notice_fields[] = {
    {LAYOUT_ROW(LAYOUT_BYTES, notice_record, alert_id)},
    {LAYOUT_ROW(LAYOUT_NUMBER, notice_record, type), .most = FINDING_TYPE_COUNT - 1,
     .words = layout_finding_word},
    {LAYOUT_ROW(LAYOUT_NUMBER, notice_record, revision)},
    {LAYOUT_ROW(LAYOUT_TIME, notice_record, issued_ns)},
    {LAYOUT_ROW(LAYOUT_BOOL, notice_record, open)},
    {LAYOUT_ROW_LIST(notice_record, devices, device_count, device_room),
     .of = &layout_address, .most = FINDING_RELATED_MAX},
};
const struct layout layout_notice = LAYOUT_OF(notice_record, notice_fields);

static const struct layout_field settle_entry_fields[] = {
    {LAYOUT_ROW(LAYOUT_TIME, settle_entry, time_ns)},
    {LAYOUT_ROW(LAYOUT_NUMBER, settle_entry, order)},
    {LAYOUT_ROW(LAYOUT_PART, settle_entry, id), .of = &layout_memory_id},
    {LAYOUT_ROW(LAYOUT_NUMBER, settle_entry, kind), .most = SETTLE_GENUINE},
};
const struct layout layout_settle_entry = LAYOUT_OF(settle_entry, settle_entry_fields);
