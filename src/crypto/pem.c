#include "crypto/pem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

/* Most files end within it; the room doubles for those that do not. */
#define PEM_FIRST_READ 65536u

/* All that can be read from `f`, at most one byte more than the ceiling; NULL without memory. */
static uint8_t *read_whole(FILE *f, size_t *len)
{
    size_t room = PEM_FIRST_READ;
    uint8_t *block = malloc(room), *larger;

    *len = 0;
    while (block) {
        *len += fread(block + *len, 1, room - *len, f);
        if (*len < room || room > PEM_FILE_MAX)
            return block;
        room = 2 * room > PEM_FILE_MAX ? PEM_FILE_MAX + 1 : 2 * room;
        larger = realloc(block, room);
        if (!larger)
            free(block);
        block = larger;
    }
    return NULL;
}

/* A block with the whole file, which the caller frees; NULL with `why`. */
static uint8_t *load(const char *file, size_t *len, struct err *why)
{
    FILE *f = fopen(file, "rb");
    uint8_t *block;
    bool failed;

    if (!f) {
        (void)err_set(why, "%s: %s", file, strerror(errno));
        return NULL;
    }
    block = read_whole(f, len);
    failed = ferror(f);
    (void)fclose(f);
    if (!block)
        (void)err_set(why, "%s: out of memory", file);
    else if (failed)
        (void)err_set(why, "%s: cannot be read", file);
    else if (*len > PEM_FILE_MAX)
        (void)err_set(why, "%s: larger than %u bytes", file, PEM_FILE_MAX);
    else
        return block;
    free(block);
    return NULL;
}

static bool is_certificate(const char *name)
{
    return strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0 ||
           strcmp(name, PEM_STRING_X509_TRUSTED) == 0;
}

/* Each block of the text in turn; `*blocks` counts those of any kind. */
static int read_blocks(BIO *text, pem_certificate *each, void *ctx, size_t *blocks,
                       struct err *why)
{
    char *name, *header;
    unsigned char *data;
    long len;
    int result = 0;

    while (result == 0 && PEM_read_bio(text, &name, &header, &data, &len) == 1) {
        *blocks += 1;
        if (is_certificate(name))
            result = each(ctx, span_of(data, (size_t)len), why);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);
    }
    ERR_clear_error();
    return result;
}

int pem_read_file(const char *file, pem_certificate *each, void *ctx, struct err *why)
{
    size_t len = 0, blocks = 0;
    uint8_t *block = load(file, &len, why);
    BIO *text;
    int result;

    if (!block)
        return -1;
    text = BIO_new_mem_buf(block, (int)len);
    if (!text) {
        free(block);
        return err_set(why, "%s: out of memory", file);
    }
    result = read_blocks(text, each, ctx, &blocks, why);
    if (result == 0 && blocks == 0 && len > 0)
        result = each(ctx, span_of(block, len), why);
    BIO_free(text);
    free(block);
    return result;
}
