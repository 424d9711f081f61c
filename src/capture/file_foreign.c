/*
 * Formats that our readers leave to libpcap: it reads through our buffer, so packed files and pipes
 * work as well.
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/nanotime.h"
#include "capture/link_types.h"
#include "capture/reader.h"
#include "capture/source.h"

struct foreign {
    pcap_t *pcap; /* owns the stream */
    uint32_t link_type;
};

static ssize_t cookie_read(void *cookie, char *out, size_t size)
{
    struct buffer *b = cookie;
    struct span bytes;

    if (size > BUFFER_CHUNK)
        size = BUFFER_CHUNK;
    if (!buffer_need(b, 1))
        return buffer_failure(b) ? -1 : 0;
    bytes = span_first(b->rest, size);
    if (!span_skip(&b->rest, bytes.len))
        return -1;
    memcpy(out, bytes.data, bytes.len);
    return (ssize_t)bytes.len;
}

static enum reader_result foreign_next(struct reader *r, struct frame *out)
{
    struct pcap_pkthdr *header;
    const u_char *data;
    int result = pcap_next_ex(r->foreign->pcap, &header, &data);

    if (result == PCAP_ERROR_BREAK)
        return READER_END;
    if (result != 1)
        return reader_damaged(r, buffer_offset(&r->buffer), "%s",
                              pcap_geterr(r->foreign->pcap));
    if (header->caplen > SOURCE_RECORD_MAX)
        return reader_damaged(r, buffer_offset(&r->buffer),
                              "record length %u is more than %u", header->caplen,
                              SOURCE_RECORD_MAX);
    out->time_ns = (uint64_t)header->ts.tv_sec * NS_PER_S + (uint64_t)header->ts.tv_usec;
    out->bytes = span_of(data, header->caplen);
    out->wire_len = header->len;
    out->link_type = r->foreign->link_type;
    out->file = r->name;
    out->process = NULL;
    r->frames++;
    return READER_FRAME;
}

enum reader_result foreign_start(struct reader *r)
{
    static const cookie_io_functions_t functions = {.read = cookie_read};
    char why[PCAP_ERRBUF_SIZE] = "";
    FILE *stream = fopencookie(&r->buffer, "r", functions);
    struct foreign *f = calloc(1, sizeof(*f));

    /* Unbuffered, so that the place of damage is that in the file. */
    if (stream && f && setvbuf(stream, NULL, _IONBF, 0) == 0)
        f->pcap = pcap_fopen_offline_with_tstamp_precision(stream,
                                                           PCAP_TSTAMP_PRECISION_NANO, why);
    if (!f || !f->pcap) {
        if (stream)
            (void)fclose(stream);
        free(f);
        r->is_capture = false;
        (void)err_set(&r->damage, "%s: it is no capture file that can be read (%s)",
                      r->name, stream && f ? why : "no memory");
        return READER_DAMAGED;
    }
    f->link_type = link_type_of_dlt(pcap_datalink(f->pcap));
    r->foreign = f;
    r->next = foreign_next;
    return READER_FRAME;
}

void foreign_free(struct foreign *f)
{
    if (!f)
        return;
    pcap_close(f->pcap);
    free(f);
}
