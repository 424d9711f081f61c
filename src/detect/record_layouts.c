#include "detect/record_layouts.h"

#include <stddef.h>

#include "detect/correlate.h"
#include "detect/fleet.h"
#include "detect/layout_parts.h"
#include "detect/removal.h"

/*
 * What lies in `entry`, the first member of the records of tables, is the table's own business: the
 * id, the time and the order of use are written beside the record.
 */

static const struct layout_field device_event_fields[] = {
    {LAYOUT_ROW(LAYOUT_TIME, device_event, time_ns)},
    {LAYOUT_ROW(LAYOUT_NUMBER, device_event, destination)},
    {LAYOUT_ROW(LAYOUT_NUMBER, device_event, app)},
};
static const struct layout layout_device_event =
    LAYOUT_OF(device_event, device_event_fields);

static const struct layout_field device_ring_fields[] = {
    {LAYOUT_ROW_LIST(device_ring, events, room, room), .of = &layout_device_event,
     .most = DEVICE_RING},
    {LAYOUT_ROW(LAYOUT_NUMBER, device_ring, count)},
};
static const struct layout layout_device_ring = LAYOUT_OF(device_ring, device_ring_fields);

static const struct layout_field noise_fields[] = {
    {LAYOUT_ROW(LAYOUT_NUMBER, noise, step)},
    {LAYOUT_ROWS(LAYOUT_NUMBER, noise, ended)},
    {LAYOUT_ROWS(LAYOUT_NUMBER, noise, failing)},
};
static const struct layout layout_noise = LAYOUT_OF(noise, noise_fields);

static const struct layout_field mtls_fields[] = {
    {LAYOUT_ROWS(LAYOUT_PART, mtls_record, evidence), .of = &layout_evidence},
    {LAYOUT_ROWS(LAYOUT_PART, mtls_record, devices), .of = &layout_address},
    {LAYOUT_ROW(LAYOUT_BYTES, mtls_record, first)},
    {LAYOUT_ROW(LAYOUT_NUMBER, mtls_record, count)},
    {LAYOUT_ROW(LAYOUT_OWNED, mtls_record, notice), .of = &layout_notice},
};
static const struct layout layout_mtls = LAYOUT_OF(mtls_record, mtls_fields);

static const struct layout_field pair_fields[] = {
    {LAYOUT_ROW(LAYOUT_PART, pair_refusals, streak), .of = &layout_streak},
    {LAYOUT_ROWS(LAYOUT_PART, pair_refusals, keys), .of = &layout_memory_id},
    {LAYOUT_ROW(LAYOUT_NUMBER, pair_refusals, key_count), .most = PAIR_KEYS},
    {LAYOUT_ROW(LAYOUT_PART, pair_refusals, alert_key), .of = &layout_memory_id},
    {LAYOUT_ROW(LAYOUT_BOOL, pair_refusals, has_alert)},
};
static const struct layout layout_pair = LAYOUT_OF(pair_refusals, pair_fields);

static const struct layout_field alert_fields[] = {
    {LAYOUT_ROW(LAYOUT_BOOL, open_alert, open)},
    {LAYOUT_ROW(LAYOUT_BOOL, open_alert, in_fleet)},
    {LAYOUT_ROW(LAYOUT_NUMBER, open_alert, type), .most = FINDING_TYPE_COUNT - 1,
     .words = layout_finding_word},
    {LAYOUT_ROW(LAYOUT_NUMBER, open_alert, revision)},
    {LAYOUT_ROW(LAYOUT_NUMBER, open_alert, severity), .most = 100},
    {LAYOUT_ROW(LAYOUT_BYTES, open_alert, alert_id)},
    {LAYOUT_ROW(LAYOUT_TIME, open_alert, emitted_ns)},
    {LAYOUT_ROW(LAYOUT_TIME, open_alert, expires_ns)},
};
static const struct layout layout_alert = LAYOUT_OF(open_alert, alert_fields);

