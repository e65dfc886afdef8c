#include "ossl.h"
camseal_status ossl_chain(void *user, camseal_chain_job *job)
{
    (void)user;
    job->detail = "not yet there";
    return CAMSEAL_E_UNSUPPORTED;
}
