#include "context/pattern.h"

#include <ctype.h>

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span s)
{
    while (s.len > 0 && is_blank(s.data[0]))
        s = span_of(s.data + 1, s.len - 1);
    while (s.len > 0 && is_blank(s.data[s.len - 1]))
        s.len--;
    return s;
}

static bool is_allowed(char type, uint8_t c)
{
    switch (type) {
    case 'd':
        return isdigit(c);
    case 'a':
        return isxdigit(c) || c == '.' || c == ':' || c == '%';
    case 'm':
        return isxdigit(c) || c == ':' || c == '-';
    case '*':
        return true;
    default:
        return !is_blank(c);
    }
}

/* A capture of the pattern: its name, its type, and the pattern behind it. */
static const char *open_capture(const char *pattern, struct span *name, char *type)
{
    const char *end = strchr(pattern, '}');
    size_t len = end ? (size_t)(end - pattern) : 0;

    *type = 0;
    if (len > 2 && pattern[len - 2] == ':') {
        *type = pattern[len - 1];
        len -= 2;
    } else if (len > 1 && pattern[len - 1] == '*') {
        *type = '*';
        len--;
    }
    *name = span_of(pattern, len);
    return end ? end + 1 : pattern + strlen(pattern);
}

/* One character of the pattern, not of a capture; false when the line has another one there. */
static bool match_literal(const char **pattern, struct span *line)
{
    if (is_blank((uint8_t) * *pattern)) {
        if (line->len == 0 || !is_blank(line->data[0]))
            return false;
        while (line->len > 0 && is_blank(line->data[0]))
            *line = span_of(line->data + 1, line->len - 1);
        ++*pattern;
        return true;
    }
    if (line->len == 0 || line->data[0] != (uint8_t) * *pattern)
        return false;
    *line = span_of(line->data + 1, line->len - 1);
    *pattern += **pattern == '{' ? 2 : 1;
    return true;
}

/* How many of the literals up to the next capture stand here; true when all do. */
static bool literals_match(const char *pattern, struct span line)
{
    while (*pattern && !(*pattern == '{' && pattern[1] != '{'))
        if (!match_literal(&pattern, &line))
            return false;
    return *pattern != '\0' || line.len == 0;
}

/* The shortest value after which the pattern's next literals stand. */
static bool take_value(const char *rest, char type, struct span *line, struct span *value)
{
    size_t n = 0;

    while (n < line->len) {
        if (n > 0 && literals_match(rest, span_of(line->data + n, line->len - n)))
            break;
        if (!is_allowed(type, line->data[n]))
            return false;
        n++;
    }
    if (n == line->len && !literals_match(rest, span_of(line->data + n, 0)))
        return false;
    *value = span_of(line->data, n);
    *line = span_of(line->data + n, line->len - n);
    return n > 0 || type == '*';
}

bool pattern_match(const char *pattern, struct span line, struct pattern_match *out)
{
    line = trim(line);
    out->count = 0;
    while (*pattern) {
        struct pattern_capture capture;
        char type;

        if (*pattern != '{' || pattern[1] == '{') {
            if (!match_literal(&pattern, &line))
                return false;
            continue;
        }
        pattern = open_capture(pattern + 1, &capture.name, &type);
        if (!take_value(pattern, type, &line, &capture.value))
            return false;
        if (out->count < PATTERN_CAPTURES_MAX)
            out->captures[out->count++] = capture;
    }
    return line.len == 0;
}
