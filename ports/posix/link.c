#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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
#include "link_bus.h"
#include "link_state.h"

#define CONTROL_PAYLOAD_MAX 65533u /* DSP0287: 16 bits count two header bytes too */
#define EMU_LEAST           (CAMSEAL_EMU_PAYLOAD_MAX + LINK_PREFIX_MAX)
#define DATA_BUFFER         (1024u * 1024u)
#define CONTROL_BUFFER      (128u * 1024u)

#ifdef TCP_QUICKACK /* Linux */
enum { QUICKACK = TCP_QUICKACK };
#else
enum { QUICKACK = 0 };
#endif

camseal_status camseal_link_failed(camseal_link *link, camseal_status status, const char *text)
{
    snprintf(link->error, sizeof link->error, "%s: %s", link->name, text);
    return status;
}

static camseal_status failed_errno(camseal_link *link, const char *what, int code)
{
    char text[160];
    bool gone = code == EPIPE || code == ECONNRESET;
    snprintf(text, sizeof text, "%s (%s)", what, strerror(code));
    return camseal_link_failed(link, gone ? CAMSEAL_E_CLOSED : CAMSEAL_E_IO, text);
}

/* ---- life ------------------------------------------------------------------------------------ */

static camseal_status allocate(camseal_link *link, size_t receive_bytes)
{
    size_t least = link->codec.max_frame + LINK_PREFIX_MAX;
    if (link->codec.envelope == LINK_EMU && least < EMU_LEAST)
        least = EMU_LEAST;
    if (receive_bytes == 0)
        receive_bytes = link->kind == CAMSEAL_LINK_DATA ? DATA_BUFFER : CONTROL_BUFFER;
    link->capacity = receive_bytes < least ? least : receive_bytes;
    link->buffer = malloc(link->capacity);
    return link->buffer ? CAMSEAL_OK : CAMSEAL_E_MEMORY;
}

static camseal_status open_link(camseal_link **out, int fd, const link_codec *codec,
                                const char *name, size_t receive_bytes)
{
    *out = NULL;
    camseal_link *link = calloc(1, sizeof *link);
    if (!link) {
        close(fd);
        return CAMSEAL_E_MEMORY;
    }
    link->fd = fd;
    link->codec = *codec;
    link->kind = codec->framing || codec->bus ? CAMSEAL_LINK_CONTROL : CAMSEAL_LINK_DATA;
    snprintf(link->name, sizeof link->name, "%s", name);
    if (allocate(link, receive_bytes) != CAMSEAL_OK) {
        camseal_link_close(link);
        return CAMSEAL_E_MEMORY;
    }
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    *out = link;
    return CAMSEAL_OK;
}

static size_t limit(size_t wanted, size_t most)
{
    return wanted && wanted < most ? wanted : most;
}

camseal_status camseal_link_open(camseal_link **out, int fd, camseal_link_kind kind,
                                 const char *name, size_t receive_bytes, size_t max_frame)
{
    const camseal_link_control control = {NULL, false, false, false};
    const link_codec data = {NULL, LINK_LENGTH, limit(max_frame, CAMSEAL_LINK_PACKET_MAX), false};
    if (kind == CAMSEAL_LINK_CONTROL)
        return camseal_link_open_control(out, fd, &control, name, receive_bytes, max_frame);
    return open_link(out, fd, &data, name, receive_bytes);
}

camseal_status camseal_link_open_control(camseal_link **out, int fd,
                                         const camseal_link_control *control, const char *name,
                                         size_t receive_bytes, size_t max_frame)
{
    const camseal_framing *framing = control->framing ? control->framing : &camseal_framing_tcp;
    link_codec codec = {framing, LINK_BARE, limit(max_frame, CONTROL_PAYLOAD_MAX), false};
    if (control->bus)
        codec = (link_codec){NULL, LINK_LENGTH, LINK_BUS_TRANSACTION_MAX, true};
    else if (!framing->stream)
        codec.envelope = LINK_LENGTH;
    if (control->emulator)
        codec.envelope = LINK_EMU;
    CAMSEAL_TRY(open_link(out, fd, &codec, name, receive_bytes));
    (*out)->responder = control->responder;
    if (!control->bus)
        return CAMSEAL_OK;
    (*out)->bus = camseal_link_bus_new(control->responder);
    if ((*out)->bus)
        return CAMSEAL_OK;
    camseal_link_close(*out);
    *out = NULL;
    return CAMSEAL_E_MEMORY;
}

