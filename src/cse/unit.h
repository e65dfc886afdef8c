/* Tag units: what one tag stands for. In message mode a message, in data-type mode a slot of a
 * frame, in frame mode and FSED a frame.
 *
 * Knows the MAC input of open-profile §4. A unit grows by one job a message; jobs of different
 * units run side by side, jobs of one unit in their order, round by round.
 */
#ifndef CAMSEAL_CSE_UNIT_H
#define CAMSEAL_CSE_UNIT_H

#include "context/context.h"
#include "context/nonce.h"

typedef struct camseal_priv_unit {
    camseal_mac_state state; /* secret; between messages nothing else is kept */
    bool started;
    bool tagged;    /* its tag was made, or judged */
    uint8_t rounds; /* jobs in the present batch: outlives the unit itself */
    uint32_t messages;
    uint32_t partial;              /* of them with SV-3, 4 or 5 */
    uint32_t early, early_partial; /* of both released early */
    uint64_t covered;              /* bytes */
    uint64_t blocks;               /* of MAC input so far */
    uint64_t ctr_blocks;
} camseal_priv_unit;

struct camseal_priv_lane;
struct camseal_worker;

/* A new unit in the same place; jobs of the old one may still wait. */
void camseal_priv_unit_reset(camseal_priv_unit *unit);
/* Prepares the job that appends the lane's header and covered bytes to the unit. With `finish` the
 * trailer ends it and lane->tag will be the tag. `type` and `number`: of the nonce (§3). */
void camseal_priv_unit_job(struct camseal_priv_lane *lane, camseal_priv_unit *unit, uint8_t type,
                           uint32_t number, bool finish, camseal_mac_job *job);
/* The same as a part of the batch. */
void camseal_priv_unit_add(struct camseal_worker *worker, struct camseal_priv_lane *lane,
                           camseal_priv_unit *unit, uint8_t type, uint32_t number, bool finish);
/* The message tag of the lane, as a part of the batch, and at once. */
void camseal_priv_unit_message(struct camseal_worker *worker, struct camseal_priv_lane *lane);
void camseal_priv_unit_message_now(struct camseal_priv_lane *lane);
/* Runs all jobs that wait. */
void camseal_priv_worker_run_mac(struct camseal_worker *worker);

#endif
