#include "capture.h"

#include <string.h>

#include "camseal/transport.h"
#include "camseal/version.h"

camseal_status capture_open(capture *c, const char *path, bool secret)
{
    memset(c, 0, sizeof *c);
    if (!path)
        return CAMSEAL_OK;
    camseal_status status = outfile_open(&c->file, path, secret);
    if (status != CAMSEAL_OK)
        return status;
    c->open = true;
    pcapng_begin(&c->writer, c->file.stream, "camseal " CAMSEAL_VERSION);
    return CAMSEAL_OK;
}

capture_stream *capture_add(capture *c, camseal_link_kind kind, const char *name,
                            const char *description)
{
    if (!c->open)
        return NULL;
    for (size_t i = 0; i < c->n_streams; i++)
        if (!strcmp(c->streams[i].name, name))
            return &c->streams[i];
    if (c->n_streams == CAPTURE_STREAMS_MAX)
        return NULL;
    capture_stream *s = &c->streams[c->n_streams++];
    s->owner = c;
    s->kind = kind;
    snprintf(s->name, sizeof s->name, "%s", name);
    s->interface = pcapng_interface(&c->writer, PCAPNG_LINKTYPE_UPPER_PDU, name, description);
    return s;
}

static void on_frame(void *user, bool sent, uint64_t time_ns, uint8_t type,
                     const camseal_span *spans, size_t n)
{
    capture_packet(user, sent, time_ns, type, spans, n, NULL);
}

void capture_link(capture *c, camseal_link *link, camseal_link_kind kind, const char *name,
                  const char *description)
{
    camseal_link_hook hook = {on_frame, capture_add(c, kind, name, description)};
    if (hook.user)
        camseal_link_set_hook(link, &hook);
}

void capture_packet(capture_stream *s, bool sent, uint64_t time_ns, uint8_t type,
                    const camseal_span *spans, size_t n, const char *comment)
{
    enum { PARTS_MAX = 4 };
    uint8_t header[CAMSEAL_TCP_HEADER_BYTES];
    camseal_span parts[PARTS_MAX];
    size_t used = 0, len = 0;
    if (!s || n >= PARTS_MAX)
        return;
    for (size_t i = 0; i < n; i++)
        len += spans[i].len;
    bool control = s->kind == CAMSEAL_LINK_CONTROL;
    if (control && camseal_tcp_header(header, type, len) == CAMSEAL_OK)
        parts[used++] = camseal_span_of(header, sizeof header);
    for (size_t i = 0; i < n; i++)
        parts[used++] = spans[i];
    pcapng_pdu(&s->owner->writer, s->interface, time_ns, sent ? PCAPNG_OUTBOUND : PCAPNG_INBOUND,
               control ? CAPTURE_DISSECTOR_CONTROL : CAPTURE_DISSECTOR_DATA, parts, used, comment);
    s->owner->packets++;
}

void capture_secrets(capture *c, camseal_span keylog)
{
    if (c->open)
        pcapng_secrets(&c->writer, PCAPNG_SECRETS_CAMSEAL, keylog);
}

camseal_status capture_close(capture *c)
{
    if (!c->open)
        return CAMSEAL_OK;
    c->open = false;
    return outfile_commit(
        &c->file); /* a failed write shows there: the stream's error flag stays set */
}

void capture_abort(capture *c)
{
    c->open = false;
    outfile_abort(&c->file);
}
