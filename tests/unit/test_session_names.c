#include "session/session_names.h"

#include "tap.h"
#include "tls/hello.h"

static void test_there_and_back(void)
{
    for (int i = 0; i <= SESSION_DTLS; i++) {
        enum session_protocol back = SESSION_TLS;

        ok(session_protocol_from_name(session_protocol_name((enum session_protocol)i),
                                      &back),
           "protocol %d has a name", i);
        is_int(back, i, "which leads back");
    }
    for (int i = 0; i <= BASIS_QUIC; i++) {
        enum inspection_basis back = BASIS_NONE;

        ok(inspection_basis_from_name(inspection_basis_name((enum inspection_basis)i),
                                      &back),
           "basis %d has a name", i);
        is_int(back, i, "which leads back");
    }
    for (int i = 0; i <= SHAPE_S6; i++) {
        enum outcome_shape back = SHAPE_NONE;

        ok(outcome_shape_from_name(outcome_shape_name((enum outcome_shape)i), &back),
           "shape %d has a name", i);
        is_int(back, i, "which leads back");
    }
    for (int i = 0; i <= TUNNEL_CAPWAP; i++) {
        enum tunnel_kind back = TUNNEL_NONE;

        ok(tunnel_kind_from_name(tunnel_kind_name((enum tunnel_kind)i), &back),
           "tunnel %d has a name", i);
        is_int(back, i, "which leads back");
    }
}

static void test_states_and_closes(void)
{
    for (int i = 0; i <= INSPECTION_YES; i++) {
        enum inspection_state back = INSPECTION_UNKNOWN;

        ok(inspection_state_from_name(inspection_state_name((enum inspection_state)i),
                                      &back),
           "state %d has a name", i);
        is_int(back, i, "which leads back");
    }
    for (int i = 0; i <= CLOSE_TIMEOUT; i++) {
        enum close_how back = CLOSE_NONE;

        ok(close_how_from_name(close_how_name((enum close_how)i), &back),
           "close %d has a name", i);
        is_int(back, i, "which leads back");
    }
}

static void test_unknown(void)
{
    enum side side = SIDE_SERVER;

    is_text(tunnel_kind_name((enum tunnel_kind)99), "unknown", "a new kind is unknown");
    is_text(alert_level_name(200), "unknown", "and so is a level that nobody defined");
    ok(!side_from_name("middle", &side) && side == SIDE_SERVER,
       "a word that is none changes nothing");
}

static void test_versions(void)
{
    int wrong = 0;

    for (uint32_t version = 1; version <= UINT16_MAX; version++) {
        struct version_text text = version_describe((uint16_t)version);
        uint16_t back = 0;

        wrong += !version_from_text(text.family, text.number, &back) || back != version;
    }
    is_int(wrong, 0, "the name of every version leads back to it");
}

static void test_wrong_versions(void)
{
    static const char *const wrong[] = {
        "",   "1.4",     "1.3-draft", "1.3-draft256", "1.3-draft2x",
        "0x", "0x12345", "0x12z",     "771"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint16_t version;

        ok(!version_from_text("tls", wrong[i], &version), "\"%s\" is no version", wrong[i]);
    }
}

int main(void)
{
    test_there_and_back();
    test_states_and_closes();
    test_unknown();
    test_versions();
    test_wrong_versions();
    return done_testing();
}
