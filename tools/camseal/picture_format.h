/* The picture formats, one by one: what picture_source.c chooses from. Names are for error lines.
 */
#ifndef CAMSEAL_TOOL_PICTURE_FORMAT_H
#define CAMSEAL_TOOL_PICTURE_FORMAT_H

#include <stdio.h>
#include <sys/types.h>

#include "camseal/bytes.h"
#include "picture.h"

/* ---- stills, from memory ----------------------------------------------------------------------
 */

/* 8 or 16 bits, or what sBIT says between them; grey or RGB; palettes are resolved, alpha is
 * dropped. Every error of libpng and
 * every byte that is missing is FORMAT. */
bool picture_png_is(camseal_span bytes);
CAMSEAL_NODISCARD camseal_status picture_png_read(picture *out, camseal_span bytes,
                                                  const char *name, picture_error *error);

/* P5 and P6. A maximum that is no 2^n - 1 (n = 8..16) is scaled to 16 bits. */
bool picture_pnm_is(camseal_span bytes);
CAMSEAL_NODISCARD camseal_status picture_pnm_read(picture *out, camseal_span bytes,
                                                  const char *name, picture_error *error);

/* ---- Y4M: a stream of frames ------------------------------------------------------------------
 */

#define Y4M_LINE_MAX 1024u

typedef struct y4m_format {
    unsigned width, height;
    unsigned bits;    /* 8..16; above 8 a sample is two bytes, LE                     */
    unsigned shift_x; /* log2 of the chroma subsampling                               */
    unsigned shift_y;
    unsigned planes; /* 1 mono, 3, 4 with alpha (which is dropped)                   */
    bool full_range; /* XCOLORRANGE; mono is full unless it says LIMITED             */
} y4m_format;

typedef struct y4m_stream {
    FILE *file; /* borrowed */
    const char *name;
    y4m_format format;
    uint8_t *frame; /* owned: bytes of one frame */
    size_t frame_bytes;
    unsigned long frames; /* read so far */
} y4m_stream;

bool picture_y4m_is(camseal_span bytes);
/* Reads the stream header. FORMAT, or TRUNCATED when there is not a single byte. */
CAMSEAL_NODISCARD camseal_status y4m_open(y4m_stream *stream, FILE *file, const char *name,
                                          picture_error *error);
/* One frame as 16-bit RGB (BT.601) or grey. *end: the stream ended between two frames. */
CAMSEAL_NODISCARD camseal_status y4m_next(y4m_stream *stream, picture *out, bool *end,
                                          picture_error *error);
void y4m_close(y4m_stream *stream);

/* ---- raw mosaics ------------------------------------------------------------------------------
 */

typedef struct raw_format {
    unsigned width, height; /* pixels, both even */
    uint8_t dt;             /* CAMSEAL_CSI2_RAW8 ... RAW16                                    */
    bool packed;            /* as CSI-2 payload lines; else one 16-bit LE word a pixel        */
} raw_format;

/* ARGUMENT when the geometry or format is impossible. */
CAMSEAL_NODISCARD camseal_status raw_check(const raw_format *format, const char *name,
                                           picture_error *error);
size_t raw_frame_bytes(const raw_format *format);
/* `bytes` is one whole frame. */
CAMSEAL_NODISCARD camseal_status raw_decode(picture *out, const raw_format *format,
                                            camseal_span bytes, const char *name,
                                            picture_error *error);

/* ---- anything else, through ffmpeg ------------------------------------------------------------
 */

typedef struct ffmpeg_child {
    pid_t pid;  /* 0 when there is none */
    FILE *y4m;  /* its stdout */
    int errors; /* its stderr */
} ffmpeg_child;

CAMSEAL_NODISCARD camseal_status ffmpeg_start(ffmpeg_child *child, const char *path,
                                              picture_error *error);
/* After its stream ended: reaps it. FORMAT with its last words when it failed, FILE when it is not
 * installed. */
CAMSEAL_NODISCARD camseal_status ffmpeg_finish(ffmpeg_child *child, const char *path,
                                               picture_error *error);
/* Kills and reaps it; does nothing when there is none. */
void ffmpeg_stop(ffmpeg_child *child);

#endif
