#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

int err_set(struct err *why, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(why->text, sizeof(why->text), format, args);
    va_end(args);
    return -1;
}
