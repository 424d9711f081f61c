#include "session/name_table.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
/* The key of the map is a seeded hash already. */
#define HASH_FUNCTION(key, len, hash) ((hash) = map_hash(key))
#include <uthash.h>

struct pooled_text {
    uint64_t key;
    UT_hash_handle hh;
    char text[];
};

static unsigned int map_hash(const void *key)
{
    uint64_t hash;

    memcpy(&hash, key, sizeof(hash));
    return (unsigned int)hash;
}

static int by_name(const void *left, const void *right)
{
    const struct name_number *a = left, *b = right;

    return strcmp(a->name, b->name);
}

bool name_table_init(struct name_table *t, const char *(*name_of)(uint16_t))
{
    size_t count = 0;

    for (uint32_t number = 0; number <= UINT16_MAX; number++)
        count += name_of((uint16_t)number) != NULL;
    *t = (struct name_table){.rows = calloc(count + 1, sizeof(*t->rows))};
    if (!t->rows)
        return false;
    for (uint32_t number = 0; number <= UINT16_MAX; number++) {
        const char *name = name_of((uint16_t)number);

        if (name)
            t->rows[t->count++] =
                (struct name_number){.name = name, .number = (uint16_t)number};
    }
    qsort(t->rows, t->count, sizeof(*t->rows), by_name);
    return true;
}

void name_table_fini(struct name_table *t)
{
    free(t->rows);
    *t = (struct name_table){.rows = NULL};
}

bool name_table_find(const struct name_table *t, const char *name, uint16_t *out)
{
    struct name_number key = {.name = name};
    const struct name_number *row =
        bsearch(&key, t->rows, t->count, sizeof(*t->rows), by_name);
    unsigned long value;
    char *end;

    if (row) {
        *out = row->number;
        return true;
    }
    if (strlen(name) != 6 || strncmp(name, "0x", 2) != 0)
        return false;
    value = strtoul(name + 2, &end, 16);
    *out = (uint16_t)value;
    return *end == '\0';
}

void text_pool_init(struct text_pool *p)
{
    *p = (struct text_pool){.map = NULL};
    keyed_hash_seed(&p->seed);
}

void text_pool_fini(struct text_pool *p)
{
    struct pooled_text *text = p->map, *next;

    HASH_CLEAR(hh, p->map);
    for (; text; text = next) {
        next = text->hh.next;
        free(text);
    }
    p->count = 0;
}

static const char *keep(struct text_pool *p, uint64_t key, const char *text)
{
    size_t size = strlen(text) + 1;
    struct pooled_text *kept =
        p->count < TEXT_POOL_MAX ? calloc(1, sizeof(*kept) + size) : NULL;
    struct pooled_text *added;

    if (!kept) {
        p->left_out++;
        return NULL;
    }
    kept->key = key;
    memcpy(kept->text, text, size);
    HASH_ADD(hh, p->map, key, sizeof(kept->key), kept);
    HASH_FIND(hh, p->map, &key, sizeof(key), added);
    if (added != kept) {
        free(kept);
        p->left_out++;
        return NULL;
    }
    p->count++;
    return kept->text;
}

const char *text_pool_put(struct text_pool *p, const char *text)
{
    struct pooled_text *found;
    uint64_t key;

    if (!text)
        return NULL;
    key = keyed_hash(&p->seed, span_of_text(text));
    HASH_FIND(hh, p->map, &key, sizeof(key), found);
    if (!found)
        return keep(p, key, text);
    if (strcmp(found->text, text) == 0)
        return found->text;
    p->left_out++;
    return NULL;
}
