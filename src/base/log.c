#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#define LOG_LINE_MAX 1024

static enum log_level current_level = LOG_LEVEL_WARN;

void log_set_level(enum log_level level)
{
    current_level = level;
}

__attribute__((format(printf, 2, 0))) static void
write_line(enum log_level level, const char *format, va_list args)
{
    char line[LOG_LINE_MAX];

    if (level > current_level)
        return;
    (void)vsnprintf(line, sizeof(line), format, args);
    (void)fprintf(stderr, "pinsight: %s\n", line);
}

void log_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_LEVEL_ERROR, format, args);
    va_end(args);
}

void log_warn(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_LEVEL_WARN, format, args);
    va_end(args);
}

void log_info(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_LEVEL_INFO, format, args);
    va_end(args);
}

void log_debug(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_LEVEL_DEBUG, format, args);
    va_end(args);
}
