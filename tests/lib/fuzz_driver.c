/*
 * Replays seeds through a fuzz target without libFuzzer, as TAP. The program's own name tells the
 * folder: fuzz_hello reads tests/fuzz/seeds/hello/. Each seed runs in a child of its own, so that
 * one that crashes is one failure. A folder without a seed is a failure too.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEED_SECONDS_MAX 60

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

/* The whole file in a block of exactly its size, so that a sanitizer sees a read behind it. */
static uint8_t *read_seed(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    long length = -1;

    if (!file)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0)
        length = ftell(file);
    rewind(file);
    if (length >= 0 && (bytes = malloc((size_t)length ? (size_t)length : 1)) &&
        fread(bytes, 1, (size_t)length, file) != (size_t)length) {
        free(bytes);
        bytes = NULL;
    }
    (void)fclose(file);
    *size = (size_t)length;
    return bytes;
}

/* Run one seed (none: the empty input) in this process, which is a child. */
static int run_here(const char *path)
{
    size_t size = 0;
    uint8_t *bytes = path ? read_seed(path, &size) : malloc(1);

    if (!bytes)
        return 1;
    (void)alarm(SEED_SECONDS_MAX);
    (void)LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
    return 0;
}

static int run_seed(const char *path, const char *name, int number)
{
    int status = 1;
    pid_t child;

    (void)fflush(stdout);
    child = fork();
    if (child == 0)
        exit(run_here(path));
    if (child < 0 || waitpid(child, &status, 0) < 0)
        status = 1;
    printf("%s %d - %s\n", status == 0 ? "ok" : "not ok", number, name);
    if (status != 0)
        printf("# %s: %s %d\n", path ? path : "empty input",
               WIFSIGNALED(status) ? "killed by signal" : "exit status",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return status == 0 ? 0 : 1;
}

static int is_seed(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash ? slash + 1 : argv[0];
    struct dirent **seeds = NULL;
    char folder[512], path[1024];
    int count, failures = 0;

    if (strncmp(name, "fuzz_", 5) == 0)
        name += 5;
    (void)snprintf(folder, sizeof(folder), "tests/fuzz/seeds/%s", name);
    count = scandir(folder, &seeds, is_seed, alphasort);
    if (count <= 0) {
        printf("1..1\nnot ok 1 - %s holds a seed\n", folder);
        return 1;
    }
    if (LLVMFuzzerInitialize)
        (void)LLVMFuzzerInitialize(&argc, &argv);
    printf("1..%d\n", count + 1);
    failures += run_seed(NULL, "the empty input", 1);
    for (int i = 0; i < count; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, seeds[i]->d_name);
        failures += run_seed(path, seeds[i]->d_name, i + 2);
        free(seeds[i]);
    }
    free(seeds);
    return failures ? 1 : 0;
}
