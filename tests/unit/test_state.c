#include "detect/state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/log.h"
#include "scratch.h"

static char path[SCRATCH_PATH_MAX];
static struct err why;

static struct state *open_as(const char *version)
{
    struct state_options options = {.path = path, .version = version, .seed = 77};

    return state_open(&options, &why);
}

static struct state *open_anew(void)
{
    char command[SCRATCH_PATH_MAX + 32];

    (void)snprintf(command, sizeof(command), "rm -f %s*", path);
    (void)!system(command);
    return open_as("v1");
}

static void put(struct state *s, uint8_t id, const char *value)
{
    struct state_row row = {
        .kind = STATE_DEVICE, .turn = 100u - id, .value = span_of_text(value)};

    row.id[0] = id;
    if (state_put(s, &row, &why) < 0)
        ok(false, "a row is written: %s", why.text);
}

static bool add(void *ctx, const struct state_row *row)
{
    (void)snprintf((char *)ctx + strlen(ctx), 16, "%.*s ", (int)row->value.len,
                   (const char *)row->value.data);
    return true;
}

static const char *rows(struct state *s)
{
    static char text[256];

    text[0] = '\0';
    if (state_each(s, STATE_DEVICE, add, text, &why) < 0)
        return why.text;
    return text;
}

static bool exists(const char *tail)
{
    char name[SCRATCH_PATH_MAX + 32];
    struct stat st;

    (void)snprintf(name, sizeof(name), "%s%s", path, tail);
    return lstat(name, &st) == 0;
}

static void write_at(long at, const char *bytes)
{
    int fd = open(path, O_RDWR | O_CREAT, 0600);

    if (fd < 0 || pwrite(fd, bytes, strlen(bytes), at) < 0 || close(fd) < 0)
        abort();
}

static void test_rows(void)
{
    struct state *s = open_anew();

    ok(s && state_is_new(s), "a new database is new");
    is_int(state_begin(s, &why), 0, "a step begins");
    put(s, 1, "one");
    put(s, 2, "two");
    put(s, 3, "three");
    put(s, 1, "ONE");
    is_int(state_commit(s, &why), 0, "and is committed");
    is_text(rows(s), "three two ONE ",
            "rows are read in the order of turns, the latest value");
    (void)state_begin(s, &why);
    put(s, 4, "four");
    (void)state_drop_kind(s, STATE_DEVICE, &why);
    state_undo(s);
    is_text(rows(s), "three two ONE ", "what is undone has not been");
    state_close(s);
    s = open_as("v1");
    ok(s && !state_is_new(s), "opened again it is not new");
    is_text(rows(s), "three two ONE ", "and the rows are there");
    is_int(state_seed(s), 77, "with the seed");
    (void)state_begin(s, &why);
    (void)state_trim(s, STATE_DEVICE, 2, &why);
    (void)state_commit(s, &why);
    is_text(rows(s), "two ONE ", "trimmed, the highest turns stay");
    state_close(s);
}

static void test_without_close(void)
{
    struct state *state;
    int status;

    state_close(open_anew());
    if (fork() == 0) {
        struct state *s = open_as("v1");

        (void)state_begin(s, &why);
        put(s, 1, "kept");
        (void)state_commit(s, &why);
        (void)state_begin(s, &why);
        put(s, 2, "lost");
        _exit(0);
    }
    (void)wait(&status);
    state = open_as("v1");
    is_text(rows(state), "kept ", "a program that ends anywhere leaves what it committed");
    state_close(state);
}

static void test_held(void)
{
    struct state *s = open_anew(), *second = open_as("v1");

    ok(!second, "a second program does not get it");
    ok(strstr(why.text, "another pinsight uses it"), "and is told why");
    ok(!exists(".set-aside"), "it stays where it is");
    state_close(s);
}

/* Opening it sets it aside and begins anew. */
static void check_aside(const char *version, const char *what)
{
    struct state *s = open_as(version);

    ok(s && state_is_new(s), "%s: a new one begins", what);
    ok(exists(".set-aside"), "%s: the old one is kept", what);
    state_close(s);
}

static void test_foreign(void)
{
    state_close(open_anew());
    state_close(NULL);
    (void)remove(path);
    write_at(0,
             "These are somebody's notes, and they are longer than a header of a database: "
             "it has a hundred bytes, and so have they.");
    check_aside("v1", "a file of somebody else");
}

static void test_version(void)
{
    state_close(open_anew());
    check_aside("v2", "another version");
    state_close(open_anew());
    write_at(63, "\2"); /* the end of SQLite's user_version */
    check_aside("v1", "a newer format");
}

static void test_damage(void)
{
    struct state *s = open_anew();
    char page[8192];
    FILE *file;
    size_t n;

    (void)state_begin(s, &why);
    put(s, 1, "a value that is looked for");
    (void)state_commit(s, &why);
    state_close(s);
    file = fopen(path, "r+");
    if (!file)
        abort();
    for (long at = 0; (n = fread(page, 1, sizeof(page), file)) > 0; at += (long)n) {
        char *found = memmem(page, n, "looked", 6);

        if (!found)
            continue;
        (void)fclose(file);
        write_at(at + (found - page), "LOOKED");
        file = NULL;
        break;
    }
    ok(!file, "the value lies in the file");
    s = open_as("v1");
    ok(strstr(rows(s), "is damaged"), "a byte that changed on the disk is noticed");
    is_int(state_begin_anew(s, "is damaged", &why), 0, "and it can be set aside");
    ok(state_is_new(s) && exists(".set-aside"), "then a new one is there");
    state_close(s);
    (void)remove(path);
    write_at(0, "SQLite format 3");
    check_aside("v1", "the beginning of a database");
}

static void test_unusable(void)
{
    (void)snprintf(path, sizeof(path), "%s/none/state.db", scratch_folder);
    ok(!open_as("v1"), "a folder that is not there is an error");
    ok(strstr(why.text, "none/state.db: No such file"), "that names it");
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    scratch_begin();
    (void)snprintf(path, sizeof(path), "%s/state.db", scratch_folder);
    test_rows();
    test_without_close();
    test_held();
    test_foreign();
    test_version();
    test_damage();
    test_unusable();
    return done_testing();
}
