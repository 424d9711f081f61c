/*
 * How the records lie of what is learned of a network: its boxes, its issuers, its servers.
 */
#include <stddef.h>

#include "detect/inspection.h"
#include "detect/layout_parts.h"
#include "detect/record_layouts.h"
#include "detect/upstream.h"

static const struct layout_field profile_set_fields[] = {
    {LAYOUT_ROW(LAYOUT_BYTES, profile_set, bits)},
};
static const struct layout layout_profile_set = LAYOUT_OF(profile_set, profile_set_fields);

static const struct layout_field profile_value_fields[] = {
    {LAYOUT_ROW(LAYOUT_PART, profile_value, names), .of = &layout_profile_set},
    {LAYOUT_ROW(LAYOUT_NUMBER, profile_value, value)},
    {LAYOUT_ROW(LAYOUT_NUMBER, profile_value, used)},
    {LAYOUT_ROW(LAYOUT_NUMBER, profile_value, seen_s)},
};
static const struct layout layout_profile_value =
    LAYOUT_OF(profile_value, profile_value_fields);

static const struct layout_field profile_values_fields[] = {
    {LAYOUT_ROWS(LAYOUT_PART, profile_values, values), .of = &layout_profile_value},
    {LAYOUT_ROW(LAYOUT_NUMBER, profile_values, count), .most = PROFILE_VALUES_MAX},
    {LAYOUT_ROW(LAYOUT_NUMBER, profile_values, thinned)},
};
static const struct layout layout_profile_values =
    LAYOUT_OF(profile_values, profile_values_fields);

static const struct layout_field profile_hello_fields[] = {
    {LAYOUT_ROW(LAYOUT_PART, profile_hello, names), .of = &layout_profile_set},
    {LAYOUT_ROW(LAYOUT_NUMBER, profile_hello, app)},
    {LAYOUT_ROW(LAYOUT_NUMBER, profile_hello, hello)},
    {LAYOUT_ROW(LAYOUT_NUMBER, profile_hello, used)},
    {LAYOUT_ROW(LAYOUT_NUMBER, profile_hello, seen_s)},
};
static const struct layout layout_profile_hello =
    LAYOUT_OF(profile_hello, profile_hello_fields);

static const struct layout_field profile_name_fields[] = {
    {LAYOUT_ROW(LAYOUT_NUMBER, profile_name, name)},
    {LAYOUT_ROW(LAYOUT_NUMBER, profile_name, rtt_us)},
};
static const struct layout layout_profile_name =
    LAYOUT_OF(profile_name, profile_name_fields);

static const struct layout_field box_profile_fields[] = {
    {LAYOUT_ROW(LAYOUT_NUMBER, box_profile, machine)},
    {LAYOUT_ROW(LAYOUT_NUMBER, box_profile, stack)},
    {LAYOUT_ROW(LAYOUT_NUMBER, box_profile, ttl)},
    {LAYOUT_ROW(LAYOUT_BOOL, box_profile, has_syn_ack)},
    {LAYOUT_ROW(LAYOUT_BOOL, box_profile, is_proxy)},
    {LAYOUT_ROW(LAYOUT_BOOL, box_profile, served)},
    {LAYOUT_ROW(LAYOUT_NUMBER, box_profile, seen_s)},
    {LAYOUT_ROW(LAYOUT_NUMBER, box_profile, sessions)},
    {LAYOUT_ROW(LAYOUT_NUMBER, box_profile, authority_sessions)},
    {LAYOUT_ROW(LAYOUT_NUMBER, box_profile, other_sessions)},
    {LAYOUT_ROWS(LAYOUT_NUMBER, box_profile, other_names)},
    {LAYOUT_ROWS(LAYOUT_PART, box_profile, names), .of = &layout_profile_name},
    {LAYOUT_ROW(LAYOUT_NUMBER, box_profile, name_count), .most = PROFILE_NAMES_MAX},
    {LAYOUT_ROWS(LAYOUT_NUMBER, box_profile, networks)},
    {LAYOUT_ROW(LAYOUT_NUMBER, box_profile, network_count), .most = PROFILE_NETWORKS_MAX},
    {LAYOUT_ROWS(LAYOUT_NUMBER, box_profile, rtts)},
    {LAYOUT_ROW(LAYOUT_NUMBER, box_profile, rtt_count)},
    {LAYOUT_ROW(LAYOUT_NUMBER, box_profile, rtt_median)},
    {LAYOUT_ROW(LAYOUT_NUMBER, box_profile, rtt_range)},
    {LAYOUT_ROWS(LAYOUT_PART, box_profile, traits), .of = &layout_profile_values},
    {LAYOUT_ROWS(LAYOUT_PART, box_profile, hellos), .of = &layout_profile_hello},
    {LAYOUT_ROW(LAYOUT_NUMBER, box_profile, hello_count), .most = PROFILE_HELLOS_MAX},
    {LAYOUT_ROW(LAYOUT_NUMBER, box_profile, hellos_thinned)},
};
static const struct layout layout_box_profile = LAYOUT_OF(box_profile, box_profile_fields);

