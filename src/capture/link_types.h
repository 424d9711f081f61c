/*
 * Link types have two numbers: LINKTYPE_ in files, the same on every system, and DLT_ in libpcap's
 * interface. They differ for a handful of old ones.
 */
#pragma once

#include <stdint.h>

uint32_t link_type_of_dlt(int dlt);
int link_type_to_dlt(uint32_t link_type);
