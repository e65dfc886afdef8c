#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/load.h"
#include "base/try.h"
#include "camseal/transport.h"
#include "clock.h"

/* QUEUE frames of a prefix and SPANS pieces fill one sendmsg() of 1,024 pieces, Linux's limit. */
enum { QUEUE = 256, SPANS = 3, PIECES = QUEUE * (1 + SPANS), PREFIX = 4 };

#define CONTROL_PAYLOAD_MAX 65533u /* DSP0287: 16 bits count two header bytes too */
#define DATA_BUFFER         (1024u * 1024u)
#define CONTROL_BUFFER      (128u * 1024u)

struct camseal_link {
    int fd;
    camseal_link_kind kind;
    char name[sizeof((camseal_endpoint *)0)->text];
    char error[sizeof((camseal_posix_error *)0)->text];
    camseal_link_hook hook;
    camseal_link_counts counts;

    uint8_t *buffer;
    size_t capacity, start, end; /* bytes received and not yet taken: [start, end) */
    size_t max_frame;
    bool closed;           /* the peer sends no more */
    camseal_status broken; /* sticky: the stream lost its framing */

    uint8_t prefixes[QUEUE][PREFIX];
    struct iovec pieces[PIECES];
    size_t frames, first, last; /* queued frames; unsent pieces: [first, last) */
};

static camseal_status failed(camseal_link *link, camseal_status status, const char *text)
{
    snprintf(link->error, sizeof link->error, "%s: %s", link->name, text);
    return status;
}

static camseal_status failed_errno(camseal_link *link, const char *what, int code)
{
    char text[160];
    bool gone = code == EPIPE || code == ECONNRESET;
    snprintf(text, sizeof text, "%s (%s)", what, strerror(code));
    return failed(link, gone ? CAMSEAL_E_CLOSED : CAMSEAL_E_IO, text);
}

/* ---- life ------------------------------------------------------------------------------------ */

static camseal_status allocate(camseal_link *link, size_t receive_bytes)
{
    size_t least = link->max_frame + PREFIX;
    if (receive_bytes == 0)
        receive_bytes = link->kind == CAMSEAL_LINK_DATA ? DATA_BUFFER : CONTROL_BUFFER;
    link->capacity = receive_bytes < least ? least : receive_bytes;
    link->buffer = malloc(link->capacity);
    return link->buffer ? CAMSEAL_OK : CAMSEAL_E_MEMORY;
}

camseal_status camseal_link_open(camseal_link **out, int fd, camseal_link_kind kind,
                                 const char *name, size_t receive_bytes, size_t max_frame)
{
    *out = NULL;
    camseal_link *link = calloc(1, sizeof *link);
    if (!link) {
        close(fd);
        return CAMSEAL_E_MEMORY;
    }
    size_t most = kind == CAMSEAL_LINK_DATA ? CAMSEAL_LINK_PACKET_MAX : CONTROL_PAYLOAD_MAX;
    link->fd = fd;
    link->kind = kind;
    link->max_frame = max_frame && max_frame < most ? max_frame : most;
    snprintf(link->name, sizeof link->name, "%s", name);
    if (allocate(link, receive_bytes) != CAMSEAL_OK) {
        camseal_link_close(link);
        return CAMSEAL_E_MEMORY;
    }
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    *out = link;
    return CAMSEAL_OK;
}

void camseal_link_close(camseal_link *link)
{
    if (!link)
        return;
    close(link->fd);
    free(link->buffer);
    free(link);
}

void camseal_link_set_hook(camseal_link *link, const camseal_link_hook *hook)
{
    link->hook = *hook;
}

int camseal_link_fd(const camseal_link *link)
{
    return link->fd;
}

const char *camseal_link_error(const camseal_link *link)
{
    return link->error;
}

camseal_link_counts camseal_link_totals(const camseal_link *link)
{
    return link->counts;
}

