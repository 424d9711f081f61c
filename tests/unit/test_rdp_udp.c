#include "tap.h"

#include "hellos.h"
#include "tls/rdp_udp.h"
#include "wire.h"

#define SYN_LENGTH 1232
#define CORRELATION "a69040c1df7948b78fa08c4d6363000000000000000000000000000000000000"

enum { CLIENT, SERVER };

struct line_of {
    struct tls_context tls;
    struct rdp_udp_context context;
    struct rdp_udp rdp;
    size_t hellos, lost;
    char name[64];
};

static struct wire wire;

static void on_event(void *ctx, const struct tls_event *e)
{
    struct line_of *l = ctx;

    if (e->kind == TLS_EVENT_CLIENT_HELLO) {
        l->hellos++;
        memcpy(l->name, e->client_hello->server_name.data,
               e->client_hello->server_name.len);
    }
    l->lost += e->kind == TLS_EVENT_LOST;
}

static void line_init(struct line_of *l)
{
    *l = (struct line_of){.tls.budget.most_bytes = 1 << 20};
    l->context.tls = &l->tls;
}

static void push(struct line_of *l, int side, struct span bytes)
{
    struct datagram d = {side, exact(bytes), 1000};

    rdp_udp_push(&l->rdp, &l->context, &d, on_event, l);
}

/* A SYN that is padded to its length. */
static struct span syn(const char *head)
{
    wire.len = 0;
    wire_span(&wire, hex(head));
    wire_fill(&wire, 0, SYN_LENGTH - wire.len);
    return exact(wire_done(&wire));
}

static struct span client_syn(void)
{
    return syn("ffffffff 0040 1801 bbff5687 04d0 04d0" CORRELATION "0001 0101");
}

static struct span server_syn(bool version3)
{
    return version3 ? syn("bbff5687 0040 1005 4d677966 04d0 04d0 0001 0101")
                    : syn("bbff5687 0040 1005 4d677966 04d0 04d0 0001 0002");
}

/* A packet of version 3: all before the data in digits, as it is before the exchange of bytes. */
static struct span packet3(const char *head, struct span data)
{
    uint8_t first;

    wire.len = 0;
    wire_span(&wire, hex(head));
    wire_span(&wire, data);
    first = wire.data[0];
    wire.data[0] = wire.data[7];
    wire.data[7] = first;
    return exact(wire_done(&wire));
}

static struct span packet1(const char *head, struct span data)
{
    wire.len = 0;
    wire_span(&wire, hex(head));
    wire_span(&wire, data);
    return exact(wire_done(&wire));
}

/* The record of a ClientHello. */
static struct span hello_record(void)
{
    static struct wire record;
    struct span hello = hex(HELLO_GO);

    record.len = 0;
    wire_span(&record, hex("16 0301"));
    wire_u16(&record, (unsigned int)hello.len);
    wire_span(&record, hello);
    return wire_done(&record);
}

static void only_a_clients_syn_begins(void)
{
    static const char *const rows[][2] = {
        {"00000000 0040 1801 bbff5687 04d0 04d0" CORRELATION "0001 0101",
         "acknowledges something"},
        {"ffffffff 0040 1805 bbff5687 04d0 04d0" CORRELATION "0001 0101", "is an answer"},
        {"ffffffff 0040 1800 bbff5687 04d0 04d0" CORRELATION "0001 0101", "is no SYN"},
        {"ffffffff 0040 0009 bbff5687 04d0 04d0", "has data"},
        {"ffffffff 0040 1801 bbff5687 0400 04d0" CORRELATION "0001 0101",
         "has a small MTU"},
        {"ffffffff 0040 1801 bbff5687 04d0 05dc" CORRELATION "0001 0101",
         "has a large MTU"},
    };
    struct span whole = client_syn();
    size_t taken = 0;

    ok(rdp_udp_begins(whole), "the SYN of a client begins");
    ok(rdp_udp_begins(syn("ffffffff 0040 0001 bbff5687 04d0 04d0")), "so does a plain one");
    for (size_t len = 0; len < 1132; len++)
        taken += rdp_udp_begins(exact(span_first(whole, len)));
    is_int(taken, 0, "what is shorter than any does not");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ok(!rdp_udp_begins(syn(rows[i][0])), "what %s does not", rows[i][1]);
}

