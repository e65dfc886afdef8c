/* The same with measurements and sessions from pre-shared keys. */
#include "camseal/spdm_measurements.h"
#include "camseal/spdm_psk.h"

static const camseal_spdm_feature *const features[] = {&camseal_spdm_measurements,
                                                       &camseal_spdm_psk_sessions};
#define N_FEATURES (sizeof features / sizeof features[0])

#include "responder.h"
