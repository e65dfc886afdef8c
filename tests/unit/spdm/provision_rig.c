#include "provision_rig.h"

#include "test.h"

#include <openssl/x509.h>

#include "pki_cert.h"

struct test_pki rig_factory, rig_other;
static EVP_PKEY *owner_key, *stranger_key;
static X509 *owner, *stranger;
static uint8_t owner_der[RIG_CHAIN];
static size_t owner_len;

/* ---- the owner ------------------------------------------------------------------------------ */

static X509 *make_ca(EVP_PKEY *key, const char *name)
{
    const struct pki_cert cert = {.common_name = name,
                                  .key = key,
                                  .not_before = TEST_PKI_NOT_BEFORE,
                                  .not_after = TEST_PKI_NOT_AFTER,
                                  .basic_constraints = "critical,CA:TRUE",
                                  .key_usage = "critical,keyCertSign"};
    X509 *made = pki_cert_make(&cert);
    assert_non_null(made);
    return made;
}

static size_t put(uint8_t *at, X509 *cert)
{
    unsigned char *w = at;
    int len = i2d_X509(cert, &w);
    assert_true(len > 0);
    return (size_t)len;
}

int rig_begin(void **state)
{
    (void)state;
    test_pki_make(&rig_factory, TEST_PKI_P256, TEST_PKI_GOOD);
    test_pki_make(&rig_other, TEST_PKI_P256, TEST_PKI_GOOD);
    owner_key = pki_key_make("P-256");
    stranger_key = pki_key_make("P-256");
    owner = make_ca(owner_key, "owner");
    stranger = make_ca(stranger_key, "stranger");
    owner_len = put(owner_der, owner);
    return 0;
}

int rig_end(void **state)
{
    (void)state;
    test_pki_free(&rig_factory);
    test_pki_free(&rig_other);
    EVP_PKEY_free(owner_key);
    EVP_PKEY_free(stranger_key);
    X509_free(owner);
    X509_free(stranger);
    return 0;
}

camseal_span rig_sign(camseal_span csr, enum rig_fault fault)
{
    static uint8_t chain[RIG_CHAIN];
    const unsigned char *at = csr.data;
    X509_REQ *req = d2i_X509_REQ(NULL, &at, (long)csr.len);
    assert_non_null(req);
    assert_ptr_equal(at, csr.data + csr.len);
    EVP_PKEY *key = X509_REQ_get0_pubkey(req);
    assert_int_equal(X509_REQ_verify(req, key), 1);
    bool strange = fault == RIG_OTHER_CA;
    const struct pki_cert cert = {
        .common_name = "device of the owner",
        .key = fault == RIG_OTHER_KEY ? stranger_key : key,
        .issuer = strange ? stranger : owner,
        .issuer_key = strange ? stranger_key : owner_key,
        .not_before = TEST_PKI_NOT_BEFORE,
        .not_after = fault == RIG_EXPIRED ? TEST_PKI_NOT_BEFORE + 86400 : TEST_PKI_NOT_AFTER,
        .basic_constraints = fault == RIG_CA_LEAF ? "critical,CA:TRUE" : "critical,CA:FALSE",
        .key_usage = fault == RIG_NO_KEY_USAGE ? NULL : "critical,digitalSignature",
        .extended_key_usage =
            fault == RIG_REQUESTER_EKU ? PKI_OID_REQUESTER_AUTH : PKI_OID_RESPONDER_AUTH};
    X509 *leaf = pki_cert_make(&cert);
    assert_non_null(leaf);
    size_t n = put(chain, strange ? stranger : owner);
    n += put(chain + n, leaf);
    chain[n - 1] ^= fault == RIG_BROKEN_SIGNATURE;
    X509_free(leaf);
    X509_REQ_free(req);
    return camseal_span_of(chain, n);
}

/* ---- the device ----------------------------------------------------------------------------- */

static camseal_status authorise(void *user, const camseal_spdm_installation *what)
{
    struct rig *rig = user;
    rig->asked++;
    rig->last = *what;
    return rig->verdict;
}

static camseal_status fits_key(void *user, const camseal_spdm_installation *what)
{
    (void)user;
    return camseal_openssl_key_matches(&what->identity->key, what->leaf_spki);
}

/* Staged first, then made true in one step. */
static camseal_status store(void *user, const camseal_spdm_installation *what, bool *reset)
{
    struct rig *rig = user;
    static uint8_t staged[RIG_CHAIN];
    rig->stored++;
    if (rig->pending) {
        rig->pending--;
        return CAMSEAL_PENDING;
    }
    assert_int_equal(what->erase, what->chain.len == 0);
    if (rig->fails == RIG_AT_BEGIN || what->chain.len > sizeof staged)
        return CAMSEAL_E_FILE;
    size_t n = rig->fails == RIG_AT_WRITE ? what->chain.len / 2 : what->chain.len;
    if (n)
        memcpy(staged, what->chain.data, n);
    if (rig->fails == RIG_AT_WRITE || rig->fails == RIG_AT_COMMIT)
        return CAMSEAL_E_FILE;
    memcpy(rig->flash[what->slot], staged, n);
    rig->flash_len[what->slot] = n;
    *reset = rig->reset;
    if (!rig->reset)
        rig_restart(rig);
    return CAMSEAL_OK;
}

