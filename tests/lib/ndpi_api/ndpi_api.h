/*
 * As much of nDPI's interface as src/flow/app_label.c uses, in the shape that release
 * STUB_MAJOR.STUB_MINOR gives it: so that every branch of it is compiled wherever tests run. It is
 * put before the real header by tests/unit/app_label_api.t; nothing links against it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NDPI_MAJOR STUB_MAJOR
#define NDPI_MINOR STUB_MINOR
#define STUB (STUB_MAJOR * 100 + STUB_MINOR)

#define NDPI_PROTOCOL_UNKNOWN 0

typedef enum {
    NDPI_PROTOCOL_CATEGORY_UNSPECIFIED,
    NDPI_PROTOCOL_CATEGORY_WEB,
} ndpi_protocol_category_t;

typedef enum {
    NDPI_PROTOCOL_SAFE,
} ndpi_protocol_breed_t;

typedef struct {
#if STUB >= 412
    u_int16_t protocol_id;
#else
    u_int32_t protocol_id;
#endif
    ndpi_protocol_category_t protocol_category;
    ndpi_protocol_breed_t protocol_breed;
} ndpi_protocol_match_result;

#if STUB >= 412
typedef struct {
    u_int16_t master_protocol, app_protocol;
} ndpi_master_app_protocol;
#endif

typedef struct ndpi_proto {
#if STUB >= 412
    ndpi_master_app_protocol proto;
#else
    u_int16_t master_protocol, app_protocol;
#endif
    ndpi_protocol_category_t category;
} ndpi_protocol;

struct ndpi_detection_module_struct;
struct ndpi_flow_struct;

#if STUB < 410
typedef unsigned int ndpi_init_prefs;
enum { ndpi_no_prefs = 0 };
struct ndpi_detection_module_struct *ndpi_init_detection_module(ndpi_init_prefs prefs);
#else
struct ndpi_global_context;
struct ndpi_detection_module_struct *
ndpi_init_detection_module(struct ndpi_global_context *g);
#endif

#if STUB < 500
typedef struct {
    u_int32_t bits[16];
} ndpi_protocol_bitmask_struct_t;
#define NDPI_PROTOCOL_BITMASK ndpi_protocol_bitmask_struct_t
#define NDPI_BITMASK_SET_ALL(a) ((void)((a).bits[0] = 1))
#if STUB < 410
void ndpi_set_protocol_detection_bitmask2(struct ndpi_detection_module_struct *module,
                                          const NDPI_PROTOCOL_BITMASK *bitmask);
#else
int ndpi_set_protocol_detection_bitmask2(struct ndpi_detection_module_struct *module,
                                         const NDPI_PROTOCOL_BITMASK *bitmask);
#endif
#endif

#if STUB < 410
void ndpi_finalize_initialization(struct ndpi_detection_module_struct *module);
#else
int ndpi_finalize_initialization(struct ndpi_detection_module_struct *module);
#endif
void ndpi_exit_detection_module(struct ndpi_detection_module_struct *module);

#if STUB < 406
ndpi_protocol ndpi_detection_process_packet(struct ndpi_detection_module_struct *module,
                                            struct ndpi_flow_struct *flow,
                                            const unsigned char *packet,
                                            const unsigned short length,
                                            const u_int64_t time_ms);
#else
struct ndpi_flow_input_info;
ndpi_protocol ndpi_detection_process_packet(struct ndpi_detection_module_struct *module,
                                            struct ndpi_flow_struct *flow,
                                            const unsigned char *packet,
                                            const unsigned short length,
                                            const u_int64_t time_ms,
                                            struct ndpi_flow_input_info *info);
#endif

int ndpi_match_string_subprotocol(struct ndpi_detection_module_struct *module, char *text,
                                  u_int length, ndpi_protocol_match_result *found);
#if STUB < 500
char *ndpi_get_proto_name(struct ndpi_detection_module_struct *module, u_int16_t number);
#else
const char *ndpi_get_proto_name(struct ndpi_detection_module_struct *module,
                                u_int16_t number);
#endif
const char *ndpi_category_get_name(struct ndpi_detection_module_struct *module,
                                   ndpi_protocol_category_t category);

u_int32_t ndpi_detection_get_sizeof_ndpi_flow_struct(void);
void *ndpi_flow_malloc(size_t size);
void ndpi_free_flow(struct ndpi_flow_struct *flow);
