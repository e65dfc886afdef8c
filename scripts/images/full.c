/* Everything that a responder can do. */
#include "camseal/spdm_events.h"
#include "camseal/spdm_keypair.h"
#include "camseal/spdm_measurements.h"
#include "camseal/spdm_mutual.h"
#include "camseal/spdm_provision.h"
#include "camseal/spdm_psk.h"

static const camseal_spdm_feature *const features[] = {
    &camseal_spdm_chunking,      &camseal_spdm_measurements,  &camseal_spdm_psk_sessions,
    &camseal_spdm_encapsulation, &camseal_spdm_event_service, &camseal_spdm_key_pair_service,
    &camseal_spdm_provisioning};
#define N_FEATURES (sizeof features / sizeof features[0])

#include "responder.h"
