#include "account.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTER 1u
#define PREFIX_MAX 4096

int account_find(struct account *a, const char *name, struct err *why)
{
    const struct passwd *entry = getpwnam(name);

    if (!entry)
        return err_set(why, "user: there is no account %s on this machine", name);
    *a = (struct account){.name = name,
                          .user = entry->pw_uid,
                          .group = entry->pw_gid,
                          .group_count = ACCOUNT_GROUPS_MAX};
    if (getgrouplist(name, a->group, a->groups, &a->group_count) < 0)
        return err_set(why, "user: %s is in more than %d groups", name, ACCOUNT_GROUPS_MAX);
    return 0;
}

/* A line is "first here, first outside, how many". */
static bool is_in_line(const char *line, unsigned long id)
{
    unsigned long first, count;
    char *end;

    first = strtoul(line, &end, 10);
    (void)strtoul(end, &end, 10);
    count = strtoul(end, &end, 10);
    return id >= first && id - first < count;
}

static bool is_mapped(const char *map, unsigned long id)
{
    FILE *file = fopen(map, "re");
    char line[128];
    bool found = !file;

    while (!found && fgets(line, sizeof(line), file))
        found = is_in_line(line, id);
    if (file)
        (void)fclose(file);
    return found;
}

bool account_is_mapped(const struct account *a)
{
    return is_mapped("/proc/self/uid_map", a->user) &&
           is_mapped("/proc/self/gid_map", a->group);
}

static bool is_in_group(const struct account *a, gid_t group)
{
    for (int i = 0; i < a->group_count; i++)
        if (a->groups[i] == group)
            return true;
    return false;
}

/* The access and, for a folder, the right to enter it. */
bool account_may_use(const struct account *a, const char *path, unsigned access)
{
    struct stat about;
    unsigned shift = 0;

    if (stat(path, &about) < 0)
        return true;
    if (S_ISDIR(about.st_mode))
        access |= ENTER;
    if (about.st_uid == a->user)
        shift = 6;
    else if (is_in_group(a, about.st_gid))
        shift = 3;
    return (about.st_mode >> shift & access) == access;
}

bool account_may_reach(const struct account *a, const char *path, unsigned access)
{
    char prefix[PREFIX_MAX];

    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t len = slash == path ? 1 : (size_t)(slash - path);

        if (len >= sizeof(prefix))
            return false;
        memcpy(prefix, path, len);
        prefix[len] = '\0';
        if (!account_may_use(a, prefix, 0))
            return false;
    }
    return account_may_use(a, path, access);
}

static bool is_plain_of_root(int folder, const char *name)
{
    struct stat about;

    return fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(about.st_mode) && about.st_uid == 0 && about.st_nlink == 1;
}

/* Look at all entries of a folder or, with `give`, hand them over; false when one is not root's. */
static bool walk(const struct account *a, int folder, bool give)
{
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    bool all = entries != NULL;

    while (entries && (entry = readdir(entries)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        all = all && is_plain_of_root(folder, entry->d_name);
        if (give &&
            fchownat(folder, entry->d_name, a->user, a->group, AT_SYMLINK_NOFOLLOW) < 0)
            all = false;
    }
    if (entries)
        (void)closedir(entries);
    else if (copy >= 0)
        (void)close(copy);
    return all;
}

static bool is_ours(const struct account *a, int descriptor)
{
    struct stat about;

    if (fstat(descriptor, &about) < 0 || about.st_uid != 0)
        return false;
    return S_ISREG(about.st_mode) || (S_ISDIR(about.st_mode) && walk(a, descriptor, false));
}

void account_hand_over(const struct account *a, const int *descriptors, size_t count)
{
    struct stat about;

    for (size_t i = 0; i < count; i++) {
        if (!is_ours(a, descriptors[i]) ||
            fchownat(descriptors[i], "", a->user, a->group, AT_EMPTY_PATH) < 0 ||
            fstat(descriptors[i], &about) < 0)
            continue;
        if (S_ISDIR(about.st_mode))
            (void)walk(a, descriptors[i], true);
    }
}
