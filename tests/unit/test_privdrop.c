/* What is left after privileges were dropped. Each case drops in a process of its own. */
#include "privdrop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"
#include "tap.h"

#define NOBODY 65534

/* ---- a process that drops and then tries something */

static struct allowed_places places;

static void allow(enum place_use use, const char *path)
{
    allowed_places_add(&places, use, "output.path", path);
}

/* 0 when it did what was expected; `attempt` runs after the drop. */
static int try_after(const struct privdrop_options *wanted, int (*attempt)(void))
{
    struct privdrop_options options = *wanted;
    int status = -1;
    pid_t pid;
    struct err why;

    options.places = &places;
    (void)fflush(stdout);
    pid = fork();
    if (pid == 0) {
        if (privdrop(&options, &why) < 0) {
            (void)fprintf(stderr, "# %s\n", why.text);
            _exit(100);
        }
        _exit(attempt());
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    allowed_places_free(&places);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}

static const struct privdrop_options replay = {.user = NULL};
static const struct privdrop_options live = {.live = true, .network = true};

/* ---- what /proc tells */

static unsigned long status_of(const char *name, int base)
{
    FILE *file = fopen("/proc/self/status", "r");
    size_t len = strlen(name);
    char line[256];
    unsigned long value = ~0UL;

    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, name, len) == 0 && line[len] == ':')
            value = strtoul(line + len + 1, NULL, base);
    if (file)
        (void)fclose(file);
    return value;
}

static int has_nothing(void)
{
    if (status_of("CapEff", 16) || status_of("CapPrm", 16) || status_of("CapInh", 16) ||
        status_of("CapAmb", 16))
        return 1;
    if (status_of("NoNewPrivs", 10) != 1)
        return 2;
    return status_of("Seccomp", 10) == 2 ? 0 : 3;
}

static int is_nobody(void)
{
    if (getuid() != NOBODY || geteuid() != NOBODY || getgid() == 0 || getegid() == 0)
        return 1;
    if (status_of("CapBnd", 16))
        return 2;
    return has_nothing();
}

static int has_packets_alone(void)
{
    unsigned long raw = 1UL << 13; /* CAP_NET_RAW */

    if (getuid() == 0)
        return 1;
    return status_of("CapEff", 16) == raw && status_of("CapPrm", 16) == raw &&
                   status_of("CapBnd", 16) == 0 && status_of("Seccomp", 10) == 2
               ? 0
               : 2;
}

static int is_root_without_rights(void)
{
    return getuid() == 0 ? has_nothing() : 1;
}

static bool is_root(void)
{
    if (geteuid() == 0)
        return true;
    skip("only root can become another account");
    return false;
}

static void test_identity(void)
{
    struct privdrop_options root = {.user = "root"};

    if (!is_root())
        return;
    allow(PLACE_READ, "/proc");
    is_int(try_after(&replay, is_nobody), 0, "root reads captures as nobody");
    allow(PLACE_READ, "/proc");
    is_int(try_after(&live, has_packets_alone), 0, "live CAP_NET_RAW is left alone");
    allow(PLACE_READ, "/proc");
    is_int(try_after(&root, is_root_without_rights), 0, "root as user keeps no capability");
}

/* ---- what is refused */

static bool refused(long result)
{
    return result == -1 && errno == EPERM;
}

static int no_call(void)
{
    char *const nothing[] = {NULL};
    char page[4096];

    if (!refused(socket(AF_PACKET, SOCK_RAW, 0)) ||
        !refused(socket(AF_INET, SOCK_STREAM, 0)))
        return 1;
    if (!refused(execve("/bin/true", nothing, nothing)))
        return 2;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    if (!refused(ptrace(PTRACE_TRACEME, 0, NULL, NULL)) || !refused(kill(getpid(), 0)))
        return 3;
    if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
        MAP_FAILED)
        return 4;
    if (fork() >= 0)
        return 5;
#endif
    if (!refused(setuid(0)) || !refused(chroot("/")) || !refused(symlink("a", "b")))
        return 6;
    if (!refused(syscall(SYS_bpf, 0, page, sizeof(page))) ||
        !refused(syscall(SYS_add_key, "user", "x", "y", 1, 0)))
        return 7;
    return 0;
}

static int only_packets(void)
{
    int fd = socket(AF_PACKET, SOCK_RAW, 0);

    if (fd < 0)
        return 1;
    if (!refused(socket(AF_VSOCK, SOCK_STREAM, 0)) || !refused(listen(fd, 1)))
        return 2;
    return no_call() == 1 ? 0 : 3; /* all the rest of it */
}

static void *in_thread(void *out)
{
    *(int *)out = no_call();
    return NULL;
}

static int no_call_in_threads(void)
{
    pthread_t thread;
    int result = 99;

    if (pthread_create(&thread, NULL, in_thread, &result) != 0)
        return 98;
    (void)pthread_join(thread, NULL);
    return result;
}