static const struct layout_field profile_scope_fields[] = {
    {LAYOUT_ROWS(LAYOUT_PART, profile_scope, profiles), .of = &layout_box_profile},
    {LAYOUT_ROW(LAYOUT_NUMBER, profile_scope, count), .most = PROFILES_MAX},
    {LAYOUT_ROW(LAYOUT_NUMBER, profile_scope, sessions)},
    {LAYOUT_ROW(LAYOUT_NUMBER, profile_scope, authority_sessions)},
    {LAYOUT_ROW(LAYOUT_NUMBER, profile_scope, now_s)},
};
static const struct layout layout_profile_scope =
    LAYOUT_OF(profile_scope, profile_scope_fields);

static const struct layout_field scope_record_fields[] = {
    {LAYOUT_ROW(LAYOUT_PART, scope_record, profile), .of = &layout_profile_scope},
    {LAYOUT_ROW(LAYOUT_PART, scope_record, issuers), .of = &layout_id_set},
};
const struct layout layout_scope_record = LAYOUT_OF(scope_record, scope_record_fields);

static const struct layout_field policy_record_fields[] = {
    {LAYOUT_ROW(LAYOUT_NUMBER, policy_record, certificate),
     .most = PROFILE_CERTIFICATE_OTHER},
    {LAYOUT_ROW(LAYOUT_NUMBER, policy_record, seen_s)},
};
const struct layout layout_policy_record = LAYOUT_OF(policy_record, policy_record_fields);

static const struct layout_field issuer_leaf_fields[] = {
    {LAYOUT_ROW(LAYOUT_NUMBER, issuer_leaf, name)},
    {LAYOUT_ROW(LAYOUT_NUMBER, issuer_leaf, network)},
    {LAYOUT_ROW(LAYOUT_NUMBER, issuer_leaf, certificate)},
    {LAYOUT_ROW(LAYOUT_NUMBER, issuer_leaf, key)},
    {LAYOUT_ROW(LAYOUT_NUMBER, issuer_leaf, seen_s)},
    {LAYOUT_ROW(LAYOUT_NUMBER, issuer_leaf, age_s)},
    {LAYOUT_ROW(LAYOUT_ADDRESS, issuer_leaf, device)},
    {LAYOUT_ROW(LAYOUT_TEXT, issuer_leaf, host)},
    {LAYOUT_ROW(LAYOUT_PART, issuer_leaf, evidence), .of = &layout_evidence},
};
static const struct layout layout_issuer_leaf = LAYOUT_OF(issuer_leaf, issuer_leaf_fields);

static const struct layout_field issuer_proof_fields[] = {
    {LAYOUT_ROWS(LAYOUT_PART, issuer_proof, leaves), .of = &layout_issuer_leaf},
    {LAYOUT_ROW(LAYOUT_BYTES, issuer_proof, leaf_key)},
    {LAYOUT_ROW(LAYOUT_NUMBER, issuer_proof, count), .most = ISSUER_LEAVES},
    {LAYOUT_ROW(LAYOUT_NUMBER, issuer_proof, next), .most = ISSUER_LEAVES},
};
static const struct layout layout_issuer_proof =
    LAYOUT_OF(issuer_proof, issuer_proof_fields);

static const struct layout_field issuer_fields[] = {
    {LAYOUT_ROW(LAYOUT_TEXT, issuer, name)},
    {LAYOUT_ROW(LAYOUT_BYTES, issuer, key)},
    {LAYOUT_ROW(LAYOUT_BOOL, issuer, has_key)},
    {LAYOUT_ROW(LAYOUT_BOOL, issuer, is_public)},
    {LAYOUT_ROW(LAYOUT_BOOL, issuer, shares_key)},
    {LAYOUT_ROW(LAYOUT_BOOL, issuer, made_to_order)},
    {LAYOUT_ROW(LAYOUT_NUMBER, issuer, sessions)},
    {LAYOUT_ROW(LAYOUT_TIME, issuer, last_ns)},
    {LAYOUT_ROW(LAYOUT_TIME, issuer, watch_ns)},
    {LAYOUT_ROW(LAYOUT_OWNED, issuer, proof), .of = &layout_issuer_proof},
    {LAYOUT_ROW(LAYOUT_OWNED, issuer, notice), .of = &layout_notice},
};
const struct layout layout_issuer = LAYOUT_OF(issuer, issuer_fields);

static const struct layout_field upstream_key_fields[] = {
    {LAYOUT_ROW(LAYOUT_PART, upstream_key, networks), .of = &layout_id_set},
    {LAYOUT_ROW(LAYOUT_PART, upstream_key, names), .of = &layout_id_set},
};
const struct layout layout_upstream_key = LAYOUT_OF(upstream_key, upstream_key_fields);
