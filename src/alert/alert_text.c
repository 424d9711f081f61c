#include "alert/alert_text.h"

#include <stdio.h>

#include "alert/alert_words.h"
#include "base/nanotime.h"
#include "crypto/uuid.h"
#include "session/session_names.h"

/* Where the text of a block begins; labels stand before it. */
#define INDENT 15

/* Devices that are named; the others are counted. */
#define DEVICES_SHOWN 8

#define PIECE_MAX 1024

/* A paragraph under construction: words are wrapped at the last column and indented. */
struct paragraph {
    struct text *out;
    size_t column;
    size_t indent;
};

/* Length of a mark at the front that is not shown itself but changes what is shown, else 0. */
static size_t invisible_mark(const char *c)
{
    static const struct {
        const char *prefix;
        unsigned char low, high; /* of the last byte */
    } marks[] = {
        {"\342\200", 0x8b, 0x8f}, /* U+200B to U+200F: zero width, direction */
        {"\342\200", 0xaa, 0xae}, /* U+202A to U+202E: embedding and override */
        {"\342\201", 0xa0, 0xaf}, /* U+2060 to U+206F: joiner, isolates */
        {"\357\273", 0xbf, 0xbf}, /* U+FEFF: byte order mark */
    };

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (strncmp(c, marks[i].prefix, 2) == 0 && (unsigned char)c[2] >= marks[i].low &&
            (unsigned char)c[2] <= marks[i].high)
            return 3;
    }
    return 0;
}

/* Write the mark or control character at the front as an escape; its length, 0 when it is none. */
static size_t add_escaped(const char *c, struct text *clean)
{
    const unsigned char *u = (const unsigned char *)c;
    size_t mark = invisible_mark(c);

    if (mark)
        text_add_format(clean, "\\u%04X",
                        (u[0] & 0x0fu) << 12 | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu));
    else if (u[0] < 0x20 || u[0] == 0x7f)
        text_add_format(clean, "\\x%02x", u[0]);
    else
        return 0;
    return mark ? mark : 1;
}

/* The word with escapes in place of such characters; returns how many columns it takes. */
static size_t clean_word(const char *word, size_t len, struct text *clean)
{
    size_t columns = 0;

    for (size_t i = 0; i < len;) {
        size_t before = clean->len, escaped = add_escaped(word + i, clean);

        if (escaped) {
            columns += clean->len - before;
            i += escaped;
            continue;
        }
        text_add_char(clean, word[i]);
        columns += ((unsigned char)word[i] & 0xc0) != 0x80;
        i++;
    }
    return columns;
}

static void new_line(struct paragraph *p)
{
    text_add_char(p->out, '\n');
    for (p->column = 0; p->column < p->indent; p->column++)
        text_add_char(p->out, ' ');
}

/*
 * Add a piece of text, word by word. Lines are broken at spaces only, and a column is left for a
 * comma that the next piece begins with. A word longer than a line is cut where the line ends.
 */
static void add(struct paragraph *p, const char *piece)
{
    while (*piece) {
        char buffer[PIECE_MAX];
        struct text word = text_in(buffer, sizeof(buffer));
        size_t spaces = strspn(piece, " "), len = strcspn(piece + spaces, " ");
        size_t columns = clean_word(piece + spaces, len, &word);

        if (spaces > 0 && p->column > p->indent &&
            p->column + spaces + columns >= ALERT_TEXT_COLUMNS) {
            new_line(p);
            spaces = 0;
            piece += strspn(piece, " ");
        }
        for (size_t i = 0; i < spaces; i++)
            text_add_char(p->out, ' ');
        p->column += spaces;
        for (const char *c = buffer; *c; c++) {
            if (((unsigned char)*c & 0xc0) != 0x80 && p->column++ >= ALERT_TEXT_COLUMNS) {
                new_line(p);
                p->column++;
            }
            text_add_char(p->out, *c);
        }
        piece += strspn(piece, " ");
        piece += strcspn(piece, " ");
    }
}

