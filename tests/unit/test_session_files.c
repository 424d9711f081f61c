#include "session/session_files.h"

#include <stdlib.h>
#include <unistd.h>

#include "session/session_write.h"
#include "session_sample.h"

#define FILES 3

static const struct observer observer = {.name = "sensor-a", .version = "1.0.0"};
static struct cipher_texts texts;

struct fixture {
    char paths[FILES][64];
    const char *names[FILES];
    FILE *files[FILES];
    struct json_out out;
    char buffer[262144];
    size_t to; /* the file that is written */
    char told[4096];
};

static void keep(void *ctx, struct span lines)
{
    struct fixture *f = ctx;

    if (fwrite(lines.data, 1, lines.len, f->files[f->to]) != lines.len)
        abort();
}

static void begin(struct fixture *f)
{
    *f = (struct fixture){.to = 0};
    for (size_t i = 0; i < FILES; i++) {
        int fd;

        (void)snprintf(f->paths[i], sizeof(f->paths[i]), "/tmp/session_files_XXXXXX");
        fd = mkstemp(f->paths[i]);
        f->files[i] = fd < 0 ? NULL : fdopen(fd, "w");
        if (!f->files[i])
            abort();
        f->names[i] = f->paths[i];
    }
    json_out_init(&f->out, f->buffer, sizeof(f->buffer), keep, f);
}

static void finish(struct fixture *f)
{
    for (size_t i = 0; i < FILES; i++)
        (void)unlink(f->paths[i]);
}

/* A session that is known by its time and one byte of its id. */
static void put(struct fixture *f, size_t file, uint64_t decided_us, uint8_t id,
                uint32_t clock_steps)
{
    struct session s;

    sample_bare(&s);
    s.decided_ns = decided_us * 1000;
    s.clock_steps = clock_steps;
    memset(s.id, id, sizeof(s.id));
    f->to = file;
    session_write(&s, &observer, &texts, &f->out);
    json_out_flush(&f->out);
}

static void put_end(struct fixture *f, uint64_t decided_us, uint8_t id,
                    uint32_t clock_steps)
{
    struct session_end end = {.decided_ns = decided_us * 1000, .clock_steps = clock_steps};

    memset(end.session_id, id, sizeof(end.session_id));
    f->to = 0;
    session_end_write(&end, &observer, &f->out);
    json_out_flush(&f->out);
}

static void complain(void *ctx, const char *sentence)
{
    struct fixture *f = ctx;
    size_t n = strlen(f->told);

    (void)snprintf(f->told + n, sizeof(f->told) - n, "%s\n", sentence);
}

static struct session_files *open_files(struct fixture *f, size_t count)
{
    struct session_files_options options = {
        .paths = f->names, .path_count = count, .ctx = f, .complain = complain};
    struct session_files *files;
    struct err why;

    for (size_t i = 0; i < FILES; i++)
        (void)fclose(f->files[i]);
    files = session_files_open(&options, &why);
    if (!files)
        abort();
    return files;
}

/* All items as text: the id of a session, `e` and the id for totals, `|` where the clock stepped. */
static const char *items(struct session_files *files, char out[128])
{
    struct session_item item;
    size_t n = 0;

    out[0] = '\0';
    while (session_files_next(files, &item) && n < 120)
        n += (size_t)snprintf(out + n, 128 - n, "%s%s%u ", item.stepped ? "| " : "",
                              item.session ? "" : "e",
                              item.session ? item.session->id[0] : item.end->session_id[0]);
    return out;
}

static void test_merge(void)
{
    struct fixture f;
    struct session_files *files;
    char text[128];

    begin(&f);
    put(&f, 0, 10, 1, 0);
    put(&f, 0, 30, 3, 0);
    put(&f, 1, 20, 9, 0);
    put(&f, 1, 30, 2, 0);
    put(&f, 1, 25, 7, 0);
    files = open_files(&f, FILES);
    is_text(items(files, text), "1 9 2 7 3 ",
            "files are merged by time, then id, and each keeps its own order");
    is_int(session_files_stats(files)->sessions, 5, "and counted");
    ok(session_files_stats(files)->bytes > 1000, "with their bytes");
    session_files_free(files);
    finish(&f);
}

