#include "capture/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

void inputs_fini(struct inputs *in)
{
    for (size_t i = 0; i < in->count; i++) {
        free(in->items[i].name);
        if (in->items[i].fd > STDIN_FILENO)
            (void)close(in->items[i].fd);
    }
    free(in->items);
    *in = (struct inputs){0};
}

/* Put an input at the end of the list, which takes the descriptor even when it fails. */
static int append(struct inputs *in, const char *name, int fd, struct err *why)
{
    char *copy = strdup(name);
    struct input *more;

    if (in->count == in->room && in->room < INPUTS_MAX) {
        size_t room = in->room ? in->room * 2 : 16;

        more = realloc(in->items, room * sizeof(*more));
        if (more) {
            in->items = more;
            in->room = room;
        }
    }
    if (!copy || in->count == in->room) {
        free(copy);
        if (fd > STDIN_FILENO)
            (void)close(fd);
        return err_set(why, "%s: there is no room for more than %zu inputs", name,
                       in->count);
    }
    in->items[in->count++] = (struct input){.name = copy, .fd = fd, .first_ns = UINT64_MAX};
    return 0;
}

/*
 * Read the first frame of the last input of the list. Where it is no capture, the input is dropped
 * and the reader's `damage` says why; an empty file counts as a capture, a damaged one.
 */
static bool peek_last(struct inputs *in, struct reader *reader)
{
    struct input *last = &in->items[in->count - 1];
    struct frame frame;
    bool stays;

    reader_open(reader, last->name, last->fd);
    if (reader_next(reader, &frame) == READER_FRAME) {
        last->first_ns = frame.time_ns;
        last->link_type = frame.link_type;
        last->has_frame = true;
    }
    stays = reader->is_capture;
    reader_close(reader);
    if (stays && in->open_count < (in->open_most ? in->open_most : INPUTS_OPEN_MAX) &&
        lseek(last->fd, 0, SEEK_SET) == 0) {
        in->open_count++;
        return true;
    }
    (void)close(last->fd);
    last->fd = -1;
    if (!stays) {
        free(last->name);
        in->count--;
    }
    return stays;
}

static int add_file(struct inputs *in, const char *path, struct reader *reader,
                    struct err *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;

    if (fd < 0 || fstat(fd, &about) < 0) {
        if (fd >= 0)
            (void)close(fd);
        return err_set(why, "%s: %s", path, strerrordesc_np(errno));
    }
    if (append(in, path, fd, why) < 0)
        return -1;
    /* What cannot be read twice (a pipe) is looked at when its turn comes. */
    if (!S_ISREG(about.st_mode))
        return 0;
    if (!peek_last(in, reader)) {
        *why = reader->damage;
        return -1;
    }
    in->total_bytes += (uint64_t)about.st_size;
    return 0;
}

static int by_first_packet(const void *a, const void *b)
{
    const struct input *left = a, *right = b;

    if (left->first_ns != right->first_ns)
        return left->first_ns < right->first_ns ? -1 : 1;
    return strcmp(left->name, right->name);
}

/* Take in one entry of a folder, unless it is hidden, no file, or no capture. */
static int add_entry(struct inputs *in, const char *folder, const char *name,
                     struct reader *reader, struct err *why)
{
    char path[PATH_MAX];
    struct stat about;
    int n = snprintf(path, sizeof(path), "%s/%s", folder, name);

    if (name[0] == '.' || n < 0 || (size_t)n >= sizeof(path) || stat(path, &about) < 0 ||
        !S_ISREG(about.st_mode))
        return 0;
    if (in->count == INPUTS_MAX)
        return err_set(why, "%s: there is no room for more than %d inputs", folder,
                       INPUTS_MAX);
    if (add_file(in, path, reader, why) < 0)
        in->skipped++;
    return 0;
}

static int add_folder(struct inputs *in, const char *path, struct reader *reader,
                      struct err *why)
{
    size_t before = in->count, len = strlen(path);
    uint64_t skipped_before = in->skipped;
    const struct dirent *entry;
    DIR *folder = opendir(path);
    char trimmed[PATH_MAX];
    int result = 0;

    if (!folder)
        return err_set(why, "%s: %s", path, strerrordesc_np(errno));
    while (len > 1 && path[len - 1] == '/')
        len--;
    (void)snprintf(trimmed, sizeof(trimmed), "%.*s", (int)len, path);
    while (result == 0 && (entry = readdir(folder)) != NULL)
        result = add_entry(in, trimmed, entry->d_name, reader, why);
    (void)closedir(folder);
    if (result < 0)
        return -1;
    if (in->skipped > skipped_before && !in->quiet)
        log_warn("files that are no captures were skipped folder=%s files=%llu", path,
                 (unsigned long long)(in->skipped - skipped_before));
    if (in->count == before)
        return err_set(why, "%s: the folder holds no capture", path);
    qsort(in->items + before, in->count - before, sizeof(*in->items), by_first_packet);
    return 0;
}

int inputs_add(struct inputs *in, const char *path, struct reader *reader, struct err *why)
{
    struct stat about;

    if (strcmp(path, "-") == 0) {
        for (size_t i = 0; i < in->count; i++)
            if (in->items[i].fd == STDIN_FILENO)
                return err_set(why, "standard input was named twice");
        return append(in, "standard input", STDIN_FILENO, why);
    }
    if (stat(path, &about) < 0)
        return err_set(why, "%s: %s", path, strerrordesc_np(errno));
    if (S_ISDIR(about.st_mode))
        return add_folder(in, path, reader, why);
    return add_file(in, path, reader, why);
}

int inputs_take_fd(struct inputs *in, size_t i, struct err *why)
{
    int fd = in->items[i].fd;

    in->items[i].fd = -1;
    if (fd < 0)
        fd = open(in->items[i].name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(why, "%s: %s", in->items[i].name, strerrordesc_np(errno));
    return fd;
}
