/*
 * From the settings to what may still be opened after privileges were dropped: the named list of
 * allowed_places.h, and whether there is a network to talk to.
 *
 *   read     settings, rules, authorities, feeds, certificates of receivers (each with its folder,
 *            so that a new file of the same name is found), public roots, what looks up host names,
 *            captures that are opened when their turn comes; live: what describes interfaces
 *   write    folders of the output file, the spool, the state, and the sockets that are listened on
 */
#pragma once

#include "config/config.h"
#include "privdrop.h"
#include "sensor.h"

struct places_options {
    const struct config *config;
    const char *const *inputs; /* of a replay */
    size_t input_count;
    bool live;
};

/*
 * Drop privileges, with everything open that the settings name. `sensor` is the one whose output is
 * open. -1 with a sentence.
 */
int places_leave_privileges(const struct places_options *options,
                            const struct sensor *sensor, struct err *why);
