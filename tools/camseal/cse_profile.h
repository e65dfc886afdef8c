/* How image streams are protected, from options or a key log to the config of a security context
 * (open-profile §1, §4, §10): any protocol, tag mode and variants, up to 16 cameras.
 *
 * For the verbs that work on files. Nothing here is ever learnt from packets.
 */
#ifndef CAMSEAL_TOOL_CSE_PROFILE_H
#define CAMSEAL_TOOL_CSE_PROFILE_H

#include "camseal/context.h"
#include "cli.h"

enum { CSE_CAMERAS_MAX = 16, CSE_SLOTS_MAX = 3 * CSE_CAMERAS_MAX, CSE_VARIANTS_MAX = 8 };

enum cse_option {
    CSE_OPT_PROFILE = 100,
    CSE_OPT_PROTOCOL,
    CSE_OPT_SUITE,
    CSE_OPT_TAG_MODE,
    CSE_OPT_TAG_LENGTH,
    CSE_OPT_VARIANTS,
    CSE_OPT_STRIDE,
    CSE_OPT_CRC,
    CSE_OPT_FORMAT,
    CSE_OPT_IN_LINES,
    CSE_OPT_TOP_TAG,
    CSE_OPT_CONTEXT,
    CSE_OPT_END
};

/* Rows for the option table of a verb. */
/* clang-format off */
#define CSE_PROFILE_OPTIONS \
    {CSE_OPT_PROFILE, 0, "profile", "NAME", "start from OP1-A, -B, -C, -D, -E or -V"}, \
    {CSE_OPT_PROTOCOL, 0, "protocol", "NAME", "sep (default) or fsed"}, \
    {CSE_OPT_SUITE, 's', "suite", "NAME", \
     "EFF-128, EFF-256, PERF-128-I, PERF-256-I, PERF-128-IE\n(default), PERF-256-IE, SAFETY (no key)"}, \
    {CSE_OPT_TAG_MODE, 0, "tag-mode", "NAME", "message (default with sep), data-type or frame"}, \
    {CSE_OPT_TAG_LENGTH, 0, "tag-length", "N", "bytes of a tag: 8, 12 or 16 (default)"}, \
    {CSE_OPT_VARIANTS, 0, "variants", "A/B/C", \
     "security variants 1 to 5 of top lines, image, bottom lines;\nseveral, with commas: frame by frame in turn"}, \
    {CSE_OPT_STRIDE, 0, "stride", "O/R/P", \
     "variants 3 and 4: R of every P lines or bytes, from O on\n(default 0/1/4)"}, \
    {CSE_OPT_CRC, 0, "crc", "NAME", "crc32c (default) or ieee"}, \
    {CSE_OPT_FORMAT, 'f', "format", "NAME", \
     "raw8, raw10, raw12 (default), raw14, raw16, yuv422, rgb888"}, \
    {CSE_OPT_IN_LINES, 0, "in-lines", "N", \
     "fsed: its packets travel as embedded lines of N bytes\n(at least 68)"}, \
    {CSE_OPT_TOP_TAG, 0, "top-tag", NULL, "fsed: a tag for the top lines alone"}, \
    {CSE_OPT_CONTEXT, 0, "context", "N", "number of the security context, 1 to 255 (default 1)"}
/* clang-format on */

typedef struct cse_profile {
    uint8_t dt; /* of the image lines of every camera */
    uint8_t variants[CSE_VARIANTS_MAX][3];
    size_t n_variants;
    bool bottom;                   /* cameras have bottom lines */
    uint32_t given;                /* bit (option - CSE_OPT_PROFILE): said by the user */
    camseal_context_config config; /* all but role, bulk, crypto, trace, hold, policy */
    camseal_stream_map maps[CAMSEAL_CONTEXT_MAX_STREAMS];
    camseal_slot_map slots[CSE_SLOTS_MAX];
} cse_profile;

void cse_profile_init(cse_profile *profile);
/* Takes one of CSE_PROFILE_OPTIONS. Exit code, or -1 to go on. */
int cse_profile_take(cse_profile *profile, cli_args *args, int id);
/* Fills the config for cameras on these virtual channels, each with an eVC of the same number.
 * False with a usage line when it cannot be. */
bool cse_profile_finish(cse_profile *profile, const char *verb, const uint8_t *vcs, size_t n);

/* ---- the key log's word for a context -------------------------------------------------------- */

#define CSE_LABEL_KEY "OP1_CRK"
#define CSE_LABEL_CONTEXT                                                   \
    "OP1_CONTEXT" /* same id; value: the elements of CTX_CREATE, CTX_CONFIG \
                   */

enum { CSE_CONTEXT_BYTES_MAX = 1024 };

CAMSEAL_NODISCARD camseal_status cse_profile_write(const cse_profile *profile, camseal_buf *out);
/* FORMAT for elements that are broken or missing. The object must not move afterwards. */
CAMSEAL_NODISCARD camseal_status cse_profile_read(cse_profile *profile, camseal_span elements);
/* Does `seen` have what the user asked for? The name of the first option that differs, or NULL. */
const char *cse_profile_differs(const cse_profile *asked, const cse_profile *seen);

#endif
