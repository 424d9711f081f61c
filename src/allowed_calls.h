/*
 * The system calls that the program makes after its start, as a seccomp filter (libseccomp): what
 * is not in the list of allowed_calls.c is refused with EPERM, in every thread that starts later
 * and in those that run already. Refused, not killed: a call that a newer C library tries first
 * must not end a sensor that runs for months.
 *
 * Never in the list: execve, ptrace, bpf, mount, setuid and its kin, listening sockets, memory that
 * can be executed, processes of its own. Sockets are limited by family, ioctl by request.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

struct allowed_calls {
    bool packets; /* packet sockets are opened again when an interface comes back */
    bool network; /* events go to receivers, whose names may have to be looked up */
};

/*
 * From now on; there is no way back. no_new_privs must be set. -1 with a sentence; a kernel without
 * seccomp is told with a warning and gives 0.
 */
int allowed_calls_apply(const struct allowed_calls *allowed, struct err *why);
