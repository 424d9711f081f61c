#include "tap.h"

#include <unistd.h>

#include "crypto/pem.h"
#include "wire.h"

struct seen {
    int count;
    int stop_at; /* 0: never */
    size_t first_len;
};

static int count_one(void *ctx, struct span der, struct err *why)
{
    struct seen *seen = ctx;

    if (seen->count++ == 0)
        seen->first_len = der.len;
    return seen->count == seen->stop_at ? err_set(why, "stopped") : 0;
}

/* A file with this text, removed by the caller. */
static const char *file_with(const char *text)
{
    static char path[] = "/tmp/test_pem.XXXXXX";
    int fd;
    FILE *f;

    (void)snprintf(path, sizeof(path), "/tmp/test_pem.XXXXXX");
    fd = mkstemp(path);
    f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f)
        abort();
    (void)fputs(text, f);
    (void)fclose(f);
    return path;
}

static void all_certificates_of_a_file_are_given(void)
{
    struct seen seen = {0};
    struct err why;

    is_int(pem_read_file("tests/unit/data/authorities.pem", count_one, &seen, &why), 0,
           "a file of PEM is read");
    is_int(seen.count, 2, "it has two certificates");
    is_int(seen.first_len, data_file("authority.der").len, "the first is the first");
    seen = (struct seen){0};
    is_int(pem_read_file("tests/unit/data/leaf.der", count_one, &seen, &why), 0,
           "a file of DER is read");
    is_int(seen.count, 1, "it is one certificate");
    is_int(seen.first_len, data_file("leaf.der").len, "as a whole");
}

static void reading_stops_when_told(void)
{
    struct seen seen = {.stop_at = 1};
    struct err why = {""};

    is_int(pem_read_file("tests/unit/data/authorities.pem", count_one, &seen, &why), -1,
           "the callback can stop it");
    is_text(why.text, "stopped", "with its own sentence");
    is_int(seen.count, 1, "and is not called again");
}

static void other_files_give_nothing(void)
{
    struct seen seen = {0};
    struct err why = {""};
    const char *path;

    is_int(pem_read_file("tests/unit/data/none.pem", count_one, &seen, &why), -1,
           "a missing file is an error");
    is_text(why.text, "tests/unit/data/none.pem: No such file or directory",
            "that names it");
    is_int(pem_read_file("tests/unit", count_one, &seen, &why), -1, "a folder is an error");
    path = file_with("");
    is_int(pem_read_file(path, count_one, &seen, &why), 0, "an empty file is read");
    (void)unlink(path);
    path = file_with("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    is_int(pem_read_file(path, count_one, &seen, &why), 0,
           "a file with a key alone is read");
    (void)unlink(path);
    is_int(seen.count, 0, "they hold no certificate");
}

static void size_has_a_ceiling(void)
{
    struct seen seen = {0};
    struct err why = {""};
    char wanted[64];

    is_int(pem_read_file("/dev/zero", count_one, &seen, &why), -1,
           "an endless file is an error");
    (void)snprintf(wanted, sizeof(wanted), "/dev/zero: larger than %u bytes", PEM_FILE_MAX);
    is_text(why.text, wanted, "that tells the ceiling");
}

static void a_file_may_be_longer_than_one_read(void)
{
    static char text[300000];
    struct seen seen = {0};
    struct err why;
    const char *path;
    FILE *f = fopen("tests/unit/data/authorities.pem", "r");

    memset(text, '\n', sizeof(text) - 4096);
    if (!f || fread(text + sizeof(text) - 4096, 1, 4095, f) == 0)
        abort();
    (void)fclose(f);
    path = file_with(text);
    is_int(pem_read_file(path, count_one, &seen, &why), 0, "a long file is read");
    is_int(seen.count, 2, "to its end");
    (void)unlink(path);
}

int main(void)
{
    all_certificates_of_a_file_are_given();
    reading_stops_when_told();
    other_files_give_nothing();
    size_has_a_ceiling();
    a_file_may_be_longer_than_one_read();
    return done_testing();
}
