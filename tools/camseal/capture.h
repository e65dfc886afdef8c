/* `--capture FILE.pcapng` of any verb: the frames of its links in one file, one interface a stream.
 *
 * Use: capture_open; capture_link for each link before traffic flows, or capture_add and
 * capture_packet where a packet needs a comment; capture_close. A capture that is not open swallows
 * everything, so that verbs need no `if`. The object must not move while it is open.
 */
#ifndef CAMSEAL_TOOL_CAPTURE_H
#define CAMSEAL_TOOL_CAPTURE_H

#include "link.h"
#include "outfile.h"
#include "pcapng.h"

enum { CAPTURE_STREAMS_MAX = 16 };

/* The names that a capture's packets carry for a dissector. A CONTROL packet starts with its
 * DSP0287 header. */
#define CAPTURE_DISSECTOR_DATA    "camseal.csi2"
#define CAPTURE_DISSECTOR_CONTROL "camseal.dsp0287"

typedef struct capture capture;

typedef struct capture_stream {
    capture *owner;
    uint32_t interface;
    camseal_link_kind kind;
    char name[32];
} capture_stream;

struct capture {
    bool open;
    outfile file; /* file.error after a failure */
    pcapng_writer writer;
    capture_stream streams[CAPTURE_STREAMS_MAX];
    size_t n_streams;
    uint64_t packets;
};

/* `path` NULL: stays closed, OK. FILE when it cannot be made. `secret`: capture_secrets will
 * follow, so only the owner may read the file, from its first byte on. */
CAMSEAL_NODISCARD camseal_status capture_open(capture *c, const char *path, bool secret);

/* The stream of that name, made when it is new. NULL when the capture is closed or full. `name`:
 * "data", "control"; `description`: the endpoint. */
capture_stream *capture_add(capture *c, camseal_link_kind kind, const char *name,
                            const char *description);

/* A stream fed by a link's hook (which it replaces). */
void capture_link(capture *c, camseal_link *link, camseal_link_kind kind, const char *name,
                  const char *description);

/* One frame, as a link's hook reports it; `comment` (verdict) may be NULL. `stream` NULL: nothing
 * happens. */
void capture_packet(capture_stream *stream, bool sent, uint64_t time_ns, uint8_t type,
                    const camseal_span *spans, size_t n, const char *comment);

/* Key log text; only when the user asked for it. */
void capture_secrets(capture *c, camseal_span keylog);

/* Gives the file its final name. FILE when it could not be written whole: then there is none. */
CAMSEAL_NODISCARD camseal_status capture_close(capture *c);
void capture_abort(capture *c);

#endif
