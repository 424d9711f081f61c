#include "capture/filter.h"

#include <pcap/pcap.h>
#include <stdlib.h>

#include "base/log.h"
#include "capture/link_types.h"
#include "capture/source.h"

struct program {
    uint32_t link_type;
    bool compiled;
    struct bpf_program code;
};

struct filter {
    const char *expression;
    bool quiet;
    size_t count;
    struct program programs[FILTER_LINK_TYPES_MAX];
};

struct filter *filter_new(const char *expression, bool quiet)
{
    struct filter *f = calloc(1, sizeof(*f));

    if (!f)
        return NULL;
    f->expression = expression;
    f->quiet = quiet;
    return f;
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->count; i++)
        if (f->programs[i].compiled)
            pcap_freecode(&f->programs[i].code);
    free(f);
}

static int compile(const struct filter *f, struct program *p, struct err *why)
{
    pcap_t *dead = pcap_open_dead(link_type_to_dlt(p->link_type), SOURCE_RECORD_MAX);

    if (!dead)
        return err_set(why, "no memory for the filter");
    p->compiled = pcap_compile(dead, &p->code, f->expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!p->compiled)
        (void)err_set(why, "filter \"%s\": %s", f->expression, pcap_geterr(dead));
    pcap_close(dead);
    return p->compiled ? 0 : -1;
}

static struct program *find_program(struct filter *f, uint32_t link_type, struct err *why)
{
    struct program *p;

    for (size_t i = 0; i < f->count; i++)
        if (f->programs[i].link_type == link_type)
            return &f->programs[i];
    if (f->count == FILTER_LINK_TYPES_MAX)
        return NULL;
    p = &f->programs[f->count++];
    p->link_type = link_type;
    if (compile(f, p, why) < 0 && !f->quiet)
        log_warn("filter matches nothing of a link type link_type=%u reason=\"%s\"",
                 link_type, why->text);
    return p;
}

int filter_check(struct filter *f, uint32_t link_type, struct err *why)
{
    struct program p = {.link_type = link_type};

    if (compile(f, &p, why) < 0)
        return -1;
    pcap_freecode(&p.code);
    return 0;
}

bool filter_matches(struct filter *f, const struct frame *frame)
{
    struct pcap_pkthdr header = {.caplen = (bpf_u_int32)frame->bytes.len,
                                 .len = frame->wire_len};
    struct err why;
    struct program *p = find_program(f, frame->link_type, &why);

    return p && p->compiled &&
           pcap_offline_filter(&p->code, &header, frame->bytes.data) != 0;
}

const char *source_library(void)
{
    return pcap_lib_version();
}