__attribute__((format(printf, 2, 3))) static void add_format(struct paragraph *p,
                                                             const char *format, ...)
{
    char buffer[PIECE_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(buffer, sizeof(buffer), format, args);
    va_end(args);
    add(p, buffer);
}

/* Begin a line of the block with its label, or with none to go on under the last one. */
static struct paragraph begin(struct text *out, const char *label)
{
    struct paragraph p = {.out = out, .column = 0, .indent = INDENT};

    text_add(out, "  ");
    text_add(out, label);
    for (p.column = strlen(label) + 2; p.column < INDENT; p.column++)
        text_add_char(out, ' ');
    return p;
}

static void end(struct paragraph *p)
{
    text_add_char(p->out, '\n');
}

static const char *colour_of(int severity)
{
    return severity >= 73 ? "\033[1;31m" : severity >= 47 ? "\033[1;33m" : "\033[1m";
}

static int percent(double share)
{
    return (int)(share * 100 + 0.5);
}

static void add_ends(struct paragraph *p, const struct finding *f)
{
    char address[ADDRESS_TEXT_MAX];

    if (f->has_device)
        add_format(p, "  %s", address_describe(&f->device, address));
    else if (f->counts.devices > 0)
        add_format(p, "  %u device%s", f->counts.devices,
                   f->counts.devices == 1 ? "" : "s");
    if (!f->has_destination)
        return;
    add_format(p, " -> %s",
               f->destination[0] ? f->destination
                                 : address_describe(&f->destination_address, address));
}

/* "HIGH  Pinning suspected  10.1.2.3 -> api.example.com  (confidence 92 %, risk 65 of 100)" */
static void write_headline(const struct finding *f, bool colour, struct text *out)
{
    struct paragraph p = {.out = out, .indent = INDENT};
    char severity[16];
    struct text upper = text_in(severity, sizeof(severity));

    for (const char *c = alert_severity_name(f->severity); *c; c++)
        text_add_char(&upper, (char)(*c - 'a' + 'A'));
    text_add(out, colour ? colour_of(f->severity) : "");
    add_format(&p, "%s  %s", severity, alert_title(f->type));
    text_add(out, colour ? "\033[0m" : "");
    add_ends(&p, f);
    if (alert_is_detection(f->type))
        add_format(&p, "  (confidence %d%%, risk %d of 100)", percent(f->confidence),
                   f->risk_score);
    end(&p);
}

static void write_identity(const struct finding *f, struct text *out)
{
    struct paragraph p = begin(out, "Alert");
    char id[UUID_TEXT_MAX];

    add_format(&p, "%s, %s, revision %u, id %s", finding_type_name(f->type),
               finding_state_name(f->state), f->revision, uuid_describe(f->alert_id, id));
    end(&p);
}

/* "2026-11-21 03:48:18", with as many characters of the time of day. */
static void add_time(struct paragraph *p, uint64_t time_ns, bool with_day, int precision)
{
    char text[NANOTIME_TEXT_MAX];

    (void)nanotime_describe(time_ns, text);
    if (with_day)
        add_format(p, "%.10s ", text);
    add_format(p, "%.*s", precision, text + 11);
}

/* The day stands at each session only where there are several. */
static bool spans_days(const struct finding *f)
{
    return f->start_ns / (86400 * NS_PER_S) != f->end_ns / (86400 * NS_PER_S);
}

static void write_when(const struct finding *f, struct text *out)
{
    struct paragraph p = begin(out, "When");

    add_time(&p, f->start_ns, true, 8);
    add(&p, " to ");
    add_time(&p, f->end_ns, true, 8);
    add(&p, " UTC");
    end(&p);
}

static void write_device(const struct finding *f, struct text *out)
{
    char address[ADDRESS_TEXT_MAX];
    struct paragraph p;

    if (!f->has_device)
        return;
    p = begin(out, "Device");
    add(&p, address_describe(&f->device, address));
    if (f->has_mac)
        add_format(&p, ", %02X-%02X-%02X-%02X-%02X-%02X", f->mac[0], f->mac[1], f->mac[2],
                   f->mac[3], f->mac[4], f->mac[5]);
    add_format(&p, ", %s", f->platform ? f->platform : "platform not known");
    if (f->platform && f->platform_basis)
        add_format(&p, " (%s)", f->platform_basis);
    if (f->device_ambiguous)
        add(&p, ", may stand for several devices");
    if (f->app_key[0])
        add_format(&p, ", app fingerprint %s%s", f->app_key,
                   f->app_shared ? " (shared by many apps)" : "");
    end(&p);
}

/* The devices of a finding that concerns several; the one of a detection is named above. */
static void write_devices(const struct finding *f, struct text *out)
{
    char address[ADDRESS_TEXT_MAX];
    struct paragraph p;

    if (f->related_count == 0 || (f->related_count == 1 && f->has_device))
        return;
    p = begin(out, "Devices");
    for (size_t i = 0; i < f->related_count && i < DEVICES_SHOWN; i++)
        add_format(&p, "%s%s", i ? ", " : "", address_describe(&f->related[i], address));
    if (f->counts.devices > DEVICES_SHOWN)
        add_format(&p, " and %u more", f->counts.devices - DEVICES_SHOWN);
    end(&p);
}

static void write_destination(const struct finding *f, struct text *out)
{
    char address[ADDRESS_TEXT_MAX];
    struct paragraph p;

    if (!f->has_destination)
        return;
    p = begin(out, "Destination");
    add(&p, f->destination[0] ? f->destination : "(no name)");
    if (f->has_destination_address)
        add_format(&p, ", %s port %u", address_describe(&f->destination_address, address),
                   f->destination_port);
    end(&p);
}

static void write_sentence(const char *label, const char *sentence, struct text *out)
{
    struct paragraph p;

    if (!*sentence)
        return;
    p = begin(out, label);
    add(&p, sentence);
    end(&p);
}

static void write_session(const struct finding *f, const struct finding_evidence *e,
                          const char *label, struct text *out)
{
    struct paragraph p = begin(out, label);

    add_time(&p, e->time_ns, spans_days(f), 12);
    p.indent = p.column + 2;
    add_format(&p, "  %s%s%s%s, %s", alert_outcome_words(e->outcome),
               e->shape == SHAPE_NONE ? "" : " (",
               e->shape == SHAPE_NONE ? "" : outcome_shape_name(e->shape),
               e->shape == SHAPE_NONE ? "" : ")", alert_inspection_words(e->inspection));
    if (e->inspection_basis != BASIS_NONE)
        add_format(&p, " (%s)", inspection_basis_name(e->inspection_basis));
    if (!e->counted && outcome_is_refusal(e->outcome))
        add(&p, ", same episode");
    else if (e->weight_db != 0)
        add_format(&p, ", %+.1f dB", e->weight_db);
    end(&p);
}

/* What was compared, and how probable it would be under each cause. */
static void write_control(const struct finding_control *c, const char *label,
                          struct text *out)
{
    static const char *const brief[HYPOTHESES] = {
        [HYPOTHESIS_PIN] = "app pins",
        [HYPOTHESIS_APPCA] = "app distrusts",
        [HYPOTHESIS_DEV] = "device",
        [HYPOTHESIS_SITE] = "site",
    };
    struct paragraph p = begin(out, label);

    add(&p, c->fact[0] ? c->fact : c->name);
    if (!c->has_likelihoods) {
        if (c->weight_db != 0)
            add_format(&p, ", %+.1f dB", c->weight_db);
        end(&p);
        return;
    }
    for (enum hypothesis h = HYPOTHESIS_PIN; h < HYPOTHESES; h++)
        add_format(&p, "%s%s %d%%", h == HYPOTHESIS_PIN ? " [" : ", ", brief[h],
                   percent(c->likelihood[h]));
    add(&p, "]");
    end(&p);
}

static void write_causes(const struct finding *f, struct text *out)
{
    struct paragraph p;

    if (!f->has_hypotheses)
        return;
    p = begin(out, "Causes");
    for (enum hypothesis h = HYPOTHESIS_PIN; h < HYPOTHESES; h++)
        add_format(&p, "%s%s %d%%", h == HYPOTHESIS_PIN ? "" : ", ",
                   alert_hypothesis_words(h), percent(f->hypotheses[h]));
    end(&p);
}

static void write_risk(const struct finding *f, struct text *out)
{
    struct paragraph p;

    if (f->risk_count == 0)
        return;
    p = begin(out, "Risk");
    for (size_t i = 0; i < f->risk_count; i++)
        add_format(&p, "%s%s %+d", i ? ", " : "", f->risks[i].name, f->risks[i].points);
    end(&p);
}

static void write_rule(const struct finding *f, struct text *out)
{
    struct paragraph p = begin(out, "Rule");

    add_format(&p, "%s, %s", alert_rule_id(f), alert_rule_name(f));
    if (alert_is_detection(f->type))
        add(&p, " (MITRE ATT&CK T1521.003)");
    if (f->allowed_by[0])
        add_format(&p, "; allowed by %s", f->allowed_by);
    end(&p);
}

void alert_text_write(const struct finding *f, bool colour, struct text *out)
{
    write_headline(f, colour, out);
    write_identity(f, out);
    write_device(f, out);
    write_devices(f, out);
    write_destination(f, out);
    write_when(f, out);
    write_sentence("What", f->message, out);
    write_sentence("Why", f->reason, out);
    for (size_t i = 0; i < f->evidence_count; i++)
        write_session(f, &f->evidence[i], i ? "" : "Sessions", out);
    for (size_t i = 0; i < f->control_count; i++)
        write_control(&f->controls[i], i ? "" : "Compared", out);
    write_causes(f, out);
    write_risk(f, out);
    write_rule(f, out);
    write_sentence("Next", alert_advice(f->type), out);
    text_add_char(out, '\n');
}
