/* See fake_spdm.c. */
#ifndef CAMSEAL_TESTS_SSM_FAKE_SPDM_H
#define CAMSEAL_TESTS_SSM_FAKE_SPDM_H

#include "camseal/spdm.h"

#define FAKE_SPDM_ERROR 0xEE /* first byte of an answer that makes the requester fail */

#endif
