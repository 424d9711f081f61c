#include "alert/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/nanotime.h"
#include "scratch.h"

#define SMALL (64u * 1024u)

static size_t allowance = SIZE_MAX; /* bytes until the disk is full */
static size_t life = SIZE_MAX;      /* bytes until the program is killed */

static ssize_t scarce_write(int fd, const void *data, size_t len, off_t at)
{
    ssize_t n;

    if (allowance == 0) {
        errno = ENOSPC;
        return -1;
    }
    if (len > allowance)
        len = allowance;
    if (len >= life) {
        (void)!pwrite(fd, data, life, at);
        _exit(0);
    }
    n = pwrite(fd, data, len, at);
    if (n > 0 && allowance != SIZE_MAX)
        allowance -= (size_t)n;
    if (n > 0 && life != SIZE_MAX)
        life -= (size_t)n;
    return n;
}

static bool opens(struct spool *s, uint64_t bytes)
{
    struct spool_options options = {
        .path = scratch("spool"), .name = "t", .bytes = bytes, .write = scarce_write};
    struct err why = {.text = ""};

    return ok(spool_open(s, &options, &why) == 0, "the spool opens%s", why.text);
}

static bool put(struct spool *s, enum sink_class class, unsigned number)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%s-%u", class == SINK_ALERT ? "alert" : "session",
                   number);
    return spool_put(s, class, span_of_text(text));
}

/* The next message, as text; "" when there is none. */
static const char *next(struct spool *s)
{
    static char text[64];
    struct spool_message m;

    text[0] = '\0';
    if (spool_peek(s, &m))
        (void)snprintf(text, sizeof(text), "%.*s", (int)m.bytes.len,
                       (const char *)m.bytes.data);
    spool_skip(s);
    return text;
}

static void settles(struct spool *s)
{
    struct spool_position here = spool_tell(s);

    spool_settle(s, &here);
}

static void test_order_of_both(void)
{
    struct spool s;

    if (!opens(&s, SMALL))
        return;
    ok(put(&s, SINK_OBSERVATION, 1) && put(&s, SINK_ALERT, 2) &&
           put(&s, SINK_OBSERVATION, 3) && put(&s, SINK_ALERT, 4),
       "sessions and alerts are put in turns");
    is_int(spool_unsettled(&s, SINK_ALERT) + spool_unsettled(&s, SINK_OBSERVATION), 4,
           "four wait");
    is_text(next(&s), "session-1", "they come out");
    is_text(next(&s), "alert-2", "in the same");
    is_text(next(&s), "session-3", "order");
    settles(&s);
    is_text(next(&s), "alert-4", "to the last");
    is_text(next(&s), "", "and no further");
    is_int(spool_unsettled(&s, SINK_ALERT), 1, "one is not settled");
    spool_rewind(&s);
    is_text(next(&s), "alert-4", "so it comes again");
    spool_close(&s);
    spool_close(&s);
    ok(s.folder == -1, "closing twice is harmless");
}

static void test_restart(void)
{
    struct spool s;

    if (!opens(&s, SMALL))
        return;
    is_int(s.stats.recovered, 1, "after a restart the one that was not settled waits");
    ok(put(&s, SINK_ALERT, 5), "a new one is put behind it");
    is_text(next(&s), "alert-4", "the old one comes first");
    is_text(next(&s), "alert-5", "then the new one");
    settles(&s);
    spool_close(&s);
    if (opens(&s, SMALL))
        is_text(next(&s), "", "when all is settled, nothing comes again");
    spool_close(&s);
    (void)unlink(scratch("spool/t.mark"));
    if (opens(&s, SMALL))
        is_text(next(&s), "session-1",
                "without its mark a spool gives what its files hold");
    spool_close(&s);
}

static void test_lock(void)
{
    struct spool_options options = {.path = scratch("spool"), .name = "t", .bytes = SMALL};
    struct spool s, other;
    char want[512];
    struct err why;

    if (!opens(&s, SMALL))
        return;
    ok(spool_open(&other, &options, &why) < 0, "a second program is refused");
    (void)snprintf(want, sizeof(want), "spool %s/t.mark: another program uses it",
                   options.path);
    is_text(why.text, want, "with the reason");
    spool_close(&s);
    options.path = "/no/such/folder/spool";
    ok(spool_open(&other, &options, &why) < 0, "a folder without a parent, too");
    is_text(why.text, "spool /no/such/folder/spool: No such file or directory", "by name");
}

static void begins_anew(void)
{
    scratch_remove(scratch("spool"));
    allowance = life = SIZE_MAX;
}

