/* The rules that a chain must keep to be used for SPDM (DSP0274 leaf certificate requirements),
 * each judged by itself, for people who want to know what is wrong with one. The library judges the
 * same; this explains. */
#ifndef CAMSEAL_TOOL_PKI_RULES_H
#define CAMSEAL_TOOL_PKI_RULES_H

#include "camseal/crypto.h"

enum { PKI_RULES_MAX = 16 };

struct pki_rule {
    const char *name; /* static */
    const char *text; /* static: what was found */
    bool kept;
    bool decides; /* false: information only */
};

struct pki_verdict {
    struct pki_rule rules[PKI_RULES_MAX];
    size_t n;
    bool good;      /* all rules that decide are kept */
    bool leaf_read; /* `leaf_*` below are valid       */
    camseal_span leaf_spki;
    camseal_sign_id leaf_key;
    uint32_t leaf_flags;
};

/* `leaf` is the last certificate of `chain`. `anchor` may be empty: then the first certificate is
 * taken for it and trust is not judged. `now` in seconds since 1970. */
void pki_judge(struct pki_verdict *verdict, camseal_span chain, camseal_span leaf,
               camseal_span first, camseal_span anchor, int64_t now);

#endif