static const struct layout_field overflow_fields[] = {
    {LAYOUT_ROW(LAYOUT_PART, overflow, key), .of = &layout_memory_id},
    {LAYOUT_ROW(LAYOUT_NUMBER, overflow, withheld)},
    {LAYOUT_ROW(LAYOUT_TIME, overflow, watch_ns)},
};
static const struct layout layout_overflow = LAYOUT_OF(overflow, overflow_fields);

static const struct layout_field beacon_fields[] = {
    {LAYOUT_ROWS(LAYOUT_NUMBER, beacon, starts_s)},
    {LAYOUT_ROW(LAYOUT_NUMBER, beacon, count)},
    {LAYOUT_ROW(LAYOUT_NUMBER, beacon, direct)},
};
static const struct layout layout_beacon = LAYOUT_OF(beacon, beacon_fields);

static const struct layout_field removal_fields[] = {
    {LAYOUT_ROW(LAYOUT_BYTES, removal, first_session)},
    {LAYOUT_ROWS(LAYOUT_PART, removal, evidence), .of = &layout_evidence},
    {LAYOUT_ROW(LAYOUT_NUMBER, removal, refusal_count), .most = REMOVAL_REFUSALS},
    {LAYOUT_ROW(LAYOUT_NUMBER, removal, accept_count), .most = TUNING_SET_MAX},
    {LAYOUT_ROW(LAYOUT_BOOL, removal, raised)},
    {LAYOUT_ROW(LAYOUT_NUMBER, removal, refused)},
    {LAYOUT_ROW(LAYOUT_TIME, removal, first_ns)},
    {LAYOUT_ROW(LAYOUT_TIME, removal, last_ns)},
    {LAYOUT_ROW(LAYOUT_NAME, removal, authority)},
    {LAYOUT_ROW(LAYOUT_OWNED, removal, notice), .of = &layout_notice},
};
static const struct layout layout_removal = LAYOUT_OF(removal, removal_fields);

static const struct layout_field suspicion_fields[] = {
    {LAYOUT_ROW(LAYOUT_OWNED_TEXT, suspicion, destination)},
    {LAYOUT_ROW(LAYOUT_ADDRESS, suspicion, client)},
    {LAYOUT_ROW(LAYOUT_ADDRESS, suspicion, server)},
    {LAYOUT_ROW(LAYOUT_NUMBER, suspicion, port)},
    {LAYOUT_ROW(LAYOUT_BOOL, suspicion, is_proxy)},
    {LAYOUT_ROW(LAYOUT_TEXT, suspicion, app_key)},
    {LAYOUT_ROW(LAYOUT_TEXT, suspicion, ja4)},
    {LAYOUT_ROW(LAYOUT_OWNED_TEXT, suspicion, package)},
    {LAYOUT_ROW(LAYOUT_TEXT, suspicion, package_source)},
    {LAYOUT_ROW(LAYOUT_NAME, suspicion, authority)},
    {LAYOUT_ROW(LAYOUT_PART, suspicion, streak), .of = &layout_streak},
    {LAYOUT_ROW_LIST(suspicion, evidence, evidence_count, evidence_room),
     .of = &layout_evidence, .most = SUSPICION_EVIDENCE},
    {LAYOUT_ROW(LAYOUT_BYTES, suspicion, first_session)},
    {LAYOUT_ROW(LAYOUT_TIME, suspicion, first_ns)},
    {LAYOUT_ROW(LAYOUT_BOOL, suspicion, has_first)},
    {LAYOUT_ROWS(LAYOUT_TIME, suspicion, direct_ns)},
    {LAYOUT_ROW(LAYOUT_NUMBER, suspicion, direct_count)},
    {LAYOUT_ROW(LAYOUT_BYTES, suspicion, direct_first)},
    {LAYOUT_ROW(LAYOUT_NUMBER, suspicion, refused)},
    {LAYOUT_ROW(LAYOUT_NUMBER, suspicion, direct_total)},
    {LAYOUT_ROW(LAYOUT_NUMBER, suspicion, quic_total)},
    {LAYOUT_ROW(LAYOUT_PART, suspicion, beacon), .of = &layout_beacon},
    {LAYOUT_ROW(LAYOUT_REAL, suspicion, direct_probability)},
    {LAYOUT_ROW(LAYOUT_BOOL, suspicion, server_name)},
    {LAYOUT_ROW(LAYOUT_NUMBER, suspicion, protocol)},
    {LAYOUT_ROW(LAYOUT_BOOL, suspicion, has_ech)},
    {LAYOUT_ROW(LAYOUT_BOOL, suspicion, untrusted_upstream)},
    {LAYOUT_ROW(LAYOUT_BOOL, suspicion, shared_key)},
    {LAYOUT_ROW(LAYOUT_BOOL, suspicion, upload_heavy)},
    {LAYOUT_ROW(LAYOUT_BOOL, suspicion, direct_elsewhere)},
    {LAYOUT_ROW(LAYOUT_BOOL, suspicion, bypassed)},
    {LAYOUT_ROW(LAYOUT_NUMBER, suspicion, trust_model), .most = TRUST_MODEL_ANDROID_SYSTEM},
    {LAYOUT_ROW(LAYOUT_BOOL, suspicion, in_segment)},
    {LAYOUT_ROW(LAYOUT_PART, suspicion, alert), .of = &layout_alert},
    {LAYOUT_ROW(LAYOUT_OWNED, suspicion, removal), .of = &layout_removal},
};
static const struct layout layout_suspicion = LAYOUT_OF(suspicion, suspicion_fields);