/* Sessions take half of the room; then alerts take the rest, then that of the sessions. */
static void test_shedding(void)
{
    unsigned sessions = 0, alerts = 0, later;
    struct spool s;
    char text[32];

    begins_anew();
    if (!opens(&s, 8192))
        return;
    while (put(&s, SINK_OBSERVATION, sessions))
        sessions++;
    ok(sessions > 50 && s.queues[SINK_OBSERVATION].bytes <= 4096 &&
           s.queues[SINK_OBSERVATION].bytes > 4000,
       "sessions fill half of it");
    is_int(s.stats.shed[SINK_OBSERVATION], 1, "the next is shed and counted");
    while (s.stats.shed[SINK_OBSERVATION] == 1)
        ok(put(&s, SINK_ALERT, alerts++), "alerts go on");
    ok(alerts > 50, "into the other half");
    for (later = alerts; put(&s, SINK_ALERT, later); later++)
        continue;
    is_int(s.stats.shed[SINK_OBSERVATION], sessions + 1,
           "all sessions go before an alert does");
    is_int(s.stats.shed[SINK_ALERT], 1, "an alert without room is counted");
    ok(spool_bytes(&s) <= 8192, "the limit holds");
    is_int(spool_unsettled(&s, SINK_OBSERVATION), 0, "no session waits any more");
    is_int(spool_unsettled(&s, SINK_ALERT), later, "all other alerts do");
    for (unsigned i = 0; i < later; i++) {
        (void)snprintf(text, sizeof(text), "alert-%u", i);
        if (strcmp(next(&s), text) != 0)
            later = 0;
    }
    ok(later > 0 && next(&s)[0] == '\0', "and come out, each once, in order");
    settles(&s);
    ok(put(&s, SINK_ALERT, 1) && put(&s, SINK_OBSERVATION, 1), "then there is room again");
    spool_close(&s);
}

/* A disk without room: alerts go on through memory, in order, and to the disk when it has room. */
static void test_disk_full(void)
{
    struct spool s;

    begins_anew();
    if (!opens(&s, SMALL))
        return;
    ok(put(&s, SINK_ALERT, 1), "while there is room, alerts go to the disk");
    allowance = 20;
    ok(put(&s, SINK_ALERT, 2) && put(&s, SINK_ALERT, 3),
       "without room, they are taken still");
    ok(!put(&s, SINK_OBSERVATION, 1), "sessions are not");
    ok(s.held_len > 0 && s.stats.write_errors == 1, "they wait in memory");
    is_text(next(&s), "alert-1", "what is on the disk comes first");
    is_text(next(&s), "alert-2", "then what waits in memory");
    spool_rewind(&s);
    is_text(next(&s), "alert-1", "a lost connection begins");
    is_text(next(&s), "alert-2", "anew");
    settles(&s);
    spool_tick(&s, NS_PER_S);
    ok(s.held_len > 0 && s.full, "a second later the disk is still full");
    allowance = SIZE_MAX;
    spool_tick(&s, 2 * NS_PER_S);
    is_int(s.held_len, 0, "when there is room again, the memory goes to the disk");
    ok(put(&s, SINK_OBSERVATION, 2), "and sessions are taken again");
    is_text(next(&s), "alert-3", "nothing is missing");
    is_text(next(&s), "session-2", "nothing comes twice");
    spool_close(&s);
    if (opens(&s, SMALL))
        is_text(next(&s), "alert-3", "a restart knows what was settled");
    spool_close(&s);
}

static void test_full_of_sessions(void)
{
    struct spool s;
    unsigned n = 0;

    begins_anew();
    if (!opens(&s, SMALL))
        return;
    allowance = 3000;
    while (put(&s, SINK_OBSERVATION, n))
        n++;
    ok(put(&s, SINK_ALERT, 1), "on a full disk an alert takes the place of sessions");
    is_int(s.queues[SINK_OBSERVATION].count, 0, "their files are gone");
    allowance = SIZE_MAX;
    spool_tick(&s, NS_PER_S);
    is_text(next(&s), "alert-1", "and it comes out");
    spool_close(&s);
}

static void test_memory_ends(void)
{
    static char text[100000];
    struct spool s;
    unsigned taken = 0;

    begins_anew();
    log_set_level(LOG_LEVEL_ERROR);
    if (!opens(&s, 16 << 20))
        return;
    memset(text, 'a', sizeof(text));
    allowance = 0;
    while (spool_put(&s, SINK_ALERT, span_of(text, sizeof(text))))
        taken++;
    is_int(taken, SPOOL_HELD_BYTES / (sizeof(text) + 16), "memory is bounded too");
    is_int(s.stats.shed[SINK_ALERT], 1, "what it does not take is counted");
    allowance = SIZE_MAX;
    spool_close(&s);
    if (opens(&s, 16 << 20))
        is_int(s.stats.recovered, taken, "closing writes what waited in memory");
    spool_close(&s);
}

