/*
 * The notices: what explains refusals that are no pinning. Each is issued at most once in its time
 * for its scope (app, destination, device), whatever fires it.
 */
#pragma once

#include "detect/report.h"

/* The app of this key does not trust the authority, whatever the destination. */
void notice_app(struct correlator *c, struct report *r);

/* The same, where no destination was refused often enough by itself, but all of them together. */
void notice_app_anywhere(struct correlator *c, struct report *r);

/* The destination, or the inspection itself, is at fault for these devices. */
void notice_site(struct correlator *c, struct report *r, const struct address *devices,
                 size_t device_count, const char *why);
