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
        free(in->items[i].folder);
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

static bool may_stay_open(const struct inputs *in)
{
    return in->open_count < (in->open_most ? in->open_most : INPUTS_OPEN_MAX);
}

static int add_file(struct inputs *in, const char *path, struct err *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct input *last;
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
    last = &in->items[in->count - 1];
    last->is_file = true;
    last->bytes = (uint64_t)about.st_size;
    if (may_stay_open(in)) {
        in->open_count++;
    } else {
        (void)close(fd);
        last->fd = -1;
    }
    return 0;
}

/* Take in one entry of a folder, unless it is hidden or no file. */
static int add_entry(struct inputs *in, const char *folder, const char *name,
                     struct err *why)
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
    if (add_file(in, path, why) < 0)
        in->skipped++;
    return 0;
}

static int add_folder(struct inputs *in, const char *path, struct err *why)
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
        result = add_entry(in, trimmed, entry->d_name, why);
    (void)closedir(folder);
    if (result < 0)
        return -1;
    if (in->count == before)
        return err_set(why, "%s: the folder holds no capture", path);
    in->items[before].folder = strdup(path);
    in->items[before].skipped = in->skipped - skipped_before;
    in->items[before].in_folder = in->count - before;
    return in->items[before].folder ? 0 : err_set(why, "%s: no memory", path);
}

int inputs_add(struct inputs *in, const char *path, struct err *why)
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
        return add_folder(in, path, why);
    return add_file(in, path, why);
}

/* ---- looking */

/*
 * Read the first frame of an input. Where it is no capture the reader's `damage` says why; an empty
 * file counts as a capture, a damaged one. A descriptor that was open stays so.
 */
static bool look_at(struct input *item, struct reader *reader)
{
    int fd = item->fd >= 0 ? item->fd : open(item->name, O_RDONLY | O_CLOEXEC);
    struct frame frame;
    bool is_capture;

    if (fd < 0) {
        (void)err_set(&reader->damage, "%s: %s", item->name, strerrordesc_np(errno));
        return false;
    }
    reader_open(reader, item->name, fd);
    if (reader_next(reader, &frame) == READER_FRAME) {
        item->first_ns = frame.time_ns;
        item->link_type = frame.link_type;
        item->has_frame = true;
    }
    is_capture = reader->is_capture;
    reader_close(reader);
    if (fd == item->fd && lseek(fd, 0, SEEK_SET) == 0)
        return is_capture;
    (void)close(fd);
    item->fd = -1;
    return is_capture;
}

static int by_first_packet(const void *a, const void *b)
{
    const struct input *left = a, *right = b;

    if (left->first_ns != right->first_ns)
        return left->first_ns < right->first_ns ? -1 : 1;
    return strcmp(left->name, right->name);
}

static void let_go(struct input *item)
{
    free(item->name);
    if (item->fd > STDIN_FILENO)
        (void)close(item->fd);
    *item = (struct input){.fd = -1};
}

/* The captures of a folder, `count` files from `items` on, in order; how many of them there are. */
static size_t sort_folder(struct input *items, size_t count, struct reader *reader)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        struct input item = items[i];

        if (look_at(&item, reader))
            items[kept++] = item;
        else
            let_go(&item);
    }
    qsort(items, kept, sizeof(*items), by_first_packet);
    return kept;
}

/* Look at a folder's files; how many are captures, or -1 with a sentence. */
static ssize_t look_at_folder(struct inputs *in, struct input *items, struct reader *reader,
                              struct err *why)
{
    size_t count = items[0].in_folder;
    uint64_t skipped = items[0].skipped;
    char *folder = items[0].folder;
    size_t kept;

    items[0].folder = NULL;
    items[0].in_folder = 0;
    kept = sort_folder(items, count, reader);
    for (size_t i = kept; i < count; i++)
        items[i] = (struct input){.fd = -1}; /* moved, or let go of */
    skipped += count - kept;
    in->skipped += count - kept;
    if (skipped > 0 && !in->quiet)
        log_warn("files that are no captures were skipped folder=%s files=%llu", folder,
                 (unsigned long long)skipped);
    if (kept == 0)
        (void)err_set(why, "%s: the folder holds no capture", folder);
    free(folder);
    return kept ? (ssize_t)kept : -1;
}

int inputs_look(struct inputs *in, struct reader *reader, struct err *why)
{
    size_t kept = 0, next;

    for (size_t i = 0; i < in->count; i = next) {
        size_t all = in->items[i].in_folder ? in->items[i].in_folder : 1;
        ssize_t found = 1;

        next = i + all;
        if (in->items[i].in_folder) {
            found = look_at_folder(in, &in->items[i], reader, why);
            if (found < 0)
                return -1;
        } else if (in->items[i].is_file && !look_at(&in->items[i], reader)) {
            *why = reader->damage;
            return -1;
        }
        memmove(&in->items[kept], &in->items[i], (size_t)found * sizeof(*in->items));
        for (size_t k = kept + (size_t)found; k < next; k++)
            in->items[k] = (struct input){.fd = -1};
        kept += (size_t)found;
    }
    in->count = kept;
    in->total_bytes = 0;
    for (size_t i = 0; i < kept; i++)
        in->total_bytes += in->items[i].bytes;
    return 0;
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
