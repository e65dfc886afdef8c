/* What the demo does to the stream and what must then be seen: one row an attack.
 *
 * Knows the attacks by the names of the bridge, and the rules of OP1 §5. What was done is told by
 * the bridge's log, what was seen by the ECU's report: see demo_judge.
 */
#ifndef CAMSEAL_TOOL_DEMO_PLAN_H
#define CAMSEAL_TOOL_DEMO_PLAN_H

#include <stdbool.h>

#include "camseal/status.h"
#include "camseal/stream.h"

enum demo_check {
    DEMO_MESSAGES = 1u, /* each attacked message is refused with this verdict and reason */
    DEMO_UNREADABLE =
        2u,          /* ... but its numbers cannot be read: known by the frame that it spoils    */
    DEMO_FRAME = 4u, /* the attacked frame has this verdict and reason                           */
    DEMO_MISSING = 8u, /* exactly the attacked messages are reported as missing */
    DEMO_GAP = 16u, /* an event says that the frame is missing                                  */
    DEMO_OTHER_FRAME =
        32u, /* the refused messages carry a frame_count that is not the attacked frame's */
    DEMO_REPLACED = 64u,   /* the lost frame is the one after the logged one   */
    DEMO_NEXT_FRAME = 128u /* the attack also ruins the frame after it */
};

typedef struct demo_verdict {
    uint8_t verdict;
    uint8_t reason;
} demo_verdict;

/* Which messages of the frame. */
enum demo_place {
    DEMO_ANYWHERE = 0, /* the bridge's choice, or the whole frame */
    DEMO_MIDDLE,
    DEMO_BAND
};

typedef struct demo_attack {
    const char *name; /* for people */
    const char *text; /* for the bridge: NAME[:parameters] without the frame */
    unsigned checks;  /* enum demo_check */
    demo_verdict message, frame;
    uint8_t frames; /* that it needs for itself */
    enum demo_place place;
} demo_attack;

enum { DEMO_DATA_ATTACKS = 20, DEMO_CONTROL_ATTACKS = 11, DEMO_LEAD = 2, DEMO_TAIL = 1 };
extern const demo_attack demo_attacks[DEMO_DATA_ATTACKS];

/* An attack on the n-th connection, and the statuses by which the ECU may name it (OK ends the
 * list). */
typedef struct demo_control_attack {
    const char *name, *text;
    camseal_status statuses[3];
} demo_control_attack;
extern const demo_control_attack demo_control_attacks[DEMO_CONTROL_ATTACKS];

enum { DEMO_TEXT = 160 };

/* Which attacks run, and where. */
typedef struct demo_plan {
    unsigned frames;
    unsigned lines; /* messages of a frame */
    size_t n_control, n_data;
    const demo_control_attack *control[DEMO_CONTROL_ATTACKS]; /* on connection index + 1 */
    const demo_attack *data[DEMO_DATA_ATTACKS];
    unsigned at[DEMO_DATA_ATTACKS];                     /* frame */
    char control_text[DEMO_CONTROL_ATTACKS][DEMO_TEXT]; /* as the bridge gets it */
    char data_text[DEMO_DATA_ATTACKS][DEMO_TEXT];
} demo_plan;

/* All attacks, or (`only` not NULL) those whose name starts with it. False when there are none of
 * them, or too few frames. */
bool demo_plan_make(demo_plan *plan, const char *only, unsigned frames, unsigned lines);
unsigned demo_plan_least_frames(void);

#endif
