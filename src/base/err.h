/*
 * The sentence that tells an operator what is wrong: configuration, devices, files, sinks.
 *
 * Functions that can fail because of the operator return 0 or -1 and fill a `struct err` with one
 * sentence that names file, line, key or device. The caller owns the struct.
 */
#pragma once

#define ERR_TEXT_MAX 512

struct err {
    char text[ERR_TEXT_MAX];
};

/* Write the sentence (cut at ERR_TEXT_MAX) and return -1, so that `return err_set(why, ...)` works. */
int err_set(struct err *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
