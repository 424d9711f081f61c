#include "tap.h"

#include "tls/extension.h"

static void extensions_are_taken_one_by_one(void)
{
    struct span list = hex("0000 0002 abcd  ff01 0000  0a0a 0001 00");
    struct extension extension;

    ok(extension_next(&list, &extension), "the first extension is taken");
    is_int(extension.type, EXTENSION_SERVER_NAME, "its type");
    is_span(extension.body, hex("abcd"), "its body");
    ok(extension_next(&list, &extension) && extension.type == 0xff01 &&
           span_empty(extension.body),
       "an unknown one without body follows");
    ok(extension_next(&list, &extension) && extension.type == 0x0a0a, "GREASE follows");
    ok(!extension_next(&list, &extension), "there are no more");
}

static void a_truncated_extension_is_none(void)
{
    struct span whole = hex("0033 0003 010203");
    bool refused = true;

    for (size_t n = 0; n < whole.len; n++) {
        struct span list = exact(span_first(whole, n));
        struct extension extension = {.type = 77};

        refused = refused && !extension_next(&list, &extension) && list.len == n &&
                  extension.type == 77;
    }
    ok(refused, "each truncation of an extension is refused and takes nothing");
}

static void only_whole_blocks_are_read(void)
{
    struct client_hello client = {.extensions = hex("002a 0000 0029 0001 00 00")};
    struct server_hello server = {.extensions = hex("0029 0002 0000 0023 0001")};

    ok(!extension_read_client(&client), "a block with a rest is refused in a ClientHello");
    ok(!extension_read_server(&server), "and in a ServerHello");
    client.extensions = span_of(NULL, 0);
    server.extensions = span_of(NULL, 0);
    ok(extension_read_client(&client) && extension_read_server(&server),
       "no block is fine");
}

int main(void)
{
    extensions_are_taken_one_by_one();
    a_truncated_extension_is_none();
    only_whole_blocks_are_read();
    return done_testing();
}
