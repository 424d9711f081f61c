#include "tls/quic_version.h"

/* RFC 9001 5.2 and the drafts before it; RFC 9369 3.3.1 and a draft before it. */
static const uint8_t salt_v1[QUIC_SALT_BYTES] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34,
                                                 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
                                                 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
static const uint8_t salt_draft29[QUIC_SALT_BYTES] = {
    0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
    0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99};
static const uint8_t salt_draft23[QUIC_SALT_BYTES] = {
    0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
    0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02};
static const uint8_t salt_draft22[QUIC_SALT_BYTES] = {
    0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
    0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a};
static const uint8_t salt_v2[QUIC_SALT_BYTES] = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6,
                                                 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26,
                                                 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
static const uint8_t salt_v2_draft[QUIC_SALT_BYTES] = {
    0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47, 0x18, 0x4a, 0x1d,
    0x62, 0xca, 0x57, 0x04, 0x06, 0xea, 0x7a, 0xe3, 0xe5, 0xd3};
static const uint8_t salt_t050[QUIC_SALT_BYTES] = {0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72,
                                                   0x91, 0x55, 0x80, 0x30, 0x4c, 0x43, 0xa2,
                                                   0x36, 0x7c, 0x60, 0x48, 0x83, 0x10};
static const uint8_t salt_t051[QUIC_SALT_BYTES] = {0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee,
                                                   0x5f, 0xa4, 0x50, 0x6c, 0x19, 0x12, 0x4f,
                                                   0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d};

#define WHOLE 0xffffffff

static const struct quic_version versions[] = {
    {WHOLE, QUIC_VERSION_1, {salt_v1}, QUIC_LABELS_V1, 0},
    {WHOLE, QUIC_VERSION_2, {salt_v2}, QUIC_LABELS_V2, 1},
    {WHOLE, 0x709a50c4, {salt_v2_draft}, QUIC_LABELS_V2, 1},
    {WHOLE, 0xff000022, {salt_v1}, QUIC_LABELS_V1, 0}, /* draft-34 */
    {WHOLE, 0xff000021, {salt_v1}, QUIC_LABELS_V1, 0},
    {WHOLE, 0xff000020, {salt_draft29}, QUIC_LABELS_V1, 0},
    {WHOLE, 0xff00001f, {salt_draft29}, QUIC_LABELS_V1, 0},
    {WHOLE, 0xff00001e, {salt_draft29}, QUIC_LABELS_V1, 0},
    {WHOLE, 0xff00001d, {salt_draft29}, QUIC_LABELS_V1, 0},
    {WHOLE, 0xff00001c, {salt_draft23}, QUIC_LABELS_V1, 0},
    {WHOLE, 0xff00001b, {salt_draft23}, QUIC_LABELS_V1, 0},
    {WHOLE, 0xff00001a, {salt_draft23}, QUIC_LABELS_V1, 0},
    {WHOLE, 0xff000019, {salt_draft23}, QUIC_LABELS_V1, 0},
    {WHOLE, 0xff000018, {salt_draft23}, QUIC_LABELS_V1, 0},
    {WHOLE, 0xff000017, {salt_draft23}, QUIC_LABELS_V1, 0},
    {WHOLE, 0xff000016, {salt_draft22}, QUIC_LABELS_V1, 0},
    {WHOLE, 0xfaceb001, {salt_draft22}, QUIC_LABELS_V1, 0}, /* mvfst after draft-22 */
    {WHOLE,
     0xfaceb003,
     {salt_v1},
     QUIC_LABELS_V1,
     0}, /* mvfst, another name of version 1 */
    {WHOLE, 0xfaceb004, {salt_v1}, QUIC_LABELS_V1, 0},
    {WHOLE, 0xfacefeed, {salt_v1}, QUIC_LABELS_V1, 0},
    {0xffffffe0, 0xfaceb000, {salt_draft23}, QUIC_LABELS_V1, 0}, /* mvfst, all others */
    {WHOLE, 0x54303530, {salt_t050}, QUIC_LABELS_V1, 0},         /* Google "T050" */
    {WHOLE, 0x54303531, {salt_t051}, QUIC_LABELS_V1, 0},
    /* Reserved to force a negotiation (RFC 9000 15): sealed as version 1, or as the last drafts. */
    {0x0f0f0f0f, 0x0a0a0a0a, {salt_v1, salt_draft29}, QUIC_LABELS_V1, 0},
};

const struct quic_version *quic_version_find(uint32_t number)
{
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
        if ((number & versions[i].mask) == versions[i].number)
            return &versions[i];
    return NULL;
}
