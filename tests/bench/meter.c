/*
 * Runs a program on given cores and says what it took:
 *
 *     meter CORES PROGRAM [ARGUMENT...]      CORES: a bit mask
 *
 * The last line on standard error: CPU seconds (user and system), peak memory in KiB, wall seconds and
 * how it ended. The program's own standard error is dropped. A small parent, because the peak memory
 * of a process counts from its parent's size at the fork.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(unsigned long mask, char **argv)
{
    cpu_set_t cores;
    int nothing = open("/dev/null", O_WRONLY);

    CPU_ZERO(&cores);
    for (size_t i = 0; i < 64; i++)
        if (mask >> i & 1)
            CPU_SET(i, &cores);
    if (sched_setaffinity(0, sizeof(cores), &cores) == 0 && dup2(nothing, 2) == 2)
        (void)execvp(argv[0], argv);
    _exit(127);
}

int main(int argc, char **argv)
{
    double began = now_s();
    struct rusage used;
    int status;
    pid_t child;

    if (argc < 3)
        return 2;
    child = fork();
    if (child == 0)
        run(strtoul(argv[1], NULL, 0), argv + 2);
    if (child < 0 || wait4(child, &status, 0, &used) != child)
        return 1;
    (void)fprintf(stderr, "%.6f %ld %.6f %d\n",
                  seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss,
                  now_s() - began, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return 0;
}
