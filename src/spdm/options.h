/* What a build for a small device leaves out of every responder, by defining it as 0; optional
 * features that a configuration names need no option: what nobody names is not linked. */
#ifndef CAMSEAL_SPDM_OPTIONS_H
#define CAMSEAL_SPDM_OPTIONS_H

/* VENDOR_DEFINED requests: without them config.vendor is NULL. */
#ifndef CAMSEAL_SPDM_VENDOR
#define CAMSEAL_SPDM_VENDOR 1
#endif
/* ResponseNotReady and RESPOND_IF_READY: without them config.defer_exponent is 0. */
#ifndef CAMSEAL_SPDM_DEFERRAL
#define CAMSEAL_SPDM_DEFERRAL 1
#endif
/* Several keys for one algorithm (1.3): without them policy.multi_key allows nothing. */
#ifndef CAMSEAL_SPDM_MULTI_KEY
#define CAMSEAL_SPDM_MULTI_KEY 1
#endif
/* The same answer to a request that comes again: without it over links that lose no message. */
#ifndef CAMSEAL_SPDM_RETRIES
#define CAMSEAL_SPDM_RETRIES 1
#endif

#endif
