/* Recognises a message that comes again (DSP0274, retries): the same bytes, request or response. No
 * authentication: who finds another message with this fingerprint only gets to hear an answer again
 * that was already on the link, or has one dropped. */
#ifndef CAMSEAL_SPDM_REPEAT_H
#define CAMSEAL_SPDM_REPEAT_H

#include <stdint.h>

#include "camseal/bytes.h"

uint64_t camseal_spdm_fingerprint(camseal_span message);

#endif
