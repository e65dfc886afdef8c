#include "identity_file.h"

#include <openssl/x509.h>

#include "camseal/openssl.h"
#include "cli.h"

size_t identity_first_certificate(camseal_span chain)
{
    const unsigned char *at = chain.data;
    X509 *first = d2i_X509(NULL, &at, (long)chain.len);
    X509_free(first);
    return first ? (size_t)(at - chain.data) : 0;
}

int identity_file_load(identity_file *f, const char *verb, const char *chain_path,
                       const char *key_path)
{
    camseal_status status = pki_load_file(&f->chain, chain_path, PKI_CHAIN_FILE_MAX);
    if (status != CAMSEAL_OK)
        return cli_fail(verb, status, "%s", f->chain.error);
    status = pki_load_key_file(&f->key, key_path);
    if (status != CAMSEAL_OK)
        return cli_fail(verb, status, "%s", f->key.error);
    camseal_span chain = camseal_span_of(f->chain.data, f->chain.len);
    camseal_span first = camseal_span_of(chain.data, identity_first_certificate(chain));
    if (!first.len)
        return cli_fail(verb, CAMSEAL_E_FORMAT, "%s: no DER certificate chain%s", chain_path,
                        pki_looks_like_pem(chain) ? ", but PEM: convert it to DER"
                                                  : ": make one with 'camseal pki'");
    camseal_chain_job job = {
        .chain = chain, .anchors = &first, .n_anchors = 1, .time = {CAMSEAL_TIME_IGNORE, 0}};
    status = camseal_openssl()->chain(camseal_openssl()->user, &job);
    if (status != CAMSEAL_OK)
        return cli_fail(verb, status, "%s: %s: make a new chain with 'camseal pki'", chain_path,
                        job.detail ? job.detail : camseal_status_text(status));
    status = camseal_openssl_key_matches(&f->key.ref, job.leaf_spki);
    if (status == CAMSEAL_E_KEY) /* the files are wrong, not the provider */
        status = CAMSEAL_E_IDENTITY;
    if (status != CAMSEAL_OK)
        return cli_fail(verb, status,
                        "%s: this key does not belong to the last certificate of %s: give the key "
                        "that was made with it",
                        key_path, chain_path);
    f->identity = (camseal_spdm_identity){.chain = chain, .sign = f->key.sign, .key = f->key.ref};
    return CLI_EXIT_OK;
}

void identity_file_free(identity_file *f)
{
    pki_file_free(&f->chain);
    pki_key_free(&f->key);
}
