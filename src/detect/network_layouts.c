/*
 * How the records lie of what is learned of a network: its boxes, its issuers, its servers.
 */
#include <stddef.h>

#include "detect/breakage.h"
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

static const struct layout_field genuine_chain_fields[] = {
    {LAYOUT_ROW(LAYOUT_BYTES, genuine_chain, leaf)},
    {LAYOUT_ROW(LAYOUT_BYTES, genuine_chain, leaf_key)},
    {LAYOUT_ROW(LAYOUT_BYTES, genuine_chain, issuer_key)},
    {LAYOUT_ROW(LAYOUT_BOOL, genuine_chain, has_issuer_key)},
    {LAYOUT_ROW(LAYOUT_BOOL, genuine_chain, is_public)},
    {LAYOUT_ROW(LAYOUT_NUMBER, genuine_chain, accepted_by)},
    {LAYOUT_ROW(LAYOUT_NUMBER, genuine_chain, issuer)},
    {LAYOUT_ROW(LAYOUT_NUMBER, genuine_chain, root)},
    {LAYOUT_ROW(LAYOUT_NUMBER, genuine_chain, not_before_s)},
    {LAYOUT_ROW(LAYOUT_NUMBER, genuine_chain, not_after_s)},
    {LAYOUT_ROW(LAYOUT_TIME, genuine_chain, first_ns)},
    {LAYOUT_ROW(LAYOUT_TIME, genuine_chain, last_ns)},
    {LAYOUT_ROW(LAYOUT_TEXT, genuine_chain, issuer_name)},
};
static const struct layout layout_genuine_chain =
    LAYOUT_OF(genuine_chain, genuine_chain_fields);

static const struct layout_field genuine_app_fields[] = {
    {LAYOUT_ROW(LAYOUT_NUMBER, genuine_app, app)},
    {LAYOUT_ROW(LAYOUT_NUMBER, genuine_app, survived), .most = PIN_ALL},
    {LAYOUT_ROW(LAYOUT_NUMBER, genuine_app, flights)},
    {LAYOUT_ROW(LAYOUT_NUMBER, genuine_app, flight)},
    {LAYOUT_ROW(LAYOUT_NUMBER, genuine_app, answer)},
    {LAYOUT_ROW(LAYOUT_TIME, genuine_app, accepted_ns)},
    {LAYOUT_ROW(LAYOUT_TIME, genuine_app, refused_ns)},
};
static const struct layout layout_genuine_app = LAYOUT_OF(genuine_app, genuine_app_fields);

static const struct layout_field genuine_change_fields[] = {
    {LAYOUT_ROW(LAYOUT_NUMBER, genuine_change, basis), .most = PIN_BASIS_SERVER_FLIGHT},
    {LAYOUT_ROW(LAYOUT_NUMBER, genuine_change, changed), .most = PIN_ALL},
    {LAYOUT_ROW(LAYOUT_NUMBER, genuine_change, survived), .most = PIN_ALL},
    {LAYOUT_ROW(LAYOUT_NUMBER, genuine_change, broken), .most = PIN_ALL},
    {LAYOUT_ROW(LAYOUT_TIME, genuine_change, since_ns)},
};
static const struct layout layout_genuine_change =
    LAYOUT_OF(genuine_change, genuine_change_fields);

static const struct layout_field breakage_member_fields[] = {
    {LAYOUT_ROW(LAYOUT_NUMBER, breakage_member, device)},
    {LAYOUT_ROW(LAYOUT_NUMBER, breakage_member, app)},
    {LAYOUT_ROW(LAYOUT_PART, breakage_member, address), .of = &layout_address},
};
static const struct layout layout_breakage_member =
    LAYOUT_OF(breakage_member, breakage_member_fields);

static const struct layout_field breakage_fields[] = {
    {LAYOUT_ROW(LAYOUT_PART, breakage, streak), .of = &layout_streak},
    {LAYOUT_ROWS(LAYOUT_PART, breakage, evidence), .of = &layout_evidence},
    {LAYOUT_ROWS(LAYOUT_PART, breakage, members), .of = &layout_breakage_member},
    {LAYOUT_ROW(LAYOUT_PART, breakage, change), .of = &layout_genuine_change},
    {LAYOUT_ROW(LAYOUT_BYTES, breakage, first_session)},
    {LAYOUT_ROW(LAYOUT_NUMBER, breakage, evidence_count), .most = BREAKAGE_EVIDENCE},
    {LAYOUT_ROW(LAYOUT_NUMBER, breakage, member_count), .most = BREAKAGE_MEMBERS},
    {LAYOUT_ROW(LAYOUT_NUMBER, breakage, mark)},
    {LAYOUT_ROW(LAYOUT_NUMBER, breakage, refusing)},
    {LAYOUT_ROW(LAYOUT_NUMBER, breakage, refused)},
    {LAYOUT_ROW(LAYOUT_TIME, breakage, last_ns)},
    {LAYOUT_ROW(LAYOUT_TIME, breakage, watch_ns)},
    {LAYOUT_ROW(LAYOUT_TEXT, breakage, app_key)},
    {LAYOUT_ROW(LAYOUT_TEXT, breakage, ja4)},
    {LAYOUT_ROW(LAYOUT_OWNED, breakage, notice), .of = &layout_notice},
};
static const struct layout layout_breakage = LAYOUT_OF(breakage, breakage_fields);

static const struct layout_field genuine_fields[] = {
    {LAYOUT_ROW_ARRAY(genuine, chains, GENUINE_CHAINS), .of = &layout_genuine_chain},
    {LAYOUT_ROW(LAYOUT_NUMBER, genuine, chain_count), .most = GENUINE_CHAINS},
    {LAYOUT_ROW(LAYOUT_NUMBER, genuine, app_count), .most = GENUINE_APPS},
    {LAYOUT_ROWS(LAYOUT_PART, genuine, apps), .of = &layout_genuine_app},
    {LAYOUT_ROW(LAYOUT_OWNED, genuine, breakage), .of = &layout_breakage},
};
const struct layout layout_genuine = LAYOUT_OF(genuine, genuine_fields);
