/*
 * What an earlier run, a crash and a bad disk have left of a spool. The input says what its files
 * hold, a line each; sequence numbers are the harness's and grow:
 *
 *   + N TEXT   a message, N mod 4 numbers left out before it
 *   - N TEXT   the same, its last N mod 64 bytes and the end of the line cut off
 *   = C        the next segment of class C (odd: observations)
 *   m S V      slot S mod 2 of the mark: all messages up to now are settled, or V if there is one
 *   anything   these bytes
 *
 * Every whole message that is not settled comes back, in order and once, and so it does again after
 * an end that settled none; a message that is put then comes last; what is settled stays away.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "alert/spool.h"
#include "property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SPOOL_BYTES (16u * 1024u * 1024u)
#define MESSAGES_MAX 4096
#define SEGMENTS_MAX 30 /* of each class */
#define SLOT_BYTES 34

struct message {
    uint64_t sequence;
    struct span text;
};

/* What was made of the input. */
struct model {
    int folder, file; /* file -1: none is open */
    int missing; /* the first byte that was cut off the line that is open; -1: none is */
    unsigned class;
    unsigned segments[SINK_CLASSES];
    uint64_t sequence, settled[2];
    struct message messages[MESSAGES_MAX];
    size_t count;
};

/* In memory where there is such a folder: each run brings its files to the disk. */
static char in_memory[] = "/dev/shm/fuzz-spool-XXXXXX",
            elsewhere[] = "/tmp/fuzz-spool-XXXXXX";
static const char *folder_name;

static void remove_folder(void)
{
    (void)rmdir(folder_name);
}

