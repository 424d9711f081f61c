#include "alert/alert_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define uthash_nonfatal_oom(element) (void)(element)
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "alert/explain.h"
#include "capture/buffer.h"
#include "crypto/uuid.h"

#define LINE_MAX_BYTES (512u * 1024u)
#define FILES_MAX 1024

struct stored_alert {
    uint8_t id[16];
    char *line; /* owned */
    size_t len;
    uint32_t revision;
    UT_hash_handle hh;
};

struct stored_session {
    uint8_t id[SESSION_ID_BYTES];
    uint32_t file; /* in `files` */
};

int alert_store_init(struct alert_store *s, const struct alert_filter *filter,
                     struct err *why)
{
    *s = (struct alert_store){.filter = *filter};
    s->reader = alert_reader_new();
    return s->reader ? 0 : err_set(why, "no memory for reading alerts");
}

void alert_store_fini(struct alert_store *s)
{
    struct stored_alert *a = s->alerts, *next;

    HASH_CLEAR(hh, s->alerts);
    for (; a; a = next) {
        next = a->hh.next;
        free(a->line);
        free(a);
    }
    for (size_t i = 0; i < s->file_count; i++)
        free(s->files[i]);
    free(s->files);
    free(s->sessions);
    alert_reader_free(s->reader);
    *s = (struct alert_store){.reader = NULL};
}

/* ---- what is wanted */

static bool is_destination(const struct finding *f, const char *wanted)
{
    char address[ADDRESS_TEXT_MAX];

    if (strcmp(f->destination, wanted) == 0)
        return true;
    return f->has_destination_address &&
           strcmp(address_describe(&f->destination_address, address), wanted) == 0;
}

static bool is_device(const struct finding *f, const char *wanted)
{
    struct address a;

    if (!address_parse(wanted, &a))
        return false;
    if (f->has_device && address_equal(&f->device, &a))
        return true;
    for (size_t i = 0; i < f->related_count; i++)
        if (address_equal(&f->related[i], &a))
            return true;
    return false;
}

bool alert_filter_wants(const struct alert_filter *filter, const struct finding *f)
{
    char id[UUID_TEXT_MAX];

    return (!filter->id ||
            strncmp(uuid_describe(f->alert_id, id), filter->id, strlen(filter->id)) == 0) &&
           (!filter->device || is_device(f, filter->device)) &&
           (!filter->destination || is_destination(f, filter->destination));
}

/* ---- taking */

static struct stored_alert *new_alert(struct alert_store *s, const uint8_t id[16])
{
    struct stored_alert *a = s->count < STORE_ALERTS_MAX ? calloc(1, sizeof(*a)) : NULL;

    if (!a)
        return NULL;
    memcpy(a->id, id, sizeof(a->id));
    HASH_ADD(hh, s->alerts, id, sizeof(a->id), a);
    if (!a->hh.tbl) { /* uthash's sign that memory was out */
        free(a);
        return NULL;
    }
    s->count++;
    return a;
}

static void keep_alert(struct alert_store *s, const struct finding *f, struct span line)
{
    struct stored_alert *a;
    char *copy;

    HASH_FIND(hh, s->alerts, f->alert_id, sizeof(a->id), a);
    if (a && a->revision > f->revision)
        return;
    copy = malloc(line.len + 1);
    if (!a && copy)
        a = new_alert(s, f->alert_id);
    if (!a || !copy) {
        s->left_out++;
        free(copy);
        return;
    }
    memcpy(copy, line.data, line.len);
    free(a->line);
    a->line = copy;
    a->len = line.len;
    a->revision = f->revision;
}

static bool find_file(struct alert_store *s, const char *name, uint32_t *out)
{
    char **files;

    for (size_t i = s->file_count; i > 0; i--)
        if (strcmp(s->files[i - 1], name) == 0) {
            *out = (uint32_t)i - 1;
            return true;
        }
    if (s->file_count == FILES_MAX)
        return false;
    files = realloc(s->files, (s->file_count + 1) * sizeof(*files));
    if (!files)
        return false;
    s->files = files;
    files[s->file_count] = strdup(name);
    if (!files[s->file_count])
        return false;
    *out = (uint32_t)s->file_count++;
    return true;
}

