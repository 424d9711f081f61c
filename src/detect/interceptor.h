/*
 * The notice `unknown_interceptor`: an issuer that nobody configured forges certificates for the
 * sites that clients visit (detect/issuer.h tells how that shows). One notice for each issuer's key,
 * with the devices that met it; closed when nothing more of it is seen for alert_expiry_d.
 */
#pragma once

#include "detect/correlate.h"

/* A judged session: keep it as evidence for a name that its issuer newly signed for, and raise the
 * notice where the issuer forges. */
void interceptor_observe(struct correlator *c, const struct session *s,
                         const struct inspection_context *context);

/* The time has come to look whether the issuer is still seen: close its notice, or look again. */
void interceptor_expire(struct correlator *c, const struct memory_id *issuer_id);
