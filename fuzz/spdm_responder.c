/* The responder, after any beginning: what comes to it is changed on its way. */
#include "spdm_play.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    play(data, size, SPDM_ROLE_RESPONDER);
    return 0;
}
