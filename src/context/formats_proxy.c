/*
 * What inspecting proxies say of connections. They decrypt the alert that the wire hides, so their
 * word confirms what was inferred.
 *
 * Verdicts: client_rejected (the client refused the certificate), client_failed (the handshake with
 * the client failed and the log does not say why), accepted, bypassed (not inspected), failed (the
 * server's side is at fault).
 */
#include "context/format.h"

/* ---- PAN-OS decryption log, as its syslog writes it */

static const char pan_columns[] =
    "future_use,receive_time,serial,type,subtype,config_version,time_generated,src,dst,"
    "natsrc,natdst,rule,srcuser,dstuser,app,vsys,from,to,inbound_if,outbound_if,logset,"
    "time_logged,sessionid,repeatcnt,sport,dport,natsport,natdport,flags,proto,action,"
    "tunnel,future_use_1,future_use_2,src_uuid,dst_uuid,rule_uuid,hs_stage_c2f,"
    "hs_stage_f2s,tls_version,tls_keyxchg,tls_enc,tls_auth,policy_name,ec_curve,err_index,"
    "root_status,chain_status,proxy_type,cert_serial,fingerprint,notbefore,notafter,"
    "cert_ver,cert_size,cn_len,issuer_len,rootcn_len,sni_len,cert_flags,cn,issuer_cn,"
    "root_cn,sni,error,container_id,pod_namespace,pod_name,src_edl,dst_edl,src_dag,dst_dag,"
    "high_res_timestamp,src_category,src_profile,src_model,src_vendor,src_osfamily,"
    "src_osversion,src_host,src_mac";

/* Errors that the firewall had from the client: alerts, and closing in the handshake. */
#define PAN_ERRORS                                                                         \
    "UnknownCA=client_rejected;BadCertificate=client_rejected;"                            \
    "CertificateUnknown=client_rejected;UnsupportedCertificate=client_rejected;"           \
    "unknown CA=client_rejected;bad certificate=client_rejected;"                          \
    "certificate unknown=client_rejected;"                                                 \
    "client closed=client_failed;=accepted;*=failed"

static const struct mapping_row pan_rows[] = {
    {"time_generated", FIELD_TIME, CONVERT_TIME, NULL},
    {"high_res_timestamp", FIELD_TIME, CONVERT_TIME, NULL},
    {"src", FIELD_DEVICE_IP, CONVERT_TEXT, NULL},
    {"src_mac", FIELD_DEVICE_MAC, CONVERT_TEXT, NULL},
    {"srcuser", FIELD_DEVICE_USER, CONVERT_TEXT, NULL},
    {"dst", FIELD_NET_DST_IP, CONVERT_TEXT, NULL},
    {"dport", FIELD_NET_DST_PORT, CONVERT_TEXT, NULL},
    {"sport", FIELD_NET_SRC_PORT, CONVERT_TEXT, NULL},
    {"sni", FIELD_NET_HOST, CONVERT_TEXT, NULL},
    {"tls_version", FIELD_PROXY_TLS_VERSION, CONVERT_TEXT, NULL},
    {"hs_stage_c2f", FIELD_PROXY_STAGE, CONVERT_TEXT, NULL},
    {"proxy_type", FIELD_PROXY_VERDICT, CONVERT_CHOICE, "No Decrypt=bypassed"},
    {"error", FIELD_PROXY_VERDICT, CONVERT_FIND, PAN_ERRORS},
    {"error", FIELD_PROXY_ERROR, CONVERT_TEXT, NULL},
};

static const struct mapping pan_mappings[] = {
    {.needs = {"type=DECRYPTION", "src"}, .kind = CONTEXT_PROXY, FORMAT_ROWS(pan_rows)},
};

const struct format format_pan_os = {
    .name = "pan-os",
    .id = CONTEXT_FORMAT_PAN_OS,
    .shape = SHAPE_CSV,
    .columns = pan_columns,
    .row_mark = ",DECRYPTION,",
    FORMAT_MAPPINGS(pan_mappings),
};

/* ---- Squid: access.log (native), with %err_code/%err_detail behind it, and cache.log */

static const struct line_rule squid_rules[] = {
    {"{time} {elapsed:d} {client:a} {result} {bytes:d} CONNECT {url} {user} {peer} {type} "
     "{error*}",
     LINE_ITEM},
    {"{time} {elapsed:d} {client:a} {result} {bytes:d} CONNECT {url} {user} {peer} {type}",
     LINE_ITEM},
    {"{time} {elapsed:d} {client:a} {result} {bytes:d} {method} https://{inner} {user} "
     "{peer} {type}",
     LINE_ITEM},
    {"{moment*} kid{kid:d}| ERROR: failure while accepting a TLS connection on {conn} "
     "local={local} remote={remote} FD {fd:d} flags={flags:d}: {error*}",
     LINE_ITEM},
    {"{moment*}| ERROR: failure while accepting a TLS connection on {conn} "
     "local={local} remote={remote} FD {fd:d} flags={flags:d}: {error*}",
     LINE_ITEM},
};

/* The library's error: 1000 plus the number of the alert, in hexadecimal. */
#define SQUID_ERRORS                                                                       \
    "A000412=client_rejected;A000413=client_rejected;A000414=client_rejected;"             \
    "A000416=client_rejected;A000418=client_rejected;A000419=client_rejected;"             \
    "ERR_SECURE_ACCEPT_FAIL=client_failed"

