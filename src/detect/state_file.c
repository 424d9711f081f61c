#include "detect/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define FILE_MODE 0640
#define HEADER_BYTES 100 /* SQLite's file format, 1.3 */
#define HEADER_APPLICATION 68

int state_file_hold(const char *path, struct err *why)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE), reason;

    if (fd < 0)
        return err_set(why, "state %s: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    reason = errno;
    (void)close(fd);
    return err_set(why, "state %s: %s", path,
                   reason == EWOULDBLOCK ? "another pinsight uses it" : strerror(reason));
}

int state_file_look(const char *path, struct err *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    return fd < 0 ? err_set(why, "state %s: %s", path, strerror(errno)) : fd;
}

bool state_file_may_be_ours(int fd)
{
    static const uint8_t magic[16] = "SQLite format 3";
    uint8_t header[HEADER_BYTES];
    ssize_t n = pread(fd, header, sizeof(header), 0);
    struct span at = span_of(header + HEADER_APPLICATION, 4);
    uint64_t application = 0;

    if (n == 0)
        return true;
    return n == (ssize_t)sizeof(header) && memcmp(header, magic, sizeof(magic)) == 0 &&
           span_uint(&at, 4, &application) && application == STATE_FILE_APPLICATION;
}

static bool is_free(const char *path)
{
    struct stat st;

    return lstat(path, &st) < 0 && errno == ENOENT;
}

/* The files that belong to it go with it, so that it can be looked at; it goes last, so that what is
 * cut short is begun again. */
static int rename_all(const char *from, const char *to, struct err *why)
{
    static const char *const tails[] = {"-wal", "-shm", "-journal", ""};
    char old[STATE_FILE_PATH_MAX + 16], new[STATE_FILE_PATH_MAX + 48];

    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        (void)snprintf(old, sizeof(old), "%s%s", from, tails[i]);
        (void)snprintf(new, sizeof(new), "%s%s", to, tails[i]);
        if (rename(old, new) < 0 && errno != ENOENT)
            return err_set(why, "state %s: it cannot be set aside: %s", from,
                           strerror(errno));
    }
    return 0;
}

int state_file_set_aside(const char *path, const char *reason, struct err *why)
{
    char to[STATE_FILE_PATH_MAX + 32];

    for (int i = 1; i <= STATE_FILE_ASIDE_MAX; i++) {
        (void)snprintf(to, sizeof(to), i == 1 ? "%s.set-aside" : "%s.set-aside.%d", path,
                       i);
        if (!is_free(to))
            continue;
        if (rename_all(path, to, why) < 0)
            return -1;
        log_warn("state %s %s: it is kept as %s, and a new one begins", path, reason, to);
        return 0;
    }
    return err_set(why, "state %s %s, and no name is free to set it aside", path, reason);
}

uint64_t state_file_bytes(const char *path)
{
    char log[STATE_FILE_PATH_MAX + 8];
    struct stat st;
    uint64_t bytes = 0;

    (void)snprintf(log, sizeof(log), "%s-wal", path);
    if (stat(path, &st) == 0)
        bytes += (uint64_t)st.st_size;
    if (stat(log, &st) == 0)
        bytes += (uint64_t)st.st_size;
    return bytes;
}
