#include "fingerprint/number_list.h"

#include "base/check.h"
#include "tls/extension.h"

enum { INSERTION_MAX = 64, BYTE_VALUES = 256 };

static void add(struct number_list *list, uint16_t number)
{
    if (hello_is_grease(number) || list->count == NUMBER_LIST_MAX)
        return;
    list->numbers[list->count++] = number;
}

void number_list_of_span(struct span list, struct number_list *out)
{
    uint16_t number;

    out->count = 0;
    while (span_u16(&list, &number))
        add(out, number);
}

void number_list_of_ciphers(const struct client_hello *hello, struct number_list *out)
{
    struct span list = hello->ciphers;
    uint16_t number;
    uint8_t kind;

    if (hello->kind != HELLO_SSL2) {
        number_list_of_span(list, out);
        return;
    }
    out->count = 0;
    while (span_u8(&list, &kind) && span_u16(&list, &number))
        if (kind == 0)
            add(out, number);
}

void number_list_of_extensions(const struct client_hello *hello, struct number_list *out)
{
    struct span list = hello->extensions;
    struct extension extension;

    out->count = 0;
    while (extension_next(&list, &extension))
        add(out, extension.type);
}

static void sort_by_insertion(struct number_list *list)
{
    for (size_t i = 1; i < list->count; i++) {
        uint16_t number = list->numbers[i];
        size_t k = i;

        for (; k > 0 && list->numbers[k - 1] > number; k--)
            list->numbers[k] = list->numbers[k - 1];
        list->numbers[k] = number;
    }
}

/* One pass of a radix sort, by the byte at `shift`; keeps the order of equal bytes. */
static void sort_by_byte(const uint16_t *from, uint16_t *to, size_t count,
                         unsigned int shift)
{
    size_t start[BYTE_VALUES + 1] = {0};

    for (size_t i = 0; i < count; i++)
        start[(from[i] >> shift & 0xff) + 1]++;
    for (size_t i = 1; i <= BYTE_VALUES; i++)
        start[i] += start[i - 1];
    for (size_t i = 0; i < count; i++)
        to[start[from[i] >> shift & 0xff]++] = from[i];
}

void number_list_sort(struct number_list *list)
{
    uint16_t other[NUMBER_LIST_MAX];

    CHECK(list->count <= NUMBER_LIST_MAX);
    if (list->count <= INSERTION_MAX) {
        sort_by_insertion(list);
        return;
    }
    sort_by_byte(list->numbers, other, list->count, 0);
    sort_by_byte(other, list->numbers, list->count, 8);
}