void rig_restart(struct rig *rig)
{
    for (size_t i = 0; i < RIG_IDENTITIES; i++) {
        uint8_t slot = rig->identities[i].slot;
        rig->identities[i].chain = camseal_span_of(rig->flash[slot], rig->flash_len[slot]);
    }
}

static camseal_status csr(void *user, const camseal_spdm_csr_request *request, camseal_buf *out,
                          bool *reset, uint8_t *tag)
{
    struct rig *rig = user;
    const camseal_spdm_identity *id = &rig->identities[request->key_pair_id == 6 ? 2 : 0];
    rig->csrs++;
    rig->last_csr = *request;
    if (rig->pending) {
        rig->pending--;
        return CAMSEAL_PENDING;
    }
    *reset = rig->reset && request->tag == 0;
    *tag = rig->tag;
    return *reset ? CAMSEAL_OK
                  : camseal_openssl_csr(&id->key, request->hash, request->requester_info, "device",
                                        out);
}

static void abandon(void *user)
{
    struct rig *rig = user;
    rig->abandoned++;
}

void rig_prepare(struct rig *rig, uint8_t version)
{
    static const uint8_t slots[RIG_IDENTITIES] = {RIG_FACTORY, RIG_EMPTY, RIG_OTHER};
    memset(rig, 0, sizeof *rig);
    pair_config(&rig->pair, camseal_openssl(), &camseal_spdm_binding_mctp, rig_factory.root,
                rig->identities, RIG_IDENTITIES);
    for (size_t i = 0; i < RIG_IDENTITIES; i++) {
        const struct test_pki *pki = slots[i] == RIG_OTHER ? &rig_other : &rig_factory;
        rig->identities[i] = (camseal_spdm_identity){
            .sign = CAMSEAL_SIGN_ECDSA_P256, .key = pki->key, .slot = slots[i]};
    }
    memcpy(rig->flash[RIG_FACTORY], rig_factory.chain.data, rig_factory.chain.len);
    rig->flash_len[RIG_FACTORY] = rig_factory.chain.len;
    rig_restart(rig);
    rig->anchors[0] = rig_factory.root;
    rig->anchors[1] = rig->device_anchor = camseal_span_of(owner_der, owner_len);
    rig->by = (camseal_spdm_provisioner){.anchors = &rig->device_anchor,
                                         .n_anchors = 1,
                                         .time = {CAMSEAL_TIME_FULL, TEST_PKI_NOW},
                                         .authorise = authorise,
                                         .fits_key = fits_key,
                                         .store = store,
                                         .csr = csr,
                                         .abandon = abandon,
                                         .user = rig};
    rig->policy.min_version = rig->policy.max_version = version;
    rig->features[0] = &camseal_spdm_provisioning;
    rig->pair.req_config.anchors = rig->anchors;
    rig->pair.req_config.n_anchors = 2;
    rig->pair.req_config.policy = rig->pair.rsp_config.policy = &rig->policy;
    rig->pair.rsp_config.provisioner = &rig->by;
    rig->pair.rsp_config.features = rig->features;
    rig->pair.rsp_config.n_features = 1;
}

/* ---- the requester -------------------------------------------------------------------------- */

static camseal_status run(struct rig *rig, camseal_status begun)
{
    return begun == CAMSEAL_OK ? pair_run(&rig->pair) : begun;
}

camseal_status rig_get_csr(struct rig *rig, uint8_t session, camseal_spdm_csr *ask)
{
    return run(rig, camseal_spdm_begin_get_csr(rig->pair.req, session, ask));
}

camseal_span rig_chain(struct rig *rig, uint8_t session, enum rig_fault fault)
{
    static uint8_t room[RIG_CHAIN];
    camseal_spdm_csr ask = {.csr = {room, sizeof room, 0}};
    rig_expect_ok(rig, rig_get_csr(rig, session, &ask), "GET_CSR");
    return rig_sign(camseal_span_of(room, ask.csr.len), fault);
}

camseal_status rig_set(struct rig *rig, uint8_t session, uint8_t slot, camseal_span chain)
{
    const camseal_spdm_new_chain what = {.slot = slot, .chain = chain};
    return run(rig, camseal_spdm_begin_set_certificate(rig->pair.req, session, &what));
}

camseal_status rig_erase(struct rig *rig, uint8_t session, uint8_t slot)
{
    const camseal_spdm_new_chain what = {.slot = slot, .erase = true};
    return run(rig, camseal_spdm_begin_set_certificate(rig->pair.req, session, &what));
}

camseal_status rig_certificate(struct rig *rig, uint8_t slot)
{
    return run(rig, camseal_spdm_begin_certificate(rig->pair.req, slot));
}

void rig_expect_ok(struct rig *rig, camseal_status status, const char *what)
{
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(rig->pair.req);
    if (status == CAMSEAL_OK)
        return;
    fail_msg("%s: %s %s: %s (0x%x, 0x%x)", what, camseal_status_name(status), f->message, f->detail,
             (unsigned)f->expected, (unsigned)f->seen);
}

void rig_expect_error(struct rig *rig, camseal_status status, uint8_t error)
{
    assert_status(status, CAMSEAL_E_PEER_ERROR);
    assert_int_equal(camseal_spdm_requester_failure(rig->pair.req)->peer_error, error);
}

const camseal_spdm_info *rig_info(const struct rig *rig)
{
    return camseal_spdm_requester_info(rig->pair.req);
}
