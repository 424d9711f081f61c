#include "alert/alert_text.h"
#include "alert/alert_words.h"
#include "alert/explain.h"
#include "alert/paragraph.h"
#include "base/nanotime.h"

/* Where the text of a block begins, as in the alerts themselves. */
#define INDENT 15
#define COMMUNITY_IDS_SHOWN 6

static void write_line(const char *label, const char *text, struct text *out)
{
    struct paragraph p;

    if (!*text)
        return;
    p = paragraph_begin(out, label, INDENT);
    paragraph_add(&p, text);
    paragraph_end(&p);
}

/* A number in front, its text beside it. */
static void write_number(const char *label, const char *number, const char *text,
                         struct text *out)
{
    struct paragraph p = paragraph_begin(out, label, INDENT);

    text_add(out, number);
    p.column += strlen(number);
    p.indent = p.column;
    paragraph_add(&p, text);
    paragraph_end(&p);
}

/* ---- was it refused */

static void write_step(const struct explain_step *s, const char *label, struct text *out)
{
    char number[32];
    struct text t = text_in(number, sizeof(number));

    if (s->counts)
        text_add_format(&t, "%+8.1f dB  ", s->db);
    else
        text_add(&t, "       . dB  ");
    write_number(label, number, s->text, out);
}

static void write_sum(const struct explanation *e, struct text *out)
{
    char number[32], text[EXPLAIN_LINE_MAX];
    struct text n = text_in(number, sizeof(number)), t = text_in(text, sizeof(text));

    if (!e->has_sum) {
        for (size_t i = 0; i < e->step_count; i++)
            write_line(i ? "" : "Sessions", e->steps[i].text, out);
        return;
    }
    for (size_t i = 0; i < e->step_count; i++)
        write_step(&e->steps[i], i ? "" : "Refused?", out);
    text_add_format(&n, "= %+6.1f dB  ", e->finding->stage1_db);
    text_add_format(&t,
                    "that is %.1f%%, by 1 / (1 + 10^(-sum/10)); %.0f dB are needed "
                    "(stage1_fire_db)",
                    100 * e->refused, e->tuning->stage1_fire_db);
    write_number("", number, text, out);
}

/* ---- why */

static void write_factor(const double of[HYPOTHESES], const char *sign, const char *label,
                         const char *words, struct text *out)
{
    char number[64];
    struct text t = text_in(number, sizeof(number));

    text_add(&t, sign);
    for (enum hypothesis h = HYPOTHESIS_PIN; h < HYPOTHESES; h++)
        text_add_format(&t, " %6.3f", of[h]);
    text_add(&t, "  ");
    write_number(label, number, words, out);
}

static void write_causes(const struct explanation *e, struct text *out)
{
    if (!e->has_causes)
        return;
    write_line("Why?",
               "how probable under each cause: app pins, app distrusts the authority, "
               "device lacks it, site or box at fault",
               out);
    for (size_t i = 0; i < e->factor_count; i++)
        write_factor(e->factors[i].of, i ? "x" : " ", "", e->factors[i].text, out);
    write_factor(e->finding->hypotheses, "=", "", "of a whole: the causes of this alert",
                 out);
    if (!e->knows_prior)
        write_line(
            "", "The rules in effect give other shares: it was judged by other ones.", out);
    write_line("Confidence", e->confidence, out);
}

/* ---- the rest */

static void write_risk(const struct explanation *e, struct text *out)
{
    const struct finding *f = e->finding;

    for (size_t i = 0; i < f->risk_count; i++) {
        char number[32];
        struct text t = text_in(number, sizeof(number));

        text_add_format(&t, "%+4d  ", f->risks[i].points);
        write_number(i ? "" : "Risk", number, f->risks[i].name, out);
    }
    write_line("Severity", e->severity, out);
}

/* Those of the analytic that the alert is told under. */
static bool is_own(const struct finding *f, const struct finding_clause *c)
{
    const char *analytic = alert_rule_id(f);

    return strncmp(c->id, analytic, strlen(analytic)) == 0;
}

static void write_clauses(const struct finding *f, struct text *out)
{
    const char *label = "Clauses";

    for (size_t i = 0; i < f->clause_count; i++) {
        const struct finding_clause *c = &f->clauses[i];
        struct paragraph p;

        if (!is_own(f, c))
            continue;
        p = paragraph_begin(out, label, INDENT);
        p.indent = p.column + 9;
        paragraph_format(&p, "%s: %s (%s)",
                         strcmp(c->state, "met") == 0       ? "met    "
                         : strcmp(c->state, "not_met") == 0 ? "not met"
                                                            : "no data",
                         explain_clause_words(c->id), c->id);
        paragraph_end(&p);
        label = "";
    }
}

/* Lines as they stand, for copying. */
static void write_block(const char *label, const char *lines, struct text *out)
{
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        struct paragraph p = paragraph_begin(out, label, INDENT);

        (void)p;
        text_add_span(out, span_of(lines, len));
        text_add_char(out, '\n');
        lines += len + (lines[len] == '\n');
        label = "";
    }
}

static void write_community_ids(const struct finding *f, struct text *out)
{
    struct paragraph p;

    if (f->evidence_count == 0)
        return;
    p = paragraph_begin(out, "Community ID", INDENT);
    for (size_t i = 0; i < f->evidence_count && i < COMMUNITY_IDS_SHOWN; i++)
        paragraph_format(&p, "%s%s", i ? "  " : "", f->evidence[i].community_id);
    if (f->evidence_count > COMMUNITY_IDS_SHOWN)
        paragraph_format(&p, "  and %zu more", f->evidence_count - COMMUNITY_IDS_SHOWN);
    paragraph_end(&p);
}

/* A name that the shell takes as it is; else what stands for it. */
static const char *file_of(const struct explanation *e)
{
    static const char safe[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "/._+-";

    if (e->file_count == 0 || strspn(e->files[0], safe) != strlen(e->files[0]))
        return "CAPTURE";
    return e->files[0];
}

static void write_packets(const struct explanation *e, struct text *out)
{
    char lines[2 * EXPLAIN_FILTER_MAX];
    struct text t = text_in(lines, sizeof(lines));

    if (e->capture_filter[0]) {
        text_add_format(&t, "tcpdump -nr %s '%s'\n", file_of(e), e->capture_filter);
        text_add_format(&t, "tshark -r %s -Y '%s'\n", file_of(e), e->display_filter);
        write_block("Packets", lines, out);
    }
    for (size_t i = 0; i < e->file_count; i++)
        write_line(i ? "" : "In capture", e->files[i], out);
    write_community_ids(e->finding, out);
}

void explain_write_text(const struct explanation *e, bool colour, struct text *out)
{
    alert_text_write_subject(e->finding, colour, out);
    if (!e->has_causes)
        write_line("Why", e->finding->reason, out);
    write_sum(e, out);
    write_causes(e, out);
    write_risk(e, out);
    write_clauses(e->finding, out);
    alert_text_write_background(e->finding, out);
    for (size_t i = 0; i < e->change_count; i++)
        write_line(i ? "" : "What changes", e->changes[i], out);
    if (!alert_is_over(e->finding))
        write_line("Next", alert_advice(e->finding->type), out);
    if (e->exclusion[0]) {
        write_line("Or exempt it",
                   "as long as it is needed, if you answer for the inspection:", out);
        write_block("", e->exclusion, out);
    }
    write_packets(e, out);
    text_add_char(out, '\n');
}
