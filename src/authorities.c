#include "authorities.h"

#include <stdlib.h>

#include "lane.h"

int authorities_load(struct authorities *a, const struct config_inspection *inspection,
                     struct err *why)
{
    struct certificate_options options = {.capacity = 16};

    *a = (struct authorities){.count = inspection->authority_count};
    a->names = calloc(a->count + 1, sizeof(*a->names));
    a->keys = calloc(a->count + 1, sizeof(*a->keys));
    if (!a->names || !a->keys)
        return err_set(why, "no memory for %zu authorities", a->count);
    a->certificates = certificate_cache_new(&options, why);
    if (!a->certificates || lane_load_authorities(a->certificates, inspection, why) < 0)
        return -1;
    for (size_t i = 0; i < a->count; i++) {
        const struct certificate *first =
            certificate_cache_authority(a->certificates, (int)i);
        const char *name = inspection->authorities[i].name;

        a->names[i] = name ? name : first->subject;
        memcpy(a->keys[i], first->spki_sha256, SHA256_BYTES);
    }
    return 0;
}

void authorities_free(struct authorities *a)
{
    certificate_cache_free(a->certificates);
    free(a->names);
    free(a->keys);
    *a = (struct authorities){0};
}

/* The number here of an authority that had the number `was` where the record was written. */
static int number_of(const struct authorities *a, const struct session *s, int was)
{
    int is = was;

    if (s->has_authority_key)
        is = certificate_cache_find_authority(a->certificates, s->authority_key);
    if (is >= 0)
        return is;
    return was < (int)a->count ? (int)a->count : was;
}

void authorities_adopt(const struct authorities *a, struct session *s)
{
    int was = s->certificate_count ? s->certificates[0]->authority : -1;
    char name[SESSION_AUTHORITY_MAX];
    bool has_key = s->has_authority_key;
    int is;

    if (was < 0) {
        session_forget_judgement(s);
        return;
    }
    is = number_of(a, s, was);
    for (size_t i = 0; i < s->certificate_count; i++)
        if (s->certificates[i]->authority == was)
            s->certificates[i]->authority = is;
    memcpy(name, s->inspection_authority, sizeof(name));
    session_forget_judgement(s);
    memcpy(s->inspection_authority, name, sizeof(name));
    s->has_authority_key = has_key;
}
