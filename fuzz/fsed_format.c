/* FSH, TBT and FTG: what unpacks, packs to the same bytes. */
#include <string.h>

#include "cse/fsed/format.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t in[CAMSEAL_PRIV_FSH_BYTES] = {0}, out[CAMSEAL_PRIV_FSH_BYTES];
    camseal_priv_fsh fsh;
    camseal_priv_tbt tbt;
    camseal_priv_ftg ftg;
    memcpy(in, data, size < sizeof in ? size : sizeof in);
    if (camseal_priv_fsh_unpack(&fsh, in) == CAMSEAL_OK) {
        camseal_priv_fsh_pack(out, &fsh);
        FUZZ_REQUIRE(memcmp(in, out, CAMSEAL_PRIV_FSH_BYTES) == 0);
    }
    if (camseal_priv_tbt_unpack(&tbt, in) == CAMSEAL_OK) {
        camseal_priv_tbt_pack(out, &tbt);
        FUZZ_REQUIRE(memcmp(in, out, CAMSEAL_PRIV_TBT_BYTES) == 0);
    }
    if (camseal_priv_ftg_unpack(&ftg, in) == CAMSEAL_OK) {
        camseal_priv_ftg_pack(out, &ftg);
        FUZZ_REQUIRE(memcmp(in, out, CAMSEAL_PRIV_FTG_BYTES) == 0);
    }
    return 0;
}
