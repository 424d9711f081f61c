#include "talks.h"

/* ---- LDAP */

#define OID                                                                                \
    "\x80\x16"                                                                             \
    "1.3.6.1.4.1.1466.20037"
#define START_TLS "\x30\x1d\x02\x01\x01\x77\x18" OID
#define SUCCESS "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"

static void ldap(void)
{
    static const struct turn turns[TURNS_MAX] = {TURN('C', START_TLS), TURN('S', SUCCESS),
                                                 TURN('c', HELLO), TURN('s', SERVER_HELLO)};
    const struct heard *h = talk_is_tls("LDAP", turns);

    is_int(h->preamble.kinds, 1 << PREAMBLE_LDAP, "its kind");
    ok(h->preamble.upgraded, "it was upgraded");
}

static void ldap_with_other_messages_before(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00"),
        TURN('S', "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"),
        TURN('C', "\x30\x84\x00\x00\x00\x1d\x02\x01\x02\x77\x18" OID),
        TURN('S', "\x30\x81\x0c\x02\x01\x02\x78\x07\x0a\x01\x00\x04\x00\x04\x00"),
        TURN('c', HELLO)};

    (void)talk_is_tls("LDAP, a bind and long lengths before", turns);
}

static void ldap_that_leads_nowhere(void)
{
    static const struct turn refused[TURNS_MAX] = {
        TURN('C', START_TLS),
        TURN('S', "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00")};
    static const struct turn another[TURNS_MAX] = {
        TURN('C', "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
                  "1.3.6.1.4.1.1466.20036"),
        TURN('S', SUCCESS)};
    static const struct turn broken[][TURNS_MAX] = {
        {TURN('C', "\x30\x80\x02\x01\x01\x60")},   {TURN('C', "\x30\x0c\x04\x01\x01\x60")},
        {TURN('C', "\x30\x0c\x02\x05\x01\x60")},   {TURN('C', "\x30\x0c\x02\x01\x01\x61")},
        {TURN('C', START_TLS), TURN('S', "HTTP")}, {TURN('C', START_TLS "\x30\x0c")},
        {TURN('C', "\x30\x00\x00\x00\x00\x00")},
    };

    talk_is_other("StartTLS refused", refused);
    is_int(talk("StartTLS refused", refused)->preamble.talk.refused, 1, "is counted");
    talk_is_open("another extended operation", another);
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        talk_is_other("no LDAP", broken[i]);
}

/* ---- PostgreSQL */

#define SSL_REQUEST "\x00\x00\x00\x08\x04\xd2\x16\x2f"
#define GSS_REQUEST "\x00\x00\x00\x08\x04\xd2\x16\x30"

static void postgres(void)
{
    static const struct turn turns[TURNS_MAX] = {TURN('C', SSL_REQUEST), TURN('S', "S"),
                                                 TURN('c', HELLO), TURN('s', SERVER_HELLO)};
    static const struct turn second[TURNS_MAX] = {TURN('C', GSS_REQUEST), TURN('S', "N"),
                                                  TURN('C', SSL_REQUEST), TURN('S', "S"),
                                                  TURN('c', HELLO)};
    static const struct turn at_once[TURNS_MAX] = {TURN('C', SSL_REQUEST), TURN('c', HELLO),
                                                   TURN('S', "S"), TURN('s', SERVER_HELLO)};

    is_int(talk_is_tls("PostgreSQL", turns)->preamble.kinds, 1 << PREAMBLE_POSTGRES,
           "its kind");
    (void)talk_is_tls("PostgreSQL that asked for GSSAPI first", second);
    (void)talk_is_tls("PostgreSQL without waiting", at_once);
}