void camseal_link_close(camseal_link *link)
{
    if (!link)
        return;
    close(link->fd);
    camseal_link_bus_free(link->bus);
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

void camseal_link_count(camseal_link *link, bool sent, uint8_t type, const camseal_span *spans,
                        size_t n)
{
    uint64_t *frames = sent ? &link->counts.frames_out : &link->counts.frames_in;
    uint64_t *bytes = sent ? &link->counts.bytes_out : &link->counts.bytes_in;
    ++*frames;
    for (size_t i = 0; i < n; i++)
        *bytes += spans[i].len;
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

/* The emulators send a message in four pieces and leave Nagle's algorithm on: without this each
 * costs a delayed acknowledgement, about 40 ms. */
static void acknowledge_now(int fd)
{
    int on = 1;
    if (QUICKACK)
        (void)setsockopt(fd, IPPROTO_TCP, QUICKACK, &on, sizeof on);
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
    if (got > 0 && link->codec.envelope == LINK_EMU)
        acknowledge_now(link->fd);
    /* A reset peer sends no more: what came before it still counts, a broken frame is found by
     * next. */
    if (got == 0 || (got < 0 && errno == ECONNRESET))
        link->closed = true;
    else if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? CAMSEAL_PENDING
                                                       : failed_errno(link, "cannot read", errno);
    return CAMSEAL_OK;
}

camseal_status camseal_link_lost_framing(camseal_link *link, camseal_status status)
{
    char text[160];
    link->broken = status;
    snprintf(text, sizeof text, "this is no %s", camseal_link_stream_name(&link->codec));
    return camseal_link_failed(link, status, text);
}

/* The next unit, whatever it is. */
camseal_status camseal_link_next_unit(camseal_link *link, link_unit *unit)
{
    if (link->broken)
        return link->broken;
    camseal_span bytes = camseal_span_of(link->buffer + link->start, link->end - link->start);
    camseal_status status = camseal_link_parse(&link->codec, bytes, unit);
    if (status == CAMSEAL_PENDING && link->closed && bytes.len > 0)
        return camseal_link_failed(
            link, CAMSEAL_E_CLOSED,
            link->kind == CAMSEAL_LINK_DATA
                ? "closed in the middle of a packet: see why the other side ended"
                : "closed in the middle of a message: see why the other side ended");
    if (status == CAMSEAL_PENDING)
        return status;
    if (status != CAMSEAL_OK) {
        camseal_link_refuse_unit(link, bytes);
        return camseal_link_lost_framing(link, status);
    }
    link->start += unit->bytes;
    return CAMSEAL_OK;
}

static bool is_message(const link_unit *unit)
{
    return unit->command == CAMSEAL_EMU_NORMAL && unit->kind != CAMSEAL_MESSAGE_DISCOVERY &&
           unit->kind != CAMSEAL_TCP_ROLE_INQUIRY;
}

camseal_status camseal_link_next(camseal_link *link, camseal_link_frame *frame)
{
    link_unit unit;
    memset(frame, 0, sizeof *frame);
    for (;;) {
        CAMSEAL_TRY(camseal_link_next_unit(link, &unit));
        if (link->kind == CAMSEAL_LINK_DATA || is_message(&unit))
            break;
        CAMSEAL_TRY(camseal_link_react(link, &unit));
    }
    size_t offset = (size_t)(unit.payload.data - link->buffer);
    frame->bytes = camseal_mspan_of(link->buffer + offset, unit.payload.len);
    frame->type = unit.kind;
    camseal_link_count(link, false, unit.kind, &unit.payload, 1);
    return CAMSEAL_OK;
}

bool camseal_link_ended(const camseal_link *link)
{
    return link->closed && link->start == link->end;
}

/* ---- sending --------------------------------------------------------------------------------- */

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

/* Queues a unit: its payload is the spans, of unit->payload.len bytes together. Without spans it is
 * a discovery object at unit->payload, which is copied. */
camseal_status camseal_link_add_unit(camseal_link *link, const link_unit *unit,
                                     const camseal_span *spans, size_t n)
{
    static const uint8_t zeros[8];
    size_t prefix_bytes, trailer;
    if (link->frames == LINK_QUEUE || link->last + n + 2 > LINK_PIECES)
        return CAMSEAL_E_SPACE;
    uint8_t *prefix = link->prefixes[link->frames];
    if (camseal_link_prefix(&link->codec, prefix, &prefix_bytes, &trailer, unit) != CAMSEAL_OK)
        return camseal_link_failed(link, CAMSEAL_E_ARGUMENT, "a frame is too long to send");
    if (n == 0 && unit->payload.data) {
        memcpy(prefix + prefix_bytes, unit->payload.data, CAMSEAL_DOE_DISCOVERY_BYTES);
        prefix_bytes += CAMSEAL_DOE_DISCOVERY_BYTES;
    }
    link->frames++;
    add_piece(link, prefix, prefix_bytes);
    for (size_t i = 0; i < n; i++)
        add_piece(link, spans[i].data, spans[i].len);
    add_piece(link, zeros, trailer);
    return CAMSEAL_OK;
}

camseal_status camseal_link_put(camseal_link *link, uint8_t type, const camseal_span *spans,
                                size_t n)
{
    link_unit unit = {CAMSEAL_EMU_NORMAL, type, {NULL, 0}, 0};
    if (n > LINK_SPANS)
        return camseal_link_failed(link, CAMSEAL_E_ARGUMENT, "more pieces than a frame may have");
    for (size_t i = 0; i < n; i++) {
        if (spans[i].len > CAMSEAL_LINK_PACKET_MAX)
            return camseal_link_failed(link, CAMSEAL_E_ARGUMENT, "a frame is too long to send");
        unit.payload.len += spans[i].len;
    }
    if (link->kind == CAMSEAL_LINK_DATA && unit.payload.len > CAMSEAL_LINK_PACKET_MAX)
        return camseal_link_failed(link, CAMSEAL_E_ARGUMENT, "a frame is too long to send");
    CAMSEAL_TRY(camseal_link_add_unit(link, &unit, spans, n));
    camseal_link_count(link, true, type, spans, n);
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
        return camseal_link_failed(link, status,
                                   write
                                       ? "the other side takes nothing: see whether it still runs"
                                       : "the other side says nothing: see whether it still runs");
    if (status == CAMSEAL_E_IO)
        return failed_errno(link, "cannot wait", errno);
    return status;
}

/* Waits until there is more to look at. TIMEOUT, PENDING as camseal_link_recv; CLOSED: the peer has
 * sent its last. */
camseal_status camseal_link_more(camseal_link *link, uint64_t deadline, int wake_fd)
{
    if (camseal_link_ended(link))
        return camseal_link_failed(link, CAMSEAL_E_CLOSED, "the other side closed the connection");
    camseal_status status = camseal_link_fill(link);
    return status == CAMSEAL_PENDING ? wait_for(link, false, deadline, wake_fd) : status;
}

camseal_status camseal_link_recv(camseal_link *link, camseal_link_frame *frame, uint64_t timeout_us,
                                 int wake_fd)
{
    uint64_t deadline = camseal_posix_deadline(timeout_us);
    if (link->bus)
        return camseal_link_bus_recv(link, frame, deadline, wake_fd);
    for (;;) {
        camseal_status status = camseal_link_next(link, frame);
        if (status != CAMSEAL_PENDING)
            return status;
        frame->end = camseal_link_ended(link);
        status = frame->end ? CAMSEAL_OK : camseal_link_more(link, deadline, wake_fd);
        if (frame->end || status != CAMSEAL_OK)
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
    if (link->bus)
        return camseal_link_bus_send(link, type, spans, n);
    CAMSEAL_TRY(camseal_link_put(link, type, spans, n));
    return camseal_link_drain(link, timeout_us, wake_fd);
}
