#include "tap.h"

#include "tls/quic_version.h"

static void versions_are_found(void)
{
    static const uint32_t known[] = {
        0x00000001, 0x6b3343cf, 0x709a50c4, 0xff000016, 0xff000017, 0xff00001c,
        0xff00001d, 0xff000020, 0xff000021, 0xff000022, 0xfaceb001, 0xfaceb002,
        0xfaceb003, 0xfaceb00e, 0xfaceb011, 0xfaceb013, 0xfacefeed, 0x54303530,
        0x54303531, 0x0a0a0a0a, 0xbabababa, 0x1a2a3a4a,
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        ok(quic_version_find(known[i]) != NULL, "%08x is known", (unsigned)known[i]);
}

static void other_numbers_are_none(void)
{
    static const uint32_t unknown[] = {
        0,          2,          0xff000015, 0xff000023, 0x51303433, 0x51303530,
        0xfaceb020, 0x6b3343ce, 0x0a0a0a0b, 0xffffffff, 0x47455420, 0x2112a442,
    };

    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        ok(quic_version_find(unknown[i]) == NULL, "%08x is not known",
           (unsigned)unknown[i]);
}

static void versions_differ_where_the_drafts_did(void)
{
    ok(quic_version_find(0xff00001c)->salts[0] != quic_version_find(0xff00001d)->salts[0],
       "draft 29 has a salt of its own");
    ok(quic_version_find(0xff000021)->salts[0] == quic_version_find(1)->salts[0],
       "drafts 33 and 34 have that of version 1");
    is_int(quic_version_find(QUIC_VERSION_2)->labels, QUIC_LABELS_V2,
           "version 2 has labels");
    is_int(quic_version_find(QUIC_VERSION_2)->type_shift, 1, "and packet types of its own");
    ok(quic_version_find(0x0a0a0a0a)->salts[1] != NULL, "a reserved version has two salts");
    ok(quic_version_find(1)->salts[1] == NULL, "others have one");
}

int main(void)
{
    versions_are_found();
    other_numbers_are_none();
    versions_differ_where_the_drafts_did();
    return done_testing();
}
