#include "config/place.h"

#include <stdarg.h>
#include <stdio.h>

const char *place_describe(const struct place *at, char out[PLACE_TEXT_MAX])
{
    if (!at->file)
        (void)snprintf(out, PLACE_TEXT_MAX, "built-in default");
    else if (at->line)
        (void)snprintf(out, PLACE_TEXT_MAX, "%s:%u", at->file, at->line);
    else
        (void)snprintf(out, PLACE_TEXT_MAX, "%s", at->file);
    return out;
}

int place_complain(struct err *why, const struct place *at, const char *key,
                   const char *format, ...)
{
    char where[PLACE_TEXT_MAX], what[ERR_TEXT_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    place_describe(at, where);
    if (key && *key)
        return err_set(why, "%s: key %s: %s", where, key, what);
    return err_set(why, "%s: %s", where, what);
}