static void data_is_found(void)
{
    static const struct {
        const char *name, *head;
        bool version3;
        uint32_t number;
    } rows[] = {
        {"version 1", "00000064 0400 000c 0001 0100 00000001 00000007", false, 7},
        {"version 1 with ACK of ACKs",
         "00000064 0400 010c 0003 010101 000000 00000009"
         "00000001 00000008",
         false, 8},
        {"version 3, data alone", "e0 04c0 6400 0100", true, 1},
        {"version 3, delay and ACK of ACKs", "e0 14c1 01f401 6400 6500 0200", true, 2},
        {"version 3, acknowledgement",
         "e0 55c1 6400 030100 01 02 aabb 0a 01f401 6400 6500 0300", true, 3},
        {"version 3, vector", "e0 0cc0 6500 6400 83 11223344 aabbcc 0400", true, 4},
        {"version 3, vector without time", "e0 0cc0 6500 6400 02 aabb 0500", true, 5},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span data = span_of_text("the data"), whole;
        uint8_t room[RDP_UDP_PACKET_MAX];
        struct rdp_udp_data out;
        size_t taken = 0;

        whole =
            rows[i].version3 ? packet3(rows[i].head, data) : packet1(rows[i].head, data);
        ok(rdp_udp_data_of(whole, rows[i].version3, room, &out), "%s", rows[i].name);
        is_int(out.number, rows[i].number, "its number");
        is_span(out.bytes, data, "its data");
        for (size_t len = 0; len <= whole.len - data.len; len++)
            taken += rdp_udp_data_of(exact(span_first(whole, len)), rows[i].version3, room,
                                     &out);
        is_int(taken, 0, "no truncation before the data has any");
    }
}

static void packets_without_data_are_passed_over(void)
{
    uint8_t room[RDP_UDP_PACKET_MAX];
    struct rdp_udp_data out;
    struct span data = span_of_text("the data");
    static const uint8_t large[RDP_UDP_PACKET_MAX + 1];

    ok(!rdp_udp_data_of(packet3("f0 14c0 6400 6500 0200", data), true, room, &out),
       "a dummy of version 3");
    ok(!rdp_udp_data_of(packet3("e0 01c0 6400 030100 01 00", data), true, room, &out),
       "an acknowledgement of version 3");
    ok(!rdp_udp_data_of(packet1("00000064 0400 0004 0001 0100", data), false, room, &out),
       "an acknowledgement of version 1");
    ok(!rdp_udp_data_of(packet1("00000064 0400 001c 0001 0100 00000001 00000007", data),
                        false, room, &out),
       "a repair packet");
    ok(!rdp_udp_data_of(span_of(large, sizeof(large)), true, room, &out),
       "a packet too long");
}

static void tls_comes_out(bool version3)
{
    struct span record = hello_record(), front, rest = record;
    struct line_of l;

    line_init(&l);
    push(&l, CLIENT, client_syn());
    push(&l, SERVER, server_syn(version3));
    is_int(l.rdp.client, CLIENT, "who says SYN is the client");
    if (!span_take(&rest, 100, &front))
        return;
    for (int copies = 0; copies < 2; copies++)
        push(&l, CLIENT,
             version3 ? packet3("e0 14c1 01f401 6400 6500 0100", front)
                      : packet1("00000064 0400 000c 0001 0100 00000001 00000001", front));
    push(&l, CLIENT,
         version3 ? packet3("e0 14c1 01f401 6400 6600 0200", rest)
                  : packet1("00000064 0400 000c 0001 0100 00000001 00000002", rest));
    is_int(l.hellos, 1, "the hello comes out, though half of it came twice");
    is_text(l.name, "www.example.org", "with its name");
    is_int(l.context.stats.gaps, 0, "without a gap");
    rdp_udp_clear(&l.rdp, &l.context);
    is_int(l.tls.budget.bytes, 0, "no memory is kept");
}

static void a_missing_packet_is_a_gap(void)
{
    struct span record = hello_record(), front, rest = record;
    struct line_of l;

    line_init(&l);
    push(&l, CLIENT, client_syn());
    push(&l, SERVER, server_syn(true));
    if (!span_take(&rest, 100, &front))
        return;
    push(&l, CLIENT, packet3("e0 14c1 01f401 6400 6500 ffff", front));
    push(&l, CLIENT, packet3("e0 14c1 01f401 6400 6600 0100", rest));
    is_int(l.context.stats.gaps, 1, "a number is missing");
    is_int(l.hellos, 0, "no hello is made up");
    line_init(&l);
    push(&l, CLIENT, client_syn());
    push(&l, SERVER, server_syn(true));
    push(&l, CLIENT, packet3("e0 14c1 01f401 6400 6500 ffff", front));
    push(&l, CLIENT, packet3("e0 14c1 01f401 6400 6600 0000", rest));
    is_int(l.hellos, 1, "numbers go around");
    rdp_udp_clear(&l.rdp, &l.context);
}

int main(void)
{
    only_a_clients_syn_begins();
    data_is_found();
    packets_without_data_are_passed_over();
    tls_comes_out(false);
    tls_comes_out(true);
    a_missing_packet_is_a_gap();
    return done_testing();
}
