/*
 * The end of all privileges: called when everything is open and before the first packet is parsed.
 *
 * In this order: the user and groups of another account where root has started the program, all
 * capabilities but CAP_NET_RAW (and that only where packet sockets are opened again), no_new_privs,
 * the list of places (allowed_places.h), the list of system calls (allowed_calls.h). There is no
 * way back. To be called while there is one thread; those that are started later inherit all of it.
 *
 * The account: `user`; else, for root, `pinsight` where live and there is one, else `nobody`. What
 * root has opened for writing is handed over to it: files, and folders that hold plain files of
 * root alone (a spool). A named account that may not write where it has to (PLACE_NEEDED) is an
 * error. Where none was named, files that this account cannot come to stay within reach: their
 * access goes on as root's (the file system user id), without a capability, in the listed places
 * alone; everybody else may read what the account may.
 */
#pragma once

#include "allowed_calls.h"
#include "allowed_places.h"

struct privdrop_options {
    const char *user;              /* NULL: nobody was named */
    bool live;                     /* packet sockets are opened again */
    bool network;                  /* events go to receivers */
    struct allowed_places *places; /* `read_all` is decided here */
    const int *hand_over;          /* descriptors of files and folders that are written */
    size_t hand_over_count;
};

/* -1 with a sentence that names the account, the folder or the call. */
int privdrop(const struct privdrop_options *options, struct err *why);
