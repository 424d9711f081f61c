#include "allowed_calls.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <seccomp.h>

#include "base/log.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define BINARY_TREE 2 /* of SCMP_FLTATR_CTL_OPTIMIZE */
/* SIOCG... of interfaces, and what only CAP_NET_ADMIN may do anyway. */
#define SOCKET_REQUESTS 0x8900u
#define REQUEST_MASK 0xffffff00u

/* With any arguments. */
static const int plain_calls[] = {
    /* files: which ones, allowed_places.c decides */
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(close), SCMP_SYS(read), SCMP_SYS(readv),
    SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64),
    SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(stat),
    SCMP_SYS(stat64), SCMP_SYS(lstat), SCMP_SYS(lstat64), SCMP_SYS(newfstatat),
    SCMP_SYS(fstatat64), SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(fstatfs),
    SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(ftruncate),
    SCMP_SYS(ftruncate64), SCMP_SYS(fallocate), SCMP_SYS(fadvise64), SCMP_SYS(fsync),
    SCMP_SYS(fdatasync), SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(flock), SCMP_SYS(dup),
    SCMP_SYS(fchmod), SCMP_SYS(fchown), SCMP_SYS(rename), SCMP_SYS(renameat),
    SCMP_SYS(renameat2), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat), SCMP_SYS(umask),
    /* memory */
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mincore),
    /* threads */
    SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address), SCMP_SYS(gettid), SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_setaffinity), SCMP_SYS(membarrier),
    SCMP_SYS(exit), SCMP_SYS(exit_group),
    /* signals */
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(tgkill),
    /* time, and waiting */
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(poll), SCMP_SYS(ppoll),
    SCMP_SYS(ppoll_time64), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2), SCMP_SYS(eventfd2), SCMP_SYS(pipe2),
    /* sockets: which ones, `socket` decides */
    SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(accept), SCMP_SYS(accept4),
    SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(shutdown), SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
    /* who and where it is */
    SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
    SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(uname), SCMP_SYS(sysinfo),
    SCMP_SYS(getrusage), SCMP_SYS(getrlimit), SCMP_SYS(ugetrlimit), SCMP_SYS(getcpu),
    SCMP_SYS(getrandom)};

/* What the tools need that are built into such a program: a look at all threads at the end. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const int tool_calls[] = {SCMP_SYS(clone),       SCMP_SYS(ptrace),
                                 SCMP_SYS(wait4),       SCMP_SYS(kill),
                                 SCMP_SYS(prctl),       SCMP_SYS(mmap),
                                 SCMP_SYS(mprotect),    SCMP_SYS(prlimit64),
                                 SCMP_SYS(setrlimit),   SCMP_SYS(getdents),
                                 SCMP_SYS(arch_prctl),  SCMP_SYS(process_vm_readv),
                                 SCMP_SYS(socketpair),  SCMP_SYS(msync),
                                 SCMP_SYS(personality), SCMP_SYS(rt_sigtimedwait),
                                 SCMP_SYS(dup2),        SCMP_SYS(rt_sigqueueinfo)};
#else
static const int tool_calls[] = {SCMP_SYS(getpid)};
#endif

struct rule {
    int call;
    struct scmp_arg_cmp argument;
};

#define BITS(argument, mask, value)                                                        \
    {                                                                                      \
        (argument), SCMP_CMP_MASKED_EQ, (mask), (value)                                    \
    }
#define EQUAL(argument, value)                                                             \
    {                                                                                      \
        (argument), SCMP_CMP_EQ, (value), 0                                                \
    }

/* With one argument as told. */
static const struct rule filtered_calls[] = {
    {SCMP_SYS(mmap), BITS(2, PROT_EXEC, 0)},
    {SCMP_SYS(mmap2), BITS(2, PROT_EXEC, 0)},
    {SCMP_SYS(mprotect), BITS(2, PROT_EXEC, 0)},
    {SCMP_SYS(clone), BITS(0, CLONE_VM | CLONE_THREAD, CLONE_VM | CLONE_THREAD)},
    {SCMP_SYS(prctl), EQUAL(0, PR_SET_NAME)},
    {SCMP_SYS(prctl), EQUAL(0, PR_GET_NAME)},
    {SCMP_SYS(prlimit64), EQUAL(2, 0)}, /* asks only */
    {SCMP_SYS(ioctl), EQUAL(1, TCGETS)},
    {SCMP_SYS(ioctl), EQUAL(1, TIOCGWINSZ)},
    {SCMP_SYS(ioctl), EQUAL(1, SIOCOUTQ)},
    {SCMP_SYS(ioctl), EQUAL(1, FIONREAD)},
    {SCMP_SYS(ioctl), EQUAL(1, FIONBIO)},
};

static const struct rule packet_calls[] = {
    {SCMP_SYS(socket), EQUAL(0, AF_PACKET)},
    {SCMP_SYS(socket), EQUAL(0, AF_NETLINK)},
    {SCMP_SYS(socket), EQUAL(0, AF_INET)}, /* carries requests about interfaces */
    {SCMP_SYS(socket), EQUAL(0, AF_UNIX)},
    {SCMP_SYS(ioctl), BITS(1, REQUEST_MASK, SOCKET_REQUESTS)},
};

static const struct rule network_calls[] = {
    {SCMP_SYS(socket), EQUAL(0, AF_UNIX)},
    {SCMP_SYS(socket), EQUAL(0, AF_INET)},
    {SCMP_SYS(socket), EQUAL(0, AF_INET6)},
    {SCMP_SYS(socket), EQUAL(0, AF_NETLINK)}, /* which addresses are worth trying */
};

/* A call that this machine does not have needs no rule. */
static bool is_fault(int result)
{
    return result < 0 && result != -EDOM;
}

static bool allow_plain(scmp_filter_ctx filter, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_fault(seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0)))
            return false;
    return true;
}

static bool allow_filtered(scmp_filter_ctx filter, const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_fault(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rules[i].call, 1,
                                            &rules[i].argument)))
            return false;
    return true;
}

static bool fill(scmp_filter_ctx filter, const struct allowed_calls *allowed)
{
    /* Its arguments lie in memory, where no filter sees them: the C library then calls clone. */
    return !is_fault(
               seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0)) &&
           allow_plain(filter, tool_calls, COUNT_OF(tool_calls)) &&
           allow_plain(filter, plain_calls, COUNT_OF(plain_calls)) &&
           allow_filtered(filter, filtered_calls, COUNT_OF(filtered_calls)) &&
           (!allowed->packets ||
            allow_filtered(filter, packet_calls, COUNT_OF(packet_calls))) &&
           (!allowed->network ||
            allow_filtered(filter, network_calls, COUNT_OF(network_calls))) &&
           seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
           seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, BINARY_TREE) == 0;
}

int allowed_calls_apply(const struct allowed_calls *allowed, struct err *why)
{
    scmp_filter_ctx filter;
    int failed;

    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0) {
        log_warn("this kernel has no seccomp: system calls are not limited");
        return 0;
    }
    filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return err_set(why, "no memory for the list of system calls");
    failed = fill(filter, allowed) ? seccomp_load(filter) : -EINVAL;
    seccomp_release(filter);
    return failed ? err_set(why, "system calls cannot be limited: %s", strerror(-failed))
                  : 0;
}