static void keep_session(struct alert_store *s, const struct alert_session *session)
{
    size_t room = s->session_room ? s->session_room * 2 : 1024;
    struct stored_session *sessions = s->sessions, *kept;
    uint32_t file;

    if (!session->file)
        return;
    if (s->session_count == s->session_room) {
        sessions =
            room <= STORE_SESSIONS_MAX ? realloc(sessions, room * sizeof(*sessions)) : NULL;
        if (!sessions) {
            s->left_out++;
            return;
        }
        s->sessions = sessions;
        s->session_room = room;
    }
    if (!find_file(s, session->file, &file)) {
        s->left_out++;
        return;
    }
    kept = &sessions[s->session_count++];
    memcpy(kept->id, session->session_id, sizeof(kept->id));
    kept->file = file;
}

void alert_store_take(struct alert_store *s, struct span line)
{
    struct alert_read read = {.line = NULL};
    struct alert_session session;
    struct err why;

    s->lines++;
    switch (alert_read_line(s->reader, line, &read, &session, &why)) {
    case ALERT_LINE_ALERT:
        if (alert_filter_wants(&s->filter, &read.finding))
            keep_alert(s, &read.finding, line);
        break;
    case ALERT_LINE_SESSION:
        keep_session(s, &session);
        break;
    case ALERT_LINE_BROKEN:
        s->broken++;
        break;
    case ALERT_LINE_OTHER:
        break;
    }
    alert_read_release(&read);
}

/* ---- files */

/* The next line, without its end; false at the end of the stream. One that is too long is cut. */
static bool next_line(struct buffer *b, struct span *out, size_t *taken)
{
    size_t seen = 0;

    while (seen < LINE_MAX_BYTES && buffer_need(b, seen + 1)) {
        const uint8_t *newline = memchr(b->rest.data + seen, '\n', b->rest.len - seen);

        if (newline) {
            *out = span_of(b->rest.data, (size_t)(newline - b->rest.data));
            *taken = out->len + 1;
            return true;
        }
        seen = b->rest.len;
    }
    *out = b->rest;
    *taken = b->rest.len;
    return b->rest.len > 0;
}

static int read_all(struct alert_store *s, struct buffer *b, const char *path,
                    struct err *why)
{
    struct span line;
    size_t taken;

    while (next_line(b, &line, &taken)) {
        if (!span_empty(line))
            alert_store_take(s, line);
        if (!buffer_skip(b, taken))
            break;
    }
    return buffer_failure(b) ? err_set(why, "%s: %s", path, buffer_failure(b)) : 0;
}

int alert_store_read(struct alert_store *s, const char *path, struct err *why)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), result = -1;
    struct buffer buffer;

    if (fd < 0)
        return err_set(why, "%s: %s", path, strerror(errno));
    if (buffer_init(&buffer, NULL, why) == 0) {
        buffer_open(&buffer, fd);
        result = read_all(s, &buffer, path, why);
        buffer_fini(&buffer);
    }
    if (!is_stdin)
        (void)close(fd);
    return result;
}

/* ---- handing out */

static void add_file(const struct alert_store *s, const uint8_t *session_id,
                     const char *files[EXPLAIN_FILES_MAX], size_t *count)
{
    for (size_t i = 0; i < s->session_count; i++) {
        const char *name = s->files[s->sessions[i].file];
        size_t k = 0;

        if (memcmp(s->sessions[i].id, session_id, SESSION_ID_BYTES) != 0)
            continue;
        while (k < *count && files[k] != name)
            k++;
        if (k == *count && *count < EXPLAIN_FILES_MAX)
            files[(*count)++] = name;
    }
}

void alert_store_each(struct alert_store *s,
                      void (*take)(void *ctx, const struct finding *f,
                                   const char *const *files, size_t file_count),
                      void *ctx)
{
    struct stored_alert *a, *next;

    HASH_ITER(hh, s->alerts, a, next)
    {
        struct alert_read read = {.line = NULL};
        const char *files[EXPLAIN_FILES_MAX];
        struct alert_session session;
        size_t count = 0;
        struct err why;
        bool open;

        if (alert_read_line(s->reader, span_of(a->line, a->len), &read, &session, &why) !=
            ALERT_LINE_ALERT)
            continue;
        open = read.finding.state == FINDING_OPEN || read.finding.state == FINDING_UPDATED;
        for (size_t i = 0; i < read.finding.evidence_count; i++)
            add_file(s, read.finding.evidence[i].session_id, files, &count);
        if (open || !s->filter.only_open)
            take(ctx, &read.finding, files, count);
        alert_read_release(&read);
    }
}
