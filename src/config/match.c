#include "config/match.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) (void)(element)
#include <uthash.h>

#include "config/value.h"

#define NAME_BYTES_MAX 253 /* RFC 1035, 2.3.4, in text form */
#define LABEL_BYTES_MAX 63
#define APP_BYTES_MAX 254 /* package names have up to 223, a JA4 36 */
#define KEY_BYTES_MAX 256
#define ADDRESS_BITS 128

/* The first byte of a key in the map: how the rest is to be compared. */
enum form {
    FORM_NAME = 'n',
    FORM_SUFFIX = 's',
    FORM_NETWORK = 'w',
    FORM_PORTS = 'o',
    FORM_APP = 'a',
    FORM_APP_PREFIX = 'p'
};

/* What an entry's text says. */
struct parsed {
    enum form form;
    uint8_t key[KEY_BYTES_MAX];
    size_t key_len;
    struct network network;
    uint16_t port_low, port_high; /* 0, 0: any */
};

struct item {
    struct match_entry entry;
    uint16_t port_low, port_high;
    struct item *next; /* with the same key, in the order of adding */
};

struct bucket {
    struct item *first, *last;
    UT_hash_handle hh;
    size_t key_len;
    uint8_t key[];
};

struct match_list {
    enum match_subject subject;
    struct bucket *buckets;
    struct item **items;
    size_t count, room;
    size_t longest_suffix, longest_prefix;
    uint8_t lengths[ADDRESS_BITS + 1]; /* of the prefixes there are, the longest first */
    size_t length_count;
};

static uint8_t lower(uint8_t c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static void key_start(struct parsed *p, enum form form)
{
    p->form = form;
    p->key[0] = (uint8_t)form;
    p->key_len = 1;
}

static bool key_add(struct parsed *p, struct span bytes)
{
    if (bytes.len > sizeof(p->key) - p->key_len)
        return false;
    memcpy(p->key + p->key_len, bytes.data, bytes.len);
    p->key_len += bytes.len;
    return true;
}

/* "5228" or "5228-5230" */
static bool parse_ports(const char *text, struct parsed *p)
{
    const char *dash = strchr(text, '-');
    char first[8];
    uint64_t low, high;
    size_t len = dash ? (size_t)(dash - text) : strlen(text);

    if (len >= sizeof(first))
        return false;
    memcpy(first, text, len);
    first[len] = '\0';
    if (!value_parse_count(first, &low) ||
        !value_parse_count(dash ? dash + 1 : first, &high) || low < 1 || low > high ||
        high > UINT16_MAX)
        return false;
    p->port_low = (uint16_t)low;
    p->port_high = (uint16_t)high;
    return true;
}

static bool parse_network(const char *text, struct parsed *p)
{
    if (!network_parse(text, &p->network))
        return false;
    key_start(p, FORM_NETWORK);
    return key_add(p, span_of(&p->network.bits, 1)) &&
           key_add(p, span_of(p->network.address.bytes, sizeof(p->network.address.bytes)));
}

/* A name as DNS has it; the last label of one is never a number, so half an address is none. */
static bool name_valid(struct span name)
{
    size_t label = 0, digits = 0;

    if (span_empty(name) || name.len > NAME_BYTES_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];

        if (c == '.') {
            if (!label)
                return false;
            label = digits = 0;
            continue;
        }
        if (!is_digit(c) && !(lower(c) >= 'a' && lower(c) <= 'z') && c != '-' && c != '_')
            return false;
        digits += is_digit(c);
        if (++label > LABEL_BYTES_MAX)
            return false;
    }
    return label && label != digits;
}

static bool parse_name(const char *text, struct parsed *p)
{
    bool suffix = text[0] == '*' && text[1] == '.';
    struct span name = span_of_text(suffix ? text + 2 : text);

    if (name.len && name.data[name.len - 1] == '.')
        name = span_first(name, name.len - 1);
    if (!name_valid(name))
        return false;
    key_start(p, suffix ? FORM_SUFFIX : FORM_NAME);
    if (!key_add(p, name))
        return false;
    for (size_t i = 1; i < p->key_len; i++)
        p->key[i] = lower(p->key[i]);
    return true;
}

/* "HOST:PORTS" with the host in brackets or without a colon of its own. */
static bool parse_host_ports(const char *text, struct parsed *p)
{
    const char *colon = strrchr(text, ':');
    char host[NAME_BYTES_MAX + 4];
    size_t len = colon ? (size_t)(colon - text) : 0;

    if (!len || len >= sizeof(host) || !parse_ports(colon + 1, p))
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    if (!strcmp(host, "*")) {
        key_start(p, FORM_PORTS);
        return true;
    }
    if (host[0] == '[' && host[len - 1] == ']') {
        host[len - 1] = '\0';
        return parse_network(host + 1, p);
    }
    return !strchr(host, ':') && (parse_network(host, p) || parse_name(host, p));
}

