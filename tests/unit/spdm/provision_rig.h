/* A device with slots that can be provisioned, storage that survives a reset, and an owner with a
 * CA, on a link in memory. Real keys and certificates. */
#ifndef CAMSEAL_TESTS_PROVISION_RIG_H
#define CAMSEAL_TESTS_PROVISION_RIG_H

#include "camseal/spdm_provision.h"
#include "spdm_pair.h"
#include "test_pki.h"

enum { RIG_FACTORY = 0, RIG_EMPTY = 1, RIG_OTHER = 5, RIG_IDENTITIES = 3, RIG_CHAIN = 4096 };

enum rig_step { RIG_NEVER, RIG_AT_BEGIN, RIG_AT_WRITE, RIG_AT_COMMIT };

struct rig {
    struct pair pair;
    /* Slot 0: the factory's chain; slot 1: the same key, no chain; slot 5: another key, no chain.
     */
    camseal_spdm_identity identities[RIG_IDENTITIES];
    camseal_spdm_policy policy;
    camseal_spdm_provisioner by;
    const camseal_spdm_feature *features[4];
    camseal_span anchors[2];    /* of the requester: the factory's root, the owner's */
    camseal_span device_anchor; /* the owner's root */
    uint8_t flash[8][RIG_CHAIN];
    size_t flash_len[8];
    /* What the device does. */
    camseal_status verdict;
    enum rig_step fails;
    unsigned pending;
    bool reset;
    uint8_t tag;
    /* What it saw. */
    unsigned asked, stored, abandoned, csrs;
    camseal_spdm_installation last;
    camseal_spdm_csr_request last_csr;
};

/* What is wrong with a leaf that the owner signs. */
enum rig_fault {
    RIG_SOUND,
    RIG_OTHER_KEY,
    RIG_CA_LEAF,
    RIG_NO_KEY_USAGE,
    RIG_REQUESTER_EKU,
    RIG_EXPIRED,
    RIG_BROKEN_SIGNATURE,
    RIG_OTHER_CA,
    RIG_FAULTS
};

extern struct test_pki rig_factory, rig_other;

int rig_begin(void **state);
int rig_end(void **state);

/* Prepares, does not start. */
void rig_prepare(struct rig *rig, uint8_t version);
/* The device loses power: what it stored is what it has. */
void rig_restart(struct rig *rig);
/* Root and leaf of the owner for the key in a CSR, which must verify. Good until the next call. */
camseal_span rig_sign(camseal_span csr, enum rig_fault fault);
/* GET_CSR by the requester, then rig_sign. */
camseal_span rig_chain(struct rig *rig, uint8_t session, enum rig_fault fault);
camseal_status rig_get_csr(struct rig *rig, uint8_t session, camseal_spdm_csr *csr);
camseal_status rig_set(struct rig *rig, uint8_t session, uint8_t slot, camseal_span chain);
camseal_status rig_erase(struct rig *rig, uint8_t session, uint8_t slot);
camseal_status rig_certificate(struct rig *rig, uint8_t slot);
/* Fails with the requester's reason unless `status` is OK. */
void rig_expect_ok(struct rig *rig, camseal_status status, const char *what);
/* The last operation failed with this ERROR of the responder. */
void rig_expect_error(struct rig *rig, camseal_status status, uint8_t error);
const camseal_spdm_info *rig_info(const struct rig *rig);

#endif
