#include "authorities.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "config/arena.h"
#include "lane.h"

static int read_all(struct authorities *a, const struct config_inspection *inspection,
                    struct err *why)
{
    struct certificate_options options = {.capacity = 16};

    a->certificates = certificate_cache_new(&options, why);
    if (!a->certificates || lane_load_authorities(a->certificates, inspection, why) < 0)
        return -1;
    for (size_t i = 0; i < a->count; i++) {
        const struct config_authority *from = &inspection->authorities[i];
        const struct certificate *first =
            certificate_cache_authority(a->certificates, (int)i);

        if (from->retired)
            continue;
        a->names[i] = a->pool[i] = strdup(from->name ? from->name : first->subject);
        if (!a->names[i])
            return err_set(why, "no memory for %zu authorities", a->count);
        memcpy(a->keys[i], first->spki_sha256, SHA256_BYTES);
    }
    return 0;
}

/* With room for the names of `before`, which may be NULL. */
static int load(struct authorities *a, const struct authorities *before,
                const struct config_inspection *inspection, struct err *why)
{
    size_t count = inspection->authority_count;
    size_t names = count + (before ? before->pool_count : 0);

    *a = (struct authorities){.count = count, .pool_count = count};
    a->names = calloc(count + 1, sizeof(*a->names));
    a->keys = calloc(count + 1, sizeof(*a->keys));
    a->pool = calloc(names + 1, sizeof(*a->pool));
    if (!a->names || !a->keys || !a->pool)
        return err_set(why, "no memory for %zu authorities", count);
    return read_all(a, inspection, why);
}

int authorities_load(struct authorities *a, const struct config_inspection *inspection,
                     struct err *why)
{
    return load(a, NULL, inspection, why);
}

void authorities_free(struct authorities *a)
{
    certificate_cache_free(a->certificates);
    for (size_t i = 0; a->pool && i < a->pool_count; i++)
        free(a->pool[i]);
    free(a->pool);
    free(a->names);
    free(a->keys);
    *a = (struct authorities){0};
}

/* ---- a reload */

/* Put the authorities of the configuration, whose keys are known, in the order of the numbers. */
static int put_in_order(struct config_authority *out, const struct authorities *before,
                        const struct authorities *now, const struct config *config)
{
    size_t count = before->count;

    for (size_t i = 0; i < before->count; i++)
        out[i] = (struct config_authority){.retired = true};
    for (size_t i = 0; i < now->count; i++) {
        size_t at = 0;

        while (
            at < before->count &&
            (!out[at].retired || memcmp(before->keys[at], now->keys[i], SHA256_BYTES) != 0))
            at++;
        out[at < before->count ? at : count++] = config->inspection.authorities[i];
    }
    return (int)count;
}

static int order(const struct authorities *before, const struct authorities *now,
                 struct config *config, struct err *why)
{
    size_t most = before->count + now->count;
    struct config_authority *out = arena_take(config->arena, most + 1, sizeof(*out));

    if (!out)
        return err_set(why, "no memory for %zu authorities", most);
    config->inspection.authority_count = (size_t)put_in_order(out, before, now, config);
    config->inspection.authorities = out;
    return 0;
}

/* The pointer that an equal name has already. */
static char *same_name(const struct authorities *before, const char *name)
{
    for (size_t i = 0; i < before->pool_count; i++)
        if (before->pool[i] && strcmp(before->pool[i], name) == 0)
            return before->pool[i];
    return NULL;
}

static void keep_names(struct authorities *a, const struct authorities *before)
{
    CHECK(a->keys && a->pool && a->names);
    for (size_t i = 0; i < a->count; i++) {
        const char *same = a->names[i] ? same_name(before, a->names[i]) : before->names[i];

        if (!a->names[i])
            memcpy(a->keys[i], before->keys[i], SHA256_BYTES);
        if (!same)
            continue;
        free(a->pool[i]);
        a->pool[i] = NULL;
        a->names[i] = same;
    }
}

int authorities_load_next(struct authorities *a, const struct authorities *before,
                          struct config *config, struct err *why)
{
    struct authorities now;
    int result = authorities_load(&now, &config->inspection, why);

    *a = (struct authorities){0};
    /* Without any, no certificate is said to be of another than the authority. */
    if (result == 0 && now.count > 0)
        result = order(before, &now, config, why);
    authorities_free(&now);
    if (result == 0 &&
        config->inspection.authority_count + before->pool_count > AUTHORITIES_EVER_MAX)
        result = err_set(why, "more than %u inspection authorities since the start",
                         AUTHORITIES_EVER_MAX);
    if (result < 0 || load(a, before, &config->inspection, why) < 0)
        return -1;
    keep_names(a, before);
    return 0;
}

void authorities_succeed(struct authorities *a, struct authorities *before)
{
    size_t kept = 0;

    for (size_t i = 0; i < a->pool_count; i++)
        if (a->pool[i])
            a->pool[kept++] = a->pool[i];
    for (size_t i = 0; i < before->pool_count; i++)
        if (before->pool[i])
            a->pool[kept++] = before->pool[i];
    a->pool_count = kept;
    before->pool_count = 0;
    authorities_free(before);
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
