/*
 * The inspection authorities that the configuration names, as judgement knows them: by number, by
 * name and by key.
 */
#pragma once

#include "config/settings.h"
#include "session/session.h"

/* Numbers ever given, and names ever heard, while the program runs. */
#define AUTHORITIES_EVER_MAX 1024u

struct authorities {
    struct certificate_cache *certificates; /* holds theirs and no others */
    const char **names;                     /* by number; in `pool` */
    uint8_t (*keys)[SHA256_BYTES];
    size_t count;
    char **
        pool; /* every name, so that equal names are one pointer as long as the program runs */
    size_t pool_count;
};

/* -1 with a sentence that names file and line. authorities_free in both cases. */
int authorities_load(struct authorities *a, const struct config_inspection *inspection,
                     struct err *why);
void authorities_free(struct authorities *a);

/*
 * The same at a reload, beside those of before, which do not change. Sessions under way carry
 * numbers, so each keeps its meaning: the list in `config` is put into that order, those that left
 * it hold their places as `retired`, new ones follow. -1 as above.
 */
int authorities_load_next(struct authorities *a, const struct authorities *before,
                          struct config *config, struct err *why);

/* Those of before are out of use: their names, which memory points at, go over. */
void authorities_succeed(struct authorities *a, struct authorities *before);

/*
 * Make a record that was read one that was just taken: what was concluded beside other sessions is
 * forgotten, and an authority gets the number that its key has here. One that is not configured
 * here keeps its name and a number that none has.
 */
void authorities_adopt(const struct authorities *a, struct session *s);