static void test_ends_and_steps(void)
{
    struct fixture f;
    struct session_files *files;
    char text[128];

    begin(&f);
    put(&f, 0, 10, 1, 2);
    put_end(&f, 50, 1, 2);
    put(&f, 0, 60, 2, 2);
    put(&f, 0, 20, 3, 3);
    put_end(&f, 15, 3, 4);
    put(&f, 0, 21, 4, 4);
    files = open_files(&f, 1);
    is_text(items(files, text), "1 e1 2 | 3 | e3 4 ",
            "totals have their place, and a step of the clock is told once");
    is_int(session_files_stats(files)->ends, 2, "totals are counted");
    session_files_free(files);
    finish(&f);
}

static void test_broken(void)
{
    struct fixture f;
    struct session_files *files;
    char text[128], wanted[512];

    begin(&f);
    put(&f, 0, 10, 1, 0);
    (void)fputs("{\"event\":{\"dataset\":\"pinsight.alert\"}}\n\r\n \n[\n", f.files[0]);
    put(&f, 0, 20, 2, 0);
    (void)fputs("{", f.files[0]);
    files = open_files(&f, 1);
    is_text(items(files, text), "1 2 ",
            "what is broken, blank or another event is left out");
    (void)snprintf(wanted, sizeof(wanted),
                   "%s:5: no JSON: the line ends too early\n"
                   "%s:7: no JSON: the line ends too early\n",
                   f.paths[0], f.paths[0]);
    is_text(f.told, wanted, "what is broken is told with file and line");
    is_int(session_files_stats(files)->broken, 2, "and counted");
    is_int(session_files_stats(files)->others, 1, "the other event too");
    is_int(session_files_stats(files)->lines, 7, "the lines as well");
    session_files_free(files);
    finish(&f);
}

static void test_unfinished(void)
{
    struct fixture f;
    struct session_files *files;
    struct session_item item;
    volatile sig_atomic_t stop = 0;
    struct session_files_options options;

    begin(&f);
    put(&f, 0, 10, 1, 0);
    put(&f, 0, 20, 2, 0);
    for (size_t i = 0; i < FILES; i++)
        (void)fclose(f.files[i]);
    options = (struct session_files_options){.paths = f.names,
                                             .path_count = 1,
                                             .wait = {.stop = &stop},
                                             .ctx = &f,
                                             .complain = complain};
    files = session_files_open(&options, &(struct err){""});
    ok(files && session_files_next(files, &item), "a file is begun");
    stop = 1;
    ok(!session_files_next(files, &item), "once it is to stop, nothing more comes");
    is_text(f.told, "", "which is no fault of the file");
    session_files_free(files);
    finish(&f);
}

static void test_open(void)
{
    static const char *const missing[] = {"/nonexistent/sessions.jsonl"};
    static const char *const folder[] = {"/tmp"};
    struct fixture f = {.to = 0};
    struct session_files_options options = {
        .paths = missing, .path_count = 1, .ctx = &f, .complain = complain};
    struct session_files *files;
    struct session_item item;
    struct err why;

    ok(!session_files_open(&options, &why), "a file that is missing is refused");
    is_text(why.text, "/nonexistent/sessions.jsonl: No such file or directory",
            "with its name");
    options.path_count = SESSION_FILES_MAX + 1;
    ok(!session_files_open(&options, &why), "and so are too many");
    is_text(why.text, "257 files: at most 256 are read at once", "with the limit");
    options.paths = folder;
    options.path_count = 1;
    files = session_files_open(&options, &why);
    ok(files && !session_files_next(files, &item), "a folder holds no line");
    is_text(f.told, "/tmp: Is a directory behind line 0\n", "which is told");
    is_int(session_files_stats(files)->damaged, 1, "and counted");
    session_files_free(files);
    session_files_free(NULL);
}

static void test_kind(void)
{
    struct fixture f;

    begin(&f);
    put(&f, 0, 10, 1, 0);
    (void)fputs("\xd4\xc3\xb2\xa1", f.files[1]);
    for (size_t i = 0; i < FILES; i++)
        (void)fclose(f.files[i]);
    ok(session_files_is_one(f.paths[0]), "lines of JSON are told by their first byte");
    ok(!session_files_is_one(f.paths[1]) && !session_files_is_one(f.paths[2]) &&
           !session_files_is_one("/nonexistent") && !session_files_is_one("-"),
       "a capture, an empty file, none and standard input are not");
    finish(&f);
}

int main(void)
{
    test_merge();
    test_ends_and_steps();
    test_broken();
    test_unfinished();
    test_open();
    test_kind();
    return done_testing();
}
