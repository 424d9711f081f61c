#include "tap.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

static char written[4096];

/* What `write_all` puts on standard error, in `written`. */
static void catch_errors(void (*write_all)(void))
{
    FILE *file = tmpfile();
    int before = dup(STDERR_FILENO);
    size_t n;

    (void)fflush(stderr);
    (void)dup2(fileno(file), STDERR_FILENO);
    write_all();
    (void)fflush(stderr);
    (void)dup2(before, STDERR_FILENO);
    (void)close(before);
    rewind(file);
    n = fread(written, 1, sizeof(written) - 1, file);
    written[n] = '\0';
    (void)fclose(file);
}

static void write_each_level(void)
{
    log_error("cannot open file=%s", "a.pcap");
    log_warn("no segment is configured");
    log_info("files=%d", 3);
    log_debug("here");
}

static void test_levels(void)
{
    catch_errors(write_each_level);
    is_text(written,
            "pinsight: cannot open file=a.pcap\npinsight: no segment is configured\n",
            "errors and warnings are written before a level was set");
    log_set_level(LOG_LEVEL_ERROR);
    catch_errors(write_each_level);
    is_text(written, "pinsight: cannot open file=a.pcap\n", "only errors at level error");
    log_set_level(LOG_LEVEL_INFO);
    catch_errors(write_each_level);
    ok(strstr(written, "files=3\n") && !strstr(written, "here"), "facts at level info");
    log_set_level(LOG_LEVEL_DEBUG);
    catch_errors(write_each_level);
    ok(strstr(written, "here\n"), "everything at level debug");
}

static void write_long_line(void)
{
    char name[3000];

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    log_error("%s", name);
}

static void test_long_line(void)
{
    catch_errors(write_long_line);
    ok(strlen(written) < 1100, "a line has an end");
    is_text(strchr(written, '\n'), "\n", "and is one line");
}

int main(void)
{
    test_levels();
    test_long_line();
    return done_testing();
}
