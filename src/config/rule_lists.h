/*
 * The tables of keys of the list files in rules/: allow-lists, products, platforms, browsers; `base`
 * is a struct rule_list.
 */
#pragma once

#include "config/rules.h"
#include "config/schema.h"

/* What any one list file holds; each uses its own members. */
struct rule_list {
    struct match_entry *apps;
    size_t app_count;
    struct match_entry *destinations;
    size_t destination_count;
    struct product *products;
    size_t product_count;
    struct platform_hint *hints;
    size_t hint_count;
    struct browser *browsers;
    size_t browser_count;
};

extern const struct schema
    rule_list_allowed; /* platform-services.yaml, known-pinners.yaml */
extern const struct schema rule_list_products;  /* inspection-authorities.yaml */
extern const struct schema rule_list_platforms; /* platforms.yaml */
extern const struct schema rule_list_browsers;  /* browsers.yaml */
