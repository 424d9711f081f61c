#include "context/plist.h"

#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#define KEY_MAX 128

struct level {
    json_object *value; /* a dict or an array, owned by the one around it */
    char key[KEY_MAX];  /* of the next value of a dict, else empty */
};

struct plist {
    struct span rest;
    struct level levels[PLIST_DEPTH_MAX];
    size_t depth;
    json_object *root;
    size_t values;
    const char *problem;
};

static void refuse(struct plist *p, const char *problem)
{
    if (!p->problem)
        p->problem = problem;
}

/* ---- what the text is made of */

/* Up to and behind `mark`; false when it does not come. */
static bool take_until(struct plist *p, const char *mark, struct span *out)
{
    size_t len = strlen(mark);
    const uint8_t *found =
        p->rest.len ? memmem(p->rest.data, p->rest.len, mark, len) : NULL;

    if (!found)
        return false;
    *out = span_of(p->rest.data, (size_t)(found - p->rest.data));
    return span_skip(&p->rest, out->len + len);
}

struct tag {
    struct span name;
    bool closes; /* </name> */
    bool empty;  /* <name/> */
};

/* The next tag; declarations and comments are passed over. False at the end. */
static bool next_tag(struct plist *p, struct tag *out)
{
    struct span skipped, inner;

    while (take_until(p, "<", &skipped)) {
        bool comment = p->rest.len >= 3 && memcmp(p->rest.data, "!--", 3) == 0;
        size_t n = 0;

        if (!take_until(p, comment ? "-->" : ">", &inner))
            return false;
        if (comment || inner.len == 0 || inner.data[0] == '?' || inner.data[0] == '!')
            continue;
        out->closes = inner.data[0] == '/';
        out->empty = inner.data[inner.len - 1] == '/';
        if (out->closes)
            inner = span_of(inner.data + 1, inner.len - 1);
        while (n < inner.len && isalpha(inner.data[n]))
            n++;
        out->name = span_of(inner.data, n);
        return true;
    }
    return false;
}

static bool is_named(const struct tag *t, const char *name)
{
    return span_equal(t->name, span_of_text(name));
}

/* The five entities of XML and numbers below 128. */
static size_t decode_entity(struct span text, char *out)
{
    static const struct {
        const char *name;
        char value;
    } entities[] = {
        {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''},
    };

    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        size_t len = strlen(entities[i].name);

        if (text.len >= len && memcmp(text.data, entities[i].name, len) == 0) {
            *out = entities[i].value;
            return len;
        }
    }
    *out = '&';
    return 1;
}

/* Text of an element up to its closing tag, on the heap. */
static char *take_text(struct plist *p, size_t *len)
{
    struct span text, closing;
    char *out;

    if (!take_until(p, "</", &text) || !take_until(p, ">", &closing)) {
        refuse(p, "the property list does not end");
        return NULL;
    }
    out = malloc(text.len + 1);
    if (!out) {
        refuse(p, "no memory for a property list");
        return NULL;
    }
    *len = 0;
    for (size_t i = 0; i < text.len;) {
        if (text.data[i] == '&')
            i += decode_entity(span_of(text.data + i, text.len - i), &out[(*len)++]);
        else
            out[(*len)++] = (char)text.data[i++];
    }
    out[*len] = '\0';
    return out;
}

/* ---- values */

static void put_value(struct plist *p, json_object *value)
{
    struct level *in = p->depth ? &p->levels[p->depth - 1] : NULL;

    if (!value || ++p->values > PLIST_VALUES_MAX)
        refuse(p, "the property list has too many values");
    if (p->problem) {
        json_object_put(value);
    } else if (!in) {
        json_object_put(p->root);
        p->root = value;
    } else if (json_object_is_type(in->value, json_type_array)) {
        (void)json_object_array_add(in->value, value);
    } else if (in->key[0]) {
        json_object_object_add(in->value, in->key, value);
        in->key[0] = '\0';
    } else {
        json_object_put(value);
        refuse(p, "a value of the property list has no key");
    }
}

static void open_level(struct plist *p, json_object *value)
{
    if (p->depth == PLIST_DEPTH_MAX)
        refuse(p, "the property list is nested too deeply");
    put_value(p, value);
    if (p->problem)
        return;
    p->levels[p->depth].key[0] = '\0';
    p->levels[p->depth++].value = value;
}

static void take_key(struct plist *p)
{
    size_t len;
    char *text = take_text(p, &len);

    if (text && p->depth > 0 && len < KEY_MAX && len > 0)
        memcpy(p->levels[p->depth - 1].key, text, len + 1);
    else
        refuse(p, "a key of the property list is none");
    free(text);
}

static void take_scalar(struct plist *p, const struct tag *tag)
{
    size_t len = 0;
    char *text = tag->empty ? strdup("") : take_text(p, &len);

    if (text)
        put_value(p, is_named(tag, "integer")
                         ? json_object_new_int64(strtoll(text, NULL, 10))
                         : json_object_new_string_len(text, (int)len));
    free(text);
}

static void take_tag(struct plist *p, const struct tag *tag)
{
    bool dict = is_named(tag, "dict"), array = is_named(tag, "array");

    if (is_named(tag, "plist"))
        return;
    if (tag->closes) {
        if ((dict || array) && p->depth > 0)
            p->depth--;
        return;
    }
    if ((dict || array) && tag->empty)
        put_value(p, dict ? json_object_new_object() : json_object_new_array());
    else if (dict || array)
        open_level(p, dict ? json_object_new_object() : json_object_new_array());
    else if (is_named(tag, "key"))
        take_key(p);
    else if (is_named(tag, "true") || is_named(tag, "false"))
        put_value(p, json_object_new_boolean(is_named(tag, "true")));
    else
        take_scalar(p, tag);
}

struct json_object *plist_parse(struct span text, const char **problem)
{
    struct plist p = {.rest = text};
    struct tag tag;

    while (!p.problem && next_tag(&p, &tag))
        take_tag(&p, &tag);
    if (!p.problem && p.depth > 0)
        refuse(&p, "the property list does not end");
    if (!p.problem && !p.root)
        refuse(&p, "the property list is empty");
    if (p.problem) {
        json_object_put(p.root);
        *problem = p.problem;
        return NULL;
    }
    return p.root;
}
