/*
 * A folder for the files of a test, gone when the program ends in the usual way.
 */
#pragma once

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

#define SCRATCH_PATH_MAX 256

static inline int scratch_remove_one(const char *path, const struct stat *st, int type,
                                     struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

/* Remove a folder with all that is in it. */
static inline void scratch_remove(const char *folder)
{
    (void)nftw(folder, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static char scratch_folder[64];

static inline void scratch_end(void)
{
    scratch_remove(scratch_folder);
}

/* Make the folder, in memory where that is possible: tests write many small files. */
static inline void scratch_begin(void)
{
    (void)snprintf(scratch_folder, sizeof(scratch_folder), "%s/pinsight-test-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    ok(mkdtemp(scratch_folder) != NULL, "there is a folder for the test");
    (void)atexit(scratch_end);
}

/* A name in it; lent until the eighth call after this. */
static inline const char *scratch(const char *name)
{
    static char paths[8][SCRATCH_PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 8];

    (void)snprintf(path, SCRATCH_PATH_MAX, "%s/%s", scratch_folder, name);
    return path;
}

/* What a file holds, or "(none)"; lent until the next call. */
static inline const char *scratch_content(const char *path)
{
    static char text[1 << 20];
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

    text[n] = '\0';
    if (!file)
        return "(none)";
    (void)fclose(file);
    return text;
}

/* How many names in the folder begin so. */
static inline size_t scratch_count(const char *folder, const char *prefix)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    size_t n = 0;

    while (dir && (entry = readdir(dir)) != NULL)
        n += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    if (dir)
        (void)closedir(dir);
    return n;
}
