/* What one connection with one session costs, beside one message buffer; read with nm. */
#include "spdm/requester.h"
#include "spdm/responder.h"

char ram_responder[sizeof(camseal_spdm_responder) + sizeof(spdm_session)];
char ram_requester[sizeof(camseal_spdm_requester) + sizeof(spdm_session)];