static void call_hook(const camseal_link *link, bool sent, uint8_t type, const camseal_span *spans,
                      size_t n)
{
    if (link->hook.frame)
        link->hook.frame(link->hook.user, sent, camseal_posix_unix_ns(), type, spans, n);
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void compact(camseal_link *link)
{
    size_t kept = link->end - link->start;
    if (link->start == 0)
        return;
    memmove(link->buffer, link->buffer + link->start, kept);
    link->start = 0;
    link->end = kept;
}

camseal_status camseal_link_fill(camseal_link *link)
{
    compact(link);
    if (link->closed || link->end == link->capacity)
        return CAMSEAL_OK;
    ssize_t got;
    do
        got = recv(link->fd, link->buffer + link->end, link->capacity - link->end, 0);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        link->end += (size_t)got;
    /* A reset peer sends no more: what came before it still counts, a broken frame is found by
     * next. */
    if (got == 0 || (got < 0 && errno == ECONNRESET))
        link->closed = true;
    else if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? CAMSEAL_PENDING
                                                       : failed_errno(link, "cannot read", errno);
    return CAMSEAL_OK;
}

static camseal_status parse_data(camseal_link *link, camseal_span bytes, camseal_span *payload,
                                 size_t *frame_len)
{
    if (bytes.len < PREFIX)
        return CAMSEAL_PENDING;
    uint32_t len = camseal_load_le32(bytes.data);
    if (len == 0 || len > link->max_frame)
        return CAMSEAL_E_FORMAT;
    if (len > bytes.len - PREFIX)
        return CAMSEAL_PENDING;
    *payload = camseal_span_of(bytes.data + PREFIX, len);
    *frame_len = PREFIX + len;
    return CAMSEAL_OK;
}

static camseal_status lost_framing(camseal_link *link, camseal_status status)
{
    link->broken = status == CAMSEAL_E_VERSION ? status : CAMSEAL_E_FORMAT;
    if (link->kind == CAMSEAL_LINK_DATA)
        return failed(
            link, link->broken,
            "this is no stream of length-prefixed CSI-2 packets: connect the data link here");
    return failed(link, link->broken,
                  "this is no DSP0287 stream: connect the control link of a component here");
}

camseal_status camseal_link_next(camseal_link *link, camseal_link_frame *frame)
{
    memset(frame, 0, sizeof *frame);
    if (link->broken)
        return link->broken;
    camseal_span bytes = camseal_span_of(link->buffer + link->start, link->end - link->start);
    camseal_span payload = {NULL, 0};
    size_t frame_len = 0;
    camseal_status status =
        link->kind == CAMSEAL_LINK_DATA
            ? parse_data(link, bytes, &payload, &frame_len)
            : camseal_tcp_parse(bytes, link->max_frame, &frame->type, &payload, &frame_len);
    if (status == CAMSEAL_PENDING && link->closed && bytes.len > 0)
        return failed(link, CAMSEAL_E_CLOSED,
                      link->kind == CAMSEAL_LINK_DATA
                          ? "closed in the middle of a packet: see why the other side ended"
                          : "closed in the middle of a message: see why the other side ended");
    if (status == CAMSEAL_PENDING)
        return status;
    if (status != CAMSEAL_OK)
        return lost_framing(link, status);
    size_t offset = link->start + (frame_len - payload.len);
    frame->bytes = camseal_mspan_of(link->buffer + offset, payload.len);
    link->start += frame_len;
    link->counts.frames_in++;
    link->counts.bytes_in += payload.len;
    call_hook(link, false, frame->type, &payload, 1);
    return CAMSEAL_OK;
}

bool camseal_link_ended(const camseal_link *link)
{
    return link->closed && link->start == link->end;
}

/* ---- sending --------------------------------------------------------------------------------- */

static camseal_status write_prefix(const camseal_link *link, uint8_t out[PREFIX], uint8_t type,
                                   size_t len)
{
    if (link->kind == CAMSEAL_LINK_CONTROL)
        return camseal_tcp_header(out, type, len);
    if (len == 0 || len > CAMSEAL_LINK_PACKET_MAX)
        return CAMSEAL_E_ARGUMENT;
    camseal_store_le32(out, (uint32_t)len);
    return CAMSEAL_OK;
}

static void add_piece(camseal_link *link, const uint8_t *data, size_t len)
{
    if (len == 0)
        return;
    /* sendmsg() takes iovecs without const and does not write. */
    union {
        const uint8_t *in;
        void *out;
    } base = {data};
    link->pieces[link->last++] = (struct iovec){base.out, len};
}

camseal_status camseal_link_put(camseal_link *link, uint8_t type, const camseal_span *spans,
                                size_t n)
{
    size_t len = 0;
    if (n > SPANS)
        return failed(link, CAMSEAL_E_ARGUMENT, "more pieces than a frame may have");
    if (link->frames == QUEUE)
        return CAMSEAL_E_SPACE;
    for (size_t i = 0; i < n; i++) {
        if (spans[i].len > CAMSEAL_LINK_PACKET_MAX)
            return failed(link, CAMSEAL_E_ARGUMENT, "a frame is too long to send");
        len += spans[i].len;
    }
    uint8_t *prefix = link->prefixes[link->frames];
    if (write_prefix(link, prefix, type, len) != CAMSEAL_OK)
        return failed(link, CAMSEAL_E_ARGUMENT, "a frame is too long to send");
    link->frames++;
    add_piece(link, prefix, PREFIX);
    for (size_t i = 0; i < n; i++)
        add_piece(link, spans[i].data, spans[i].len);
    link->counts.frames_out++;
    link->counts.bytes_out += len;
    call_hook(link, true, type, spans, n);
    return CAMSEAL_OK;
}

/* Skips what was sent; the last piece may be sent in part. */
static void advance(camseal_link *link, size_t sent)
{
    while (sent > 0 && sent >= link->pieces[link->first].iov_len)
        sent -= link->pieces[link->first++].iov_len;
    if (sent == 0)
        return;
    struct iovec *piece = &link->pieces[link->first];
    piece->iov_base = (uint8_t *)piece->iov_base + sent;
    piece->iov_len -= sent;
}

camseal_status camseal_link_flush(camseal_link *link)
{
    while (link->first < link->last) {
        struct msghdr message = {0};
        message.msg_iov = link->pieces + link->first;
        message.msg_iovlen = link->last - link->first;
        ssize_t sent = sendmsg(link->fd, &message, MSG_NOSIGNAL);
        if (sent >= 0)
            advance(link, (size_t)sent);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return CAMSEAL_PENDING;
        else if (errno != EINTR)
            return failed_errno(link, "the other side is gone", errno);
    }
    link->frames = link->first = link->last = 0;
    return CAMSEAL_OK;
}

bool camseal_link_unsent(const camseal_link *link)
{
    return link->first < link->last;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static camseal_status wait_for(camseal_link *link, bool write, uint64_t deadline_us, int wake_fd)
{
    camseal_status status =
        camseal_posix_wait_one(link->fd, write, camseal_posix_left(deadline_us), wake_fd);
    if (status == CAMSEAL_E_TIMEOUT)
        return failed(link, status,
                      write ? "the other side takes nothing: see whether it still runs"
                            : "the other side says nothing: see whether it still runs");
    if (status == CAMSEAL_E_IO)
        return failed_errno(link, "cannot wait", errno);
    return status;
}

camseal_status camseal_link_recv(camseal_link *link, camseal_link_frame *frame, uint64_t timeout_us,
                                 int wake_fd)
{
    uint64_t deadline = camseal_posix_deadline(timeout_us);
    for (;;) {
        camseal_status status = camseal_link_next(link, frame);
        if (status != CAMSEAL_PENDING)
            return status;
        frame->end = camseal_link_ended(link);
        if (frame->end)
            return CAMSEAL_OK;
        status = camseal_link_fill(link);
        if (status == CAMSEAL_PENDING)
            status = wait_for(link, false, deadline, wake_fd);
        if (status != CAMSEAL_OK)
            return status;
    }
}

camseal_status camseal_link_drain(camseal_link *link, uint64_t timeout_us, int wake_fd)
{
    uint64_t deadline = camseal_posix_deadline(timeout_us);
    for (;;) {
        camseal_status status = camseal_link_flush(link);
        if (status == CAMSEAL_PENDING)
            status = wait_for(link, true, deadline, wake_fd);
        else
            return status;
        if (status != CAMSEAL_OK)
            return status;
    }
}

camseal_status camseal_link_send(camseal_link *link, uint8_t type, const camseal_span *spans,
                                 size_t n, uint64_t timeout_us, int wake_fd)
{
    CAMSEAL_TRY(camseal_link_put(link, type, spans, n));
    return camseal_link_drain(link, timeout_us, wake_fd);
}