static const struct mapping_row squid_connect_rows[] = {
    {"time", FIELD_TIME, CONVERT_SECONDS, NULL},
    {"client", FIELD_DEVICE_IP, CONVERT_TEXT, NULL},
    {"url", FIELD_NET_HOST, CONVERT_HOST, NULL},
    {"url", FIELD_NET_DST_PORT, CONVERT_PORT, NULL},
    {"peer", FIELD_NET_DST_IP, CONVERT_LAST, NULL},
    {"error", FIELD_PROXY_VERDICT, CONVERT_FIND, SQUID_ERRORS},
    {"result", FIELD_PROXY_VERDICT, CONVERT_FIND,
     "NONE_NONE/000=client_failed;TAG_NONE/000=client_failed;TCP_TUNNEL/=bypassed;"
     "NONE_NONE/200=answered;TAG_NONE/200=answered;*=failed"},
    {"error", FIELD_PROXY_ERROR, CONVERT_TEXT, NULL},
    {"result", FIELD_PROXY_STAGE, CONVERT_TEXT, NULL},
};

/* A request that was inside the encrypted connection: the client accepted the certificate. */
static const struct mapping_row squid_request_rows[] = {
    {"time", FIELD_TIME, CONVERT_SECONDS, NULL},
    {"client", FIELD_DEVICE_IP, CONVERT_TEXT, NULL},
    {"inner", FIELD_NET_HOST, CONVERT_HOST, NULL},
    {"result", FIELD_PROXY_VERDICT, CONVERT_PRESENT, "accepted"},
    {"result", FIELD_PROXY_STAGE, CONVERT_TEXT, NULL},
};

static const struct mapping_row squid_failure_rows[] = {
    {"moment", FIELD_TIME, CONVERT_TIME, NULL},
    {"remote", FIELD_DEVICE_IP, CONVERT_HOST, NULL},
    {"remote", FIELD_NET_SRC_PORT, CONVERT_PORT, NULL},
    {"local", FIELD_NET_DST_IP, CONVERT_HOST, NULL},
    {"local", FIELD_NET_DST_PORT, CONVERT_PORT, NULL},
    {"error", FIELD_PROXY_VERDICT, CONVERT_FIND, SQUID_ERRORS ";*=client_failed"},
    {"error", FIELD_PROXY_ERROR, CONVERT_TEXT, NULL},
};

static const struct mapping squid_mappings[] = {
    {.needs = {"client", "url"}, .kind = CONTEXT_PROXY, FORMAT_ROWS(squid_connect_rows)},
    {.needs = {"client", "inner"}, .kind = CONTEXT_PROXY, FORMAT_ROWS(squid_request_rows)},
    {.needs = {"remote", "local"}, .kind = CONTEXT_PROXY, FORMAT_ROWS(squid_failure_rows)},
};

const struct format format_squid = {
    .name = "squid",
    .id = CONTEXT_FORMAT_SQUID,
    .shape = SHAPE_LINES,
    FORMAT_RULES(squid_rules),
    FORMAT_MAPPINGS(squid_mappings),
};

/* ---- mitmproxy's event log: the time of day, or what a journal put before the line */

#define MITM_DISTRUST                                                                      \
    "Client TLS handshake failed. The client does not trust the proxy's certificate for "  \
    "{host} ({error*})"
#define MITM_MAY_DISTRUST                                                                  \
    "Client TLS handshake failed. The client may not trust the proxy's certificate for "   \
    "{host} ({error*})"
#define MITM_HUNG_UP                                                                       \
    "Client TLS handshake failed. The client disconnected during the handshake. If this "  \
    "happens consistently for {host}, this may indicate that the client does not trust "   \
    "the proxy's certificate."

#define MITM_LINES(begin)                                                                  \
    {begin MITM_DISTRUST, LINE_ITEM}, {begin MITM_MAY_DISTRUST, LINE_ITEM},                \
    {                                                                                      \
        begin MITM_HUNG_UP, LINE_ITEM                                                      \
    }

static const struct line_rule mitmproxy_rules[] = {
    MITM_LINES("[{clock}][{client}] "),
    MITM_LINES("{stamp} {machine} {program}: [{clock}][{client}] "),
    MITM_LINES("{stamp} {machine} {program}: {client}: "),
    MITM_LINES("{stamp} {client}: "),
};

static const struct mapping_row mitmproxy_rows[] = {
    {"stamp", FIELD_TIME, CONVERT_TIME, NULL},
    {"clock", FIELD_TIME, CONVERT_CLOCK, NULL},
    {"client", FIELD_DEVICE_IP, CONVERT_HOST, NULL},
    {"client", FIELD_NET_SRC_PORT, CONVERT_PORT, NULL},
    {"host", FIELD_NET_HOST, CONVERT_TEXT, NULL},
    {"error", FIELD_PROXY_VERDICT, CONVERT_FIND, "alert=client_rejected;*=client_failed"},
    {"host", FIELD_PROXY_VERDICT, CONVERT_PRESENT, "client_failed"},
    {"error", FIELD_PROXY_ERROR, CONVERT_TEXT, NULL},
};

static const struct mapping mitmproxy_mappings[] = {
    {.needs = {"client", "host"}, .kind = CONTEXT_PROXY, FORMAT_ROWS(mitmproxy_rows)},
};

const struct format format_mitmproxy = {
    .name = "mitmproxy",
    .id = CONTEXT_FORMAT_MITMPROXY,
    .shape = SHAPE_LINES,
    FORMAT_RULES(mitmproxy_rules),
    FORMAT_MAPPINGS(mitmproxy_mappings),
};
