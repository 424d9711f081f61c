#include "tap.h"

#include "tls/names.h"

static void ciphers_have_their_names(void)
{
    is_text(name_of_cipher(0x0000), "TLS_NULL_WITH_NULL_NULL", "the first suite");
    is_text(name_of_cipher(0x1301), "TLS_AES_128_GCM_SHA256", "a suite of TLS 1.3");
    is_text(name_of_cipher(0xc02f), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "one of TLS 1.2");
    is_text(name_of_cipher(0x0018), "TLS_DH_anon_WITH_RC4_128_MD5",
            "anon is written small");
    is_text(name_of_cipher(0x00ff), "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", "a signal");
    is_text(name_of_cipher(0xd005), "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256",
            "the last suite");
    is_text(name_of_cipher(0xfeff), NULL, "an unregistered suite has none");
    is_text(name_of_cipher(0x0a0a), NULL, "GREASE has none");
    is_text(name_of_cipher(0xffff), NULL, "a number behind the table has none");
}

static void groups_have_their_names(void)
{
    is_text(name_of_group(29), "x25519", "an elliptic curve");
    is_text(name_of_group(256), "ffdhe2048", "a finite field");
    is_text(name_of_group(4588), "X25519MLKEM768", "a post-quantum hybrid");
    is_text(name_of_group(0), NULL, "none for 0");
}

static void alerts_have_their_names(void)
{
    is_text(name_of_alert(0), "close_notify", "alert 0");
    is_text(name_of_alert(42), "bad_certificate", "alert 42");
    is_text(name_of_alert(46), "certificate_unknown", "alert 46");
    is_text(name_of_alert(48), "unknown_ca", "alert 48");
    is_text(name_of_alert(121), "ech_required", "alert 121");
    is_text(name_of_alert(255), NULL, "none for 255");
}

static void traits_tell_the_sizes_of_records(void)
{
    is_int(cipher_traits_of(0x1301).tag, 16, "AES-128-GCM has a tag of 16");
    is_int(cipher_traits_of(0x1301).verify_hash, 32, "and SHA-256");
    is_int(cipher_traits_of(0x1302).verify_hash, 48, "AES-256-GCM has SHA-384");
    is_int(cipher_traits_of(0x1305).tag, 8, "CCM-8 has a tag of 8");
    is_int(cipher_traits_of(0xeeee).tag, 16, "an unknown suite is taken as tag 16");
    is_int(cipher_traits_of(0xeeee).verify_hash, 32, "and hash 32");
}

int main(void)
{
    ciphers_have_their_names();
    groups_have_their_names();
    alerts_have_their_names();
    traits_tell_the_sizes_of_records();
    return done_testing();
}
