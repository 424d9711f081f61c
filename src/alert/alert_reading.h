/*
 * One alert while it is read back: shared by the two halves of the reader, for nobody else.
 */
#pragma once

#include "alert/alert_read.h"
#include "session/json_in.h"

#define ALERT_LIST_MAX 4096 /* elements of any list */

struct reading {
    struct json_in in;
    json_object *root, *pinsight;
    struct alert_read *alert;
    struct finding *f;
};

/* Fill who the device and the app are, what feeds tell, who forges, and what is pinned. */
void alert_read_parties(struct reading *r);
