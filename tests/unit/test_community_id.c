#include "session/community_id.h"

#include "session_sample.h"

/* From the baseline of the specification, seed 0. */
static const struct {
    const char *client;
    uint16_t client_port;
    const char *server;
    uint16_t server_port;
    uint8_t transport;
    const char *id;
} vectors[] = {
    {"128.232.110.120", 34855, "66.35.250.204", 80, PACKET_TCP,
     "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
    {"192.168.1.52", 54585, "8.8.8.8", 53, PACKET_UDP, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
    {"2001:470:e5bf:dead:4957:2174:e82c:4887", 63943, "2607:f8b0:400c:c03::1a", 25,
     PACKET_TCP, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
    /* Computed by another program: only the ports tell the ends apart. */
    {"10.0.0.1", 80, "10.0.0.1", 443, PACKET_TCP, "1:ha3Gdb1ffmoH0pMumBteoAOl/+U="},
};

static void test_vectors(void)
{
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct session_ends ends = {
            .client = sample_address(vectors[i].client),
            .server = sample_address(vectors[i].server),
            .client_port = vectors[i].client_port,
            .server_port = vectors[i].server_port,
            .transport = vectors[i].transport,
        };
        struct session_ends back = {
            .client = ends.server,
            .server = ends.client,
            .client_port = ends.server_port,
            .server_port = ends.client_port,
            .transport = ends.transport,
        };
        char out[COMMUNITY_ID_TEXT_MAX];

        is_text(community_id_of(&ends, out), vectors[i].id, "vector %zu has its id", i);
        is_text(community_id_of(&back, out), vectors[i].id,
                "and its other direction as well");
    }
}

int main(void)
{
    test_vectors();
    return done_testing();
}