static const struct layout_field device_fields[] = {
    {LAYOUT_ROW(LAYOUT_ADDRESS, device, address)},
    {LAYOUT_ROW(LAYOUT_ADDRESS, device, latest)},
    {LAYOUT_ROW_ARRAY(device, others, DEVICE_OTHERS), .of = &layout_address},
    {LAYOUT_ROW(LAYOUT_NUMBER, device, other_count)},
    {LAYOUT_ROW(LAYOUT_NUMBER, device, basis), .most = IDENTITY_INVENTORY},
    {LAYOUT_ROW(LAYOUT_BOOL, device, own_mac)},
    {LAYOUT_ROWS(LAYOUT_NUMBER, device, last_ttl)},
    {LAYOUT_ROW(LAYOUT_NUMBER, device, ttl_changes)},
    {LAYOUT_ROW(LAYOUT_BYTES, device, mac)},
    {LAYOUT_ROW(LAYOUT_BOOL, device, has_mac)},
    {LAYOUT_ROW(LAYOUT_NUMBER, device, waiting_count), .most = DEVICE_WAITING},
    {LAYOUT_ROW(LAYOUT_NUMBER, device, platform_told), .most = PLATFORMS - 1},
    {LAYOUT_ROWS(LAYOUT_REAL, device, platform_db)},
    {LAYOUT_ROW(LAYOUT_PART, device, platform_hints), .of = &layout_id_set},
    {LAYOUT_ROW(LAYOUT_TIME, device, first_ns)},
    {LAYOUT_ROW(LAYOUT_TIME, device, last_accept_ns)},
    {LAYOUT_ROW(LAYOUT_NUMBER, device, accepts)},
    {LAYOUT_ROW(LAYOUT_NUMBER, device, attempts)},
    {LAYOUT_ROW(LAYOUT_PART, device, apps), .of = &layout_id_set},
    {LAYOUT_ROW(LAYOUT_PART, device, accepted), .of = &layout_device_ring},
    {LAYOUT_ROW(LAYOUT_PART, device, refused), .of = &layout_device_ring},
    {LAYOUT_ROW(LAYOUT_PART, device, noise), .of = &layout_noise},
    {LAYOUT_ROW(LAYOUT_OWNED, device, streak), .of = &layout_streak},
    {LAYOUT_ROW(LAYOUT_BYTES, device, first_session)},
    {LAYOUT_ROW_ARRAY(device, waiting, DEVICE_WAITING), .of = &layout_memory_id},
    {LAYOUT_ROW(LAYOUT_TIME, device, settle_ns)},
    {LAYOUT_ROW(LAYOUT_OWNED, device, notice), .of = &layout_notice},
    {LAYOUT_ROW(LAYOUT_NAME, device, authority)},
    {LAYOUT_ROW(LAYOUT_TIME, device, day_ns)},
    {LAYOUT_ROW(LAYOUT_NUMBER, device, alerts_today)},
    {LAYOUT_ROW(LAYOUT_OWNED, device, overflow), .of = &layout_overflow},
};
const struct layout layout_device = LAYOUT_OF(device, device_fields);

