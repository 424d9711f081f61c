/*
 * The inspection authorities that the configuration names, as judgement knows them: by number, by
 * name and by key.
 */
#pragma once

#include "config/settings.h"
#include "session/session.h"

struct authorities {
    struct certificate_cache *certificates; /* holds theirs and no others */
    const char **names;                     /* by number */
    uint8_t (*keys)[SHA256_BYTES];
    size_t count;
};

/* -1 with a sentence that names file and line. authorities_free in both cases. */
int authorities_load(struct authorities *a, const struct config_inspection *inspection,
                     struct err *why);
void authorities_free(struct authorities *a);

/*
 * Make a record that was read one that was just taken: what was concluded beside other sessions is
 * forgotten, and an authority gets the number that its key has here. One that is not configured
 * here keeps its name and a number that none has.
 */
void authorities_adopt(const struct authorities *a, struct session *s);
