/*
 * Messages for tests: bytes put one after the other, with lengths that are filled in when what
 * they announce is complete; and the certificates of tests/unit/data. Nothing here fails softly: a
 * test that builds too much, or finds no file, ends.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "base/span.h"

#define WIRE_MAX 262144

struct wire {
    size_t len;
    uint8_t data[WIRE_MAX];
};

static inline void wire_u8(struct wire *w, unsigned int value)
{
    if (w->len == WIRE_MAX)
        abort();
    w->data[w->len++] = (uint8_t)value;
}

static inline void wire_u16(struct wire *w, unsigned int value)
{
    wire_u8(w, value >> 8 & 0xff);
    wire_u8(w, value & 0xff);
}

static inline void wire_u24(struct wire *w, unsigned int value)
{
    wire_u8(w, value >> 16 & 0xff);
    wire_u16(w, value & 0xffff);
}

static inline void wire_fill(struct wire *w, unsigned int value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        wire_u8(w, value);
}

static inline void wire_span(struct wire *w, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        wire_u8(w, bytes.data[i]);
}

/* Room for a length of `width` bytes; the place to give to wire_close. */
static inline size_t wire_open(struct wire *w, size_t width)
{
    wire_fill(w, 0, width);
    return w->len;
}

/* Fill in the length of all that was put since wire_open. */
static inline void wire_close(struct wire *w, size_t place, size_t width)
{
    size_t len = w->len - place;

    for (size_t i = 1; i <= width; i++, len >>= 8)
        w->data[place - i] = (uint8_t)len;
}

static inline struct span wire_done(const struct wire *w)
{
    return span_of(w->data, w->len);
}

/* One extension whose body is given as it stands. */
static inline void wire_extension(struct wire *w, unsigned int type, struct span body)
{
    wire_u16(w, type);
    wire_u16(w, (unsigned int)body.len);
    wire_span(w, body);
}

#define DATA_FILES_MAX 32

/* The whole of a file in tests/unit/data, read once and kept. */
static inline struct span data_file(const char *name)
{
    static struct {
        char name[64];
        size_t len;
        uint8_t bytes[4096];
    } files[DATA_FILES_MAX];
    char path[256];
    size_t i = 0;
    FILE *f;

    for (; i < DATA_FILES_MAX && files[i].name[0]; i++)
        if (strcmp(files[i].name, name) == 0)
            return span_of(files[i].bytes, files[i].len);
    (void)snprintf(path, sizeof(path), "tests/unit/data/%s", name);
    f = fopen(path, "rb");
    if (!f || i == DATA_FILES_MAX) {
        perror(path);
        exit(1);
    }
    (void)snprintf(files[i].name, sizeof(files[i].name), "%s", name);
    files[i].len = fread(files[i].bytes, 1, sizeof(files[i].bytes), f);
    (void)fclose(f);
    return span_of(files[i].bytes, files[i].len);
}
