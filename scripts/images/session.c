/* Certificates, CHALLENGE, sessions with HEARTBEAT and KEY_UPDATE. */
#include "camseal/spdm.h"

static const camseal_spdm_feature *const *const features;
#define N_FEATURES 0

#include "responder.h"
