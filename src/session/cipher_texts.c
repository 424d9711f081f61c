#include "session/cipher_texts.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/text.h"
#include "session/session_names.h"

/* IANA's names are words. */
static void render(struct cipher_text *list)
{
    struct text out = text_in(list->text, sizeof(list->text));
    char buffer[SESSION_NUMBER_TEXT_MAX];

    text_add_char(&out, '[');
    for (size_t i = 0; i < list->count; i++) {
        text_add(&out, i ? ",\"" : "\"");
        text_add(&out, cipher_describe(list->ciphers[i], buffer));
        text_add_char(&out, '"');
    }
    text_add_char(&out, ']');
    list->len = out.cut ? 0 : (uint16_t)out.len;
}

struct span cipher_texts_get(struct cipher_texts *t, const uint16_t *ciphers, size_t count)
{
    size_t bytes = count * sizeof(*ciphers);
    struct cipher_text *list = &t->lists[XXH3_64bits(ciphers, bytes) % CIPHER_TEXTS];

    if (list->count != count || memcmp(list->ciphers, ciphers, bytes) != 0) {
        memcpy(list->ciphers, ciphers, bytes);
        list->count = (uint8_t)count;
        render(list);
    }
    return span_of(list->text, list->len);
}
