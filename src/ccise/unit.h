/* One CCISE unit: builds it, takes it apart, verifies it (open-profile §7).
 *
 * The counter is the caller's: it must never build two units of one direction with the same one.
 */
#ifndef CAMSEAL_CCISE_UNIT_H
#define CAMSEAL_CCISE_UNIT_H

#include "ccise/direction.h"
#include "ccise/format.h"

typedef struct camseal_priv_ccise_unit {
    camseal_priv_ccise_header header; /* ctx_id, epoch, response, counter_low: see the functions */
    uint64_t counter;                 /* whole */
    uint16_t index;                   /* register index, the first two bytes of a request */
    camseal_mspan data;               /* empty in a request that does not write */
    camseal_span tag;
} camseal_priv_ccise_unit;

/* Writes the bytes after the address to the start of `out` and sets its length (0 on failure). Of
 * the header it takes op, enc, code and length; the rest follows from direction and counter. `data`
 * is plaintext and stays as it is; `tag` is not used. ARGUMENT for an illegal header, data of
 * another length, enc with a suite that does not encrypt, counter 0; SPACE if out is too small. */
CAMSEAL_NODISCARD camseal_status
camseal_priv_ccise_build(camseal_buf *out, const camseal_priv_ccise_direction *direction,
                         const camseal_priv_ccise_unit *unit);

/* Takes received bytes apart, without keys: header, data (as on the wire) and tag are views into
 * `bytes`. A response has no index: the one of its request is `index`, which a request ignores.
 * counter is 0: the caller sets it. VERSION; FORMAT for illegal fields; TRUNCATED, TRAILING;
 * NOT_FOUND for another context; UNEXPECTED for the other direction or another epoch; POLICY for
 * encryption in a suite without it. On failure *out is zero. */
CAMSEAL_NODISCARD camseal_status
camseal_priv_ccise_read(camseal_priv_ccise_unit *out, const camseal_priv_ccise_direction *direction,
                        camseal_mspan bytes, uint16_t index);

/* Judges a unit that was read, whose counter the caller has set; decrypts its data in place once
 * the tag is right. REPLAY if the header's 32 bits are not those of the counter, AUTH for a wrong
 * tag; FORMAT for a refusal whose data byte is not 0. On failure the data are as they came, but for
 * FORMAT, where they are zeroed. */
CAMSEAL_NODISCARD camseal_status camseal_priv_ccise_verify(
    const camseal_priv_ccise_direction *direction, const camseal_priv_ccise_unit *unit);

#endif