static const struct layout_field device_app_fields[] = {
    {LAYOUT_ROW(LAYOUT_PART, device_app, accepted), .of = &layout_id_set},
    {LAYOUT_ROW(LAYOUT_PART, device_app, refused), .of = &layout_id_set},
    {LAYOUT_ROW(LAYOUT_PART, device_app, direct), .of = &layout_id_set},
};
const struct layout layout_device_app = LAYOUT_OF(device_app, device_app_fields);

static const struct layout_field app_fields[] = {
    {LAYOUT_ROW(LAYOUT_PART, app, devices), .of = &layout_id_set},
    {LAYOUT_ROW(LAYOUT_NUMBER, app, device_count)},
    {LAYOUT_ROW(LAYOUT_NUMBER, app, domain_count)},
    {LAYOUT_ROW(LAYOUT_PART, app, domains), .of = &layout_id_set},
    {LAYOUT_ROW(LAYOUT_OWNED, app, notice), .of = &layout_notice},
};
const struct layout layout_app = LAYOUT_OF(app, app_fields);

static const struct layout_field destination_fields[] = {
    {LAYOUT_ROW(LAYOUT_OWNED_TEXT, destination, name)},
    {LAYOUT_ROW(LAYOUT_PART, destination, accepting_apps), .of = &layout_id_set},
    {LAYOUT_ROW(LAYOUT_PART, destination, accepting_devices), .of = &layout_id_set},
    {LAYOUT_ROW(LAYOUT_PART, destination, refusing_apps), .of = &layout_id_set},
    {LAYOUT_ROW(LAYOUT_PART, destination, refusing_devices), .of = &layout_id_set},
    {LAYOUT_ROW(LAYOUT_PART, destination, direct_apps), .of = &layout_id_set},
    {LAYOUT_ROW(LAYOUT_PART, destination, devices), .of = &layout_id_set},
    {LAYOUT_ROW(LAYOUT_NUMBER, destination, device_count)},
    {LAYOUT_ROW(LAYOUT_NUMBER, destination, devices_before)},
    {LAYOUT_ROW(LAYOUT_NUMBER, destination, window)},
    {LAYOUT_ROW(LAYOUT_OWNED, destination, notice), .of = &layout_notice},
    {LAYOUT_ROW(LAYOUT_OWNED, destination, mtls), .of = &layout_mtls},
};
const struct layout layout_destination = LAYOUT_OF(destination, destination_fields);

static const struct layout_field app_destination_fields[] = {
    {LAYOUT_ROW(LAYOUT_PART, app_destination, refusing), .of = &layout_id_set},
    {LAYOUT_ROW(LAYOUT_PART, app_destination, accepting), .of = &layout_id_set},
};
const struct layout layout_app_destination =
    LAYOUT_OF(app_destination, app_destination_fields);

static const struct layout_field device_destination_fields[] = {
    {LAYOUT_ROW(LAYOUT_TIME, device_destination, accepted_data_ns)},
    {LAYOUT_ROW(LAYOUT_OWNED, device_destination, refusals), .of = &layout_pair},
};
const struct layout layout_device_destination =
    LAYOUT_OF(device_destination, device_destination_fields);

