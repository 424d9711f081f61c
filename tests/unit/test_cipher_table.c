#include "tap.h"

#include "tls/cipher_table.h"

int main(void)
{
    bool sorted = true, named = true;

    for (size_t i = 1; i < cipher_table_rows; i++)
        sorted = sorted && cipher_table[i - 1].cipher < cipher_table[i].cipher;
    for (size_t i = 0; i < cipher_table_rows; i++)
        named = named && strncmp(cipher_table[i].name, "TLS_", 4) == 0;
    ok(sorted, "the rows ascend by number and none stands twice");
    ok(named, "each name begins with TLS_");
    ok(cipher_table_rows > 340, "the registry is there as a whole");
    return done_testing();
}
