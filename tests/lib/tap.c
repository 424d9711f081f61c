#include "tap.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A block that hex or exact gave out. They are chained so that done_testing can free them. */
struct block {
    struct block *next;
    uint8_t *bytes;
};

static struct block *blocks;
static int assertions;
static int failures;

/* Write the line of one assertion. A sentence holds no '#', which TAP would take for a directive. */
static bool report(const char *file, int line, bool held, const char *sentence,
                   va_list args)
{
    char text[512];

    (void)vsnprintf(text, sizeof(text), sentence, args);
    for (char *c = text; *c; c++)
        if (*c == '#' || *c == '\n')
            *c = ' ';
    assertions++;
    printf("%s %d - %s\n", held ? "ok" : "not ok", assertions, text);
    if (!held) {
        failures++;
        printf("# %s:%d: %s\n", file, line, text);
    }
    (void)fflush(stdout);
    return held;
}

bool tap_ok(const char *file, int line, bool held, const char *sentence, ...)
{
    va_list args;

    va_start(args, sentence);
    (void)report(file, line, held, sentence, args);
    va_end(args);
    return held;
}

bool tap_is_int(const char *file, int line, int64_t got, int64_t want, const char *sentence,
                ...)
{
    bool held = got == want;
    va_list args;

    va_start(args, sentence);
    (void)report(file, line, held, sentence, args);
    va_end(args);
    if (!held)
        printf("#   got %" PRId64 ", wanted %" PRId64 "\n", got, want);
    return held;
}

static void show_text(const char *name, const char *text)
{
    printf("#   %s ", name);
    if (!text) {
        printf("NULL\n");
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '\n')
            printf("\\n");
        else
            putchar(*text);
    }
    printf("\"\n");
}

bool tap_is_text(const char *file, int line, const char *got, const char *want,
                 const char *sentence, ...)
{
    bool held = got && want ? strcmp(got, want) == 0 : got == want;
    va_list args;

    va_start(args, sentence);
    (void)report(file, line, held, sentence, args);
    va_end(args);
    if (!held) {
        show_text("got   ", got);
        show_text("wanted", want);
    }
    return held;
}

static void show_span(const char *name, struct span s)
{
    printf("#   %s %zu bytes:", name, s.len);
    for (size_t i = 0; i < s.len && i < 64; i++)
        printf(" %02x", s.data[i]);
    printf("%s\n", s.len > 64 ? " ..." : "");
}

bool tap_is_span(const char *file, int line, struct span got, struct span want,
                 const char *sentence, ...)
{
    bool held = span_equal(got, want);
    va_list args;

    va_start(args, sentence);
    (void)report(file, line, held, sentence, args);
    va_end(args);
    if (!held) {
        show_span("got   ", got);
        show_span("wanted", want);
    }
    return held;
}

__attribute__((noreturn)) static void bail_out(const char *why)
{
    printf("Bail out! %s\n", why);
    exit(2);
}

static uint8_t *new_block(size_t size)
{
    struct block *block = calloc(1, sizeof(*block));

    if (!block || !(block->bytes = malloc(size ? size : 1)))
        bail_out("out of memory");
    block->next = blocks;
    blocks = block;
    return block->bytes;
}

struct span exact(struct span bytes)
{
    uint8_t *copy = new_block(bytes.len);

    if (bytes.len)
        memcpy(copy, bytes.data, bytes.len);
    return span_of(copy, bytes.len);
}

static int digit_value(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = strchr(digits, c);

    return found ? (int)((found - digits) % 16) : -1;
}

struct span hex(const char *text)
{
    uint8_t *bytes = new_block(strlen(text) / 2);
    size_t digits = 0;
    int high = 0;

    for (const char *c = text; *c; c++) {
        int value = digit_value(*c);

        if (strchr(" \t\n", *c))
            continue;
        if (value < 0)
            bail_out("hex() was given something that is no hexadecimal digit");
        if (digits % 2)
            bytes[digits / 2] = (uint8_t)(high << 4 | value);
        high = value;
        digits++;
    }
    if (digits % 2)
        bail_out("hex() was given half a byte");
    return exact(span_of(bytes, digits / 2));
}

void skip(const char *why)
{
    assertions++;
    printf("ok %d # SKIP %s\n", assertions, why);
}

int done_testing(void)
{
    while (blocks) {
        struct block *block = blocks;

        blocks = block->next;
        free(block->bytes);
        free(block);
    }
    printf("1..%d\n", assertions);
    return failures == 0 && assertions > 0 ? 0 : 1;
}