static bool parse_destination(const char *text, struct parsed *p)
{
    if (parse_ports(text, p)) {
        key_start(p, FORM_PORTS);
        return true;
    }
    return parse_network(text, p) || parse_host_ports(text, p) || parse_name(text, p);
}

static bool parse_app(const char *text, struct parsed *p)
{
    struct span id = span_of_text(text);
    bool prefix = id.len && id.data[id.len - 1] == '*';

    if (prefix)
        id = span_first(id, id.len - 1);
    if (span_empty(id) || id.len > APP_BYTES_MAX)
        return false;
    for (size_t i = 0; i < id.len; i++)
        if (id.data[i] <= ' ' || id.data[i] >= 0x7f || id.data[i] == '*')
            return false;
    key_start(p, prefix ? FORM_APP_PREFIX : FORM_APP);
    return key_add(p, id);
}

static bool parse_entry(enum match_subject subject, const char *text, struct parsed *out)
{
    struct parsed p = {0};
    bool valid = subject == MATCH_APPS ? parse_app(text, &p) : parse_destination(text, &p);

    if (valid)
        *out = p;
    return valid;
}

bool match_valid(enum match_subject subject, const char *text)
{
    struct parsed ignored;

    return parse_entry(subject, text, &ignored);
}

struct match_list *match_list_new(enum match_subject subject)
{
    struct match_list *list = calloc(1, sizeof(*list));

    if (list)
        list->subject = subject;
    return list;
}

void match_list_free(struct match_list *list)
{
    struct bucket *bucket, *next;

    if (!list)
        return;
    bucket = list->buckets;
    HASH_CLEAR(hh, list->buckets); /* frees the table, not the buckets */
    for (; bucket; bucket = next) {
        next = bucket->hh.next;
        free(bucket);
    }
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    free(list);
}

static struct bucket *find_bucket(const struct match_list *list, const uint8_t *key,
                                  size_t len)
{
    struct bucket *found = NULL;

    HASH_FIND(hh, list->buckets, key, len, found);
    return found;
}

static struct bucket *make_bucket(struct match_list *list, const struct parsed *p)
{
    struct bucket *bucket = find_bucket(list, p->key, p->key_len);

    if (bucket)
        return bucket;
    bucket = calloc(1, sizeof(*bucket) + p->key_len);
    if (!bucket)
        return NULL;
    memcpy(bucket->key, p->key, p->key_len);
    bucket->key_len = p->key_len;
    HASH_ADD_KEYPTR(hh, list->buckets, bucket->key, bucket->key_len, bucket);
    if (!bucket->hh.tbl) { /* uthash's sign that memory was out */
        free(bucket);
        return NULL;
    }
    return bucket;
}

static bool make_room(struct match_list *list)
{
    size_t room = list->room ? list->room * 2 : 16;
    struct item **items;

    if (list->count < list->room)
        return true;
    items = reallocarray(list->items, room, sizeof(*items));
    if (!items)
        return false;
    list->items = items;
    list->room = room;
    return true;
}

static void note_length(struct match_list *list, uint8_t bits)
{
    size_t i = list->length_count;

    if (memchr(list->lengths, bits, list->length_count))
        return;
    for (; i > 0 && list->lengths[i - 1] < bits; i--)
        list->lengths[i] = list->lengths[i - 1];
    list->lengths[i] = bits;
    list->length_count++;
}

static void link_item(struct match_list *list, struct bucket *bucket, struct item *item,
                      const struct parsed *p)
{
    if (bucket->last)
        bucket->last->next = item;
    else
        bucket->first = item;
    bucket->last = item;
    list->items[list->count++] = item;
    if (p->form == FORM_NETWORK)
        note_length(list, p->network.bits);
    if (p->form == FORM_SUFFIX && p->key_len > list->longest_suffix)
        list->longest_suffix = p->key_len;
    if (p->form == FORM_APP_PREFIX && p->key_len > list->longest_prefix)
        list->longest_prefix = p->key_len;
}

int match_list_add(struct match_list *list, const struct match_entry *entry,
                   struct err *why)
{
    struct parsed p;
    struct bucket *bucket;
    struct item *item;

    if (!parse_entry(list->subject, entry->match, &p))
        return place_complain(why, &entry->place, entry->list, "not a %s: \"%.80s\"",
                              list->subject == MATCH_APPS ? "app" : "destination",
                              entry->match);
    if (list->count == MATCH_ENTRIES_MAX)
        return place_complain(why, &entry->place, entry->list, "more than %d entries",
                              MATCH_ENTRIES_MAX);
    item = make_room(list) ? calloc(1, sizeof(*item)) : NULL;
    bucket = item ? make_bucket(list, &p) : NULL;
    if (!bucket) {
        free(item);
        return place_complain(why, &entry->place, entry->list, "out of memory");
    }
    item->entry = *entry;
    item->entry.index = list->count;
    item->port_low = p.port_low;
    item->port_high = p.port_high;
    link_item(list, bucket, item, &p);
    return 0;
}