/* ---- killed at every byte */

enum { STEPS = 12 };

/* Alerts and sessions, some of them settled; each is told to the parent once it is done. */
static void child(int to_parent, size_t bytes)
{
    struct spool_options options = {
        .path = scratch("spool"), .name = "t", .bytes = 1600, .write = scarce_write};
    struct spool s;
    struct err why;

    life = bytes;
    if (spool_open(&s, &options, &why) < 0)
        _exit(1);
    for (unsigned i = 0; i < STEPS; i++) {
        if (put(&s, i % 3 == 2 ? SINK_OBSERVATION : SINK_ALERT, i))
            (void)!write(to_parent, "p", 1);
        if (i % 4 == 3) {
            spool_skip(&s);
            spool_skip(&s);
            (void)!write(to_parent, "d", 1);
            settles(&s);
            spool_tick(&s, i * NS_PER_S);
        }
    }
    spool_close(&s);
    _exit(0);
}

/* What the child had done when it was killed. */
static void run_child(size_t bytes, unsigned *taken, unsigned *delivered)
{
    int ends[2], status;
    char done;
    pid_t pid;

    *taken = *delivered = 0;
    if (pipe(ends) < 0)
        return;
    pid = fork();
    if (pid == 0)
        child(ends[1], bytes);
    (void)close(ends[1]);
    while (read(ends[0], &done, 1) == 1) {
        *taken += done == 'p';
        *delivered += done == 'd' ? 2 : 0;
    }
    (void)close(ends[0]);
    (void)waitpid(pid, &status, 0);
}

/* All that was taken and not delivered comes out, in order; nothing that nobody put. */
static bool check_after_kill(size_t bytes, unsigned *all)
{
    struct spool_options options = {.path = scratch("spool"), .name = "t", .bytes = 1600};
    unsigned taken, delivered, want = 0, number;
    struct spool s;
    struct err why;
    bool fine;

    begins_anew();
    run_child(bytes, &taken, &delivered);
    fine = spool_open(&s, &options, &why) == 0;
    for (const char *text = next(&s); *text; text = next(&s)) {
        number = (unsigned)strtoul(strchr(text, '-') + 1, NULL, 10);
        fine &= strncmp(text, number % 3 == 2 ? "session" : "alert", 5) == 0;
        if (want == 0 && number <= delivered) /* the mark was not written yet */
            want = number;
        fine &= number == want;
        want++;
    }
    /* the message in whose middle it was killed may be there if only its end was not told */
    fine &= want >= taken && want <= taken + 1 && (want > 0 || taken == 0);
    spool_close(&s);
    *all = taken;
    return fine;
}

static void test_killed_at_each_byte(void)
{
    unsigned taken = 0;
    bool fine = true;
    size_t bytes;

    for (bytes = 1; taken < STEPS; bytes++)
        fine &= check_after_kill(bytes, &taken);
    ok(bytes > STEPS * 40, "the program is killed at each of %zu bytes", bytes);
    ok(fine, "nothing that was taken is lost, nothing is invented");
}

/* Each file cut at each byte, with and without what the others hold. */
static void test_mark_cut(void)
{
    struct spool s;
    bool fine = true;
    char before[128];
    size_t len = 0;
    FILE *file;

    begins_anew();
    if (!opens(&s, SMALL))
        return;
    for (unsigned i = 0; i < 6; i++) {
        (void)put(&s, SINK_ALERT, i);
        if (i % 2) {
            spool_skip(&s);
            settles(&s);
            spool_tick(&s, (i + 1) * NS_PER_S);
        }
    }
    spool_close(&s);
    file = fopen(scratch("spool/t.mark"), "r");
    len = file ? fread(before, 1, sizeof(before), file) : 0;
    if (file)
        (void)fclose(file);
    is_int(len, 68, "the mark has two lines");
    for (size_t cut = 0; cut <= len; cut++) {
        struct spool_options options = {
            .path = scratch("spool"), .name = "t", .bytes = SMALL};
        unsigned n = 0;
        struct err why;

        file = fopen(scratch("spool/t.mark"), "w");
        fine &= file && fwrite(before, 1, cut, file) == cut;
        if (file)
            (void)fclose(file);
        fine &= spool_open(&s, &options, &why) == 0;
        while (next(&s)[0])
            n++;
        fine &= n >= 3 && (cut < len || n == 3);
        spool_close(&s);
    }
    ok(fine, "a mark cut at any byte makes messages come again, never be lost");
}

int main(void)
{
    scratch_begin();
    test_order_of_both();
    test_restart();
    test_lock();
    test_shedding();
    test_disk_full();
    test_full_of_sessions();
    test_memory_ends();
    test_killed_at_each_byte();
    test_mark_cut();
    return done_testing();
}