static void postgres_that_leads_nowhere(void)
{
    static const struct turn cases[][TURNS_MAX] = {
        {TURN('C', SSL_REQUEST), TURN('S', "N")},
        {TURN('C', SSL_REQUEST), TURN('S', "E")},
        {TURN('C', SSL_REQUEST), TURN('S', "G")},
        {TURN('C', GSS_REQUEST), TURN('S', "G")},
        {TURN('C', GSS_REQUEST), TURN('S', "S")},
        {TURN('C', SSL_REQUEST "\0\0\0\x08")},
        {TURN('C', SSL_REQUEST), TURN('S', "S"), TURN('C', SSL_REQUEST)},
        {TURN('C', "\x00\x00\x00\x08\x04\xd2\x16\x2e")},
        {TURN('C', "\x00\x00\x00\x29\x00\x03\x00\x00")},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        talk_is_other("PostgreSQL without TLS", cases[i]);
}

/* ---- MySQL */

#define GREETING                                                                           \
    "\x4a\x00\x00\x00\x0a"                                                                 \
    "8.0.32\0\x08\x00\x00\x00salt1234\0\xff\xff\xff\x02\x00\xff\xdf\x15"                   \
    "\0\0\0\0\0\0\0\0\0\0salt12345678\0caching_sha2_password\0"
#define ZEROS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define SSL_LOGIN "\x20\x00\x00\x01\x85\xae\xff\x19\x00\x00\x00\x01\xff" ZEROS

static void mysql(void)
{
    static const struct turn turns[TURNS_MAX] = {TURN('S', GREETING), TURN('C', SSL_LOGIN),
                                                 TURN('c', HELLO), TURN('s', SERVER_HELLO)};
    static const struct turn one_sided[TURNS_MAX] = {TURN('C', SSL_LOGIN),
                                                     TURN('c', HELLO)};

    is_int(sizeof(GREETING) - 1, 4 + 0x4a, "the greeting is as long as it says");
    is_int(talk_is_tls("MySQL", turns)->preamble.kinds, 1 << PREAMBLE_MYSQL, "its kind");
    (void)talk_is_tls("MySQL of which only the client was captured", one_sided);
}

static void mysql_that_leads_nowhere(void)
{
    static const struct turn cases[][TURNS_MAX] = {
        {TURN('S', GREETING),
         TURN('C', "\x20\x00\x00\x01\x85\xa6\xff\x19\0\0\0\x01\xff" ZEROS)},
        {TURN('S', GREETING), TURN('C', "\x05\x00\x00\x01\x85\xae\xff\x19\x00")},
        {TURN('S', GREETING), TURN('S', "\x05\x00\x00\x01\xff\x10\x04\x00\x00")},
        {TURN('S', GREETING), TURN('C', SSL_LOGIN),
         TURN('C', "\x03\x00\x00\x02\x01\x02\x03")},
        {TURN('S', "\x45\x00\x00\x00\xffj\x04")},
        {TURN('S', "\x45\x00\x00\x00\x0aHost")},
        {TURN('S', "\x05\x00\x00\x00\x0a"
                   "8.0")},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        talk_is_other("MySQL without TLS", cases[i]);
}

/* ---- RDP */

#define RDP_REQUEST                                                                        \
    "\x03\x00\x00\x2a\x25\xe0\x00\x00\x00\x00\x00"                                         \
    "Cookie: mstshash=user\r\n"                                                            \
    "\x01\x00\x08\x00\x03\x00\x00\x00"
#define RDP_CONFIRM "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00"

static void rdp(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', RDP_REQUEST), TURN('S', RDP_CONFIRM "\x02\x1f\x08\x00\x02\x00\x00\x00"),
        TURN('c', HELLO), TURN('s', SERVER_HELLO)};

    is_int(talk_is_tls("RDP", turns)->preamble.kinds, 1 << PREAMBLE_RDP, "its kind");
}

static void rdp_that_leads_nowhere(void)
{
    static const struct turn cases[][TURNS_MAX] = {
        {TURN('C', RDP_REQUEST), TURN('S', RDP_CONFIRM "\x02\x00\x08\x00\x00\x00\x00\x00")},
        {TURN('C', RDP_REQUEST), TURN('S', RDP_CONFIRM "\x03\x00\x08\x00\x02\x00\x00\x00")},
        {TURN('C', RDP_REQUEST), TURN('S', "\x03\x00\x00\x0b\x06\xd0\x00\x00\x12\x34\x00")},
        {TURN('C', RDP_REQUEST), TURN('S', "\x03\x00\x00\x0b\x06\x80\x00\x00\x12\x34\x00")},
        {TURN('C', "\x03\x00\x00\x2b\x27\xe0\x00")},
        {TURN('C', "\x03\x00\x04\x00\xfb\xe0\x00")},
        {TURN('C', "\x03\x01\x00\x2b\x26\xe0")},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        talk_is_other("RDP without TLS", cases[i]);
}

int main(void)
{
    ldap();
    ldap_with_other_messages_before();
    ldap_that_leads_nowhere();
    postgres();
    postgres_that_leads_nowhere();
    mysql();
    mysql_that_leads_nowhere();
    rdp();
    rdp_that_leads_nowhere();
    return done_testing();
}
