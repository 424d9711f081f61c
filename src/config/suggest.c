#include "config/suggest.h"

#include <strings.h>

#include "base/text.h"

#define WORD_MAX 40 /* our longest key has 27 letters */

/* The part of a row's name that stands in the map `prefix` (length `len`), or an empty span. */
static struct span part_in(const struct schema_key *key, const char *prefix, size_t len)
{
    const char *rest = key->name;

    if (len) {
        if (strncmp(key->name, prefix, len) != 0 || key->name[len] != '.')
            return span_of(NULL, 0);
        rest += len + 1;
    }
    return span_of(rest, strcspn(rest, "."));
}

static char lower(uint8_t c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Number of letters to insert, delete or replace to get from one word to the other. */
static size_t distance(struct span a, struct span b)
{
    size_t row[WORD_MAX + 1], diagonal, above;

    if (a.len > WORD_MAX || b.len > WORD_MAX)
        return WORD_MAX;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            bool same = lower(a.data[i - 1]) == lower(b.data[j - 1]);

            above = row[j];
            row[j] = least(least(above, row[j - 1]) + 1, diagonal + !same);
            diagonal = above;
        }
    }
    return row[b.len];
}

/* The nearest key of the same map, if it is near enough to be meant. */
static struct span nearest(const struct schema *schema, const char *name, size_t prefix)
{
    struct span wanted = span_of_text(name + prefix + (prefix != 0)), best = {NULL, 0},
                part;
    size_t most = wanted.len / 3 > 2 ? wanted.len / 3 : 2, found;

    most = least(most, wanted.len / 2);
    for (size_t i = 0; i < schema->count; i++) {
        part = part_in(&schema->keys[i], name, prefix);
        found = span_empty(part) ? WORD_MAX : distance(wanted, part);
        if (found <= most && (span_empty(best) || found < distance(wanted, best)))
            best = part;
    }
    return best;
}

/* A row whose last part is the word, wherever it is. */
static const char *elsewhere(const struct schema *schema, const char *word)
{
    for (size_t i = 0; i < schema->count; i++) {
        const char *dot = strrchr(schema->keys[i].name, '.');

        if (dot && !strcasecmp(dot + 1, word))
            return schema->keys[i].name;
    }
    return NULL;
}

static void list_known(struct text *t, const struct schema *schema, const char *name,
                       size_t prefix)
{
    struct span last = {NULL, 0}, part;

    text_add(t, "known here are");
    for (size_t i = 0; i < schema->count; i++) {
        part = part_in(&schema->keys[i], name, prefix);
        if (span_empty(part) || span_equal(part, last))
            continue;
        text_add(t, span_empty(last) ? " " : ", ");
        text_add_span(t, part);
        last = part;
    }
}

const char *suggest_key(const struct schema *schema, const char *parent, const char *name,
                        char out[SUGGEST_TEXT_MAX])
{
    const char *dot = strrchr(name, '.'), *word = dot ? dot + 1 : name, *other;
    size_t prefix = dot ? (size_t)(dot - name) : 0;
    struct span near = nearest(schema, name, prefix);
    struct text t = text_in(out, SUGGEST_TEXT_MAX);

    other = span_empty(near) ? elsewhere(schema, word) : NULL;
    if (span_empty(near) && !other) {
        list_known(&t, schema, name, prefix);
        return out;
    }
    text_add_format(&t, "did you mean %s%s", parent, *parent ? "." : "");
    if (other) {
        text_add(&t, other);
    } else {
        text_add_format(&t, "%.*s%s", (int)prefix, name, prefix ? "." : "");
        text_add_span(&t, near);
    }
    text_add_char(&t, '?');
    return out;
}
