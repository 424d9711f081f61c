#include "outcome/outcome.h"

#include <string.h>

static const char *const names[OUTCOME_COUNT] = {
    [OUTCOME_UNDECIDED] = "undecided",
    [OUTCOME_ACCEPTED] = "accepted",
    [OUTCOME_REJECTED_ALERT] = "rejected_alert",
    [OUTCOME_REJECTED_ENCRYPTED_ALERT] = "rejected_encrypted_alert",
    [OUTCOME_REJECTED_CLOSE] = "rejected_close",
    [OUTCOME_REJECTED_AFTER_HANDSHAKE] = "rejected_after_handshake",
    [OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK] = "rejected_after_handshake_weak",
    [OUTCOME_CERTIFICATE_EXPIRED] = "certificate_expired",
    [OUTCOME_PROTOCOL_FAILURE] = "protocol_failure",
    [OUTCOME_CLIENT_CANCELLED] = "client_cancelled",
    [OUTCOME_ABORTED_EARLY] = "aborted_early",
    [OUTCOME_STALLED] = "stalled",
    [OUTCOME_SERVER_FAULT] = "server_fault",
    [OUTCOME_SERVER_CLOSED] = "server_closed",
    [OUTCOME_CLIENT_CERTIFICATE_REQUIRED] = "client_certificate_required",
    [OUTCOME_IDLE_UNUSED] = "idle_unused",
    [OUTCOME_RESUMED] = "resumed",
    [OUTCOME_SUPERSEDED] = "superseded",
    [OUTCOME_ECH_RETRY] = "ech_retry",
    [OUTCOME_UNKNOWN] = "unknown",
    [OUTCOME_IN_PROGRESS] = "in_progress",
};

const char *outcome_name(enum outcome outcome)
{
    return outcome < OUTCOME_COUNT ? names[outcome] : "unknown";
}

enum outcome outcome_from_name(const char *name)
{
    for (enum outcome o = OUTCOME_UNDECIDED; o < OUTCOME_COUNT; o++)
        if (strcmp(names[o], name) == 0)
            return o;
    return OUTCOME_COUNT;
}

bool outcome_is_refusal(enum outcome outcome)
{
    return outcome >= OUTCOME_REJECTED_ALERT &&
           outcome <= OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK;
}
