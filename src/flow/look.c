/* Looking ahead: where a packet's flow and connection lie, and having that memory fetched. */
#include "flow/flow.h"

void flows_look(struct flows *f, const struct packet *packet, struct flow_look *out)
{
    uint16_t tunnel = tunnel_table_number(f->tunnels, &packet->tunnel);

    out->side = (uint8_t)flow_key_of(packet, tunnel, &out->key);
    out->home = flow_table_home(&f->table, &out->key);
    flow_table_fetch_index(&f->table, out->home);
}

void flows_fetch_flow(const struct flows *f, const struct flow_look *look)
{
    flow_table_fetch_flow(&f->table, look->home);
}

void flows_fetch_connection(const struct flows *f, const struct flow_look *look)
{
    const struct flow *flow = &f->table.flows[f->table.index[look->home]];

    if (flow->connection)
        conn_pool_fetch(&f->pool, flow->connection, f->options.state_hot);
}
