/* Certificate chains as a peer sends them. The first byte chooses the time mode and whether the
 * anchor, which is the input's own first certificate, is part of the chain. */
#include <string.h>

#include "camseal/openssl.h"
#include "fuzz.h"

/* The length of the first element as the anchor; what is no certificate is refused later. */
static size_t first_element(camseal_span in)
{
    if (in.len < 4 || in.data[1] != 0x82)
        return in.len;
    size_t len = 4u + ((size_t)in.data[2] << 8 | in.data[3]);
    return len < in.len ? len : in.len;
}

static void require_inside(camseal_span outer, camseal_span inner)
{
    FUZZ_REQUIRE(inner.len > 0 && inner.data >= outer.data &&
                 inner.data + inner.len <= outer.data + outer.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const camseal_crypto *crypto = camseal_openssl();
    if (size < 1)
        return 0;
    camseal_span in = camseal_span_of(data + 1, size - 1);
    const camseal_span anchor = camseal_span_of(in.data, first_element(in));
    camseal_chain_job job;
    memset(&job, 0, sizeof job);
    job.chain = data[0] & 4 ? camseal_span_of(in.data + anchor.len, in.len - anchor.len) : in;
    job.anchors = &anchor;
    job.n_anchors = 1;
    job.time.mode = (camseal_time_mode)(data[0] & 3);
    job.time.seconds = INT64_C(1767225600);
    camseal_status status = crypto->chain(crypto->user, &job);
    FUZZ_REQUIRE((status == CAMSEAL_OK) == (job.detail == NULL));
    if (status != CAMSEAL_OK) {
        FUZZ_REQUIRE(status < 0 && job.leaf.len == 0 && job.leaf_spki.len == 0 && !job.leaf_flags);
        return 0;
    }
    FUZZ_REQUIRE(job.certificates >= 1 && job.certificates <= 8 && job.anchor == 0);
    require_inside(job.chain, job.first);
    require_inside(job.chain, job.leaf);
    require_inside(job.leaf, job.leaf_spki);
    return 0;
}
