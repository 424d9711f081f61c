/*
 * The rules: what is content and not settings, loaded from the six files of rules/.
 *
 * In: the files built into the program; a file of the same name in the folder `rules.path` stands
 * in for the built-in one. Only det0646.yaml may be partial there: what it leaves out keeps the
 * built-in value. Out: plain structs, read-only once compiled, handed to later stages by const
 * pointer. `struct rules` owns all texts and lists; nothing in it moves until rules_free.
 *
 * Limits: a file has at most YAML_BYTES_MAX bytes and YAML_NODES_MAX values (yaml_tree.h), a match
 * list MATCH_ENTRIES_MAX entries; more is an error at start.
 */
#pragma once

#include <stdio.h>

#include "config/match.h"
#include "config/tuning.h"
#include "crypto/digest.h"

struct arena;

enum product_kind {
    PRODUCT_INSPECTION,     /* a gateway or proxy that an organisation puts into the path */
    PRODUCT_ANALYSIS_PROXY, /* a tool by which a person reads an app's traffic */
    PRODUCT_ANTIVIRUS,      /* software on the device itself */
};

/* A known maker of forged certificates. Patterns are those of match_pattern. */
struct product {
    const char *name;
    enum product_kind kind;
    const char **organizations; /* patterns for O of the issuer */
    size_t organization_count;
    const char **common_names; /* patterns for CN of the issuer */
    size_t common_name_count;
    const char *
        *keys; /* SHA-256 of the issuer's key, base64 as in RFC 7469, where it is fixed */
    size_t key_count;
    const char *source;
    const char *grade;
    struct place place;
};

enum platform {
    PLATFORM_UNKNOWN,
    PLATFORM_ANDROID,
    PLATFORM_IOS,
    PLATFORM_OTHER, /* neither of them: a desktop, a thing */
    PLATFORMS,
};

/* A destination that devices of one platform contact by themselves. */
struct platform_hint {
    const char *match; /* as in match.h */
    enum platform platform;
    double weight_db; /* towards `platform`, for each distinct hint seen from a device */
    const char *meaning;
    const char *source;
    const char *grade;
    struct place place;
};

/* A kind of browser hello; JA4 patterns are those of match_pattern. */
struct browser {
    const char *name;
    const char **ja4;
    size_t ja4_count;
    bool
        ech_required; /* and the hello has the encrypted_client_hello extension, GREASE or not */
    const char *source;
    const char *grade;
    struct place place;
};

struct rules {
    struct tuning tuning;

    /* AllowedAppList and AllowedDestinationList as written, then the shipped allow-lists. */
    struct match_entry *allowed_apps;
    size_t allowed_app_count;
    struct match_entry *allowed_destinations;
    size_t allowed_destination_count;
    struct match_entry *shipped_apps;
    size_t shipped_app_count;
    struct match_entry *shipped_destinations;
    size_t shipped_destination_count;

    /* The same, compiled, the operator's entries first. */
    struct match_list *apps;
    struct match_list *destinations;

    struct product *products;
    size_t product_count;
    struct platform_hint *platforms;
    size_t platform_count;
    struct match_list *platform_list; /* its `index` is that of `platforms` */
    struct browser *browsers;
    size_t browser_count;

    const char *version;          /* of det0646.yaml, for rule.version */
    uint8_t sha256[SHA256_BYTES]; /* of all rule files in use */
    struct arena *arena;
};

/*
 * Load the built-in rules and, over them, those of the folder `path` (NULL: none). -1 with a
 * sentence naming file, line and key; `rules` may then only be freed.
 */
int rules_load(struct rules *rules, const char *path, struct err *why);

/* Build the match lists from the entries; call once, after overrides. -1 with a sentence. */
int rules_compile(struct rules *rules, struct err *why);

/* Accepts an all-zero or half-loaded struct. */
void rules_free(struct rules *rules);

/* Write rules/det0646.yaml's keys as a Markdown table (docs/configuration.md); 0, -1 on a write error. */
int rules_describe_keys(FILE *out);

/* The known product behind an issuer, or NULL; each span may be empty, `key` is base64 text. */
const struct product *rules_find_product(const struct rules *rules,
                                         struct span organization, struct span common_name,
                                         struct span key);

/* What contacting this destination says about the device's platform, or NULL. */
const struct platform_hint *rules_find_platform(const struct rules *rules,
                                                const struct match_destination *wanted);

/* The browser whose hello this is, or NULL. */
const struct browser *rules_find_browser(const struct rules *rules, struct span ja4,
                                         bool has_ech);
