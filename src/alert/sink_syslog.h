/*
 * The sink that sends alerts to a syslog receiver: one RFC 5424 message for each revision, over
 * UDP (RFC 5426), TCP and TLS with octet counting (RFC 6587, 3.4.1; RFC 5425), or to a Unix socket
 * such as /dev/log. Messages are spooled first (delivery.h).
 *
 *   <134>1 2026-11-21T03:48:18.537000Z HOST pinsight - AN1726 - @cee: {...}
 *
 * After `@cee:` stands the compact alert (alert_json_write_compact): the whole message keeps within
 * SYSLOG_MESSAGE_MAX, which receivers take by default. The severity is critical, error, warning,
 * notice or informational as that of the alert. There is no byte order mark: readers of `@cee:`
 * expect it first.
 */
#pragma once

#include "alert/delivery.h"
#include "base/text.h"
#include "detect/finding.h"
#include "session/event.h"

#define SYSLOG_MESSAGE_MAX 8192
#define SYSLOG_HOST_MAX 256 /* RFC 5424, 6: 255 characters */

struct sink_syslog_options {
    const char *address;
    enum receiver_transport transport;
    struct tls_trust_options trust; /* with RECEIVER_TLS */
    unsigned facility;              /* 0..23 */
    const char *host;               /* HOSTNAME of messages; NULL: that of this machine */
    const struct observer *observer;
    const char *spool_path;
    uint64_t spool_bytes;
};

struct sink_syslog {
    struct delivery delivery; /* first: this is a sink */
    struct tls_trust *trust;
    unsigned facility;
    char host[SYSLOG_HOST_MAX];
    struct observer observer;
};

int sink_syslog_init(struct sink_syslog *s, const struct sink_syslog_options *options,
                     struct err *why);

/* The message of a finding, without end; false when it cannot be made short enough. */
bool sink_syslog_message(const struct sink_syslog *s, const struct finding *f,
                         struct text *out);

void sink_syslog_fini(struct sink_syslog *s);