static void test_calls(void)
{
    is_int(try_after(&replay, no_call), 0, "what no replay needs is refused");
    is_int(try_after(&replay, no_call_in_threads), 0,
           "threads start and are bound as well");
    if (is_root())
        is_int(try_after(&live, only_packets), 0, "live packet sockets can be opened");
}

/* ---- which files */

static int opens(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);

    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

static int in_folders(void)
{
    if (!opens("in/settings", O_RDONLY) || opens("in/settings", O_RDWR) ||
        opens("in/new", O_WRONLY | O_CREAT))
        return 1;
    if (!opens("out/new", O_WRONLY | O_CREAT) || rename("out/new", "out/old") < 0 ||
        !opens("out/new", O_WRONLY | O_CREAT | O_TRUNC) || unlink("out/old") < 0)
        return 2;
    if (opens("other/file", O_RDWR) || opens("other/new", O_WRONLY | O_CREAT) ||
        rename("out/new", "other/new") == 0)
        return 3;
    return 0;
}

static bool has_landlock(void)
{
    if (syscall(444 /* landlock_create_ruleset */, NULL, 0, 1) > 0)
        return true;
    skip("this kernel has no Landlock");
    return false;
}

static void begin(void)
{
    scratch_begin();
    if (chdir(scratch_folder) < 0 || mkdir("in", 0755) < 0 || mkdir("out", 0777) < 0 ||
        mkdir("other", 0777) < 0 || chmod("out", 0777) < 0 || chmod("other", 0777) < 0 ||
        chmod(".", 0755) < 0 || !opens("in/settings", O_WRONLY | O_CREAT) ||
        !opens("other/file", O_WRONLY | O_CREAT) || chmod("in/settings", 0644) < 0 ||
        chmod("other/file", 0644) < 0)
        perror("scratch");
}

static void test_places(void)
{
    if (!has_landlock())
        return;
    allow(PLACE_READ, "in");
    allow(PLACE_READ, "not-there");
    allow(PLACE_WRITE, "out");
    is_int(try_after(&replay, in_folders), 0, "only named folders, and as they are named");
}

/* ---- whose folders */

static int nothing(void)
{
    return geteuid() == 0 ? 50 : 0;
}

static int writes_as_root(void)
{
    if (geteuid() == 0 || getuid() == 0 || status_of("CapEff", 16))
        return 1;
    return opens("in/new", O_WRONLY | O_CREAT) && !opens("other/file", O_RDONLY) ? 0 : 2;
}

static int writes_nothing(void)
{
    return opens("in/new", O_WRONLY | O_CREAT) ? 3 : nothing();
}

static void test_folder_of_root(void)
{
    struct privdrop_options named = {.user = "nobody"};

    if (!is_root())
        return;
    allow(PLACE_NEEDED, "in");
    is_int(try_after(&named, nothing), 100, "a named user who may not write: no start");
    allow(PLACE_WRITE, "in");
    is_int(try_after(&named, writes_nothing), 0, "unless it can do without");
    named.user = "no-such-account";
    is_int(try_after(&named, nothing), 100, "an account that is not there: no start");
    allow(PLACE_NEEDED, "in");
    is_int(try_after(&replay, writes_nothing), 3, "nobody was named: it can be written");
    allow(PLACE_READ, "/proc");
    allow(PLACE_NEEDED, "in");
    if (has_landlock())
        is_int(try_after(&replay, writes_as_root), 0, "that folder alone, by no root");
}

static uid_t owner_of(const char *path)
{
    struct stat about;

    return lstat(path, &about) == 0 ? about.st_uid : (uid_t)-1;
}

static void test_hand_over(void)
{
    int fds[3];
    struct privdrop_options named = {
        .user = "nobody", .hand_over = fds, .hand_over_count = 3};

    if (!is_root() || mkdir("spool", 0750) < 0 || mkdir("mixed", 0750) < 0 ||
        mkdir("mixed/folder", 0750) < 0 || !opens("spool/a", O_WRONLY | O_CREAT) ||
        !opens("file", O_WRONLY | O_CREAT))
        return;
    fds[0] = open("spool", O_RDONLY | O_DIRECTORY);
    fds[1] = open("file", O_WRONLY);
    fds[2] = open("mixed", O_RDONLY | O_DIRECTORY);
    allow(PLACE_NEEDED, "spool");
    is_int(try_after(&named, nothing), 0, "a spool that root made is handed over");
    is_int(owner_of("spool"), NOBODY, "the folder");
    is_int(owner_of("spool/a"), NOBODY, "what is in it");
    is_int(owner_of("file"), NOBODY, "a file");
    is_int(owner_of("mixed"), 0, "but no folder that holds something else");
}

int main(void)
{
#ifdef PINSIGHT_COVERAGE
    skip("this build keeps its privileges");
    return done_testing();
#endif
    begin();
    test_identity();
    test_calls();
    test_places();
    test_folder_of_root();
    test_hand_over();
    return done_testing();
}
