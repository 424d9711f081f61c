#include "allowed_places.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

/* What Debian's headers do not have yet, with the version of the interface that brought it. */
#define FS_TRUNCATE (UINT64_C(1) << 14)          /* 3 */
#define FS_IOCTL_DEVICE (UINT64_C(1) << 15)      /* 5 */
#define NET_BIND_TCP (UINT64_C(1) << 0)          /* 4 */
#define SCOPE_ABSTRACT_SOCKET (UINT64_C(1) << 0) /* 6 */
#define SCOPE_SIGNAL (UINT64_C(1) << 1)          /* 6 */

#define READ_FILES LANDLOCK_ACCESS_FS_READ_FILE
#define READ_FOLDERS (READ_FILES | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_FILES (READ_FILES | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)
#define WRITE_FOLDERS                                                                      \
    (READ_FOLDERS | WRITE_FILES | LANDLOCK_ACCESS_FS_MAKE_REG |                            \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE)

/* All 13 of the first version; each is refused unless a rule allows it. */
#define FS_FIRST ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

/* struct landlock_ruleset_attr of version 6; older kernels take a shorter one. */
struct ruleset {
    uint64_t fs;
    uint64_t net;
    uint64_t scoped;
};

/* What a version of the interface added. */
static const struct {
    int version;
    size_t bytes; /* of the struct */
    struct ruleset adds;
} versions[] = {
    {1, 8, {.fs = FS_FIRST}},
    {2, 8, {.fs = LANDLOCK_ACCESS_FS_REFER}},
    {3, 8, {.fs = FS_TRUNCATE}},
    {4, 16, {.net = NET_BIND_TCP}},
    {5, 16, {.fs = FS_IOCTL_DEVICE}},
    {6, 24, {.scoped = SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL}},
};

/* ---- the list */

static void add_text(struct allowed_places *places, enum place_use use, const char *key,
                     char *path)
{
    if (!path || places->count == ALLOWED_PLACES_MAX) {
        free(path);
        places->overflow = true;
        return;
    }
    places->all[places->count++] =
        (struct allowed_place){.path = path, .key = key, .use = use};
}

void allowed_places_add(struct allowed_places *places, enum place_use use, const char *key,
                        const char *path)
{
    if (path)
        add_text(places, use, key, strdup(path));
}

void allowed_places_add_folder_of(struct allowed_places *places, enum place_use use,
                                  const char *key, const char *file)
{
    const char *slash = file ? strrchr(file, '/') : NULL;

    if (!file)
        return;
    if (!slash)
        allowed_places_add(places, use, key, ".");
    else
        add_text(places, use, key,
                 strndup(file, slash == file ? 1 : (size_t)(slash - file)));
}

void allowed_places_free(struct allowed_places *places)
{
    for (size_t i = 0; i < places->count; i++)
        free(places->all[i].path);
    *places = (struct allowed_places){0};
}

/* ---- the rules */

static uint64_t rights_of(enum place_use use, bool is_folder)
{
    if (use == PLACE_READ)
        return is_folder ? READ_FOLDERS : READ_FILES;
    return is_folder ? WRITE_FOLDERS : WRITE_FILES;
}

static int add_rule(const struct allowed_places *places, const struct allowed_place *place,
                    struct err *why)
{
    struct landlock_path_beneath_attr rule = {.parent_fd =
                                                  open(place->path, O_PATH | O_CLOEXEC)};
    struct stat about;
    long failed;

    if (rule.parent_fd < 0)
        return 0;
    failed = fstat(rule.parent_fd, &about);
    rule.allowed_access = places->handled & rights_of(place->use, S_ISDIR(about.st_mode));
    if (!failed)
        failed = syscall(SYS_landlock_add_rule, places->ruleset, LANDLOCK_RULE_PATH_BENEATH,
                         &rule, 0);
    if (failed)
        (void)err_set(why, "%s cannot be allowed: %s", place->path, strerror(errno));
    (void)close(rule.parent_fd);
    return failed ? -1 : 0;
}

/* A ruleset of what this kernel knows, still without rules; -1 with errno. */
static int new_ruleset(long version, uint64_t *handled_fs)
{
    struct ruleset handled = {0};
    size_t bytes = 0;

    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        if (versions[i].version > version)
            break;
        handled.fs |= versions[i].adds.fs;
        handled.net |= versions[i].adds.net;
        handled.scoped |= versions[i].adds.scoped;
        bytes = versions[i].bytes;
    }
    *handled_fs = handled.fs;
    return (int)syscall(SYS_landlock_create_ruleset, &handled, bytes, 0);
}

int allowed_places_prepare(struct allowed_places *places, struct err *why)
{
    long version =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    int result = 0;

    places->ruleset = -1;
    if (version < 1) {
        log_info(
            "this kernel has no Landlock: files are limited by the user's rights alone");
        return 0;
    }
    if (places->overflow)
        return err_set(why, "the settings name more than %d folders", ALLOWED_PLACES_MAX);
    places->ruleset = new_ruleset(version, &places->handled);
    if (places->ruleset < 0)
        return err_set(why, "files cannot be limited: %s", strerror(errno));
    for (size_t i = 0; result == 0 && i < places->count; i++)
        if (places->all[i].use != PLACE_CONNECT)
            result = add_rule(places, &places->all[i], why);
    return result;
}

int allowed_places_apply(struct allowed_places *places, struct err *why)
{
    char root[] = "/";
    const struct allowed_place all = {.path = root, .use = PLACE_READ};
    int result = 0;

    if (places->ruleset < 0)
        return 0;
    if (places->read_all)
        result = add_rule(places, &all, why);
    if (result == 0 && syscall(SYS_landlock_restrict_self, places->ruleset, 0) < 0)
        result = err_set(why, "files cannot be limited: %s", strerror(errno));
    (void)close(places->ruleset);
    places->ruleset = -1;
    return result;
}
