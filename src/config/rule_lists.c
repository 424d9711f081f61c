#include "config/rule_lists.h"

#include <stddef.h>

#include "config/config_keys.h"

#define AT(member) .offset = offsetof(struct rule_list, member)
#define COUNT_AT(member) .count_offset = offsetof(struct rule_list, member)
#define FILE_SCHEMA(rows)                                                                  \
    {                                                                                      \
        SCHEMA_ROWS(rows), .place_offset = SCHEMA_NO_PLACE                                 \
    }

static const struct schema_key allowed_keys[] = {
    {"destinations", SCHEMA_LIST, .of = &config_destination_schema, AT(destinations),
     COUNT_AT(destination_count), .help = "Destinations where refusing is expected."},
    {"apps", SCHEMA_LIST, .of = &config_app_schema, AT(apps), COUNT_AT(app_count),
     .help = "Apps expected to pin."},
};

const struct schema rule_list_allowed = FILE_SCHEMA(allowed_keys);

static const struct schema_choice product_kinds[] = {
    {"inspection", PRODUCT_INSPECTION},
    {"analysis_proxy", PRODUCT_ANALYSIS_PROXY},
    {"antivirus", PRODUCT_ANTIVIRUS},
    {NULL, 0},
};

static const struct schema_key product_keys[] = {
    {"name", SCHEMA_TEXT, .required = true, .offset = offsetof(struct product, name),
     .help = "What alerts call the product."},
    {"kind", SCHEMA_CHOICE, .required = true, .choices = product_kinds,
     .offset = offsetof(struct product, kind), .help = "What it is for."},
    {"organizations", SCHEMA_TEXTS, .offset = offsetof(struct product, organizations),
     .count_offset = offsetof(struct product, organization_count),
     .help = "Patterns for the organisation (O) of the issuer."},
    {"common_names", SCHEMA_TEXTS, .offset = offsetof(struct product, common_names),
     .count_offset = offsetof(struct product, common_name_count),
     .help = "Patterns for the common name (CN) of the issuer."},
    {"keys", SCHEMA_TEXTS, .offset = offsetof(struct product, keys),
     .count_offset = offsetof(struct product, key_count),
     .help = "SHA-256 of the issuer's public key, base64, where every installation has the "
             "same."},
    {"source", SCHEMA_TEXT, .offset = offsetof(struct product, source),
     .help = "How it is known."},
    {"grade", SCHEMA_TEXT, .offset = offsetof(struct product, grade),
     .help = "M measured, C code, R reported, K from memory, U unsure."},
};

static const struct schema product_schema = {
    SCHEMA_ROWS(product_keys),
    .element_bytes = sizeof(struct product),
    .place_offset = offsetof(struct product, place),
};

static const struct schema_key product_file_keys[] = {
    {"products", SCHEMA_LIST, .of = &product_schema, AT(products), COUNT_AT(product_count),
     .help = "Known makers of forged certificates."},
};

const struct schema rule_list_products = FILE_SCHEMA(product_file_keys);

static const struct schema_choice platforms[] = {
    {"android", PLATFORM_ANDROID},
    {"ios", PLATFORM_IOS},
    {"other", PLATFORM_OTHER},
    {NULL, 0},
};

static const struct schema_key hint_keys[] = {
    {"match", SCHEMA_DESTINATION, .required = true,
     .offset = offsetof(struct platform_hint, match), .help = "Name that is contacted."},
    {"platform", SCHEMA_CHOICE, .required = true, .choices = platforms,
     .offset = offsetof(struct platform_hint, platform),
     .help = "By devices of this platform."},
    {"weight_db", SCHEMA_NUMBER, .min = 0, .max = 40, .required = true,
     .offset = offsetof(struct platform_hint, weight_db),
     .help = "Evidence for the platform, decibans."},
    {"meaning", SCHEMA_TEXT, .offset = offsetof(struct platform_hint, meaning),
     .help = "What the contact is for."},
    {"source", SCHEMA_TEXT, .offset = offsetof(struct platform_hint, source),
     .help = "How it is known."},
    {"grade", SCHEMA_TEXT, .offset = offsetof(struct platform_hint, grade),
     .help = "M measured, C code, R reported, K from memory, U unsure."},
};

static const struct schema hint_schema = {
    SCHEMA_ROWS(hint_keys),
    .element_bytes = sizeof(struct platform_hint),
    .place_offset = offsetof(struct platform_hint, place),
};

static const struct schema_key hint_file_keys[] = {
    {"hints", SCHEMA_LIST, .of = &hint_schema, AT(hints), COUNT_AT(hint_count),
     .help = "What tells platforms from each other."},
};

const struct schema rule_list_platforms = FILE_SCHEMA(hint_file_keys);

static const struct schema_key browser_keys[] = {
    {"name", SCHEMA_TEXT, .required = true, .offset = offsetof(struct browser, name),
     .help = "Browser family."},
    {"ja4", SCHEMA_TEXTS, .required = true, .offset = offsetof(struct browser, ja4),
     .count_offset = offsetof(struct browser, ja4_count),
     .help = "Patterns for the JA4 of its hellos; * is any run of characters, ? any one."},
    {"ech_required", SCHEMA_BOOL, .initial = "no",
     .offset = offsetof(struct browser, ech_required),
     .help = "And the hello has the encrypted_client_hello extension."},
    {"source", SCHEMA_TEXT, .offset = offsetof(struct browser, source),
     .help = "How it is known."},
    {"grade", SCHEMA_TEXT, .offset = offsetof(struct browser, grade),
     .help = "M measured, C code, R reported, K from memory, U unsure."},
};

static const struct schema browser_schema = {
    SCHEMA_ROWS(browser_keys),
    .element_bytes = sizeof(struct browser),
    .place_offset = offsetof(struct browser, place),
};

static const struct schema_key browser_file_keys[] = {
    {"browsers", SCHEMA_LIST, .of = &browser_schema, AT(browsers), COUNT_AT(browser_count),
     .help = "Browsers by their hellos."},
};

const struct schema rule_list_browsers = FILE_SCHEMA(browser_file_keys);
