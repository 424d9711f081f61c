#include "tap.h"

#include <stdlib.h>

#include "flow/tunnel_table.h"

static struct tunnel_table *begin(void)
{
    struct err why;
    struct tunnel_table *t = tunnel_table_new(&why);

    if (!t)
        abort();
    return t;
}

static struct tunnel between(enum tunnel_kind kind, uint32_t id, const char *source,
                             const char *destination)
{
    struct tunnel tunnel = {.kind = kind, .id = id};

    if (!address_parse(source, &tunnel.source) ||
        !address_parse(destination, &tunnel.destination))
        abort();
    return tunnel;
}

static uint16_t number_of(struct tunnel_table *t, enum tunnel_kind kind, uint32_t id,
                          const char *source, const char *destination)
{
    struct tunnel tunnel = between(kind, id, source, destination);

    return tunnel_table_number(t, &tunnel);
}

static void no_tunnel_is_number_0(void)
{
    struct tunnel_table *t = begin();
    struct tunnel none = {.kind = TUNNEL_NONE};

    is_int(tunnel_table_number(t, &none), 0, "no tunnel has number 0");
    tunnel_table_free(t);
    tunnel_table_free(NULL);
}

static void both_directions_have_one_number(void)
{
    struct tunnel_table *t = begin();
    uint16_t there = number_of(t, TUNNEL_VXLAN, 5, "10.0.0.1", "10.0.0.2");

    ok(there != 0, "a tunnel has a number");
    is_int(number_of(t, TUNNEL_VXLAN, 5, "10.0.0.2", "10.0.0.1"), there,
           "the same in the other direction");
    ok(number_of(t, TUNNEL_VXLAN, 6, "10.0.0.1", "10.0.0.2") != there,
       "another id is another tunnel");
    ok(number_of(t, TUNNEL_GENEVE, 5, "10.0.0.1", "10.0.0.2") != there, "another kind too");
    ok(number_of(t, TUNNEL_VXLAN, 5, "10.0.0.1", "10.0.0.3") != there, "other ends too");
    is_int(number_of(t, TUNNEL_VXLAN, 5, "10.0.0.1", "10.0.0.2"), there,
           "and the first is still known");
    tunnel_table_free(t);
}

static void subscribers_of_gtp_differ_by_address_only(void)
{
    struct tunnel_table *t = begin();
    uint16_t up = number_of(t, TUNNEL_GTPU, 0x1111, "10.0.0.1", "10.0.0.2");

    is_int(number_of(t, TUNNEL_GTPU, 0x2222, "10.0.0.2", "10.0.0.1"), up,
           "GTP-U has another TEID in each direction, and one number");
    tunnel_table_free(t);
}

static void many_tunnels_share_the_last_number(void)
{
    struct tunnel_table *t = begin();
    uint16_t last = 0;
    bool distinct = true;

    for (uint32_t id = 1; id < TUNNELS_MAX; id++) {
        uint16_t number = number_of(t, TUNNEL_GRE, id, "10.0.0.1", "10.0.0.2");

        distinct = distinct && number == last + 1;
        last = number;
    }
    ok(distinct, "each of 65534 tunnels has a number of its own");
    is_int(tunnel_table_shared(t), 0, "none is shared");
    is_int(number_of(t, TUNNEL_GRE, TUNNELS_MAX, "10.0.0.1", "10.0.0.2"), TUNNELS_MAX,
           "the next one shares the last number");
    is_int(number_of(t, TUNNEL_GRE, TUNNELS_MAX + 1, "10.0.0.1", "10.0.0.2"), TUNNELS_MAX,
           "with all that come after");
    is_int(tunnel_table_shared(t), 2, "and is counted");
    is_int(number_of(t, TUNNEL_GRE, 77, "10.0.0.1", "10.0.0.2"), 77,
           "old ones keep theirs");
    tunnel_table_free(t);
}

int main(void)
{
    no_tunnel_is_number_0();
    both_directions_have_one_number();
    subscribers_of_gtp_differ_by_address_only();
    many_tunnels_share_the_last_number();
    return done_testing();
}
