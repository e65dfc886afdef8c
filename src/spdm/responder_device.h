/* Handlers of the measurement feature that do not measure. */
#ifndef CAMSEAL_SPDM_RESPONDER_DEVICE_H
#define CAMSEAL_SPDM_RESPONDER_DEVICE_H

#include "responder.h"

camseal_status camseal_spdm_rsp_mel(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_endpoint_info(camseal_spdm_responder *r, spdm_request *q);

#endif
