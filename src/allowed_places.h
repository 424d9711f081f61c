/*
 * Which files the program may still open after its start, as Landlock rules: folders (with all
 * below them) and single files, each to read or to write. All else on the disk is refused, whatever
 * the rights of the user; so are, where the kernel knows how, new listening TCP ports, requests to
 * devices, and signals to and abstract sockets of other programs.
 *
 * What is open stays open. A place that is not there is passed over: nothing can be opened in it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define ALLOWED_PLACES_MAX 128
#define ALLOWED_PATH_MAX 4096

enum place_use {
    PLACE_READ,    /* read files */
    PLACE_WRITE,   /* also make, rename and remove them */
    PLACE_NEEDED,  /* the same, and without it there is no use in starting */
    PLACE_CONNECT, /* a socket: Landlock does not ask who connects, but rights do */
};

struct allowed_place {
    char *path;
    const char
        *key; /* of the setting that names it; NULL: none does, and it may be closed */
    enum place_use use;
};

struct allowed_places {
    struct allowed_place all[ALLOWED_PLACES_MAX];
    size_t count;
    uint64_t handled; /* rights that the rules are about */
    int ruleset;      /* -1: there is no Landlock */
    bool overflow;    /* there was no room, or no memory, for one of them */
    bool
        read_all; /* read wherever the rights of the user allow it; only writing is limited */
};

/* Copies the path; NULL is passed over. A key is borrowed. */
void allowed_places_add(struct allowed_places *places, enum place_use use, const char *key,
                        const char *path);
/* The folder in which that file lies. */
void allowed_places_add_folder_of(struct allowed_places *places, enum place_use use,
                                  const char *key, const char *file);
void allowed_places_free(struct allowed_places *places);

/*
 * Make the rules, while all of the places can be reached. -1 with a sentence; a kernel without
 * Landlock is told at level info and gives 0.
 */
int allowed_places_prepare(struct allowed_places *places, struct err *why);

/*
 * They hold from now on, for this thread and those that it starts; there is no way back.
 * no_new_privs must be set. -1 with a sentence.
 */
int allowed_places_apply(struct allowed_places *places, struct err *why);