static int open_folder(void)
{
    static int folder = -1;

    if (folder < 0) {
        folder_name = mkdtemp(in_memory) ? in_memory : mkdtemp(elsewhere);
        must(folder_name != NULL);
        must(atexit(remove_folder) == 0);
        folder = open(folder_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        must(folder >= 0);
    }
    return folder;
}

static void empty_folder(int folder)
{
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *all = fdopendir(copy);
    const struct dirent *entry;

    must(all != NULL);
    while ((entry = readdir(all)) != NULL)
        if (entry->d_name[0] != '.')
            must(unlinkat(folder, entry->d_name, 0) == 0);
    (void)closedir(all);
}

/* ---- files from the input */

static void append(struct model *m, struct span bytes)
{
    must(write(m->file, bytes.data, bytes.len) == (ssize_t)bytes.len);
}

static void close_segment(struct model *m)
{
    if (m->file >= 0)
        (void)close(m->file);
    m->file = -1;
    m->missing = -1;
}

static void open_segment(struct model *m)
{
    char name[64];

    if (m->file >= 0 || m->segments[m->class] == SEGMENTS_MAX)
        return;
    m->segments[m->class]++;
    m->sequence++; /* two segments never have one name */
    (void)snprintf(name, sizeof(name), "s.%s.%016llx", m->class ? "event" : "alert",
                   (unsigned long long)m->sequence);
    m->file = openat(m->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    must(m->file >= 0);
}

/* Behind a line that was cut: it stays broken. */
static void go_on(struct model *m)
{
    if (m->missing >= 0)
        append(m, span_of(m->missing == 'x' ? "y" : "x", 1));
}

static void add_message(struct model *m, uint8_t n, struct span text, bool whole)
{
    char line[8192];
    size_t len;

    if (m->file < 0 || m->count == MESSAGES_MAX || text.len > sizeof(line) / 2)
        return;
    m->sequence += 1 + n % 4;
    len = (size_t)snprintf(
        line, sizeof(line), "%016llx %016llx ", (unsigned long long)m->sequence,
        (unsigned long long)XXH3_64bits_withSeed(text.data, text.len, m->sequence));
    memcpy(line + len, text.data, text.len);
    len += text.len;
    line[len++] = '\n';
    if (!whole)
        len -= len - 1 < n % 64u ? len : 1 + n % 64u;
    go_on(m);
    append(m, span_of(line, len));
    if (whole && m->missing < 0)
        m->messages[m->count++] = (struct message){m->sequence, text};
    m->missing = whole ? -1 : (uint8_t)line[len];
}

static void add_raw(struct model *m, struct span line)
{
    if (m->file < 0)
        return;
    go_on(m);
    append(m, line);
    append(m, span_of("\n", 1));
    m->missing = -1;
}

static void add_mark(struct model *m, uint8_t slot, struct span raw)
{
    int mark = openat(m->folder, "s.mark", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    char text[SLOT_BYTES + 1] = {0};

    must(mark >= 0);
    slot %= 2;
    m->settled[slot] = span_empty(raw) ? m->sequence : 0;
    if (span_empty(raw))
        (void)snprintf(text, sizeof(text), "%016llx %016llx\n",
                       (unsigned long long)m->sequence,
                       (unsigned long long)XXH3_64bits_withSeed("mark", 4, m->sequence));
    else
        memcpy(text, raw.data, raw.len < SLOT_BYTES ? raw.len : SLOT_BYTES);
    must(pwrite(mark, text, SLOT_BYTES, slot * SLOT_BYTES) == SLOT_BYTES);
    (void)close(mark);
}

static void add_line(struct model *m, struct span line)
{
    struct span rest = line;
    uint8_t what = 0, n = 0;

    (void)(span_u8(&rest, &what) && span_u8(&rest, &n));
    open_segment(m);
    switch (what) {
    case '+':
    case '-':
        add_message(m, n, rest, what == '+');
        return;
    case '=':
        close_segment(m);
        m->class = n % 2;
        return;
    case 'm':
        add_mark(m, n, rest);
        return;
    default:
        add_raw(m, line);
    }
}

static void make_files(struct model *m, struct span in)
{
    while (!span_empty(in)) {
        const uint8_t *end = memchr(in.data, '\n', in.len);
        struct span line = in;

        if (end)
            must(span_take(&in, (size_t)(end - in.data), &line) && span_skip(&in, 1));
        else
            in.len = 0;
        add_line(m, line);
    }
    close_segment(m);
}

/* ---- the spool that finds them */

static void open_spool(struct spool *s)
{
    struct spool_options options = {.path = folder_name, .name = "s", .bytes = SPOOL_BYTES};
    struct err why;

    must(spool_open(s, &options, &why) == 0);
}

/* Read all: those of the model after `settled`, and then `last` if there is one. */
static void read_all(struct spool *s, const struct model *m, uint64_t settled,
                     struct span last)
{
    struct spool_message found;
    uint64_t before = 0;

    for (size_t i = 0; i < m->count; i++) {
        if (m->messages[i].sequence <= settled)
            continue;
        must(spool_peek(s, &found) && found.sequence == m->messages[i].sequence);
        must(span_equal(found.bytes, m->messages[i].text));
        before = found.sequence;
        spool_skip(s);
    }
    if (!span_empty(last)) {
        must(spool_peek(s, &found) && found.sequence > before && found.sequence > settled);
        must(found.class == SINK_ALERT && span_equal(found.bytes, last));
        spool_skip(s);
    }
    must(!spool_peek(s, &found));
}

static uint64_t count_after(const struct model *m, uint64_t settled)
{
    uint64_t count = 0;

    for (size_t i = 0; i < m->count; i++)
        count += m->messages[i].sequence > settled;
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model m;
    static struct spool s;
    struct span fresh = span_of_text("put"), none = {0};
    struct spool_position all;
    uint64_t settled;

    m = (struct model){.folder = open_folder(), .file = -1, .missing = -1};
    make_files(&m, span_of(data, size));
    settled = m.settled[0] > m.settled[1] ? m.settled[0] : m.settled[1];

    open_spool(&s);
    must(s.stats.recovered == count_after(&m, settled));
    must(spool_put(&s, SINK_ALERT, fresh));
    read_all(&s, &m, settled, fresh);
    spool_rewind(&s);
    read_all(&s, &m, settled, fresh);
    spool_close(&s);

    open_spool(&s);
    must(s.stats.recovered == count_after(&m, settled) + 1);
    read_all(&s, &m, settled, fresh);
    all = spool_tell(&s);
    spool_settle(&s, &all);
    spool_close(&s);

    open_spool(&s);
    must(s.stats.recovered == 0);
    read_all(&s, &m, UINT64_MAX, none);
    spool_close(&s);
    empty_folder(m.folder);
    return 0;
}
