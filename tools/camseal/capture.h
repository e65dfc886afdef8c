/* `--capture FILE.pcapng` of any verb: puts the frames of its links into one file, one interface a
 * stream.
 *
 * Use: capture_open; capture_link for each link (before traffic flows); capture_note when a verdict
 * is known; capture_close. A capture that is not open swallows everything, so that verbs need no
 * `if`.
 */
#ifndef CAMSEAL_TOOL_CAPTURE_H
#define CAMSEAL_TOOL_CAPTURE_H

#include "link.h"
#include "outfile.h"
#include "pcapng.h"

enum { CAPTURE_STREAMS_MAX = 16 };

typedef struct capture capture;

typedef struct capture_stream {
    capture *owner;
    uint32_t interface;
    camseal_link_kind kind;
    char note[256]; /* comment for the next packet */
    char name[32];
} capture_stream;

struct capture {
    bool open;
    outfile file;
    pcapng_writer writer;
    capture_stream streams[CAPTURE_STREAMS_MAX];
    size_t n_streams;
    uint64_t packets;
};

/* `path` NULL: stays closed, OK. FILE when it cannot be made (file.error says why). The object must
 * not move. */
CAMSEAL_NODISCARD camseal_status capture_open(capture *c, const char *path);

/* A stream without a link: packets come by capture_packet. NULL when closed or full. `name`:
 * "data", "control". */
capture_stream *capture_add(capture *c, camseal_link_kind kind, const char *name,
                            const char *description);

/* A stream fed by a link's hook; a second link with the same `name` shares the interface. Replaces
 * the hook. */
void capture_link(capture *c, camseal_link *link, camseal_link_kind kind, const char *name,
                  const char *description);

/* One frame; `comment` (verdict) may be NULL. For a stream whose comments are known only after the
 * sink judged, do not use capture_link but call this. `stream` NULL: nothing happens. */
void capture_packet(capture_stream *stream, bool sent, uint64_t time_ns, uint8_t type,
                    const camseal_span *spans, size_t n, const char *comment);

/* Key log text (only after the user asked for it by name). */
void capture_secrets(capture *c, camseal_span keylog);

/* Gives the file its final name. IO or FILE when it could not be written (file.error). */
CAMSEAL_NODISCARD camseal_status capture_close(capture *c);
void capture_abort(capture *c);

/* Nanoseconds since 1970, as the links use them. */
uint64_t capture_now_ns(void);

#endif
