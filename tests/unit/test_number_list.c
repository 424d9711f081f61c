#include "tap.h"

#include <stdlib.h>

#include "fingerprint/number_list.h"

static int compare(const void *a, const void *b)
{
    uint16_t x, y;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return (x > y) - (x < y);
}

/* Numbers that repeat and come in no order, from a linear congruence. */
static void sorting_gives_ascending_numbers(void)
{
    static const size_t counts[] = {0, 1, 2, 17, 64, 65, 1000, NUMBER_LIST_MAX};
    static struct number_list list;
    static uint16_t want[NUMBER_LIST_MAX];
    uint32_t state = 12345;

    for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
        list.count = counts[k];
        for (size_t i = 0; i < list.count; i++) {
            state = state * 1103515245u + 12345u;
            list.numbers[i] = (uint16_t)(state >> (k % 2 ? 16 : 20));
            want[i] = list.numbers[i];
        }
        qsort(want, list.count, sizeof(want[0]), compare);
        number_list_sort(&list);
        ok(memcmp(want, list.numbers, list.count * sizeof(want[0])) == 0,
           "%zu numbers are sorted", counts[k]);
    }
}

static void grease_is_left_out(void)
{
    static struct number_list list;
    struct client_hello hello = {.ciphers = hex("0a0a 1302 1301 1302 fafa"),
                                 .extensions = hex("1a1a 0000 0010 0001 00 000a 0000")};

    number_list_of_ciphers(&hello, &list);
    is_int(list.count, 3, "GREASE is no cipher suite");
    is_int(list.numbers[0], 0x1302, "the order stays");
    is_int(list.numbers[2], 0x1302, "what stands twice is there twice");
    number_list_of_extensions(&hello, &list);
    is_int(list.count, 2, "GREASE is no extension");
    is_int(list.numbers[1], 10, "types are read");
    number_list_of_span(hex("0403 0a0a 0804"), &list);
    is_int(list.count, 2, "GREASE is no signature algorithm");
}

static void ssl2_has_suites_of_its_own(void)
{
    static struct number_list list;
    struct client_hello hello = {.kind = HELLO_SSL2,
                                 .ciphers = hex("000035 010080 00c02f")};

    number_list_of_ciphers(&hello, &list);
    is_int(list.count, 2, "suites of SSL 2 alone are left out");
    is_int(list.numbers[0], 0x35, "suites of TLS are taken");
    is_int(list.numbers[1], 0xc02f, "by their two bytes");
}

int main(void)
{
    sorting_gives_ascending_numbers();
    grease_is_left_out();
    ssl2_has_suites_of_its_own();
    return done_testing();
}
