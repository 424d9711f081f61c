/*
 * Steps of IP, its extension headers and fragments.
 */
#pragma once

#include "decode/layer.h"

/* The step for the IP protocol in `l->protocol`, END_OTHER_PROTOCOL for one that leads nowhere. */
enum step ip_protocol(const struct layers *l);

enum step ip_any(struct layers *l);
enum step ip_v4(struct layers *l);
enum step ip_v6(struct layers *l);
enum step ip_v6_extension(struct layers *l);
enum step ip_v6_fragment(struct layers *l);
enum step ip_authentication(struct layers *l);
