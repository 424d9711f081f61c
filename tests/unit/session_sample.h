/*
 * Sessions for tests. The certificates are static and hold a reference of their own, so that they
 * are never freed.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "session/session.h"
#include "tap.h"

static struct certificate sample_leaf = {
    .references = 1,
    .sha256 = {0xaa, 0xbb, 0xcc},
    .spki_sha256 = {1, 2, 3},
    .subject = "C=US,O=Example \"Inc\",CN=api.example.com",
    .issuer = "O=Corp,CN=Corp Inspection CA",
    .common_name = "api.example.com",
    .not_before_s = 1795000000,
    .not_after_s = 1797000000,
    .has_sct = false,
    .authority = 0,
    .readable = true,
};

static struct certificate sample_root = {
    .references = 1,
    .sha256 = {0xdd},
    .spki_sha256 = {4, 5, 6},
    .subject = "O=Corp,CN=Corp Inspection CA",
    .issuer = "O=Corp,CN=Corp Inspection CA",
    .common_name = "Corp Inspection CA",
    .not_before_s = -631152000,
    .not_after_s = INT64_C(253402300799),
    .self_signed = true,
    .is_ca = true,
    .authority = -1,
    .readable = true,
};

static struct certificate sample_unreadable = {
    .references = 1,
    .sha256 = {0xee},
    .authority = -1,
};

static inline struct address sample_address(const char *text)
{
    struct address a;

    if (!address_parse(text, &a))
        abort();
    return a;
}

static inline void sample_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
}

#define SAMPLE_TEXT(field, text) sample_text(field, sizeof(field), text)

/* The least that is known of a session: one ClientHello. */
static inline void sample_bare(struct session *s)
{
    *s = (struct session){
        .protocol = SESSION_TLS,
        .transport = PACKET_TCP,
        .client = sample_address("10.1.2.3"),
        .server = sample_address("203.0.113.9"),
        .client_port = 51234,
        .server_port = 443,
        .start_ns = UINT64_C(1795232898537123456),
        .end_ns = UINT64_C(1795232898560000000),
        .decided_ns = UINT64_C(1795232898570000000),
        .outcome = OUTCOME_IN_PROGRESS,
        .outcome_raw = OUTCOME_IN_PROGRESS,
        .hello_segments = 1,
        .syn_ack = {.window_scale = SESSION_NO_WINDOW_SCALE},
    };
    memset(s->id, 0x11, sizeof(s->id));
}

static inline void sample_traffic(struct session *s)
{
    s->alerts[0] = (struct session_alert){
        .from = SIDE_CLIENT, .level = 2, .description = 48, .at_us = 21800};
    s->alerts[1] =
        (struct session_alert){.from = SIDE_SERVER, .encrypted = true, .at_us = 22000};
    s->alert_count = 2;
    s->records[0] = (struct session_record){.type = 21, .length = 2, .at_us = 21800};
    s->records[1] = (struct session_record){
        .type = 23, .encrypted = true, .length = 19, .at_us = 21900};
    s->record_count = 2;
    s->flight[0] = (struct session_record){.type = 22, .length = 122, .at_us = 20000};
    s->flight[1] = (struct session_record){
        .type = 23, .encrypted = true, .length = 2322, .at_us = 20000};
    s->flight_count = 2;
    s->flight_bytes = 2454;
    s->tickets[0] = 250;
    s->tickets[1] = 251;
    s->ticket_count = 2;
    s->syn_ack = (struct session_syn_ack){
        .seen = true, .ttl = 64, .window = 65535, .mss = 1460, .window_scale = 7};
    SAMPLE_TEXT(s->syn_ack.options, "MSTNW");
    s->client_ttl = 64;
    s->rtt_us = 1234;
    s->hello_to_server_hello_us = 2345;
    s->close_by = SIDE_CLIENT;
    s->close_how = CLOSE_FIN;
    s->close_after_us = 22300;
}

static inline void sample_hellos(struct session *s)
{
    s->version = 0x0304;
    s->cipher = 0x1301;
    s->group = 29;
    s->has_server_hello = true;
    SAMPLE_TEXT(s->next_protocol, "h2");
    SAMPLE_TEXT(s->server_name, "API.example.com.");
    SAMPLE_TEXT(s->ja3, "e7d705a3286e19ea42f587b344ee6865");
    SAMPLE_TEXT(s->ja3s, "f4febc55ea12b31ae17cfb7e614afda8");
    SAMPLE_TEXT(s->ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
    SAMPLE_TEXT(s->app_key, "0123456789abcdef");
    s->supported_ciphers[0] = 0x5a5a;
    s->supported_ciphers[1] = 0x1301;
    s->supported_cipher_count = 2;
    SAMPLE_TEXT(s->alpn_offered, "h2\nhttp/1.1\n");
    s->ech = true;
    s->hello_retry = true;
    s->psk_offered = true;
    s->early_data = true;
    s->certificate_request = true;
    s->hello_segments = 2;
    memcpy(s->random_prefix, "\1\2\3\4\5\6\7\10", sizeof(s->random_prefix));
}

/* Something in every field: a client refuses the certificate of an inspection authority. */
static inline void sample_full(struct session *s)
{
    sample_bare(s);
    sample_hellos(s);
    sample_traffic(s);
    s->has_macs = true;
    memcpy(s->client_mac, "\0\0\136\0\123\43", 6);
    memcpy(s->server_mac, "\0\0\136\0\123\377", 6);
    s->vlans[0] = 100;
    s->vlans[1] = 7;
    s->vlan_count = 2;
    s->tunnel = (struct tunnel){.kind = TUNNEL_GTPU,
                                .id = 77,
                                .source = sample_address("2001:db8::1"),
                                .destination = sample_address("2001:db8::2")};
    s->client_bytes = 1000;
    s->server_bytes = 4000;
    s->client_packets = 10;
    s->server_packets = 12;
    s->certificates[0] = certificate_ref(&sample_leaf);
    s->certificates[1] = certificate_ref(&sample_root);
    s->certificates[2] = certificate_ref(&sample_unreadable);
    s->certificate_count = 3;
    s->outcome = OUTCOME_REJECTED_ALERT;
    s->outcome_raw = OUTCOME_REJECTED_ALERT;
    s->shape = SHAPE_S1;
    s->finished_to_close_us = 500;
    s->inspection = INSPECTION_YES;
    s->inspection_probability = 0.9091;
    s->inspection_basis = BASIS_LEARNED_PROFILE;
    SAMPLE_TEXT(s->inspection_authority, "Corp Inspection CA");
    s->has_authority_key = true;
    memcpy(s->authority_key, sample_root.spki_sha256, sizeof(s->authority_key));
    s->ndpi_protocol = "TLS";
    s->ndpi_application = "Example";
    s->ndpi_category = "Web";
    SAMPLE_TEXT(s->package, "com.example.bank");
    s->package_source = "pktap";
    SAMPLE_TEXT(s->proxy_target, "Proxied.Example.com");
    s->proxy_port = 8443;
    s->is_explicit_proxy = true;
    s->one_sided = true;
    s->gaps = 3;
    s->midstream = true;
    s->truncated = true;
    s->capture_file = "phone.pcap";
    s->clock_steps = 1;
}
