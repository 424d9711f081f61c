/*
 * The account that the program goes on as when root has started it, and what has to be made its
 * own before.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

#define ACCOUNT_GROUPS_MAX 64

struct account {
    const char *name; /* borrowed, or constant */
    uid_t user;
    gid_t group;
    gid_t groups[ACCOUNT_GROUPS_MAX]; /* `group` is one of them */
    int group_count;
};

/* Look it up; -1 with a sentence when there is none of that name. */
int account_find(struct account *a, const char *name, struct err *why);

/* False in a user namespace that does not know it, as one made without any rights does not. */
bool account_is_mapped(const struct account *a);

#define ACCOUNT_READ 4u /* as in a mode */
#define ACCOUNT_WRITE 2u

/*
 * By owner, group and mode: may it read from or write to that file or folder, which somebody has
 * open for it / may it also come there, from the root or the working directory? What is not there
 * is refused to nobody.
 */
bool account_may_use(const struct account *a, const char *path, unsigned access);
bool account_may_reach(const struct account *a, const char *path, unsigned access);

/*
 * Give it files and folders that root owns; O_PATH descriptors do. A folder only when it holds nothing but plain files of
 * root, which go with it: it is the program's own then.
 */
void account_hand_over(const struct account *a, const int *descriptors, size_t count);
