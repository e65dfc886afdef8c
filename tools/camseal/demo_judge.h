/* Compares what was done (the bridge's log) with what was seen (the ECU's report), row by row of
 * the plan.
 *
 * Nothing is taken as seen that the report does not say. Knows the two JSON forms and the rules of
 * demo_plan.
 */
#ifndef CAMSEAL_TOOL_DEMO_JUDGE_H
#define CAMSEAL_TOOL_DEMO_JUDGE_H

#include <jansson.h>

#include "demo_plan.h"

typedef struct demo_row {
    const char *attack; /* as in the plan */
    bool control, legal, named;
    char expected[64], seen[64], where[32]; /* where: frames, or "try N" */
} demo_row;

typedef struct demo_result {
    demo_row rows[DEMO_DATA_ATTACKS + DEMO_CONTROL_ATTACKS];
    size_t n_rows, n_named;
    unsigned untouched, untouched_ok; /* frames that no illegal attack reached */
    unsigned rotations, rotations_ok; /* key rotations while it streamed */
    bool authenticated;               /* the last attempt, which nobody attacked */
    bool good;                        /* all of it */
} demo_result;

/* `bridge` and `report`: the two files, parsed. */
void demo_judge(demo_result *result, const demo_plan *plan, const json_t *bridge,
                const json_t *report);

#endif
