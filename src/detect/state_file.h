/*
 * The file of a state database as a file: held against other programs, told from foreign ones by
 * its first bytes, renamed when it cannot be used. What is in it is detect/state.h's.
 */
#pragma once

#include "base/err.h"
#include "base/span.h"

#define STATE_FILE_APPLICATION 0x50494e53 /* "PINS", in the header of the file */
#define STATE_FILE_PATH_MAX 4096
#define STATE_FILE_ASIDE_MAX 1000

/* Open it, made if it is not there, and hold it until the descriptor is closed; it is closed after
 * SQLite has let go of the file. -1 with a sentence, also when another program holds it. */
int state_file_hold(const char *path, struct err *why);

/* Open it to look at; -1 with a sentence. */
int state_file_look(const char *path, struct err *why);

/* Empty, or a database that says it is ours. SQLite is not asked: it would write to the file of
 * somebody else. */
bool state_file_may_be_ours(int fd);

/*
 * Rename it, and what belongs to it, to PATH.set-aside (or .set-aside.2 and so on), and say so:
 * "state PATH `reason`: ...". -1 with a sentence when that cannot be done.
 */
int state_file_set_aside(const char *path, const char *reason, struct err *why);

/* Its bytes on the disk, with what is written ahead. */
uint64_t state_file_bytes(const char *path);
