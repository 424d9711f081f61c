#include "privdrop.h"

#include <errno.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cap-ng.h>

#include "account.h"
#include "base/log.h"

#define SERVICE_ACCOUNT "pinsight"
#define NO_ACCOUNT "nobody"

/* Who goes on. */
struct successor {
    struct account account;
    bool changes; /* else we stay who we are */
    bool files_of_root;
};

/* ---- which account */

static const struct allowed_place *refused_place(const struct privdrop_options *o,
                                                 const struct account *account)
{
    for (size_t i = 0; i < o->places->count; i++)
        if (o->places->all[i].use == PLACE_NEEDED &&
            !account_may_use(account, o->places->all[i].path, ACCOUNT_WRITE))
            return &o->places->all[i];
    return NULL;
}

static bool is_closed(const struct allowed_place *place, const struct account *account)
{
    static const unsigned access[] = {
        [PLACE_READ] = ACCOUNT_READ,
        [PLACE_WRITE] = ACCOUNT_WRITE,
        [PLACE_NEEDED] = ACCOUNT_WRITE,
        [PLACE_CONNECT] = ACCOUNT_WRITE,
    };

    return place->key && !account_may_reach(account, place->path, access[place->use]);
}

static const struct allowed_place *closed_place(const struct privdrop_options *o,
                                                const struct account *account)
{
    for (size_t i = 0; i < o->places->count; i++)
        if (is_closed(&o->places->all[i], account))
            return &o->places->all[i];
    return NULL;
}

static int take_named(const struct privdrop_options *o, struct successor *next,
                      struct err *why)
{
    const struct allowed_place *refused;

    if (account_find(&next->account, o->user, why) < 0)
        return -1;
    next->changes = next->account.user != geteuid();
    if (!next->changes)
        return 0;
    if (geteuid() != 0)
        return err_set(why, "user: only root can become another account (%s)", o->user);
    account_hand_over(&next->account, o->hand_over, o->hand_over_count);
    refused = refused_place(o, &next->account);
    if (!refused)
        return 0;
    return err_set(why,
                   "%s: user %s may not write to the folder %s: give it to that user, or "
                   "name another one",
                   refused->key, o->user, refused->path);
}

static void stay(const char *why)
{
    log_warn("going on as root without any capability: %s", why);
}

static void take_default(const struct privdrop_options *o, struct successor *next)
{
    struct account *account = &next->account;
    const struct allowed_place *closed;
    struct err why;

    if ((!o->live || account_find(account, SERVICE_ACCOUNT, &why) < 0) &&
        account_find(account, NO_ACCOUNT, &why) < 0) {
        stay(why.text);
        return;
    }
    if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_SETUID) ||
        !capng_have_capability(CAPNG_EFFECTIVE, CAP_SETGID) ||
        !account_is_mapped(account)) {
        stay("nobody else can be become in this container");
        return;
    }
    next->changes = true;
    closed = closed_place(o, account);
    next->files_of_root = closed != NULL;
    if (!closed)
        account_hand_over(account, o->hand_over, o->hand_over_count);
    else
        log_info(
            "%s: user %s cannot use %s: the access to files stays that of root, in the "
            "named places (--user names another account)",
            closed->key, account->name, closed->path);
}

/* ---- capabilities */

/* What is left, as the library remembers it. CAP_SETUID is let go of in drop_capabilities. */
static void choose_capabilities(bool packets, bool set_user)
{
    capng_clear(CAPNG_SELECT_ALL);
    if (packets)
        (void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_RAW);
    if (set_user)
        (void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SETUID);
}

/* What the process has is no more than what it may keep. */
static bool has_no_more(bool packets)
{
    if (capng_get_caps_process() < 0)
        return false;
    for (unsigned i = 0; i <= CAP_LAST_CAP; i++)
        if (capng_have_capability(CAPNG_PERMITTED, i) && !(packets && i == CAP_NET_RAW))
            return false;
    return true;
}

/*
 * Root loses the bounding set too; who is not root never had the right to. A service manager may
 * refuse the call to who was given no more from the start.
 */
static int drop_capabilities(bool packets, struct err *why)
{
    int reason;

    choose_capabilities(packets, false);
    (void)capng_apply(CAPNG_SELECT_BOUNDS);
    if (capng_apply(CAPNG_SELECT_CAPS) == 0 && capng_apply(CAPNG_SELECT_AMBIENT) == 0)
        return 0;
    reason = errno;
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return has_no_more(packets)
               ? 0
               : err_set(why, "capabilities cannot be dropped: %s", strerror(reason));
}

static int become(const struct successor *next, bool packets, struct err *why)
{
    const struct account *account = &next->account;
    int failed;

    choose_capabilities(packets, next->files_of_root);
    failed =
        capng_change_id((int)account->user, (int)account->group,
                        CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT);
    if (failed)
        return err_set(why, "user: %s cannot be become (step %d of libcap-ng): %s",
                       account->name, -failed, strerror(errno));
    if (next->files_of_root)
        (void)setfsuid(0);
    return 0;
}

static int check_gone(const struct successor *next, struct err *why)
{
    if (setuid(0) == 0 || geteuid() != next->account.user ||
        getegid() != next->account.group)
        return err_set(why, "user: root was not left for %s", next->account.name);
    return 0;
}

/* ---- all of it */

static int drop_identity(const struct privdrop_options *o, struct err *why)
{
    struct successor next = {.changes = false};
    bool packets;

    if (capng_get_caps_process() < 0)
        return err_set(why, "the capabilities of the process cannot be read");
    packets = o->live && capng_have_capability(CAPNG_PERMITTED, CAP_NET_RAW);
    if (!o->user && geteuid() == 0)
        take_default(o, &next);
    else if (o->user && take_named(o, &next, why) < 0)
        return -1;
    if (next.changes && become(&next, packets, why) < 0)
        return -1;
    if (drop_capabilities(packets, why) < 0)
        return -1;
    o->places->read_all = geteuid() != 0 && !next.files_of_root;
    return next.changes ? check_gone(&next, why) : 0;
}

/* A build that counts which lines run writes its counts at the end, into files of its own. */
#ifdef PINSIGHT_COVERAGE
#define KEEPS_PRIVILEGES true
#else
#define KEEPS_PRIVILEGES false
#endif

int privdrop(const struct privdrop_options *options, struct err *why)
{
    struct allowed_calls calls = {.packets = options->live, .network = options->network};

    if (KEEPS_PRIVILEGES)
        return 0;
    if (allowed_places_prepare(options->places, why) < 0 || drop_identity(options, why) < 0)
        return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return err_set(why, "new privileges cannot be refused: %s", strerror(errno));
    if (allowed_places_apply(options->places, why) < 0)
        return -1;
    return allowed_calls_apply(&calls, why);
}