static const struct layout_field key_fields[] = {
    {LAYOUT_ROW(LAYOUT_PART, key, device), .of = &layout_memory_id},
    {LAYOUT_ROW(LAYOUT_PART, key, app), .of = &layout_memory_id},
    {LAYOUT_ROW(LAYOUT_PART, key, destination), .of = &layout_memory_id},
    {LAYOUT_ROWS(LAYOUT_TIME, key, accepted_ns)},
    {LAYOUT_ROWS(LAYOUT_TIME, key, resumed_ns)},
    {LAYOUT_ROW(LAYOUT_NUMBER, key, accepted)},
    {LAYOUT_ROW(LAYOUT_NUMBER, key, resumed)},
    {LAYOUT_ROW(LAYOUT_NUMBER, key, window)},
    {LAYOUT_ROW(LAYOUT_NUMBER, key, breakage)},
    {LAYOUT_ROW(LAYOUT_TIME, key, settle_ns)},
    {LAYOUT_ROW(LAYOUT_OWNED, key, suspicion), .of = &layout_suspicion},
};
const struct layout layout_key = LAYOUT_OF(key, key_fields);

static const struct layout_field fleet_member_fields[] = {
    {LAYOUT_ROW(LAYOUT_PART, fleet_member, key), .of = &layout_memory_id},
    {LAYOUT_ROW(LAYOUT_PART, fleet_member, device), .of = &layout_address},
    {LAYOUT_ROW(LAYOUT_BYTES, fleet_member, first_session)},
    {LAYOUT_ROW(LAYOUT_TIME, fleet_member, time_ns)},
    {LAYOUT_ROW(LAYOUT_PART, fleet_member, counts), .of = &layout_counts},
};
static const struct layout layout_fleet_member =
    LAYOUT_OF(fleet_member, fleet_member_fields);

static const struct layout_field fleet_fields[] = {
    {LAYOUT_ROWS(LAYOUT_PART, fleet, members), .of = &layout_fleet_member},
    {LAYOUT_ROW(LAYOUT_NUMBER, fleet, member_count), .most = FLEET_MEMBERS},
    {LAYOUT_ROW(LAYOUT_BOOL, fleet, open)},
    {LAYOUT_ROW(LAYOUT_NUMBER, fleet, type), .most = FINDING_TYPE_COUNT - 1,
     .words = layout_finding_word},
    {LAYOUT_ROW(LAYOUT_NUMBER, fleet, severity), .most = 100},
    {LAYOUT_ROW(LAYOUT_NUMBER, fleet, revision)},
    {LAYOUT_ROW(LAYOUT_NUMBER, fleet, told)},
    {LAYOUT_ROW(LAYOUT_NUMBER, fleet, total)},
    {LAYOUT_ROW(LAYOUT_NUMBER, fleet, active)},
    {LAYOUT_ROW(LAYOUT_NUMBER, fleet, retracted)},
    {LAYOUT_ROW(LAYOUT_BYTES, fleet, alert_id)},
    {LAYOUT_ROW(LAYOUT_TIME, fleet, start_ns)},
    {LAYOUT_ROW(LAYOUT_TIME, fleet, last_ns)},
    {LAYOUT_ROW(LAYOUT_TIME, fleet, emitted_ns)},
    {LAYOUT_ROW(LAYOUT_TIME, fleet, watch_ns)},
    {LAYOUT_ROW(LAYOUT_PART, fleet, counts), .of = &layout_counts},
    {LAYOUT_ROWS(LAYOUT_PART, fleet, turned), .of = &layout_memory_id},
    {LAYOUT_ROW(LAYOUT_NUMBER, fleet, turned_count), .most = FLEET_MEMBERS},
    {LAYOUT_ROW(LAYOUT_OWNED, fleet, removed), .of = &layout_notice},
    {LAYOUT_ROW_LIST(fleet, devices, device_count, device_room), .of = &layout_address,
     .most = FINDING_RELATED_MAX},
};
const struct layout layout_fleet = LAYOUT_OF(fleet, fleet_fields);

static const struct layout_field broken_fleet_fields[] = {
    {LAYOUT_ROWS(LAYOUT_PART, broken_fleet, devices), .of = &layout_address},
    {LAYOUT_ROW(LAYOUT_NUMBER, broken_fleet, count), .most = BROKEN_DEVICES},
    {LAYOUT_ROW(LAYOUT_TIME, broken_fleet, accept_ns)},
};
static const struct layout layout_broken_fleet =
    LAYOUT_OF(broken_fleet, broken_fleet_fields);

