#include "alert/sink_socket.h"

int sink_socket_init(struct delivery *d, const struct sink_socket_options *options,
                     struct err *why)
{
    struct delivery_options delivery = {
        .receiver =
            {
                .name = "output.socket",
                .target = options->address,
                .transport = options->unix_socket ? RECEIVER_UNIX : RECEIVER_TCP,
                .framing = FRAMING_LINES,
            },
        .spool =
            {
                .path = options->spool_path,
                .name = "socket",
                .bytes = options->spool_bytes,
            },
    };

    return delivery_init(d, &delivery, why);
}
