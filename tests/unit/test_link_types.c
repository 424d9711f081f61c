#include "capture/link_types.h"
#include "tap.h"

static void the_few_that_differ_are_translated(void)
{
    is_int(link_type_to_dlt(101), 12, "raw IP has another number inside libpcap");
    is_int(link_type_of_dlt(12), 101, "and back");
    is_int(link_type_to_dlt(100), 11, "so has LLC on ATM");
    is_int(link_type_of_dlt(11), 100, "and back");
}

static void the_others_are_the_same(void)
{
    static const uint32_t same[] = {0,   1,   9,   50,  51,  104, 105,
                                    107, 108, 113, 127, 228, 258, 276};

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        ok(link_type_to_dlt(same[i]) == (int)same[i] &&
               link_type_of_dlt((int)same[i]) == same[i],
           "%u is the same in both", same[i]);
}

int main(void)
{
    the_few_that_differ_are_translated();
    the_others_are_the_same();
    return done_testing();
}
