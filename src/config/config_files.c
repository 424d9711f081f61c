#include "config/config_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A certificate takes some 2 KiB; a file of a hundred is far more than any box signs with. */
#define AUTHORITY_BYTES_MAX ((size_t)256 * 1024)

/* Begin of a DER certificate: SEQUENCE with a length of two bytes (X.690, 8.1.3.5). */
#define DER_SEQUENCE 0x30
#define DER_TWO_BYTE_LENGTH 0x82

int config_check_folder(const char *path, const struct place *at, const char *key,
                        struct err *why)
{
    struct stat about;

    if (stat(path, &about) < 0)
        return place_complain(why, at, key, "the folder %s cannot be read: %s", path,
                              strerror(errno));
    if (!S_ISDIR(about.st_mode))
        return place_complain(why, at, key, "expected a folder, but %s is none", path);
    if (access(path, R_OK | X_OK) < 0)
        return place_complain(why, at, key, "the folder %s cannot be read: %s", path,
                              strerror(errno));
    return 0;
}

static bool has_certificate(struct span bytes)
{
    static const char *const marks[] = {"-----BEGIN CERTIFICATE-----",
                                        "-----BEGIN TRUSTED CERTIFICATE-----",
                                        "-----BEGIN X509 CERTIFICATE-----"};

    if (bytes.len < 4)
        return false;
    if (bytes.data[0] == DER_SEQUENCE && bytes.data[1] == DER_TWO_BYTE_LENGTH)
        return true;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (memmem(bytes.data, bytes.len, marks[i], strlen(marks[i])))
            return true;
    return false;
}

/* Look for a certificate in an open file; it must be a plain one, so that reading ends. */
static int check_open_authority(int fd, const struct config_authority *authority,
                                const char *key, struct err *why)
{
    static const char wanted[] = "expected a certificate file (PEM or DER)";
    uint8_t *bytes = malloc(AUTHORITY_BYTES_MAX);
    struct stat about;
    ssize_t got = 1;
    size_t len = 0;
    int result = 0;

    if (!bytes)
        return place_complain(why, &authority->place, key, "out of memory");
    if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode)) {
        result = place_complain(why, &authority->place, key, "%s, but %s is not a file",
                                wanted, authority->file);
        got = 0;
    }
    for (; got > 0 && len<AUTHORITY_BYTES_MAX; len += got> 0 ? (size_t)got : 0)
        got = read(fd, bytes + len, AUTHORITY_BYTES_MAX - len);
    if (result == 0 && !has_certificate(span_of(bytes, len)))
        result = place_complain(why, &authority->place, key,
                                "%s, but %s holds no certificate", wanted, authority->file);
    free(bytes);
    return result;
}

static int check_authority(const struct config_authority *authority, size_t index,
                           struct err *why)
{
    char key[64];
    int fd, result;

    (void)snprintf(key, sizeof(key), "inspection.authorities[%zu].file", index);
    fd = open(authority->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return place_complain(why, &authority->place, key, "%s cannot be opened: %s",
                              authority->file, strerror(errno));
    result = check_open_authority(fd, authority, key, why);
    (void)close(fd);
    return result;
}

static int check_context(const struct config_context *context, size_t index,
                         struct err *why)
{
    char key[64];

    (void)snprintf(key, sizeof(key), "context[%zu].path", index);
    if (strcmp(context->path, "-") == 0 || access(context->path, R_OK) == 0)
        return 0;
    return place_complain(why, &context->place, key, "%s cannot be read: %s", context->path,
                          strerror(errno));
}

int config_check_files(const struct config *cfg, struct err *why)
{
    for (size_t i = 0; i < cfg->inspection.authority_count; i++)
        if (check_authority(&cfg->inspection.authorities[i], i, why) < 0)
            return -1;
    for (size_t i = 0; i < cfg->context_count; i++)
        if (check_context(&cfg->context[i], i, why) < 0)
            return -1;
    return 0;
}
