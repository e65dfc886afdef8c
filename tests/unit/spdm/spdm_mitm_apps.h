/* Inside of the rig: its configuration and applications. */
#ifndef CAMSEAL_TESTS_SPDM_MITM_APPS_H
#define CAMSEAL_TESTS_SPDM_MITM_APPS_H

#include "spdm_mitm.h"

/* Of the pre-shared key; what the responder's events are; one of them. */
extern const camseal_span mitm_hint, mitm_groups, mitm_event;

/* Fills both configurations of m->p for this flow. */
void mitm_configure(struct mitm *m, const mitm_flow *flow, const camseal_crypto *crypto);

#endif