static const struct layout_field watermark_fields[] = {
    {LAYOUT_ROW(LAYOUT_BOOL, watermark, set)},
    {LAYOUT_ROW(LAYOUT_NUMBER, watermark, clock_steps)},
    {LAYOUT_ROW(LAYOUT_TIME, watermark, decided_ns)},
    {LAYOUT_ROW(LAYOUT_TIME, watermark, start_ns)},
    {LAYOUT_ROW(LAYOUT_BYTES, watermark, id)},
    {LAYOUT_ROW(LAYOUT_TIME, watermark, highest_ns)},
    {LAYOUT_ROW(LAYOUT_NUMBER, watermark, ends)},
};
static const struct layout layout_watermark = LAYOUT_OF(watermark, watermark_fields);

static const struct layout_field placement_fields[] = {
    {LAYOUT_ROW(LAYOUT_NUMBER, placement, sessions)},
    {LAYOUT_ROW(LAYOUT_NUMBER, placement, from_proxies)},
    {LAYOUT_ROWS(LAYOUT_NUMBER, placement, app_ids)},
    {LAYOUT_ROWS(LAYOUT_NUMBER, placement, app_counts)},
    {LAYOUT_ROW(LAYOUT_NUMBER, placement, clients)},
    {LAYOUT_ROW(LAYOUT_NUMBER, placement, names)},
    {LAYOUT_ROW(LAYOUT_BOOL, placement, downstream)},
    {LAYOUT_ROW(LAYOUT_BOOL, placement, upstream)},
};
static const struct layout layout_placement = LAYOUT_OF(placement, placement_fields);

static const struct layout_field identity_link_fields[] = {
    {LAYOUT_ROW(LAYOUT_PART, identity_link, device), .of = &layout_memory_id},
    {LAYOUT_ROW(LAYOUT_ADDRESS, identity_link, v4)},
    {LAYOUT_ROW(LAYOUT_NUMBER, identity_link, v4_s)},
    {LAYOUT_ROW(LAYOUT_ADDRESS, identity_link, v4_before)},
    {LAYOUT_ROW(LAYOUT_NUMBER, identity_link, v4_before_s)},
    {LAYOUT_ROWS(LAYOUT_NUMBER, identity_link, v6_s)},
    {LAYOUT_ROWS(LAYOUT_BYTES, identity_link, v6)},
    {LAYOUT_ROW(LAYOUT_BOOL, identity_link, is_shared)},
};
const struct layout layout_identity_link = LAYOUT_OF(identity_link, identity_link_fields);

static const struct layout_field identity_alias_fields[] = {
    {LAYOUT_ROW(LAYOUT_PART, identity_alias, device), .of = &layout_memory_id},
    {LAYOUT_ROW(LAYOUT_PART, identity_alias, link), .of = &layout_memory_id},
    {LAYOUT_ROW(LAYOUT_NUMBER, identity_alias, link_kind), .most = IDENTITY_INVENTORY},
};
const struct layout layout_identity_alias =
    LAYOUT_OF(identity_alias, identity_alias_fields);

static const struct layout_field correlator_fields[] = {
    {LAYOUT_ROW(LAYOUT_PART, correlator, watermark), .of = &layout_watermark},
    {LAYOUT_ROW(LAYOUT_PART, correlator, lined_up), .of = &layout_watermark},
    {LAYOUT_ROW(LAYOUT_PART, correlator, placement), .of = &layout_placement},
    {LAYOUT_ROW(LAYOUT_PART, correlator, broken), .of = &layout_broken_fleet},
    {LAYOUT_ROW(LAYOUT_TIME, correlator, last_accept_ns)},
    {LAYOUT_ROW(LAYOUT_TIME, correlator, now_ns)},
};
const struct layout layout_correlator = LAYOUT_OF(correlator, correlator_fields);
