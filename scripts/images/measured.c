/* The same with measurements. */
#include "camseal/spdm_measurements.h"

static const camseal_spdm_feature *const features[] = {&camseal_spdm_measurements};
#define N_FEATURES (sizeof features / sizeof features[0])

#include "responder.h"
