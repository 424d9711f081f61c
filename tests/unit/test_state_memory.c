#include "detect/state_memory.h"

#include "base/log.h"
#include "detect_sample.h"
#include "scratch.h"

static char path[SCRATCH_PATH_MAX];
static char version[STATE_VERSION_MAX];
static struct err why;

static struct state *open_state(void)
{
    struct state_options options = {
        .path = path, .version = state_memory_version(version), .seed = 1};
    struct state *s = state_open(&options, &why);

    if (!s) {
        (void)fprintf(stderr, "%s\n", why.text);
        abort();
    }
    return s;
}

/* Two devices in which everything happens that is remembered; each step is some sessions. */
static void tell(struct lab *lab, int step)
{
    double at = step * 60;

    lab_accept(lab, "10.0.0.1", "app", "a.example", at);
    lab_accept(lab, "10.0.0.1", "app", "b.example", at + 1);
    lab_refuse(lab, "10.0.0.1", "app", "pinned.example", at + 2, SHAPE_S2);
    lab_refuse(lab, "10.0.0.2", "other", "c.example", at + 3, SHAPE_S1);
    lab_direct(lab, "10.0.0.1", "app", "direct.example", at + 4);
    if (step == 5)
        lab_accept(lab, "10.0.0.2", "other", "c.example", at + 5);
    lab_tick(lab, at + 30);
}

static void save(struct state_memory *m)
{
    if (state_begin(m->state, &why) < 0 || state_memory_save(m, &why) < 0 ||
        state_commit(m->state, &why) < 0)
        ok(false, "it is saved: %s", why.text);
    state_memory_saved(m);
}

#define STEPS 9

/* The findings of steps that follow `cut`: told whole, or by another correlator that has read what
 * the first remembered. */
static size_t findings_after(int cut, bool resumed,
                             struct lab_finding out[LAB_FINDINGS_MAX])
{
    static struct lab first, second;
    struct state_memory m;
    struct lab *lab = &first;
    size_t before, count;

    lab_open(&first);
    lab_open(&second);
    if (resumed) {
        (void)remove(path);
        ok(state_memory_init(&m, open_state(), &first.correlator, &why) == 0,
           "it is watched");
    }
    for (int step = 0; step < cut; step++) {
        tell(&first, step);
        if (resumed)
            save(&m);
    }
    before = first.count;
    if (resumed) {
        state_close(m.state);
        state_memory_fini(&m);
        lab = &second;
        second.pushed = first.pushed;
        ok(state_memory_init(&m, open_state(), &second.correlator, &why) == 0 &&
               state_memory_load(&m, &why) == 0,
           "and read again");
        is_int(second.correlator.keys.count, first.correlator.keys.count, "with all keys");
        before = 0;
    }
    for (int step = cut; step < STEPS; step++)
        tell(lab, step);
    lab_end(lab);
    count = lab->count - before;
    memcpy(out, lab->found + before, count * sizeof(*out));
    if (resumed) {
        state_close(m.state);
        state_memory_fini(&m);
    }
    lab_close(&first);
    lab_close(&second);
    return count;
}

static bool same(const struct finding *a, const struct finding *b)
{
    return a->type == b->type && a->state == b->state && a->revision == b->revision &&
           memcmp(a->alert_id, b->alert_id, 16) == 0 && a->time_ns == b->time_ns &&
           a->evidence_count == b->evidence_count && a->risk_score == b->risk_score &&
           fabs(a->stage1_db - b->stage1_db) < 1e-9 && strcmp(a->message, b->message) == 0;
}

static void test_goes_on(void)
{
    static struct lab_finding whole[LAB_FINDINGS_MAX], resumed[LAB_FINDINGS_MAX];
    size_t told = 0;

    for (int cut = 1; cut < STEPS; cut++) {
        size_t count = findings_after(cut, false, whole);
        size_t again = findings_after(cut, true, resumed);
        size_t equal = 0;

        while (equal < count && equal < again &&
               same(&whole[equal].finding, &resumed[equal].finding))
            equal++;
        ok(count == again && equal == count,
           "stopped after step %d, the next correlator finds what the first would", cut);
        told += count;
    }
    ok(told > STEPS, "and there is enough to find");
}

static void test_unchanged(void)
{
    static struct lab lab;
    struct state_memory m;
    uint64_t written;

    (void)remove(path);
    lab_open(&lab);
    (void)state_memory_init(&m, open_state(), &lab.correlator, &why);
    for (int step = 0; step < STEPS; step++)
        tell(&lab, step);
    save(&m);
    written = m.written;
    ok(written > 10, "what is remembered is written");
    save(&m);
    is_int(m.written - written, 0, "what did not change is not written again");
    lab_accept(&lab, "10.0.0.9", "app", "z.example", STEPS * 60);
    lab_tick(&lab, STEPS * 60 + 30);
    save(&m);
    ok(m.written > written && m.written - written < written, "what changed is, alone");
    state_close(m.state);
    state_memory_leave(&m);
    state_memory_fini(&m);
    lab_accept(&lab, "10.0.0.10", "app", "y.example", STEPS * 60 + 31);
    lab_tick(&lab, STEPS * 60 + 60);
    ok(!lab.correlator.devices.watch, "a correlator that is left goes on unwatched");
    lab_close(&lab);
}

static void test_version(void)
{
    is_int(strlen(state_memory_version(version)), 16,
           "the version is a number of the layout");
    ok(state_memory_layout(STATE_KEY) && !state_memory_layout(STATE_ALERT),
       "records have a layout, events none");
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    scratch_begin();
    (void)snprintf(path, sizeof(path), "%s", scratch("state.db"));
    test_goes_on();
    test_unchanged();
    test_version();
    return done_testing();
}
