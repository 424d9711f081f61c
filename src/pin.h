/*
 * Binds a worker to a core, so that its caches stay warm and it never shares one with another.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"

/* The cores of a list such as "2-5,8", or -1 with a sentence that says what is wrong with it. */
int pin_count(const char *list, struct err *why);

/* Bind the thread to the core of that place in the list, which begins anew at its end. */
int pin_thread(pthread_t thread, const char *list, unsigned place, struct err *why);
