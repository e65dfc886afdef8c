/* What an engine tells its surroundings while it works. Every config borrows one camseal_trace;
 * a null pointer, and any null function in it, is silence. Callbacks run on the calling thread and
 * must not call back into the object that reports.
 */
#ifndef CAMSEAL_TRACE_H
#define CAMSEAL_TRACE_H

#include <stdbool.h>

#include "camseal/bytes.h"
#include "camseal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a small build leaves out. CAMSEAL_TRACE 0: no trace at all, and nothing can make this build
 * report a secret. CAMSEAL_TEXTS 0: no sentences for people; every `what` and `detail` is empty,
 * statuses, error codes and numbers remain. */
#ifndef CAMSEAL_TRACE
#define CAMSEAL_TRACE 1
#endif
#ifndef CAMSEAL_TEXTS
#define CAMSEAL_TEXTS CAMSEAL_TRACE
#endif
#define CAMSEAL_TEXT(text) (CAMSEAL_TEXTS ? (text) : "")

typedef struct camseal_trace {
    void *user;
    /* A step was taken or refused. `area` ("spdm", "ssm", "sep", ...) and `what` are static
     * strings; `detail` is a static string or NULL and says why; `a` and `b` are two numbers whose
     * meaning belongs to `what` (expected and seen value, where there is such a pair). */
    void (*event)(void *user, camseal_status status, const char *area, const char *what,
                  const char *detail, uint64_t a, uint64_t b);
    /* A whole protocol message went by, in clear, before framing and protection. */
    void (*message)(void *user, const char *area, bool sent, camseal_span bytes);
    /* A secret was derived (key log). Only called by objects whose config asked for it. */
    void (*secret)(void *user, const char *label, camseal_span id, camseal_span value);
} camseal_trace;

static inline void camseal_trace_event(const camseal_trace *trace, camseal_status status,
                                       const char *area, const char *what, const char *detail,
                                       uint64_t a, uint64_t b)
{
    if (CAMSEAL_TRACE && trace && trace->event)
        trace->event(trace->user, status, area, CAMSEAL_TEXT(what), CAMSEAL_TEXT(detail), a, b);
}

static inline void camseal_trace_message(const camseal_trace *trace, const char *area, bool sent,
                                         camseal_span bytes)
{
    if (CAMSEAL_TRACE && trace && trace->message)
        trace->message(trace->user, area, sent, bytes);
}

static inline void camseal_trace_secret(const camseal_trace *trace, const char *label,
                                        camseal_span id, camseal_span value)
{
    if (CAMSEAL_TRACE && trace && trace->secret)
        trace->secret(trace->user, label, id, value);
}

#ifdef __cplusplus
}
#endif
#endif