size_t match_list_count(const struct match_list *list)
{
    return list->count;
}

const struct match_entry *match_list_get(const struct match_list *list, size_t index)
{
    return &list->items[index]->entry;
}

/* The first entry under a key that holds for this port and has not expired. */
static const struct match_entry *find_entry(const struct match_list *list,
                                            const uint8_t *key, size_t len, uint16_t port,
                                            uint64_t now_ns)
{
    const struct bucket *bucket = find_bucket(list, key, len);

    for (const struct item *i = bucket ? bucket->first : NULL; i; i = i->next) {
        bool expired = i->entry.expires_ns && now_ns >= i->entry.expires_ns;

        if (!expired && (!i->port_low || (port >= i->port_low && port <= i->port_high)))
            return &i->entry;
    }
    return NULL;
}

static const struct match_entry *find_name(const struct match_list *list, struct span name,
                                           uint16_t port, uint64_t now_ns)
{
    uint8_t key[KEY_BYTES_MAX];
    const struct match_entry *found;

    if (name.len && name.data[name.len - 1] == '.')
        name = span_first(name, name.len - 1);
    if (span_empty(name) || name.len > NAME_BYTES_MAX)
        return NULL;
    key[0] = FORM_NAME;
    for (size_t i = 0; i < name.len; i++)
        key[i + 1] = lower(name.data[i]);
    found = find_entry(list, key, name.len + 1, port, now_ns);
    /* key[i] is the dot before each parent in turn; it becomes the form byte for the look-up */
    for (size_t i = 1; !found && i < name.len; i++) {
        if (key[i] != '.' || name.len + 1 - i > list->longest_suffix)
            continue;
        key[i] = FORM_SUFFIX;
        found = find_entry(list, key + i, name.len + 1 - i, port, now_ns);
    }
    return found;
}

static const struct match_entry *find_network(const struct match_list *list,
                                              const struct address *address, uint16_t port,
                                              uint64_t now_ns)
{
    const struct match_entry *found = NULL;
    uint8_t key[2 + sizeof(address->bytes)] = {FORM_NETWORK};

    for (size_t i = 0; i < list->length_count && !found; i++) {
        size_t bits = list->lengths[i], whole = bits / 8;

        memset(key + 2, 0, sizeof(address->bytes));
        memcpy(key + 2, address->bytes, whole);
        if (bits % 8)
            key[2 + whole] = address->bytes[whole] & (uint8_t)(0xff00u >> (bits % 8));
        key[1] = (uint8_t)bits;
        found = find_entry(list, key, sizeof(key), port, now_ns);
    }
    return found;
}

const struct match_entry *match_find_destination(const struct match_list *list,
                                                 const struct match_destination *wanted,
                                                 uint64_t now_ns)
{
    static const uint8_t ports_key[] = {FORM_PORTS};
    const struct match_entry *found;

    if (list->count == 0)
        return NULL;
    found = find_name(list, wanted->name, wanted->port, now_ns);
    if (!found && wanted->address)
        found = find_network(list, wanted->address, wanted->port, now_ns);
    if (!found && wanted->port)
        found = find_entry(list, ports_key, sizeof(ports_key), wanted->port, now_ns);
    return found;
}

const struct match_entry *match_find_app(const struct match_list *list, struct span id,
                                         uint64_t now_ns)
{
    uint8_t key[KEY_BYTES_MAX] = {FORM_APP};
    const struct match_entry *found;

    if (span_empty(id) || id.len > APP_BYTES_MAX)
        return NULL;
    memcpy(key + 1, id.data, id.len);
    found = find_entry(list, key, id.len + 1, 0, now_ns);
    key[0] = FORM_APP_PREFIX;
    for (size_t len = id.len + 1; !found && len > 1; len--)
        if (len <= list->longest_prefix)
            found = find_entry(list, key, len, 0, now_ns);
    return found;
}

bool match_pattern(const char *pattern, struct span text)
{
    const char *star = NULL; /* the last one passed, and where in the text it began */
    size_t at = 0, star_at = 0;

    while (at < text.len) {
        if (*pattern == '*') {
            star = pattern++;
            star_at = at;
        } else if (*pattern &&
                   (*pattern == '?' || lower((uint8_t)*pattern) == lower(text.data[at]))) {
            pattern++;
            at++;
        } else if (star) {
            pattern = star + 1;
            at = ++star_at;
        } else {
            return false;
        }
    }
    pattern += strspn(pattern, "*");
    return !*pattern;
}
