#include "detect/pin_words.h"

#include "base/nanotime.h"

/* The rows of this table are in the order of the bits. */
static const struct {
    enum pin_part part;
    const char *name;
    const char *words;
} parts[PIN_PARTS] = {
    {PIN_LEAF, "leaf", "the leaf certificate"},
    {PIN_LEAF_KEY, "leaf_key", "the leaf's key"},
    {PIN_INTERMEDIATE, "intermediate", "the issuing authority"},
    {PIN_ROOT, "root", "the root"},
};

const char *pin_part_name(enum pin_part part)
{
    for (size_t i = 0; i < PIN_PARTS; i++)
        if (parts[i].part == part)
            return parts[i].name;
    return NULL;
}

const char *pin_basis_name(enum finding_pin_basis basis)
{
    static const char *const names[] = {
        [PIN_BASIS_NONE] = NULL,
        [PIN_BASIS_CERTIFICATES] = "certificates",
        [PIN_BASIS_OTHER_SESSIONS] = "other_sessions",
        [PIN_BASIS_SERVER_FLIGHT] = "server_flight",
    };

    return names[basis];
}

/* "the leaf certificate, the leaf's key and the root" */
static void add_parts(struct text *t, uint8_t bits, const char *last)
{
    bool first = true;

    for (size_t i = 0; i < PIN_PARTS; i++) {
        if (!(bits & parts[i].part))
            continue;
        bits &= (uint8_t)~parts[i].part;
        if (!first)
            text_add_format(t, bits ? ", " : " %s ", last);
        text_add(t, parts[i].words);
        first = false;
    }
}

static void add_time(struct text *t, uint64_t time_ns)
{
    char text[NANOTIME_TEXT_MAX];

    (void)nanotime_describe(time_ns, text);
    text_add_format(t, "%.10s %.8s UTC", text, text + 11);
}

void pin_words_breakage(const struct finding_pin *pin, const char *destination,
                        const struct finding_counts *counts, char *out, size_t size)
{
    uint32_t devices = counts->devices, refused = counts->refused;
    struct text t = text_in(out, size);

    text_add_format(&t, "%u device%s refuse%s the genuine certificate of %s since ",
                    devices, devices == 1 ? "" : "s", devices == 1 ? "s" : "", destination);
    if (pin->changed)
        add_parts(&t, pin->changed, "and");
    else
        text_add(&t, "what the server sends");
    text_add(&t, " changed (");
    add_time(&t, pin->changed_ns);
    text_add_format(&t, "): %u refused session%s, none inspected.", refused,
                    refused == 1 ? "" : "s");
}

static void add_survived(const struct finding_pin *pin, struct text *t)
{
    text_add(t, "It does not pin ");
    add_parts(t, pin->survived, "or");
    text_add(t, ": it accepted such a change before.");
}

void pin_words_reason(const struct finding_pin *pin, char *out, size_t size)
{
    static const char *const known[] = {
        [PIN_BASIS_NONE] = "",
        [PIN_BASIS_CERTIFICATES] =
            "Both certificates were seen, and the app accepted the one before.",
        [PIN_BASIS_OTHER_SESSIONS] =
            "The refused sessions are TLS 1.3 and hide their certificate: what changed was "
            "seen in sessions of other clients.",
        [PIN_BASIS_SERVER_FLIGHT] =
            "The sessions are TLS 1.3 and no certificate was seen: only the size of what "
            "the "
            "server sends changed, so which pin broke cannot be told.",
    };
    struct text t = text_in(out, size);

    text_add(&t, known[pin->basis]);
    if (pin->target) {
        text_add(&t, " If a pin broke, it is one of ");
        add_parts(&t, pin->target, "or");
        text_add_char(&t, '.');
    }
    if (pin->survived) {
        text_add_char(&t, ' ');
        add_survived(pin, &t);
    }
    if (pin->changed & PIN_ROOT)
        text_add(&t,
                 " A client that does not know the new root refuses as well, pin or none.");
}

void pin_words_target(const struct finding_pin *pin, struct text *out)
{
    if (!pin->survived)
        return;
    add_survived(pin, out);
    if (!pin->target)
        return;
    text_add(out, " What it can pin is ");
    add_parts(out, pin->target, "or");
    text_add_char(out, '.');
}

void pin_words_expiry(const struct finding_pin *pin, uint64_t now_ns, double within_s,
                      struct text *out)
{
    int64_t now_s = (int64_t)(now_ns / NS_PER_S);
    int64_t left_s = pin->now.not_after_s - now_s;
    char text[NANOTIME_TEXT_MAX];

    if (!pin->has_now || pin->now.not_after_s <= 0 || (double)left_s > within_s)
        return;
    (void)nanotime_describe((uint64_t)pin->now.not_after_s * NS_PER_S, text);
    if (left_s < 0)
        text_add_format(out, " The destination's own certificate expired on %.10s.", text);
    else
        text_add_format(
            out,
            " The destination's own certificate expires on %.10s, in %lld days: "
            "whoever pins it has to follow.",
            text, (long long)(left_s / 86400));
}
